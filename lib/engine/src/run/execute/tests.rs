use std::sync::Mutex;
use std::time::Duration;

use async_trait::async_trait;
use groundplan_core::{Assembly, Value};
use serde_json::json;

use super::*;
use crate::fake::{DATABASE, Fake, LOG_GROUP, NAT, VPC, assembly, reference, subnet, vpc};
use crate::model::LockOwner;
use crate::provider::ErrorClass;
use crate::run::planning::{self, PlanOptions};
use crate::run::store::{self, Lock, MemoryStore, StoreError, Stored};
use crate::stages::plan::PlanError;

async fn plan(assembly: &Assembly, store: &dyn StateStore, fake: &Fake) -> (Plan, Loaded) {
    let loaded = store::load(store, "shop").await.unwrap();
    let planned = planning::deploy(assembly, &loaded.state, fake, &PlanOptions::default()).await.unwrap();
    (planned.plan, loaded)
}

async fn deploy_with(assembly: &Assembly, store: &dyn StateStore, fake: &Fake, options: ExecuteOptions) -> Outcome {
    let (plan, loaded) = plan(assembly, store, fake).await;
    execute(&plan, loaded, fake, store, &options, &(), &Cancellation::new()).await.unwrap()
}

async fn deploy(assembly: &Assembly, store: &dyn StateStore, fake: &Fake) -> Outcome {
    deploy_with(assembly, store, fake, ExecuteOptions { delete_data: true, ..ExecuteOptions::default() }).await
}

async fn is_settled(assembly: &Assembly, store: &dyn StateStore, fake: &Fake) -> bool {
    plan(assembly, store, fake).await.0.is_empty()
}

fn network() -> Assembly {
    assembly(&[
        vpc("10.0.0.0/16"),
        subnet(),
        ("a/nat", NAT, json!({"SubnetId": {"$ref": "a/subnet#SubnetId"}})),
        ("a/logs", LOG_GROUP, json!({"LogGroupName": {"$template": ["nat-", {"$ref": "a/nat#NatGatewayId"}]}})),
    ])
}

#[tokio::test(start_paused = true)]
async fn resources_are_made_in_order_and_a_second_deploy_plans_nothing() {
    let (fake, store) = (Fake::default(), MemoryStore::new());
    let outcome = deploy(&network(), &store, &fake).await;
    assert!(outcome.succeeded(), "{:?}", outcome.failed);
    assert_eq!(fake.calls(), ["create a/vpc", "create a/subnet", "create a/nat", "create a/logs"]);
    assert_eq!(
        outcome.state.resources["a/logs"].properties["LogGroupName"],
        Value::from(format!("nat-{}", fake.id("a/nat")))
    );
    assert!(is_settled(&network(), &store, &fake).await);
}

#[tokio::test(start_paused = true)]
async fn what_takes_an_early_output_does_not_wait_for_readiness() {
    let (fake, store) = (Fake::default(), MemoryStore::new());
    let events = Mutex::new(Vec::new());
    let progress = |event: &ProgressEvent| {
        if let ProgressEvent::StepDone { path, verb, .. } = event {
            events.lock().unwrap().push(format!("{verb} {path}"));
        }
    };
    let (plan, loaded) = plan(&network(), &store, &fake).await;
    let options = ExecuteOptions::default();
    let outcome = execute(&plan, loaded, &fake, &store, &options, &progress, &Cancellation::new()).await.unwrap();
    assert_eq!(events.into_inner().unwrap()[2..], ["create a/nat", "create a/logs", "wait for a/nat"]);
    assert!(is_seen(outcome.elapsed, 60), "{:?}", outcome.elapsed);
}

#[tokio::test(start_paused = true)]
async fn without_waiting_readiness_is_left_to_the_next_deploy() {
    let (fake, store) = (Fake::default(), MemoryStore::new());
    let options = ExecuteOptions { no_wait: true, ..ExecuteOptions::default() };
    let outcome = deploy_with(&network(), &store, &fake, options).await;
    assert!(outcome.succeeded());
    assert_eq!(outcome.skipped[0].because, SkipReason::NotWaited);
    let (plan, _) = plan(&network(), &store, &fake).await;
    assert_eq!(plan.render(), "#0 wait for a/nat (AWS::EC2::NatGateway)\n");
}

