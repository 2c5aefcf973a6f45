use serde_json::{Value as Json, json};

use super::*;
use crate::fake::{LOG_GROUP, VPC, assembly, identity, vpc};
use crate::stages::diff::tests::{changes, deployed, pending_create, told};

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
    // What stands at the new path has not stood elsewhere.
    after.resources.get_mut("a/new").unwrap().moved_from = ["a/vpc".into()].into();
    let mut there = before.clone();
    there.resources.insert("a/new".into(), before.resources["a/kept"].clone());
    assert!(is_moved(&after, &before, &"a/new".into()) && !is_moved(&after, &there, &"a/new".into()));
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

#[test]
fn a_stated_move_is_made_once_and_not_to_a_path_with_an_open_create() {
    let state = deployed(&assembly(&[("a/old", VPC, json!({}))]));
    let moved = |path| {
        let mut program = assembly(&[("a/new", VPC, json!({})), ("a/other", VPC, json!({}))]);
        for path in ["a/new", path] {
            program.resources.get_mut(path).unwrap().moved_from = ["a/old".into()].into();
        }
        program
    };
    assert_eq!(told(&changes(&moved("a/other"), &state)), ["move a/new: ", "create a/other: new in the program"]);
    let mut open = state.clone();
    pending_create(&mut open, "a/new", VPC);
    let told = told(&changes(&moved("a/new"), &open));
    assert!(told[0].starts_with("create a/new") && told[1].starts_with("delete a/old"), "{told:?}");
}

#[test]
fn what_has_the_same_thing_moves_once_and_keeps_its_type() {
    let old = deployed(&assembly(&[logs("a/old", "/x")]));
    let told_of = told(&changes(&assembly(&[logs("a/one", "/x"), logs("a/two", "/x")]), &old));
    assert_eq!(told_of, ["move a/one: the same name under a new path", "create a/two: new in the program"]);
    let inline = ("a/old", "AWS::IAM::RolePolicy", json!({"RoleName": "worker", "PolicyName": "read"}));
    let listed = ("a/new", "AWS::IAM::Policy", json!({"Roles": ["worker"], "PolicyName": "read"}));
    let told_of = told(&changes(&assembly(&[listed]), &deployed(&assembly(&[inline]))));
    assert_eq!(told_of, ["create a/new: new in the program", "delete a/old: no longer in the program"]);
}

#[test]
fn what_the_program_keeps_as_another_type_is_not_deleted() {
    let inline = ("a/old", "AWS::IAM::RolePolicy", json!({"RoleName": "worker", "PolicyName": "read"}));
    let listed = ("a/new", "AWS::IAM::Policy", json!({"Roles": ["worker"], "PolicyName": "read"}));
    let state = deployed(&assembly(&[inline, listed.clone()]));
    let wanted = "forget a/old: no longer in the program; it is the same resource in the account as a/new, which stays";
    assert_eq!(told(&changes(&assembly(&[listed]), &state)), [wanted]);
}

#[test]
fn what_is_removed_beside_another_one_of_its_network_is_deleted() {
    let subnet = |path, block: &str| (path, crate::fake::SUBNET, json!({"VpcId": "vpc-1", "CidrBlock": block}));
    let before = deployed(&assembly(&[subnet("a/one", "10.0.0.0/24"), subnet("a/two", "10.0.1.0/24")]));
    let told = told(&changes(&assembly(&[subnet("a/one", "10.0.0.0/24")]), &before));
    assert_eq!(told, ["delete a/two: no longer in the program"]);
}

#[test]
fn of_several_that_match_none_is_proposed() {
    let group = |path, list: Json| (path, GROUP, json!({"GroupDescription": list}));
    let to_come = json!(["a", {"$ref": "a/none#Id"}]);
    let proposed = |before: &[Json], after: &[Json]| {
        let paths = ["a/old/one", "a/old/two", "a/new/one", "a/new/two"];
        let old: Vec<_> = paths.into_iter().zip(before).map(|(path, list)| group(path, list.clone())).collect();
        let new: Vec<_> = paths[2..].iter().zip(after).map(|(path, list)| group(path, list.clone())).collect();
        let moves = changes(&assembly(&new), &deployed(&assembly(&old))).proposed_moves;
        moves.into_iter().map(|it| format!("{} to {}", it.from, it.to)).collect::<Vec<_>>()
    };
    let (same, longer) = (json!(["a", "x"]), json!(["a", "x", "y"]));
    assert_eq!(proposed(&[same.clone(), same.clone()], std::slice::from_ref(&to_come)), [""; 0]);
    assert_eq!(proposed(std::slice::from_ref(&same), &[to_come.clone(), to_come.clone()]), [""; 0]);
    assert_eq!(proposed(&[same.clone(), longer.clone()], std::slice::from_ref(&to_come)), ["a/old/one to a/new/one"]);
    assert_eq!(proposed(&[longer, same], &[to_come]), ["a/old/two to a/new/one"]);
}

#[test]
fn what_is_to_have_more_properties_is_not_proposed() {
    let before = deployed(&assembly(&[("a/old", GROUP, json!({"GroupDescription": "one"}))]));
    let to_come = json!({"$ref": "a/none#Id"});
    for (description, vpc) in [(json!("one"), to_come.clone()), (to_come, json!("vpc-1"))] {
        let more = json!({"GroupDescription": description, "VpcId": vpc});
        assert_eq!(changes(&assembly(&[("a/new", GROUP, more)]), &before).proposed_moves, []);
    }
}
