use groundplan_core::{Assembly, Stack, cidr};
use groundplan_resources::kms::KeyArn;
use serde_json::{Value as Json, json};

use super::*;
use crate::fixture::{assembly, below, findings, properties, statements};
use crate::identity::{KmsKey, Principal, Role};
use crate::network::{Vpc, VpcHandle};

fn vpc(stack: &Stack) -> VpcHandle {
    stack.add("vpc", Vpc::new(cidr!("10.0.0.0/16")))
}

fn with(set: impl FnOnce(PostgresDatabase) -> PostgresDatabase) -> Assembly {
    assembly("eu-central-1", |stack| drop(stack.add("db", set(PostgresDatabase::new(&vpc(stack))))))
}

fn instance(set: impl FnOnce(PostgresDatabase) -> PostgresDatabase) -> Json {
    properties(&with(set), "shop/db")
}

fn parameters(set: impl FnOnce(PostgresDatabase) -> PostgresDatabase) -> Json {
    properties(&with(set), "shop/db/parameters")["Parameters"].clone()
}

#[test]
fn by_default_a_database_is_private_encrypted_backed_up_and_protected() {
    let assembly = with(|database| database);
    let mut instance = properties(&assembly, "shop/db");
    let password = instance.as_object_mut().and_then(|it| it.remove("MasterUserPassword")).expect("it has a password");
    assert_eq!(
        instance,
        json!({
            "Engine": "postgres",
            "EngineVersion": "16",
            "DBInstanceClass": "db.t4g.medium",
            "AllocatedStorage": "20",
            "StorageType": "gp3",
            "StorageEncrypted": true,
            "DBSubnetGroupName": {"$ref": "shop/db/subnets#DBSubnetGroupName"},
            "DBParameterGroupName": {"$ref": "shop/db/parameters#DBParameterGroupName"},
            "VPCSecurityGroups": [{"$ref": "shop/db/security-group#GroupId"}],
            "PubliclyAccessible": false,
            "MasterUsername": "postgres",
            "BackupRetentionPeriod": 7,
            "PreferredBackupWindow": "03:00-04:00",
            "CopyTagsToSnapshot": true,
            "MultiAZ": false,
            "EnablePerformanceInsights": true,
            "AutoMinorVersionUpgrade": true,
            "DeletionProtection": true,
        })
    );
    let secret = &password["$secret"]["secrets_manager"];
    assert!(secret.to_string().contains("shop/db/credentials#Id"), "{password}");
    assert_eq!(below(&assembly, "shop/db"), ["credentials", "parameters", "security-group", "subnets"]);
    let subnets = properties(&assembly, "shop/db/subnets")["SubnetIds"].clone();
    assert_eq!(
        subnets,
        json!(["a", "b", "c"].map(|zone| json!({"$ref": format!("shop/vpc/private-{zone}#SubnetId")})))
    );
    let group = properties(&assembly, "shop/db/security-group");
    assert_eq!((&group["VpcId"], &group["SecurityGroupEgress"]), (&json!({"$ref": "shop/vpc#VpcId"}), &json!([])));
    assert_eq!(properties(&assembly, "shop/db/parameters")["Family"], "postgres16");
}

