//! The lock of a shared store: a lease.
//!
//! The owner renews the lease three times within its duration, and may lose it if it does not renew it for that long.
//! The clocks of two machines are never compared for this: another run takes a lease over after it has seen it
//! unchanged for its whole duration, by its own monotonic clock, and the owner counts from the time before it sent its
//! last renewal. AWS's lock client for DynamoDB works in the same way:
//! <https://aws.amazon.com/blogs/database/building-distributed-locks-with-the-dynamodb-lock-client/>. The times in the
//! record are for messages, and for how long a run waits.
//!
//! Every change of the record is conditional on what was read, and no two records are equal. If two runs want the lease
//! at the same time, exactly one gets it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tokio::task::AbortHandle;
use tokio::time::{Instant, sleep, timeout};
use uuid::Uuid;

use crate::Error;
use crate::model::{FormatError, LastHeartbeat, LockOwner};
use crate::provider::{ErrorClass, Fence, ProviderError};
use crate::run::store::StoreError;

/// The duration of a lease without renewal.
const LEASE: Duration = Duration::from_secs(30);

/// The number of renewals in that time.
const RENEWALS: u32 = 3;

/// The part of a lease for which its holder is sure of it. The rest is for monotonic clocks that do
/// not go at the same pace.
const SURE: f64 = 0.9;

/// The number of attempts of a change that conflicts with another one.
const TRIES: usize = 10;

/// The version of the record's format that this crate writes.
const FORMAT: u32 = 1;

/// A store of small texts by name with conditional writes: a text changes only if it is still the one that was read.
/// Examples are an object of a bucket with an ETag, and an item of a table with a condition.
///
/// An implementation may repeat a change whose response was lost. If the repetition is refused because the first
/// attempt had succeeded, the caller detects that.
#[async_trait]
pub trait CompareAndSwapStore: Send + Sync {
    /// Reads a text consistently.
    async fn read(&self, name: &str) -> Result<Option<StoredText>, Error>;

    /// Writes `text` if the version `over` is still current, or, if `over` is `None`, if there is no text. Returns the
    /// new version, or `None` if the condition fails.
    async fn write(&self, name: &str, text: &str, over: Option<&str>) -> Result<Option<String>, Error>;

    /// Deletes the text if it has this version. Returns whether it did.
    async fn delete(&self, name: &str, version: &str) -> Result<bool, Error>;
}

/// A text in a [`CompareAndSwapStore`], with its version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredText {
    /// The text.
    pub text: String,
    /// Identifies this version of the text.
    pub version: String,
}

/// A wall clock, which may jump.
pub(super) type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// The content of a lease's cell.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Record {
    format: u32,
    holder: LockOwner,
    /// Tells this lease from all others.
    token: Uuid,
    /// The duration of the lease, in seconds.
    lease: u64,
    /// Counts the renewals, so that no two records are alike.
    beat: u64,
    /// The time of the last renewal by the owner's clock, in seconds since 1970. For people.
    renewed: i64,
}

impl Record {
    fn to_json(&self) -> String {
        serde_json::to_string(self).expect("a record has string keys only")
    }

    fn from_json(text: &str, place: &str) -> Result<Self, Error> {
        #[derive(Deserialize)]
        struct Header {
            format: u32,
        }
        let place = || format!("the lock of {place}");
        let corrupt = |error: serde_json::Error| {
            Error::Format(FormatError::Corrupt { place: place(), reason: error.to_string() })
        };
        let Header { format } = serde_json::from_str(text).map_err(corrupt)?;
        if format > FORMAT {
            return Err(Error::Format(FormatError::Newer { place: place(), found: format, known: FORMAT }));
        }
        serde_json::from_str(text).map_err(corrupt)
    }
}

/// The one lease of a name, for all who want it.
#[derive(Clone)]
pub(super) struct Leases {
    cells: Arc<dyn CompareAndSwapStore>,
    name: String,
    /// The locked location, for messages.
    place: String,
    wall: Clock,
    /// The version that was seen last, and since when.
    seen: Arc<Mutex<Option<(String, Instant)>>>,
}

impl Leases {
    pub(super) fn new(cells: Arc<dyn CompareAndSwapStore>, name: String, place: String, wall: Clock) -> Self {
        Self { cells, name, place, wall, seen: Arc::default() }
    }

