//! A state store in a shared bucket.
//!
//! | object | holds |
//! |---|---|
//! | `APP/log/000000000042` | a checkpoint, which is a whole state, or a group of events that continue the one before |
//! | `APP/history/N.json` | the run that made the state N: when, who, what; the last hundred |
//! | `APP/history/N.assembly.json` | what the program said in that run |
//!
//! The log is numbered without gaps. An object of the log is created only if its number is free, and is never changed.
//! A run that creates number N has therefore seen N−1, and a run that was overtaken finds its number taken and writes
//! nothing more. This holds even if the lock fails, and costs one request for each group of events. An ETag with
//! `If-Match` on one overwritten object would not be enough, because equal contents have equal ETags.
//!
//! The log keeps the last checkpoints, and everything after the oldest of them. A run that was suspended for a long
//! time could write a dropped number again. Therefore, each write confirms the lease before and after. What such a run
//! writes precedes everything that counts, its write fails, and it makes no further call to the cloud.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use futures::{StreamExt, TryStreamExt, stream};
use groundplan_core::Assembly;
use jiff::Timestamp;
use uuid::Uuid;

use super::history::History;
use super::lease::{Clock, CompareAndSwapStore, Lease, Leases};
use super::object_log::{self, Header, Kind};
use super::{Lock, StateStore, Stored, name_is_valid};
use crate::Error;
use crate::model::{Event, FormatError, LockOwner, RunRecord, State, assembly_from_json};
use crate::provider::Fence;
use crate::run::store::StoreError;

/// The number of checkpoints that are kept.
const CHECKPOINTS: usize = 10;

/// The upper bound of the numbers in the log: they have twelve digits.
const MOST: u64 = 1_000_000_000_000;

/// The number of runs in the history.
const RUNS: usize = 100;

/// The number of objects that are read concurrently.
const READS: usize = 16;

/// The number of attempts to list a log that another run is changing.
const TRIES: usize = 10;

/// A store of texts by name, such as the objects of a bucket below a prefix. Reads and lists are consistent with
/// earlier writes.
#[async_trait]
pub trait Objects: Send + Sync {
    /// Returns the location, for messages.
    fn place(&self) -> String;

    /// Lists the names that begin with `prefix`, in order.
    async fn list(&self, prefix: &str) -> Result<Vec<String>, Error>;

    /// Lists the first parts of all names, up to the first `/`, in order.
    async fn directories(&self) -> Result<Vec<String>, Error>;

    /// Reads the text with this name.
    async fn get(&self, name: &str) -> Result<Option<String>, Error>;

    /// Creates the text if there is none with this name, and returns whether it did. If a response is lost, an
    /// implementation may repeat this, and return `false` for its own text.
    async fn create(&self, name: &str, text: String) -> Result<bool, Error>;

    /// Creates or replaces the text.
    async fn put(&self, name: &str, text: String) -> Result<(), Error>;

    /// Deletes the texts that exist.
    async fn delete(&self, names: Vec<String>) -> Result<(), Error>;
}

/// Keeps the state of an app in [`Objects`], and its lock in a [`CompareAndSwapStore`].
///
/// It can be written only under its lock.
#[derive(Clone)]
pub struct ObjectStore {
    objects: Arc<dyn Objects>,
    cells: Arc<dyn CompareAndSwapStore>,
    app: String,
    wall: Clock,
    leases: Leases,
    /// This run, while it has the lock.
    run: Arc<Mutex<Option<Arc<Run>>>>,
}

/// A run that writes.
struct Run {
    lease: Lease,
    log: tokio::sync::Mutex<Log>,
}

/// The log as this run last read or wrote it; no other run appends to it meanwhile.
struct Log {
    /// The numbers that there are.
    numbers: BTreeSet<u64>,
    /// The checkpoints that are kept, the current one last.
    checkpoints: Vec<u64>,
    /// The new location of the state, if it was moved.
    moved: Option<String>,
    /// The damage of its end, if any.
    damage: Option<Error>,
    /// A write was sent, and what became of it is not known.
    unsettled: bool,
}

impl ObjectStore {
    /// Creates the store of `app`. Nothing is created in the bucket until the first write.
    pub fn new(objects: Arc<dyn Objects>, cells: Arc<dyn CompareAndSwapStore>, app: &str) -> Self {
        Self::with_wall(objects, cells, app, Arc::new(Timestamp::now))
    }

