//! A state store in a directory.
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
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use groundplan_core::Assembly;

use super::file_dir::{Files, line, read_state};
use super::file_lock::{FileFence, lock};
use super::files::make_dir;
use super::history::History;
use super::{Lock, StateStore, Stored, file_history, name_is_valid};
use crate::Error;
use crate::model::{Event, LockOwner, RunRecord, State};
use crate::provider::Fence;

/// Keeps the state of an app in `DIR/APP/`. On Unix, only the owner can read it: directories have the mode 0700 and
/// files 0600.
#[derive(Clone, Debug)]
pub struct FileStore {
    files: Arc<Files>,
}

impl FileStore {
    /// Creates the store of `app` below `dir`. The directory is created with the first write.
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

    async fn lock(&self, holder: &LockOwner) -> Result<Box<dyn Lock>, Error> {
        let holder = holder.clone();
        let files = self.files.clone();
        self.blocking(move |_| Ok(Box::new(lock(files, holder)?) as Box<dyn Lock>)).await
    }

    async fn confirm_lock(&self) -> Result<(), Error> {
        self.blocking(Files::still_locked).await
    }

    fn lock_fence(&self) -> Option<Arc<dyn Fence>> {
        let (files, token) = (self.files.clone(), self.files.own_lock()?);
        Some(Arc::new(FileFence { files, token }))
    }

    async fn force_unlock(&self) -> Result<Option<LockOwner>, Error> {
        self.blocking(Files::force_unlock).await
    }

    async fn apps(&self) -> Result<Vec<String>, Error> {
        self.blocking(|files| files.apps()).await
    }

    fn of(&self, app: &str) -> Option<Box<dyn StateStore>> {
        Some(Box::new(Self::new(self.files.dir.parent()?, app)))
    }

    async fn record(&self, entry: &RunRecord, assembly: Option<&Assembly>) -> Result<(), Error> {
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

#[cfg(test)]
#[path = "file_tests.rs"]
mod tests;
