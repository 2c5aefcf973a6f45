//! Resources that are created or changed in part, changes that fail long after they were accepted, and changes without
//! an effect.

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
async fn a_change_that_is_given_up_while_the_next_run_does_something_else_with_it_is_no_success() {
    let recorded = |mut program: Assembly| {
        program.resources.get_mut("a/nat").unwrap().lifecycle.delete_before_create = true;
        program
    };
    let moved = |mut program: Assembly| {
        let mut entry = program.resources.remove("a/nat").unwrap();
        entry.moved_from = ["a/nat".into()].into();
        program.resources.insert("a/gateway".into(), entry);
        program
    };
    for (verb, beside) in [("record", &recorded as &dyn Fn(Assembly) -> Assembly), ("move", &moved)] {
        let (fake, store) = (Fake::default(), MemoryStore::new());
        assert!(deploy(&nat("subnet-1", "old"), &store, &fake).await.succeeded());
        let no_wait = ExecuteOptions { no_wait: true, ..ExecuteOptions::default() };
        assert!(deploy_with(&nat("subnet-1", "new"), &store, &fake, no_wait).await.succeeded());
        let program = beside(nat("subnet-1", "new"));
        let (planned, loaded) = plan(&program, &store, &fake).await;
        let verbs: Vec<_> = planned.steps.iter().map(|step| step.work.verb()).collect();
        assert_eq!(verbs, [verb, "wait for"]);
        take_back(&fake);
        let options = ExecuteOptions::default();
        let outcome = execute(&planned, loaded, &fake, &store, &options, &(), &Cancellation::new()).await.unwrap();
        assert!(!outcome.succeeded(), "{verb}: the change is not there");
        assert!(deploy(&program, &store, &fake).await.succeeded());
        assert_eq!(tag(&fake), json!("new"), "{verb}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_a_refused_deletion_has_taken_away_is_made_again() {
    let program = assembly(&[("a/logs", LOG_GROUP, json!({"RetentionInDays": 7, "Tag": "kept"}))]);
    let (fake, store) = (Fake::default(), MemoryStore::new());
    assert!(deploy(&program, &store, &fake).await.succeeded());
    fake.cloud().half = Some("Tag");
    fake.fail("delete a/logs", ErrorClass::Denied);
    assert!(!destroy(&store, &fake).await.succeeded());
    fake.cloud().half = None;
    assert!(deploy(&program, &store, &fake).await.succeeded());
    let id = fake.id("a/logs");
    assert_eq!(fake.cloud().resources[&id].properties["Tag"], json!("kept"));
    assert!(is_settled(&program, &store, &fake).await);
}

#[tokio::test(start_paused = true)]
async fn what_is_gone_after_a_refused_deletion_is_deleted() {
    let program = assembly(&[("a/logs", LOG_GROUP, json!({"RetentionInDays": 7}))]);
    let (fake, store) = (Fake::default(), MemoryStore::new());
    assert!(deploy(&program, &store, &fake).await.succeeded());
    fake.cloud().errors.insert("delete a/logs".into(), vec![Answer::Denies(ErrorClass::Denied)]);
    assert!(destroy(&store, &fake).await.succeeded());
    assert!(store::load(&store, "shop").await.unwrap().state.resources.is_empty());
}

#[tokio::test(start_paused = true)]
async fn what_was_replaced_and_is_gone_after_a_refused_deletion_is_deleted() {
    let (fake, store) = (Fake::default(), MemoryStore::new());
    assert!(deploy(&nat("subnet-1", "old"), &store, &fake).await.succeeded());
    fake.cloud().errors.insert("delete a/nat".into(), vec![Answer::Denies(ErrorClass::Denied)]);
    let outcome = deploy(&nat("subnet-2", "old"), &store, &fake).await;
    assert!(outcome.succeeded(), "{:?}", outcome.failed);
    assert!(outcome.state.deposed.is_empty() && outcome.state.resources.len() == 1);
    assert!(is_settled(&nat("subnet-2", "old"), &store, &fake).await);
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

#[tokio::test(start_paused = true)]
async fn what_was_deleted_by_somebody_else_is_named_at_once() {
    let (fake, store) = (Fake::default(), MemoryStore::new());
    let program = |retention: i64, subnets: bool| {
        let logs = ("a/logs", LOG_GROUP, json!({"LogGroupName": "a", "RetentionInDays": retention}));
        let mut all = vec![vpc("10.0.0.0/16"), logs];
        all.extend(subnets.then(subnet));
        assembly(&all)
    };
    deploy(&program(1, false), &store, &fake).await;
    let (network, logs) = (fake.id("a/vpc"), fake.id("a/logs"));
    fake.cloud().resources.remove(&network);
    fake.cloud().resources.remove(&logs);
    // So says EC2 of a VPC that it does not know, or not yet.
    (0..9).for_each(|_| fake.fail("create a/subnet", ErrorClass::Propagating));
    let began = tokio::time::Instant::now();
    let outcome = deploy(&program(3, true), &store, &fake).await;
    assert!(began.elapsed() < std::time::Duration::from_secs(20), "{:?}", began.elapsed());
    let said: Vec<_> = outcome.failed.iter().map(|failed| format!("{}: {}", failed.path, failed.error)).collect();
    assert_eq!(said.len(), 2, "{said:?}");
    for (path, gone) in [("a/logs", "a/logs"), ("a/subnet", "a/vpc")] {
        let expected = format!("{path}: `{gone}` was deleted outside of Groundplan");
        assert!(said.contains(&expected), "{said:?}");
    }
    assert!(outcome.failed.iter().all(|failed| failed.hints() == [Hint::Refresh]), "{:?}", outcome.failed);
}

#[tokio::test(start_paused = true)]
async fn what_lacks_a_refused_setting_is_updated_and_never_replaced_and_what_needs_it_waits() {
    for class in [ErrorClass::Denied, ErrorClass::Invalid] {
        for (lacking, mut program) in halves() {
            for blind in [0, 5] {
                let (fake, store) = (Fake::default(), MemoryStore::new());
                program.resources.get_mut("a/x").unwrap().lifecycle.protect = true;
                let follows = assembly(&[("a/y", VPC, json!({"CidrBlock": "10.1.0.0/16"}))]).resources;
                program.resources.extend(follows);
                program.resources.get_mut("a/y").unwrap().depends_on.insert("a/x".into());
                fake.cloud().half = Some(lacking);
                fake.cloud().blind = blind;
                fake.refuse_settings("create a/x", class);
                let outcome = deploy(&program, &store, &fake).await;
                assert_eq!(outcome.failed[0].path.as_str(), "a/x");
                assert!(outcome.skipped.iter().any(|skipped| skipped.path.as_str() == "a/y"), "{:?}", outcome.skipped);
                let first = fake_id(&outcome, "a/x");
                assert!(outcome.state.resources["a/x"].incomplete);
                assert!(!outcome.state.resources["a/x"].properties.contains_key(lacking));

                let (plan, _) = plan(&program, &store, &fake).await;
                assert_eq!(plan.steps[0].work.verb(), "update", "{}", plan.render());
                assert!(plan.permit(false).is_ok(), "{}", plan.render());
                // The second time, too.
                fake.fail("update a/x", class);
                assert!(!deploy(&program, &store, &fake).await.succeeded());
                fake.cloud().half = None;
                let outcome = deploy(&program, &store, &fake).await;
                assert!(outcome.succeeded(), "{class:?}: {:?}", outcome.failed);
                assert_eq!(fake.id("a/x"), first);
                assert!(fake.cloud().resources[&first].properties.contains_key(lacking));
                assert!(!outcome.state.resources["a/x"].incomplete);
                assert!(outcome.state.resources["a/x"].outputs.values().all(|value| !value.is_null()));
                assert!(is_settled(&program, &store, &fake).await);
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_refused_setting_that_nobody_can_read_is_set_by_the_next_deploy() {
    let program = assembly(&[("a/db", DATABASE, json!({"Engine": "postgres", "ApplyImmediately": true}))]);
    let (fake, store) = (Fake::default(), MemoryStore::new());
    fake.refuse_settings("create a/db", ErrorClass::Denied);
    assert!(!deploy(&program, &store, &fake).await.succeeded());
    let planned = {
        let loaded = store::load(&store, "shop").await.unwrap();
        planning::deploy(&program, &loaded.state, &fake, &PlanOptions::default()).await.unwrap()
    };
    let change = &planned.changes.changes["a/db"];
    assert_eq!(
        (change.action, &change.reasons[0]),
        (crate::stages::diff::Action::Update, &crate::stages::diff::Reason::Incomplete)
    );
    assert!(!change.data_loss);
    fake.calls();
    assert!(deploy(&program, &store, &fake).await.succeeded());
    assert_eq!(fake.calls(), ["update a/db"]);
    assert!(is_settled(&program, &store, &fake).await);
}

#[tokio::test(start_paused = true)]
async fn a_setting_that_is_refused_for_a_while_is_made_in_the_same_run() {
    for (lacking, program) in halves() {
        let (fake, store) = (Fake::default(), MemoryStore::new());
        fake.cloud().half = Some(lacking);
        fake.refuse_settings("create a/x", ErrorClass::Throttled);
        let outcome = deploy(&program, &store, &fake).await;
        assert!(outcome.succeeded(), "{:?}", outcome.failed);
        assert_eq!(fake.calls(), ["create a/x", "update a/x"]);
        assert!(!outcome.state.resources["a/x"].incomplete);
        assert!(is_settled(&program, &store, &fake).await);
    }
}

async fn destroy(store: &dyn StateStore, fake: &Fake) -> Outcome {
    let loaded = store::load(store, "shop").await.unwrap();
    let options = PlanOptions { delete_data: true, ..PlanOptions::default() };
    let plan = planning::destroy(&loaded.state, fake, &options).await.unwrap().plan;
    let options = ExecuteOptions { delete_data: true, ..ExecuteOptions::default() };
    execute(&plan, loaded, fake, store, &options, &(), &Cancellation::new()).await.unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_change_that_is_under_way_is_still_looked_at_after_a_destroy_that_was_refused() {
    let program = |size: &str| assembly(&[("a/db", DATABASE, json!({"Engine": "postgres", "AllocatedStorage": size}))]);
    let (fake, store) = (Fake::default(), MemoryStore::new());
    assert!(deploy(&program("20"), &store, &fake).await.succeeded());
    let no_wait = ExecuteOptions { no_wait: true, ..ExecuteOptions::default() };
    assert!(deploy_with(&program("40"), &store, &fake, no_wait).await.succeeded());
    fake.fail("delete a/db", ErrorClass::Invalid);
    assert!(!destroy(&store, &fake).await.succeeded());
    let (waits, _) = plan(&program("40"), &store, &fake).await;
    assert_eq!(waits.render(), "#0 wait for a/db (AWS::RDS::DBInstance)\n");
    // The cloud gives the change up.
    let id = fake.id("a/db");
    fake.cloud().resources.get_mut(&id).unwrap().properties.insert("AllocatedStorage".into(), json!("20"));
    tokio::time::sleep(Duration::from_secs(600)).await;
    let (plan, _) = plan(&program("40"), &store, &fake).await;
    assert_eq!(plan.steps[0].work.verb(), "update", "{}", plan.render());
}

#[tokio::test(start_paused = true)]
async fn what_is_being_made_has_its_values_after_a_destroy_that_was_refused() {
    let program = assembly(&[
        ("a/db", DATABASE, json!({"Engine": "postgres"})),
        ("a/logs", LOG_GROUP, json!({"LogGroupName": {"$ref": "a/db#Endpoint.Address"}})),
    ]);
    let (fake, store) = (Fake::default(), MemoryStore::new());
    let (plan, loaded) = plan(&program, &store, &fake).await;
    let (cancellation, options) = (Cancellation::new(), ExecuteOptions::default());
    let run = execute(&plan, loaded, &fake, &store, &options, &(), &cancellation);
    let stop = async {
        tokio::time::sleep(Duration::from_secs(5)).await;
        cancellation.cancel();
    };
    tokio::join!(run, stop).0.unwrap();
    fake.fail("delete a/db", ErrorClass::Invalid);
    assert!(!destroy(&store, &fake).await.succeeded());
    let outcome = deploy(&program, &store, &fake).await;
    assert!(outcome.succeeded(), "{:?}", outcome.failed);
    assert_eq!(
        outcome.state.resources["a/logs"].properties["LogGroupName"],
        Value::from(format!("{}.db", fake.id("a/db")))
    );
}

#[tokio::test(start_paused = true)]
async fn a_destroy_that_is_killed_at_any_instant_costs_nothing_that_it_has_not_deleted() {
    let program = assembly(&[
        vpc("10.0.0.0/16"),
        subnet(),
        ("a/db", DATABASE, json!({"Engine": "postgres"})),
        ("a/logs", LOG_GROUP, json!({"LogGroupName": "shop"})),
    ]);
    for events in 0.. {
        let (fake, store) = (Fake::default(), MemoryStore::new());
        deploy(&program, &store, &fake).await;
        let before = fake.cloud().resources.clone();
        let state = store.load().await.unwrap().map(|stored| stored.state);
        let crashing = Crashing { kept: Mutex::new((state, Vec::new())), after: events, refuses: false };
        let run = tokio::time::timeout(crate::fake::AGES, destroy(&crashing, &fake)).await;
        assert!(run.is_err(), "saving never ends");
        let (state, journal) = crashing.kept.into_inner().unwrap();
        let complete = journal.len() < events;
        let store = MemoryStore::with(state.unwrap(), journal);
        let left: Vec<String> = fake.cloud().resources.keys().cloned().collect();
        let (plan, loaded) = plan(&program, &store, &fake).await;
        assert!(plan.permit(false).is_ok(), "after {events} events: {}", plan.render());
        let options = ExecuteOptions::default();
        let outcome = execute(&plan, loaded, &fake, &store, &options, &(), &Cancellation::new()).await.unwrap();
        assert!(outcome.succeeded(), "after {events} events: {:?}", outcome.failed);
        let now = fake.cloud().resources.clone();
        assert_eq!(now.len(), before.len());
        assert!(left.iter().all(|id| now.contains_key(id)), "after {events} events: {left:?} of {:?}", now.keys());
        assert!(is_settled(&program, &store, &fake).await, "after {events} events");
        if complete {
            break;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn who_refers_to_what_an_update_has_renamed_is_pointed_to_the_new_identifier() {
    let program = |tag: &str| {
        assembly(&[
            ("a/vpc", VPC, json!({"CidrBlock": "10.0.0.0/16", "InstanceTenancy": tag})),
            ("a/logs", LOG_GROUP, json!({"RetentionInDays": {"$ref": "a/vpc#VpcId"}})),
        ])
    };
    let (fake, store) = (Fake::default(), MemoryStore::new());
    assert!(deploy(&program("default"), &store, &fake).await.succeeded());
    fake.cloud().renames = true;
    assert!(deploy(&program("dedicated"), &store, &fake).await.succeeded());
    fake.cloud().renames = false;
    let outcome = deploy(&program("dedicated"), &store, &fake).await;
    assert!(outcome.succeeded(), "{:?}", outcome.failed);
    assert_eq!(outcome.state.resources["a/logs"].properties["RetentionInDays"], Value::from(fake.id("a/vpc")));
    assert!(is_settled(&program("dedicated"), &store, &fake).await);
    assert!(deploy(&assembly(&[]), &store, &fake).await.succeeded());
    assert!(fake.paths().is_empty());
}

#[tokio::test(start_paused = true)]
async fn what_an_interrupted_create_lacks_is_seen_though_another_change_comes_between() {
    let program = |more: &str| {
        let tags = json!([{"Key": "a", "Value": "b"}]);
        assembly(&[("a/nat", NAT, json!({"SubnetId": "subnet-1", "Tags": tags, "More": more}))])
    };
    let fake = Fake::default();
    // The run and the intent are written, then the process is gone.
    let crashing = Crashing { kept: Mutex::default(), after: 2, refuses: false };
    assert!(tokio::time::timeout(crate::fake::AGES, deploy(&program("old"), &crashing, &fake)).await.is_err());
    let id = fake.id("a/nat");
    let (state, journal) = crashing.kept.into_inner().unwrap();
    let store = MemoryStore::with(state.unwrap(), journal);
    fake.cloud().broken.insert("a/nat".into());
    let (plan, loaded) = plan(&program("new"), &store, &fake).await;
    fake.cloud().broken.clear();
    assert_eq!(plan.steps.iter().map(|step| step.work.verb()).collect::<Vec<_>>(), ["update", "wait for"]);
    // The update changes what it was asked to change, and nothing else.
    let progress = |event: &ProgressEvent| {
        if matches!(event, ProgressEvent::StepDone { verb: "update", .. }) {
            fake.cloud().resources.get_mut(&id).unwrap().properties.remove("Tags");
        }
    };
    let options = ExecuteOptions::default();
    let outcome = execute(&plan, loaded, &fake, &store, &options, &progress, &Cancellation::new()).await.unwrap();
    assert!(outcome.failed[0].error.to_string().contains("run again to change it"), "{:?}", outcome.failed);
    assert!(deploy(&program("new"), &store, &fake).await.succeeded());
    assert!(fake.cloud().resources[&id].properties.contains_key("Tags"));
    assert!(is_settled(&program("new"), &store, &fake).await);
}