#[test]
fn the_password_is_generated_without_characters_that_rds_or_a_url_refuses() {
    let credentials = properties(&with(|database| database), "shop/db/credentials");
    let generated = &credentials["GenerateSecretString"];
    assert_eq!(generated["SecretStringTemplate"], r#"{"username":"postgres"}"#);
    assert_eq!((&generated["GenerateStringKey"], &generated["PasswordLength"]), (&json!("password"), &json!(32)));
    let excluded = generated["ExcludeCharacters"].as_str().expect("it is text");
    assert!(r#"/@" :?#%"#.chars().all(|letter| excluded.contains(letter)), "{excluded}");
    assert_eq!(credentials.get("KmsKeyId"), None);
}

#[test]
fn each_version_has_its_engine_and_its_parameter_family() {
    for (version, number) in [(PostgresVersion::V15, "15"), (PostgresVersion::V16, "16"), (PostgresVersion::V17, "17")]
    {
        let assembly = with(|database| database.version(version));
        assert_eq!(properties(&assembly, "shop/db")["EngineVersion"], number);
        assert_eq!(properties(&assembly, "shop/db/parameters")["Family"], format!("postgres{number}"));
    }
}

#[test]
fn each_instance_class_has_the_name_that_aws_gives_it() {
    for (class, name) in [
        (InstanceClass::T3Small, "db.t3.small"),
        (InstanceClass::T3Medium, "db.t3.medium"),
        (InstanceClass::T4gMedium, "db.t4g.medium"),
        (InstanceClass::M6gLarge, "db.m6g.large"),
        (InstanceClass::R6gLarge, "db.r6g.large"),
        (InstanceClass::Named("db.r8g.4xlarge"), "db.r8g.4xlarge"),
    ] {
        assert_eq!(instance(|database| database.instance_class(class))["DBInstanceClass"], name);
    }
}

#[test]
fn each_setting_has_its_effect() {
    let changed = instance(|database| {
        let database = database.storage_gib(100).database("shop_1").backups(35, BackupWindow::hour(23));
        database.multi_az().without_deletion_protection().reboot_when_needed()
    });
    for (property, value) in [
        ("AllocatedStorage", json!("100")),
        ("DBName", json!("shop_1")),
        ("BackupRetentionPeriod", json!(35)),
        ("PreferredBackupWindow", json!("23:00-00:00")),
        ("MultiAZ", json!(true)),
        ("DeletionProtection", json!(false)),
        ("ApplyImmediately", json!(true)),
    ] {
        assert_eq!(changed[property], value, "{property}");
    }
}

#[test]
#[should_panic(expected = "an hour is at most 23, not 24")]
fn a_backup_window_begins_at_an_hour_of_the_day() {
    BackupWindow::hour(24);
}

#[test]
fn parameters_are_those_of_the_program_and_of_query_logging() {
    assert_eq!(parameters(|database| database), json!({}));
    let own = parameters(|database| database.max_connections(500).parameter("work_mem", "8192"));
    assert_eq!(own, json!({"max_connections": "500", "work_mem": "8192"}));
    for (logging, expected) in [
        (QueryLogging::Off, json!({})),
        (QueryLogging::SlowerThan(500), json!({"log_min_duration_statement": "500"})),
        (QueryLogging::All, json!({"log_min_duration_statement": "0", "log_statement": "all"})),
    ] {
        assert_eq!(parameters(|database| database.query_logging(logging)), expected);
    }
}

#[test]
fn a_key_encrypts_storage_performance_insights_and_the_password() {
    let assembly = assembly("eu-central-1", |stack| {
        let key = stack.add("key", KmsKey::new("shop"));
        stack.add("db", PostgresDatabase::new(&vpc(stack)).encrypted_with(&key));
    });
    let (instance, arn) = (properties(&assembly, "shop/db"), json!({"$ref": "shop/key#Arn"}));
    assert_eq!((&instance["KmsKeyId"], &instance["PerformanceInsightsKMSKeyId"]), (&arn, &arn));
    assert_eq!(properties(&assembly, "shop/db/credentials")["KmsKeyId"], arn);
}

#[test]
fn who_reads_the_credentials_can_decrypt_them() {
    let granted = |encrypted: bool| {
        let assembly = assembly("eu-central-1", |stack| {
            let key = stack.add("key", KmsKey::new("shop"));
            let database = PostgresDatabase::new(&vpc(stack));
            let database = if encrypted { database.encrypted_with(&key) } else { database };
            let role = stack.add("role", Role::new(Principal::service("ecs-tasks.amazonaws.com")));
            stack.add("db", database).grant_credentials(&role);
        });
        statements(&assembly, "shop/role/policy")
    };
    let read = json!({
        "Effect": "Allow", "Action": "secretsmanager:GetSecretValue", "Resource": {"$ref": "shop/db/credentials#Id"},
    });
    assert_eq!(granted(false), std::slice::from_ref(&read));
    let encrypted = granted(true);
    assert_eq!(encrypted[0], read);
    assert_eq!(encrypted[1]["Action"], json!(["kms:Decrypt", "kms:DescribeKey"]));
    assert_eq!(encrypted.len(), 2);
}

#[test]
fn clients_are_admitted_to_the_port_of_postgresql() {
    let assembly = assembly("eu-central-1", |stack| {
        let vpc = vpc(stack);
        let database = stack.add("db", PostgresDatabase::new(&vpc));
        database.allow_from(&stack.add("api", SecurityGroup::new(&vpc, "API")));
        stack.export("host", database.host());
    });
    let rule = properties(&assembly, "shop/db/security-group/from-api-5432");
    assert_eq!((&rule["FromPort"], &rule["ToPort"]), (&json!(5432), &json!(5432)));
    assert_eq!(rule["SourceSecurityGroupId"], json!({"$ref": "shop/api#GroupId"}));
    assert_eq!(assembly.outputs["host"].to_json(), json!({"$ref": "shop/db#Endpoint.Address"}));
}

#[test]
fn what_rds_does_not_accept_is_refused() {
    insta::assert_snapshot!(findings(|stack| {
        let vpc = vpc(stack);
        stack.add("small", PostgresDatabase::new(&vpc).storage_gib(19));
        stack.add("large", PostgresDatabase::new(&vpc).storage_gib(65_537));
        stack.add("never", PostgresDatabase::new(&vpc).backups(0, BackupWindow::hour(3)));
        stack.add("long", PostgresDatabase::new(&vpc).backups(36, BackupWindow::hour(3)));
        let alias = KmsKey::existing(KeyArn::new("arn:aws:kms:us-east-1:111122223333:alias/shop"));
        stack.add("alias", PostgresDatabase::new(&vpc).encrypted_with(&alias));
        let one_zone = stack.add("one-zone", Vpc::new(cidr!("10.1.0.0/16")).zones(["us-east-1a"]));
        stack.add("single", PostgresDatabase::new(&one_zone));
    }), @"
    error[GP0321]: a database cannot have a volume of this size
       = got: 19 GiB
       = allowed: 20 to 65,536 GiB

    error[GP0321]: a database cannot have a volume of this size
       = got: 65537 GiB
       = allowed: 20 to 65,536 GiB

    error[GP0322]: backups cannot be kept for this many days
       = got: 0
       = allowed: 1 to 35
       = help: without backups, a database cannot be restored to a point in time

    error[GP0322]: backups cannot be kept for this many days
       = got: 36
       = allowed: 1 to 35
       = help: without backups, a database cannot be restored to a point in time

    error[GP0306]: this key cannot encrypt the resource
       = got: arn:aws:kms:us-east-1:111122223333:alias/shop, not the ARN of a key
       = allowed: a key in us-east-1, by its ARN `arn:PARTITION:kms:us-east-1:ACCOUNT:key/ID`

    error[GP0337]: a database needs subnets in at least two zones
       = got: private subnets in 1
       = help: give the VPC a private subnet in each of its zones
    ");
    for name in ["shop-db", "1shop", "", "_shop", &"a".repeat(64)] {
        let found = findings(|stack| drop(stack.add("db", PostgresDatabase::new(&vpc(stack)).database(name))));
        assert!(found.starts_with("error[GP0324]: a database cannot have this name"), "{name}: {found}");
    }
}
