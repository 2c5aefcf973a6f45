//! What is made or changed in part, fails long after it was accepted, or turns out to be no change.

use super::*;
use crate::fake::Answer;
use crate::provider::ProviderError;

fn nat(subnet: &str, tag: &str) -> Assembly {
    assembly(&[("a/nat", NAT, json!({"SubnetId": subnet, "Tag": tag}))])
}

/// The cloud gives up the change of the gateway.
fn take_back(fake: &Fake) {
    let id = fake.id("a/nat");
    let mut cloud = fake.cloud();
    cloud.broken.clear();
    cloud.resources.get_mut(&id).unwrap().properties.insert("Tag".into(), "old".into());
}

fn tag(fake: &Fake) -> serde_json::Value {
    let id = fake.id("a/nat");
    fake.cloud().resources[&id].properties["Tag"].clone()
}

async fn refreshed(assembly: &Assembly, store: &dyn StateStore, fake: &Fake) -> Outcome {
    let loaded = store::load(store, "shop").await.unwrap();
    let options = PlanOptions { refresh: true, ..PlanOptions::default() };
    let plan = planning::deploy(assembly, &loaded.state, fake, &options).await.unwrap().plan;
    execute(&plan, loaded, fake, store, &ExecuteOptions::default(), &(), &Cancellation::new()).await.unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_change_that_fails_after_it_was_accepted_is_made_again() {
    let (fake, store) = (Fake::default(), MemoryStore::new());
    assert!(deploy(&nat("subnet-1", "old"), &store, &fake).await.succeeded());
    fake.cloud().broken.insert("a/nat".into());
    assert!(!deploy(&nat("subnet-1", "new"), &store, &fake).await.succeeded());
    tokio::time::sleep(Duration::from_secs(600)).await;
    take_back(&fake);
    let (plan, _) = plan(&nat("subnet-1", "new"), &store, &fake).await;
    assert_eq!(plan.steps[0].work.verb(), "update", "{}", plan.render());
    assert!(deploy(&nat("subnet-1", "new"), &store, &fake).await.succeeded());
    assert_eq!(tag(&fake), json!("new"));
}

#[tokio::test(start_paused = true)]
async fn a_change_that_fails_while_a_later_run_waits_for_it_is_no_success() {
    let (fake, store) = (Fake::default(), MemoryStore::new());
    assert!(deploy(&nat("subnet-1", "old"), &store, &fake).await.succeeded());
    let no_wait = ExecuteOptions { no_wait: true, ..ExecuteOptions::default() };
    assert!(deploy_with(&nat("subnet-1", "new"), &store, &fake, no_wait).await.succeeded());
    let (plan, loaded) = plan(&nat("subnet-1", "new"), &store, &fake).await;
    assert_eq!(plan.render(), "#0 wait for a/nat (AWS::EC2::NatGateway)\n");
    take_back(&fake);
    let options = ExecuteOptions::default();
    let outcome = execute(&plan, loaded, &fake, &store, &options, &(), &Cancellation::new()).await.unwrap();
    assert!(outcome.failed[0].error.to_string().contains("run again to change it"), "{:?}", outcome.failed);
    assert!(deploy(&nat("subnet-1", "new"), &store, &fake).await.succeeded());
    assert_eq!(tag(&fake), json!("new"));
}

#[tokio::test(start_paused = true)]
async fn a_change_that_the_cloud_has_given_up_is_a_difference_again() {
    let (fake, store) = (Fake::default(), MemoryStore::new());
    assert!(deploy(&nat("subnet-1", "old"), &store, &fake).await.succeeded());
    let no_wait = ExecuteOptions { no_wait: true, ..ExecuteOptions::default() };
    assert!(deploy_with(&nat("subnet-1", "new"), &store, &fake, no_wait).await.succeeded());
    take_back(&fake);
    // As long as the program asks for it, a look says that it has failed.
    fake.cloud().broken.insert("a/nat".into());
    let outcome = deploy(&nat("subnet-1", "new"), &store, &fake).await;
    assert!(outcome.failed[0].error.to_string().contains("it is broken"), "{:?}", outcome.failed);
    let (plan, _) = plan(&nat("subnet-1", "new"), &store, &fake).await;
    assert_eq!(plan.steps[0].work.verb(), "update", "{}", plan.render());
}

#[tokio::test(start_paused = true)]
async fn what_needs_somebody_is_not_waited_for_and_is_kept() {
    let (fake, store) = (Fake::default(), MemoryStore::new());
    fake.cloud().blocked.insert("a/nat".into());
    let began = tokio::time::Instant::now();
    let outcome = deploy(&nat("subnet-1", "old"), &store, &fake).await;
    assert!(outcome.failed[0].error.to_string().contains("it is stopped: start it"), "{:?}", outcome.failed);
    assert!(began.elapsed() < Duration::from_secs(60), "nobody waits for what does not come");
    fake.cloud().blocked.clear();
    let (plan, _) = plan(&nat("subnet-1", "old"), &store, &fake).await;
    assert_eq!(plan.render(), "#0 wait for a/nat (AWS::EC2::NatGateway)\n");
    assert!(deploy(&nat("subnet-1", "old"), &store, &fake).await.succeeded());
}

#[tokio::test(start_paused = true)]
async fn an_error_that_is_worth_it_is_waited_out_for_longer_than_others_of_its_class() {
    for (patience, succeeds) in [(None, false), (Some(Duration::from_secs(3600)), true)] {
        let (fake, store) = (Fake::default(), MemoryStore::new());
        let refused = || {
            let busy = ProviderError::new(ErrorClass::Transient, "a conflicting operation is in progress");
            Answer::Refused(ProviderError { patience, ..busy })
        };
        let answers = (0..25).map(|_| refused()).collect();
        fake.cloud().errors.insert("create a/nat".into(), answers);
        assert_eq!(deploy(&nat("subnet-1", "old"), &store, &fake).await.succeeded(), succeeds, "{patience:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_database_is_deleted_with_the_snapshot_that_the_plan_names() {
    let program = assembly(&[("a/db", DATABASE, json!({"Engine": "postgres"}))]);
    for skip_final_snapshot in [false, true] {
        let (fake, store) = (Fake::default(), MemoryStore::new());
        assert!(deploy(&program, &store, &fake).await.succeeded());
        let loaded = store::load(&store, "shop").await.unwrap();
        let options = PlanOptions { delete_data: true, skip_final_snapshot, ..PlanOptions::default() };
        let plan = planning::destroy(&loaded.state, &fake, &options).await.unwrap().plan;
        let named: Vec<_> = plan.final_snapshots().map(|(_, name)| name.to_owned()).collect();
        assert_eq!(named.is_empty(), skip_final_snapshot);
        assert_eq!(plan.render().contains("final snapshot"), !skip_final_snapshot, "{}", plan.render());
        let options = ExecuteOptions { delete_data: true, ..ExecuteOptions::default() };
        execute(&plan, loaded, &fake, &store, &options, &(), &Cancellation::new()).await.unwrap();
        assert_eq!(fake.cloud().snapshots, named);
    }
}

#[tokio::test(start_paused = true)]
async fn a_change_that_is_refused_half_way_is_known_and_can_be_taken_back() {
    let program =
        |days: u32, tag: &str| assembly(&[("a/logs", LOG_GROUP, json!({"RetentionInDays": days, "Tag": tag}))]);
    let (fake, store) = (Fake::default(), MemoryStore::new());
    assert!(deploy(&program(365, "old"), &store, &fake).await.succeeded());
    fake.cloud().half = Some("Tag");
    fake.fail("update a/logs", ErrorClass::Denied);
    let outcome = deploy(&program(1, "new"), &store, &fake).await;
    assert!(outcome.failed[0].error.to_string().contains("Denied"), "{:?}", outcome.failed);
    assert_eq!(outcome.state.resources["a/logs"].properties["RetentionInDays"], Value::from(1));
    assert!(deploy(&program(365, "old"), &store, &fake).await.succeeded());
    let id = fake.id("a/logs");
    assert_eq!(fake.cloud().resources[&id].properties["RetentionInDays"], json!(365));
    assert!(is_settled(&program(365, "old"), &store, &fake).await);
}

#[tokio::test(start_paused = true)]
async fn a_change_that_is_refused_whole_leaves_everything_as_it_was() {
    let program = |days: u32| assembly(&[("a/logs", LOG_GROUP, json!({"RetentionInDays": days}))]);
    let (fake, store) = (Fake::default(), MemoryStore::new());
    deploy(&program(365), &store, &fake).await;
    fake.fail("update a/logs", ErrorClass::Invalid);
    assert!(!deploy(&program(2), &store, &fake).await.succeeded());
    assert!(is_settled(&program(365), &store, &fake).await, "the old program has nothing to do");
}

#[tokio::test(start_paused = true)]
async fn a_value_that_turns_out_to_be_as_before_changes_nothing_and_nobody_waits() {
    let program = assembly(&[
        ("a/logs", LOG_GROUP, json!({"LogGroupName": "shop"})),
        ("a/nat", NAT, json!({"SubnetId": "subnet-1", "Logs": {"$ref": "a/logs#Arn"}})),
    ]);
    let (fake, store) = (Fake::default(), MemoryStore::new());
    assert!(deploy(&program, &store, &fake).await.succeeded());
    let logs = fake.id("a/logs");
    fake.cloud().resources.remove(&logs);
    fake.calls();
    let outcome = refreshed(&program, &store, &fake).await;
    assert!(outcome.succeeded(), "{:?}", outcome.failed);
    assert_eq!(outcome.done.len(), 3, "create the logs, update the gateway, wait for it");
    assert_eq!(fake.calls(), ["create a/logs"]);
    assert!(is_settled(&program, &store, &fake).await);
}

/// Each with a property that a create makes it without.
fn halves() -> [(&'static str, Assembly); 3] {
    [
        ("Tags", assembly(&[("a/x", VPC, json!({"CidrBlock": "10.0.0.0/16", "Tags": [{"Key": "a", "Value": "b"}]}))])),
        ("RetentionInDays", assembly(&[("a/x", LOG_GROUP, json!({"LogGroupName": "a", "RetentionInDays": 7}))])),
        // Not ready for a minute.
        ("Tags", assembly(&[("a/x", NAT, json!({"SubnetId": "subnet-1", "Tags": [{"Key": "a", "Value": "b"}]}))])),
    ]
}

#[tokio::test(start_paused = true)]
async fn what_was_made_in_part_is_finished_and_not_made_a_second_time() {
    use ErrorClass::{Conflict, Propagating, Throttled, Transient, UnknownOutcome};
    for class in [Throttled, Transient, Propagating, Conflict, UnknownOutcome] {
        for (lacking, program) in halves() {
            let (fake, store) = (Fake::default(), MemoryStore::new());
            fake.cloud().half = Some(lacking);
            fake.make_in_part("create a/x", class);
            fake.fail("update a/x", Throttled);
            let outcome = deploy(&program, &store, &fake).await;
            assert!(outcome.succeeded(), "{class:?}: {:?}", outcome.failed);
            assert_eq!(fake.calls(), ["create a/x", "update a/x", "update a/x"], "{class:?}");
            let made = fake.cloud().resources[&fake_id(&outcome, "a/x")].clone();
            assert!(made.properties.contains_key(lacking), "{class:?}: {made:?}");
            assert!(is_settled(&program, &store, &fake).await);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_was_made_in_part_and_cannot_be_finished_is_replaced_by_the_next_deploy() {
    for (class, blind) in [(ErrorClass::Denied, 0), (ErrorClass::Invalid, 0), (ErrorClass::Transient, 5)] {
        for (lacking, program) in halves() {
            let (fake, store) = (Fake::default(), MemoryStore::new());
            fake.cloud().half = Some(lacking);
            fake.cloud().blind = blind;
            fake.make_in_part("create a/x", class);
            let outcome = deploy(&program, &store, &fake).await;
            assert_eq!(outcome.failed[0].path.as_str(), "a/x");
            assert_eq!(fake.calls(), ["create a/x"], "{class:?}");
            let first = fake.id("a/x");
            assert_eq!(fake_id(&outcome, "a/x"), first, "the state knows of it");
            fake.cloud().half = None;
            let outcome = deploy(&program, &store, &fake).await;
            assert!(outcome.succeeded(), "{class:?}: {:?}", outcome.failed);
            assert_ne!(fake.id("a/x"), first, "{class:?}");
            assert!(is_settled(&program, &store, &fake).await);
        }
    }
}
