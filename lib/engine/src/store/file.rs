//! A store in the file system.
//!
//! | file | holds |
//! |---|---|
//! | `state.json` | the state as of the last run that ended |
//! | `state.N.json` | the states before it, by serial; the last ten |
//! | `history/N.json` | the run that made the state N: when, who, what; the last hundred |
//! | `history/N.assembly.json` | what the program said in that run |
//! | `journal.jsonl` | a header, then one event a line, of a run that is under way or was interrupted |
//! | `lock` | who is writing; the lock itself is the system's, so it dies with its process |
//! | `moved.json` | where the state is now, after `state migrate` |

use std::fs;
use std::fs::File;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use groundplan_core::Assembly;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::file_journal::Saved;
use super::file_lock::lock;
use super::files::{self, make_dir, replace, sync_dir, write_through};
use super::{Holder, Lock, StateStore, Stored, file_history, name_is_valid};
use crate::error::Error;
use crate::history::{Entry, History};
use crate::journal::Event;
use crate::state::State;

/// How many earlier states are kept.
const HISTORY: usize = 10;

/// The version of the format of `moved`.
const MOVED_FORMAT: u32 = 1;

/// Keeps the state of an app in `DIR/APP/`. On Unix, what it makes is for its owner alone: directories have
/// the mode 0700 and files 0600.
#[derive(Clone, Debug)]
pub struct FileStore {
    files: Arc<Files>,
}

#[derive(Debug)]
pub(super) struct Files {
    pub(super) dir: PathBuf,
    app: String,
    /// The journal of this run, open at its end.
    pub(super) journal: Mutex<Option<File>>,
    /// The lock of this run, while it has one.
    pub(super) token: Mutex<Option<Uuid>>,
    /// Gives a file a second name. Not every file system can.
    link: fn(&Path, &Path) -> io::Result<()>,
}

/// Where the state is now.
#[derive(Serialize, Deserialize)]
struct Moved {
    format: u32,
    to: String,
}

impl FileStore {
    /// The store of `app` below `dir`. Nothing is made until something is written.
    pub fn new(dir: impl Into<PathBuf>, app: &str) -> Self {
        Self::linking(dir, app, |file, second| fs::hard_link(file, second))
    }

    pub(super) fn linking(dir: impl Into<PathBuf>, app: &str, link: fn(&Path, &Path) -> io::Result<()>) -> Self {
        let dir = dir.into().join(app);
        let (app, journal, token) = (app.to_owned(), Mutex::default(), Mutex::default());
        Self { files: Arc::new(Files { dir, app, journal, token, link }) }
    }

    /// Runs `work` where it may block.
    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Files) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        name_is_valid(&self.files.app)?;
        let files = self.files.clone();
        tokio::task::spawn_blocking(move || work(&files)).await.expect("file operations do not panic")
    }
}

#[async_trait]
impl StateStore for FileStore {
    fn place(&self) -> String {
        self.files.dir.display().to_string()
    }

    async fn load(&self) -> Result<Option<Stored>, Error> {
        self.blocking(Files::load).await
    }

    async fn save(&self, state: &State) -> Result<(), Error> {
        let (json, serial) = (state.to_json(), state.serial);
        self.blocking(move |files| files.save(&json, serial)).await
    }

    async fn append(&self, base: u64, events: &[Event]) -> Result<(), Error> {
        let lines: String = events.iter().map(line).collect();
        self.blocking(move |files| files.append(base, &lines)).await
    }

    async fn lock(&self, holder: &Holder) -> Result<Box<dyn Lock>, Error> {
        let holder = holder.clone();
        let files = self.files.clone();
        self.blocking(move |_| Ok(Box::new(lock(files, holder)?) as Box<dyn Lock>)).await
    }

    async fn force_unlock(&self) -> Result<Option<Holder>, Error> {
        self.blocking(Files::force_unlock).await
    }

    async fn apps(&self) -> Result<Vec<String>, Error> {
        self.blocking(|files| files.apps()).await
    }

