use groundplan_core::Assembly;
use groundplan_core::assembly::Lifecycle;
use serde_json::json;

use super::*;
use crate::fake::{DATABASE, assembly, behavior, identity};
use crate::model::Orphan;
use crate::stages::diff::tests::{changes, deployed, destroyed, told};

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
fn what_is_retained_is_not_kept_for_its_data_and_keeps_what_it_needs() {
    let state = with(|state| resource(state, "a/db").lifecycle.retain = true);
    assert_eq!(
        told(&destroyed(&state, false)),
        [
            "keep a/bucket: it is stateful",
            "retain a/db: everything is destroyed; it is declared with `retain`",
            "keep a/policy: it is a part of a/bucket, which stays",
            "retain a/subnets: a/db stays and depends on it",
        ]
    );
    let state = with(|state| resource(state, "a/policy").lifecycle.retain = true);
    for (delete_data, bucket) in [(false, Action::Keep), (true, Action::Retain)] {
        let changes = destroyed(&state, delete_data).changes;
        assert_eq!((changes["a/policy"].action, changes["a/bucket"].action), (Action::Retain, bucket));
    }
}

#[test]
fn what_is_protected_and_holds_data_is_still_refused() {
    let state = with(|state| resource(state, "a/db").lifecycle.protect = true);
    let change = &destroyed(&state, false).changes["a/db"];
    assert_eq!((change.action, change.protected, change.data_loss), (Action::Delete, true, true));
}

#[test]
fn what_is_kept_for_another_one_is_neither_lost_nor_refused() {
    let state = with(|state| {
        resource(state, "a/bucket").dependencies.insert("a/db".into());
        resource(state, "a/db").lifecycle.protect = true;
        resource(state, "a/policy").lifecycle.protect = true;
    });
    let changes = destroyed(&state, false).changes;
    for path in ["a/db", "a/policy"] {
        let change = &changes[path];
        assert_eq!((change.action, change.protected, change.data_loss), (Action::Keep, false, false), "{path}");
    }
    // What stays for a reason of its own is not said to stay for another one.
    let state = with(|state| {
        resource(state, "a/bucket").dependencies.insert("a/db".into());
    });
    assert_eq!(destroyed(&state, false).changes["a/db"].reasons, [Reason::Stateful]);
}

#[test]
fn of_what_earlier_runs_left_over_what_holds_data_goes_only_where_that_was_said() {
    let state = with(|state| {
        for path in ["a/db", "a/subnets"] {
            let mut resource = state.resources[path].clone();
            resource.id.push_str("-old");
            resource.outputs.clear();
            state.deposed.push(Orphan { path: path.into(), resource });
        }
    });
    let goes =
        |delete_data| -> Vec<Path> { destroyed(&state, delete_data).deposed.into_iter().map(|old| old.path).collect() };
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
    assert_eq!(of("a/db"), (Action::Retain, false, false));
    assert_eq!(of("a/bucket"), (Action::Delete, false, false));
}

#[test]
fn a_destroy_publishes_nothing_any_more() {
    let state = with(|state| drop(state.outputs.insert("url".into(), "https://example.com".into())));
    assert_eq!(destroyed(&state, false).outputs["url"], OutputChange::Removed);
}

const ROLE: &str = "AWS::IAM::Role";
const INLINE: &str = "AWS::IAM::RolePolicy";

/// A function with its role, the policy of that, and a queue that nothing needs.
fn function() -> Assembly {
    let mut program = assembly(&[
        ("a/fn", "AWS::Lambda::Function", json!({"Role": {"$ref": "a/role#Arn"}})),
        ("a/policy", INLINE, json!({"RoleName": {"$ref": "a/role#RoleName"}, "PolicyName": "read"})),
        ("a/queue", "AWS::SNS::Topic", json!({})),
        ("a/role", ROLE, json!({})),
    ]);
    program.resources.get_mut("a/fn").unwrap().lifecycle.retain = true;
    program
}