#[tokio::test(start_paused = true)]
async fn a_failure_skips_what_depends_on_it_and_says_why_and_the_rest_goes_on() {
    let (fake, store) = (Fake::default(), MemoryStore::new());
    fake.fail("create a/subnet", ErrorClass::Invalid);
    let mut program = network();
    program.resources.extend(assembly(&[("a/other", LOG_GROUP, json!({}))]).resources);
    let outcome = deploy(&program, &store, &fake).await;
    assert_eq!(fake.paths(), ["a/other", "a/vpc"]);
    assert_eq!(outcome.failed[0].path.as_str(), "a/subnet");
    let step = outcome.failed[0].step;
    assert_eq!(outcome.skipped.len(), 3);
    for skipped in &outcome.skipped {
        assert_eq!(skipped.because, SkipReason::Failed { step, path: "a/subnet".into() });
    }
    assert!(deploy(&program, &store, &fake).await.succeeded());
    assert_eq!(fake.paths(), ["a/logs", "a/nat", "a/other", "a/subnet", "a/vpc"]);
}

#[tokio::test(start_paused = true)]
async fn throttled_and_transient_calls_are_repeated() {
    let (fake, store) = (Fake::default(), MemoryStore::new());
    for class in [ErrorClass::Throttled, ErrorClass::Transient, ErrorClass::Propagating] {
        fake.fail("create a/vpc", class);
    }
    assert!(deploy(&network(), &store, &fake).await.succeeded());
    assert_eq!(fake.calls().iter().filter(|call| *call == "create a/vpc").count(), 4);
}

#[tokio::test(start_paused = true)]
async fn a_lost_answer_makes_no_second_resource() {
    for path in ["a/vpc", "a/subnet", "a/nat", "a/logs"] {
        let (fake, store) = (Fake::default(), MemoryStore::new());
        fake.lose(&format!("create {path}"));
        assert!(deploy(&network(), &store, &fake).await.succeeded(), "{path}");
        assert_eq!(fake.paths(), ["a/logs", "a/nat", "a/subnet", "a/vpc"], "{path}");
        assert!(is_settled(&network(), &store, &fake).await);
    }
}

#[tokio::test(start_paused = true)]
async fn a_delete_waits_out_a_conflict() {
    let (fake, store) = (Fake::default(), MemoryStore::new());
    deploy(&network(), &store, &fake).await;
    for _ in 0..20 {
        fake.fail("delete a/subnet", ErrorClass::Conflict);
    }
    let outcome = deploy(&assembly(&[]), &store, &fake).await;
    assert!(outcome.succeeded(), "{:?}", outcome.failed);
    assert!(fake.paths().is_empty());
    assert!(outcome.elapsed > Duration::from_secs(60));
}

#[tokio::test(start_paused = true)]
async fn a_replacement_points_consumers_to_the_new_one_before_the_old_one_goes() {
    let program = |zone: &str| {
        assembly(&[
            ("a/nat", NAT, json!({"SubnetId": zone})),
            ("a/logs", LOG_GROUP, json!({"RetentionInDays": {"$ref": "a/nat#NatGatewayId"}})),
        ])
    };
    let (fake, store) = (Fake::default(), MemoryStore::new());
    deploy(&program("subnet-1"), &store, &fake).await;
    fake.calls();
    let outcome = deploy(&program("subnet-2"), &store, &fake).await;
    assert!(outcome.succeeded(), "{:?}", outcome.failed);
    assert_eq!(fake.calls(), ["create a/nat", "update a/logs", "delete a/nat"]);
    let logs = &outcome.state.resources["a/logs"].id;
    assert_eq!(fake.cloud().resources[logs].properties["RetentionInDays"], fake_id(&outcome, "a/nat"));
    assert!(outcome.state.deposed.is_empty());
    assert!(is_settled(&program("subnet-2"), &store, &fake).await);
}

fn fake_id(outcome: &Outcome, path: &str) -> String {
    outcome.state.resources[path].id.clone()
}

