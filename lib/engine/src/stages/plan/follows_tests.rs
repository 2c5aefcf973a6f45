use groundplan_core::Assembly;
use insta::assert_snapshot;
use serde_json::json;

use super::claims_tests::{planned, steps, to, told};
use crate::fake::{DATABASE, assembly};
use crate::model::Counts;
use crate::stages::diff::{OutputChange, Rendered};

const CLUSTER: &str = "AWS::RDS::DBCluster";
const PARAMETER: &str = "AWS::SSM::Parameter";
const SECRET: &str = "AWS::SecretsManager::Secret";

/// A cluster, a parameter with its port, and one that copies that.
fn ports(port: u16, tag: &str) -> Assembly {
    let tags = json!([{"Key": "stage", "Value": tag}]);
    let mut program = assembly(&[
        ("a/db", CLUSTER, json!({"Engine": "aurora-postgresql", "Port": port, "Tags": tags})),
        ("a/url", PARAMETER, json!({"Name": "url", "Value": {"$template": ["db:", to("a/db", "Endpoint.Port")]}})),
        ("a/copy", PARAMETER, json!({"Name": "copy", "Value": to("a/url", "Value")})),
        ("a/host", PARAMETER, json!({"Name": "host", "Value": to("a/db", "Endpoint.Address")})),
    ]);
    program.outputs.insert("port".into(), crate::fake::reference("a/db", "Endpoint.Port"));
    program
}

fn passwords(length: u32) -> Assembly {
    let password = json!({"$secret": {"secrets_manager": {"secret": to("a/secret", "Id")}}});
    assembly(&[
        ("a/secret", SECRET, json!({"Name": "db", "GenerateSecretString": {"PasswordLength": length}})),
        ("a/db", DATABASE, json!({"Engine": "postgres", "MasterUserPassword": password})),
    ])
}

#[test]
fn what_follows_a_changed_property_is_part_of_the_plan() {
    assert_snapshot!(told(&ports(5432, "a"), &ports(5433, "a")), @r"
        update a/copy: Value may change, because it follows a/url#Value
        update a/db: Port changes
        update a/url: Value may change, because it follows a/db#Endpoint.Port
        ");
    let (changes, plan) = planned(&ports(5432, "a"), &ports(5433, "a")).unwrap();
    assert_eq!(changes.count(), Counts { update: 1, may_update: 2, ..Counts::default() });
    assert!(matches!(&changes.outputs["port"], OutputChange::Set { to: Rendered::Unknown, .. }));
    assert_snapshot!(plan.render(), @r"
        #0 update a/db (AWS::RDS::DBCluster)
        #1 update a/url (AWS::SSM::Parameter) after #0
        #2 update a/copy (AWS::SSM::Parameter) after #1
        ");
}

#[test]
fn what_cannot_follow_is_not_part_of_the_plan() {
    assert_snapshot!(told(&ports(5432, "a"), &ports(5432, "b")), @"update a/db: Tags.stage changes");
}

#[test]
fn a_new_secret_value_reaches_who_takes_it_from_there() {
    assert_snapshot!(told(&passwords(20), &passwords(30)), @r"
        update a/db: MasterUserPassword may change, because it follows a/secret#SecretString
        update a/secret: GenerateSecretString.PasswordLength changes; a new secret value is generated
        ");
    assert_snapshot!(steps(&passwords(20), &passwords(30)), @r"
        #0 update a/secret (AWS::SecretsManager::Secret)
        #1 update a/db (AWS::RDS::DBInstance) after #0
        #2 wait for a/db (AWS::RDS::DBInstance) after #1
        ");
    let tagged = |tag: &str| {
        let mut program = passwords(20);
        let secret = program.resources.get_mut("a/secret").unwrap();
        secret.properties.insert("Description".into(), tag.into());
        program
    };
    assert_snapshot!(told(&tagged("one"), &tagged("two")), @"update a/secret: Description changes");
}

#[test]
fn what_follows_a_new_secret_value_is_changed_with_all_else() {
    let program = |length: u32, backups: i64| {
        let mut program = passwords(length);
        let database = program.resources.get_mut("a/db").unwrap();
        database.properties.insert("BackupRetentionPeriod".into(), backups.into());
        program
    };
    let told = told(&program(20, 1), &program(30, 7));
    let line = told.lines().next().unwrap();
    assert!(line.contains("BackupRetentionPeriod changes"), "{told}");
    assert!(line.contains("MasterUserPassword may change, because it follows a/secret#SecretString"), "{told}");
}