    pub(super) fn with_wall(
        objects: Arc<dyn Objects>,
        cells: Arc<dyn CompareAndSwapStore>,
        app: &str,
        wall: Clock,
    ) -> Self {
        let place = format!("{}/{app}", objects.place());
        let leases = Leases::new(cells.clone(), app.to_owned(), place, wall.clone());
        Self { objects, cells, app: app.to_owned(), wall, leases, run: Arc::default() }
    }

    /// The run that has the lock.
    fn run(&self) -> Result<Arc<Run>, Error> {
        let run = self.run.lock().unwrap_or_else(PoisonError::into_inner).clone();
        run.ok_or_else(|| Error::Store(StoreError::LockLost { place: self.place(), how: "is not held".into() }))
    }

    fn log_object(&self, number: u64) -> String {
        format!("{}/log/{number:012}", self.app)
    }

    /// An object as messages name it.
    fn place_of(&self, name: &str) -> String {
        format!("{}/{name}", self.objects.place())
    }

    /// The numbers in the log.
    async fn numbers(&self) -> Result<BTreeSet<u64>, Error> {
        let prefix = format!("{}/log/", self.app);
        let names = self.objects.list(&prefix).await?;
        let number = |name: &String| name.strip_prefix(&prefix)?.parse().ok().filter(|number| *number < MOST);
        Ok(names.iter().filter_map(number).collect())
    }

    /// Returns the first line of an object in the log; `None` if there is no such object.
    async fn header(&self, number: u64) -> Result<Option<Header>, Error> {
        let name = self.log_object(number);
        let text = self.objects.get(&name).await?;
        text.map(|text| Ok(Header::split(&text, &self.place_of(&name))?.0)).transpose()
    }

    /// The header of the newest object in the log, and what is wrong with it; that of the newest one before
    /// it that is not damaged then. None where the object has vanished meanwhile.
    async fn newest_header(&self, numbers: &BTreeSet<u64>) -> Result<(Option<Header>, Option<Error>), Error> {
        let mut damage = None;
        for number in numbers.iter().rev() {
            match self.header(*number).await {
                Err(error @ Error::Format(FormatError::Corrupt { .. })) => damage = damage.or(Some(error)),
                header => return Ok((header?, damage)),
            }
        }
        damage.map_or(Ok((None, None)), Err)
    }

    /// The log as far as it can be read: after a damaged end, another state can be put in the place of this
    /// one.
    async fn log(&self) -> Result<Log, Error> {
        let mut gap = None;
        for _ in 0..TRIES {
            let numbers = self.numbers().await?;
            if numbers.is_empty() {
                return Ok(Log { numbers, checkpoints: Vec::new(), moved: None, damage: None, unsettled: false });
            }
            let (header, damage) = self.newest_header(&numbers).await?;
            if let Some(Header { checkpoints, moved, .. }) = header {
                let log = Log { numbers, checkpoints, moved, damage, unsettled: false };
                match log.gap() {
                    None => return Ok(log),
                    // What is old may be deleted while it is listed.
                    found => gap = found,
                }
            }
        }
        Err(self.restless(gap))
    }

    /// Takes the next number from the run that held the lock before, and may have a write in progress.
    async fn fence(&self, writer: Uuid) -> Result<Log, Error> {
        for _ in 0..TRIES {
            let mut log = self.log().await?;
            let header = Header::new(Kind::Events, writer, log.checkpoints.clone(), log.moved.clone());
            let number = log.next();
            let created = self.objects.create(&self.log_object(number), header.before("")).await?;
            if created || self.header(number).await?.is_some_and(|found| found.id == header.id) {
                log.numbers.insert(number);
                return Ok(log);
            }
        }
        Err(self.restless(None))
    }

    fn restless(&self, gap: Option<(u64, u64)>) -> Error {
        let reason = match gap {
            None => "its log changes faster than this run can read it".to_owned(),
            Some((before, after)) => format!(
                "its log has a gap: `{}` is followed by `{}`. If Groundplan did not write the latter, delete it and \
                 all objects after it",
                self.log_object(before),
                self.log_object(after)
            ),
        };
        Error::Format(FormatError::Corrupt { place: self.place(), reason })
    }

    /// Adds an object to the log, as the next one after those that this run has seen.
    async fn write(&self, kind: Kind, body: &str) -> Result<(), Error> {
        let run = self.run()?;
        let log = run.log.lock().await;
        let moved = log.moved.clone();
        self.write_as(&run, log, kind, body, moved).await
    }