#[tokio::test(start_paused = true)]
async fn what_cannot_exist_twice_is_deleted_first() {
    let program = |zone: &str| {
        let (path, type_name, mut properties) = subnet();
        properties["AvailabilityZone"] = zone.into();
        assembly(&[
            vpc("10.0.0.0/16"),
            (path, type_name, properties),
            ("a/nat", NAT, json!({"SubnetId": {"$ref": "a/subnet#SubnetId"}})),
        ])
    };
    let (fake, store) = (Fake::default(), MemoryStore::new());
    deploy(&program("a"), &store, &fake).await;
    fake.calls();
    assert!(deploy(&program("b"), &store, &fake).await.succeeded());
    assert_eq!(fake.calls(), ["delete a/nat", "delete a/subnet", "create a/subnet", "create a/nat"]);
}

#[tokio::test(start_paused = true)]
async fn what_never_became_ready_is_replaced_by_the_next_deploy() {
    let (fake, store) = (Fake::default(), MemoryStore::new());
    let program = assembly(&[("a/nat", NAT, json!({"SubnetId": "subnet-1"}))]);
    fake.cloud().broken.insert("a/nat".into());
    let outcome = deploy(&program, &store, &fake).await;
    assert!(outcome.failed[0].error.to_string().contains("broken"));
    let first = fake.id("a/nat");
    fake.cloud().broken.clear();
    assert!(deploy(&program, &store, &fake).await.succeeded());
    assert_ne!(fake.id("a/nat"), first);
}

#[tokio::test(start_paused = true)]
async fn what_failed_in_the_run_that_made_it_holds_no_data() {
    let (fake, store) = (Fake::default(), MemoryStore::new());
    let program = assembly(&[("a/db", DATABASE, json!({"Engine": "x"}))]);
    fake.cloud().broken.insert("a/db".into());
    deploy(&program, &store, &fake).await;
    let (plan, _) = plan(&program, &store, &fake).await;
    assert_eq!(plan.steps.len(), 3, "{}", plan.render());
    assert!(plan.permit(false).is_ok());
}

#[tokio::test(start_paused = true)]
async fn what_failed_later_is_replaced_only_where_its_data_may_be_lost_and_not_once_it_works() {
    let (fake, store) = (Fake::default(), MemoryStore::new());
    let program = assembly(&[("a/db", DATABASE, json!({"Engine": "x"}))]);
    let options = ExecuteOptions { no_wait: true, ..ExecuteOptions::default() };
    assert!(deploy_with(&program, &store, &fake, options).await.succeeded());
    let first = fake.id("a/db");
    // It was used for weeks, and then its storage is full.
    fake.cloud().broken.insert("a/db".into());
    assert!(!deploy(&program, &store, &fake).await.succeeded());
    let (replaces, _) = plan(&program, &store, &fake).await;
    assert!(matches!(replaces.permit(false), Err(Error::Plan(PlanError::DataLoss { .. }))), "{}", replaces.render());
    let (removes, _) = plan(&assembly(&[]), &store, &fake).await;
    assert!(matches!(removes.permit(false), Err(Error::Plan(PlanError::DataLoss { .. }))), "{}", removes.render());

    fake.cloud().broken.clear();
    tokio::time::sleep(Duration::from_secs(600)).await;
    let (fixed, loaded) = plan(&program, &store, &fake).await;
    assert!(fixed.steps.is_empty(), "{}", fixed.render());
    execute(&fixed, loaded, &fake, &store, &ExecuteOptions::default(), &(), &Cancellation::new()).await.unwrap();
    assert!(is_settled(&program, &store, &fake).await);
    assert_eq!(fake.id("a/db"), first);
}

#[tokio::test(start_paused = true)]
async fn what_failed_later_and_is_to_be_retained_is_left_in_the_account() {
    let (fake, store) = (Fake::default(), MemoryStore::new());
    let mut program = assembly(&[("a/nat", NAT, json!({"SubnetId": "subnet-1"}))]);
    program.resources.get_mut("a/nat").unwrap().lifecycle.retain = true;
    let options = ExecuteOptions { no_wait: true, ..ExecuteOptions::default() };
    deploy_with(&program, &store, &fake, options).await;
    fake.cloud().broken.insert("a/nat".into());
    assert!(!deploy(&program, &store, &fake).await.succeeded());
    let (plan, _) = plan(&assembly(&[]), &store, &fake).await;
    assert_eq!(plan.render(), "#0 retain a/nat (AWS::EC2::NatGateway)\n");
}

