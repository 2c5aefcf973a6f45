//! Checks that the cost of a deploy grows with its changes, and not faster.
//!
//! How long it takes is measured by `docs/measure scale`; here are the causes, which are the same
//! on every machine.

#[path = "../../examples/src/bin/layered/graph.rs"]
mod graph;

use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use graph::layered;
use groundplan_engine::execute::{Cancellation, ExecuteOptions, execute};
use groundplan_engine::model::{Event, Loaded, LockOwner};
use groundplan_engine::planning::{self, PlanOptions, Planned};
use groundplan_engine::store::{Lock, MemoryStore, Stored};
use groundplan_engine::{Error, State, StateStore, load};
use groundplan_simulator::Simulator;

/// Counts what is written to a store.
#[derive(Default)]
struct Counting {
    store: MemoryStore,
    journal_writes: AtomicUsize,
    journal_bytes: AtomicUsize,
    state_writes: AtomicUsize,
    state_bytes: AtomicUsize,
}

/// The number of writes and bytes.
#[derive(Debug)]
struct Written {
    journal_writes: usize,
    journal_bytes: usize,
    state_writes: usize,
    state_bytes: usize,
}

impl Counting {
    fn take(&self) -> Written {
        Written {
            journal_writes: self.journal_writes.swap(0, Ordering::Relaxed),
            journal_bytes: self.journal_bytes.swap(0, Ordering::Relaxed),
            state_writes: self.state_writes.swap(0, Ordering::Relaxed),
            state_bytes: self.state_bytes.swap(0, Ordering::Relaxed),
        }
    }
}

#[async_trait]
impl StateStore for Counting {
    fn place(&self) -> String {
        self.store.place()
    }

    async fn load(&self) -> Result<Option<Stored>, Error> {
        self.store.load().await
    }

    async fn save(&self, state: &State) -> Result<(), Error> {
        self.state_writes.fetch_add(1, Ordering::Relaxed);
        self.state_bytes.fetch_add(state.to_json().len(), Ordering::Relaxed);
        self.store.save(state).await
    }

    async fn append(&self, base: u64, events: &[Event]) -> Result<(), Error> {
        let bytes = |event| serde_json::to_string(event).expect("an event has string keys only").len() + 1;
        self.journal_writes.fetch_add(1, Ordering::Relaxed);
        self.journal_bytes.fetch_add(events.iter().map(bytes).sum(), Ordering::Relaxed);
        self.store.append(base, events).await
    }

    async fn lock(&self, holder: &LockOwner) -> Result<Box<dyn Lock>, Error> {
        self.store.lock(holder).await
    }
}

/// An account, and the store of who deploys into it.
struct World {
    cloud: Simulator,
    store: Counting,
}

impl World {
    fn new() -> Self {
        Self { cloud: Simulator::in_memory(0), store: Counting::default() }
    }

    async fn plan(&self, resources: usize, mark: &str) -> (Loaded, Planned) {
        let assembly = layered(resources, mark).synth().expect("the program is valid").assembly;
        let loaded = load(&self.store, &assembly.app).await.expect("the state can be read");
        let planned = planning::deploy(&assembly, &loaded.state, &self.cloud, &PlanOptions::default()).await;
        (loaded, planned.expect("a plan"))
    }

    /// Deploys; gives what was written.
    async fn deploy(&self, resources: usize, mark: &str) -> Written {
        let (loaded, planned) = self.plan(resources, mark).await;
        let (options, cancellation) = (ExecuteOptions::default(), Cancellation::new());
        let run = execute(&planned.plan, loaded, &self.cloud, &self.store, &options, &(), &cancellation);
        assert!(run.await.expect("the plan can be executed").succeeded());
        self.store.take()
    }
}

#[tokio::test(start_paused = true)]
async fn a_first_deploy_writes_so_many_bytes_for_each_resource_however_many_there_are() {
    let few = World::new().deploy(100, "").await;
    let many = World::new().deploy(1000, "").await;
    // Longer numbers in paths, names and values are all that differs.
    assert!(many.journal_bytes < 11 * few.journal_bytes, "{many:?} {few:?}");
    assert!(many.state_bytes < 11 * few.state_bytes, "{many:?} {few:?}");
    // The empty one, so that its key is durable before anything refers to it, and the one that is
    // left.
    assert_eq!((few.state_writes, many.state_writes), (2, 2));
}

#[tokio::test(start_paused = true)]
async fn a_wave_of_calls_is_written_to_the_journal_at_once() {
    let written = World::new().deploy(1000, "").await;
    let waves = 1000 / ExecuteOptions::default().parallelism;
    // An answer goes with the next intents.
    assert!(written.journal_writes < waves * 5 / 4, "{written:?}");
}

#[tokio::test(start_paused = true)]
async fn one_change_writes_a_journal_of_the_same_length_whatever_else_there_is() {
    let mut written = Vec::new();
    for resources in [100, 1000] {
        let world = World::new();
        world.deploy(resources, "").await;
        written.push(world.deploy(resources, "another").await);
    }
    let [few, many] = &written[..] else { unreachable!("there are two") };
    assert_eq!(few.journal_bytes, many.journal_bytes);
    assert_eq!((few.journal_writes, few.state_writes), (many.journal_writes, many.state_writes));
    assert_eq!(many.state_writes, 1);
}

#[tokio::test(start_paused = true)]
async fn a_plan_asks_the_target_nothing_and_writes_nothing() {
    let world = World::new();
    world.deploy(100, "").await;
    let calls = world.cloud.calls().len();
    let (_, planned) = world.plan(100, "").await;
    assert!(planned.plan.is_empty());
    assert_eq!(world.cloud.calls().len(), calls);
    let written = world.store.take();
    assert_eq!((written.journal_writes, written.state_writes), (0, 0));
}
