//! An account, a disk, and a user who deploys until it is done.

use std::collections::{BTreeMap, BTreeSet};
use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use groundplan::{Assembly, Path};
use groundplan_engine::execute::{
    Cancellation, ExecuteError, ExecuteOptions, Outcome, ProgressEvent, StepError, execute,
};
use groundplan_engine::model::{Loaded, ResourceStatus};
use groundplan_engine::plan::PlanError;
use groundplan_engine::planning::{self, PlanOptions, Planned};
use groundplan_engine::upstream::Upstream;
use groundplan_engine::{Error, ResourceState, State, StateStore, load};
use groundplan_simulator::{Faults, Limit, Simulator};
use uuid::Uuid;

use crate::disk::{Disk, How, PUBLISHED, Trouble};
use crate::programs::{Target, Version};

/// The source of the lineage and the digest key of every state: all randomness comes from the seed.
const FIXED: u128 = 0x5eed;

/// A simulated account and the disk of those who deploy into it.
pub(crate) struct World {
    pub(crate) cloud: Simulator,
    pub(crate) disk: Disk,
    /// The events, for the reader of a failure.
    pub(crate) trace: Vec<String>,
    /// By type and identifier, the resources that all versions since the last run without disturbance have, with their
    /// identities. Each of them has to exist at any time.
    kept: BTreeMap<(String, String), String>,
    /// The identities of the resources of the deployed program.
    things: BTreeMap<Path, String>,
}

/// A disturbance of a run.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Disturbance {
    /// The process dies after its execution was polled so often.
    pub(crate) polls: Option<usize>,
    /// A write with a fault.
    pub(crate) trouble: Option<Trouble>,
    /// The number of progress events after which the run is requested to stop.
    pub(crate) cancelled: Option<usize>,
}

/// The end of a run.
#[derive(Debug)]
pub(crate) enum Ended {
    /// The process has died.
    Crashed,
    /// The state is saved.
    Saved(Box<Outcome>),
    /// It was refused or could not be saved.
    Refused(Error),
}

/// The end of a run without disturbance.
#[derive(Debug, PartialEq, Eq)]
enum Settled {
    Succeeded,
    /// A resource that was created under disturbances has failed.
    Failed,
    /// One deploy cannot do it, and the plan says so.
    Refused,
}

/// The options of a run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Manner {
    pub(crate) parallelism: usize,
    pub(crate) no_wait: bool,
    pub(crate) refresh: bool,
}

impl Default for Manner {
    fn default() -> Self {
        Self { parallelism: 10, no_wait: false, refresh: false }
    }
}

impl World {
    pub(crate) fn new(seed: u64) -> Self {
        let cloud = Simulator::in_memory(seed);
        PUBLISHED.into_iter().for_each(|(_, value)| cloud.assume(value));
        Self { cloud, disk: Disk::default(), trace: Vec::new(), kept: BTreeMap::new(), things: BTreeMap::new() }
    }

    /// From now on, this version of the program is deployed.
    pub(crate) fn author(&mut self, version: &Version) {
        self.things = version.things.clone();
        let things: BTreeSet<&String> = self.things.values().collect();
        self.kept.retain(|_, thing| things.contains(thing));
    }

    /// Sees that all is there that is to stay.
    fn watch(&self) {
        if self.kept.is_empty() {
            return;
        }
        let inventory = self.cloud.inventory().expect("the account is in memory");
        let there: BTreeSet<_> = inventory.iter().map(|item| (&*item.type_name, &*item.id)).collect();
        for ((type_name, id), thing) in &self.kept {
            assert!(there.contains(&(&**type_name, &**id)), "gone, though both programs have it: {id}, {thing}");
        }
    }

    /// Injects these faults from now on.
    pub(crate) fn suffer(&mut self, faults: Faults) {
        let cloud = std::mem::replace(&mut self.cloud, Simulator::in_memory(0));
        self.cloud = cloud.with_faults(faults);
    }

    /// From now on, the APIs take so many calls.
    pub(crate) fn limit(&mut self, limits: &'static [Limit]) {
        let cloud = std::mem::replace(&mut self.cloud, Simulator::in_memory(0));
        self.cloud = cloud.with_limits(limits);
    }

    /// Loads, plans, executes, as the command line does.
    pub(crate) async fn run(&mut self, target: &Target, manner: Manner, disturbance: Disturbance) -> Ended {
        self.disk.start(disturbance.trouble);
        let _lock = match self.disk.lock(&groundplan_engine::model::LockOwner::new("deploy")).await {
            Ok(lock) => lock,
            Err(error) => return Ended::Refused(error),
        };
        let loaded = self.load(target).await;
        // What has failed is made anew.
        let failed = [ResourceStatus::Failed, ResourceStatus::Tainted];
        let stands = loaded.state.resources.values().filter(|resource| !failed.contains(&resource.status));
        let stands: BTreeSet<_> = stands.map(|resource| (&*resource.type_name, &*resource.id)).collect();
        self.kept.retain(|(type_name, id), _| stands.contains(&(&**type_name, &**id)));
        let planned = match self.plan(target, &loaded, manner).await {
            Ok(planned) => planned,
            Err(error) => {
                self.trace.push(format!("  planning: {error}"));
                return Ended::Refused(error);
            }
        };
        self.trace.extend(planned.plan.observed.iter().map(|event| format!("  found {event:?}")));
        self.trace.extend(planned.plan.render().lines().map(|line| format!("  {line}")));
        let ended = self.execute(&planned, loaded, manner, disturbance).await;
        self.trace.push(match &ended {
            Ended::Crashed => "  crashed".into(),
            Ended::Refused(error) => format!("  {error}"),
            Ended::Saved(outcome) => {
                let failed = outcome.failed.iter().map(|it| format!("\n    {} {}: {}", it.verb, it.path, it.error));
                format!("  saved after {:?}{}", outcome.elapsed, failed.collect::<String>())
            }
        });
        ended
    }

