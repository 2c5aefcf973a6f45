use groundplan_core::Environment;
use serde_json::json;

use super::*;
use crate::fake::{DATABASE, Fake, LOG_GROUP, VPC, assembly, state, subnet, vpc};
use crate::hint::{Hint, Hints as _};
use crate::model::{Intent, Operation, ResourceStatus};
use crate::provider::{Address, CreateRequest};
use crate::run::detect;
use crate::run::execute::{Cancellation, ExecuteOptions, execute};
use crate::run::planning::PlanningError;
use crate::run::store::{self, MemoryStore, StateStore};
use crate::secret::Variables;
use crate::stages::drift::Drift;

const REFRESH: PlanOptions = PlanOptions {
    refresh: true,
    delete_data: false,
    skip_final_snapshot: false,
    parallelism: 4,
    only: BTreeSet::new(),
    upstream: Upstream::NONE,
    answers: crate::model::Answers::new(),
    neighbors: Neighbors::NONE,
    variables: Variables::NONE,
};

async fn apply(assembly: &Assembly, store: &MemoryStore, fake: &Fake, options: &PlanOptions) -> Planned {
    let loaded = store::load(store, "shop").await.unwrap();
    let planned = deploy(assembly, &loaded.state, fake, options).await.unwrap();
    let options = ExecuteOptions::default();
    let outcome = execute(&planned.plan, loaded, fake, store, &options, &(), &Cancellation::new()).await.unwrap();
    assert!(outcome.succeeded(), "{:?}", outcome.failed);
    planned
}