#[test]
fn what_a_retained_resource_needs_stays_in_the_account_with_it() {
    let stay = ["retain a/policy: it is a part of a/role, which stays", "retain a/role: a/fn stays and depends on it"];
    let state = deployed(&function());
    let retained = |why: &str| format!("retain a/fn: {why}; it is declared with `retain`");
    let deleted = |why: &str| format!("delete a/queue: {why}");
    let deploy = told(&changes(&assembly(&[]), &state));
    let why = "no longer in the program";
    assert_eq!(deploy, [&retained(why), stay[0], &deleted(why), stay[1]]);
    let why = "everything is destroyed";
    assert_eq!(told(&destroyed(&state, true)), [&retained(why), stay[0], &deleted(why), stay[1]]);

    // What the program goes on to have stays in the state.
    let mut kept = function();
    kept.resources.remove("a/fn");
    kept.resources.remove("a/queue");
    let why = "no longer in the program";
    assert_eq!(told(&changes(&kept, &state)), [retained(why), deleted(why)]);
}

#[test]
fn a_second_path_that_is_forgotten_keeps_nothing() {
    let topic = |path| (path, "AWS::SNS::Topic", json!({"TopicName": "news"}));
    let other = ("a/other", "AWS::SQS::Queue", json!({}));
    let kept = assembly(&[topic("a/new")]);
    let mut state = deployed(&assembly(&[topic("a/new"), topic("a/old"), other]));
    resource(&mut state, "a/old").dependencies.insert("a/other".into());
    let changes = changes(&kept, &state).changes;
    assert_eq!(changes["a/old"].action, Action::Forget);
    assert_eq!(changes["a/other"].action, Action::Delete);
}

#[test]
fn what_a_retained_resource_needs_stays_in_the_state_as_long_as_data_there_needs_it_too() {
    let mut program = function();
    program.resources.insert("a/db".into(), program.resources["a/role"].clone());
    let mut state = deployed(&program);
    resource(&mut state, "a/db").type_name = DATABASE.into();
    resource(&mut state, "a/db").dependencies.insert("a/role".into());
    assert_eq!(
        told(&destroyed(&state, false)),
        [
            "keep a/db: it is stateful",
            "retain a/fn: everything is destroyed; it is declared with `retain`",
            "keep a/policy: it is a part of a/role, which stays",
            "delete a/queue: everything is destroyed",
            "keep a/role: a/db stays and depends on it",
        ]
    );
    let last = destroyed(&retained(state, &["a/fn"]), true).changes;
    let of = |path: &str| last[path].action;
    assert_eq!((of("a/db"), of("a/policy"), of("a/role")), (Action::Delete, Action::Retain, Action::Retain));
}

#[test]
fn data_that_a_retained_resource_needs_is_never_deleted() {
    let mut state = deployed(&function());
    resource(&mut state, "a/role").type_name = DATABASE.into();
    for (delete_data, action) in [(false, Action::Keep), (true, Action::Retain)] {
        let change = &destroyed(&state, delete_data).changes["a/role"];
        assert_eq!((change.action, change.data_loss), (action, false));
    }
}

const GROUP: &str = "AWS::EC2::SecurityGroup";
const INGRESS: &str = "AWS::EC2::SecurityGroupIngress";

#[test]
fn a_part_belongs_to_its_owner_and_not_to_what_it_admits() {
    let peers = || {
        let rule = json!({"GroupId": {"$ref": "a/db#GroupId"}, "SourceSecurityGroupId": {"$ref": "a/web#GroupId"}});
        let mut program =
            assembly(&[("a/db", GROUP, json!({})), ("a/rule", INGRESS, rule), ("a/web", GROUP, json!({}))]);
        program.resources.get_mut("a/web").unwrap().lifecycle.retain = true;
        program
    };
    let behavior_of = |type_name: &str| behavior(if type_name == INGRESS { INLINE } else { type_name });
    let of = |state: &State| {
        let mut changes = changes(&assembly(&[("a/db", GROUP, json!({}))]), state).changes;
        retain_needed(state, &identity(), &mut changes, &behavior_of);
        (changes["a/rule"].action, changes["a/web"].action)
    };
    let mut state = deployed(&peers());
    assert_eq!(of(&state), (Action::Delete, Action::Retain), "the group that it is in stays in the program");
    // A second policy of the group that is left, of which the other peer stays.
    resource(&mut state, "a/rule").properties.insert("GroupId".into(), "a/web-id".into());
    resource(&mut state, "a/rule").properties.insert("SourceSecurityGroupId".into(), "a/db-id".into());
    assert_eq!(of(&state), (Action::Retain, Action::Retain));
}

