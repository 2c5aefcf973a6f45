use groundplan_core::Assembly;
use serde_json::{Value as Json, json};

use super::*;
use crate::fake::{assembly, with_inputs};
use crate::model::Orphan;
use crate::stages::diff::removed::removed;
use crate::stages::diff::tests::deployed;
use crate::stages::diff::{Action, Reason};

const ALIAS: &str = "AWS::KMS::Alias";
const ASSOCIATION: &str = "AWS::ServiceCatalogAppRegistry::ResourceAssociation";
const POLICY: &str = "AWS::IAM::RolePolicy";
const ROLE: &str = "AWS::IAM::Role";
const STACK: &str = "AWS::CloudFormation::Stack";

/// As Cloud Control manages every type.
fn by_token(type_name: &str) -> Option<Behavior> {
    let mut behavior = groundplan_schema::behavior(type_name)?;
    behavior.recovery = Recovery::ClientToken;
    Some(behavior)
}

#[test]
fn a_part_is_one_however_the_provider_finds_it() {
    for (type_name, property) in [
        ("AWS::IAM::GroupPolicy", "GroupName"),
        ("AWS::SNS::TopicInlinePolicy", "TopicArn"),
        ("AWS::SQS::QueueInlinePolicy", "Queue"),
    ] {
        assert!(is_part(&by_token, type_name), "{type_name}");
        assert!(is_binding(&by_token, type_name, property), "{type_name} {property}");
        assert!(!is_binding(&by_token, type_name, "PolicyDocument"), "{type_name}");
    }
    assert!(!is_part(&by_token, "AWS::SQS::Queue"));
}

/// The parts of what is deleted that stay, as in `a/part of a/whole`.
fn bound(program: &Assembly, state: &State, deleted: &[&str]) -> Vec<String> {
    let change = |(path, resource): (&Path, &ResourceState)| {
        let mut change = removed(path, resource, Reason::Removed);
        if !deleted.contains(&path.as_str()) {
            change.action = Action::NoOp;
        }
        (path.clone(), change)
    };
    let changes = state.resources.iter().map(change).collect();
    let bound = with_inputs(program, state, |inputs| to_what_goes(inputs, state, &changes));
    bound.into_iter().map(|(part, whole)| format!("{part} of {whole}")).collect()
}

fn policy(role: Json) -> (&'static str, &'static str, Json) {
    ("a/p", POLICY, json!({"RoleName": role, "PolicyName": "read"}))
}

#[test]
fn a_part_follows_a_name_to_what_has_it_and_is_of_the_same_type() {
    let state = deployed(&assembly(&[("a/r1", ROLE, json!({"RoleName": "r"})), policy(json!("r"))]));
    let follows = |other: (&'static str, Json)| {
        let mut program = assembly(&[("a/r2", other.0, other.1), policy(json!("r"))]);
        program.resources.get_mut("a/p").unwrap().depends_on.insert("a/r2".into());
        bound(&program, &state, &["a/r1"])
    };
    assert_eq!(follows((ROLE, json!({"RoleName": "r"}))), ["a/p of a/r1"]);
    assert_eq!(follows((ROLE, json!({"RoleName": "other"}))), [""; 0]);
    assert_eq!(follows(("AWS::IAM::User", json!({"UserName": "r"}))), [""; 0]);
    assert_eq!(bound(&assembly(&[policy(json!("r"))]), &state, &["a/r1"]), [""; 0], "nothing has the name");
}

#[test]
fn a_part_follows_a_reference_though_the_name_is_not_known_yet() {
    let state = deployed(&assembly(&[("a/r1", ROLE, json!({"RoleName": "r"})), policy(json!("r"))]));
    let program = assembly(&[("a/r2", ROLE, json!({})), policy(json!({"$ref": "a/r2#RoleName"}))]);
    assert_eq!(bound(&program, &state, &["a/r1"]), ["a/p of a/r1"]);
    assert_eq!(bound(&program, &state, &[]), [""; 0]);
}

#[test]
fn where_the_schema_does_not_say_what_a_property_names_the_program_does() {
    let program = |named: Json| {
        let association = json!({"Application": "app", "Resource": named, "ResourceType": "CFN_STACK"});
        assembly(&[("a/part", ASSOCIATION, association), ("a/one", STACK, json!({})), ("a/two", STACK, json!({}))])
    };
    let state = deployed(&program(json!("id-of-a/one")));
    let of = |path: &str| bound(&program(json!({"$ref": format!("{path}#Arn")})), &state, &["a/one", "a/two"]);
    assert_eq!(of("a/one"), ["a/part of a/one"]);
    assert_eq!(of("a/two"), [""; 0], "it is not in that one");
}

#[test]
fn nothing_is_a_part_of_what_was_replaced_at_its_own_path() {
    let alias = |name: Json| assembly(&[("a/alias", ALIAS, json!({"AliasName": name, "TargetKeyId": "key-1"}))]);
    let mut state = deployed(&alias(json!("alias/x")));
    let mut resource = state.resources["a/alias"].clone();
    resource.generation = 0;
    state.deposed.push(Orphan { path: "a/alias".into(), resource });
    let program = alias(json!({"$template": ["alias/", {"$ref": "a#AccountId"}]}));
    assert_eq!(bound(&program, &state, &[]), [""; 0]);
    state.deposed[0].path = "a/other".into();
    assert_eq!(bound(&program, &state, &[]), ["a/alias of a/other"]);
}
