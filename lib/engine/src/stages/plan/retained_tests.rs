//! Retained resources, and the changes that they prevent.

use serde_json::json;

use super::claims_tests::{Entry, deployed, planned_part, to};
use super::*;
use crate::fake::assembly;
use crate::hint::{Hint, Hints as _};
use crate::model::{Event, Orphan};

const BUCKET: &str = "AWS::S3::Bucket";
const KEY: &str = "AWS::KMS::Key";
const PROFILE: &str = "AWS::IAM::InstanceProfile";
const ROLE: &str = "AWS::IAM::Role";

fn role(path: &'static str, name: &str) -> Entry<'static> {
    (path, ROLE, json!({"RoleName": name}))
}

/// A bucket that is encrypted with a key.
fn encrypted(key: &'static str) -> Assembly {
    assembly(&[("a/b", BUCKET, json!({"KmsKeyId": to(key, "Arn")})), (key, KEY, json!({}))])
}

#[test]
fn what_a_resource_is_made_after_is_recorded_once_that_has_moved() {
    let mut after = encrypted("a/kms");
    after.resources.get_mut("a/kms").unwrap().moved_from.insert("a/key".into());
    after.resources.get_mut("a/b").unwrap().lifecycle.retain = true;
    let mut state = deployed(&encrypted("a/key"));
    let (_, plan) = planned_part(&after, &state, &[]).unwrap();
    for step in &plan.steps {
        let event = match &step.work {
            Work::Move { from } => Event::Moved { from: from.clone(), to: step.path.clone() },
            Work::Record { dependencies, lifecycle } => Event::Recorded {
                path: step.path.clone(),
                dependencies: dependencies.clone(),
                lifecycle: lifecycle.clone(),
            },
            other => panic!("{}", other.verb()),
        };
        state.apply(event).unwrap();
    }
    let record = plan.steps.iter().find(|step| step.path.as_str() == "a/b").unwrap();
    assert!(!record.dependencies.is_empty(), "{}", plan.render());
    assert_eq!(state.resources["a/b"].dependencies, ["a/kms".into()].into());
    let (changes, _) = planned_part(&after, &state, &[]).unwrap();
    assert!(changes.is_empty(), "{changes:?}");
}

#[test]
fn what_was_retained_holds_what_it_claims() {
    let mut state = deployed(&assembly(&[role("a/r1", "r1")]));
    state.apply(Event::Retained { path: "a/r1".into() }).unwrap();
    let error = planned_part(&assembly(&[role("a/r2", "r1")]), &state, &[]).unwrap_err();
    let id = Some(state.retained[0].resource.id.clone());
    let adopt = Hint::Import { path: Some("a/r2".into()), id, new_state: false };
    assert_eq!(error.hints().first(), Some(&adopt));
    let error = error.to_string();
    assert!(error.contains("of `a/r1`, which an earlier deploy left in the account"), "{error}");
    planned_part(&assembly(&[role("a/r2", "r2")]), &state, &[]).unwrap();
}

#[test]
fn what_was_replaced_stays_while_what_is_retained_needs_it() {
    let profile = ("a/x", PROFILE, json!({"Roles": [to("a/r1", "RoleName")]}));
    let mut state = deployed(&assembly(&[role("a/r1", "r1"), profile]));
    state.resources.get_mut("a/x").unwrap().lifecycle.retain = true;
    let mut new = state.resources["a/r1"].clone();
    (new.id, new.generation) = ("new".into(), 2);
    new.properties.insert("RoleName".into(), "r2".into());
    new.outputs.insert("RoleName".into(), "r2".into());
    let old = state.resources.insert("a/r1".into(), new).unwrap();
    state.deposed.push(Orphan { path: "a/r1".into(), resource: old });
    let (changes, plan) = planned_part(&assembly(&[]), &state, &[]).unwrap();
    assert_eq!(changes.deposed, [], "{}", plan.render());
    state.resources.get_mut("a/x").unwrap().lifecycle.retain = false;
    let (changes, _) = planned_part(&assembly(&[]), &state, &[]).unwrap();
    assert_eq!(changes.deposed.len(), 1);
}