#[test]
fn what_a_kept_left_over_needs_is_kept_with_it() {
    let state = with(|state| {
        let mut old = state.resources["a/db"].clone();
        old.id.push_str("-old");
        state.deposed.push(Orphan { path: "a/db".into(), resource: old });
        state.resources.remove("a/db");
    });
    let kept = destroyed(&state, false);
    assert_eq!((kept.changes["a/subnets"].action, kept.deposed.len()), (Action::Keep, 0));
    let gone = destroyed(&state, true);
    assert_eq!((gone.changes["a/subnets"].action, gone.deposed.len()), (Action::Delete, 1));
}

const KEY: &str = "AWS::KMS::Key";

/// The state after a run that has retained these.
fn retained(mut state: State, paths: &[&str]) -> State {
    for path in paths {
        state.apply(crate::model::Event::Retained { path: (*path).into() }).unwrap();
    }
    state
}

#[test]
fn what_a_retained_resource_needs_stays_in_a_later_run_too() {
    let state = retained(deployed(&function()), &["a/fn"]);
    let wanted = |why: &str| {
        let stay =
            ["retain a/policy: it is a part of a/role, which stays", "retain a/role: a/fn stays and depends on it"];
        [stay[0].to_owned(), format!("delete a/queue: {why}"), stay[1].to_owned()]
    };
    assert_eq!(told(&changes(&assembly(&[]), &state)), wanted("no longer in the program"));
    assert_eq!(told(&destroyed(&state, true)), wanted("everything is destroyed"));
    // What that needs is retained in turn.
    let program = assembly(&[
        ("a/db", DATABASE, json!({"DBSubnetGroupName": {"$ref": "a/subnets#DBSubnetGroupName"}})),
        ("a/key", KEY, json!({})),
        ("a/subnets", SUBNETS, json!({"SubnetIds": [{"$ref": "a/key#Arn"}]})),
    ]);
    let state = retained(deployed(&program), &["a/db", "a/subnets"]);
    let change = &changes(&assembly(&[]), &state).changes["a/key"];
    assert_eq!(change.action, Action::Retain);
    assert_eq!(change.reasons, [Reason::NeededBy("a/subnets".into())]);
}

#[test]
fn a_record_of_what_was_retained_keeps_nothing_once_it_is_dropped() {
    let mut state = retained(deployed(&function()), &["a/fn"]);
    state.apply(crate::model::Event::Forgotten { path: "a/fn".into() }).unwrap();
    assert_eq!(state.retained, []);
    assert_eq!(changes(&assembly(&[]), &state).changes["a/role"].action, Action::Delete);
}

#[test]
fn what_is_retained_needs_what_it_names_and_not_what_stands_there_since() {
    let bucket = |key: &str| ("a/bucket", BUCKET, json!({"KmsKeyId": {"$ref": format!("{key}#Arn")}}));
    let program = assembly(&[bucket("a/key"), ("a/key", KEY, json!({}))]);
    let mut state = retained(deployed(&program), &["a/bucket", "a/key"]);
    let mut new = state.retained[1].resource.clone();
    (new.id, new.generation) = ("new".into(), 2);
    new.outputs.insert("Arn".into(), "new".into());
    state.resources.insert("a/key".into(), new);
    assert_eq!(changes(&assembly(&[]), &state).changes["a/key"].action, Action::Delete);
}

#[test]
fn what_was_replaced_is_kept_with_what_was_replaced_and_needs_it() {
    let state = with(|state| {
        for path in ["a/db", "a/subnets"] {
            let mut resource = state.resources.remove(path).unwrap();
            resource.generation = 2;
            state.deposed.push(Orphan { path: path.into(), resource });
        }
    });
    let goes = |delete_data| destroyed(&state, delete_data).deposed.len();
    assert_eq!((goes(false), goes(true)), (0, 2));
}

#[test]
fn a_part_of_what_was_retained_stays_in_a_later_run_too() {
    let state = retained(deployed(&program()), &["a/bucket"]);
    let of = |changes: ChangeSet| {
        let change = &changes.changes["a/policy"];
        (change.action, change.reasons.clone())
    };
    let left = (Action::Retain, vec![Reason::PartOf("a/bucket".into())]);
    for left_by in [changes(&assembly(&[]), &state), destroyed(&state, false), destroyed(&state, true)] {
        assert_eq!(of(left_by), left);
    }
    // Another bucket that stands there goes, with the policy that it has.
    let mut both = state.clone();
    let mut new = state.retained[0].resource.clone();
    (new.id, new.generation, new.outputs) = ("new".into(), 2, crate::provider::Outputs::new());
    both.resources.insert("a/bucket".into(), new);
    assert_eq!(of(changes(&assembly(&[]), &both)), left);
    resource(&mut both, "a/policy").properties.insert("Bucket".into(), "new".into());
    assert_eq!(of(changes(&assembly(&[]), &both)).0, Action::Delete);
}

