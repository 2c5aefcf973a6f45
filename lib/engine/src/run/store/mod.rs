//! Stores of the state and the journal between runs.

#[cfg(test)]
mod contract;
mod error;
#[cfg(test)]
mod fake_bucket;
mod file;
mod file_dir;
mod file_history;
mod file_journal;
mod file_lock;
mod files;
mod history;
mod lease;
mod memory;
mod object;
mod object_log;
mod recorded;
mod start;
pub mod transfer;
#[cfg(test)]
mod transfer_tests;
mod waiting;

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use groundplan_core::{Assembly, Path};

pub use error::StoreError;
pub use file::FileStore;
pub use history::History;
pub use lease::{CompareAndSwapStore, StoredText};
pub use memory::MemoryStore;
pub use object::{ObjectStore, Objects};
pub use recorded::Recorded;
pub use start::load;
pub use waiting::{Waiting, lock_within};

pub(crate) use recorded::recorded;
pub(crate) use start::{load_new, permit_first};

use crate::Error;
use crate::model::{Event, LockOwner, RunRecord, State};
use crate::provider::Fence;

/// Keeps the state of one app, and the journal of the run in progress.
#[async_trait]
pub trait StateStore: Send + Sync {
    /// Returns the location, for messages.
    fn place(&self) -> String;

    /// Reads the stored state and journal; `None` if the app was never deployed. [`load`] checks whether that is
    /// plausible.
    ///
    /// # Errors
    /// [`Error::Format`], and if state and journal do not belong together. Nothing is changed then.
    async fn load(&self) -> Result<Option<Stored>, Error>;

    /// Replaces the state atomically and durably, and then empties the journal.
    async fn save(&self, state: &State) -> Result<(), Error>;

    /// Appends events to the journal that continues the saved state of serial `base`. They are durable when this
    /// returns.
    async fn append(&self, base: u64, events: &[Event]) -> Result<(), Error>;

    /// Takes the lock, so that only this run may write.
    ///
    /// # Errors
    /// [`StoreError::Locked`], with the owner of the lock.
    async fn lock(&self, holder: &LockOwner) -> Result<Box<dyn Lock>, Error>;

    /// Confirms that this run still holds its lock. The engine calls this before each call that changes something, so
    /// it must be cheap. The default is for a store whose lock lasts as long as its process and cannot be taken away.
    ///
    /// # Errors
    /// [`StoreError::LockLost`], and the error that prevents the confirmation.
    async fn confirm_lock(&self) -> Result<(), Error> {
        Ok(())
    }

    /// Returns a fence that reports immediately, without a request, whether this run certainly holds its lock; `None`
    /// if the lock lasts as long as its process and cannot be taken away.
    fn lock_fence(&self) -> Option<Arc<dyn Fence>> {
        None
    }

    /// Takes the lock away from the run that holds it, and returns its owner; `None` if the lock is free. That run can
    /// write nothing more and makes no further call: [`StoreError::LockLost`].
    async fn force_unlock(&self) -> Result<Option<LockOwner>, Error> {
        Ok(None)
    }

    /// Returns the apps whose states are in the same location, ordered by name. A store may support only one app.
    async fn apps(&self) -> Result<Vec<String>, Error> {
        Ok(Vec::new())
    }

    /// Returns the store of another app in the same location; `None` if the store supports only one app.
    fn of(&self, _app: &str) -> Option<Box<dyn StateStore>> {
        None
    }

    /// Writes the record of a run, and its assembly, if given. This replaces an earlier record of the run. A run that
    /// begins without an assembly has none: an assembly under its serial belongs to another run, which was refused
    /// before it began. A store may keep no history.
    async fn record(&self, _entry: &RunRecord, _assembly: Option<&Assembly>) -> Result<(), Error> {
        Ok(())
    }

    /// Returns the recorded runs.
    async fn history(&self) -> Result<History, Error> {
        Ok(History::default())
    }

    /// Returns the recorded runs after this serial.
    async fn history_after(&self, serial: u64) -> Result<History, Error> {
        Ok(self.history().await?.after(serial))
    }

