//! A store that crashes and refuses on request.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use groundplan_engine::model::{Event, LockOwner};
use groundplan_engine::store::{Lock, MemoryStore, StoreError, Stored};
use groundplan_engine::{Error, State, StateStore};

/// A fault of the write with this number, counted from one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Trouble {
    /// The number of the write in the run.
    pub(crate) write: usize,
    /// The kind of the fault.
    pub(crate) how: How,
    /// The part that is on the disk by then: so many events of an append; of a save nothing, the state (1), or all (2).
    pub(crate) written: usize,
}

/// The kind of a fault of a write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum How {
    /// The process dies in it.
    Crashes,
    /// It is refused, and the next one is not.
    Refused,
    /// It is refused, and so are all after it.
    Full,
}

/// The bytes on the disk. Clones share it.
#[derive(Clone, Default)]
pub(crate) struct Disk(Arc<Mutex<Contents>>);

#[derive(Default)]
struct Contents {
    state: Option<String>,
    /// The serial of the state that the journal continues, and its lines.
    journal: (u64, Vec<String>),
    holder: Option<LockOwner>,
    trouble: Option<Trouble>,
    writes: usize,
    crashed: bool,
}

impl Disk {
    /// Forgets the run before, and prepares the trouble of the next one.
    pub(crate) fn start(&self, trouble: Option<Trouble>) {
        let mut contents = self.contents();
        (contents.trouble, contents.writes, contents.crashed) = (trouble, 0, false);
    }

    /// Returns whether the process is dead.
    pub(crate) fn crashed(&self) -> bool {
        self.contents().crashed
    }

    fn contents(&self) -> MutexGuard<'_, Contents> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the fault of the current write.
    fn write(&self) -> Option<Trouble> {
        let mut contents = self.contents();
        contents.writes += 1;
        let number = contents.writes;
        let trouble = contents.trouble.filter(|it| it.write == number || it.how == How::Full && it.write < number)?;
        contents.crashed = trouble.how == How::Crashes;
        Some(trouble)
    }

    async fn fail(&self, trouble: Option<Trouble>) -> Result<(), Error> {
        match trouble.map(|trouble| trouble.how) {
            None => Ok(()),
            Some(How::Crashes) => std::future::pending().await,
            Some(How::Refused | How::Full) => Err(StoreError::File {
                doing: "write",
                path: "journal.jsonl".into(),
                source: std::io::ErrorKind::StorageFull.into(),
            }
            .into()),
        }
    }
}

/// The outputs that the app `account` publishes, by name.
pub(crate) const PUBLISHED: [(&str, &str); 2] = [
    ("zone-id", "Z0123456789ABCDEFGHIJ"),
    ("certificate-arn", "arn:aws:acm:us-east-1:123456789012:certificate/0a1b2c3d"),
];

#[async_trait]
impl StateStore for Disk {
    fn place(&self) -> String {
        "the simulated disk".into()
    }

    /// The app that others use is deployed all the time, and nothing happens to its state.
    fn of(&self, app: &str) -> Option<Box<dyn StateStore>> {
        let outputs = PUBLISHED.map(|(name, value)| (name.to_owned(), value.into()));
        let state = State { serial: 1, outputs: outputs.into(), ..State::new(app) };
        Some(Box::new(MemoryStore::with(state, Vec::new())))
    }

    async fn load(&self) -> Result<Option<Stored>, Error> {
        let contents = self.contents();
        let Some(text) = &contents.state else { return Ok(None) };
        let state = State::from_json(text, "the simulated disk")?;
        let (base, lines) = &contents.journal;
        let lines = lines.iter().filter(|_| *base == state.serial);
        let journal = lines.map(|line| serde_json::from_str(line).expect("whole lines are written")).collect();
        Ok(Some(Stored { state, journal }))
    }

    async fn save(&self, state: &State) -> Result<(), Error> {
        tokio::task::yield_now().await;
        let trouble = self.write();
        let parts = trouble.map_or(2, |trouble| trouble.written);
        if parts > 0 {
            self.contents().state = Some(state.to_json());
        }
        if parts > 1 {
            self.contents().journal = (state.serial, Vec::new());
        }
        self.fail(trouble).await
    }

    async fn append(&self, base: u64, events: &[Event]) -> Result<(), Error> {
        tokio::task::yield_now().await;
        let trouble = self.write();
        {
            let mut contents = self.contents();
            if contents.journal.0 != base {
                contents.journal = (base, Vec::new());
            }
            let written = trouble.map_or(events.len(), |trouble| trouble.written);
            let lines = events.iter().take(written).map(|event| serde_json::to_string(event).expect("string keys"));
            contents.journal.1.extend(lines);
        }
        self.fail(trouble).await
    }

    async fn lock(&self, holder: &LockOwner) -> Result<Box<dyn Lock>, Error> {
        let mut contents = self.contents();
        if let Some(other) = &contents.holder {
            return Err(StoreError::Locked { place: self.place(), holder: Box::new(other.clone()), heard: None }.into());
        }
        contents.holder = Some(holder.clone());
        Ok(Box::new(Held(self.clone())))
    }
}

/// Dies with its process.
struct Held(Disk);

#[async_trait]
impl Lock for Held {
    async fn release(self: Box<Self>) -> Result<(), Error> {
        Ok(())
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.0.contents().holder = None;
    }
}
