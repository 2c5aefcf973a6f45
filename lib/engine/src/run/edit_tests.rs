use std::collections::BTreeSet;

use groundplan_core::Environment;
use groundplan_core::assembly::Lifecycle;
use serde_json::json;

use super::*;
use crate::fake::{Fake, assembly, subnet, vpc};
use crate::model::{Intent, Operation};
use crate::run::edit::EditError;
use crate::run::execute::{Cancellation, ExecuteOptions, execute};
use crate::run::planning::{self, PlanOptions};
use crate::run::store::{self, MemoryStore};

async fn deployed() -> (Fake, MemoryStore) {
    let (fake, store) = (Fake::default(), MemoryStore::new());
    let loaded = store::load(&store, "shop").await.unwrap();
    let program = assembly(&[vpc("10.0.0.0/16"), subnet()]);
    let planned = planning::deploy(&program, &loaded.state, &fake, &PlanOptions::default()).await.unwrap();
    let options = ExecuteOptions::default();
    execute(&planned.plan, loaded, &fake, &store, &options, &(), &Cancellation::new()).await.unwrap();
    (fake, store)
}

async fn state(store: &MemoryStore) -> State {
    store::load(store, "shop").await.unwrap().state
}

async fn mv(store: &MemoryStore, from: &str, to: &str) -> Result<State, Error> {
    let loaded = store::load(store, "shop").await?;
    let events = moves(&loaded.state, &from.into(), &to.into())?;
    commit(loaded, None, events, store).await
}

#[tokio::test(start_paused = true)]
async fn a_move_takes_everything_below_and_what_depends_on_it_along() {
    let (fake, store) = deployed().await;
    let moved = mv(&store, "a", "b/net").await.unwrap();
    assert_eq!(moved.serial, 2);
    assert_eq!(moved.resources.keys().map(Path::as_str).collect::<Vec<_>>(), ["b/net/subnet", "b/net/vpc"]);
    assert_eq!(moved.resources["b/net/subnet"].dependencies, ["b/net/vpc".into()].into());
    assert_eq!(state(&store).await, moved);
    let mut program = assembly(&[
        ("b/net/vpc", crate::fake::VPC, json!({"CidrBlock": "10.0.0.0/16"})),
        (
            "b/net/subnet",
            crate::fake::SUBNET,
            json!({"CidrBlock": "10.0.1.0/24", "VpcId": {"$ref": "b/net/vpc#VpcId"}}),
        ),
    ]);
    program.stacks = [("b".to_owned(), program.stacks["a"].clone())].into();
    let planned = planning::deploy(&program, &moved, &fake, &PlanOptions::default()).await.unwrap();
    assert!(planned.plan.is_empty(), "{:?}", planned.plan);
}

#[tokio::test(start_paused = true)]
async fn what_is_moved_to_a_path_has_no_part_in_what_was_there_before() {
    let (_, store) = deployed().await;
    let loaded = store::load(&store, "shop").await.unwrap();
    let events = removal(&loaded.state, &"a/vpc".into(), false).unwrap();
    let forgotten = commit(loaded, None, events, &store).await.unwrap();
    // It may be imported again.
    assert_eq!(forgotten.resources["a/subnet"].dependencies, ["a/vpc".into()].into());
    let moved = mv(&store, "a/subnet", "a/vpc").await.unwrap();
    assert!(moved.resources["a/vpc"].dependencies.is_empty(), "it does not depend on itself");
}

#[tokio::test(start_paused = true)]
async fn a_scope_moves_into_itself_and_out_again() {
    let (_, store) = deployed().await;
    mv(&store, "a/vpc", "a/x/y").await.unwrap();
    mv(&store, "a/subnet", "a/x").await.unwrap();
    let moved = mv(&store, "a/x", "a/x/y").await.unwrap();
    assert_eq!(moved.resources.keys().map(Path::as_str).collect::<Vec<_>>(), ["a/x/y", "a/x/y/y"]);
    let moved = mv(&store, "a/x/y", "a/x").await.unwrap();
    assert_eq!(moved.resources.keys().map(Path::as_str).collect::<Vec<_>>(), ["a/x", "a/x/y"]);
}

