//! The state of a run, and its journal on the way to the store.

use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::Error;
use crate::model::{Event, Loaded, State};
use crate::run::store::{StateStore, StoreError};

/// Folds events into the state and commits them in groups: events that arrive while a group is being written are part
/// of the next one, so that a wave of steps costs one write.
///
/// A write that fails is the last one: its effect on the disk is unknown, so later events might not continue the
/// journal. The run ends, and saving its state, which contains every event, replaces the missing part of the journal.
pub(super) struct Record<'a> {
    store: &'a dyn StateStore,
    base: u64,
    shared: Mutex<Shared>,
    /// The number of durable events, or the reason why there will be no more. The task that holds the lock writes for
    /// all.
    durable: tokio::sync::Mutex<Result<usize, String>>,
}

struct Shared {
    state: State,
    queue: Vec<Event>,
    /// The number of events, including queued ones.
    total: usize,
}

impl<'a> Record<'a> {
    /// Starts from `loaded`. A state that was never saved is saved first, so that lineage and
    /// digest key are durable before anything refers to them.
    pub(super) async fn new(loaded: Loaded, store: &'a dyn StateStore) -> Result<Self, Error> {
        let Loaded { state, base, .. } = loaded;
        let base = match base {
            Some(base) => base,
            None => {
                store.save(&state).await?;
                state.serial
            }
        };
        let shared = Mutex::new(Shared { state, queue: Vec::new(), total: 0 });
        Ok(Self { store, base, shared, durable: tokio::sync::Mutex::new(Ok(0)) })
    }

    /// Returns the store of the state.
    pub(super) fn store(&self) -> &'a dyn StateStore {
        self.store
    }

    pub(super) fn read<T>(&self, look: impl FnOnce(&State) -> T) -> T {
        look(&self.shared().state)
    }

    /// Returns when the events are in the state and durable.
    pub(super) async fn commit(&self, events: impl IntoIterator<Item = Event>) -> Result<(), Error> {
        let ticket = self.enqueue(events)?;
        // Lets other steps of the same wave come along.
        tokio::task::yield_now().await;
        let mut durable = self.durable.lock().await;
        match &*durable {
            Ok(events) if *events >= ticket => return Ok(()),
            Ok(_) => {}
            Err(reason) => {
                return Err(StoreError::JournalStopped { place: self.store.place(), reason: reason.clone() }.into());
            }
        }
        let (batch, total) = {
            let mut shared = self.shared();
            (std::mem::take(&mut shared.queue), shared.total)
        };
        let written = self.store.append(self.base, &batch).await;
        *durable = written.as_ref().map(|()| total).map_err(Error::to_string);
        written
    }

    /// Folds events into the state that need not be durable before [`finish`](Self::finish).
    pub(super) fn note(&self, events: impl IntoIterator<Item = Event>) -> Result<(), Error> {
        self.enqueue(events).map(drop)
    }

    fn enqueue(&self, events: impl IntoIterator<Item = Event>) -> Result<usize, Error> {
        let mut shared = self.shared();
        for event in events {
            shared
                .state
                .apply(event.clone())
                .map_err(|illegal| StoreError::Journal { place: self.store.place(), illegal })?;
            shared.queue.push(event);
            shared.total += 1;
        }
        Ok(shared.total)
    }

    /// Saves the state; the journal is empty then. Gives it whether that has worked or not.
    pub(super) async fn finish(self) -> (State, Result<(), Error>) {
        let state = self.shared.into_inner().unwrap_or_else(PoisonError::into_inner).state;
        let saved = self.store.save(&state).await;
        (state, saved)
    }

    fn shared(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
