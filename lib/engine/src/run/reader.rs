//! Reads from the cloud: calls without effect, repeated until they are answered.

use std::cell::RefCell;
use std::cmp::Reverse;
use std::time::Duration;

use groundplan_core::Path;
use sha2::{Digest, Sha256};

use crate::Error;
use crate::hint::{Hint, Hints};
use crate::provider::{
    Address, Behavior, CreateRequest, ErrorClass, Existing, Live, LookupRequest, Matches, Outputs, Owner, Provider,
    ProviderError, Status, Wait,
};
use crate::run::rate_limit::{Closed, Rank, RateLimiter};

/// The number of reads after which an absent resource counts as deleted.
pub(crate) const READS: u32 = 5;

/// The number of reads after which a lookup is believed that finds nothing, or less than the program uses. Fewer than
/// for the resources of an app, of which it is known that they were made: mostly, a tag or a name is wrong. AWS
/// recommends a couple of seconds between reads:
/// <https://docs.aws.amazon.com/ec2/latest/devguide/eventual-consistency.html>.
const LOOKUPS: u32 = 3;

/// Reads from the cloud. Its calls share the rate limiter with all other calls.
#[derive(Clone, Copy)]
pub(crate) struct Reader<'a> {
    provider: &'a dyn Provider,
    limiter: &'a RateLimiter<'a>,
    rank: Rank,
}

/// The outcome of a deletion.
pub(crate) enum Fate {
    /// The resource does not exist any more.
    Gone,
    /// The cloud is deleting it.
    Going,
    /// It exists, and nothing deletes it.
    Stays(Live),
}

impl<'a> Reader<'a> {
    /// Returns a reader whose calls are all equally urgent.
    pub(crate) fn new(provider: &'a dyn Provider, limiter: &'a RateLimiter<'a>) -> Self {
        Self::ranked(provider, limiter, (0, Reverse(0)))
    }

    /// Returns a reader whose calls have this rank.
    pub(crate) fn ranked(provider: &'a dyn Provider, limiter: &'a RateLimiter<'a>, rank: Rank) -> Self {
        Self { provider, limiter, rank }
    }

    /// Returns the behavior of a type.
    pub(crate) fn behavior(&self, type_name: &str) -> Option<Behavior> {
        self.provider.behavior(type_name)
    }

    /// The identifiers of what an earlier create of the same identity has made. Nothing found is
    /// only believed after a while: what was just made may not be visible yet.
    pub(crate) async fn find_made(&self, request: &CreateRequest) -> Result<Vec<String>, ProviderError> {
        self.find_made_beside(request, 1, &|_| {}).await
    }

    /// As [`find_made`](Self::find_made), of which `retain` leaves those that the create may have made. Less than
    /// `least` are believed as nothing found is.
    pub(crate) async fn find_made_beside(
        &self,
        request: &CreateRequest,
        least: usize,
        retain: &dyn Fn(&mut Vec<String>),
    ) -> Result<Vec<String>, ProviderError> {
        let last = RefCell::new(Vec::new());
        let found = self.until_seen(async || {
            let mut found = self.repeat(&request.address, async || self.provider.find(request).await).await?;
            retain(&mut found);
            let is_enough = found.len() >= least;
            last.replace(found);
            Ok(is_enough.then_some(()))
        });
        found.await?;
        Ok(last.into_inner())
    }

    /// Reads a created resource. It counts as deleted only after a while, as in [`find_made`](Self::find_made).
    pub(crate) async fn read_made(&self, existing: &Existing) -> Result<Option<Live>, ProviderError> {
        self.until_seen(async || self.read(existing).await).await
    }

    /// A resource as one read shows it.
    pub(crate) async fn read(&self, existing: &Existing) -> Result<Option<Live>, ProviderError> {
        self.repeat(&existing.address, async || self.provider.read(existing).await).await
    }

    /// Returns the readiness of a resource, by one read.
    pub(crate) async fn status(&self, existing: &Existing) -> Result<Status, ProviderError> {
        self.repeat(&existing.address, async || self.provider.status(existing).await).await
    }

