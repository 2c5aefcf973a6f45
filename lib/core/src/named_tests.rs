use serde_json::{Value as Json, json};

use super::*;
use crate::assembly::ResourceEntry;

const BUCKET: &str = "AWS::S3::Bucket";
const GROUP: &str = "AWS::RDS::DBSubnetGroup";
const POLICY: &str = "AWS::IAM::RolePolicy";
const PROFILE: &str = "AWS::IAM::InstanceProfile";
const ROLE: &str = "AWS::IAM::Role";

/// Returns the dependencies of each of these resources; the stacks `a` and `b` are in two regions, and `c` in another
/// account.
fn after(resources: &[(&str, &str, Json)]) -> Vec<String> {
    let entry = |(path, type_name, properties): &(&str, &str, Json)| {
        let Ok(Value::Map(properties)) = Value::from_json(properties.clone()) else { panic!("{path} is no map") };
        (Path::from(*path), ResourceEntry::new(*type_name, properties))
    };
    let elsewhere = Environment::new("us-east-1").account("444455556666");
    let stacks = [("a", Environment::new("us-east-1")), ("b", Environment::new("eu-west-1")), ("c", elsewhere)];
    let mut assembly = Assembly {
        format: 1,
        app: "shop".into(),
        state: None,
        stacks: stacks.map(|(name, environment)| (name.to_owned(), environment)).into(),
        resources: resources.iter().map(entry).collect(),
        outputs: BTreeMap::new(),
        lookups: BTreeMap::new(),
    };
    dependencies(&mut assembly);
    let tell = |(path, entry): (&Path, &ResourceEntry)| {
        entry.depends_on.iter().map(|named| format!("{path} after {named}")).collect::<Vec<_>>()
    };
    assembly.resources.iter().flat_map(tell).collect()
}

fn role(path: &'static str) -> (&'static str, &'static str, Json) {
    (path, ROLE, json!({"RoleName": "worker"}))
}

#[test]
fn what_names_another_resource_by_text_is_made_after_it() {
    let policy = ("a/policy", POLICY, json!({"RoleName": "worker", "PolicyName": "read"}));
    let profile = ("a/profile", PROFILE, json!({"Roles": ["admin", "worker"]}));
    assert_eq!(after(&[role("a/role"), policy.clone(), profile]), ["a/policy after a/role", "a/profile after a/role"]);
    // Not where it has a reference, means another one, or is of another type.
    let by_reference = ("a/policy", POLICY, json!({"RoleName": {"$ref": "a/role#RoleName"}, "PolicyName": "worker"}));
    assert_eq!(after(&[role("a/role"), by_reference]), [""; 0]);
    let function = ("a/fn", "AWS::Lambda::Function", json!({"Role": "worker"}));
    assert_eq!(after(&[role("a/role"), function]), [""; 0], "that is no ARN");
    assert_eq!(after(&[("a/user", "AWS::IAM::User", json!({"UserName": "worker"})), policy]), [""; 0]);
}

#[test]
fn a_name_means_what_is_in_the_same_region_unless_there_is_one_for_all() {
    let database = ("b/db", "AWS::RDS::DBInstance", json!({"DBSubnetGroupName": "shop"}));
    let group = |path| (path, GROUP, json!({"DBSubnetGroupName": "shop"}));
    assert_eq!(after(&[group("a/group"), database.clone()]), [""; 0]);
    assert_eq!(after(&[group("a/group"), group("b/group"), database]), ["b/db after b/group"]);
    let policy = ("b/policy", POLICY, json!({"RoleName": "worker", "PolicyName": "read"}));
    assert_eq!(after(&[role("a/role"), policy]), ["b/policy after a/role"]);
    let policy = ("c/policy", POLICY, json!({"RoleName": "worker", "PolicyName": "read"}));
    assert_eq!(after(&[role("a/role"), policy]), [""; 0]);
}

#[test]
fn nothing_is_made_after_itself_or_in_a_circle() {
    let bucket = |path, name: &str, logs: &str| {
        (path, BUCKET, json!({"BucketName": name, "LoggingConfiguration": {"DestinationBucketName": logs}}))
    };
    assert_eq!(after(&[bucket("a/one", "one", "one")]), [""; 0]);
    assert_eq!(after(&[bucket("a/one", "one", "two"), bucket("a/two", "two", "one")]), ["a/one after a/two"]);
}

#[test]
fn an_arn_names_the_resource_of_its_account_and_region() {
    let entry = |type_name: &str, properties: Json| {
        let Ok(Value::Map(properties)) = Value::from_json(properties) else { panic!("a map") };
        ResourceEntry::new(type_name, properties)
    };
    let after = |arn: &str| {
        let cluster = entry("AWS::DocDB::DBCluster", json!({"DBClusterIdentifier": "docs"}));
        let global = json!({"GlobalClusterIdentifier": "all", "SourceDBClusterIdentifier": arn});
        let global = entry("AWS::DocDB::GlobalCluster", global);
        let mut assembly = Assembly {
            format: 1,
            app: "shop".into(),
            state: None,
            stacks: [("a".to_owned(), Environment::new("eu-west-1").account("111122223333"))].into(),
            resources: [(Path::from("a/docs"), cluster), (Path::from("a/global"), global)].into(),
            outputs: BTreeMap::new(),
            lookups: BTreeMap::new(),
        };
        dependencies(&mut assembly);
        assembly.resources["a/global"].depends_on.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    assert_eq!(after("arn:aws:rds:eu-west-1:111122223333:cluster:docs"), ["a/docs"]);
    for other in
        ["eu-west-2:111122223333:cluster:docs", "eu-west-1:444455556666:cluster:docs", "eu-west-1:111122223333:db:docs"]
    {
        assert_eq!(after(&format!("arn:aws:rds:{other}")), [""; 0], "{other}");
    }
}
