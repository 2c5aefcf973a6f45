//! Where state and journal are kept between runs.

mod file;
mod memory;

use std::fmt;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

pub use file::FileStore;
pub use memory::MemoryStore;

use crate::error::Error;
use crate::journal::Event;
use crate::state::State;

/// Keeps the state of one app, and the journal of the run that is under way.
#[async_trait]
pub trait StateStore: Send + Sync {
    /// Where it is, for messages.
    fn place(&self) -> String;

    /// What is kept; none where the app was never deployed.
    ///
    /// # Errors
    /// [`Error::Corrupt`] and [`Error::Newer`]; nothing is touched then.
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
    async fn lock(&self, holder: &Holder) -> Result<Box<dyn Lock>, Error>;
}

/// What a store keeps.
#[derive(Clone, Debug, PartialEq)]
pub struct Stored {
    /// The state as saved last.
    pub state: State,
    /// What an interrupted run has done since.
    pub journal: Vec<Event>,
}

/// The state that a run starts from.
#[derive(Clone, Debug, PartialEq)]
pub struct Loaded {
    /// The state, folded with the journal of an interrupted run.
    pub state: State,
    /// The serial of the saved state that the journal continues; none where nothing is saved.
    pub base: Option<u64>,
}

/// The right to write. Dropping it gives it back, too.
#[async_trait]
pub trait Lock: Send + Sync {
    /// Gives it back.
    async fn release(self: Box<Self>) -> Result<(), Error>;
}

/// Who holds a lock.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    /// The process.
    pub pid: u32,
    /// The machine.
    pub host: String,
    /// What it is doing, as in `deploy`.
    pub command: String,
    /// Since when, in seconds since 1970.
    pub since: u64,
}

impl Holder {
    /// This process, from now on.
    pub fn here(command: impl Into<String>) -> Self {
        let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        Self { pid: std::process::id(), host: host.trim().to_owned(), command: command.into(), since: since.as_secs() }
    }
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let host = if self.host.is_empty() { "this machine" } else { &self.host };
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        let seconds = now.as_secs().saturating_sub(self.since);
        write!(f, "`{}` (process {} on {host}, for {seconds} s)", self.command, self.pid)
    }
}

/// The state that a run of `app` starts from; a new one where nothing is kept. Writes nothing.
///
/// # Errors
/// What is kept cannot be read, belongs to another app, or does not fit together.
pub async fn load(store: &dyn StateStore, app: &str) -> Result<Loaded, Error> {
    let Some(Stored { mut state, journal }) = store.load().await? else {
        return Ok(Loaded { state: State::new(app), base: None });
    };
    if state.app != app {
        return Err(Error::OtherApp { place: store.place(), found: state.app, app: app.to_owned() });
    }
    let base = state.serial;
    for event in journal {
        state.apply(event).map_err(|illegal| Error::Journal { place: store.place(), illegal })?;
    }
    Ok(Loaded { state, base: Some(base) })
}