    /// Returns the assembly of the run with this serial, if it is kept.
    async fn assembly(&self, _serial: u64) -> Result<Option<Assembly>, Error> {
        Ok(None)
    }

    /// Returns the serials of the earlier states, the oldest first.
    async fn backups(&self) -> Result<Vec<u64>, Error> {
        Ok(Vec::new())
    }

    /// Returns the earlier state with this serial, if it is kept.
    async fn backup(&self, _serial: u64) -> Result<Option<State>, Error> {
        Ok(None)
    }

    /// Returns the earlier states by serial, or the reason why a state cannot be read. Reads each state once.
    async fn earlier(&self) -> Result<BTreeMap<u64, Result<State, Error>>, Error> {
        let mut earlier = BTreeMap::new();
        for serial in self.backups().await? {
            match self.backup(serial).await {
                Ok(state) => earlier.extend(state.map(|state| (serial, Ok(state)))),
                Err(error) if error.is_of_one_document() => {
                    earlier.insert(serial, Err(error));
                }
                Err(error) => return Err(error),
            }
        }
        Ok(earlier)
    }

    /// Returns the saved state without its journal, which need not fit it.
    async fn current(&self) -> Result<Option<State>, Error> {
        Ok(self.load().await?.map(|stored| stored.state))
    }

    /// Returns the new location of the state, if it was moved.
    async fn moved(&self) -> Result<Option<String>, Error> {
        Ok(None)
    }

    /// Marks the state as moved to another location, or removes the mark. The caller holds the lock.
    async fn set_moved(&self, _to: Option<&str>) -> Result<(), Error> {
        Err(StoreError::Refused { reason: format!("the state at {} cannot be moved", self.place()), hints: Vec::new() }
            .into())
    }
}

/// The contents of a store.
#[derive(Clone, Debug, PartialEq)]
pub struct Stored {
    /// The last saved state.
    pub state: State,
    /// The events of an interrupted run since then.
    pub journal: Vec<Event>,
}

impl Stored {
    /// The state with what an interrupted run has done since.
    ///
    /// # Errors
    /// [`StoreError::Journal`] where the journal does not fit.
    pub(crate) fn folded(self, store: &dyn StateStore) -> Result<State, Error> {
        let Self { mut state, journal } = self;
        for event in journal {
            state.apply(event).map_err(|illegal| StoreError::Journal { place: store.place(), illegal })?;
        }
        Ok(state)
    }
}

/// A held lock. Dropping it also releases it.
#[async_trait]
pub trait Lock: Send + Sync {
    /// Releases the lock.
    async fn release(self: Box<Self>) -> Result<(), Error>;
}

/// Refuses the name of an app that would lead out of the place of all states.
fn name_is_valid(app: &str) -> Result<(), Error> {
    match Path::reject_name(app) {
        None => Ok(()),
        Some(reason) => Err(StoreError::AppName { app: app.to_owned(), reason }.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::contract::{Promises, holds};
    use super::fake_bucket::FakeBucket;
    use super::*;

    #[tokio::test]
    async fn a_store_in_files_keeps_its_promises() {
        let dir = tempfile::tempdir().unwrap();
        let open = |app: &str| Box::new(FileStore::new(dir.path(), app)) as Box<dyn StateStore>;
        holds(open, &Promises { force_unlock: true, history_and_apps: true }).await;
    }

    #[tokio::test]
    async fn a_store_in_memory_keeps_its_promises() {
        let store = MemoryStore::new();
        let open = |_: &str| Box::new(store.clone()) as Box<dyn StateStore>;
        holds(open, &Promises { force_unlock: false, history_and_apps: false }).await;
    }

    #[tokio::test(start_paused = true)]
    async fn a_store_in_objects_keeps_its_promises() {
        let bucket = FakeBucket::default();
        let open = |app: &str| Box::new(bucket.elsewhere().store(app)) as Box<dyn StateStore>;
        holds(open, &Promises { force_unlock: true, history_and_apps: true }).await;
    }
}
