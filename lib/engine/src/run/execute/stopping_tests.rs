//! Ctrl-C, and credentials that expire.

use super::*;

/// Deploys, and requests a stop after this time.
async fn stopped_after(seconds: u64, program: &Assembly, store: &MemoryStore, fake: &Fake) -> Outcome {
    let (plan, loaded) = plan(program, store, fake).await;
    let (cancellation, options) = (Cancellation::new(), ExecuteOptions::default());
    let run = execute(&plan, loaded, fake, store, &options, &(), &cancellation);
    let stop = async {
        tokio::time::sleep(Duration::from_secs(seconds)).await;
        cancellation.cancel();
    };
    tokio::join!(run, stop).0.unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_call_without_effect_is_not_repeated_once_the_run_is_asked_to_stop() {
    for class in [ErrorClass::Throttled, ErrorClass::Transient, ErrorClass::Propagating] {
        let (fake, store) = (Fake::default(), MemoryStore::new());
        (0..9).for_each(|_| fake.fail("create a/vpc", class));
        let outcome = stopped_after(5, &network(), &store, &fake).await;
        assert_eq!(outcome.elapsed, Duration::from_secs(5), "{class:?}");
        assert!(outcome.interrupted && outcome.failed.is_empty(), "{:?}", outcome.failed);
        assert_eq!(outcome.skipped.len(), 5, "all steps: {:?}", outcome.skipped);
        assert!(outcome.state.pending.is_empty() && outcome.state.resources.is_empty());
        fake.cloud().errors.clear();
        assert!(deploy(&network(), &store, &fake).await.succeeded());
        assert_eq!(fake.paths(), ["a/logs", "a/nat", "a/subnet", "a/vpc"]);
    }
}

#[tokio::test(start_paused = true)]
async fn readiness_is_left_to_the_next_run_once_the_run_is_asked_to_stop() {
    let (fake, store) = (Fake::default(), MemoryStore::new());
    let outcome = stopped_after(20, &network(), &store, &fake).await;
    assert_eq!(outcome.elapsed, Duration::from_secs(20));
    assert!(outcome.interrupted && outcome.failed.is_empty(), "{:?}", outcome.failed);
    assert_eq!(outcome.state.resources["a/nat"].status, crate::model::ResourceStatus::Accepted);
    let (plan, _) = plan(&network(), &store, &fake).await;
    assert_eq!(plan.render(), "#0 wait for a/nat (AWS::EC2::NatGateway)\n");
}

#[tokio::test(start_paused = true)]
async fn a_deploy_does_what_a_resource_needs_while_it_waits_and_a_plan_only_polls() {
    let (fake, store) = (Fake::default(), MemoryStore::new());
    stopped_after(20, &network(), &store, &fake).await;
    let advances = fake.cloud().advances;
    assert!(advances > 0, "the gateway takes a minute");
    plan(&network(), &store, &fake).await;
    assert_eq!(fake.cloud().advances, advances, "a plan changes nothing");
    assert!(deploy(&network(), &store, &fake).await.succeeded());
    assert!(fake.cloud().advances > advances);
}

#[tokio::test(start_paused = true)]
async fn what_no_run_has_seen_ready_is_new_to_the_next_one_as_well() {
    let (fake, store) = (Fake::default(), MemoryStore::new());
    let program = |size: &str| assembly(&[("a/db", DATABASE, json!({"Engine": "postgres", "DBInstanceClass": size}))]);
    let outcome = stopped_after(20, &program("small"), &store, &fake).await;
    assert_eq!(outcome.state.resources["a/db"].status, crate::model::ResourceStatus::Accepted);
    fake.cloud().advanced.clear();
    assert!(deploy(&program("small"), &store, &fake).await.succeeded());
    assert_eq!(fake.cloud().advanced, [("a/db".to_owned(), true)].into());
    assert!(deploy(&program("large"), &store, &fake).await.succeeded());
    assert_eq!(fake.cloud().advanced, [("a/db".to_owned(), false)].into());
}

#[tokio::test(start_paused = true)]
async fn a_create_in_doubt_stays_open_when_the_run_is_asked_to_stop() {
    let (fake, store) = (Fake::default(), MemoryStore::new());
    fake.lose("create a/nat");
    (0..9).for_each(|_| fake.fail("create a/nat", ErrorClass::Throttled));
    let outcome = stopped_after(3, &network(), &store, &fake).await;
    assert!(outcome.interrupted && outcome.failed.is_empty(), "{:?}", outcome.failed);
    assert!(outcome.state.pending.contains_key("a/nat"), "it has been made, though nobody knows");
    fake.cloud().errors.clear();
    assert!(deploy(&network(), &store, &fake).await.succeeded());
    assert_eq!(fake.paths(), ["a/logs", "a/nat", "a/subnet", "a/vpc"]);
}

#[tokio::test(start_paused = true)]
async fn a_create_in_doubt_stays_open_whatever_the_cloud_says_next() {
    let (fake, store) = (Fake::default(), MemoryStore::new());
    fake.lose("create a/nat");
    fake.fail("create a/nat", ErrorClass::Denied);
    let outcome = deploy(&network(), &store, &fake).await;
    assert_eq!(outcome.failed.len(), 1);
    assert!(outcome.state.pending.contains_key("a/nat"));
    assert!(deploy(&network(), &store, &fake).await.succeeded());
    assert_eq!(fake.paths(), ["a/logs", "a/nat", "a/subnet", "a/vpc"]);
}

#[tokio::test(start_paused = true)]
async fn credentials_that_expire_stop_the_run_and_are_told_of_once() {
    let names = ["a/one", "a/two", "a/three", "a/four"];
    let program = assembly(&names.map(|name| (name, LOG_GROUP, json!({"LogGroupName": name}))));
    let (fake, store) = (Fake::default(), MemoryStore::new());
    names[1..].iter().for_each(|name| fake.fail(&format!("create {name}"), ErrorClass::Unauthenticated));
    let options = ExecuteOptions { parallelism: 2, ..ExecuteOptions::default() };
    let outcome = deploy_with(&program, &store, &fake, options).await;
    assert_eq!(outcome.failed.len(), 1, "{:?}", outcome.failed);
    assert!(!outcome.interrupted && !outcome.succeeded());
    assert_eq!(fake.calls().len(), 2, "nothing new is started");
    assert!(outcome.skipped.iter().all(|skipped| skipped.because == SkipReason::Interrupted));
    assert!(outcome.state.pending.is_empty());
    fake.cloud().errors.clear();
    assert!(deploy(&program, &store, &fake).await.succeeded());
    assert_eq!(fake.paths(), ["a/four", "a/one", "a/three", "a/two"]);
}

#[tokio::test(start_paused = true)]
async fn a_permission_that_is_missing_fails_its_own_branch_only() {
    let (fake, store) = (Fake::default(), MemoryStore::new());
    fake.fail("create a/subnet", ErrorClass::Denied);
    let mut program = network();
    program.resources.extend(assembly(&[("a/other", LOG_GROUP, json!({}))]).resources);
    assert_eq!(deploy(&program, &store, &fake).await.failed.len(), 1);
    assert_eq!(fake.paths(), ["a/other", "a/vpc"]);
}

#[tokio::test(start_paused = true)]
async fn a_lookup_that_stopping_ends_is_no_failure() {
    let (fake, store) = (Fake::default(), MemoryStore::new());
    fake.fail("create a/vpc", ErrorClass::UnknownOutcome);
    let outcome = stopped_after(1, &network(), &store, &fake).await;
    assert!(outcome.interrupted && outcome.failed.is_empty(), "{:?}", outcome.failed);
    assert!(outcome.state.pending.contains_key("a/vpc"));
}
