//! Executes a plan.
//!
//! A step runs as soon as its dependencies are done, the one with the longest remaining path first, within the limits
//! on concurrent calls and on the rate of each API. A step that only waits for the cloud does not count. A step that
//! fails does not stop the others: only the steps that depend on it are skipped.

mod calls;
mod error;
mod fenced;
mod progress;
mod record;
pub(crate) mod secrets;
mod step;
mod timing_report;
mod veil;

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use futures::StreamExt;
use futures::future::LocalBoxFuture;
use futures::stream::FuturesUnordered;
use groundplan_core::Path;
use serde::Serialize;
use tokio::sync::watch;
use tokio::time::Instant;

pub use error::StepError;
pub use progress::{Progress, ProgressEvent};
pub use secrets::MissingSecrets;
pub use timing_report::TimingReport;

use fenced::Fenced;
use record::Record;
use step::Runner;

use crate::Error;
use crate::hint::{Hint, Hints};
use crate::model::{Event, Loaded, State};
use crate::provider::{ErrorClass, Provider};
use crate::run::account::WrongAccount;
use crate::run::rate_limit::{Rank, RateLimiter};
use crate::run::reader::ReadError;
use crate::run::store::StateStore;
use crate::run::upstream;
use crate::secret::{Told, Variables};
use crate::stages::plan::{Plan, Step, StepId, Work};
use crate::stages::resolve::substitute;

/// The options of an execution.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExecuteOptions {
    /// The maximum number of concurrent calls.
    pub parallelism: usize,
    /// Does not wait until resources are ready, unless another step needs them.
    pub no_wait: bool,
    /// Allows the loss of data.
    pub delete_data: bool,
    /// The environment variables that secrets may come from.
    pub variables: Variables,
}

impl Default for ExecuteOptions {
    fn default() -> Self {
        Self { parallelism: 10, no_wait: false, delete_data: false, variables: Variables::NONE }
    }
}

/// Asks a run to stop: no new call is started, and calls in flight are finished and recorded. The run then neither
/// retries a call without effect nor waits until a resource is ready.
#[derive(Clone, Debug)]
pub struct Cancellation(watch::Sender<bool>);

impl Cancellation {
    /// Creates a cancellation. Clones share its status.
    pub fn new() -> Self {
        Self(watch::Sender::new(false))
    }

    /// Asks the run to stop.
    pub fn cancel(&self) {
        self.0.send_replace(true);
    }

    /// Returns whether the run was requested to stop.
    pub fn is_cancelled(&self) -> bool {
        *self.0.borrow()
    }

    pub(crate) async fn cancelled(&self) {
        // The sender lives as long as this does, so that waiting never fails.
        let _ = self.0.subscribe().wait_for(|cancelled| *cancelled).await;
    }
}

impl Default for Cancellation {
    fn default() -> Self {
        Self::new()
    }
}

/// The execution of a plan has no outcome, or one that is not saved. There is no conversion into an [`Error`], since it
/// would lose the outcome.
#[derive(Debug, thiserror::Error)]
pub enum ExecuteError {
    /// The plan was refused, or the journal cannot be written.
    #[error(transparent)]
    Refused(#[from] Error),
    /// The state could not be saved at the end of the run. The journal contains the outcome, as far as it could be
    /// written.
    #[error("the resulting state could not be saved: {source}")]
    Unsaved {
        /// The outcome of the run.
        outcome: Box<Outcome>,
        /// The error of saving the state.
        source: Box<Error>,
    },
}

/// The outcome of the execution of a plan.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The resulting state.
    pub state: State,
    /// The completed steps, in order of completion.
    pub done: Vec<StepId>,
    /// The failed steps.
    pub failed: Vec<FailedStep>,
    /// The steps that were not started, or not completed when the run stopped.
    pub skipped: Vec<SkippedStep>,
    /// `true` if the run was requested to stop.
    pub interrupted: bool,
    /// The duration.
    pub elapsed: Duration,
    /// Durations to compare it with, if every step was completed.
    pub timing: Option<TimingReport>,
}

impl Outcome {
    /// Returns whether the plan was completed.
    pub fn succeeded(&self) -> bool {
        is_done(&self.failed, &self.skipped)
    }
}

fn is_done(failed: &[FailedStep], skipped: &[SkippedStep]) -> bool {
    failed.is_empty() && skipped.iter().all(|skipped| skipped.because == SkipReason::NotWaited)
}

/// A failed step.
#[derive(Clone, Debug, Serialize)]
pub struct FailedStep {
    /// The step.
    pub step: StepId,
    /// The resource.
    pub path: Path,
    /// The attempted action.
    pub verb: &'static str,
    /// The error.
    pub error: StepError,
}