#[test]
fn a_part_of_what_was_replaced_and_is_kept_is_kept() {
    let state = with(|state| {
        let resource = state.resources.remove("a/bucket").unwrap();
        state.deposed.push(Orphan { path: "a/bucket".into(), resource });
    });
    let of = |delete_data| destroyed(&state, delete_data).changes["a/policy"].action;
    assert_eq!((of(false), of(true)), (Action::Keep, Action::Delete));
}

#[test]
fn what_was_replaced_is_not_destroyed_while_what_is_retained_needs_it() {
    let bucket = ("a/bucket", BUCKET, json!({"KmsKeyId": {"$ref": "a/key#Arn"}}));
    let mut state = deployed(&assembly(&[bucket, ("a/key", KEY, json!({}))]));
    resource(&mut state, "a/bucket").lifecycle.retain = true;
    let old = state.resources.remove("a/key").unwrap();
    state.deposed.push(Orphan { path: "a/key".into(), resource: old });
    let goes = |state: &State| destroyed(state, true).deposed.len();
    assert_eq!(goes(&state), 0, "it is retained now");
    let mut state = retained(state, &["a/bucket"]);
    assert_eq!(goes(&state), 0, "it was retained");
    state.retained.clear();
    assert_eq!(goes(&state), 1);
}

#[test]
fn what_something_kept_needs_is_retained_where_they_share_nothing_else() {
    let state = with(|state| {
        resource(state, "a/bucket").dependencies.insert("a/subnets".into());
        resource(state, "a/subnets").lifecycle.retain = true;
        resource(state, "a/db").status = ResourceStatus::Tainted;
    });
    assert_eq!(destroyed(&state, false).changes["a/subnets"].action, Action::Retain);
}

#[test]
fn what_belongs_to_a_retained_function_stays_with_it() {
    let function = ("a/fn", "AWS::Lambda::Function", json!({}));
    let permission = ("a/permission", "AWS::Lambda::Permission", json!({"FunctionName": {"$ref": "a/fn#Arn"}}));
    let mut program = assembly(&[function, permission]);
    program.resources.get_mut("a/fn").unwrap().lifecycle.retain = true;
    let mut state = deployed(&program);
    let of = |state: &State| changes(&assembly(&[]), state).changes["a/permission"].action;
    assert_eq!(of(&state), Action::Retain);
    // Not what needs something that is not there.
    resource(&mut state, "a/permission").dependencies.insert("a/gone".into());
    assert_eq!(of(&state), Action::Delete);
}

#[test]
fn what_belongs_to_a_second_path_goes() {
    let function = |path| (path, "AWS::Lambda::Function", json!({"FunctionName": "f"}));
    let permission = ("a/permission", "AWS::Lambda::Permission", json!({"FunctionName": {"$ref": "a/old#Arn"}}));
    let state = deployed(&assembly(&[function("a/new"), function("a/old"), permission]));
    let changes = changes(&assembly(&[function("a/new")]), &state).changes;
    assert_eq!((changes["a/old"].action, changes["a/permission"].action), (Action::Forget, Action::Delete));
}

#[test]
fn what_belongs_to_a_retained_topic_stays_with_it_whatever_its_identifier() {
    let subscription = json!({"TopicArn": {"$ref": "a/topic#TopicArn"}, "Protocol": "email"});
    let mut program =
        assembly(&[("a/topic", "AWS::SNS::Topic", json!({})), ("a/mail", "AWS::SNS::Subscription", subscription)]);
    program.resources.get_mut("a/topic").unwrap().lifecycle.retain = true;
    let change = &changes(&assembly(&[]), &deployed(&program)).changes["a/mail"];
    assert_eq!((change.action, &change.reasons[..]), (Action::Retain, &[Reason::PartOf("a/topic".into())][..]));
}