    /// Returns the owner in its identity tags.
    pub(crate) async fn owner(&self, existing: &Existing) -> Result<Option<Owner>, ProviderError> {
        self.repeat(&existing.address, async || self.provider.owner(existing).await).await
    }

    /// The outputs of what was seen, where it is as it is going to be: ready, or of a type that is ready
    /// at once, though another read may not see it yet, and which has all its outputs then.
    pub(crate) async fn ready(&self, existing: &Existing) -> Result<Option<Outputs>, ProviderError> {
        let behavior = self.provider.behavior(&existing.address.type_name);
        if behavior.is_none_or(|behavior| behavior.wait == Wait::NONE) {
            return Ok(Some(Outputs::new()));
        }
        match self.status(existing).await? {
            Status::Ready(outputs) => Ok(Some(outputs)),
            Status::Pending(_) | Status::Deleting(_) | Status::Blocked(_) | Status::Failed(_) | Status::Gone => {
                Ok(None)
            }
        }
    }

    /// Determines the outcome of a deletion that may or may not have been requested. A recent request may not be
    /// visible yet: a resource counts as not deleted only if none of the reads, spread over the consistency window,
    /// shows a deletion.
    pub(crate) async fn deletion(&self, existing: &Existing) -> Result<Fate, ProviderError> {
        let interval = self.provider.consistency_window() / (READS - 1);
        let mut seen = false;
        for read in 0..READS {
            if read > 0 {
                self.limiter.pause(interval).await.map_err(|Closed| self.stopped())?;
            }
            match self.status(existing).await {
                Ok(Status::Deleting(_)) => return Ok(Fate::Going),
                Ok(Status::Pending(_) | Status::Blocked(_) | Status::Failed(_) | Status::Ready(_)) => seen = true,
                Ok(Status::Gone) => {}
                Err(error) if error.class == ErrorClass::NotFound => {}
                Err(error) => return Err(error),
            }
        }
        let live = if seen { self.read_made(existing).await? } else { None };
        Ok(live.map_or(Fate::Gone, Fate::Stays))
    }

    /// The error of a read that is not made any more.
    fn stopped(&self) -> ProviderError {
        let asked = || ProviderError::new(ErrorClass::Transient, "the run was asked to stop");
        self.limiter.refused().cloned().unwrap_or_else(asked)
    }

    async fn until_seen<T>(
        &self,
        ask: impl AsyncFn() -> Result<Option<T>, ProviderError>,
    ) -> Result<Option<T>, ProviderError> {
        self.until(READS, ask).await
    }

    /// Asks up to `reads` times.
    async fn until<T>(
        &self,
        reads: u32,
        ask: impl AsyncFn() -> Result<Option<T>, ProviderError>,
    ) -> Result<Option<T>, ProviderError> {
        let interval = self.provider.consistency_window() / (READS - 1);
        for _ in 1..reads {
            if let Some(seen) = ask().await? {
                return Ok(Some(seen));
            }
            self.limiter.pause(interval).await.map_err(|Closed| self.stopped())?;
        }
        ask().await
    }

    /// Returns the result of a lookup. A resource that was just created may not be visible yet: an answer that is not `whole` is
    /// only believed after a few reads. An answer that is whole costs no second read.
    pub(crate) async fn look_up(
        &self,
        request: &LookupRequest,
        whole: &dyn Fn(&Matches) -> bool,
    ) -> Result<Matches, ProviderError> {
        let api = groundplan_schema::behavior(request.query.type_name()).map_or("", |behavior| behavior.api);
        let last = RefCell::new(Matches::default());
        let read = self.until(LOOKUPS, async || {
            let found = self.patiently(api, &request.path, async || self.provider.look_up(request).await).await?;
            let is_whole = whole(&found);
            last.replace(found);
            Ok(is_whole.then_some(()))
        });
        read.await?;
        Ok(last.into_inner())
    }

    /// Makes a call about a resource, as [`patiently`](Self::patiently) does.
    async fn repeat<T>(
        &self,
        address: &Address,
        ask: impl AsyncFn() -> Result<T, ProviderError>,
    ) -> Result<T, ProviderError> {
        let api = self.provider.behavior(&address.type_name).map_or("", |behavior| behavior.api);
        self.patiently(api, &address.path, ask).await
    }