#[tokio::test(start_paused = true)]
async fn a_cancelled_run_finishes_what_is_in_flight_and_starts_nothing() {
    let (fake, store) = (Fake::default(), MemoryStore::new());
    let (plan, loaded) = plan(&network(), &store, &fake).await;
    let cancellation = Cancellation::new();
    let progress = |event: &ProgressEvent| {
        if matches!(event, ProgressEvent::StepStarted { path, .. } if path.as_str() == "a/subnet") {
            cancellation.cancel();
        }
    };
    let options = ExecuteOptions::default();
    let outcome = execute(&plan, loaded, &fake, &store, &options, &progress, &cancellation).await.unwrap();
    assert!(outcome.interrupted && !outcome.succeeded());
    assert_eq!(fake.paths(), ["a/subnet", "a/vpc"]);
    assert!(outcome.skipped.iter().all(|skipped| skipped.because == SkipReason::Interrupted));
    assert!(deploy(&network(), &store, &fake).await.succeeded());
}

#[tokio::test(start_paused = true)]
async fn a_plan_made_before_another_deploy_is_stale() {
    let (fake, store) = (Fake::default(), MemoryStore::new());
    let (old, _) = plan(&network(), &store, &fake).await;
    let old = Plan::from_json(&old.to_json()).unwrap();
    deploy(&network(), &store, &fake).await;
    let loaded = store::load(&store, "shop").await.unwrap();
    let result = execute(&old, loaded, &fake, &store, &ExecuteOptions::default(), &(), &Cancellation::new()).await;
    assert!(matches!(result, Err(ExecuteError::Refused(Error::Plan(PlanError::Stale { .. })))), "{result:?}");
}

#[tokio::test(start_paused = true)]
async fn a_plan_made_while_another_run_is_under_way_is_stale_once_that_has_gone_on() {
    let (fake, before) = (Fake::default(), MemoryStore::new());
    let state = deploy(&assembly(&[vpc("10.0.0.0/16")]), &before, &fake).await.state;
    let begun = Event::Begun { serial: state.serial + 1, identity: crate::fake::identity() };
    let forgotten = Event::Forgotten { path: "a/vpc".into() };
    let under_way = MemoryStore::with(state.clone(), vec![begun.clone()]);
    let (old, loaded) = plan(&network(), &under_way, &fake).await;
    let old = Plan { journal: Some(loaded.journal), ..old };
    let old = Plan::from_json(&old.to_json()).unwrap();

    let gone_on = MemoryStore::with(state.clone(), vec![begun.clone(), forgotten]);
    let ended = MemoryStore::with(State { serial: state.serial + 1, ..state }, Vec::new());
    for store in [gone_on, ended] {
        let loaded = store::load(&store, "shop").await.unwrap();
        assert_eq!(loaded.state.serial, old.serial);
        let result = execute(&old, loaded, &fake, &store, &ExecuteOptions::default(), &(), &Cancellation::new()).await;
        assert!(matches!(result, Err(ExecuteError::Refused(Error::Plan(PlanError::Stale { .. })))), "{result:?}");
    }
    // Where that run has died, it is as it was.
    let options = ExecuteOptions::default();
    let outcome = execute(&old, loaded, &fake, &under_way, &options, &(), &Cancellation::new()).await.unwrap();
    assert!(outcome.succeeded(), "{:?}", outcome.failed);
}

#[tokio::test(start_paused = true)]
async fn data_is_lost_only_where_that_is_allowed() {
    let (fake, store) = (Fake::default(), MemoryStore::new());
    deploy(&assembly(&[("a/db", DATABASE, json!({"Engine": "postgres"}))]), &store, &fake).await;
    let (plan, loaded) = plan(&assembly(&[]), &store, &fake).await;
    let result = execute(&plan, loaded, &fake, &store, &ExecuteOptions::default(), &(), &Cancellation::new()).await;
    let error = result.unwrap_err();
    let ExecuteError::Refused(error) = error else { panic!("{error}") };
    assert!(error.to_string().contains("a/db"), "{error}");
    assert_eq!(error.hints(), [Hint::AllowDataLoss]);
    assert_eq!(fake.paths(), ["a/db"]);
}

