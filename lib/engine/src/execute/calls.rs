//! Calls to the cloud: repeated by the class of their error, and waited for.

use std::time::Duration;

use groundplan_core::Path;
use sha2::{Digest, Sha256};
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::{Instant, sleep};

use super::StepError;
use super::progress::{Progress, ProgressEvent};
use crate::plan::{Step, StepId};
use crate::provider::{
    CreateRequest, DeleteRequest, Deletion, ErrorClass, Existing, Live, Outputs, Provider, ProviderError, Status, Wait,
};

/// How long something that was just made may look as if it did not exist.
const SETTLING: Duration = Duration::from_secs(60);

/// The shortest time between two looks.
const SHORTEST: Duration = Duration::from_secs(1);

/// What is being done, as far as it decides what is repeated.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Call {
    Create,
    Update,
    Delete,
    Look,
}

/// How long a call is repeated after an error of this class; none where repeating does not help.
fn patience(class: ErrorClass, call: Call) -> Option<Duration> {
    let minutes = match (class, call) {
        (ErrorClass::Throttled, _) => 10,
        (ErrorClass::Transient, _) | (ErrorClass::Propagating, _) => 2,
        // A read or a repeated change has no effect that could be doubled.
        (ErrorClass::UnknownOutcome, Call::Look | Call::Delete | Call::Update) => 2,
        // Network interfaces that services leave behind take up to twenty minutes to go.
        (ErrorClass::Conflict, Call::Delete) => 25,
        // One change at a time, and a change of a database takes its time.
        (ErrorClass::Conflict, Call::Update) => 25,
        (ErrorClass::Conflict, Call::Create) => 2,
        _ => return None,
    };
    Some(Duration::from_secs(60 * minutes))
}

/// The step's share of the calls that may be under way at once. It is given back while the step
/// waits.
pub(super) struct Slot<'a> {
    all: &'a Semaphore,
    permit: Option<SemaphorePermit<'a>>,
}

impl<'a> Slot<'a> {
    pub(super) fn new(all: &'a Semaphore, permit: SemaphorePermit<'a>) -> Self {
        Self { all, permit: Some(permit) }
    }

    /// Gives it back for good. What is left to do is to write down the answer, and the next call
    /// need not wait for that: its intent goes with it.
    pub(super) fn give_back(&mut self) {
        self.permit = None;
    }

    async fn pause(&mut self, duration: Duration) {
        self.permit = None;
        sleep(duration).await;
        self.permit = Some(self.all.acquire().await.expect("the slots are never closed"));
    }
}

/// The calls of one step.
pub(super) struct Calls<'a> {
    pub(super) provider: &'a dyn Provider,
    pub(super) progress: &'a dyn Progress,
    pub(super) step: StepId,
    pub(super) path: Path,
    pub(super) slot: Slot<'a>,
}

impl<'a> Calls<'a> {
    pub(super) fn new(provider: &'a dyn Provider, progress: &'a dyn Progress, step: &Step, slot: Slot<'a>) -> Self {
        Self { provider, progress, step: step.id, path: step.path.clone(), slot }
    }

    /// Makes a call until it succeeds, fails for good, or patience is at an end.
    pub(super) async fn repeat<T>(
        &mut self,
        call: Call,
        ask: impl AsyncFn() -> Result<T, ProviderError>,
    ) -> Result<T, ProviderError> {
        let started = Instant::now();
        for attempt in 1.. {
            let error = match ask().await {
                Ok(answer) => return Ok(answer),
                Err(error) => error,
            };
            match patience(error.class, call).filter(|patience| started.elapsed() < *patience) {
                Some(_) => self.back_off(attempt, &error).await,
                None => return Err(error),
            }
        }
        unreachable!("the attempts do not end")
    }

    pub(super) async fn back_off(&mut self, attempt: u32, error: &ProviderError) {
        let after = backoff(&self.path, attempt, error.class);
        self.progress.report(&ProgressEvent::Retrying {
            step: self.step,
            path: self.path.clone(),
            attempt,
            after,
            class: error.class,
            message: error.to_string(),
        });
        self.slot.pause(after).await;
    }

    /// Waits until the resource works. `new` says that it was just made, so that it may not be
    /// visible yet.
    pub(super) async fn until_ready(
        &mut self,
        existing: &Existing,
        wait: Wait,
        new: bool,
    ) -> Result<Outputs, StepError> {
        let started = Instant::now();
        let mut said = None;
        loop {
            let detail = match self.status(existing).await? {
                Status::Ready(outputs) => return Ok(outputs),
                Status::Failed(reason) => return Err(StepError::NotReady { reason, failed: true }),
                Status::Pending(detail) => detail,
                Status::Gone if new && started.elapsed() < SETTLING => "not visible yet".into(),
                Status::Gone => return Err(StepError::NotReady { reason: "it does not exist".into(), failed: true }),
            };
            if started.elapsed() >= wait.timeout.max(SETTLING) {
                return Err(StepError::NotReady { reason: overdue(&detail, wait), failed: false });
            }
            self.say(&mut said, detail);
            self.slot.pause(wait.interval.max(SHORTEST)).await;
        }
    }

