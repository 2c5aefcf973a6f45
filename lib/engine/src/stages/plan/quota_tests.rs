//! An owner that may have two of a type.

use groundplan_core::Assembly;
use insta::assert_snapshot;
use serde_json::{Value as Json, json};

use super::claims_tests::{Entry, deployed, planned, planned_part, steps, to};
use super::*;
use crate::fake::{KEY, SECRET, assembly};
use crate::model::{Event, Orphan, State};

fn key(path: &'static str, user: Json) -> Entry<'static> {
    (path, KEY, json!({"UserName": user}))
}

fn of_ada(paths: &[&'static str]) -> Assembly {
    assembly(&paths.iter().map(|path| key(path, json!("ada"))).collect::<Vec<_>>())
}

fn user(name: Option<&str>) -> Entry<'static> {
    ("a/user", "AWS::IAM::User", name.map_or_else(|| json!({}), |name| json!({"UserName": name})))
}

/// The paths of what is deleted before the create of `path`.
fn before(plan: &Plan, path: &str) -> Vec<String> {
    let is_create = |step: &&Step| step.path.as_str() == path && matches!(step.work, Work::Create { .. });
    let create = plan.steps.iter().find(is_create).unwrap();
    let before = create.dependencies.iter().map(|id| plan.step(*id));
    let deleted = before.filter(|step| matches!(step.work, Work::Delete { .. }));
    deleted.map(|step| step.path.to_string()).collect()
}

fn with_deposed(program: &Assembly, path: &str) -> State {
    let mut state = deployed(program);
    let resource = crate::model::ResourceState {
        id: "left".into(),
        generation: 0,
        dependencies: Default::default(),
        ..state.resources[path].clone()
    };
    state.deposed.push(Orphan { path: path.into(), resource });
    state
}

#[test]
fn what_comes_under_another_path_waits_for_what_goes_where_there_is_no_room_for_both() {
    assert_snapshot!(steps(&of_ada(&["a/one", "a/two"]), &of_ada(&["a/one", "a/three"])), @r"
        #0 delete a/two a/two-id (AWS::IAM::AccessKey)
        #1 create a/three (AWS::IAM::AccessKey) after #0
        ");
    assert_snapshot!(steps(&of_ada(&["a/one"]), &of_ada(&["a/two"])), @r"
        #0 create a/two (AWS::IAM::AccessKey)
        #1 delete a/one a/one-id (AWS::IAM::AccessKey) after #0
        ");
    let planned = |after: &[&'static str]| planned(&of_ada(&["a/one", "a/two"]), &of_ada(after)).unwrap().1;
    let both = planned(&["a/three", "a/four"]);
    assert_eq!([before(&both, "a/three"), before(&both, "a/four")].concat().len(), 2, "{}", both.render());
    assert_ne!(before(&both, "a/three"), before(&both, "a/four"));
}

#[test]
fn the_keys_of_another_user_make_no_room() {
    let keys = |path: &'static str, user: &str| assembly(&[key("a/one", json!("ada")), key(path, json!(user))]);
    let (_, plan) = planned(&keys("a/two", "eve"), &keys("a/three", "ada")).unwrap();
    assert!(before(&plan, "a/three").is_empty(), "{}", plan.render());
}

#[test]
fn what_was_replaced_or_retained_takes_room_as_well() {
    let (_, plan) =
        planned_part(&of_ada(&["a/one", "a/new"]), &with_deposed(&of_ada(&["a/one"]), "a/one"), &[]).unwrap();
    assert_eq!(before(&plan, "a/new"), ["a/one"], "{}", plan.render());
    let mut state = deployed(&of_ada(&["a/kept", "a/one"]));
    state.apply(Event::Retained { path: "a/kept".into() }).unwrap();
    let (_, plan) = planned_part(&of_ada(&["a/new"]), &state, &[]).unwrap();
    assert_eq!(before(&plan, "a/new"), ["a/one"], "{}", plan.render());
}

#[test]
fn the_owner_is_known_by_its_name_or_by_the_reference_to_it() {
    let program = |user: Entry<'static>, paths: &[&'static str]| {
        let keys = paths.iter().map(|path| key(path, to("a/user", "UserName")));
        assembly(&std::iter::once(user.clone()).chain(keys).collect::<Vec<_>>())
    };
    for name in [Some("ada"), None] {
        let (_, plan) =
            planned(&program(user(name), &["a/one", "a/two"]), &program(user(name), &["a/three", "a/two"])).unwrap();
        assert_eq!(before(&plan, "a/three"), ["a/one"], "{}", plan.render());
    }
    // Another user has room.
    let (_, plan) =
        planned(&program(user(Some("ada")), &["a/one", "a/two"]), &program(user(Some("eve")), &["a/three", "a/two"]))
            .unwrap();
    assert!(before(&plan, "a/three").is_empty(), "{}", plan.render());
}

#[test]
fn what_moves_to_another_owner_and_goes_first_takes_room_there() {
    let program = |owner: &str, others: &[&'static str]| {
        let keys = others.iter().map(|path| key(path, json!("eve"))).chain([key("a/one", json!(owner))]);
        let mut program = assembly(&keys.collect::<Vec<_>>());
        program.resources.get_mut("a/one").unwrap().lifecycle.delete_before_create = true;
        program
    };
    let (_, plan) = planned(&program("ada", &["a/two", "a/three"]), &program("eve", &["a/two"])).unwrap();
    assert_eq!(before(&plan, "a/one"), ["a/one", "a/three"], "{}", plan.render());
    let (_, plan) = planned(&program("ada", &["a/two"]), &program("eve", &["a/two"])).unwrap();
    assert_eq!(before(&plan, "a/one"), ["a/one"], "{}", plan.render());
}

#[test]
fn what_has_the_secret_of_the_old_one_gets_that_of_the_new_one_after_both() {
    let secret = |key: &str| {
        let output =
            json!({"$secret": {"output": {"resource": {"$ref": format!("{key}#Id")}, "attribute": "SecretAccessKey"}}});
        ("a/secret", SECRET, json!({"Name": "smtp", "SecretString": output}))
    };
    let program = |path: &'static str| assembly(&[key("a/one", json!("ada")), key(path, json!("ada")), secret(path)]);
    assert_snapshot!(steps(&program("a/two"), &program("a/three")), @r"
        #0 delete a/two a/two-id (AWS::IAM::AccessKey)
        #1 create a/three (AWS::IAM::AccessKey) after #0
        #2 update a/secret (AWS::SecretsManager::Secret) after #1
        ");
    // With room for a third one there is no gap.
    let program = |path: &'static str| assembly(&[key(path, json!("ada")), secret(path)]);
    assert_snapshot!(steps(&program("a/two"), &program("a/three")), @r"
        #0 create a/three (AWS::IAM::AccessKey)
        #1 update a/secret (AWS::SecretsManager::Secret) after #0
        #2 delete a/two a/two-id (AWS::IAM::AccessKey) after #1
        ");
}