    fn of(&self, app: &str) -> Option<Box<dyn StateStore>> {
        Some(Box::new(Self::new(self.files.dir.parent()?, app)))
    }

    async fn record(&self, entry: &Entry, assembly: Option<&Assembly>) -> Result<(), Error> {
        let (entry, assembly) = (entry.clone(), assembly.map(Assembly::to_json));
        self.blocking(move |files| {
            make_dir(&files.dir)?;
            files.still_locked()?;
            file_history::record(&files.dir, &entry, assembly.as_deref())
        })
        .await
    }

    async fn history(&self) -> Result<History, Error> {
        self.history_after(0).await
    }

    async fn assembly(&self, serial: u64) -> Result<Option<Assembly>, Error> {
        self.blocking(move |files| file_history::assembly(&files.dir, serial)).await
    }

    async fn history_after(&self, serial: u64) -> Result<History, Error> {
        self.blocking(move |files| file_history::history_after(&files.dir, serial)).await
    }

    async fn backups(&self) -> Result<Vec<u64>, Error> {
        self.blocking(Files::backups).await
    }

    async fn backup(&self, serial: u64) -> Result<Option<State>, Error> {
        self.blocking(move |files| read_state(&files.backup_file(serial))).await
    }

    async fn current(&self) -> Result<Option<State>, Error> {
        self.blocking(|files| read_state(&files.state_file())).await
    }

    async fn moved(&self) -> Result<Option<String>, Error> {
        self.blocking(Files::moved).await
    }

    async fn set_moved(&self, to: Option<&str>) -> Result<(), Error> {
        let to = to.map(str::to_owned);
        self.blocking(move |files| files.set_moved(to)).await
    }
}

fn read_state(path: &Path) -> Result<Option<State>, Error> {
    files::read(path)?.map(|text| State::from_json(&text, &path.display().to_string())).transpose()
}

impl Files {
    fn state_file(&self) -> PathBuf {
        self.dir.join("state.json")
    }

    fn backup_file(&self, serial: u64) -> PathBuf {
        self.dir.join(format!("state.{serial}.json"))
    }

    fn moved_file(&self) -> PathBuf {
        self.dir.join("moved.json")
    }

    pub(super) fn journal_file(&self) -> PathBuf {
        self.dir.join("journal.jsonl")
    }

    pub(super) fn lock_file(&self) -> PathBuf {
        self.dir.join("lock")
    }

    fn load(&self) -> Result<Option<Stored>, Error> {
        let Some(state) = read_state(&self.state_file())? else {
            // A state is saved before anything is written about what is done to it.
            if self.journal_file().exists() {
                let (place, restore) = (self.dir.display().to_string(), self.backups()?.last().copied());
                return Err(Error::Absent { place, evidence: vec!["a journal".into()], restore });
            }
            return Ok(None);
        };
        let journal = self.load_journal(&state)?;
        Ok(Some(Stored { state, journal }))
    }

    /// Serial and lineage of the saved state.
    pub(super) fn saved(&self) -> Result<Option<Saved>, Error> {
        let path = self.state_file();
        let parse = |text: String| {
            serde_json::from_str(&text).map_err(|error| Error::corrupt(&path.display().to_string(), error))
        };
        files::read(&path)?.map(parse).transpose()
    }

    fn save(&self, json: &str, serial: u64) -> Result<(), Error> {
        make_dir(&self.dir)?;
        self.still_locked()?;
        let (state, new) = (self.state_file(), self.dir.join("state.json.new"));
        write_through(&new, json.as_bytes())?;
        self.keep_backup(serial)?;
        self.keep_damaged_journal()?;
        fs::rename(&new, &state).map_err(Error::file("write", &state))?;
        sync_dir(&self.dir)?;
        *self.journal.lock().unwrap_or_else(PoisonError::into_inner) = None;
        files::remove(&self.journal_file())
    }

