use serde_json::{Value as Json, json};

use super::*;
use crate::fake::{LOG_GROUP, VPC, assembly, identity, vpc};
use crate::stages::diff::tests::{changes, deployed, told};

const GROUP: &str = "AWS::EC2::SecurityGroup";

fn logs(path: &'static str, name: &str) -> (&'static str, &'static str, Json) {
    (path, LOG_GROUP, json!({"LogGroupName": name}))
}

#[test]
fn a_resource_moves_only_from_a_stated_path_that_the_state_has_and_the_program_has_not() {
    let before = deployed(&assembly(&[vpc("10.0.0.0/16"), ("a/kept", VPC, json!({}))]));
    let mut after = assembly(&[("a/new", VPC, json!({})), ("a/kept", VPC, json!({}))]);
    let mut moves_from = |path: &str| {
        after.resources.get_mut("a/new").unwrap().moved_from = [path.into()].into();
        is_moved(&after, &before, &"a/new".into())
    };
    assert!(moves_from("a/vpc"));
    assert!(!moves_from("a/kept") && !moves_from("a/none"));
}

#[test]
fn a_path_that_has_a_resource_takes_over_no_other_one() {
    let before = assembly(&[logs("a/kept", "/x"), logs("a/old", "/y")]);
    let after = assembly(&[logs("a/kept", "/y"), ("a/new", VPC, json!({}))]);
    assert_eq!(
        told(&changes(&after, &deployed(&before))),
        [
            "replace a/kept (loses data): LogGroupName cannot be changed in place",
            "create a/new: new in the program",
            "delete a/old (loses data): no longer in the program",
        ]
    );
}

#[test]
fn a_stack_that_names_the_account_it_was_in_before_has_the_same_resources() {
    let mut after = assembly(&[logs("a/new", "/x")]);
    after.stacks.insert("a".into(), groundplan_core::Environment::new("us-east-1").account(identity().account));
    let told = told(&changes(&after, &deployed(&assembly(&[logs("a/old", "/x")]))));
    assert_eq!(told, ["move a/new: the same name under a new path"]);
}

#[test]
fn a_move_is_proposed_where_all_that_is_known_of_the_new_one_matches() {
    let proposed = |before: Json, after: Json| {
        let before = deployed(&assembly(&[("a/old", GROUP, before)]));
        !changes(&assembly(&[("a/new", GROUP, after)]), &before).proposed_moves.is_empty()
    };
    let to_come = json!({"$ref": "a/none#Id"});
    for unknown in [
        to_come.clone(),
        json!({"$template": ["vpc-", to_come]}),
        json!({"$import": {"app": "network", "name": "vpc", "form": "text"}}),
    ] {
        assert!(proposed(json!({"VpcId": "vpc-1"}), json!({"VpcId": unknown})), "{unknown}");
        let rest = |description: &str, vpc: Json| json!({"GroupDescription": description, "VpcId": vpc});
        assert!(!proposed(rest("one", json!("vpc-1")), rest("two", unknown)), "of another description");
    }

    let list = |items: Json| json!({"GroupDescription": items});
    let after = list(json!(["a", to_come]));
    assert!(proposed(list(json!(["a", "x"])), after.clone()));
    assert!(!proposed(list(json!(["b", "x"])), after.clone()));
    assert!(!proposed(list(json!(["a", "x", "y"])), after));

    let after = list(json!({"one": "a", "two": to_come}));
    assert!(proposed(list(json!({"one": "a", "two": "x"})), after.clone()));
    assert!(!proposed(list(json!({"one": "b", "two": "x"})), after.clone()));
    assert!(!proposed(list(json!({"one": "a"})), after.clone()));
    assert!(!proposed(list(json!({"one": "a", "three": "x"})), after));
}
