//! The calls of a step: repeated by the class of their error, and waited for.

use std::time::Duration;

use groundplan_core::Path;
use tokio::time::Instant;
use zeroize::Zeroizing;

use super::StepError;
use super::progress::{Progress, ProgressEvent};
use super::veil::Veil;
use crate::hint::Hint;
use crate::provider::{DeleteRequest, Deletion, ErrorClass, Existing, Outputs, Provider, ProviderError, Status, Wait};
use crate::run::rate_limit::{Closed, Permit, Rank, RateLimiter};
use crate::run::reader::{self, READS, Reader};
use crate::stages::plan::{Step, StepId};

/// The time that a new resource, which no run has seen ready, may be invisible before it counts as deleted. This is
/// longer than the consistency window of the provider: a wrong answer would fail a create that has succeeded.
const LONGEST_INVISIBLE: Duration = Duration::from_secs(60);

/// The shortest time between two polls.
const SHORTEST: Duration = Duration::from_secs(1);

/// The kind of a call, as far as it decides about retries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Call {
    Create,
    Update,
    Delete,
    Look,
}

/// Returns the time for which a call is retried after an error of this class; `None` if retries do not help.
fn patience(class: ErrorClass, call: Call) -> Option<Duration> {
    let minutes = match (class, call) {
        (_, Call::Look) => return reader::patience(class),
        (ErrorClass::Throttled, _) => 10,
        (ErrorClass::Transient, _) | (ErrorClass::Propagating, _) => 2,
        // A repeated change has no effect that could be doubled.
        (ErrorClass::UnknownOutcome, Call::Delete | Call::Update) => 2,
        // Network interfaces that services leave behind take up to twenty minutes to go.
        (ErrorClass::Conflict, Call::Delete) => 25,
        // One change at a time, and a change of a database takes its time.
        (ErrorClass::Conflict, Call::Update) => 25,
        (ErrorClass::Conflict, Call::Create) => 2,
        _ => return None,
    };
    Some(Duration::from_secs(60 * minutes))
}

/// Returns whether a change that failed with an error of this class may succeed later.
pub(super) fn passes(class: ErrorClass) -> bool {
    patience(class, Call::Update).is_some()
}

/// A call that has come to no good end, however often it was repeated.
pub(super) struct Failure {
    /// The last error of the cloud; `None` if the run was requested to stop.
    pub(super) error: Option<ProviderError>,
    /// `true` if one of the attempts may have had its effect.
    pub(super) in_doubt: bool,
}

impl Failure {
    /// The identifier of what was made, where only a setting that follows the create has failed.
    pub(super) fn made(&self) -> Option<String> {
        let error = self.error.as_ref().filter(|error| error.settings)?;
        error.partial.clone()
    }

    /// For the journal, where nothing has happened.
    pub(super) fn message(&self) -> String {
        self.error.as_ref().map_or_else(|| StepError::Interrupted.to_string(), ToString::to_string)
    }
}

impl From<Failure> for StepError {
    fn from(failure: Failure) -> Self {
        failure.error.map_or(Self::Interrupted, Self::from)
    }
}

impl From<Closed> for StepError {
    fn from(_: Closed) -> Self {
        Self::Interrupted
    }
}

/// The calls of one step.
pub(super) struct Calls<'a> {
    provider: &'a dyn Provider,
    progress: &'a dyn Progress,
    limiter: &'a RateLimiter<'a>,
    api: &'static str,
    rank: Rank,
    step: StepId,
    path: Path,
    /// The permit that the step has started with.
    permit: Option<Permit<'a>>,
    /// Existing resources that the step needs, which may have been deleted outside of Groundplan.
    needed: Vec<Existing>,
    /// The values that no message of this step may have.
    veil: Veil,
}

impl<'a> Calls<'a> {
    /// Those of `step`, which has started with the permit for its first call.
    pub(super) fn new(
        step: &Step,
        provider: &'a dyn Provider,
        progress: &'a dyn Progress,
        limiter: &'a RateLimiter<'a>,
        (api, rank): (&'static str, Rank),
        permit: Option<Permit<'a>>,
    ) -> Self {
        let (step, path, veil) = (step.id, step.path.clone(), Veil::default());
        Self { provider, progress, limiter, api, rank, step, path, permit, needed: Vec::new(), veil }
    }

    /// If a change is refused because a resource is missing, reads once whether one of these no longer exists, instead
    /// of waiting for it.
    pub(super) fn need(&mut self, needed: Vec<Existing>) {
        self.needed = needed;
    }

    /// Keeps these secrets out of all that the cloud says from now on.
    pub(super) fn hide(&mut self, secrets: Vec<Zeroizing<String>>) {
        self.veil.hide(secrets);
    }

    /// Returns a reader for this step, whose own permit is released.
    pub(super) fn reader(&mut self) -> Reader<'a> {
        self.permit = None;
        Reader::ranked(self.provider, self.limiter, self.rank)
    }