#[tokio::test(start_paused = true)]
async fn a_move_from_nowhere_or_to_a_taken_or_impossible_path_changes_nothing() {
    let (_, store) = deployed().await;
    let before = state(&store).await;
    let cases = [
        (("a/vcp", "a/x"), "there is no `a/vcp` in the state; did you mean `a/vpc`?"),
        (
            ("a/vpc", "a/subnet"),
            "`a/subnet` is taken: the state already has a resource there; first move or remove that resource",
        ),
        (
            ("a/vpc", "a/vpc"),
            "`a/vpc` is taken: the state already has a resource there; first move or remove that resource",
        ),
        (
            ("a/vpc", "a//x"),
            "`a//x` is not a path: a path consists of names joined by `/` and begins with its stack, as in `shop/vpc`",
        ),
        (
            ("a/vpc", "x"),
            "`x` is not a path: a path consists of names joined by `/` and begins with its stack, as in `shop/vpc`",
        ),
    ];
    for ((from, to), expected) in cases {
        assert_eq!(mv(&store, from, to).await.unwrap_err().to_string(), expected);
    }
    assert_eq!(state(&store).await, before);
}

#[tokio::test(start_paused = true)]
async fn what_is_taken_out_stays_in_the_account() {
    let (fake, store) = deployed().await;
    let loaded = store::load(&store, "shop").await.unwrap();
    let gone = within(&loaded.state, &"a".into()).unwrap();
    let events = gone.into_iter().map(|path| Event::Forgotten { path });
    let left = commit(loaded, None, events, &store).await.unwrap();
    assert!(left.resources.is_empty());
    assert_eq!(fake.paths(), ["a/subnet", "a/vpc"]);
}

/// A run was killed when it had announced this create.
async fn open_create(store: &MemoryStore, path: &str, generation: u32) {
    let operation = Operation::Create {
        type_name: crate::fake::VPC.into(),
        environment: Environment::new("us-east-1"),
        generation,
    };
    let intent = Intent {
        operation,
        token: "t".into(),
        asked: None,
        properties: BTreeMap::new(),
        secrets: BTreeMap::new(),
        dependencies: BTreeSet::new(),
        lifecycle: Lifecycle::default(),
    };
    let loaded = store::load(store, "shop").await.unwrap();
    commit(loaded, None, [Event::Intent { path: path.into(), intent }], store).await.unwrap();
}

async fn rm(store: &MemoryStore, path: &str, open_only: bool) -> Result<State, Error> {
    let loaded = store::load(store, "shop").await?;
    let events = removal(&loaded.state, &path.into(), open_only)?;
    commit(loaded, None, events, store).await
}

#[tokio::test(start_paused = true)]
async fn an_open_create_is_dropped_on_request_and_its_token_is_never_used_again() {
    let (_, store) = deployed().await;
    open_create(&store, "a/new/one", 1).await;
    assert_eq!(state(&store).await.open_creates().map(|(path, _)| path.as_str()).collect::<Vec<_>>(), ["a/new/one"]);
    let left = rm(&store, "a/new", false).await.unwrap();
    assert!(left.pending.is_empty());
    assert_eq!(left.next_generation(&"a/new/one".into()), 2);
    assert_eq!(left.resources.keys().map(Path::as_str).collect::<Vec<_>>(), ["a/subnet", "a/vpc"]);
}

#[tokio::test(start_paused = true)]
async fn of_a_replacement_the_open_create_alone_can_be_dropped() {
    let (_, store) = deployed().await;
    open_create(&store, "a/vpc", 2).await;
    let left = rm(&store, "a", true).await.unwrap();
    assert!(left.pending.is_empty());
    assert_eq!(left.resources.keys().map(Path::as_str).collect::<Vec<_>>(), ["a/subnet", "a/vpc"]);

    open_create(&store, "a/vpc", 3).await;
    let left = rm(&store, "a/vpc", false).await.unwrap();
    assert!(left.pending.is_empty() && !left.resources.contains_key("a/vpc"));
}

