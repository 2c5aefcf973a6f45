use groundplan_core::Assembly;
use serde_json::json;

use super::claims_tests::{Entry, deployed, planned, planned_part, to};
use crate::fake::assembly;
use crate::model::{ResourceStatus, State};

const BUCKET: &str = "AWS::S3::Bucket";

fn bucket(path: &'static str, name: &str, logs: &str) -> Entry<'static> {
    let logging = json!({"DestinationBucketName": logs});
    (path, BUCKET, json!({"BucketName": name, "LoggingConfiguration": logging}))
}

fn alone(path: &'static str, name: &str) -> Entry<'static> {
    (path, BUCKET, json!({"BucketName": name}))
}

/// As synth leaves it: the first one that names another one is made after it.
fn program(entries: &[Entry<'_>], after: &[(&str, &str)]) -> Assembly {
    let mut program = assembly(entries);
    for (path, other) in after {
        program.resources.get_mut(*path).unwrap().depends_on.insert((*other).into());
    }
    program
}

/// The steps, as in `create a/one`, in the order of the plan.
fn steps(before: &Assembly, after: &Assembly) -> Vec<String> {
    let (_, plan) = planned(before, after).unwrap();
    plan.steps.iter().map(|step| format!("{} {}", step.work.verb(), step.path)).collect()
}

fn each_other() -> Assembly {
    program(&[bucket("a/one", "one", "two"), bucket("a/two", "two", "one")], &[("a/one", "a/two")])
}

#[test]
fn two_that_name_each_other_are_not_both_made_at_once() {
    let error = planned(&assembly(&[]), &each_other()).unwrap_err().to_string();
    assert_eq!(
        error,
        "the plan cannot work, because resources name each other before they exist:\n  - `a/two` names `a/one` \
         (LoggingConfiguration.DestinationBucketName), which is created after it; deploy without LoggingConfiguration.DestinationBucketName of `a/two` first, and add it in a second deploy"
    );
    // One passes its output.
    let passed = (
        "a/one",
        BUCKET,
        json!({
            "BucketName": "one",
            "LoggingConfiguration": {"DestinationBucketName": to("a/two", "BucketName")},
        }),
    );
    let mixed = assembly(&[passed, bucket("a/two", "two", "one")]);
    assert!(planned(&assembly(&[]), &mixed).unwrap_err().to_string().contains("`a/two` names `a/one`"));
}

#[test]
fn two_that_name_each_other_are_made_one_after_the_other() {
    // The first deploys that the message asks for.
    let first = program(&[bucket("a/one", "one", "two"), alone("a/two", "two")], &[("a/one", "a/two")]);
    assert_eq!(steps(&assembly(&[]), &first), ["create a/two", "create a/one"]);
    assert_eq!(steps(&first, &each_other()), ["update a/two"]);
    assert_eq!(steps(&each_other(), &each_other()), [""; 0]);
    // One exists, and is to name the new one, which names it.
    let one = assembly(&[alone("a/one", "one")]);
    assert_eq!(steps(&one, &each_other()), ["create a/two", "update a/one"]);
    let two = assembly(&[alone("a/two", "two")]);
    assert_eq!(steps(&two, &each_other()), ["create a/one", "update a/two"]);
    // It has had the name all the time, or names another one.
    let named = assembly(&[bucket("a/two", "two", "one")]);
    assert_eq!(steps(&named, &each_other()), ["create a/one"]);
    let mut tagged = each_other();
    let tags = json!([{"Key": "team", "Value": "web"}]);
    let two = tagged.resources.get_mut("a/two").unwrap();
    two.properties.insert("Tags".into(), groundplan_core::Value::from_json(tags).unwrap());
    assert_eq!(steps(&named, &tagged), ["update a/two", "create a/one"]);
}

#[test]
fn what_takes_outputs_of_what_names_it_cannot_be_made_first() {
    let passed = |path| {
        let logs = json!({"DestinationBucketName": to("a/two", "BucketName")});
        (path, BUCKET, json!({"BucketName": "one", "LoggingConfiguration": logs}))
    };
    let mixed = assembly(&[passed("a/one"), bucket("a/two", "two", "one")]);
    let before = assembly(&[alone("a/two", "two")]);
    assert!(planned(&before, &mixed).unwrap_err().to_string().contains("`a/two` names `a/one`"));
}

/// A role, and a profile that names one.
fn profile(name: &str, named: serde_json::Value) -> Assembly {
    let mut program = assembly(&[
        ("a/r", "AWS::IAM::Role", json!({"RoleName": name})),
        ("a/x", "AWS::IAM::InstanceProfile", json!({"InstanceProfileName": "web", "Roles": [named]})),
    ]);
    program.resources.get_mut("a/x").unwrap().depends_on.insert("a/r".into());
    program
}

#[test]
fn what_is_deleted_first_is_not_held_by_what_will_name_the_new_one_by_text() {
    let deleted_first = |mut program: Assembly| {
        program.resources.get_mut("a/r").unwrap().lifecycle.delete_before_create = true;
        program
    };
    for before in [json!("n1"), to("a/r", "RoleName")] {
        let before = profile("n1", before);
        for named in [json!("n2"), to("a/r", "RoleName")] {
            let after = deleted_first(profile("n2", named));
            let error = planned(&before, &after).map(|(_, plan)| plan.render()).unwrap_err().to_string();
            for part in ["`a/r` is held by a/x (Roles", "remove `delete_before_create`"] {
                assert!(error.contains(part), "{error}");
            }
        }
        // Where the new one is made first, it is let go of in time.
        planned(&before, &profile("n2", json!("n2"))).unwrap();
    }
    // It lets go of the old one for another one that is there.
    let other = |mut program: Assembly| {
        program.resources.extend(assembly(&[("a/o", "AWS::IAM::Role", json!({"RoleName": "n3"}))]).resources);
        program
    };
    let mut after = other(deleted_first(profile("n2", json!("n3"))));
    let before = other(profile("n1", json!("n1")));
    // But not in time where it is changed after the new one is made.
    assert!(planned(&before, &after).unwrap_err().to_string().contains("`a/r` is held by a/x (Roles"));
    after.resources.get_mut("a/x").unwrap().depends_on.clear();
    planned(&before, &after).unwrap();
}

#[test]
fn what_is_made_anew_or_waits_for_more_than_a_name_cannot_be_named_first() {
    let refused = |state: &State, after: &Assembly| {
        let error = planned_part(after, state, &[]).map(|(_, plan)| plan.render()).unwrap_err();
        assert!(error.to_string().contains("`a/two` names `a/one`"), "{error}");
    };
    let mut state = deployed(&assembly(&[alone("a/two", "two")]));
    // One is to come after the other one, whatever it names.
    let entries = [alone("a/one", "one"), bucket("a/three", "three", "two"), bucket("a/two", "two", "one")];
    refused(&state, &program(&entries, &[("a/one", "a/two"), ("a/three", "a/two")]));
    state.resources.get_mut("a/two").unwrap().status = ResourceStatus::Failed;
    refused(&state, &each_other());
}

#[test]
fn what_takes_outputs_of_what_it_names_waits_for_more_than_a_name() {
    let (_, _, mut one) = bucket("a/one", "one", "two");
    one["Tags"] = json!([{"Key": "other", "Value": to("a/two", "Arn")}]);
    let after = program(&[("a/one", BUCKET, one), bucket("a/two", "two", "one")], &[("a/one", "a/two")]);
    let before = assembly(&[alone("a/two", "two")]);
    let error = planned(&before, &after).map(|(_, plan)| plan.render()).unwrap_err().to_string();
    assert!(error.contains("`a/two` names `a/one`"), "{error}");
}