    /// Makes a call until it succeeds, fails permanently, or the time for retries is over. A call without an effect is
    /// not repeated once the run is requested to stop; a create that made something in part never is, regardless of the
    /// class of its error, because the next one would make a second resource.
    pub(super) async fn repeat<T>(
        &mut self,
        call: Call,
        ask: impl AsyncFn() -> Result<T, ProviderError>,
    ) -> Result<T, Failure> {
        let mut in_doubt = false;
        // Waiting for a permit is not for want of patience.
        let mut spent = Duration::ZERO;
        for attempt in 1.. {
            let permit = match self.permit.take() {
                Some(permit) => permit,
                None => match self.limiter.enter(self.api, self.rank).await {
                    Ok(permit) => permit,
                    Err(Closed) => return Err(Failure { error: None, in_doubt }),
                },
            };
            let began = Instant::now();
            let error = match permit.make(ask()).await {
                Ok(answer) => {
                    self.log(call, attempt, began, None);
                    return Ok(answer);
                }
                Err(error) => self.veil.error(error),
            };
            self.log(call, attempt, began, Some(&error));
            in_doubt |= call != Call::Look && error.class == ErrorClass::UnknownOutcome;
            let wants = matches!(error.class, ErrorClass::Propagating | ErrorClass::NotFound | ErrorClass::Invalid);
            if wants && let Some(gone) = self.gone().await {
                return Err(Failure { error: Some(gone), in_doubt });
            }
            let in_part = call == Call::Create && error.partial.is_some();
            let patience =
                patience(error.class, call).map(|usual| error.patience.map_or(usual, |long| usual.max(long)));
            let patient = patience.is_some_and(|patience| spent < patience);
            if in_part || !patient {
                return Err(Failure { error: Some(error), in_doubt });
            }
            if let Err(Closed) = self.back_off(attempt, &error).await {
                return Err(Failure { error: None, in_doubt });
            }
            spent += began.elapsed();
        }
        unreachable!("the attempts do not end")
    }

    /// Logs a call that has ended. Reads are many, and of interest to fewer people.
    fn log(&self, call: Call, attempt: u32, began: Instant, error: Option<&ProviderError>) {
        let (path, took) = (&self.path, began.elapsed());
        match (call, error) {
            (Call::Look, None) => tracing::debug!(%path, ?call, ?took),
            (Call::Look, Some(error)) => tracing::debug!(%path, ?call, attempt, ?took, %error),
            (_, None) => tracing::info!(%path, ?call, ?took),
            (_, Some(error)) => tracing::info!(%path, ?call, attempt, ?took, %error),
        }
    }

    /// Returns an error if a resource that the step needs no longer exists.
    async fn gone(&mut self) -> Option<ProviderError> {
        let needed = std::mem::take(&mut self.needed);
        let reader = self.reader();
        for existing in needed {
            let unseen = matches!(reader.read(&existing).await, Ok(None));
            if unseen && matches!(reader.read_made(&existing).await, Ok(None)) {
                return Some(gone(&existing.address.path));
            }
        }
        None
    }

    pub(super) async fn back_off(&mut self, attempt: u32, error: &ProviderError) -> Result<(), Closed> {
        let after = reader::backoff(&self.path, attempt, error.class);
        self.progress.report(&ProgressEvent::Retrying {
            step: self.step,
            path: self.path.clone(),
            attempt,
            after,
            class: error.class,
            message: error.to_string(),
        });
        self.limiter.pause(after).await
    }