#[tokio::test(start_paused = true)]
async fn drift_is_found_and_a_deploy_with_refresh_puts_it_right() {
    let (fake, store) = (Fake::default(), MemoryStore::new());
    let program =
        assembly(&[("a/logs", LOG_GROUP, json!({"LogGroupName": "a", "RetentionInDays": 7})), vpc("10.0.0.0/16")]);
    apply(&program, &store, &fake, &PlanOptions::default()).await;
    let (logs, network) = (fake.id("a/logs"), fake.id("a/vpc"));
    fake.cloud().resources.get_mut(&logs).unwrap().properties["RetentionInDays"] = json!(1);
    fake.cloud().resources.remove(&network);

    let state = store::load(&store, "shop").await.unwrap().state;
    let drifts = detect::drift(&state, &fake, 4).await;
    assert!(
        matches!(&drifts["a/logs"], Drift::Changed { properties, .. } if properties[0].property == "RetentionInDays")
    );
    assert_eq!(drifts["a/vpc"], Drift::Missing);
    let blind = deploy(&program, &state, &fake, &PlanOptions::default()).await.unwrap();
    assert!(blind.plan.is_empty());

    let planned = apply(&program, &store, &fake, &REFRESH).await;
    assert_eq!(planned.changes.changes["a/logs"].action, Action::Update);
    assert_eq!(planned.changes.changes["a/vpc"].reasons, [crate::stages::diff::Reason::Missing]);
    assert_eq!(fake.cloud().resources[&logs].properties["RetentionInDays"], 7);
    let state = store::load(&store, "shop").await.unwrap().state;
    assert!(detect::drift(&state, &fake, 4).await.is_empty());
    assert!(deploy(&program, &state, &fake, &REFRESH).await.unwrap().plan.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_refresh_drops_the_record_of_a_retained_resource_that_is_gone() {
    let (fake, store) = (Fake::default(), MemoryStore::new());
    let mut program = assembly(&[vpc("10.0.0.0/16"), subnet()]);
    program.resources.get_mut("a/subnet").unwrap().lifecycle.retain = true;
    apply(&program, &store, &fake, &PlanOptions::default()).await;
    let program = assembly(&[]);
    let planned = apply(&program, &store, &fake, &PlanOptions::default()).await;
    assert_eq!(planned.changes.changes["a/vpc"].action, Action::Retain, "the subnet needs it");
    let state = store::load(&store, "shop").await.unwrap().state;
    let kept = |planned: &Planned| planned.gone_of_retained(&state).map(|(path, _)| path.clone()).collect::<Vec<_>>();
    let there = deploy(&program, &state, &fake, &REFRESH).await.unwrap();
    assert!(there.plan.observed.is_empty() && kept(&there).is_empty());

    let (subnet, network) = (fake.id("a/subnet"), fake.id("a/vpc"));
    fake.cloud().resources.remove(&subnet);
    let blind = deploy(&program, &state, &fake, &PlanOptions::default()).await.unwrap();
    assert!(blind.plan.observed.is_empty());
    let elsewhere = Identity { account: "999988887777".into(), ..crate::fake::identity() };
    let foreign = State { identity: Some(elsewhere), ..state.clone() };
    assert!(deploy(&program, &foreign, &fake, &REFRESH).await.unwrap().plan.observed.is_empty(), "another account");
    fake.cloud().denied.insert("a/subnet".into());
    assert!(deploy(&program, &state, &fake, &REFRESH).await.unwrap().plan.observed.is_empty(), "it cannot be read");
    fake.cloud().denied.clear();
    let planned = apply(&program, &store, &fake, &REFRESH).await;
    assert_eq!(kept(&planned), ["a/subnet".into()]);
    let left = store::load(&store, "shop").await.unwrap().state.retained;
    assert_eq!(left.iter().map(|old| old.resource.id.clone()).collect::<Vec<_>>(), [network]);
}

#[tokio::test(start_paused = true)]
async fn a_destroy_leaves_nothing() {
    let (fake, store) = (Fake::default(), MemoryStore::new());
    let program = assembly(&[vpc("10.0.0.0/16"), subnet()]);
    apply(&program, &store, &fake, &PlanOptions::default()).await;
    let loaded = store::load(&store, "shop").await.unwrap();
    let planned = destroy(&loaded.state, &fake, &PlanOptions::default()).await.unwrap();
    let options = ExecuteOptions::default();
    let outcome = execute(&planned.plan, loaded, &fake, &store, &options, &(), &Cancellation::new()).await.unwrap();
    assert!(outcome.succeeded() && outcome.state.resources.is_empty() && fake.paths().is_empty());
    apply(&program, &store, &fake, &PlanOptions::default()).await;
    assert_eq!(fake.paths(), ["a/subnet", "a/vpc"]);
}

#[tokio::test]
async fn another_account_than_the_pinned_one_is_refused() {
    let mut program = assembly(&[vpc("10.0.0.0/16")]);
    program.stacks.insert("a".into(), Environment::new("us-east-1").account("999988887777"));
    let error = deploy(&program, &state(), &Fake::default(), &PlanOptions::default()).await.unwrap_err();
    let (account, stack) = ("999988887777".to_owned(), "a".to_owned());
    let change = Hint::ChangeAccount { stack, account: "111122223333".to_owned() };
    assert_eq!(error.hints(), [Hint::UseAccount { account }, change]);
    assert_eq!(
        error.to_string(),
        "the credentials are for account 111122223333, but the stack `a` is pinned to account 999988887777"
    );
}

#[tokio::test(start_paused = true)]
async fn another_account_is_refused_as_long_as_anything_may_be_in_the_first_one() {
    let (fake, store) = (Fake::default(), MemoryStore::new());
    let program = assembly(&[vpc("10.0.0.0/16")]);
    apply(&program, &store, &fake, &PlanOptions::default()).await;
    let mut deployed = store::load(&store, "shop").await.unwrap().state;
    deployed.identity.as_mut().unwrap().account = "999988887777".into();
    let resource = deployed.resources["a/vpc"].clone();
    let refused = async |state: &State| {
        let error = destroy(state, &fake, &PlanOptions::default()).await.map(|planned| planned.plan).unwrap_err();
        assert!(error.to_string().contains("of this app are in account 999988887777"), "{error}");
    };
    refused(&deployed).await;
    deployed.resources.clear();
    let mut deposed = deployed.clone();
    deposed.deposed.push(Orphan { path: "a/vpc".into(), resource: resource.clone() });
    refused(&deposed).await;
    let mut pending = deployed.clone();
    let operation = Operation::Create {
        type_name: resource.type_name.clone(),
        environment: resource.environment.clone(),
        generation: 2,
    };
    let intent = Intent {
        operation,
        token: "token".into(),
        asked: None,
        properties: resource.properties.clone(),
        secrets: BTreeMap::new(),
        dependencies: BTreeSet::new(),
        lifecycle: resource.lifecycle.clone(),
    };
    pending.pending.insert("a/vpc".into(), intent);
    refused(&pending).await;
    assert!(destroy(&deployed, &fake, &PlanOptions::default()).await.is_ok(), "there is nothing any more");
}

#[tokio::test]
async fn all_that_the_provider_does_not_support_is_said_at_once() {
    let program = assembly(&[("a/logs", LOG_GROUP, json!({"Unsupported": 1})), ("a/x", "AWS::SQS::Queue", json!({}))]);
    let error = deploy(&program, &state(), &Fake::default(), &PlanOptions::default()).await.unwrap_err();
    let Error::Planning(PlanningError::Unsupported { findings }) = &error else { panic!("{error}") };
    assert_eq!(findings.len(), 2, "{error}");
}

#[tokio::test(start_paused = true)]
async fn what_is_not_visible_yet_is_not_taken_for_gone() {
    let (fake, store) = (Fake::default(), MemoryStore::new());
    let program = assembly(&[vpc("10.0.0.0/16")]);
    apply(&program, &store, &fake, &PlanOptions::default()).await;
    fake.cloud().blind = 3;
    let state = store::load(&store, "shop").await.unwrap().state;
    assert!(deploy(&program, &state, &fake, &REFRESH).await.unwrap().plan.is_empty());
}

/// Returns the event of a create that was requested with the token `t`.
fn asked_for(path: &str, type_name: &str, generation: u32) -> Event {
    let environment = Environment::new("us-east-1");
    let intent = Intent {
        operation: Operation::Create { type_name: type_name.into(), environment, generation },
        token: "t".into(),
        asked: None,
        properties: BTreeMap::new(),
        secrets: BTreeMap::new(),
        dependencies: BTreeSet::new(),
        lifecycle: Default::default(),
    };
    Event::Intent { path: path.into(), intent }
}

/// Makes what was [`asked_for`].
async fn make(fake: &Fake, path: &str, type_name: &str) -> String {
    let (path, environment) = (path.into(), Environment::new("us-east-1"));
    let address = Address { app: "shop".into(), path, type_name: type_name.into(), environment };
    let request = CreateRequest { address, properties: Properties::new(), token: "t".into(), asked: None };
    fake.create(&request).await.unwrap().id
}

/// A deployed `a/vpc`, which the program says has moved to `a/net`, where an interrupted run requested another one with
/// the token `t`.
async fn moved_to_an_open_create(store: &MemoryStore, fake: &Fake) -> (Assembly, State) {
    apply(&assembly(&[vpc("10.0.0.0/16")]), store, fake, &PlanOptions::default()).await;
    let mut state = store::load(store, "shop").await.unwrap().state;
    state.apply(asked_for("a/net", VPC, 1)).unwrap();
    let mut program = assembly(&[("a/net", VPC, json!({"CidrBlock": "10.0.0.0/16"}))]);
    program.resources.get_mut("a/net").unwrap().moved_from.insert("a/vpc".into());
    (program, state)
}

#[tokio::test(start_paused = true)]
async fn a_stated_move_takes_the_place_of_an_open_create_that_has_made_nothing() {
    let (fake, store) = (Fake::default(), MemoryStore::new());
    let (program, state) = moved_to_an_open_create(&store, &fake).await;
    let planned = deploy(&program, &state, &fake, &PlanOptions::default()).await.unwrap();
    assert!(matches!(&planned.plan.observed[..], [Event::Failed { path, .. }] if path.as_str() == "a/net"));
    assert_eq!(planned.plan.render(), "#0 move a/net from a/vpc (AWS::EC2::VPC)\n");
}

#[tokio::test(start_paused = true)]
async fn a_stated_move_does_not_happen_where_an_open_create_has_made_something() {
    let (fake, store) = (Fake::default(), MemoryStore::new());
    let (program, state) = moved_to_an_open_create(&store, &fake).await;
    let made = make(&fake, "a/net", VPC).await;
    let planned = deploy(&program, &state, &fake, &PlanOptions::default()).await.unwrap();
    assert!(
        matches!(&planned.plan.observed[..], [Event::Accepted { path, id, .. }] if path.as_str() == "a/net" && *id == made)
    );
    assert_eq!(planned.changes.changes["a/vpc"].action, Action::Delete);
    assert_eq!(planned.changes.changes["a/net"].moved_from, None);
}

#[tokio::test(start_paused = true)]
async fn what_works_again_is_not_taken_for_what_an_interrupted_run_has_replaced_it_by() {
    let (fake, store) = (Fake::default(), MemoryStore::new());
    let program = assembly(&[("a/db", DATABASE, json!({}))]);
    apply(&program, &store, &fake, &PlanOptions::default()).await;
    let mut state = store::load(&store, "shop").await.unwrap().state;
    state.resources.get_mut("a/db").unwrap().status = ResourceStatus::Failed;
    state.apply(asked_for("a/db", DATABASE, 2)).unwrap();
    let made = make(&fake, "a/db", DATABASE).await;
    let planned = deploy(&program, &state, &fake, &PlanOptions::default()).await.unwrap();
    assert!(matches!(&planned.plan.observed[..], [Event::Accepted { id, .. }] if *id == made), "{:?}", planned.plan);
    assert_eq!(planned.changes.deposed.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_value_that_the_cloud_named_late_is_learned_once_it_is_used() {
    let (fake, store) = (Fake::default(), MemoryStore::new());
    let database = ("a/db", DATABASE, json!({"Engine": "postgres"}));
    let name = json!({"LogGroupName": {"$ref": "a/db#Endpoint.Address"}});
    let uses = assembly(&[database.clone(), ("a/logs", LOG_GROUP, name)]);
    let alone = assembly(&[database]);
    apply(&alone, &store, &fake, &PlanOptions::default()).await;
    let mut state = store::load(&store, "shop").await.unwrap().state;
    state.resources.get_mut("a/db").unwrap().outputs.shift_remove("Endpoint.Address").unwrap();
    store.save(&state).await.unwrap();

    let endpoint = format!("{}.db", fake.id("a/db"));
    for options in [REFRESH, PlanOptions::default()] {
        let planned = deploy(&alone, &state, &fake, &options).await.unwrap();
        assert_eq!(planned.plan.observed, [], "nobody uses it");
        let learned = deploy(&uses, &state, &fake, &options).await.unwrap().plan.observed;
        assert!(matches!(&learned[..], [Event::Observed { outputs, .. }] if outputs["Endpoint.Address"] == endpoint));
    }

    apply(&uses, &store, &fake, &PlanOptions::default()).await;
    let mut state = store::load(&store, "shop").await.unwrap().state;
    assert_eq!(state.resources["a/logs"].properties["LogGroupName"], Value::from(endpoint));
    assert_eq!(deploy(&uses, &state, &fake, &REFRESH).await.unwrap().plan.observed, []);
    state.resources.get_mut("a/db").unwrap().outputs["Endpoint.Address"] = json!("earlier.db");
    assert_eq!(deploy(&uses, &state, &fake, &REFRESH).await.unwrap().plan.observed.len(), 1, "it is used");
    assert_eq!(deploy(&alone, &state, &fake, &REFRESH).await.unwrap().plan.observed, []);
}

#[tokio::test(start_paused = true)]
async fn an_open_create_that_cannot_be_looked_up_is_dropped_on_request_and_planning_goes_on() {
    let fake = Fake::default();
    let mut state = state();
    state.apply(asked_for("a/vpc", VPC, 1)).unwrap();
    fake.cloud().denied.insert("a/vpc".into());
    let program = assembly(&[vpc("10.0.0.0/16")]);
    let error = deploy(&program, &state, &fake, &PlanOptions::default()).await.map(|planned| planned.plan).unwrap_err();
    assert!(error.hints().contains(&Hint::DropOpenCreate { path: "a/vpc".into() }), "{error}: {:?}", error.hints());
    let dropped = crate::run::edit::removal(&state, &"a/vpc".into(), true).unwrap();
    dropped.into_iter().for_each(|event| state.apply(event).unwrap());
    let planned = deploy(&program, &state, &fake, &PlanOptions::default()).await.unwrap();
    assert_eq!(planned.plan.render(), "#0 create a/vpc again (AWS::EC2::VPC)\n");
}

#[tokio::test(start_paused = true)]
async fn an_open_create_that_has_made_nothing_is_asked_for_again_as_the_same_one() {
    let mut state = state();
    crate::stages::diff::tests::pending_create(&mut state, "a/vpc", VPC);
    let program = assembly(&[vpc("10.0.0.0/16")]);
    let plan = deploy(&program, &state, &Fake::default(), &PlanOptions::default()).await.unwrap().plan;
    assert_eq!(plan.observed, []);
    assert_eq!(plan.render(), "#0 create a/vpc (AWS::EC2::VPC)\n");
}

#[tokio::test(start_paused = true)]
async fn a_saved_plan_shows_what_it_does() {
    let (fake, store) = (Fake::default(), MemoryStore::new());
    let program = assembly(&[vpc("10.0.0.0/16"), subnet()]);
    let loaded = store::load(&store, "shop").await.unwrap();
    let planned = deploy(&program, &loaded.state, &fake, &PlanOptions::default()).await.unwrap();
    let again = |planned: &Planned| Planned::from_json(&planned.to_json(Some(&program), &loaded));
    let saved = again(&planned).unwrap();
    assert_eq!((&saved.changes.changes, saved.whole()), (&planned.changes.changes, Some(&program)));
    assert_eq!(saved.plan.journal, Some(0));
    let mut part = planned.clone();
    part.is_part = true;
    assert_eq!(again(&part).unwrap().whole(), None);
    let mut hidden = planned.clone();
    hidden.changes.changes.remove("a/vpc");
    let refused = again(&hidden).unwrap_err();
    assert!(refused.to_string().ends_with("it has a step for `a/vpc` but does not show it"), "{refused}");
    assert_eq!(refused.hints(), [Hint::PlanAgain]);
    let mut idle = planned.clone();
    idle.plan.steps.clear();
    let refused = again(&idle).unwrap_err().to_string();
    assert!(refused.contains("it shows a change of `a/subnet` but has no step for it"), "{refused}");
    let other = Assembly { app: "other".into(), ..program.clone() };
    let refused = Planned::from_json(&planned.to_json(Some(&other), &loaded)).unwrap_err().to_string();
    assert!(refused.contains("it belongs to the app `shop` but contains the program of `other`"), "{refused}");
}

#[tokio::test(start_paused = true)]
async fn what_is_to_stay_in_the_account_is_not_replaced_by_another_type() {
    let (fake, store) = (Fake::default(), MemoryStore::new());
    let mut program = assembly(&[vpc("10.0.0.0/16")]);
    program.resources.get_mut("a/vpc").unwrap().lifecycle.retain = true;
    apply(&program, &store, &fake, &PlanOptions::default()).await;
    let state = store::load(&store, "shop").await.unwrap().state;
    let retyped = assembly(&[("a/vpc", LOG_GROUP, json!({}))]);
    let refused = deploy(&retyped, &state, &fake, &PlanOptions::default()).await;
    assert!(
        matches!(&refused, Err(Error::Planning(PlanningError::Retyped { paths })) if *paths == ["a/vpc".into()]),
        "{refused:?}"
    );
    program.resources.get_mut("a/vpc").unwrap().lifecycle.retain = false;
    apply(&program, &store, &fake, &PlanOptions::default()).await;
    let state = store::load(&store, "shop").await.unwrap().state;
    deploy(&retyped, &state, &fake, &PlanOptions::default()).await.unwrap();
}