    /// Keeps a journal that cannot be read as `journal.damaged.jsonl`, in the place of an earlier one: it is
    /// dropped only where somebody said so, and says what was made.
    fn keep_damaged_journal(&self) -> Result<(), Error> {
        let journal = self.journal_file();
        // What this run has written itself is whole.
        if self.journal.lock().unwrap_or_else(PoisonError::into_inner).is_some() {
            return Ok(());
        }
        // A state that is damaged itself says nothing of the journal: what is beside it is kept, too.
        match self.load() {
            Err(error) if error.is_of_content() && journal.exists() => {
                let kept = self.dir.join("journal.damaged.jsonl");
                fs::rename(&journal, &kept).map_err(Error::file("keep", &kept))
            }
            _ => Ok(()),
        }
    }

    /// Gives the state that is about to be replaced by `serial` a name with its own serial. What is damaged
    /// is kept as `state.damaged.json`, in the place of an earlier one: it is replaced only where somebody said
    /// so.
    fn keep_backup(&self, serial: u64) -> Result<(), Error> {
        let state = self.state_file();
        let kept = match self.saved() {
            Ok(None) => return Ok(()),
            Ok(Some(saved)) if saved.serial == serial => None,
            Ok(Some(saved)) => Some(self.backup_file(saved.serial)),
            Err(Error::Corrupt { .. }) => {
                self.copy_state(&self.dir.join("state.damaged.json"))?;
                None
            }
            Err(error) => return Err(error),
        };
        if let Some(kept) = kept {
            match (self.link)(&state, &kept) {
                Ok(()) => {}
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
                // A file system without hard links, such as FAT and some that are reached over a network.
                Err(_) => self.copy_state(&kept)?,
            }
        }
        for old in self.backups()?.iter().rev().skip(HISTORY) {
            files::remove(&self.backup_file(*old))?;
        }
        Ok(())
    }

    fn copy_state(&self, to: &Path) -> Result<(), Error> {
        let state = self.state_file();
        let bytes = fs::read(&state).map_err(Error::file("read", &state))?;
        replace(to, &bytes)
    }

    /// The serials of the earlier states that are kept, the oldest first.
    fn backups(&self) -> Result<Vec<u64>, Error> {
        let serial = |name: &String| name.strip_prefix("state.")?.strip_suffix(".json")?.parse().ok();
        let mut serials: Vec<u64> = files::names(&self.dir)?.iter().filter_map(serial).collect();
        serials.sort_unstable();
        Ok(serials)
    }

    /// The directories beside this one that hold a state, or did.
    fn apps(&self) -> Result<Vec<String>, Error> {
        let Some(root) = self.dir.parent() else { return Ok(Vec::new()) };
        let holds = |name: &String| {
            let dir = root.join(name);
            ["state.json", "journal.jsonl", "history"].iter().any(|file| dir.join(file).exists())
        };
        let mut apps: Vec<String> = files::names(root)?.into_iter().filter(holds).collect();
        apps.sort_unstable();
        Ok(apps)
    }

    fn moved(&self) -> Result<Option<String>, Error> {
        let path = self.moved_file();
        let Some(text) = files::read(&path)? else { return Ok(None) };
        let place = path.display().to_string();
        let Moved { format, to } = serde_json::from_str(&text).map_err(|error| Error::corrupt(&place, error))?;
        if format > MOVED_FORMAT {
            return Err(Error::Newer { place, found: format, known: MOVED_FORMAT });
        }
        Ok(Some(to))
    }

    fn set_moved(&self, to: Option<String>) -> Result<(), Error> {
        self.still_locked()?;
        match to {
            Some(to) => replace(&self.moved_file(), line(&Moved { format: MOVED_FORMAT, to }).as_bytes())?,
            None => files::remove(&self.moved_file())?,
        }
        sync_dir(&self.dir)
    }
}

pub(super) fn line(value: &impl Serialize) -> String {
    let mut line = serde_json::to_string(value).expect("events have string keys only");
    line.push('\n');
    line
}

#[cfg(test)]
#[path = "file_tests.rs"]
mod tests;