    /// Asks for a deletion, and waits until the resource is gone.
    pub(super) async fn delete(&mut self, request: &DeleteRequest, wait: Wait) -> Result<(), StepError> {
        let provider = self.provider;
        let deletion = match self.repeat(Call::Delete, async || provider.delete(request).await).await {
            Err(error) if error.class == ErrorClass::NotFound => return Ok(()),
            answer => answer?,
        };
        if deletion == Deletion::Gone {
            return Ok(());
        }
        let started = Instant::now();
        let mut said = None;
        loop {
            let detail = match self.status(&request.existing).await? {
                Status::Gone => return Ok(()),
                Status::Failed(reason) => return Err(StepError::NotGone { reason }),
                Status::Pending(detail) => detail,
                Status::Ready(_) => "still there".into(),
            };
            if started.elapsed() >= wait.timeout {
                return Err(StepError::NotGone { reason: overdue(&detail, wait) });
            }
            self.say(&mut said, detail);
            self.slot.pause(wait.interval.max(SHORTEST)).await;
        }
    }

    async fn status(&mut self, existing: &Existing) -> Result<Status, ProviderError> {
        let provider = self.provider;
        match self.repeat(Call::Look, async || provider.status(existing).await).await {
            Err(error) if error.class == ErrorClass::NotFound => Ok(Status::Gone),
            answer => answer,
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

fn overdue(detail: &str, wait: Wait) -> String {
    format!("it is still `{detail}` after {} minutes; run again to go on waiting", wait.timeout.as_secs() / 60)
}

/// Half a second, doubled for each attempt up to 20 seconds, and between half and all of that:
/// resources that fail together do not come back together. Equal runs wait equally long.
fn backoff(path: &Path, attempt: u32, class: ErrorClass) -> Duration {
    let limit = if class == ErrorClass::Propagating { 5_000 } else { 20_000 };
    let longest = (500_u64 << attempt.min(6).saturating_sub(1)).min(limit);
    let hash = Sha256::digest(format!("{path}\n{attempt}"));
    let jitter = u64::from(u16::from_be_bytes([hash[0], hash[1]]));
    Duration::from_millis(longest / 2 + longest / 2 * jitter / u64::from(u16::MAX))
}

/// How often it is looked before it is believed that something is not there.
const LOOKS: u32 = 5;

/// The identifiers of what an earlier create of the same identity has made. Nothing found is only
/// believed after a while: what was just made may not be visible yet.
pub(crate) async fn find_made(provider: &dyn Provider, request: &CreateRequest) -> Result<Vec<String>, ProviderError> {
    let path = &request.address.path;
    let found = until_seen(provider, async || {
        let found = look(path, async || provider.find(request).await).await?;
        Ok((!found.is_empty()).then_some(found))
    });
    Ok(found.await?.unwrap_or_default())
}

/// A resource that was made, as it is now. That it is gone is only believed after a while, as in
/// [`find_made`].
pub(crate) async fn read_made(provider: &dyn Provider, existing: &Existing) -> Result<Option<Live>, ProviderError> {
    let path = &existing.address.path;
    until_seen(provider, async || look(path, async || provider.read(existing).await).await).await
}

async fn until_seen<T>(
    provider: &dyn Provider,
    ask: impl AsyncFn() -> Result<Option<T>, ProviderError>,
) -> Result<Option<T>, ProviderError> {
    let interval = provider.settling() / (LOOKS - 1);
    for _ in 1..LOOKS {
        if let Some(seen) = ask().await? {
            return Ok(Some(seen));
        }
        sleep(interval).await;
    }
    ask().await
}

/// Makes a call without effect until it succeeds, fails for good, or patience is at an end.
pub(crate) async fn look<T>(path: &Path, ask: impl AsyncFn() -> Result<T, ProviderError>) -> Result<T, ProviderError> {
    let started = Instant::now();
    for attempt in 1.. {
        match ask().await {
            Err(error) if patience(error.class, Call::Look).is_some_and(|patience| started.elapsed() < patience) => {
                sleep(backoff(path, attempt, error.class)).await;
            }
            answer => return answer,
        }
    }
    unreachable!("the attempts do not end")
}
