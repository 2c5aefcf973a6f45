use groundplan_core::Assembly;
use serde_json::json;

use super::*;
use crate::fake::{Answer, Fake, VPC, assembly, vpc};
use crate::model::{Imports, ResourceState, RunResult};
use crate::provider::{ErrorClass, ProviderError};
use crate::run::store::{MemoryStore, StoreError};
use crate::run::upstream::UpstreamError;

/// A run of `target` in `store` to its end.
async fn run(
    cloud: &Fake,
    store: &MemoryStore,
    app: &str,
    goal: Goal<'_>,
    program: &Assembly,
) -> Result<Executed, ExecuteError> {
    let session = Session::new(app, store, cloud);
    let loaded = session.start(program, StartOptions::default()).await?.loaded;
    let planned = session.plan(goal, &loaded, &PlanOptions::default()).await?;
    session.permit(&planned.plan, &loaded, false).await?;
    let run = Run {
        plan: &planned.plan,
        assembly: matches!(goal, Goal::Program(_)).then_some(program),
        owner: &LockOwner::new("deploy").by("ada"),
        options: ExecuteOptions::default(),
        progress: &(),
        cancellation: &Cancellation::new(),
    };
    session.execute(run, loaded).await
}

#[tokio::test(start_paused = true)]
async fn every_run_is_in_the_history_with_its_program_and_its_end() {
    let (cloud, store) = (Fake::default(), MemoryStore::new());
    let program = assembly(&[vpc("10.0.0.0/16")]);
    run(&cloud, &store, "shop", Goal::Program(&program), &program).await.unwrap();
    cloud
        .cloud()
        .errors
        .insert("delete a/vpc".into(), vec![Answer::Refused(ProviderError::new(ErrorClass::Invalid, "no"))]);
    let failed = run(&cloud, &store, "shop", Goal::Nothing, &program).await.unwrap();
    assert!(!failed.outcome.succeeded() && failed.unrecorded.is_none());
    let runs = store.history().await.unwrap().runs;
    let told: Vec<_> = runs.iter().map(|run| (run.serial, run.who.starts_with("ada"), run.result)).collect();
    assert_eq!(told, [(1, true, Some(RunResult::Succeeded)), (2, true, Some(RunResult::Failed))]);
    assert_eq!(store.assembly(1).await.unwrap(), Some(program));
    assert_eq!(store.assembly(2).await.unwrap(), None);
}

#[tokio::test(start_paused = true)]
async fn a_run_uses_what_other_apps_publish_and_plans_with_what_they_will_publish() {
    let (cloud, place) = (Fake::default(), MemoryStore::new());
    let import = json!({"$import": {"app": "network", "name": "block", "form": "text"}});
    let program = assembly(&[("a/vpc", VPC, json!({"CidrBlock": import}))]);
    let (network, shop) = (place.beside("network"), place.beside("shop"));
    let session = Session::new("shop", &shop, &cloud);
    let loaded = session.start(&program, StartOptions::default()).await.unwrap().loaded;
    let options = PlanOptions::default();
    let missing = session.plan(Goal::Program(&program), &loaded, &options).await;
    assert!(matches!(missing, Err(Error::Upstream(UpstreamError::Missing { .. }))), "{missing:?}");
    let expected = BTreeMap::from([("network".to_owned(), vec!["block".to_owned()])]);
    let planned = session.plan_expecting(Goal::Program(&program), &loaded, &options, &expected).await.unwrap();
    assert_eq!(planned.changes.count().create, 1);

    let mut published = crate::model::State::new("network");
    published.outputs.insert("block".into(), "10.9.0.0/16".into());
    network.save(&published).await.unwrap();
    let executed = run(&cloud, &shop, "shop", Goal::Program(&program), &program).await.unwrap();
    let resources: Vec<&ResourceState> = executed.outcome.state.resources.values().collect();
    assert_eq!(resources[0].properties["CidrBlock"].as_str(), Some("10.9.0.0/16"));
    assert_ne!(executed.outcome.state.imports, Imports::new());
}

#[tokio::test(start_paused = true)]
async fn an_absent_state_is_not_taken_for_an_empty_account() {
    let (cloud, store) = (Fake::default(), MemoryStore::new());
    let program = assembly(&[vpc("10.0.0.0/16")]);
    let session = Session::new("shop", &store, &cloud);
    let owned = || vec![Ok(vec!["AWS::EC2::VPC vpc-1".to_owned()])];
    cloud.cloud().owned = owned().into_iter().collect();
    let refused = session.start(&program, StartOptions::default()).await;
    assert!(matches!(refused, Err(Error::Store(StoreError::Owned { .. }))), "{refused:?}");
    cloud.cloud().owned = owned().into_iter().collect();
    let started = session.start(&program, StartOptions { new_state: true, is_emulated: false }).await.unwrap();
    assert!(started.loaded.is_first() && started.unsearched.is_none());
}

#[tokio::test(start_paused = true)]
async fn an_import_and_an_edit_are_in_the_history() {
    let (cloud, store) = (Fake::default(), MemoryStore::new());
    let program = assembly(&[vpc("10.0.0.0/16")]);
    run(&cloud, &MemoryStore::new(), "shop", Goal::Program(&program), &program).await.unwrap();
    let (session, path, id) = (Session::new("shop", &store, &cloud), "a/vpc".into(), cloud.id("a/vpc"));
    let (owner, variables) = (LockOwner::new("import").by("ada"), &Variables::NONE);
    let request = import::Request { path: &path, id: &id, take_ownership: false, variables, parallelism: 10 };
    let loaded = session.start(&program, StartOptions::default()).await.unwrap().loaded;
    let Import { events, identity, .. } = session.import(&program, &loaded, &request).await.unwrap();
    assert!(store.history().await.unwrap().is_empty(), "nothing was changed");
    let imported = session.edit(loaded, events, Some(identity), &owner).await.unwrap();
    assert_eq!((&*imported.done.resources["a/vpc"].id, imported.unrecorded.is_none()), (&*id, true));
    let loaded = session.start(&program, StartOptions::default()).await.unwrap().loaded;
    let events = edit::moves(&loaded.state, &path, &"a/net".into()).unwrap();
    session.edit(loaded, events, None, &owner).await.unwrap();
    let runs = store.history().await.unwrap().runs;
    let told: Vec<_> = runs.iter().map(|run| (run.serial, run.moves.len(), run.result)).collect();
    assert_eq!(told, [(1, 0, Some(RunResult::Succeeded)), (2, 1, Some(RunResult::Succeeded))]);
}
