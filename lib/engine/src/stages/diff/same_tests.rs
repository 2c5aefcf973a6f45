//! Differences that a plan ignores.

use groundplan_core::Value;
use serde_json::json;

use super::tests::{changes, deployed, told};
use super::*;
use crate::fake::assembly;

const CLUSTER: &str = "AWS::RDS::DBCluster";
const GROUP: &str = "AWS::EC2::SecurityGroup";

/// Returns the planned change of a resource from `before` to `after`.
fn change(type_name: &str, before: Json, after: Json) -> Change {
    let program = |properties: Json| assembly(&[("a/x", type_name, properties)]);
    changes(&program(after), &deployed(&program(before))).changes.remove("a/x").unwrap()
}

/// Each property with its values, as in `+ Tags.a: "1"`.
fn shown(change: &Change) -> Vec<String> {
    let show = |it: &PropertyChange| match (&it.from, &it.to) {
        (Rendered::Absent, to) => format!("+ {}: {to}", it.property),
        (from, Rendered::Absent) => format!("- {}: {from}", it.property),
        (from, to) => format!("~ {}: {from} -> {to}", it.property),
    };
    change.properties.iter().map(show).collect()
}

#[test]
fn a_set_in_another_order_replaces_no_cluster_that_holds_data() {
    let zones = |zones: [&str; 3]| json!({"Engine": "aurora-postgresql", "AvailabilityZones": zones});
    let same = change(CLUSTER, zones(["a", "b", "c"]), zones(["c", "a", "b"]));
    assert_eq!((same.action, same.data_loss), (Action::NoOp, false));
    let other = change(CLUSTER, zones(["a", "b", "c"]), zones(["c", "a", "d"]));
    assert!(matches!(other.action, Action::Replace(_)) && other.data_loss);
    assert_eq!(shown(&other), ["- AvailabilityZones: \"b\"", "+ AvailabilityZones: \"d\""]);
    assert_eq!(other.reasons.len(), 1, "{:?}", other.reasons);
}

#[test]
fn a_command_in_another_order_is_another_command() {
    let command = |words: [&str; 2]| json!({"ContainerDefinitions": [{"Name": "web", "Command": words}]});
    let changed = change("AWS::ECS::TaskDefinition", command(["serve", "now"]), command(["now", "serve"]));
    assert_eq!(
        shown(&changed),
        [
            "~ ContainerDefinitions.0.Command.0: \"serve\" -> \"now\"",
            "~ ContainerDefinitions.0.Command.1: \"now\" -> \"serve\""
        ]
    );
}

#[test]
fn a_record_in_another_spelling_is_the_same_record() {
    let record = |name: &str, value: &str, ttl: &str| json!({"HostedZoneId": "Z", "Name": name, "Type": "CNAME", "TTL": ttl, "ResourceRecords": [value]});
    let before = || record("www.example.com", "x.example.net", "60");
    let set = "AWS::Route53::RecordSet";
    assert_eq!(change(set, before(), record("WWW.example.com.", "x.example.net.", "60")).action, Action::NoOp);
    let changed = change(set, before(), record("WWW.example.com.", "x.example.net.", "300"));
    assert_eq!(changed.action, Action::Update);
    assert_eq!(shown(&changed), ["~ TTL: \"60\" -> \"300\""]);
}

