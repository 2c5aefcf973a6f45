use groundplan_core::Assembly;
use serde_json::json;

use super::*;
use crate::fake::{Fake, LOG_GROUP, NAT, VPC, assembly, reference, subnet, vpc, with_inputs};
use crate::model::{Orphan, State};
use crate::provider::ErrorClass;
use crate::run::execute::{Cancellation, ExecuteOptions, execute};
use crate::run::planning::{PlanOptions, Planned, deploy};
use crate::run::store::{self, MemoryStore};
use crate::stages::diff::diff;
use crate::stages::diff::tests::deployed;

type Resource = (&'static str, &'static str, serde_json::Value);

fn logs(days: u32) -> Resource {
    ("a/logs", LOG_GROUP, json!({"LogGroupName": "a", "RetentionInDays": days}))
}

async fn plan(assembly: &Assembly, store: &MemoryStore, fake: &Fake, only: &[&str]) -> Result<Planned, Error> {
    let state = store::load(store, "shop").await?.state;
    let only = only.iter().map(|path| Path::from(*path)).collect();
    deploy(assembly, &state, fake, &PlanOptions { only, ..PlanOptions::default() }).await
}

async fn apply(assembly: &Assembly, store: &MemoryStore, fake: &Fake, only: &[&str]) {
    let planned = plan(assembly, store, fake, only).await.unwrap();
    let loaded = store::load(store, "shop").await.unwrap();
    let options = ExecuteOptions::default();
    let outcome = execute(&planned.plan, loaded, fake, store, &options, &(), &Cancellation::new()).await.unwrap();
    assert!(outcome.succeeded(), "{:?}", outcome.failed);
}

#[tokio::test(start_paused = true)]
async fn a_part_is_what_was_named_and_what_that_depends_on() {
    let (fake, store) = (Fake::default(), MemoryStore::new());
    let mut program = assembly(&[logs(7), vpc("10.0.0.0/16"), subnet()]);
    program.outputs =
        [("subnet".to_owned(), reference("a/subnet", "SubnetId")), ("logs".to_owned(), reference("a/logs", "Arn"))]
            .into();
    let planned = plan(&program, &store, &fake, &["a/subnet"]).await.unwrap();
    assert_eq!(planned.changes.changes.keys().map(Path::as_str).collect::<Vec<_>>(), ["a/subnet", "a/vpc"]);
    assert_eq!(planned.left_out, ["a/logs".into()]);
    apply(&program, &store, &fake, &["a/subnet"]).await;
    assert_eq!(fake.paths(), ["a/subnet", "a/vpc"]);
    let state = store::load(&store, "shop").await.unwrap().state;
    assert_eq!(state.outputs.keys().collect::<Vec<_>>(), ["subnet"]);
    apply(&program, &store, &fake, &[]).await;
    assert_eq!(fake.paths(), ["a/logs", "a/subnet", "a/vpc"]);
}

#[tokio::test(start_paused = true)]
async fn what_is_left_out_keeps_what_it_has_published() {
    let (fake, store) = (Fake::default(), MemoryStore::new());
    let mut before = assembly(&[logs(7), vpc("10.0.0.0/16")]);
    before.outputs = [("logs".to_owned(), reference("a/logs", "Arn"))].into();
    apply(&before, &store, &fake, &[]).await;
    let published = store::load(&store, "shop").await.unwrap().state.outputs;
    let mut after = assembly(&[logs(1), ("a/more", LOG_GROUP, json!({"LogGroupName": "b"})), vpc("10.0.0.0/16")]);
    after.outputs = [("arn".to_owned(), reference("a/logs", "Arn"))].into();
    apply(&after, &store, &fake, &["a/more"]).await;
    assert_eq!(store::load(&store, "shop").await.unwrap().state.outputs, published);
}

#[tokio::test(start_paused = true)]
async fn a_scope_is_everything_below_it_and_what_was_removed_there() {
    let (fake, store) = (Fake::default(), MemoryStore::new());
    apply(&assembly(&[logs(7), vpc("10.0.0.0/16"), subnet()]), &store, &fake, &[]).await;
    let planned = plan(&assembly(&[logs(1)]), &store, &fake, &["a/subnet"]).await.unwrap();
    assert_eq!(planned.changes.changes["a/subnet"].action, Action::Delete);
    assert_eq!(planned.left_out, ["a/logs".into(), "a/vpc".into()]);
    let planned = plan(&assembly(&[logs(1)]), &store, &fake, &["a"]).await.unwrap();
    assert_eq!((planned.changes.changes.len(), planned.left_out.len()), (3, 0));
}