    /// Makes a call until it succeeds, fails for good, or patience is at an end.
    async fn patiently<T>(
        &self,
        api: &'static str,
        path: &Path,
        ask: impl AsyncFn() -> Result<T, ProviderError>,
    ) -> Result<T, ProviderError> {
        let mut spent = Duration::ZERO;
        for attempt in 1.. {
            let permit = self.limiter.enter(api, self.rank).await.map_err(|Closed| self.stopped())?;
            let began = tokio::time::Instant::now();
            match permit.make(ask()).await {
                Err(error) if patience(error.class).is_some_and(|patience| spent < patience) => {
                    announce(path, attempt, &error);
                    let pause = backoff(path, attempt, error.class);
                    self.limiter.pause(pause).await.map_err(|Closed| error)?;
                    spent += began.elapsed();
                }
                answer => return answer,
            }
        }
        unreachable!("the attempts do not end")
    }
}

/// The attempt from which on a read that keeps failing is worth a line: about two seconds after the first one.
const ANNOUNCED: u32 = 3;

/// Logs once that a read keeps failing and is repeated, so that the user knows the reason for the wait. An API that
/// throttles answers, so throttling is not logged.
pub(crate) fn announce(subject: impl std::fmt::Display, attempt: u32, error: &ProviderError) {
    if attempt == ANNOUNCED && error.class != ErrorClass::Throttled {
        let minutes = patience(error.class).unwrap_or_default().as_secs() / 60;
        tracing::warn!("{subject}: {error}; retrying for up to {minutes} minutes");
    }
}

/// Returns the time for which a read is retried after an error of this class; `None` if retries do not help.
pub(crate) fn patience(class: ErrorClass) -> Option<Duration> {
    let minutes = match class {
        ErrorClass::Throttled => 10,
        // A read has no effect that could be doubled.
        ErrorClass::Transient | ErrorClass::Propagating | ErrorClass::UnknownOutcome => 2,
        _ => return None,
    };
    Some(Duration::from_secs(60 * minutes))
}

/// Half a second, doubled for each attempt up to 20 seconds, and between half and all of that:
/// resources that fail together do not come back together. Equal runs wait equally long.
pub(crate) fn backoff(path: &Path, attempt: u32, class: ErrorClass) -> Duration {
    let limit = if class == ErrorClass::Propagating { 5_000 } else { 20_000 };
    let longest = (500_u64 << attempt.min(6).saturating_sub(1)).min(limit);
    let hash = Sha256::digest(format!("{path}\n{attempt}"));
    let jitter = u64::from(u16::from_be_bytes([hash[0], hash[1]]));
    Duration::from_millis(longest / 2 + longest / 2 * jitter / u64::from(u16::MAX))
}

/// A read from the provider failed.
#[derive(Debug, thiserror::Error)]
#[error("{}{source}", subject(path.as_ref()))]
pub struct ReadError {
    /// The resource that was read, if one was read.
    pub path: Option<Path>,
    /// The error of the provider.
    pub source: Box<ProviderError>,
}

impl Hints for ReadError {
    fn hints(&self) -> Vec<Hint> {
        match &self.path {
            Some(_) => self.source.hints(),
            None => of_target(&self.source),
        }
    }
}

impl ReadError {
    pub(crate) fn of(path: Option<&Path>) -> impl FnOnce(ProviderError) -> Error {
        let path = path.cloned();
        move |source| Self { path, source: Box::new(source) }.into()
    }
}

fn subject(path: Option<&Path>) -> String {
    path.map(|path| format!("{path}: ")).unwrap_or_default()
}

/// Nothing is known of the target but how it was asked who the credentials belong to, or something like that.
fn of_target(source: &ProviderError) -> Vec<Hint> {
    match source.class {
        ErrorClass::Unauthenticated => source.hints(),
        ErrorClass::Denied => vec![Hint::CheckCredentials, Hint::UseSimulation],
        _ => vec![Hint::ReachTarget, Hint::UseSimulation],
    }
}