/// Those of its error; one that exists already can be imported.
impl Hints for FailedStep {
    fn hints(&self) -> Vec<Hint> {
        match &self.error {
            StepError::Provider { class: ErrorClass::AlreadyExists, hints, .. } if hints.is_empty() => {
                vec![Hint::Import { path: Some(self.path.clone()), id: None, new_state: false }]
            }
            error => error.hints(),
        }
    }
}

/// A step that was not started, or not completed when the run stopped.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SkippedStep {
    /// The step.
    pub step: StepId,
    /// The resource.
    pub path: Path,
    /// The action that was not completed.
    pub verb: &'static str,
    /// The reason.
    pub because: SkipReason,
}

/// The reason why a step was skipped.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SkipReason {
    /// The step depends, directly or indirectly, on a failed step.
    Failed {
        /// The failed step.
        step: StepId,
        /// Its resource.
        path: Path,
    },
    /// The run was requested to stop, or had to, because its journal cannot be written, its credentials are no longer
    /// valid, or its lock is lost.
    Interrupted,
    /// The run does not wait until the resource is ready.
    NotWaited,
}

/// Executes `plan` from the state that it was made from, and saves the resulting state. The caller holds the lock of
/// `store`.
///
/// # Errors
/// The plan may not be executed ([`Plan::permit`], [`upstream::permit`]), is stale, or needs environment variables that
/// are not set. In these cases, nothing was changed. Or the state cannot be written: the journal contains the outcome,
/// and the next run continues from there ([`ExecuteError::Unsaved`]). Failed steps are part of the [`Outcome`].
pub async fn execute(
    plan: &Plan,
    loaded: Loaded,
    provider: &dyn Provider,
    store: &dyn StateStore,
    options: &ExecuteOptions,
    progress: &dyn Progress,
    cancellation: &Cancellation,
) -> Result<Outcome, ExecuteError> {
    plan.permit(options.delete_data)?;
    let loaded = current(plan, loaded)?;
    plan.verify(&loaded.state)?;
    let identity = provider.identity().await.map_err(ReadError::of(None))?;
    if identity.account != plan.identity.account {
        let what = "the plan was made for".to_owned();
        return Err(Error::WrongAccount(WrongAccount {
            what,
            stack: None,
            expected: plan.identity.account.clone(),
            actual: identity,
        })
        .into());
    }

    secrets::are_set(plan, &loaded.state, provider, &options.variables).await?;
    upstream::permit(plan, &loaded.state, store).await?;

    let serial = loaded.state.serial + 1;
    let (imports, outputs) = (loaded.state.imports.clone(), loaded.state.outputs.clone());
    let withdrawn = upstream::withdrawn(plan, &loaded.state);
    let announced = announced(plan, &loaded.state, &withdrawn);
    let record = Record::new(loaded, store).await?;
    let begun = std::iter::once(Event::Begun { serial, identity });
    record.commit(begun.chain(plan.observed.iter().cloned()).chain(announced.iter().cloned())).await?;
    // Another app may have begun to use what this run takes away, or have taken away what this run
    // uses, since it was asked above. Each run writes down first what it uses and takes away and
    // asks then, so that of two runs at the same time at least one sees the other, and ends here
    // before it has touched anything.
    if !announced.is_empty()
        && let Err(refused) = upstream::agree(plan, &withdrawn, store).await
    {
        record.note([Event::Imported { imports }, Event::Published { outputs }])?;
        record.finish().await.1?;
        return Err(refused.into());
    }
    let unseen = record.read(|state| step::unseen(plan, state));
    let started = Instant::now();
    let provider = &Fenced::new(provider, store);
    let limiter = RateLimiter::new(options.parallelism)
        .telling(|api, calls_per_second| progress.report(&ProgressEvent::Throttled { api, calls_per_second }));
    let told = &Told::default();
    let creates = step::creates(plan);
    let runner =
        Runner { plan, record: &record, provider, options, progress, limiter: &limiter, unseen, creates, told };
    progress.report(&ProgressEvent::Started { steps: plan.work().count() });
    let mut run = Run::new(plan, options, progress);
    limiter.keep(run.drive(&runner, cancellation)).await;

    let imports = upstream::merged(&plan.kept_imports, &plan.imports);
    if run.succeeded() && record.read(|state| state.imports != imports) {
        record.note([Event::Imported { imports }])?;
    }
    let (outputs, before) = record.read(|state| (published(plan, state), state.outputs.clone()));
    if outputs != before {
        record.note([Event::Published { outputs }])?;
    }
    let elapsed = started.elapsed();
    let (state, saved) = record.finish().await;
    let Run { done, failed, skipped, interrupted, took, .. } = run;
    let timing = took.into_iter().collect::<Option<Vec<_>>>().map(|took| TimingReport::of(plan, &took));
    let outcome = Outcome { state, done, failed, skipped, interrupted, elapsed, timing };
    match saved {
        Ok(()) => Ok(outcome),
        Err(error) => Err(ExecuteError::Unsaved { outcome: Box::new(outcome), source: Box::new(error) }),
    }
}

