//! The events that a step records, and its progress messages.

use super::*;
use crate::fake::{Answer, PARAMETERS};
use crate::model::{Orphan, ResourceState, ResourceStatus};
use crate::stages::diff::tests::pending_create;

type Entry = (&'static str, &'static str, serde_json::Value);

fn group(path: &'static str, connections: &str, tag: &str) -> Entry {
    let parameters = json!({"max_connections": connections});
    (path, PARAMETERS, json!({"Description": "d", "Family": "postgres16", "Parameters": parameters, "Tag": tag}))
}

/// A database that takes the parameters of a group.
fn database(path: &'static str, group: &str, at_once: bool, user: &str) -> Entry {
    let name = json!({"$ref": format!("{group}#DBParameterGroupName")});
    (path, DATABASE, json!({"MasterUsername": user, "DBParameterGroupName": name, "ApplyImmediately": at_once}))
}

#[tokio::test(start_paused = true)]
async fn only_what_a_changed_group_reboots_is_said_to_lack_something() {
    let program = |connections: &str, tag: &str| {
        assembly(&[
            group("a/pg", connections, tag),
            group("a/other-pg", "100", "old"),
            database("a/db", "a/pg", true, "x"),
            database("a/failed", "a/pg", true, "x"),
            database("a/manual", "a/pg", false, "x"),
            database("a/open", "a/pg", true, "x"),
            database("a/other", "a/other-pg", true, "x"),
        ])
    };
    let lacking = async |connections: &str, tag: &str| {
        let (fake, store) = (Fake::default(), MemoryStore::new());
        assert!(deploy(&program("100", "old"), &store, &fake).await.succeeded());
        let mut loaded = store::load(&store, "shop").await.unwrap();
        let part = PlanOptions { only: ["a/pg".into()].into(), ..PlanOptions::default() };
        let changed = program(connections, tag);
        let plan = planning::deploy(&changed, &loaded.state, &fake, &part).await.unwrap().plan;
        loaded.state.resources.get_mut("a/failed").unwrap().status = ResourceStatus::Tainted;
        pending_create(&mut loaded.state, "a/open", DATABASE);
        let options = ExecuteOptions::default();
        let outcome = execute(&plan, loaded, &fake, &store, &options, &(), &Cancellation::new()).await.unwrap();
        assert!(outcome.succeeded(), "{:?}", outcome.failed);
        let lacking = outcome.state.resources.into_iter().filter(|(_, it)| it.incomplete);
        lacking.map(|(path, _)| path.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(lacking("200", "old").await, ["a/db"]);
    assert_eq!(lacking("100", "new").await, [""; 0], "no instance is rebooted for a tag");
}

#[tokio::test(start_paused = true)]
async fn what_is_deleted_or_made_anew_lacks_nothing() {
    let program = |connections: &str, user: &str, more: &[Entry]| {
        assembly(&[&[group("a/pg", connections, "t"), database("a/anew", "a/pg", true, user)], more].concat())
    };
    let (fake, store) = (Fake::default(), MemoryStore::new());
    let gone = database("a/gone", "a/pg", true, "x");
    assert!(deploy(&program("100", "x", &[gone]), &store, &fake).await.succeeded());
    fake.fail("create a/anew", ErrorClass::Denied);
    fake.fail("delete a/gone", ErrorClass::Denied);
    let state = deploy(&program("200", "y", &[]), &store, &fake).await.state;
    assert_eq!(state.resources.len(), 3);
    assert!(state.resources.values().all(|it| !it.incomplete), "{:?}", state.resources);
}

fn logs(properties: serde_json::Value) -> Assembly {
    assembly(&[("a/logs", LOG_GROUP, properties)])
}

#[tokio::test(start_paused = true)]
async fn an_update_and_a_deletion_in_doubt_stay_open_whatever_the_cloud_says_next() {
    let (fake, store) = (Fake::default(), MemoryStore::new());
    assert!(deploy(&logs(json!({"RetentionInDays": 1})), &store, &fake).await.succeeded());
    for call in ["update a/logs", "delete a/logs"] {
        fake.lose(call);
        fake.fail(call, ErrorClass::Denied);
    }
    let state = deploy(&logs(json!({"RetentionInDays": 3})), &store, &fake).await.state;
    assert!(state.pending.contains_key("a/logs"));
    let outcome = deploy(&assembly(&[]), &store, &fake).await;
    assert_eq!(outcome.failed.len(), 1);
    assert_eq!(outcome.state.resources["a/logs"].status, ResourceStatus::Deleting);
}

#[tokio::test(start_paused = true)]
async fn a_refused_deletion_is_written_down() {
    let (fake, store) = (Fake::default(), MemoryStore::new());
    assert!(deploy(&logs(json!({})), &store, &fake).await.succeeded());
    fake.fail("delete a/logs", ErrorClass::Denied);
    let outcome = deploy(&assembly(&[]), &store, &fake).await;
    assert_eq!(outcome.state.resources["a/logs"].status, ResourceStatus::Ready);
}

#[tokio::test(start_paused = true)]
async fn a_secret_that_a_refused_update_may_have_set_is_set_again() {
    let password = json!({"$secret": {"secrets_manager": {"secret": "db"}}});
    let program = assembly(&[("a/db", DATABASE, json!({"Engine": "x", "MasterUserPassword": password}))]);
    let (fake, store) = (Fake::default(), MemoryStore::new());
    let deployed = async |password: &str| {
        fake.cloud().secrets.insert("db".into(), password.into());
        (deploy(&program, &store, &fake).await.succeeded(), fake.calls())
    };
    assert_eq!(deployed("old").await, (true, vec!["create a/db".to_owned()]));
    fake.fail("update a/db", ErrorClass::Denied);
    assert!(!deployed("new").await.0);
    assert_eq!(deployed("old").await, (true, vec!["update a/db".to_owned()]));
}

#[tokio::test(start_paused = true)]
async fn a_run_compares_nothing_that_it_has_made_or_that_was_seen_ready() {
    let nat = |path: &'static str, subnet: &str, tag: &str| {
        assembly(&[(path, NAT, json!({"SubnetId": subnet, "Tag": tag, "More": "more"}))])
    };
    let moved = || {
        let mut program = nat("a/gateway", "subnet-1", "new");
        program.resources.get_mut("a/gateway").unwrap().moved_from = ["a/nat".into()].into();
        program
    };
    // Somebody changes it while the run waits for it.
    let changed = async |program: &Assembly, subnet: &str, store: &MemoryStore, fake: &Fake| {
        let progress = |event: &ProgressEvent| {
            if matches!(event, ProgressEvent::StepDone { verb: "create" | "update", .. }) {
                let mut cloud = fake.cloud();
                let mut made = cloud.resources.values_mut().filter(|made| made.properties["SubnetId"] == subnet);
                made.next().unwrap().properties.remove("More");
            }
        };
        let (plan, loaded) = plan(program, store, fake).await;
        let options = ExecuteOptions { delete_data: true, ..ExecuteOptions::default() };
        execute(&plan, loaded, fake, store, &options, &progress, &Cancellation::new()).await.unwrap()
    };
    for program in [nat("a/nat", "subnet-1", "new"), nat("a/nat", "subnet-2", "old"), moved()] {
        let (fake, store) = (Fake::default(), MemoryStore::new());
        assert!(changed(&nat("a/nat", "subnet-1", "old"), "subnet-1", &store, &fake).await.succeeded());
        let id = fake.id("a/nat");
        fake.cloud().resources.get_mut(&id).unwrap().properties.insert("More".into(), json!("more"));
        let subnet = program.resources.values().next().unwrap().properties["SubnetId"].as_str().unwrap().to_owned();
        let outcome = changed(&program, &subnet, &store, &fake).await;
        assert!(outcome.succeeded(), "{:?}", outcome.failed);
    }
    // What was not seen ready and is made anew is not compared with what was to be.
    let (fake, store) = (Fake::default(), MemoryStore::new());
    assert!(deploy(&nat("a/nat", "subnet-1", "old"), &store, &fake).await.succeeded());
    let no_wait = ExecuteOptions { no_wait: true, ..ExecuteOptions::default() };
    assert!(deploy_with(&nat("a/nat", "subnet-1", "new"), &store, &fake, no_wait).await.succeeded());
    let outcome = changed(&nat("a/nat", "subnet-2", "new"), "subnet-2", &store, &fake).await;
    assert!(outcome.succeeded(), "{:?}", outcome.failed);
}

#[tokio::test(start_paused = true)]
async fn what_a_refused_deletion_has_taken_from_what_was_replaced_is_not_missing_from_the_new_one() {
    // What was replaced may have the identifier of the new one, or its generation.
    let others: [fn(&mut ResourceState, &ResourceState); 2] =
        [|old, new| old.generation = new.generation, |old, new| old.id.clone_from(&new.id)];
    for other in others {
        let (fake, store) = (Fake::default(), MemoryStore::new());
        let program = logs(json!({"RetentionInDays": 1, "Tag": "kept"}));
        let mut state = deploy(&program, &store, &fake).await.state;
        let now = &state.resources["a/logs"];
        let mut resource = ResourceState { id: "loggroup-98".into(), generation: 98, ..now.clone() };
        other(&mut resource, now);
        let mut made = fake.cloud().resources[&fake_id(&state)].clone();
        made.properties.remove("Tag");
        fake.cloud().resources.insert(resource.id.clone(), made);
        state.deposed.push(Orphan { path: "a/logs".into(), resource });
        fake.fail("delete a/logs", ErrorClass::Denied);
        let outcome = deploy(&program, &MemoryStore::with(state, Vec::new()), &fake).await;
        assert_eq!(outcome.failed.len(), 1);
        assert_eq!(outcome.state.resources["a/logs"].properties["Tag"], Value::from("kept"));
    }
}

fn fake_id(state: &State) -> String {
    state.resources["a/logs"].id.clone()
}

#[tokio::test(start_paused = true)]
async fn a_change_that_is_under_way_is_not_compared_after_a_refused_deletion() {
    let program = |tag: &str| assembly(&[("a/nat", NAT, json!({"SubnetId": "subnet-1", "Tag": tag}))]);
    let (fake, store) = (Fake::default(), MemoryStore::new());
    assert!(deploy(&program("old"), &store, &fake).await.succeeded());
    let no_wait = ExecuteOptions { no_wait: true, ..ExecuteOptions::default() };
    assert!(deploy_with(&program("new"), &store, &fake, no_wait).await.succeeded());
    let id = fake.id("a/nat");
    fake.cloud().resources.get_mut(&id).unwrap().properties.insert("Tag".into(), "old".into());
    fake.fail("delete a/nat", ErrorClass::Denied);
    let nat = deploy(&assembly(&[]), &store, &fake).await.state.resources.remove("a/nat").unwrap();
    assert_eq!((nat.status, &nat.properties["Tag"]), (ResourceStatus::Updating, &Value::from("new")));
}

#[tokio::test(start_paused = true)]
async fn what_is_gone_after_a_refused_deletion_may_lack_the_snapshot_that_the_plan_names() {
    for skip_final_snapshot in [false, true] {
        let (fake, store) = (Fake::default(), MemoryStore::new());
        assert!(deploy(&assembly(&[("a/db", DATABASE, json!({"Engine": "x"}))]), &store, &fake).await.succeeded());
        fake.cloud().errors.insert("delete a/db".into(), vec![Answer::Denies(ErrorClass::Denied)]);
        let loaded = store::load(&store, "shop").await.unwrap();
        let options = PlanOptions { delete_data: true, skip_final_snapshot, ..PlanOptions::default() };
        let plan = planning::destroy(&loaded.state, &fake, &options).await.unwrap().plan;
        let options = ExecuteOptions { delete_data: true, ..ExecuteOptions::default() };
        let outcome = execute(&plan, loaded, &fake, &store, &options, &(), &Cancellation::new()).await.unwrap();
        assert_eq!(outcome.succeeded(), skip_final_snapshot);
        assert!(outcome.state.resources.is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn a_lookup_that_is_refused_is_told_of_as_that() {
    let (fake, store) = (Fake::default(), MemoryStore::new());
    fake.lose("create a/logs");
    fake.cloud().denied.insert("a/logs".into());
    let outcome = deploy(&logs(json!({})), &store, &fake).await;
    assert!(outcome.failed[0].error.to_string().contains("you may not look"), "{:?}", outcome.failed);
}

#[tokio::test(start_paused = true)]
async fn an_update_takes_away_what_the_program_has_no_more_and_nothing_that_means_the_same() {
    let (fake, store) = (Fake::default(), MemoryStore::new());
    assert!(deploy(&logs(json!({"RetentionInDays": 1, "Tag": "old", "Tags": []})), &store, &fake).await.succeeded());
    assert!(deploy(&logs(json!({"RetentionInDays": 3})), &store, &fake).await.succeeded());
    let id = fake.id("a/logs");
    let properties = serde_json::Value::Object(fake.cloud().resources[&id].properties.clone());
    assert_eq!(properties, json!({"RetentionInDays": 3, "Tags": []}));
}

#[tokio::test(start_paused = true)]
async fn what_the_run_has_made_and_cannot_see_yet_was_not_deleted_by_somebody_else() {
    let (fake, store) = (Fake::default(), MemoryStore::new());
    fake.fail("create a/subnet", ErrorClass::Propagating);
    fake.cloud().blind = 50;
    let outcome = deploy(&assembly(&[vpc("10.0.0.0/16"), subnet()]), &store, &fake).await;
    assert!(outcome.succeeded(), "{:?}", outcome.failed);
}

#[tokio::test(start_paused = true)]
async fn what_an_update_needs_and_somebody_else_has_deleted_is_named_at_once() {
    let (fake, store) = (Fake::default(), MemoryStore::new());
    let program = |days: u32| {
        assembly(&[
            vpc("10.0.0.0/16"),
            ("a/logs", LOG_GROUP, json!({"RetentionInDays": days, "Vpc": {"$ref": "a/vpc#VpcId"}})),
        ])
    };
    assert!(deploy(&program(1), &store, &fake).await.succeeded());
    let network = fake.id("a/vpc");
    fake.cloud().resources.remove(&network);
    fake.fail("update a/logs", ErrorClass::Invalid);
    let outcome = deploy(&program(3), &store, &fake).await;
    assert_eq!(outcome.failed[0].error.to_string(), "`a/vpc` was deleted outside of Groundplan");
}

#[tokio::test(start_paused = true)]
async fn what_turns_out_to_be_no_change_has_its_new_dependencies() {
    let program = |arn: serde_json::Value| {
        let mut program = logs(json!({"LogGroupName": "shop"}));
        program.resources.extend(assembly(&[("a/nat", NAT, json!({"SubnetId": "subnet-1", "Logs": arn}))]).resources);
        program
    };
    let (fake, store) = (Fake::default(), MemoryStore::new());
    assert!(deploy(&program(json!("arn:shop")), &store, &fake).await.succeeded());
    let logs = fake.id("a/logs");
    fake.cloud().resources.remove(&logs);
    fake.calls();
    let program = program(json!({"$ref": "a/logs#Arn"}));
    let loaded = store::load(&store, "shop").await.unwrap();
    let refresh = PlanOptions { refresh: true, ..PlanOptions::default() };
    let plan = planning::deploy(&program, &loaded.state, &fake, &refresh).await.unwrap().plan;
    let options = ExecuteOptions::default();
    execute(&plan, loaded, &fake, &store, &options, &(), &Cancellation::new()).await.unwrap();
    assert_eq!(fake.calls(), ["create a/logs"]);
    assert!(is_settled(&program, &store, &fake).await);
}