    async fn write_as(
        &self,
        run: &Run,
        mut log: tokio::sync::MutexGuard<'_, Log>,
        kind: Kind,
        body: &str,
        moved: Option<String>,
    ) -> Result<(), Error> {
        run.lease.confirm().await?;
        let mut header = Header::new(kind, run.lease.token(), log.checkpoints.clone(), moved);
        let number = loop {
            let number = log.next();
            if kind == Kind::Checkpoint {
                header.checkpoints = log.checkpoints_with(number);
            }
            log.unsettled = true;
            let created = self.objects.create(&self.log_object(number), header.before(body)).await?;
            let found = if created { None } else { Some(self.header(number).await?) };
            log.unsettled = false;
            match found {
                None => break number,
                // It was this write: the answer of its first try was lost.
                Some(Some(found)) if found.id == header.id => break number,
                // It was an earlier one of this run that seemed to have failed.
                Some(Some(found)) if found.writer == header.writer => log.add(number, found.checkpoints),
                Some(_) => return Err(run.lease.overtaken().await),
            }
        };
        log.add(number, header.checkpoints);
        log.moved = header.moved;
        if kind == Kind::Checkpoint {
            self.prune(&mut log).await;
        }
        run.lease.confirm().await
    }

    /// Deletes what is older than all checkpoints that are kept. A run does not fail for that.
    async fn prune(&self, log: &mut Log) {
        let Some(oldest) = log.checkpoints.first() else { return };
        let kept = log.numbers.split_off(oldest);
        let old = std::mem::replace(&mut log.numbers, kept);
        let names: Vec<_> = old.iter().map(|number| self.log_object(*number)).collect();
        if !names.is_empty()
            && let Err(error) = self.objects.delete(names).await
        {
            tracing::warn!("cannot delete old entries of the log of {}: {error}", self.place());
        }
    }

    /// Returns the events after the checkpoint `number`, and the checkpoint; `None` if one of them no longer exists.
    async fn read(&self, number: u64, after: RangeInclusive<u64>) -> Result<Option<Stored>, Error> {
        let text = |number: u64| async move {
            let name = self.log_object(number);
            Ok::<_, Error>((self.objects.get(&name).await?, self.place_of(&name)))
        };
        let (Some(checkpoint), place) = text(number).await? else { return Ok(None) };
        let state = object_log::state(&checkpoint, &place)?;
        let texts: Vec<_> = stream::iter(after).map(text).buffered(READS).try_collect().await?;
        let mut journal = Vec::new();
        for (text, place) in texts {
            let Some(text) = text else { return Ok(None) };
            journal.extend(object_log::events(&text, number, &place)?);
        }
        Ok(Some(Stored { state, journal }))
    }

    fn history_object(&self, serial: u64, kind: &str) -> String {
        format!("{}/history/{serial}{kind}.json", self.app)
    }

    /// The runs that are kept, the oldest first.
    async fn serials(&self) -> Result<Vec<u64>, Error> {
        let prefix = format!("{}/history/", self.app);
        let names = self.objects.list(&prefix).await?;
        let serial = |name: &String| name.strip_prefix(&prefix)?.strip_suffix(".json")?.parse().ok();
        let serials: BTreeSet<u64> = names.iter().filter_map(serial).collect();
        Ok(serials.into_iter().collect())
    }
}

impl Log {
    fn next(&self) -> u64 {
        self.numbers.last().map_or(1, |last| last + 1)
    }

    /// Two numbers that follow each other with others missing between them, from the current checkpoint on.
    fn gap(&self) -> Option<(u64, u64)> {
        let from = *self.checkpoints.last()?;
        if !self.numbers.contains(&from) {
            return Some((from, *self.numbers.last()?));
        }
        let after = self.numbers.range(from..);
        after.clone().zip(after.skip(1)).map(|(one, next)| (*one, *next)).find(|(one, next)| one + 1 != *next)
    }

    fn checkpoints_with(&self, number: u64) -> Vec<u64> {
        let kept = self.checkpoints.len().saturating_sub(CHECKPOINTS - 1);
        self.checkpoints[kept..].iter().copied().chain([number]).collect()
    }

