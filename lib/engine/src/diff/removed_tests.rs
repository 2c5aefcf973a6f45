use groundplan_core::Assembly;
use groundplan_core::assembly::Lifecycle;
use serde_json::json;

use super::*;
use crate::diff::tests::{changes, deployed, told};
use crate::fake::{DATABASE, assembly, behavior};
use crate::model::Deposed;

const BUCKET: &str = "AWS::S3::Bucket";
const POLICY: &str = "AWS::S3::BucketPolicy";
const SUBNETS: &str = "AWS::RDS::DBSubnetGroup";

/// A bucket with its policy, and a database in a group of subnets.
fn program() -> Assembly {
    assembly(&[
        ("a/bucket", BUCKET, json!({})),
        ("a/db", DATABASE, json!({"DBSubnetGroupName": {"$ref": "a/subnets#DBSubnetGroupName"}})),
        ("a/policy", POLICY, json!({"Bucket": {"$ref": "a/bucket#BucketName"}})),
        ("a/subnets", SUBNETS, json!({})),
    ])
}

fn with(edit: impl FnOnce(&mut State)) -> State {
    let mut state = deployed(&program());
    edit(&mut state);
    state
}

fn resource<'a>(state: &'a mut State, path: &str) -> &'a mut ResourceState {
    state.resources.get_mut(path).unwrap()
}

#[test]
fn what_is_retained_is_forgotten_though_it_holds_data_and_keeps_what_it_needs() {
    let state = with(|state| resource(state, "a/db").lifecycle.retain = true);
    assert_eq!(
        told(&destroy(&state, &behavior, false)),
        [
            "keep a/bucket: holds data",
            "forget a/db: everything is destroyed; retained when it is removed",
            "keep a/policy: a/bucket stays and it is a part of that",
            "keep a/subnets: a/db stays and depends on it",
        ]
    );
    let state = with(|state| resource(state, "a/policy").lifecycle.retain = true);
    let retained = &destroy(&state, &behavior, false).changes["a/policy"];
    assert_eq!(retained.action, Action::Forget, "a part is kept only where it would be deleted");
}

#[test]
fn what_is_protected_and_holds_data_is_still_refused() {
    let state = with(|state| resource(state, "a/db").lifecycle.protect = true);
    let change = &destroy(&state, &behavior, false).changes["a/db"];
    assert_eq!((change.action, change.protected, change.data_loss), (Action::Delete, true, true));
}

#[test]
fn what_is_kept_for_another_one_is_neither_lost_nor_refused() {
    let state = with(|state| {
        resource(state, "a/bucket").dependencies.insert("a/db".into());
        resource(state, "a/db").lifecycle.protect = true;
        resource(state, "a/policy").lifecycle.protect = true;
    });
    let changes = destroy(&state, &behavior, false).changes;
    for path in ["a/db", "a/policy"] {
        let change = &changes[path];
        assert_eq!((change.action, change.protected, change.data_loss), (Action::Keep, false, false), "{path}");
    }
    // What stays for a reason of its own is not said to stay for another one.
    let state = with(|state| {
        resource(state, "a/bucket").dependencies.insert("a/db".into());
    });
    assert_eq!(destroy(&state, &behavior, false).changes["a/db"].reasons, [Reason::HoldsData]);
}

#[test]
fn of_what_earlier_runs_left_over_what_holds_data_goes_only_where_that_was_said() {
    let state = with(|state| {
        for path in ["a/db", "a/subnets"] {
            let resource = state.resources[path].clone();
            state.deposed.push(Deposed { path: path.into(), resource });
        }
    });
    let goes = |delete_data| -> Vec<Path> {
        destroy(&state, &behavior, delete_data).deposed.into_iter().map(|old| old.path).collect()
    };
    assert_eq!(goes(false), ["a/subnets".into()]);
    assert_eq!(goes(true), ["a/db".into(), "a/subnets".into()]);
}

#[test]
fn what_is_retained_is_not_lost_and_what_never_worked_is_not_retained() {
    let state = with(|state| {
        for path in ["a/bucket", "a/db"] {
            resource(state, path).lifecycle = Lifecycle { retain: true, protect: true, ..Lifecycle::default() };
        }
        resource(state, "a/bucket").status = ResourceStatus::Tainted;
    });
    let changes = changes(&assembly(&[]), &state).changes;
    let of = |path: &str| (changes[path].action, changes[path].protected, changes[path].data_loss);
    assert_eq!(of("a/db"), (Action::Forget, false, false));
    assert_eq!(of("a/bucket"), (Action::Delete, true, false));
}

#[test]
fn a_destroy_publishes_nothing_any_more() {
    let state = with(|state| drop(state.outputs.insert("url".into(), "https://example.com".into())));
    assert_eq!(destroy(&state, &behavior, false).outputs["url"], OutputChange::Removed);
}
