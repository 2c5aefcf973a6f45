//! A state store in memory.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use groundplan_core::Assembly;

use super::{History, Lock, StateStore, Stored};
use crate::Error;
use crate::model::{Event, LockOwner, RunRecord, State};
use crate::run::store::StoreError;

/// Keeps the state and the journal in memory, for tests and temporary sandboxes. Clones share their contents.
#[derive(Clone, Debug, Default)]
pub struct MemoryStore {
    kept: Arc<Mutex<Kept>>,
    place: Arc<Mutex<BTreeMap<String, Arc<Mutex<Kept>>>>>,
}

#[derive(Debug, Default)]
struct Kept {
    state: Option<State>,
    journal: Vec<Event>,
    holder: Option<LockOwner>,
    runs: BTreeMap<u64, RunRecord>,
    assemblies: BTreeMap<u64, Assembly>,
}

impl MemoryStore {
    /// Creates an empty store.
    pub fn new() -> Self {
        Self::default()
    }

    /// Creates a store with the state and journal of an interrupted run.
    pub fn with(state: State, journal: Vec<Event>) -> Self {
        let store = Self::new();
        *store.kept() = Kept { state: Some(state), journal, ..Kept::default() };
        store
    }

    /// Returns the store of `app` in the same location.
    pub fn beside(&self, app: &str) -> Self {
        let mut place = self.place.lock().unwrap_or_else(PoisonError::into_inner);
        Self { kept: place.entry(app.to_owned()).or_default().clone(), place: self.place.clone() }
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl StateStore for MemoryStore {
    fn place(&self) -> String {
        "memory".into()
    }

    async fn load(&self) -> Result<Option<Stored>, Error> {
        let kept = self.kept();
        Ok(kept.state.clone().map(|state| Stored { state, journal: kept.journal.clone() }))
    }

    async fn save(&self, state: &State) -> Result<(), Error> {
        let mut kept = self.kept();
        kept.state = Some(state.clone());
        kept.journal.clear();
        Ok(())
    }

    async fn apps(&self) -> Result<Vec<String>, Error> {
        let place = self.place.lock().unwrap_or_else(PoisonError::into_inner);
        let deployed = |kept: &Arc<Mutex<Kept>>| kept.lock().unwrap_or_else(PoisonError::into_inner).state.is_some();
        Ok(place.iter().filter(|(_, kept)| deployed(kept)).map(|(app, _)| app.clone()).collect())
    }

    fn of(&self, app: &str) -> Option<Box<dyn StateStore>> {
        Some(Box::new(self.beside(app)))
    }

    async fn append(&self, _base: u64, events: &[Event]) -> Result<(), Error> {
        self.kept().journal.extend_from_slice(events);
        Ok(())
    }

    async fn record(&self, entry: &RunRecord, assembly: Option<&Assembly>) -> Result<(), Error> {
        let mut kept = self.kept();
        match assembly {
            Some(assembly) => {
                kept.assemblies.insert(entry.serial, assembly.clone());
            }
            // A run that begins without a program has none.
            None if entry.result.is_none() => {
                kept.assemblies.remove(&entry.serial);
            }
            None => {}
        }
        kept.runs.insert(entry.serial, entry.clone());
        Ok(())
    }

    async fn history(&self) -> Result<History, Error> {
        Ok(History { runs: self.kept().runs.values().cloned().collect(), ..History::default() })
    }

    async fn assembly(&self, serial: u64) -> Result<Option<Assembly>, Error> {
        Ok(self.kept().assemblies.get(&serial).cloned())
    }

    async fn lock(&self, holder: &LockOwner) -> Result<Box<dyn Lock>, Error> {
        let mut kept = self.kept();
        if let Some(other) = &kept.holder {
            return Err(StoreError::Locked { place: self.place(), holder: Box::new(other.clone()), heard: None }.into());
        }
        kept.holder = Some(holder.clone());
        Ok(Box::new(MemoryLock(self.clone())))
    }
}

struct MemoryLock(MemoryStore);

#[async_trait]
impl Lock for MemoryLock {
    async fn release(self: Box<Self>) -> Result<(), Error> {
        Ok(())
    }
}

impl Drop for MemoryLock {
    fn drop(&mut self) {
        self.0.kept().holder = None;
    }
}
