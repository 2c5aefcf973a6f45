//! The directory of one app.

use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::Stored;
use super::files::{self, make_dir, replace, sync_dir, write_through};
use crate::Error;
use crate::model::{FormatError, State};
use crate::run::store::StoreError;

/// The number of earlier states that are kept.
const HISTORY: usize = 10;

/// The version of the format of `moved`.
const MOVED_FORMAT: u32 = 1;
#[derive(Debug)]
pub(super) struct Files {
    pub(super) dir: PathBuf,
    pub(super) app: String,
    /// The journal of this run, open at its end.
    pub(super) journal: Mutex<Option<File>>,
    /// The lock of this run, while it has one.
    pub(super) token: Mutex<Option<Uuid>>,
    /// Gives a file a second name. Not every file system can.
    pub(super) link: fn(&Path, &Path) -> io::Result<()>,
}

/// The new location of the state.
#[derive(Serialize, Deserialize)]
struct Moved {
    format: u32,
    to: String,
}

/// Of a state that is saved.
#[derive(Clone, Copy, Deserialize)]
pub(super) struct Saved {
    pub(super) serial: u64,
    pub(super) lineage: Uuid,
}

pub(super) fn read_state(path: &Path) -> Result<Option<State>, Error> {
    Ok(files::read(path)?.map(|text| State::from_json(&text, &path.display().to_string())).transpose()?)
}

impl Files {
    pub(super) fn state_file(&self) -> PathBuf {
        self.dir.join("state.json")
    }

    pub(super) fn backup_file(&self, serial: u64) -> PathBuf {
        self.dir.join(format!("state.{serial}.json"))
    }

    pub(super) fn moved_file(&self) -> PathBuf {
        self.dir.join("moved.json")
    }

    pub(super) fn journal_file(&self) -> PathBuf {
        self.dir.join("journal.jsonl")
    }

    pub(super) fn lock_file(&self) -> PathBuf {
        self.dir.join("lock")
    }

    pub(super) fn load(&self) -> Result<Option<Stored>, Error> {
        let Some(state) = read_state(&self.state_file())? else {
            // A state is saved before anything is written about what is done to it.
            if self.journal_file().exists() {
                let is_deployed = |serial: &u64| matches!(read_state(&self.backup_file(*serial)), Ok(Some(state)) if !state.is_blank());
                let restore = self.backups()?.into_iter().rfind(is_deployed);
                let place = self.dir.display().to_string();
                return Err(StoreError::Absent { place, evidence: vec!["a journal".into()], restore }.into());
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
            serde_json::from_str(&text).map_err(|error| FormatError::corrupt(&path.display().to_string(), error))
        };
        Ok(files::read(&path)?.map(parse).transpose()?)
    }

    pub(super) fn save(&self, json: &str, serial: u64) -> Result<(), Error> {
        make_dir(&self.dir)?;
        self.still_locked()?;
        let (state, new) = (self.state_file(), self.dir.join("state.json.new"));
        write_through(&new, json.as_bytes())?;
        self.keep_backup(serial)?;
        self.keep_damaged_journal()?;
        fs::rename(&new, &state).map_err(StoreError::file("write", &state))?;
        sync_dir(&self.dir)?;
        *self.journal.lock().unwrap_or_else(PoisonError::into_inner) = None;
        files::remove(&self.journal_file())
    }

    /// Keeps a journal that cannot be read as `journal.damaged.jsonl`, in the place of an earlier one: it is dropped
    /// only on request of the user, and records the created resources.
    pub(super) fn keep_damaged_journal(&self) -> Result<(), Error> {
        let journal = self.journal_file();
        // What this run has written itself is whole.
        if self.journal.lock().unwrap_or_else(PoisonError::into_inner).is_some() {
            return Ok(());
        }
        // A state that is damaged itself says nothing of the journal: what is beside it is kept, too.
        match self.load() {
            Err(error) if error.is_of_content() && journal.exists() => {
                let kept = self.dir.join("journal.damaged.jsonl");
                fs::rename(&journal, &kept).map_err(StoreError::file("keep", &kept))
            }
            _ => Ok(()),
        }
    }

    /// Gives the state that is about to be replaced by `serial` a name with its own serial. A damaged state is kept as
    /// `state.damaged.json`, in the place of an earlier one: it is replaced only on request of the user.
    pub(super) fn keep_backup(&self, serial: u64) -> Result<(), Error> {
        let state = self.state_file();
        let kept = match self.saved() {
            Ok(None) => return Ok(()),
            Ok(Some(saved)) if saved.serial == serial => None,
            Ok(Some(saved)) => Some(self.backup_file(saved.serial)),
            Err(Error::Format(FormatError::Corrupt { .. })) => {
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
            files::prune(&self.backup_file(*old));
        }
        Ok(())
    }

    pub(super) fn copy_state(&self, to: &Path) -> Result<(), Error> {
        let state = self.state_file();
        let bytes = fs::read(&state).map_err(StoreError::file("read", &state))?;
        replace(to, &bytes)
    }

    /// The serials of the earlier states that are kept, the oldest first.
    pub(super) fn backups(&self) -> Result<Vec<u64>, Error> {
        let serial = |name: &String| name.strip_prefix("state.")?.strip_suffix(".json")?.parse().ok();
        let mut serials: Vec<u64> = files::names(&self.dir)?.iter().filter_map(serial).collect();
        serials.sort_unstable();
        Ok(serials)
    }

    /// The directories beside this one that hold a state, or did.
    pub(super) fn apps(&self) -> Result<Vec<String>, Error> {
        let Some(root) = self.dir.parent() else { return Ok(Vec::new()) };
        let holds = |name: &String| {
            let dir = root.join(name);
            ["state.json", "journal.jsonl", "history"].iter().any(|file| dir.join(file).exists())
        };
        let mut apps: Vec<String> = files::names(root)?.into_iter().filter(holds).collect();
        apps.sort_unstable();
        Ok(apps)
    }

    pub(super) fn moved(&self) -> Result<Option<String>, Error> {
        let path = self.moved_file();
        let Some(text) = files::read(&path)? else { return Ok(None) };
        let place = path.display().to_string();
        let Moved { format, to } = serde_json::from_str(&text).map_err(|error| FormatError::corrupt(&place, error))?;
        if format > MOVED_FORMAT {
            return Err(Error::Format(FormatError::Newer { place, found: format, known: MOVED_FORMAT }));
        }
        Ok(Some(to))
    }

    pub(super) fn set_moved(&self, to: Option<String>) -> Result<(), Error> {
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
