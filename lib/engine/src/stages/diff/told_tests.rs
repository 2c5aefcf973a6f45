use groundplan_core::Assembly;
use serde_json::{Value as Json, json};

use super::*;
use crate::fake::{KEY, SECRET, assembly, with_inputs};
use crate::stages::diff::tests::{changes, deployed};
use crate::stages::diff::{ChangeSet, Order, diff};

const PARAMETER: &str = "AWS::SSM::Parameter";

type Resource = (&'static str, &'static str, Json);

fn key(path: &'static str, user: &str, serial: u32) -> Resource {
    (path, KEY, json!({"UserName": user, "Serial": serial}))
}

fn secret_of_key() -> Json {
    json!({"$secret": {"output": {"resource": {"$ref": "a/key#Id"}, "attribute": "SecretAccessKey"}}})
}

fn secret(path: &'static str) -> Resource {
    (path, SECRET, json!({"Name": path, "SecretString": secret_of_key()}))
}

/// Returns the action for `a/key`.
fn action(before: &[Resource], after: &[Resource]) -> Action {
    changes(&assembly(after), &deployed(&assembly(before))).changes["a/key"].action
}

/// A key, and a parameter that has its secret beside one of the environment.
fn beside(description: &str) -> Assembly {
    let value = json!({"Key": secret_of_key(), "Other": {"$secret": {"environment": "P"}}});
    let parameter = (PARAMETER, json!({"Name": "p", "Description": description, "Value": value}));
    assembly(&[key("a/key", "ada", 1), ("a/p", parameter.0, parameter.1)])
}

/// The changes from [`beside`] to `after`, where the other secret has the digest `now` and an update states the
/// property `repeated` again.
fn from_beside(after: &Assembly, now: &str, repeated: &str) -> ChangeSet {
    let mut state = deployed(&beside("one"));
    state.resources.get_mut("a/p").unwrap().secrets.insert("Value.Other".into(), "old".into());
    let source = groundplan_core::SecretSource::Environment("P".into());
    let digests = [(secret::source_key(&source, &state.resources["a/p"].environment), now.to_owned())].into();
    with_inputs(after, &state, |inputs| {
        diff(&Inputs { digests: &digests, repeats: &|_, property| property == repeated, ..*inputs })
    })
}

#[test]
fn an_update_needs_the_secrets_of_the_properties_that_it_sends() {
    let key = |changes: ChangeSet| changes.changes["a/key"].reasons.clone();
    let lost = [Reason::SecretLost { by: "a/p".into() }];
    assert_eq!(key(from_beside(&beside("one"), "old", "")), []);
    assert_eq!(key(from_beside(&beside("two"), "old", "")), [], "the description is sent alone");
    assert_eq!(key(from_beside(&beside("two"), "old", "Value")), lost, "the type repeats it");
    assert_eq!(key(from_beside(&beside("one"), "new", "")), lost, "what stands beside it changes");
}

#[test]
fn a_key_whose_secret_nobody_has_goes_first() {
    let one = key("a/key", "ada", 1);
    assert_eq!(
        action(std::slice::from_ref(&one), &[one.clone(), secret("a/new")]),
        Action::Replace(Order::DeleteFirst)
    );
    assert_eq!(
        action(&[one.clone(), secret("a/first")], &[one, secret("a/first"), secret("a/new")]),
        Action::Replace(Order::CreateFirst)
    );
}

#[test]
fn only_the_keys_of_the_same_user_take_its_room() {
    let replaced = |before: &[Resource], after: &[Resource]| {
        let Action::Replace(order) = action(before, after) else { panic!("it is replaced") };
        order
    };
    let (old, new) = (key("a/key", "ada", 1), key("a/key", "ada", 2));
    let of = |user| key("a/other", user, 1);
    assert_eq!(replaced(&[old.clone(), of("ada")], &[new.clone(), of("ada")]), Order::DeleteFirst);
    assert_eq!(replaced(&[old.clone(), of("eve")], &[new.clone(), of("eve")]), Order::CreateFirst);
    assert_eq!(replaced(std::slice::from_ref(&old), &[new.clone(), of("ada")]), Order::DeleteFirst, "one is added");
    assert_eq!(replaced(std::slice::from_ref(&old), &[new, of("eve")]), Order::CreateFirst);
    assert_eq!(replaced(&[old, of("ada")], &[key("a/key", "eve", 1), of("ada")]), Order::CreateFirst, "it leaves");
}