/// The state as loaded, where it is the one that the plan was made from.
fn current(plan: &Plan, mut loaded: Loaded) -> Result<Loaded, Error> {
    plan.fits(&loaded)?;
    // A state that is not written yet has the lineage of the plan.
    loaded.state.lineage = plan.lineage;
    Ok(loaded)
}

/// Returns what a run announces to other apps before its first change: the outputs that it uses from them, in addition
/// to earlier ones, and that it no longer publishes the outputs that it removes. Outputs of a resource that it deletes
/// are published again at the end, so that a run that is killed in between leaves no value of a deleted resource.
fn announced(plan: &Plan, state: &State, withdrawn: &BTreeSet<String>) -> Vec<Event> {
    let imports = upstream::merged(&state.imports, &plan.imports);
    let imported = (imports != state.imports).then_some(Event::Imported { imports });
    let mut outputs = state.outputs.clone();
    let dying = upstream::dying(plan, state);
    outputs.retain(|name, _| !withdrawn.contains(name) && !dying.contains(name));
    let published = (outputs != state.outputs).then_some(Event::Published { outputs });
    imported.into_iter().chain(published).collect()
}

/// The app's outputs, as far as the resources have them.
fn published(plan: &Plan, state: &State) -> BTreeMap<String, serde_json::Value> {
    let resolved =
        plan.outputs.iter().map(|(name, value)| (name, substitute(value, &|reference| state.value_of(reference))));
    resolved.filter(|(_, value)| value.is_known()).map(|(name, value)| (name.clone(), value.to_json())).collect()
}

/// The data of a run while its steps are executed.
struct Run<'a> {
    plan: &'a Plan,
    options: &'a ExecuteOptions,
    progress: &'a dyn Progress,
    dependents: Vec<Vec<StepId>>,
    /// The number of open dependencies of each step.
    open: Vec<usize>,
    /// The weight of the heaviest path from each step to an end.
    remaining: Vec<u64>,
    /// Steps that wait for no dependency and are about to queue for a permit.
    free: Vec<StepId>,
    settled: BTreeSet<StepId>,
    done: Vec<StepId>,
    failed: Vec<FailedStep>,
    skipped: Vec<SkippedStep>,
    /// The duration of each completed step.
    took: Vec<Option<Duration>>,
    /// Nothing is started any more.
    stopped: bool,
    interrupted: bool,
}

type Running<'r> = FuturesUnordered<LocalBoxFuture<'r, Ended<'r>>>;

/// A step that has come to its end.
struct Ended<'r> {
    step: &'r Step,
    elapsed: Duration,
    result: Result<Option<String>, StepError>,
}

impl<'a> Run<'a> {
    fn new(plan: &'a Plan, options: &'a ExecuteOptions, progress: &'a dyn Progress) -> Self {
        let mut dependents = vec![Vec::new(); plan.steps.len()];
        for step in &plan.steps {
            step.dependencies.iter().for_each(|before| dependents[before.0 as usize].push(step.id));
        }
        let mut remaining = vec![0; plan.steps.len()];
        for step in plan.steps.iter().rev() {
            let after = dependents[step.id.0 as usize].iter().map(|id| remaining[id.0 as usize]).max();
            remaining[step.id.0 as usize] = after.unwrap_or(0) + u64::from(step.weight);
        }
        let mut run = Self {
            plan,
            options,
            progress,
            dependents,
            open: plan.steps.iter().map(|step| step.dependencies.len()).collect(),
            remaining,
            free: Vec::new(),
            settled: BTreeSet::new(),
            done: Vec::new(),
            failed: Vec::new(),
            skipped: Vec::new(),
            took: vec![None; plan.steps.len()],
            stopped: false,
            interrupted: false,
        };
        plan.steps.iter().filter(|step| step.dependencies.is_empty()).for_each(|step| run.free(step.id));
        run
    }

    fn succeeded(&self) -> bool {
        is_done(&self.failed, &self.skipped)
    }

