//! Where state and journal are kept between runs.

#[cfg(test)]
mod contract;
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
mod start;
pub mod transfer;
#[cfg(test)]
mod transfer_tests;
mod waiting;

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use groundplan_core::{Assembly, Path};

pub use file::FileStore;
pub use history::History;
pub use lease::{CompareAndSwapStore, StoredText};
pub use memory::MemoryStore;
pub use object::{ObjectStore, Objects};
pub use start::{load, load_new, permit_first};
pub use waiting::{Waiting, lock_within};

use crate::error::Error;
use crate::model::{Event, LockOwner, RunRecord, State};
use crate::provider::Fence;

/// Keeps the state of one app, and the journal of the run that is under way.
#[async_trait]
pub trait StateStore: Send + Sync {
    /// Where it is, for messages.
    fn place(&self) -> String;

    /// What is kept; none where the app was never deployed. [`load`] says whether that is to be believed.
    ///
    /// # Errors
    /// [`Error::Format`], and where state and journal do not belong
    /// together; nothing is touched then.
    async fn load(&self) -> Result<Option<Stored>, Error>;

    /// Replaces the state, at once and for good, and then empties the journal.
    async fn save(&self, state: &State) -> Result<(), Error>;

    /// Adds events to the journal that continues the saved state with the serial `base`. They
    /// are durable when this returns.
    async fn append(&self, base: u64, events: &[Event]) -> Result<(), Error>;

    /// Makes this run the only one that writes.
    ///
    /// # Errors
    /// [`Error::Locked`], saying who holds it.
    async fn lock(&self, holder: &LockOwner) -> Result<Box<dyn Lock>, Error>;

    /// Returns when it is sure that this run still has the lock that it has taken. Asked before
    /// each call that changes something, so it has to be cheap. A store whose lock lasts as long as
    /// its process, and cannot be taken away from it, need not be asked.
    ///
    /// # Errors
    /// [`Error::LockLost`], and what keeps it from being found out.
    async fn confirm_lock(&self) -> Result<(), Error> {
        Ok(())
    }

    /// Tells at once, without a request, whether this run surely holds the lock that it has taken. None
    /// where the lock lasts as long as its process and cannot be taken away from it.
    fn lock_fence(&self) -> Option<Arc<dyn Fence>> {
        None
    }

    /// Takes the lock away from the run that holds it, and gives who that was; none where nobody
    /// holds it. That run can write no more and makes no further call: [`Error::LockLost`].
    async fn force_unlock(&self) -> Result<Option<LockOwner>, Error> {
        Ok(None)
    }

    /// The apps whose states are kept in the same place, in the order of their names. A store may
    /// keep one app only.
    async fn apps(&self) -> Result<Vec<String>, Error> {
        Ok(Vec::new())
    }

    /// The store of another app in the same place; none where one app only is kept.
    fn of(&self, _app: &str) -> Option<Box<dyn StateStore>> {
        None
    }

    /// Keeps what is known of a run, in the place of what was known of it before; with what the
    /// program said, where that is given. A run that begins without that has none: what stands
    /// under its serial is of another one, which was refused before it began. A store may keep no
    /// history.
    async fn record(&self, _entry: &RunRecord, _assembly: Option<&Assembly>) -> Result<(), Error> {
        Ok(())
    }

    /// The runs that are kept.
    async fn history(&self) -> Result<History, Error> {
        Ok(History::default())
    }

    /// The runs that are kept and have a later serial than this.
    async fn history_after(&self, serial: u64) -> Result<History, Error> {
        Ok(self.history().await?.after(serial))
    }

    /// What the program said in the run with this serial, where that is kept.
    async fn assembly(&self, _serial: u64) -> Result<Option<Assembly>, Error> {
        Ok(None)
    }

    /// The serials of the earlier states that are kept, the oldest first.
    async fn backups(&self) -> Result<Vec<u64>, Error> {
        Ok(Vec::new())
    }

    /// The earlier state with this serial, where it is kept.
    async fn backup(&self, _serial: u64) -> Result<Option<State>, Error> {
        Ok(None)
    }

    /// The earlier states that are kept, by serial, or why one cannot be read. Reads each once.
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

    /// The saved state alone, whether the journal fits it or not.
    async fn current(&self) -> Result<Option<State>, Error> {
        Ok(self.load().await?.map(|stored| stored.state))
    }

    /// Where the state is now, if it was moved away from here.
    async fn moved(&self) -> Result<Option<String>, Error> {
        Ok(None)
    }

    /// Marks the state as moved to another place, or not. The lock is the caller's.
    async fn set_moved(&self, _to: Option<&str>) -> Result<(), Error> {
        Err(Error::Refused { reason: format!("{} cannot be moved", self.place()), hints: Vec::new() })
    }
}

/// What a store keeps.
#[derive(Clone, Debug, PartialEq)]
pub struct Stored {
    /// The state as saved last.
    pub state: State,
    /// What an interrupted run has done since.
    pub journal: Vec<Event>,
}

impl Stored {
    /// The state with what an interrupted run has done since.
    ///
    /// # Errors
    /// [`Error::Journal`] where the journal does not fit.
    pub(crate) fn folded(self, store: &dyn StateStore) -> Result<State, Error> {
        let Self { mut state, journal } = self;
        for event in journal {
            state.apply(event).map_err(|illegal| Error::Journal { place: store.place(), illegal })?;
        }
        Ok(state)
    }
}

/// The right to write. Dropping it gives it back, too.
#[async_trait]
pub trait Lock: Send + Sync {
    /// Gives it back.
    async fn release(self: Box<Self>) -> Result<(), Error>;
}

/// Refuses the name of an app that would lead out of the place of all states.
fn name_is_valid(app: &str) -> Result<(), Error> {
    match Path::reject_name(app) {
        None => Ok(()),
        Some(reason) => Err(Error::AppName { app: app.to_owned(), reason }),
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