    /// Takes the lease, and returns whether it was taken over from another run.
    ///
    /// # Errors
    /// [`StoreError::Locked`] if another run has it. A waiting run repeats the attempt; an owner that sends no heartbeat
    /// meanwhile loses the lease.
    pub(super) async fn acquire(&self, holder: &LockOwner) -> Result<(Lease, bool), Error> {
        let token = Uuid::new_v4();
        for _ in 0..TRIES {
            let over = self.cells.read(&self.name).await?;
            if let Some(cell) = &over
                && !self.is_silent(cell)?
            {
                return Err(self.locked(cell)?);
            }
            let started = self.now();
            let renewed = started.wall.as_second();
            let record =
                Record { format: FORMAT, holder: holder.clone(), token, lease: LEASE.as_secs(), beat: 0, renewed };
            let over_version = over.as_ref().map(|cell| cell.version.as_str());
            let written = self.cells.write(&self.name, &record.to_json(), over_version).await?;
            let version = match written {
                Some(version) => Some(version),
                // It may be there all the same: the answer of the first try was lost.
                None => self.own(token).await?.map(|(_, version)| version),
            };
            if let Some(version) = version {
                let current = tokio::sync::Mutex::new(Current { record, version });
                let held =
                    Held { leases: self.clone(), token, current, sure: Mutex::new(started), lost: Mutex::default() };
                return Ok((Lease::keep(Arc::new(held)), over.is_some()));
            }
        }
        match self.cells.read(&self.name).await? {
            Some(cell) => Err(self.locked(&cell)?),
            None => {
                let how = "changed owner repeatedly during the attempt to take it".into();
                Err(StoreError::LockLost { place: self.place.clone(), how }.into())
            }
        }
    }

    /// Returns whether a run holds it.
    pub(super) async fn is_held(&self) -> Result<bool, Error> {
        Ok(self.cells.read(&self.name).await?.is_some())
    }

    /// Takes the lease away from its owner.
    pub(super) async fn break_it(&self) -> Result<Option<LockOwner>, Error> {
        for _ in 0..TRIES {
            let Some(cell) = self.cells.read(&self.name).await? else { return Ok(None) };
            // What cannot be read is taken away as well: this is the way out of it.
            let holder =
                Record::from_json(&cell.text, &self.place).map_or_else(|_| LockOwner::unknown(), |it| it.holder);
            // It may have been renewed since.
            if self.cells.delete(&self.name, &cell.version).await? {
                return Ok(Some(holder));
            }
        }
        Err(StoreError::LockLost { place: self.place.clone(), how: "went from hand to hand".into() }.into())
    }

    /// Returns whether this record has been seen for the whole duration of the lease. Remembers that it was seen.
    fn is_silent(&self, cell: &StoredText) -> Result<bool, Error> {
        let lease = Duration::from_secs(Record::from_json(&cell.text, &self.place)?.lease);
        let mut seen = lock(&self.seen);
        match &*seen {
            Some((version, since)) if *version == cell.version => Ok(since.elapsed() >= lease),
            _ => {
                *seen = Some((cell.version.clone(), Instant::now()));
                Ok(false)
            }
        }
    }

    fn locked(&self, cell: &StoredText) -> Result<Error, Error> {
        let Record { holder, lease, renewed, .. } = Record::from_json(&cell.text, &self.place)?;
        let ago = (self.wall)().as_second().saturating_sub(renewed);
        let heard = LastHeartbeat { ago, lease: Duration::from_secs(lease) };
        Ok(Error::Store(StoreError::Locked { place: self.place.clone(), holder: Box::new(holder), heard: Some(heard) }))
    }

    /// Returns the record with this token, if it is the current one.
    async fn own(&self, token: Uuid) -> Result<Option<(Record, String)>, Error> {
        let Some(cell) = self.cells.read(&self.name).await? else { return Ok(None) };
        let record = Record::from_json(&cell.text, &self.place)?;
        Ok((record.token == token).then_some((record, cell.version)))
    }

    fn now(&self) -> Moment {
        Moment { monotonic: Instant::now(), wall: (self.wall)() }
    }
}

/// A moment by both clocks: one does not advance while the machine sleeps, the other one jumps.
#[derive(Clone, Copy)]
struct Moment {
    monotonic: Instant,
    wall: Timestamp,
}

/// The lease while this process has it, renewed by a task of its own. Dropping it leaves it to run
/// out.
pub(super) struct Lease {
    held: Arc<Held>,
    heartbeat: AbortHandle,
}

struct Held {
    leases: Leases,
    token: Uuid,
    current: tokio::sync::Mutex<Current>,
    /// Before the last renewal that is known to have happened.
    sure: Mutex<Moment>,
    /// The way in which it was lost.
    lost: Mutex<Option<String>>,
}

struct Current {
    record: Record,
    version: String,
}

impl Lease {
    fn keep(held: Arc<Held>) -> Self {
        let heartbeat = tokio::spawn(heartbeat(held.clone())).abort_handle();
        Self { held, heartbeat }
    }

    /// Tells this lease from all others.
    pub(super) fn token(&self) -> Uuid {
        self.held.token
    }