    fn add(&mut self, number: u64, checkpoints: Vec<u64>) {
        self.numbers.insert(number);
        self.checkpoints = checkpoints;
    }
}

#[async_trait]
impl StateStore for ObjectStore {
    fn place(&self) -> String {
        self.place_of(&self.app)
    }

    async fn load(&self) -> Result<Option<Stored>, Error> {
        name_is_valid(&self.app)?;
        for _ in 0..TRIES {
            let Log { numbers, checkpoints, damage, .. } = self.log().await?;
            if let Some(damage) = damage {
                return Err(damage);
            }
            let Some(checkpoint) = checkpoints.last() else { return Ok(None) };
            let last = numbers.last().copied().unwrap_or(*checkpoint);
            // What vanishes while it is read was dropped by a run that has ended since.
            if let Some(stored) = self.read(*checkpoint, checkpoint + 1..=last).await? {
                return Ok(Some(stored));
            }
        }
        Err(self.restless(None))
    }

    async fn save(&self, state: &State) -> Result<(), Error> {
        self.write(Kind::Checkpoint, &state.to_json()).await
    }

    async fn append(&self, _base: u64, events: &[Event]) -> Result<(), Error> {
        self.write(Kind::Events, &object_log::lines(events)).await
    }

    async fn lock(&self, holder: &LockOwner) -> Result<Box<dyn Lock>, Error> {
        name_is_valid(&self.app)?;
        let (lease, taken_over) = self.leases.acquire(holder).await?;
        let log = if taken_over { self.fence(lease.token()).await } else { self.log().await };
        match log {
            Ok(log) => {
                let run = Arc::new(Run { lease, log: tokio::sync::Mutex::new(log) });
                *self.run.lock().unwrap_or_else(PoisonError::into_inner) = Some(run.clone());
                Ok(Box::new(ObjectLock { slot: self.run.clone(), run: Some(run) }))
            }
            Err(error) => {
                release(&lease).await;
                Err(error)
            }
        }
    }

    async fn confirm_lock(&self) -> Result<(), Error> {
        self.run()?.lease.confirm().await
    }

    fn lock_fence(&self) -> Option<Arc<dyn Fence>> {
        Some(self.run().ok()?.lease.fence())
    }

    async fn force_unlock(&self) -> Result<Option<LockOwner>, Error> {
        name_is_valid(&self.app)?;
        if !self.leases.is_held().await? {
            return Ok(None);
        }
        // First, so that it meets the run that has the lock, and not the one that takes it next.
        self.fence(Uuid::new_v4()).await?;
        self.leases.break_it().await
    }

    async fn apps(&self) -> Result<Vec<String>, Error> {
        let names = self.objects.directories().await?;
        let kept = |app: String| async move {
            let kept = !self.objects.list(&format!("{app}/log/")).await?.is_empty();
            Ok::<_, Error>(kept.then_some(app))
        };
        let apps: Vec<_> = stream::iter(names).map(kept).buffered(READS).try_collect().await?;
        Ok(apps.into_iter().flatten().collect())
    }

    fn of(&self, app: &str) -> Option<Box<dyn StateStore>> {
        Some(Box::new(Self::with_wall(self.objects.clone(), self.cells.clone(), app, self.wall.clone())))
    }

    async fn record(&self, entry: &RunRecord, assembly: Option<&Assembly>) -> Result<(), Error> {
        self.run()?.lease.confirm().await?;
        let name = self.history_object(entry.serial, ".assembly");
        match assembly {
            Some(assembly) => self.objects.put(&name, assembly.to_json()).await?,
            None if entry.result.is_none() => self.objects.delete(vec![name]).await?,
            None => {}
        }
        self.objects.put(&self.history_object(entry.serial, ""), entry.to_json()).await?;
        if entry.result.is_some() {
            let serials = self.serials().await?;
            let old = serials.iter().rev().skip(RUNS);
            let old = old.flat_map(|old| [self.history_object(*old, ""), self.history_object(*old, ".assembly")]);
            let old: Vec<_> = old.collect();
            if !old.is_empty() {
                self.objects.delete(old).await?;
            }
        }
        Ok(())
    }

    async fn history(&self) -> Result<History, Error> {
        self.history_after(0).await
    }

