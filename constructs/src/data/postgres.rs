//! PostgreSQL on RDS.

use groundplan_core::{Code, Construct, Diagnostic, Handle, Output, Scope, Secret, Value, template};
use groundplan_resources::{rds, secretsmanager};

use crate::identity::{Grantee, KmsKeyRef, Statement};
use crate::network::{Connectable, Peer, Port, SecurityGroup, SecurityGroupHandle, Visibility, VpcRef};
use crate::passed_as::PassedAs;

/// The sizes of a gp3 volume that RDS for PostgreSQL accepts, in GiB.
/// <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/CHAP_Storage.html>
const VOLUME: std::ops::RangeInclusive<u32> = 20..=65_536;

/// The characters that RDS refuses in a password, and those that a connection URL would have to escape.
/// <https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBInstance.html>
const NOT_IN_PASSWORDS: &str = r#"/@" %+~`#$&*()|[]{}:;<>?!'\,=^"#;

/// A major version of PostgreSQL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PostgresVersion {
    /// PostgreSQL 15.
    V15,
    /// PostgreSQL 16.
    V16,
    /// PostgreSQL 17.
    V17,
}

impl PostgresVersion {
    fn number(self) -> &'static str {
        match self {
            Self::V15 => "15",
            Self::V16 => "16",
            Self::V17 => "17",
        }
    }
}

/// The instance class of a database: its CPU and memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InstanceClass {
    /// `db.t3.small`: 2 burstable vCPU, 2 GiB.
    T3Small,
    /// `db.t3.medium`: 2 burstable vCPU, 4 GiB.
    T3Medium,
    /// `db.t4g.medium`: 2 burstable vCPU, 4 GiB.
    T4gMedium,
    /// `db.m6g.large`: 2 vCPU, 8 GiB.
    M6gLarge,
    /// `db.r6g.large`: 2 vCPU, 16 GiB.
    R6gLarge,
    /// Any other class, by the name that AWS gives it.
    Named(&'static str),
}

impl InstanceClass {
    fn name(self) -> &'static str {
        match self {
            Self::T3Small => "db.t3.small",
            Self::T3Medium => "db.t3.medium",
            Self::T4gMedium => "db.t4g.medium",
            Self::M6gLarge => "db.m6g.large",
            Self::R6gLarge => "db.r6g.large",
            Self::Named(name) => name,
        }
    }
}

/// The statements that the database logs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QueryLogging {
    /// No statements.
    Off,
    /// Statements that take at least this many milliseconds.
    SlowerThan(u32),
    /// All statements. The log then contains the data in them.
    All,
}

/// The daily period of at least half an hour, in UTC, in which RDS takes its backup.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BackupWindow(String);

impl BackupWindow {
    /// Returns the hour that starts at `from_hour`, in UTC.
    ///
    /// # Panics
    /// If `from_hour` is greater than 23.
    pub fn hour(from_hour: u8) -> Self {
        assert!(from_hour < 24, "an hour is at most 23, not {from_hour}");
        Self(format!("{from_hour:02}:00-{:02}:00", (from_hour + 1) % 24))
    }
}

/// An encrypted PostgreSQL instance of RDS in the private subnets of a VPC. Secrets Manager generates its
/// password, which neither the program nor the state contains.
pub struct PostgresDatabase {
    vpc: VpcRef,
    version: PostgresVersion,
    class: InstanceClass,
    storage_gib: u32,
    database: Option<String>,
    key: Option<KmsKeyRef>,
    parameters: Vec<(String, String)>,
    query_logging: QueryLogging,
    backup_days: u8,
    backup_window: BackupWindow,
    multi_az: bool,
    deletion_protection: bool,
    reboots: bool,
}

impl PostgresDatabase {
    /// Creates a PostgreSQL 16 database in `vpc`, on a `db.t4g.medium` with 20 GiB, with seven days of backups
    /// and with deletion protection. The VPC has private subnets in at least two availability zones; a reference
    /// to an existing VPC [states](VpcRef::private_subnets) them.
    pub fn new(vpc: impl PassedAs<VpcRef>) -> Self {
        Self {
            vpc: vpc.into(),
            version: PostgresVersion::V16,
            class: InstanceClass::T4gMedium,
            storage_gib: 20,
            database: None,
            key: None,
            parameters: Vec::new(),
            query_logging: QueryLogging::Off,
            backup_days: 7,
            backup_window: BackupWindow::hour(3),
            multi_az: false,
            deletion_protection: true,
            reboots: false,
        }
    }

    /// Sets the major version. A later change upgrades the instance in place and immediately. Clients cannot
    /// connect during the upgrade, and an upgrade cannot be undone. Default: 16.
    #[must_use]
    pub fn version(mut self, version: PostgresVersion) -> Self {
        self.version = version;
        self
    }