    /// Returns when it is sure that the lease is this process's, now and since it was taken.
    ///
    /// # Errors
    /// [`StoreError::LockLost`], and what keeps it from being renewed.
    pub(super) async fn confirm(&self) -> Result<(), Error> {
        self.held.confirm().await
    }

    /// Tells whether the lease is surely this process's.
    pub(super) fn fence(&self) -> Arc<dyn Fence> {
        self.held.clone()
    }

    /// Returns the reason why another run could write: the lease is lost, and is marked as such from now on.
    pub(super) async fn overtaken(&self) -> Error {
        match self.held.renew().await {
            Ok(()) => self.held.lose("did not prevent another run from writing".into()),
            Err(error) => error,
        }
    }

    /// Gives it back where it is still this process's.
    pub(super) async fn release(&self) -> Result<(), Error> {
        self.heartbeat.abort();
        let held = &self.held;
        let current = held.current.lock().await;
        let Leases { cells, name, .. } = &held.leases;
        if cells.delete(name, &current.version).await? {
            return Ok(());
        }
        // The answer to the last renewal may have been lost.
        match held.leases.own(held.token).await? {
            Some((_, version)) => cells.delete(name, &version).await.map(drop),
            None => Ok(()),
        }
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.heartbeat.abort();
    }
}

/// Renews a lease until it is lost or no longer needed.
async fn heartbeat(held: Arc<Held>) {
    let interval = LEASE / RENEWALS;
    let mut pause = interval;
    loop {
        sleep(pause).await;
        pause = match timeout(interval, held.renew()).await {
            Ok(Ok(())) => interval,
            Ok(Err(Error::Store(StoreError::LockLost { .. }))) => return,
            failed => {
                tracing::warn!("the lock of {} cannot be renewed: {failed:?}", held.leases.place);
                interval / 10
            }
        };
    }
}

impl Fence for Held {
    fn check(&self) -> Result<(), ProviderError> {
        let silent = || self.lock_lost("was not renewed in time");
        let held = self.not_lost().and_then(|()| if self.is_sure() { Ok(()) } else { Err(silent()) });
        held.map_err(|error| ProviderError::new(ErrorClass::LockLost, format!("it was not tried: {error}")))
    }
}

impl Held {
    async fn confirm(&self) -> Result<(), Error> {
        self.not_lost()?;
        if self.is_sure() {
            return Ok(());
        }
        // The machine has slept, its clock has jumped, or the store did not answer. Nobody may have
        // wanted the lease in that time, and only a renewal tells.
        self.renew().await
    }

    /// Returns whether no other run can have taken over the lease. Both clocks have to agree.
    fn is_sure(&self) -> bool {
        let sure = *lock(&self.sure);
        let slept = (self.leases.wall)().duration_since(sure.wall);
        let limit = LEASE.mul_f64(SURE);
        sure.monotonic.elapsed() < limit && Duration::try_from(slept).is_ok_and(|slept| slept < limit)
    }

    async fn renew(&self) -> Result<(), Error> {
        let mut current = self.current.lock().await;
        let Leases { cells, name, .. } = &self.leases;
        for _ in 0..TRIES {
            self.not_lost()?;
            let started = self.leases.now();
            let (beat, renewed) = (current.record.beat + 1, started.wall.as_second());
            let record = Record { beat, renewed, ..current.record.clone() };
            if let Some(version) = cells.write(name, &record.to_json(), Some(&current.version)).await? {
                *current = Current { record, version };
                *lock(&self.sure) = started;
                return Ok(());
            }
            // Either an earlier renewal has happened whose answer was lost, or it is lost.
            match cells.read(name).await? {
                None if self.is_sure() => return Err(self.lose("was taken away by force".into())),
                None => {
                    let how = "expired while this run did not renew it, and another run has held it since";
                    return Err(self.lose(how.into()));
                }
                Some(cell) => match Record::from_json(&cell.text, &self.leases.place)? {
                    record if record.token == self.token => *current = Current { record, version: cell.version },
                    other => {
                        let how = format!(
                            "was taken over by {}, because this run did not renew it for too long",
                            other.holder
                        );
                        return Err(self.lose(how));
                    }
                },
            }
        }
        Err(self.lose("cannot be renewed".into()))
    }

    fn not_lost(&self) -> Result<(), Error> {
        match &*lock(&self.lost) {
            Some(how) => Err(self.lock_lost(how)),
            None => Ok(()),
        }
    }

    fn lose(&self, how: String) -> Error {
        self.lock_lost(lock(&self.lost).get_or_insert(how))
    }

    fn lock_lost(&self, how: &str) -> Error {
        Error::Store(StoreError::LockLost { place: self.leases.place.clone(), how: how.to_owned() })
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