    /// The state of the disk folded with its journal. It always fits together.
    pub(crate) async fn load(&self, target: &Target) -> Loaded {
        let app = match target {
            Target::Deployed(assembly) => assembly.app.clone(),
            Target::Destroyed(app) => app.clone(),
        };
        let mut loaded = load(&self.disk, &app).await.expect("what an interrupted run leaves can be loaded");
        if loaded.base.is_none() {
            let (lineage, digest_key) = (Uuid::from_u128(FIXED), format!("{FIXED:064x}"));
            loaded.state = State { lineage, digest_key, ..loaded.state };
        }
        loaded
    }

    pub(crate) async fn plan(&self, target: &Target, loaded: &Loaded, manner: Manner) -> Result<Planned, Error> {
        let upstream = match target {
            Target::Deployed(assembly) => Upstream::read(assembly, &self.disk).await?,
            Target::Destroyed(_) => Upstream::NONE,
        };
        let options = PlanOptions { refresh: manner.refresh, delete_data: true, upstream, ..PlanOptions::default() };
        match target {
            Target::Deployed(assembly) => planning::deploy(assembly, &loaded.state, &self.cloud, &options).await,
            Target::Destroyed(_) => planning::destroy(&loaded.state, &self.cloud, &options).await,
        }
    }

    async fn execute(&self, planned: &Planned, loaded: Loaded, manner: Manner, disturbance: Disturbance) -> Ended {
        let options = ExecuteOptions {
            parallelism: manner.parallelism,
            no_wait: manner.no_wait,
            delete_data: true,
            ..ExecuteOptions::default()
        };
        let cancellation = Cancellation::new();
        let reported = std::sync::atomic::AtomicUsize::new(0);
        let progress = |_: &ProgressEvent| {
            let number = 1 + reported.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            if disturbance.cancelled == Some(number) {
                cancellation.cancel();
            }
        };
        let mut run = pin!(execute(&planned.plan, loaded, &self.cloud, &self.disk, &options, &progress, &cancellation));
        let mut polls = 0;
        poll_fn(|context| {
            if disturbance.polls == Some(polls) {
                return Poll::Ready(Ended::Crashed);
            }
            polls += 1;
            let polled = run.as_mut().poll(context);
            self.watch();
            match polled {
                Poll::Ready(Ok(outcome)) => Poll::Ready(Ended::Saved(Box::new(outcome))),
                Poll::Ready(Err(ExecuteError::Refused(error))) => Poll::Ready(Ended::Refused(error)),
                Poll::Ready(Err(ExecuteError::Unsaved { source, .. })) => Poll::Ready(Ended::Refused(*source)),
                Poll::Pending if self.disk.crashed() => Poll::Ready(Ended::Crashed),
                Poll::Pending => Poll::Pending,
            }
        })
        .await
    }

    /// Runs without any trouble, and checks that one such run is enough for the account to hold
    /// exactly what it should; or two, where the first one sees fail what was made in trouble. Gives whether
    /// that was so, or the plan was refused since one deploy cannot do it.
    pub(crate) async fn resume(&mut self, target: &Target) -> bool {
        self.suffer(Faults::default());
        self.trace.push("without trouble:".into());
        let settled = match self.settle(target).await {
            Settled::Refused => return false,
            Settled::Failed => self.settle(target).await,
            Settled::Succeeded => Settled::Succeeded,
        };
        assert_eq!(settled, Settled::Succeeded, "what failed is not replaced");
        crate::invariants::hold(self, target).await;
        let state = self.load(target).await.state;
        let thing = |(path, resource): (&Path, &ResourceState)| {
            let thing = self.things.get(path)?.clone();
            Some(((resource.type_name.clone(), resource.id.clone()), thing))
        };
        self.kept = state.resources.iter().filter_map(thing).collect();
        true
    }

    /// Runs without disturbance, and returns the end.
    async fn settle(&mut self, target: &Target) -> Settled {
        match self.run(target, Manner::default(), Disturbance::default()).await {
            Ended::Saved(outcome) => {
                let doomed = |error: &StepError| matches!(error, StepError::NotReady { failed: true, .. });
                assert!(outcome.failed.iter().all(|it| doomed(&it.error)), "one run without trouble is not enough");
                if outcome.succeeded() { Settled::Succeeded } else { Settled::Failed }
            }
            Ended::Refused(
                Error::Plan(PlanError::Claimed { .. })
                | Error::Plan(PlanError::Swapped { .. })
                | Error::Plan(PlanError::Held { .. }),
            ) => Settled::Refused,
            ended => panic!("a run without trouble has not been saved: {ended:?}"),
        }
    }
}

impl Target {
    pub(crate) fn assembly(&self) -> Option<&Assembly> {
        match self {
            Self::Deployed(assembly) => Some(assembly),
            Self::Destroyed(_) => None,
        }
    }
}

/// Runs on a clock that advances without waiting.
pub(crate) fn virtually<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
    runtime.expect("a runtime without threads starts").block_on(work)
}

/// Somewhat more than the longest wait of the engine: a longer run hangs.
pub(crate) const AGES: Duration = Duration::from_secs(24 * 60 * 60);

impl Disturbance {
    pub(crate) fn poll(polls: usize) -> Self {
        Self { polls: Some(polls), ..Self::default() }
    }

    pub(crate) fn write(write: usize, how: How, written: usize) -> Self {
        Self { trouble: Some(Trouble { write, how, written }), ..Self::default() }
    }
}
