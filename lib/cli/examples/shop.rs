//! A small shop with a command line: a network, a database and a bucket.
//!
//!     cargo run -p groundplan-cli --no-default-features --example shop -- deploy

use std::process::ExitCode;

use groundplan_core::{App, Environment, Secret, template};
use groundplan_resources::{ec2, iam, logs, rds, s3, secretsmanager};
use serde_json::json;

fn main() -> ExitCode {
    groundplan_cli::run(&shop())
}

fn shop() -> App {
    let app = App::new("shop-dev");
    let shop = app.stack("shop", Environment::new("us-east-1"));
    shop.tag("team", "shop");

    let vpc = shop.add("vpc", ec2::Vpc::new().cidr_block("10.52.0.0/16").enable_dns_hostnames(true));
    let subnets = [("private-a", "us-east-1a", "10.52.0.0/20"), ("private-b", "us-east-1b", "10.52.16.0/20")].map(
        |(name, zone, block)| {
            shop.add(&format!("vpc-{name}"), ec2::Subnet::new(&vpc).availability_zone(zone).cidr_block(block))
        },
    );
    let group = shop.add("db-access", ec2::SecurityGroup::new("who may reach the database").vpc_id(&vpc));

    let password = shop.add("db-password", secretsmanager::Secret::new().secret_string(Secret::generated(32)));
    let placed = shop.add(
        "db-subnets",
        rds::DbSubnetGroup::new(rds::DbSubnetGroupArgs {
            db_subnet_group_description: "where the database is",
            subnet_ids: subnets.iter().map(|it| it.subnet_id()).collect::<Vec<_>>(),
        }),
    );
    let database = shop.add(
        "db",
        rds::DbInstance::new()
            .engine("postgres")
            .engine_version("16.4")
            .db_instance_class("db.t3.small")
            .allocated_storage("50")
            .storage_encrypted(true)
            .master_username("shop")
            .master_user_password(Secret::from_secrets_manager(password.id(), None))
            .db_subnet_group_name(&placed)
            .vpc_security_groups([group.group_id()]),
    );

    let media = shop.add("media", s3::Bucket::new());
    let trust = json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Action": "sts:AssumeRole"}
    ]});
    let role = shop.add("task", iam::Role::new(trust));
    shop.add("logs", logs::LogGroup::new().retention_in_days(30));

    shop.export("database", database.endpoint_address());
    shop.export("media", template!("s3://{}/", media.bucket_name()).typed::<String>());
    shop.export("role", role.arn());
    app
}