    /// Waits until the resource works. `new` says that no run has seen it ready yet: it may not be visible.
    pub(super) async fn until_ready(
        &mut self,
        existing: &Existing,
        wait: Wait,
        new: bool,
    ) -> Result<Outputs, StepError> {
        let started = Instant::now();
        let mut said = None;
        loop {
            let detail = match self.advance(existing, new).await? {
                Status::Ready(outputs) => return Ok(outputs),
                Status::Failed(reason) => return Err(StepError::NotReady { reason, failed: true }),
                Status::Blocked(reason) => return Err(StepError::NotReady { reason, failed: false }),
                Status::Pending(detail) | Status::Deleting(detail) => detail,
                Status::Gone if new && started.elapsed() < LONGEST_INVISIBLE => "not visible yet".into(),
                Status::Gone => return Err(StepError::NotReady { reason: "it does not exist".into(), failed: true }),
            };
            if started.elapsed() >= wait.timeout.max(LONGEST_INVISIBLE) {
                return Err(StepError::NotReady { reason: overdue(&detail, wait), failed: false });
            }
            self.say(&mut said, detail);
            self.limiter.pause(until_next_look(started.elapsed(), wait)).await?;
        }
    }

    /// Requests a deletion. A resource that is not found counts as deleted only after a while: a recently created one,
    /// perhaps by a run that was interrupted, may not be visible yet.
    pub(super) async fn delete(&mut self, request: &DeleteRequest) -> Result<Deletion, Failure> {
        let provider = self.provider;
        let mut in_doubt = false;
        for look in 1.. {
            let failure = match self.repeat(Call::Delete, async || provider.delete(request).await).await {
                Ok(deletion) => return Ok(deletion),
                Err(failure) => failure,
            };
            in_doubt |= failure.in_doubt;
            if failure.error.as_ref().is_none_or(|error| error.class != ErrorClass::NotFound) {
                return Err(Failure { in_doubt, ..failure });
            }
            if look == READS {
                return Ok(Deletion::Gone);
            }
            if let Err(Closed) = self.limiter.pause(provider.consistency_window() / (READS - 1)).await {
                return Err(Failure { error: None, in_doubt });
            }
        }
        unreachable!("the reads end by themselves")
    }

    /// Waits until an accepted deletion is complete. At first, a read that does not find the resource proves nothing: a
    /// recently created one may not be visible yet.
    pub(super) async fn until_gone(&mut self, existing: &Existing, wait: Wait) -> Result<(), StepError> {
        let started = Instant::now();
        let mut said = None;
        let consistency_window = self.provider.consistency_window();
        loop {
            let mut pause = until_next_look(started.elapsed(), wait);
            let detail = match self.advance(existing, false).await? {
                Status::Gone if started.elapsed() >= consistency_window => return Ok(()),
                Status::Gone => {
                    pause = pause.min(consistency_window);
                    "not visible".into()
                }
                Status::Failed(reason) => return Err(StepError::NotGone { reason }),
                Status::Pending(detail) | Status::Deleting(detail) | Status::Blocked(detail) => detail,
                Status::Ready(_) => "still there".into(),
            };
            if started.elapsed() >= wait.timeout {
                return Err(StepError::NotGone { reason: overdue(&detail, wait) });
            }
            self.say(&mut said, detail);
            self.limiter.pause(pause).await?;
        }
    }

    async fn advance(&mut self, existing: &Existing, new: bool) -> Result<Status, Failure> {
        let provider = self.provider;
        match self.repeat(Call::Look, async || provider.advance(existing, new).await).await {
            Err(Failure { error: Some(error), .. }) if error.class == ErrorClass::NotFound => Ok(Status::Gone),
            answer => Ok(self.veil.status(answer?)),
        }
    }

    fn say(&self, said: &mut Option<String>, detail: String) {
        if said.as_ref() != Some(&detail) {
            let event = ProgressEvent::Waiting { step: self.step, path: self.path.clone(), detail: detail.clone() };
            self.progress.report(&event);
            *said = Some(detail);
        }
    }
}

/// A fiftieth of what has passed: that something is ready is seen before another two hundredths of
/// its time have passed, and a quarter of an hour costs two hundred polls and not nine hundred.
fn until_next_look(elapsed: Duration, wait: Wait) -> Duration {
    (elapsed / 50).clamp(SHORTEST, wait.interval.max(SHORTEST))
}

/// Returns the error that a resource of the state no longer exists.
pub(super) fn gone(path: &Path) -> ProviderError {
    let message = format!("`{path}` was deleted outside of Groundplan");
    ProviderError::new(ErrorClass::NotFound, message).with_hint(Hint::Refresh)
}

fn overdue(detail: &str, wait: Wait) -> String {
    format!("it is still `{detail}` after {} minutes; run again to continue waiting", wait.timeout.as_secs() / 60)
}