#[test]
fn of_a_set_the_members_that_come_and_go_are_shown() {
    let rule = |block: &str| json!({"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "CidrIp": block});
    let rules = |blocks: &[&str]| json!({"GroupDescription": "a", "SecurityGroupIngress": blocks.iter().map(|block| rule(block)).collect::<Vec<_>>()});
    let changed =
        change(GROUP, rules(&["10.0.0.0/8", "10.1.0.0/16"]), rules(&["10.2.0.0/16", "10.0.0.5/8", "10.3.0.0/16"]));
    assert_eq!(changed.action, Action::Update);
    let members: Vec<_> = shown(&changed).iter().map(|line| line.chars().next().unwrap()).collect();
    assert_eq!(members, ['-', '+', '+'], "{:?}", shown(&changed));
    assert!(changed.properties.iter().all(|change| change.property == "SecurityGroupIngress"));
}

#[test]
fn what_has_a_name_in_a_set_is_changed_and_not_taken_away_and_added() {
    let containers = |containers: &[(&str, &str)]| {
        let each = containers.iter().map(|(name, image)| json!({"Name": name, "Image": image}));
        json!({"ContainerDefinitions": each.collect::<Vec<_>>()})
    };
    let before = containers(&[("web", "w:1"), ("log", "l:1")]);
    let after = containers(&[("log", "l:1"), ("job", "j:1"), ("web", "w:2")]);
    let changed = change("AWS::ECS::TaskDefinition", before, after);
    assert_eq!(
        shown(&changed),
        [
            "+ ContainerDefinitions: {\"Image\":\"j:1\",\"Name\":\"job\"}",
            "~ ContainerDefinitions.2.Image: \"w:1\" -> \"w:2\""
        ]
    );
}

#[test]
fn a_part_or_a_tag_that_is_ignored_is_left_alone() {
    let program = |subnet: &str, timeout: i64, name: &str, ignored: &[&str]| {
        let properties = json!({
            "Timeout": timeout,
            "VpcConfig": {"SubnetIds": [subnet]},
            "Tags": [{"Key": "Name", "Value": name}],
        });
        let mut program = assembly(&[("a/x", "AWS::Lambda::Function", properties)]);
        let lifecycle = &mut program.resources.get_mut("a/x").unwrap().lifecycle;
        lifecycle.ignore_changes.extend(ignored.iter().map(ToString::to_string));
        program
    };
    let ignored = ["VpcConfig.SubnetIds", "Tags.Na*"];
    let state = deployed(&program("a", 1, "one", &ignored));
    assert!(changes(&program("b", 1, "two", &ignored), &state).is_empty());
    let changed = changes(&program("b", 2, "two", &ignored), &state);
    assert_eq!(told(&changed), ["update a/x: Timeout changes"]);
    let all = changes(&program("b", 1, "two", &[]), &state);
    assert_eq!(shown(&all.changes["a/x"]).len(), 3, "{:?}", told(&all));
}

#[test]
fn what_is_made_anew_gets_what_is_ignored_too_and_the_plan_says_so() {
    let program = |description: &str, name: &str| {
        let mut program = assembly(&[
            ("a/group", GROUP, json!({"GroupDescription": description, "GroupName": name})),
            ("a/p", "AWS::SSM::Parameter", json!({"Type": "String", "Value": {"$ref": "a/group#GroupName"}})),
        ]);
        program.resources.get_mut("a/group").unwrap().lifecycle.ignore_changes.insert("GroupName".into());
        program
    };
    let mut state = deployed(&program("one", "alpha"));
    state.resources.get_mut("a/p").unwrap().properties.insert("Value".into(), Value::from("alpha"));
    assert!(changes(&program("one", "beta"), &state).is_empty());
    let planned = changes(&program("two", "beta"), &state);
    assert_eq!(
        told(&planned),
        [
            "replace a/group: GroupDescription cannot be changed in place; GroupName changes as well, because `ignore_changes` does not apply to a resource that is created again",
            "update a/p: Value changes",
        ]
    );
    assert_eq!(
        shown(&planned.changes["a/group"]),
        ["~ GroupDescription: \"one\" -> \"two\"", "~ GroupName: \"alpha\" -> \"beta\""]
    );
    assert_eq!(shown(&planned.changes["a/p"]), ["~ Value: \"alpha\" -> \"beta\""]);
}

#[test]
fn an_identifier_is_the_same_resource_only_within_one_account_and_region() {
    let resource = |path| (path, crate::fake::VPC, json!({"CidrBlock": "10.0.0.0/16"}));
    let (both, kept) = (assembly(&[resource("a/old"), resource("a/kept")]), assembly(&[resource("a/kept")]));
    let action = |account: &str, region: &str| {
        let mut state = deployed(&both);
        for (path, resource) in &mut state.resources {
            resource.id = "vpc-1".into();
            if path.as_str() == "a/old" {
                resource.environment = Environment::new(region).account(account);
            }
        }
        changes(&kept, &state).changes["a/old"].action
    };
    let own = crate::fake::identity().account;
    assert_eq!(action(&own, "us-east-1"), Action::Forget, "an unpinned stack is in the credentials' account");
    assert_eq!(action("444455556666", "us-east-1"), Action::Delete);
    assert_eq!(action(&own, "eu-west-1"), Action::Delete);
}
