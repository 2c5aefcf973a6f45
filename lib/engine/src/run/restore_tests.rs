use groundplan_core::Assembly;
use serde_json::json;

use crate::fake::{DATABASE, Fake, LOG_GROUP, assembly};
use crate::model::{Event, Orphan, State};
use crate::provider::ErrorClass;
use crate::run::execute::{Cancellation, ExecuteOptions, Outcome, execute};
use crate::run::planning::{self, PlanOptions, Planned};
use crate::run::store::{self, MemoryStore};
use crate::stages::diff::Action;

fn logs(name: &str, days: u32) -> Assembly {
    assembly(&[("a/logs", LOG_GROUP, json!({"LogGroupName": name, "RetentionInDays": days}))])
}

async fn plan(program: &Assembly, store: &MemoryStore, fake: &Fake) -> Planned {
    let loaded = store::load(store, "shop").await.unwrap();
    planning::deploy(program, &loaded.state, fake, &PlanOptions::default()).await.unwrap()
}

async fn deploy(program: &Assembly, store: &MemoryStore, fake: &Fake) -> Outcome {
    let loaded = store::load(store, "shop").await.unwrap();
    let planned = plan(program, store, fake).await;
    let options = ExecuteOptions { delete_data: true, ..ExecuteOptions::default() };
    execute(&planned.plan, loaded, fake, store, &options, &(), &Cancellation::new()).await.unwrap()
}

async fn state(store: &MemoryStore) -> State {
    store::load(store, "shop").await.unwrap().state
}

/// A log group whose replacement has come as far as the deletion of the old one, which was refused.
async fn half_replaced() -> (Fake, MemoryStore) {
    let (fake, store) = (Fake::default(), MemoryStore::new());
    assert!(deploy(&logs("one", 1), &store, &fake).await.succeeded());
    fake.fail("delete a/logs", ErrorClass::Denied);
    assert!(!deploy(&logs("two", 1), &store, &fake).await.succeeded());
    fake.calls();
    (fake, store)
}

fn names(fake: &Fake) -> Vec<String> {
    fake.cloud().resources.values().map(|made| made.properties["LogGroupName"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test(start_paused = true)]
async fn a_program_that_goes_back_keeps_what_was_to_be_replaced_and_deletes_what_was_made_in_its_place() {
    let (fake, store) = half_replaced().await;
    let before = state(&store).await;
    let old = before.deposed[0].resource.id.clone();
    let planned = plan(&logs("one", 7), &store, &fake).await;
    assert_eq!(planned.restored().collect::<Vec<_>>(), [(&"a/logs".into(), old.as_str())]);
    assert_eq!(planned.changes.changes["a/logs"].action, Action::Update);
    assert_eq!(planned.changes.deposed[0].id, before.resources["a/logs"].id);
    let outcome = deploy(&logs("one", 7), &store, &fake).await;
    assert!(outcome.succeeded(), "{:?}", outcome.failed);
    assert_eq!(fake.calls(), ["update a/logs", "delete a/logs"]);
    assert_eq!((outcome.state.resources["a/logs"].id.as_str(), names(&fake)), (old.as_str(), vec!["one".to_owned()]));
    assert_eq!(outcome.state.deposed, []);
    let again = plan(&logs("one", 7), &store, &fake).await;
    assert!(again.plan.is_empty() && again.plan.observed.is_empty());
    // What is made from now on is not taken for one of the two.
    assert_eq!(outcome.state.next_generation(&"a/logs".into()), 3);
}

#[tokio::test(start_paused = true)]
async fn what_goes_on_is_not_held_up_by_what_it_has_replaced() {
    let (fake, store) = half_replaced().await;
    assert_eq!(plan(&logs("two", 1), &store, &fake).await.restored().count(), 0);
    assert!(deploy(&logs("two", 1), &store, &fake).await.succeeded());
    assert_eq!((fake.calls(), names(&fake)), (vec!["delete a/logs".to_owned()], vec!["two".to_owned()]));
}

#[tokio::test(start_paused = true)]
async fn what_a_refused_deletion_has_taken_away_is_set_again() {
    let (fake, store) = (Fake::default(), MemoryStore::new());
    assert!(deploy(&logs("one", 1), &store, &fake).await.succeeded());
    fake.cloud().half = Some("RetentionInDays");
    fake.fail("delete a/logs", ErrorClass::Denied);
    assert!(!deploy(&logs("two", 1), &store, &fake).await.succeeded());
    fake.cloud().half = None;
    fake.calls();
    assert!(deploy(&logs("one", 1), &store, &fake).await.succeeded());
    assert_eq!(fake.calls(), ["update a/logs", "delete a/logs"]);
    let id = fake.id("a/logs");
    assert_eq!(fake.cloud().resources[&id].properties["RetentionInDays"], 1);
}

#[tokio::test(start_paused = true)]
async fn what_is_gone_meanwhile_is_made_anew() {
    let (fake, store) = half_replaced().await;
    let old = state(&store).await.deposed[0].resource.id.clone();
    fake.cloud().resources.remove(&old);
    let planned = plan(&logs("one", 1), &store, &fake).await;
    assert_eq!((planned.restored().count(), planned.changes.deposed.len()), (0, 0));
    assert!(deploy(&logs("one", 1), &store, &fake).await.succeeded());
    assert_eq!(names(&fake), ["one"]);
    assert_eq!(state(&store).await.deposed, []);
}

#[tokio::test(start_paused = true)]
async fn a_deletion_that_was_not_requested_yet_is_given_up() {
    let (fake, store) = half_replaced().await;
    let mut interrupted = state(&store).await;
    let Orphan { path, resource } = interrupted.deposed[0].clone();
    let deleting = Event::Deleting { path, id: resource.id.clone(), generation: Some(resource.generation) };
    interrupted.apply(deleting).unwrap();
    for (is_requested, restored) in [(false, 1), (true, 0)] {
        fake.cloud().deleting.extend(is_requested.then(|| resource.id.clone()));
        let options = PlanOptions::default();
        let planned = planning::deploy(&logs("one", 1), &interrupted, &fake, &options).await.unwrap();
        assert_eq!(planned.restored().count(), restored, "requested: {is_requested}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_data_of_what_is_kept_is_not_lost_and_that_of_the_other_one_is_told() {
    let (fake, store) = (Fake::default(), MemoryStore::new());
    let database = |name: &str| assembly(&[("a/db", DATABASE, json!({"DBInstanceIdentifier": name}))]);
    assert!(deploy(&database("one"), &store, &fake).await.succeeded());
    fake.fail("delete a/db", ErrorClass::Denied);
    assert!(!deploy(&database("two"), &store, &fake).await.succeeded());
    let old = state(&store).await.deposed[0].resource.id.clone();
    let planned = plan(&database("one"), &store, &fake).await;
    assert_eq!(planned.plan.loses_data, ["a/db".into()]);
    planned.plan.verify(&state(&store).await).unwrap();
    assert!(deploy(&database("one"), &store, &fake).await.succeeded());
    assert_eq!(fake.id("a/db"), old);
}
