use groundplan_core::Assembly;
use serde_json::{Value as Json, json};

use super::*;
use crate::fake::{DATABASE, assembly, with_inputs};
use crate::model::{Orphan, ResourceState, ResourceStatus};
use crate::stages::diff::tests::deployed;

const ROLE: &str = "AWS::IAM::Role";
const FUNCTION: &str = "AWS::Lambda::Function";

fn role(name: &str) -> (&'static str, &'static str, Json) {
    ("a/role", ROLE, json!({"RoleName": name}))
}

/// The state in which a run was stopped that was to go from `before` to `after` and has replaced `paths`.
fn interrupted(before: &Assembly, after: &Assembly, paths: &[&str]) -> State {
    let (mut state, new) = (deployed(before), deployed(after));
    for path in paths {
        let newer = ResourceState { id: format!("{path}-new"), generation: 2, ..new.resources[*path].clone() };
        let old = state.resources.insert((*path).into(), newer);
        state.deposed.extend(old.map(|resource| Orphan { path: (*path).into(), resource }));
        state.generations.insert((*path).into(), 2);
    }
    state
}

/// Returns the resources that are restored for a program, and checks that no more are afterwards.
fn restored_of(program: &Assembly, state: &State, only: &[&str]) -> Vec<String> {
    let only = only.iter().map(|path| Path::new(*path)).collect();
    with_inputs(program, state, |inputs| {
        let (mut state, mut restored) = (state.clone(), Vec::new());
        while let Some(Wanted { event, .. }) = wanted_again(&Inputs { state: &state, ..*inputs }, &only, &[]) {
            let Event::Restored { path, id, generation } = &event else { panic!("{event:?}") };
            restored.push(format!("{path} {id} {generation}"));
            state = after(&state, std::slice::from_ref(&event));
        }
        restored
    })
}

#[test]
fn what_a_program_goes_back_to_is_restored_and_nothing_else() {
    let program = |name: &str| assembly(&[role(name)]);
    let state = interrupted(&program("one"), &program("two"), &["a/role"]);
    assert_eq!(restored_of(&program("one"), &state, &[]), ["a/role id-of-a/role 1"]);
    assert_eq!(restored_of(&program("two"), &state, &[]), [""; 0], "it goes on");
    assert_eq!(restored_of(&program("three"), &state, &[]), [""; 0], "it is neither");
    assert_eq!(restored_of(&assembly(&[]), &state, &[]), [""; 0], "it is removed");
    assert_eq!(restored_of(&program("one"), &state, &["a/role"]), ["a/role id-of-a/role 1"]);
    let tried = [Event::Restored { path: "a/role".into(), id: "id-of-a/role".into(), generation: 1 }];
    let again = with_inputs(&program("one"), &state, |inputs| wanted_again(inputs, &BTreeSet::new(), &tried).is_some());
    assert!(!again);
}

#[test]
fn what_a_program_goes_back_to_under_another_path_is_restored_and_moves() {
    let program = |path: &'static str, name: &str| assembly(&[(path, ROLE, json!({"RoleName": name}))]);
    let state = interrupted(&program("a/role", "one"), &program("a/role", "two"), &["a/role"]);
    let mut moved = program("a/job/role", "one");
    moved.resources.get_mut("a/job/role").unwrap().moved_from = ["a/role".into()].into();
    assert_eq!(restored_of(&moved, &state, &[]), ["a/role id-of-a/role 1"]);
}

#[test]
fn what_changes_in_place_beside_that_is_no_obstacle() {
    let program = |name: &str, description: &str| {
        assembly(&[("a/role", ROLE, json!({"RoleName": name, "Description": description}))])
    };
    let state = interrupted(&program("one", "x"), &program("two", "x"), &["a/role"]);
    assert_eq!(restored_of(&program("one", "y"), &state, &[]), ["a/role id-of-a/role 1"]);
}

#[test]
fn what_is_of_no_use_is_not_restored() {
    let program = |name: &str| assembly(&[role(name)]);
    for status in [ResourceStatus::Deleting, ResourceStatus::Failed, ResourceStatus::Tainted] {
        let mut state = interrupted(&program("one"), &program("two"), &["a/role"]);
        state.deposed[0].resource.status = status;
        assert_eq!(restored_of(&program("one"), &state, &[]), [""; 0], "{status:?}");
    }
    let mut state = interrupted(&program("one"), &program("two"), &["a/role"]);
    state.deposed[0].resource.type_name = DATABASE.into();
    assert_eq!(restored_of(&program("one"), &state, &[]), [""; 0], "another type");
}

#[test]
fn what_stands_nowhere_any_more_is_restored_instead_of_made() {
    let program = |name: &str| assembly(&[role(name)]);
    let mut state = interrupted(&program("one"), &program("two"), &["a/role"]);
    state.resources.clear();
    assert_eq!(restored_of(&program("one"), &state, &[]), ["a/role id-of-a/role 1"]);
    let intent = crate::model::Intent {
        operation: crate::model::Operation::Create {
            type_name: ROLE.into(),
            environment: groundplan_core::Environment::new("us-east-1"),
            generation: 3,
        },
        token: String::new(),
        asked: None,
        properties: Default::default(),
        secrets: Default::default(),
        dependencies: Default::default(),
        lifecycle: Default::default(),
    };
    state.pending.insert("a/role".into(), intent);
    assert_eq!(restored_of(&program("one"), &state, &[]), [""; 0], "something may be there");
}

#[test]
fn what_others_refer_to_is_restored_before_them_and_what_is_left_out_is_not() {
    let function = |path: &'static str, size: u32| {
        let role = json!({"$ref": "a/role#Arn"});
        (path, FUNCTION, json!({"FunctionName": path, "Role": role, "PackageType": format!("{size}")}))
    };
    let program = |name: &str, size: u32| assembly(&[role(name), function("a/job", size), function("a/other", size)]);
    let (before, newer) = (program("one", 1), program("two", 2));
    let mut state = interrupted(&before, &newer, &["a/role", "a/job", "a/other"]);
    for old in &mut state.deposed {
        old.resource.properties.insert("Role".into(), "id-of-a/role".into());
    }
    let all = restored_of(&before, &state, &[]);
    assert_eq!(all, ["a/role id-of-a/role 1", "a/job id-of-a/job 1", "a/other id-of-a/other 1"]);
    assert_eq!(restored_of(&before, &state, &["a/job"]), ["a/role id-of-a/role 1", "a/job id-of-a/job 1"]);
}