    /// Sets the instance class. Default: `db.t4g.medium`.
    #[must_use]
    pub fn instance_class(mut self, class: InstanceClass) -> Self {
        self.class = class;
        self
    }

    /// Sets the size of the volume in GiB, from 20 to 65,536. The size can grow later, but not shrink. Default: 20.
    #[must_use]
    pub fn storage_gib(mut self, gib: u32) -> Self {
        self.storage_gib = gib;
        self
    }

    /// Creates a database with this name in the instance: a letter, and then letters, digits and `_`.
    #[must_use]
    pub fn database(mut self, name: impl Into<String>) -> Self {
        self.database = Some(name.into());
        self
    }

    /// Encrypts storage, Performance Insights and the password with this key instead of the keys of AWS.
    #[must_use]
    pub fn encrypted_with(mut self, key: impl PassedAs<KmsKeyRef>) -> Self {
        self.key = Some(key.into());
        self
    }

    /// Sets the maximum number of concurrent connections.
    #[must_use]
    pub fn max_connections(self, connections: u32) -> Self {
        self.parameter("max_connections", connections.to_string())
    }

    /// Sets a PostgreSQL parameter.
    #[must_use]
    pub fn parameter(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.parameters.push((name.into(), value.into()));
        self
    }

    /// Sets the statements that the database logs. Default: none.
    #[must_use]
    pub fn query_logging(mut self, logging: QueryLogging) -> Self {
        self.query_logging = logging;
        self
    }

    /// Sets the retention of automated backups in days, 1 to 35, and the time of the backup. Default: 7 days, at
    /// 3:00 UTC.
    #[must_use]
    pub fn backups(mut self, days: u8, window: BackupWindow) -> Self {
        self.backup_days = days;
        self.backup_window = window;
        self
    }

    /// Turns a standby in a second availability zone on or off. Default: off.
    #[must_use]
    pub fn multi_az(mut self, multi_az: bool) -> Self {
        self.multi_az = multi_az;
        self
    }

    /// Turns deletion protection on or off. While it is on, RDS refuses to delete the instance. Default: on.
    #[must_use]
    pub fn deletion_protection(mut self, protected: bool) -> Self {
        self.deletion_protection = protected;
        self
    }

    /// Reboots the instance when a change, such as another parameter group or a static parameter in the group,
    /// takes effect only after a reboot. Clients cannot connect during the reboot. By default, such a change
    /// waits for the next reboot, whatever causes it.
    #[must_use]
    pub fn reboot_when_needed(mut self) -> Self {
        self.reboots = true;
        self
    }

    fn all_parameters(&self) -> Vec<(String, String)> {
        let logging: &[(&str, String)] = match self.query_logging {
            QueryLogging::Off => &[],
            QueryLogging::SlowerThan(milliseconds) => &[("log_min_duration_statement", milliseconds.to_string())],
            QueryLogging::All => &[("log_statement", "all".to_owned()), ("log_min_duration_statement", "0".to_owned())],
        };
        let logging = logging.iter().map(|(name, value)| ((*name).to_owned(), value.clone()));
        self.parameters.iter().cloned().chain(logging).collect()
    }

    fn check(&self, scope: &Scope) {
        if !VOLUME.contains(&self.storage_gib) {
            let error = Diagnostic::error(Code::VolumeSize, "a database cannot have a volume of this size");
            scope.report(error.got(format!("{} GiB", self.storage_gib)).allowed("20 to 65,536 GiB"));
        }
        let allowed = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
        let fits = |name: &String| {
            name.len() <= 63 && name.starts_with(|first: char| first.is_ascii_alphabetic()) && name.chars().all(allowed)
        };
        if let Some(name) = self.database.as_ref().filter(|name| !fits(name)) {
            let error = Diagnostic::error(Code::InvalidDatabaseName, "a database cannot have this name");
            scope.report(error.got(format!("{name:?}")).allowed("a letter, and then up to 62 letters, digits and `_`"));
        }
        if let Some(key) = &self.key {
            key.check(scope);
        }
        if !(1..=35).contains(&self.backup_days) {
            let error = Diagnostic::error(Code::BackupDays, "backups cannot be kept for this many days");
            scope.report(
                error
                    .got(self.backup_days)
                    .allowed("1 to 35")
                    .help("without backups, a database cannot be restored to a point in time"),
            );
        }
    }
}