    async fn history_after(&self, serial: u64) -> Result<History, Error> {
        let run = |serial: u64| async move {
            let name = self.history_object(serial, "");
            let text = self.objects.get(&name).await.transpose()?;
            Some((serial, text.and_then(|text| Ok(RunRecord::from_json(&text, &self.place_of(&name))?))))
        };
        let serials = self.serials().await?.into_iter().filter(|found| *found > serial);
        let runs: Vec<_> = stream::iter(serials).map(run).buffered(READS).collect().await;
        History::of(runs.into_iter().flatten())
    }

    async fn assembly(&self, serial: u64) -> Result<Option<Assembly>, Error> {
        let name = self.history_object(serial, ".assembly");
        let text = self.objects.get(&name).await?;
        Ok(text.map(|text| assembly_from_json(&text, &self.place_of(&name))).transpose()?)
    }

    async fn backups(&self) -> Result<Vec<u64>, Error> {
        Ok(self.earlier().await?.into_keys().collect())
    }

    async fn backup(&self, serial: u64) -> Result<Option<State>, Error> {
        self.earlier().await?.remove(&serial).transpose()
    }

    /// The states in the checkpoints that are kept, without the current one; of two with one serial the newer one. A
    /// checkpoint whose serial cannot be read is left out.
    async fn earlier(&self) -> Result<BTreeMap<u64, Result<State, Error>>, Error> {
        let Log { mut checkpoints, .. } = self.log().await?;
        checkpoints.pop();
        let state = |number: u64| async move {
            let name = self.log_object(number);
            let text = self.objects.get(&name).await?;
            let state = |text: String| match object_log::state(&text, &self.place_of(&name)) {
                Ok(state) => Some((state.serial, Ok(state))),
                Err(error) => Some((object_log::serial(&text)?, Err(error))),
            };
            Ok::<_, Error>(text.and_then(state))
        };
        let states: Vec<_> = stream::iter(checkpoints).map(state).buffered(READS).try_collect().await?;
        Ok(states.into_iter().flatten().collect())
    }

    /// The state in the newest checkpoint that a readable object of the log names.
    async fn current(&self) -> Result<Option<State>, Error> {
        name_is_valid(&self.app)?;
        let (Some(header), _) = self.newest_header(&self.numbers().await?).await? else { return Ok(None) };
        let Some(checkpoint) = header.checkpoints.last() else { return Ok(None) };
        let name = self.log_object(*checkpoint);
        let text = self.objects.get(&name).await?;
        text.map(|text| object_log::state(&text, &self.place_of(&name))).transpose()
    }

    async fn moved(&self) -> Result<Option<String>, Error> {
        name_is_valid(&self.app)?;
        Ok(self.log().await?.moved)
    }

    async fn set_moved(&self, to: Option<&str>) -> Result<(), Error> {
        let run = self.run()?;
        let log = run.log.lock().await;
        if log.moved.as_deref() == to {
            return Ok(());
        }
        self.write_as(&run, log, Kind::Events, "", to.map(str::to_owned)).await
    }
}

/// Held until it is released, dropped, or taken away.
struct ObjectLock {
    slot: Arc<Mutex<Option<Arc<Run>>>>,
    run: Option<Arc<Run>>,
}

impl ObjectLock {
    /// Returns the run, which can no longer write. `None` if the outcome of its last write is unknown: then the lease
    /// expires, and the run that takes it over ends that write first.
    fn end(&mut self) -> Option<Arc<Run>> {
        let run = self.run.take()?;
        let mut slot = self.slot.lock().unwrap_or_else(PoisonError::into_inner);
        slot.take_if(|current| Arc::ptr_eq(current, &run));
        let settled = run.log.try_lock().is_ok_and(|log| !log.unsettled);
        settled.then_some(run)
    }
}

#[async_trait]
impl Lock for ObjectLock {
    /// Ignores errors, because an unreleased lease expires.
    async fn release(mut self: Box<Self>) -> Result<(), Error> {
        if let Some(run) = self.end() {
            release(&run.lease).await;
        }
        Ok(())
    }
}

impl Drop for ObjectLock {
    fn drop(&mut self) {
        if let (Some(run), Ok(runtime)) = (self.end(), tokio::runtime::Handle::try_current()) {
            runtime.spawn(async move { release(&run.lease).await });
        }
    }
}

async fn release(lease: &Lease) {
    if let Err(error) = lease.release().await {
        tracing::warn!("cannot release the lock, which expires by itself: {error}");
    }
}

#[cfg(test)]
#[path = "object_tests.rs"]
mod tests;