#[tokio::test(start_paused = true)]
async fn what_others_still_hold_is_not_replaced_alone() {
    let (fake, store) = (Fake::default(), MemoryStore::new());
    apply(&assembly(&[vpc("10.0.0.0/16"), subnet()]), &store, &fake, &[]).await;
    let error = plan(&assembly(&[vpc("10.1.0.0/16"), subnet()]), &store, &fake, &["a/vpc"]).await.unwrap_err();
    insta::assert_snapshot!(error, @r"
    resources that are left out hold resources that are deleted or replaced:
      - a/subnet holds a/vpc
    ");
    assert_eq!(error.hints(), [Hint::IncludePaths { paths: vec!["a/subnet".into()] }]);
}

/// A gateway, and a log group that has its identifier.
fn gateway(subnet: &str, more: serde_json::Value) -> Assembly {
    let mut logs = json!({"RetentionInDays": {"$ref": "a/nat#NatGatewayId"}});
    logs.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    assembly(&[("a/nat", NAT, json!({"SubnetId": subnet})), ("a/logs", LOG_GROUP, logs)])
}

/// Replaces the gateway in a run in which `call` fails, so that the old one is left.
async fn half_replaced(call: &str) -> (MemoryStore, Fake) {
    let (fake, store) = (Fake::default(), MemoryStore::new());
    apply(&gateway("subnet-1", json!({})), &store, &fake, &[]).await;
    fake.fail(call, ErrorClass::Invalid);
    let planned = plan(&gateway("subnet-2", json!({})), &store, &fake, &[]).await.unwrap();
    let loaded = store::load(&store, "shop").await.unwrap();
    let options = ExecuteOptions::default();
    let outcome = execute(&planned.plan, loaded, &fake, &store, &options, &(), &Cancellation::new()).await.unwrap();
    assert_eq!((outcome.failed.len(), outcome.state.deposed.len()), (1, 1));
    (store, fake)
}

#[tokio::test(start_paused = true)]
async fn what_was_replaced_earlier_is_not_deleted_alone_while_others_still_use_it() {
    let (store, fake) = half_replaced("update a/logs").await;
    let program = gateway("subnet-2", json!({}));
    let error = plan(&program, &store, &fake, &["a/nat"]).await.unwrap_err().to_string();
    assert!(error.contains("a/logs holds a/nat"), "{error}");
    // Nor where the program has it let go of both.
    let without = assembly(&[("a/nat", NAT, json!({"SubnetId": "subnet-2"})), ("a/logs", LOG_GROUP, json!({}))]);
    for program in [without, assembly(&[("a/nat", NAT, json!({"SubnetId": "subnet-2"}))])] {
        let error = plan(&program, &store, &fake, &["a/nat"]).await.unwrap_err().to_string();
        assert!(error.contains("a/logs holds a/nat"), "{error}");
    }
    apply(&program, &store, &fake, &["a/logs"]).await;
    assert_eq!(fake.paths(), ["a/logs", "a/nat"]);
}

#[tokio::test(start_paused = true)]
async fn what_was_replaced_earlier_is_deleted_alone_where_others_use_the_new_one() {
    let (store, fake) = half_replaced("delete a/nat").await;
    let program = gateway("subnet-2", json!({"KmsKeyId": "k"}));
    assert_eq!(plan(&program, &store, &fake, &["a/nat"]).await.unwrap().left_out, ["a/logs".into()]);
    apply(&program, &store, &fake, &["a/nat"]).await;
    assert_eq!(fake.paths(), ["a/logs", "a/nat"]);
}

#[tokio::test]
async fn a_path_that_does_not_exist_is_refused_with_what_was_meant() {
    let program = assembly(&[vpc("10.0.0.0/16"), subnet()]);
    let error = plan(&program, &MemoryStore::new(), &Fake::default(), &["a/vcp", "b/x/y/z"]).await.unwrap_err();
    insta::assert_snapshot!(error, @r"
    there is no `a/vcp` in the program or the state; did you mean `a/vpc`?
    there is no `b/x/y/z` in the program or the state
    ");
}

fn partial(assembly: &Assembly, state: &State, only: &[&str]) -> Result<Part, Error> {
    let only = only.iter().map(|path| Path::from(*path)).collect();
    with_inputs(assembly, state, |inputs| part(inputs, diff(inputs), &only))
}

fn left_over(state: &mut State, path: &str, of: &str) {
    state.deposed.push(Orphan { path: path.into(), resource: state.resources[of].clone() });
}

fn paths<'a>(paths: impl IntoIterator<Item = &'a Path>) -> Vec<&'a str> {
    paths.into_iter().map(Path::as_str).collect()
}