/// The handle of a [`PostgresDatabase`].
#[derive(Clone)]
pub struct PostgresDatabaseHandle {
    /// The database instance.
    pub instance: Handle<rds::DbInstance>,
    /// The parameter group of the instance.
    pub parameters: Handle<rds::DbParameterGroup>,
    /// The secret: a JSON object with `username` and `password`.
    pub credentials: Handle<secretsmanager::Secret>,
    /// The security group of the instance.
    pub security_group: SecurityGroupHandle,
    key: Option<KmsKeyRef>,
}

impl Construct for PostgresDatabase {
    type Handle = PostgresDatabaseHandle;

    fn build(self, scope: &Scope) -> PostgresDatabaseHandle {
        self.check(scope);
        let label = format!("{} {}", scope.app_name(), scope.path().name());

        let security_group = SecurityGroup::new(&self.vpc, format!("{label}: PostgreSQL")).no_outbound();
        let security_group = scope.add("security-group", security_group);

        let subnets = rds::DbSubnetGroup::new(rds::DbSubnetGroupArgs {
            db_subnet_group_description: format!("{label}: private subnets"),
            subnet_ids: self.vpc.subnets_in_two_zones(scope, Visibility::Private, "a database"),
        });
        let subnets = scope.add("subnets", subnets);

        let family = format!("postgres{}", self.version.number());
        let values = Value::Map(self.all_parameters().into_iter().map(|(name, value)| (name, value.into())).collect());
        let parameters = rds::DbParameterGroup::new(rds::DbParameterGroupArgs {
            description: format!("{label}: parameters"),
            family,
        })
        .parameters(values);
        let parameters = scope.add("parameters", parameters);

        let generated = secretsmanager::secret::GenerateSecretString::new()
            .secret_string_template(r#"{"username":"postgres"}"#)
            .generate_string_key("password")
            .password_length(32)
            .exclude_characters(NOT_IN_PASSWORDS);
        let mut credentials = secretsmanager::Secret::new()
            .description(format!("{label}: user and password"))
            .generate_secret_string(generated);
        if let Some(key) = &self.key {
            credentials = credentials.kms_key_id(key.arn());
        }
        let credentials = scope.add("credentials", credentials);

        let mut instance = rds::DbInstance::new()
            .engine("postgres")
            .engine_version(self.version.number())
            .db_instance_class(self.class.name())
            .allocated_storage(self.storage_gib.to_string())
            .storage_type("gp3")
            .storage_encrypted(true)
            .db_subnet_group_name(&subnets)
            .db_parameter_group_name(&parameters)
            .vpc_security_groups([security_group.id()])
            .publicly_accessible(false)
            .master_username("postgres")
            .master_user_password(Secret::from_secrets_manager(credentials.id(), Some("password")))
            .backup_retention_period(self.backup_days)
            .preferred_backup_window(self.backup_window.0)
            .copy_tags_to_snapshot(true)
            .multi_az(self.multi_az)
            .enable_performance_insights(true)
            .auto_minor_version_upgrade(true)
            .deletion_protection(self.deletion_protection);
        if let Some(database) = self.database {
            instance = instance.db_name(database);
        }
        if let Some(key) = &self.key {
            instance = instance.kms_key_id(key.arn()).performance_insights_kms_key_id(key.arn());
        }
        if self.reboots {
            instance = instance.apply_immediately(true);
        }
        let instance = scope.resource(instance);
        PostgresDatabaseHandle { instance, parameters, credentials, security_group, key: self.key }
    }
}

impl PostgresDatabaseHandle {
    /// Allows `peer` to connect.
    #[track_caller]
    pub fn allow_from(&self, peer: impl PassedAs<Peer>) {
        self.security_group.allow_from(peer, Port::POSTGRES);
    }

    /// Returns the host name that clients connect to.
    pub fn host(&self) -> Output<String> {
        self.instance.endpoint_address()
    }

    /// Allows `grantee` to read the user name and password. If they are encrypted with a key of
    /// [`encrypted_with`](PostgresDatabase::encrypted_with), the grantee can also decrypt with this key.
    /// <https://docs.aws.amazon.com/secretsmanager/latest/userguide/security-encryption.html>
    #[track_caller]
    pub fn grant_credentials(&self, grantee: &impl Grantee) {
        let read = Statement::allow(["secretsmanager:GetSecretValue"]).on([template!("{}", self.credentials.id())]);
        grantee.identity().grant(read);
        if let Some(key) = &self.key {
            key.grant_decrypt(grantee);
        }
    }
}

impl Connectable for PostgresDatabaseHandle {
    fn security_group(&self) -> &SecurityGroupHandle {
        &self.security_group
    }

    fn port(&self) -> Port {
        Port::POSTGRES
    }
}

#[cfg(test)]
#[path = "postgres_tests.rs"]
mod tests;