#[tokio::test(start_paused = true)]
async fn outputs_are_published_and_taken_back() {
    let (fake, store) = (Fake::default(), MemoryStore::new());
    let mut program = assembly(&[vpc("10.0.0.0/16")]);
    program.outputs.insert("vpc".into(), reference("a/vpc", "VpcId"));
    let outcome = deploy(&program, &store, &fake).await;
    assert_eq!(outcome.state.outputs["vpc"], fake.id("a/vpc").as_str());
    assert!(is_settled(&program, &store, &fake).await);
    program.outputs.clear();
    assert!(deploy(&program, &store, &fake).await.state.outputs.is_empty());
}

/// Stops for ever when so many events are written, or refuses to write more.
struct Crashing {
    kept: Mutex<(Option<State>, Vec<Event>)>,
    after: usize,
    refuses: bool,
}

#[async_trait]
impl StateStore for Crashing {
    fn place(&self) -> String {
        "memory".into()
    }

    async fn load(&self) -> Result<Option<Stored>, Error> {
        let kept = self.kept.lock().unwrap().clone();
        Ok(kept.0.map(|state| Stored { state, journal: kept.1 }))
    }

    async fn save(&self, state: &State) -> Result<(), Error> {
        if !self.kept.lock().unwrap().1.is_empty() {
            std::future::pending::<()>().await;
        }
        self.kept.lock().unwrap().0 = Some(state.clone());
        Ok(())
    }

    async fn append(&self, _base: u64, events: &[Event]) -> Result<(), Error> {
        let full = {
            let mut kept = self.kept.lock().unwrap();
            let room = self.after - kept.1.len().min(self.after);
            kept.1.extend(events.iter().take(room).cloned());
            room < events.len()
        };
        if full && self.refuses {
            return Err(StoreError::file("write", "journal.jsonl")(std::io::ErrorKind::StorageFull.into()));
        }
        if full {
            std::future::pending::<()>().await;
        }
        Ok(())
    }

    async fn lock(&self, _holder: &LockOwner) -> Result<Box<dyn Lock>, Error> {
        unreachable!("the tests take no lock")
    }
}