#[tokio::test(start_paused = true)]
async fn what_is_not_there_cannot_be_dropped() {
    let (_, store) = deployed().await;
    let error = rm(&store, "a/vpc", true).await.unwrap_err();
    assert_eq!(error.to_string(), "there is no `a/vpc` in the open creates");
    let error = rm(&store, "a/vcp", false).await.unwrap_err();
    assert_eq!(error.to_string(), "there is no `a/vcp` in the state; did you mean `a/vpc`?");
}

#[tokio::test(start_paused = true)]
async fn nothing_moves_to_where_an_interrupted_run_may_have_made_something() {
    let (_, store) = deployed().await;
    open_create(&store, "a/new", 1).await;
    let before = state(&store).await;
    let error = mv(&store, "a/vpc", "a/new").await.unwrap_err();
    assert_eq!(error.to_string(), "`a/new` is taken: an interrupted run may have created a resource there");
    assert_eq!(error.hints(), [Hint::FinishOpen, Hint::DropOpenCreate { path: "a/new".into() }]);
    assert_eq!(state(&store).await, before);
}

#[tokio::test(start_paused = true)]
async fn what_was_retained_is_dropped_where_nothing_stands() {
    let (fake, store) = deployed().await;
    let loaded = store::load(&store, "shop").await.unwrap();
    let events = ["a/subnet", "a/vpc"].map(|path| Event::Retained { path: path.into() });
    commit(loaded, None, events, &store).await.unwrap();
    assert!(matches!(rm(&store, "a", true).await, Err(Error::UnknownPaths(_))), "it is no open create");
    let moved = mv(&store, "a/vpc", "a/net").await;
    assert!(
        matches!(&moved, Err(Error::Edit(EditError::OnlyRetained { path })) if path.as_str() == "a/vpc"),
        "{moved:?}"
    );
    assert!(matches!(mv(&store, "a/net", "a/x").await, Err(Error::UnknownPaths(_))));
    assert_eq!(rm(&store, "a/vpc", false).await.unwrap().retained.len(), 1);
    assert_eq!(rm(&store, "a", false).await.unwrap().retained, []);
    assert!(matches!(rm(&store, "a", false).await, Err(Error::UnknownPaths(_))));
    assert_eq!(fake.paths(), ["a/subnet", "a/vpc"]);
}

#[tokio::test(start_paused = true)]
async fn of_what_was_retained_and_what_stands_there_the_former_alone_can_be_dropped() {
    let (_, store) = deployed().await;
    let mut state = state(&store).await;
    let (vpc, subnet) = (state.resources["a/vpc"].clone(), state.resources["a/subnet"].clone());
    for path in ["a/subnet", "a/vpc"] {
        state.apply(Event::Retained { path: path.into() }).unwrap();
    }
    state.resources = [("a/subnet".into(), subnet), ("a/vpc".into(), vpc)].into();
    let managed = state.resources.clone();
    let paths = |dropped: Vec<Orphan>| dropped.into_iter().map(|old| old.path.to_string()).collect::<Vec<_>>();
    let mut one = state.clone();
    assert_eq!(paths(drop_retained(&mut one, &"a/vpc".into()).unwrap()), ["a/vpc"]);
    assert_eq!(one.retained.iter().map(|old| old.path.as_str()).collect::<Vec<_>>(), ["a/subnet"]);
    assert_eq!(paths(drop_retained(&mut state, &"a".into()).unwrap()), ["a/subnet", "a/vpc"]);
    assert_eq!((&one.resources, &state.resources), (&managed, &managed));
    let error = drop_retained(&mut one, &"a/subnte".into()).unwrap_err().to_string();
    assert_eq!(error, "there is no `a/subnte` in the records of retained resources; did you mean `a/subnet`?");
}