    async fn drive<'r>(&mut self, runner: &'r Runner<'r>, cancellation: &Cancellation) {
        let mut running: Running<'r> = FuturesUnordered::new();
        loop {
            // Who queues first goes first where nobody waits yet.
            self.free.sort_by_key(|id| Reverse(self.remaining[id.0 as usize]));
            for id in std::mem::take(&mut self.free) {
                self.start(runner, id, &running);
            }
            tokio::select! {
                biased;
                () = cancellation.cancelled(), if !self.stopped && !running.is_empty() => {
                    self.interrupted = true;
                    self.stop(runner);
                }
                Some(ended) = running.next() => self.ended(ended, runner),
                else => break,
            }
        }
        for step in &self.plan.steps {
            if !self.settled.contains(&step.id) {
                self.skip(step.id, SkipReason::Interrupted);
            }
        }
    }

    /// Lets a step run as soon as it has its permit.
    fn start<'r>(&mut self, runner: &'r Runner<'r>, id: StepId, running: &Running<'r>) {
        let step = runner.plan.step(id);
        if self.options.no_wait && step.work == Work::Ready && self.dependents[id.0 as usize].is_empty() {
            return self.skip(id, SkipReason::NotWaited);
        }
        let rank: Rank = (self.remaining[id.0 as usize], Reverse(id.0));
        running.push(Box::pin(async move {
            let permit = match runner.api(step) {
                None => Ok(None),
                Some(api) => runner.limiter.enter(api, rank).await.map(Some),
            };
            let Ok(permit) = permit else {
                return Ended { step, elapsed: Duration::ZERO, result: Err(StepError::Interrupted) };
            };
            if step.work == Work::Barrier {
                return Ended { step, elapsed: Duration::ZERO, result: Ok(None) };
            }
            runner.progress.report(&ProgressEvent::step_started(step));
            let started = Instant::now();
            // In a box of its own, so that those in the queue are small.
            let result = Box::pin(runner.run(step, permit, rank)).await;
            Ended { step, elapsed: started.elapsed(), result }
        }));
    }

    fn ended(&mut self, Ended { step, elapsed, result }: Ended<'_>, runner: &Runner<'_>) {
        let (path, verb) = (step.path.clone(), step.work.verb());
        let error = match result {
            Err(StepError::Interrupted) => return self.skip(step.id, SkipReason::Interrupted),
            // That the credentials are no good, or the lock is lost, is said once.
            Err(error) if self.stopped && ends_run(&error) => {
                return self.skip(step.id, SkipReason::Interrupted);
            }
            Err(error) => error,
            Ok(id) => {
                if step.work != Work::Barrier {
                    self.progress.report(&ProgressEvent::StepDone { step: step.id, path, verb, elapsed, id });
                }
                self.settled.insert(step.id);
                self.done.push(step.id);
                self.took[step.id.0 as usize] = Some(elapsed);
                for dependent in std::mem::take(&mut self.dependents[step.id.0 as usize]) {
                    self.open[dependent.0 as usize] -= 1;
                    if self.open[dependent.0 as usize] == 0 {
                        self.free(dependent);
                    }
                }
                return;
            }
        };
        let failed = FailedStep { step: step.id, path: path.clone(), verb, error: error.clone() };
        self.progress.report(&ProgressEvent::StepFailed { step: step.id, path: path.clone(), verb, elapsed, error });
        self.settled.insert(step.id);
        if matches!(failed.error, StepError::Journal { .. }) || ends_run(&failed.error) {
            self.stop(runner);
        }
        self.failed.push(failed);
        self.skip_dependents(step.id, &SkipReason::Failed { step: step.id, path });
    }

    fn free(&mut self, id: StepId) {
        if !self.stopped && !self.settled.contains(&id) {
            self.free.push(id);
        }
    }

    /// Starts nothing any more, and repeats nothing.
    fn stop(&mut self, runner: &Runner<'_>) {
        self.stopped = true;
        self.free.clear();
        runner.limiter.close();
        self.progress.report(&ProgressEvent::Stopping);
    }

    fn skip_dependents(&mut self, id: StepId, because: &SkipReason) {
        let mut open = std::mem::take(&mut self.dependents[id.0 as usize]);
        while let Some(dependent) = open.pop() {
            if !self.settled.contains(&dependent) {
                self.skip(dependent, because.clone());
                open.append(&mut self.dependents[dependent.0 as usize]);
            }
        }
    }

    fn skip(&mut self, id: StepId, because: SkipReason) {
        let step = self.plan.step(id);
        self.settled.insert(id);
        if step.work == Work::Barrier {
            return;
        }
        let skipped = SkippedStep { step: id, path: step.path.clone(), verb: step.work.verb(), because };
        self.progress.report(&ProgressEvent::skipped(&skipped));
        self.skipped.push(skipped);
    }
}

/// Returns whether every other call would fail with this error, too.
fn ends_run(error: &StepError) -> bool {
    matches!(error, StepError::Provider { class: ErrorClass::Unauthenticated | ErrorClass::LockLost, .. })
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
