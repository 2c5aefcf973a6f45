//! The Saleor checkout: its network, key, database, buckets, task role, log group, load balancer
//! and name.
//!
//! Every environment is made by the same function; they differ in [`Settings`] only.

use groundplan::data::{BackupWindow, Bucket, InstanceClass, PostgresDatabase, PostgresVersion, QueryLogging};
use groundplan::edge::{AliasRecord, ApplicationLoadBalancer};
use groundplan::identity::{KmsKey, Principal, Role};
use groundplan::network::{Endpoint, NatGateways, SubnetLayout, Tier, Visibility, Vpc};
use groundplan::observability::{LogGroup, Retention};
use groundplan::{App, Environment, Ipv4Net, cidr, policies};

use crate::account::{self, ACCOUNT, DOMAIN, REGION, account};

/// Settings that differ between environments.
#[derive(Clone, Debug)]
pub struct Settings {
    /// `dev`, `stage` or `prod`.
    pub environment: &'static str,
    /// The name below the organization's domain, one part, as its certificate covers it.
    pub name: &'static str,
    /// Block of the VPC.
    pub vpc: Ipv4Net,
    /// Private subnets in zones b, c and a.
    pub private: [Ipv4Net; 3],
    /// Public subnets in zones a, b and c.
    pub public: [Ipv4Net; 3],
    /// The instance class of the database.
    pub database: InstanceClass,
    /// `true` if the database has a standby in a second zone.
    pub standby: bool,
    /// `true` to have AWS refuse to delete the database and the load balancer.
    pub deletion_protection: bool,
    /// The retention of logs.
    pub log_retention: Retention,
}

impl Settings {
    /// For development.
    pub fn dev() -> Self {
        Self {
            environment: "dev",
            name: "checkout-dev",
            vpc: cidr!("10.52.0.0/16"),
            private: [cidr!("10.52.0.0/18"), cidr!("10.52.64.0/18"), cidr!("10.52.128.0/18")],
            public: [cidr!("10.52.232.0/21"), cidr!("10.52.240.0/21"), cidr!("10.52.248.0/21")],
            database: InstanceClass::T3Small,
            standby: false,
            deletion_protection: false,
            log_retention: Retention::Week,
        }
    }

    /// For staging.
    pub fn stage() -> Self {
        Self {
            environment: "stage",
            name: "checkout-stage",
            vpc: cidr!("10.50.0.0/16"),
            private: [cidr!("10.50.0.0/18"), cidr!("10.50.64.0/18"), cidr!("10.50.128.0/18")],
            public: [cidr!("10.50.232.0/21"), cidr!("10.50.240.0/21"), cidr!("10.50.248.0/21")],
            database: InstanceClass::T3Small,
            standby: false,
            deletion_protection: false,
            log_retention: Retention::Month,
        }
    }

    /// For production.
    pub fn prod() -> Self {
        Self {
            environment: "prod",
            name: "checkout",
            vpc: cidr!("10.51.0.0/16"),
            private: [cidr!("10.51.0.0/18"), cidr!("10.51.64.0/18"), cidr!("10.51.128.0/18")],
            public: [cidr!("10.51.232.0/21"), cidr!("10.51.240.0/21"), cidr!("10.51.248.0/21")],
            database: InstanceClass::T3Medium,
            standby: true,
            deletion_protection: true,
            log_retention: Retention::Year,
        }
    }

    /// Public subnets are numbered by zones a, b and c, private ones by b, c and a: the numbering
    /// that the networks have had from the start. Zones go in the private order here.
    fn layout(&self) -> SubnetLayout {
        let [a, b, c] = self.public;
        SubnetLayout::new([Tier::fixed(Visibility::Private, self.private), Tier::fixed(Visibility::Public, [b, c, a])])
    }
}

/// One environment of the checkout.
pub fn checkout(settings: &Settings) -> App {
    let environment = settings.environment;
    let app = App::new(format!("checkout-{environment}"));
    app.policy(policies::all).upstream(account());
    let stack = app.stack("checkout", Environment::new(REGION).account(ACCOUNT));
    stack.tag("project", "checkout").tag("environment", environment);

    let vpc = Vpc::new(settings.vpc)
        .zones(["us-east-1b", "us-east-1c", "us-east-1a"])
        .subnets(settings.layout())
        .dual_stack()
        .kubernetes(&[])
        .nat(NatGateways::PerAz)
        .endpoints([Endpoint::S3, Endpoint::EcrApi, Endpoint::EcrDocker]);
    let vpc = stack.add("vpc", vpc);

    let key = KmsKey::new(format!("checkout-{environment}"))
        .description(format!("Data of the {environment} checkout"))
        .usable_by(format!("logs.{REGION}.amazonaws.com"));
    let key = stack.add("key", key);

    let mut database = PostgresDatabase::new(&vpc)
        .version(PostgresVersion::V16)
        .instance_class(settings.database)
        .storage_gib(50)
        .encrypted_with(&key)
        .max_connections(1000)
        .query_logging(QueryLogging::SlowerThan(500))
        .backups(7, BackupWindow::hour(3));
    if settings.standby {
        database = database.multi_az();
    }
    if !settings.deletion_protection {
        database = database.without_deletion_protection();
    }
    let database = stack.add("database", database);

    let static_files = stack.add("static", Bucket::new());
    let media = stack.add("media", Bucket::new().versioned());

    let logs =
        LogGroup::new(settings.log_retention).name(format!("/checkout/{environment}/saleor")).encrypted_with(&key);
    let logs = stack.add("logs", logs);

    let task = Role::new(Principal::service("ecs-tasks.amazonaws.com")).description("Tasks of the Saleor API");
    let task = stack.add("saleor-task", task);
    media.grant_read_write(&task, "saleor/*");
    static_files.grant_read(&task, "*");
    database.grant_credentials(&task);
    logs.grant_write(&task);

    let mut balancer = ApplicationLoadBalancer::new(&vpc, account::CERTIFICATE_ARN);
    if !settings.deletion_protection {
        balancer = balancer.without_deletion_protection();
    }
    let balancer = stack.add("balancer", balancer);
    let name = format!("{}.{DOMAIN}", settings.name);
    stack.add("name", AliasRecord::new(account::zone(), &name, &balancer));

    stack.export("url", format!("https://{name}/"));
    stack.export("vpc-id", vpc.id());
    stack.export("database-host", database.host());
    stack.export("media-bucket", media.name());
    stack.export("static-bucket", static_files.name());
    stack.export("saleor-task-role-arn", task.arn());
    app
}