/// Runs from `before` to `after`, crashing after each number of events, and continues.
async fn survives_every_crash(before: &Assembly, after: &Assembly, paths: &[&str]) {
    for events in 0.. {
        let (fake, store) = (Fake::default(), MemoryStore::new());
        deploy(before, &store, &fake).await;
        let state = store.load().await.unwrap().map(|stored| stored.state);
        let crashing = Crashing { kept: Mutex::new((state, Vec::new())), after: events, refuses: false };
        let run = tokio::time::timeout(crate::fake::AGES, deploy(after, &crashing, &fake)).await;
        assert!(run.is_err(), "saving never ends");
        let (state, journal) = crashing.kept.into_inner().unwrap();
        let complete = journal.len() < events;
        let store = state.map_or_else(MemoryStore::new, |state| MemoryStore::with(state, journal));
        let outcome = deploy(after, &store, &fake).await;
        assert!(outcome.succeeded(), "after {events} events: {:?}", outcome.failed);
        assert_eq!(fake.paths(), paths, "after {events} events");
        assert!(is_settled(after, &store, &fake).await, "after {events} events");
        assert!(outcome.state.deposed.is_empty() && outcome.state.pending.is_empty());
        if complete {
            break;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_a_crash_left_half_configured_is_finished() {
    let fake = Fake::default();
    let program = assembly(&[("a/logs", LOG_GROUP, json!({"LogGroupName": "a", "RetentionInDays": 7}))]);
    // The first two events are written: the run and the intent. Then the process is gone.
    let crashing = Crashing { kept: Mutex::default(), after: 2, refuses: false };
    let run = tokio::time::timeout(crate::fake::AGES, deploy(&program, &crashing, &fake)).await;
    assert!(run.is_err());
    let id = fake.id("a/logs");
    fake.cloud().resources.get_mut(&id).unwrap().properties.remove("RetentionInDays");

    let (state, journal) = crashing.kept.into_inner().unwrap();
    let store = state.map_or_else(MemoryStore::new, |state| MemoryStore::with(state, journal));
    deploy(&program, &store, &fake).await;
    assert_eq!(fake.cloud().resources[&id].properties["RetentionInDays"], 7);
    assert!(is_settled(&program, &store, &fake).await);
}

#[tokio::test(start_paused = true)]
async fn a_journal_that_cannot_be_written_stops_new_steps() {
    let fake = Fake::default();
    let store = Crashing { kept: Mutex::default(), after: 4, refuses: true };
    let (plan, loaded) = plan(&network(), &store, &fake).await;
    let (options, cancellation) = (ExecuteOptions::default(), Cancellation::new());
    let run = execute(&plan, loaded, &fake, &store, &options, &(), &cancellation);
    assert!(tokio::time::timeout(crate::fake::AGES, run).await.is_err(), "this store cannot save, either");
    assert_eq!(fake.calls(), ["create a/vpc"], "no call without its intent");
}

#[tokio::test(start_paused = true)]
async fn a_first_deploy_survives_a_crash_after_every_event() {
    survives_every_crash(&assembly(&[]), &network(), &["a/logs", "a/nat", "a/subnet", "a/vpc"]).await;
}

#[tokio::test(start_paused = true)]
async fn a_replacement_and_a_deletion_survive_a_crash_after_every_event() {
    let mut changed = network();
    changed.resources.get_mut("a/vpc").unwrap().properties.insert("CidrBlock".into(), "10.1.0.0/16".into());
    changed.resources.remove("a/logs");
    survives_every_crash(&network(), &changed, &["a/nat", "a/subnet", "a/vpc"]).await;
}

#[tokio::test(start_paused = true)]
async fn an_update_survives_a_crash_after_every_event() {
    let program = |days: u32| {
        assembly(&[
            ("a/logs", LOG_GROUP, json!({"LogGroupName": "a", "RetentionInDays": days})),
            ("a/nat", NAT, json!({"SubnetId": "subnet-1", "Tags": [{"Key": "days", "Value": days.to_string()}]})),
        ])
    };
    survives_every_crash(&program(7), &program(30), &["a/logs", "a/nat"]).await;
}

#[tokio::test(start_paused = true)]
async fn a_destroy_survives_a_crash_after_every_event() {
    survives_every_crash(&network(), &assembly(&[]), &[]).await;
}

/// Writes an append and then says that it has failed; and cannot save.
struct Doubtful {
    kept: MemoryStore,
    appends: Mutex<usize>,
    fails: usize,
}

#[async_trait]
impl StateStore for Doubtful {
    fn place(&self) -> String {
        "memory".into()
    }

    async fn load(&self) -> Result<Option<Stored>, Error> {
        self.kept.load().await
    }

    async fn save(&self, state: &State) -> Result<(), Error> {
        let appends = *self.appends.lock().unwrap();
        match appends {
            0 => self.kept.save(state).await,
            _ => Err(StoreError::file("write", "state.json")(std::io::ErrorKind::StorageFull.into())),
        }
    }

    async fn append(&self, base: u64, events: &[Event]) -> Result<(), Error> {
        self.kept.append(base, events).await?;
        let mut appends = self.appends.lock().unwrap();
        *appends += 1;
        match *appends == self.fails {
            true => Err(StoreError::file("write", "journal.jsonl")(std::io::ErrorKind::StorageFull.into())),
            false => Ok(()),
        }
    }

    async fn lock(&self, _holder: &LockOwner) -> Result<Box<dyn Lock>, Error> {
        unreachable!("the tests take no lock")
    }
}

#[tokio::test(start_paused = true)]
async fn no_event_is_written_twice_where_a_write_has_failed_after_its_effect() {
    for fails in 1..8 {
        let fake = Fake::default();
        let store = Doubtful { kept: MemoryStore::new(), appends: Mutex::default(), fails };
        let (plan, loaded) = plan(&network(), &store, &fake).await;
        let (options, cancellation) = (ExecuteOptions::default(), Cancellation::new());
        assert!(execute(&plan, loaded, &fake, &store, &options, &(), &cancellation).await.is_err());
        assert!(deploy(&network(), &store.kept, &fake).await.succeeded(), "the journal fits, after {fails} writes");
        assert_eq!(fake.paths(), ["a/logs", "a/nat", "a/subnet", "a/vpc"]);
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_adopted_has_its_outputs_though_it_is_not_visible_yet() {
    let (fake, store) = (Fake::default(), MemoryStore::new());
    fake.lose("create a/vpc");
    fake.cloud().blind = 2;
    let outcome = deploy(&network(), &store, &fake).await;
    assert!(outcome.succeeded(), "{:?}", outcome.failed);
    assert_eq!(outcome.state.resources["a/vpc"].outputs["VpcId"], fake.id("a/vpc").as_str());
}

#[tokio::test(start_paused = true)]
async fn what_a_lost_answer_left_half_configured_is_finished_in_the_same_run() {
    let (fake, store) = (Fake::default(), MemoryStore::new());
    let program = assembly(&[("a/logs", LOG_GROUP, json!({"LogGroupName": "a", "RetentionInDays": 7}))]);
    fake.lose("create a/logs");
    fake.cloud().half = Some("RetentionInDays");
    let outcome = deploy(&program, &store, &fake).await;
    assert!(outcome.succeeded(), "{:?}", outcome.failed);
    assert_eq!(fake.calls(), ["create a/logs", "update a/logs"]);
    let id = fake.id("a/logs");
    assert_eq!(fake.cloud().resources[&id].properties["RetentionInDays"], 7);
    assert_eq!(outcome.state.resources["a/logs"].properties["RetentionInDays"], Value::from(7));
    assert!(is_settled(&program, &store, &fake).await);
}

#[tokio::test(start_paused = true)]
async fn what_is_not_visible_yet_is_deleted_all_the_same() {
    let (fake, store) = (Fake::default(), MemoryStore::new());
    let program = assembly(&[vpc("10.0.0.0/16")]);
    deploy(&program, &store, &fake).await;
    fake.cloud().blind = 3;
    assert!(deploy(&assembly(&[]), &store, &fake).await.succeeded());
    assert!(fake.paths().is_empty());

    deploy(&program, &store, &fake).await;
    fake.cloud().resources.clear();
    let outcome = deploy(&assembly(&[]), &store, &fake).await;
    assert!(outcome.succeeded() && outcome.state.resources.is_empty(), "what somebody else has deleted is gone");
    assert!(outcome.elapsed >= fake.consistency_window());
}

#[tokio::test(start_paused = true)]
async fn what_was_done_is_told_though_it_cannot_be_saved() {
    let fake = Fake::default();
    let store = Doubtful { kept: MemoryStore::new(), appends: Mutex::default(), fails: 0 };
    let (plan, loaded) = plan(&network(), &store, &fake).await;
    let (options, cancellation) = (ExecuteOptions::default(), Cancellation::new());
    let error = execute(&plan, loaded, &fake, &store, &options, &(), &cancellation).await.unwrap_err();
    let ExecuteError::Unsaved { outcome, source } = error else { panic!("{error}") };
    assert_eq!(outcome.done.len(), plan.steps.len());
    assert!(matches!(*source, Error::Store(StoreError::File { .. })), "{source}");
}

#[tokio::test(start_paused = true)]
async fn the_time_is_compared_with_the_slowest_chain_and_with_waiting_for_everything() {
    let (fake, store) = (Fake::default(), MemoryStore::new());
    let mut program = network();
    program
        .resources
        .extend(assembly(&[("a/db", DATABASE, json!({"Tags": [{"$ref": "a/nat#NatGatewayId"}]}))]).resources);
    let outcome = deploy(&program, &store, &fake).await;
    assert!(outcome.succeeded(), "{:?}", outcome.failed);
    let timing = outcome.timing.unwrap();
    // The database takes the gateway's early identifier, and need not wait for its minute.
    assert!(is_seen(outcome.elapsed, 480), "{:?}", outcome.elapsed);
    assert!(is_seen(timing.critical_path, 480) && is_seen(timing.waiting_for_all, 540), "{timing:?}");
    assert!(timing.waited);
}

/// Returns whether a duration is within two percent above these seconds.
fn is_seen(elapsed: Duration, seconds: u64) -> bool {
    let exact = Duration::from_secs(seconds);
    (exact..=exact + exact / 50).contains(&elapsed)
}

#[path = "order_tests.rs"]
mod order;

#[path = "secret_tests.rs"]
mod secrets;

#[path = "fenced_tests.rs"]
mod fenced;

#[path = "stopping_tests.rs"]
mod stopping;

#[path = "update_tests.rs"]
mod updates;

#[path = "told_tests.rs"]
mod told;

#[path = "step_tests.rs"]
mod steps;