#[test]
fn what_does_not_change_is_not_left_out() {
    let state = deployed(&assembly(&[logs(7), vpc("10.0.0.0/16")]));
    let part = partial(&assembly(&[logs(7), vpc("10.1.0.0/16")]), &state, &["a/vpc"]).unwrap();
    assert_eq!(part.left_out, []);
}

#[test]
fn of_what_was_replaced_earlier_only_that_of_the_part_goes() {
    let program = assembly(&[logs(7), vpc("10.0.0.0/16")]);
    let mut state = deployed(&program);
    for path in ["a/gone/vpc", "a/logs", "a/vpc"] {
        left_over(&mut state, path, "a/vpc");
    }
    for (only, goes, stays) in
        [("a/vpc", ["a/vpc"], ["a/gone/vpc", "a/logs"]), ("a/gone", ["a/gone/vpc"], ["a/logs", "a/vpc"])]
    {
        let part = partial(&program, &state, &[only]).unwrap();
        assert_eq!(paths(part.changes.deposed.iter().map(|old| &old.path)), goes);
        assert_eq!(paths(&part.left_out), stays);
    }
}

#[test]
fn what_moves_is_found_under_its_old_path_too() {
    let named = |path, name: &str| (path, LOG_GROUP, json!({"LogGroupName": name}));
    let state = deployed(&assembly(&[named("a/old", "x"), named("a/older", "y")]));
    let mut program = assembly(&[named("a/new", "x"), named("a/newer", "y")]);
    for (to, from) in [("a/new", "a/old"), ("a/newer", "a/older")] {
        program.resources.get_mut(to).unwrap().moved_from.insert(from.into());
    }
    let part = partial(&program, &state, &["a/old"]).unwrap();
    assert_eq!((paths(part.changes.changes.keys()), paths(&part.left_out)), (vec!["a/new"], vec!["a/newer"]));
}

#[test]
fn only_moves_of_the_part_are_proposed() {
    let state = deployed(&assembly(&[logs(7), ("a/old", VPC, json!({"CidrBlock": "10.0.0.0/16"}))]));
    let program = assembly(&[logs(7), ("a/new", VPC, json!({"CidrBlock": "10.0.0.0/16"}))]);
    let proposed = |only| partial(&program, &state, &[only]).unwrap().changes.proposed_moves.len();
    assert_eq!((proposed("a/old"), proposed("a/new"), proposed("a/logs")), (1, 1, 0));
}

#[test]
fn what_a_part_takes_and_publishes_is_its_own() {
    let policy = |path, name: &str| (path, "AWS::IAM::RolePolicy", json!({"RoleName": "worker", "PolicyName": name}));
    let mut program = assembly(&[policy("a/one", "x"), policy("a/two", "y")]);
    let reference =
        |text: &str| Value::from(text.split_once('#').map(|(path, name)| Reference::new(path, name)).unwrap());
    for (name, of) in [("account", "a#AccountId"), ("one", "a/one#Arn"), ("two", "a/two#Arn")] {
        program.outputs.insert(name.into(), reference(of));
    }
    let part = partial(&program, &crate::fake::state(), &["a/one"]).unwrap();
    assert_eq!(paths(part.changes.claims.keys()), ["a/one"]);
    assert_eq!(part.changes.outputs.keys().collect::<Vec<_>>(), ["account", "one"]);
    assert_eq!(part.outputs.keys().collect::<Vec<_>>(), ["account", "one"]);
}

