//! PostgreSQL on RDS.

use std::collections::BTreeMap;

use derive_builder::Builder;
use groundplan_core::{Code, Construct, Diagnostic, Handle, Output, Scope, Secret, Value, main_resource, template};
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

#[derive(Builder)]
#[builder(
    name = "PostgresDatabase",
    vis = "pub",
    pattern = "owned",
    custom_constructor,
    create_empty = "unset",
    build_fn(private, name = "settings"),
    setter(strip_option)
)]
#[builder_struct_attr(doc = "")]
#[builder_struct_attr(doc = "An encrypted PostgreSQL instance of RDS in the private subnets of a VPC. Secrets Manager")]
#[builder_struct_attr(doc = "generates its password, which neither the program nor the state contains.")]
struct PostgresDatabaseSettings {
    #[builder(setter(custom))]
    vpc: VpcRef,
    /// Sets the major version. A later change upgrades the instance in place and immediately. Clients cannot
    /// connect during the upgrade, and an upgrade cannot be undone. Default: 16.
    #[builder(default = "PostgresVersion::V16")]
    version: PostgresVersion,
    /// Sets the instance class. Default: `db.t4g.medium`.
    #[builder(default = "InstanceClass::T4gMedium")]
    instance_class: InstanceClass,
    /// Sets the size of the volume in GiB, from 20 to 65,536. The size can grow later, but not shrink. Default: 20.
    #[builder(default = "20")]
    storage_gib: u32,
    /// Creates a database with this name in the instance: a letter, and then letters, digits and `_`.
    #[builder(default, setter(into))]
    database: Option<String>,
    /// Sets the statements that the database logs. Default: none.
    #[builder(default = "QueryLogging::Off")]
    query_logging: QueryLogging,
    #[builder(default, setter(custom))]
    key: Option<KmsKeyRef>,
    #[builder(default, setter(custom))]
    parameters: BTreeMap<String, String>,
    #[builder(default = "(7, BackupWindow::hour(3))", setter(custom))]
    backups: (u8, BackupWindow),
    #[builder(default, setter(custom))]
    multi_az: bool,
    #[builder(default = "true", setter(custom))]
    deletion_protection: bool,
    #[builder(default, setter(custom))]
    reboots: bool,
}

impl PostgresDatabase {
    /// Creates a PostgreSQL 16 database in `vpc`, on a `db.t4g.medium` with 20 GiB, with seven days of backups
    /// and with deletion protection. The VPC has private subnets in at least two availability zones; a reference
    /// to an existing VPC [states](VpcRef::private_subnets) them.
    pub fn new(vpc: impl PassedAs<VpcRef>) -> Self {
        Self { vpc: Some(vpc.pass()), ..Self::unset() }
    }

    /// Encrypts storage, Performance Insights and the password with this key instead of the keys of AWS.
    #[must_use]
    pub fn encrypted_with(mut self, key: impl PassedAs<KmsKeyRef>) -> Self {
        self.key = Some(Some(key.pass()));
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
        self.parameters.get_or_insert_default().insert(name.into(), value.into());
        self
    }

    /// Sets the retention of automated backups in days, 1 to 35, and the time of the backup. Default: 7 days, at
    /// 3:00 UTC.
    #[must_use]
    pub fn backups(mut self, days: u8, window: BackupWindow) -> Self {
        self.backups = Some((days, window));
        self
    }

    /// Keeps a standby in a second availability zone, which takes over if the first one fails. Default: none.
    #[must_use]
    pub fn multi_az(mut self) -> Self {
        self.multi_az = Some(true);
        self
    }

    /// Lets RDS delete the instance when a program or a command asks for it. By default, RDS refuses.
    #[must_use]
    pub fn without_deletion_protection(mut self) -> Self {
        self.deletion_protection = Some(false);
        self
    }

    /// Reboots the instance when a change, such as another parameter group or a static parameter in the group,
    /// takes effect only after a reboot. Clients cannot connect during the reboot. By default, such a change
    /// waits for the next reboot, whatever causes it.
    #[must_use]
    pub fn reboot_when_needed(mut self) -> Self {
        self.reboots = Some(true);
        self
    }
}

impl PostgresDatabaseSettings {
    fn all_parameters(&self) -> BTreeMap<String, String> {
        let logging: &[(&str, String)] = match self.query_logging {
            QueryLogging::Off => &[],
            QueryLogging::SlowerThan(milliseconds) => &[("log_min_duration_statement", milliseconds.to_string())],
            QueryLogging::All => &[("log_statement", "all".to_owned()), ("log_min_duration_statement", "0".to_owned())],
        };
        let logging = logging.iter().map(|(name, value)| ((*name).to_owned(), value.clone()));
        self.parameters.clone().into_iter().chain(logging).collect()
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
        let (days, _) = self.backups;
        if !(1..=35).contains(&days) {
            let error = Diagnostic::error(Code::BackupDays, "backups cannot be kept for this many days");
            scope.report(
                error
                    .got(days)
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

main_resource!(PostgresDatabaseHandle, instance: rds::DbInstance);

impl Construct for PostgresDatabase {
    type Handle = PostgresDatabaseHandle;

    fn build(self, scope: &Scope) -> PostgresDatabaseHandle {
        let settings = self.settings().expect("`new` sets what has no default");
        settings.check(scope);
        let label = format!("{} {}", scope.app_name(), scope.path().name());

        let security_group = SecurityGroup::new(&settings.vpc, format!("{label}: PostgreSQL")).no_outbound();
        let security_group = scope.add("security-group", security_group);

        let subnets = rds::DbSubnetGroup::new(rds::DbSubnetGroupArgs {
            db_subnet_group_description: format!("{label}: private subnets"),
            subnet_ids: settings.vpc.subnets_in_two_zones(scope, Visibility::Private, "a database"),
        });
        let subnets = scope.add("subnets", subnets);

        let family = format!("postgres{}", settings.version.number());
        let values =
            Value::Map(settings.all_parameters().into_iter().map(|(name, value)| (name, value.into())).collect());
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
        if let Some(key) = &settings.key {
            credentials = credentials.kms_key_id(key.arn());
        }
        let credentials = scope.add("credentials", credentials);

        let (days, BackupWindow(window)) = settings.backups;
        let mut instance = rds::DbInstance::new()
            .engine("postgres")
            .engine_version(settings.version.number())
            .db_instance_class(settings.instance_class.name())
            .allocated_storage(settings.storage_gib.to_string())
            .storage_type("gp3")
            .storage_encrypted(true)
            .db_subnet_group_name(&subnets)
            .db_parameter_group_name(&parameters)
            .vpc_security_groups([security_group.id()])
            .publicly_accessible(false)
            .master_username("postgres")
            .master_user_password(Secret::from_secrets_manager(credentials.id(), Some("password")))
            .backup_retention_period(days)
            .preferred_backup_window(window)
            .copy_tags_to_snapshot(true)
            .multi_az(settings.multi_az)
            .enable_performance_insights(true)
            .auto_minor_version_upgrade(true)
            .deletion_protection(settings.deletion_protection);
        if let Some(database) = settings.database {
            instance = instance.db_name(database);
        }
        if let Some(key) = &settings.key {
            instance = instance.kms_key_id(key.arn()).performance_insights_kms_key_id(key.arn());
        }
        if settings.reboots {
            instance = instance.apply_immediately(true);
        }
        let instance = scope.resource(instance);
        PostgresDatabaseHandle { instance, parameters, credentials, security_group, key: settings.key }
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