#[test]
fn only_what_the_part_deletes_has_to_be_let_go_of() {
    let network = || [logs(7), vpc("10.0.0.0/16"), subnet()];
    let all = deployed(&assembly(&network()));
    let refused = |program: &[Resource], state: &State, only| partial(&assembly(program), state, &[only]).is_err();
    let removed = [logs(1)];
    assert!(!refused(&removed, &all, "a/logs"), "both stay as they are");
    assert!(refused(&removed, &all, "a/vpc"), "the subnet is in it");
    // A subnet that is removed holds a network that stays, and one that an earlier run has replaced.
    let kept = [logs(1), vpc("10.0.0.0/16")];
    assert!(!refused(&kept, &all, "a/vpc"));
    let mut replaced = all.clone();
    left_over(&mut replaced, "a/vpc", "a/vpc");
    assert!(!refused(&kept, &replaced, "a/logs"));
    assert!(refused(&kept, &replaced, "a/vpc"));
    let dependent = [logs(1), vpc("10.0.0.0/16"), ("a/nat", NAT, json!({"SubnetId": {"$ref": "a/vpc#VpcId"}}))];
    assert!(refused(&dependent, &replaced, "a/nat"), "the network is a dependency of the part");
    let mut gone = all;
    left_over(&mut gone, "a/gone/vpc", "a/vpc");
    gone.resources.get_mut("a/subnet").unwrap().dependencies = ["a/gone/vpc".into()].into();
    assert!(refused(&kept, &gone, "a/gone"));
}

#[test]
fn what_was_retained_is_not_deleted_with_a_part() {
    let mut state = deployed(&assembly(&[vpc("10.0.0.0/16"), subnet()]));
    let mut resource = state.resources["a/vpc"].clone();
    (resource.id, resource.generation) = ("vpc-old".into(), 0);
    state.retained.push(Orphan { path: "a/vpc".into(), resource });
    assert!(partial(&assembly(&[vpc("10.0.0.0/16")]), &state, &["a/vpc"]).is_ok());
}

#[test]
fn what_is_left_out_and_lets_go_of_a_name_is_left_to_the_plan() {
    let role = ("a/role", "AWS::IAM::Role", json!({"RoleName": "r"}));
    let profile = |role: &str| ("a/x", "AWS::IAM::InstanceProfile", json!({"Roles": [role]}));
    let state = deployed(&assembly(&[role, profile("r")]));
    assert!(partial(&assembly(&[profile("other")]), &state, &["a/role"]).is_ok());
}

#[test]
fn what_takes_something_else_anew_has_the_new_one() {
    let program = |key: serde_json::Value| {
        let logs = json!({"RetentionInDays": {"$ref": "a/nat#NatGatewayId"}, "KmsKeyId": key});
        assembly(&[("a/logs", LOG_GROUP, logs), ("a/nat", NAT, json!({"SubnetId": "subnet-1"})), vpc("10.0.0.0/16")])
    };
    let mut state = deployed(&program(json!("key")));
    let resource = crate::model::ResourceState { id: "nat-old".into(), ..state.resources["a/nat"].clone() };
    state.deposed.push(Orphan { path: "a/nat".into(), resource });
    state.resources.get_mut("a/logs").unwrap().dependencies = ["a/nat".into(), "a/vpc".into()].into();
    let part = partial(&program(json!({"$ref": "a/vpc#VpcId"})), &state, &["a/nat"]).unwrap();
    assert_eq!(paths(&part.left_out), ["a/logs"]);
}

#[test]
fn what_a_part_deletes_is_published_no_more_unless_it_publishes_another_one() {
    let network = |path| (path, VPC, json!({"CidrBlock": "10.0.0.0/16"}));
    let mut state = deployed(&assembly(&[network("a/gone"), network("a/left")]));
    for (name, path) in [("gone", "a/gone"), ("left", "a/left")] {
        state.outputs.insert(name.into(), json!(state.resources[path].id));
    }
    let mut program = assembly(&[network("a/left"), network("a/new")]);
    program.outputs = [("gone".to_owned(), reference("a/new", "VpcId"))].into();
    let part = partial(&program, &state, &["a/gone"]).unwrap();
    assert_eq!(part.outputs.keys().collect::<Vec<_>>(), ["left"]);
    assert_eq!(part.changes.outputs, [("gone".to_owned(), OutputChange::Removed)].into());
    let part = partial(&program, &state, &["a/gone", "a/new"]).unwrap();
    assert_eq!(part.outputs.keys().collect::<Vec<_>>(), ["gone", "left"]);
    assert!(matches!(part.changes.outputs["gone"], OutputChange::Set { .. }));
}
