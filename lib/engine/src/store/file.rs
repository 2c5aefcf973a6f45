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

use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use fs4::fs_std::FileExt;
use groundplan_core::Assembly;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Holder, Lock, StateStore, Stored, file_history};
use crate::error::Error;
use crate::history::Entry;
use crate::journal::Event;
use crate::state::State;

/// How many earlier states are kept.
const HISTORY: usize = 10;

/// The version of the journal's format that this crate writes.
const JOURNAL_FORMAT: u32 = 1;

/// Keeps the state of an app in `DIR/APP/`.
#[derive(Clone, Debug)]
pub struct FileStore {
    files: Arc<Files>,
}

#[derive(Debug)]
struct Files {
    dir: PathBuf,
    /// The journal of this run, open at its end.
    journal: Mutex<Option<File>>,
    /// The lock of this run, while it has one.
    token: Mutex<Option<Uuid>>,
}

/// What the lock's file says.
#[derive(Serialize, Deserialize)]
struct LockFile {
    #[serde(flatten)]
    holder: Holder,
    /// Tells this lock from all others, so that a run whose lock was taken away sees that.
    token: Uuid,
}

/// The first line of a journal.
#[derive(Serialize, Deserialize)]
struct Header {
    format: u32,
    /// The serial of the saved state that the events continue.
    base: u64,
}

impl FileStore {
    /// The store of `app` below `dir`. Nothing is made until something is written.
    pub fn new(dir: impl Into<PathBuf>, app: &str) -> Self {
        Self {
            files: Arc::new(Files { dir: dir.into().join(app), journal: Mutex::default(), token: Mutex::default() }),
        }
    }

    /// Runs `work` where it may block.
    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Files) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
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
            files.make_dir()?;
            files.still_locked()?;
            file_history::record(&files.dir, &entry, assembly.as_deref())
        })
        .await
    }

    async fn history(&self) -> Result<Vec<Entry>, Error> {
        self.blocking(|files| file_history::entries(&files.dir)).await
    }

    async fn assembly(&self, serial: u64) -> Result<Option<Assembly>, Error> {
        self.blocking(move |files| file_history::assembly(&files.dir, serial)).await
    }
}

impl Files {
    fn state(&self) -> PathBuf {
        self.dir.join("state.json")
    }

    fn journal(&self) -> PathBuf {
        self.dir.join("journal.jsonl")
    }

    fn load(&self) -> Result<Option<Stored>, Error> {
        let path = self.state();
        let Some(text) = read(&path)? else { return Ok(None) };
        let state = State::from_json(&text, &path.display().to_string())?;
        let journal = self.load_journal(state.serial)?;
        Ok(Some(Stored { state, journal }))
    }

    /// The events that continue the state with the serial `base`. The journal of an earlier
    /// state is in the saved state already.
    fn load_journal(&self, base: u64) -> Result<Vec<Event>, Error> {
        let path = self.journal();
        let place = path.display().to_string();
        let Some(text) = read(&path)? else { return Ok(Vec::new()) };
        let corrupt = |line: usize, error: serde_json::Error| Error::Corrupt {
            place: place.clone(),
            reason: format!("line {}: {error}", line + 1),
        };
        // A last line without its end was never committed: the run was interrupted in it.
        let mut lines = text.split_inclusive('\n').filter(|line| line.ends_with('\n')).enumerate();
        let Some((number, header)) = lines.next() else { return Ok(Vec::new()) };
        let header: Header = serde_json::from_str(header).map_err(|error| corrupt(number, error))?;
        if header.format > JOURNAL_FORMAT {
            return Err(Error::Newer { place, found: header.format, known: JOURNAL_FORMAT });
        }
        if header.base != base {
            return Ok(Vec::new());
        }
        lines.map(|(number, line)| serde_json::from_str(line).map_err(|error| corrupt(number, error))).collect()
    }

    fn save(&self, json: &str, serial: u64) -> Result<(), Error> {
        self.make_dir()?;
        self.still_locked()?;
        let (state, new) = (self.state(), self.dir.join("state.json.new"));
        write_through(&new, json)?;
        self.keep_history(&state, serial)?;
        fs::rename(&new, &state).map_err(Error::file("write", &state))?;
        sync_dir(&self.dir)?;
        *self.journal.lock().unwrap_or_else(PoisonError::into_inner) = None;
        let journal = self.journal();
        match fs::remove_file(&journal) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(Error::file("remove", journal)(error)),
            _ => Ok(()),
        }
    }

    /// Links the state that is about to be replaced to a name with its serial.
    fn keep_history(&self, state: &Path, serial: u64) -> Result<(), Error> {
        let Some(text) = read(state)? else { return Ok(()) };
        #[derive(Deserialize)]
        struct Kept {
            serial: u64,
        }
        let place = || state.display().to_string();
        let Kept { serial: old } = serde_json::from_str(&text)
            .map_err(|error| Error::Corrupt { place: place(), reason: error.to_string() })?;
        if old != serial {
            let kept = self.dir.join(format!("state.{old}.json"));
            match fs::hard_link(state, &kept) {
                Err(error) if error.kind() != ErrorKind::AlreadyExists => {
                    return Err(Error::file("write", kept)(error));
                }
                _ => {}
            }
        }
        let mut serials: Vec<u64> = self.history()?;
        serials.sort_unstable();
        for old in serials.iter().rev().skip(HISTORY) {
            let path = self.dir.join(format!("state.{old}.json"));
            fs::remove_file(&path).map_err(Error::file("remove", path))?;
        }
        Ok(())
    }

    fn history(&self) -> Result<Vec<u64>, Error> {
        let entries = fs::read_dir(&self.dir).map_err(Error::file("read", &self.dir))?;
        let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
        Ok(names.filter_map(|name| name.strip_prefix("state.")?.strip_suffix(".json")?.parse().ok()).collect())
    }

    /// The directories beside this one that hold a state.
    fn apps(&self) -> Result<Vec<String>, Error> {
        let Some(root) = self.dir.parent() else { return Ok(Vec::new()) };
        let entries = match fs::read_dir(root) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries.map_err(Error::file("read", root))?,
        };
        let directories = entries.filter_map(Result::ok).filter(|entry| entry.path().join("state.json").exists());
        let mut apps: Vec<String> = directories.filter_map(|entry| entry.file_name().into_string().ok()).collect();
        apps.sort_unstable();
        Ok(apps)
    }

    fn append(&self, base: u64, lines: &str) -> Result<(), Error> {
        self.still_locked()?;
        let mut slot = self.journal.lock().unwrap_or_else(PoisonError::into_inner);
        let mut journal = match slot.take() {
            Some(journal) => journal,
            None => self.open_journal(base)?,
        };
        let path = self.journal();
        journal.write_all(lines.as_bytes()).map_err(Error::file("write", &path))?;
        journal.sync_data().map_err(Error::file("write", &path))?;
        // A file whose write has failed is not kept open: the next try starts after the last
        // whole line.
        *slot = Some(journal);
        Ok(())
    }

    /// Opens the journal that continues the state with the serial `base` after its last whole
    /// line, or starts it.
    fn open_journal(&self, base: u64) -> Result<File, Error> {
        self.make_dir()?;
        let path = self.journal();
        let mut file = OpenOptions::new()
            .create(true)
            .read(true)
            .write(true)
            .truncate(false)
            .open(&path)
            .map_err(Error::file("open", &path))?;
        let mut text = String::new();
        file.read_to_string(&mut text).map_err(Error::file("read", &path))?;
        let header = text.lines().next().and_then(|line| serde_json::from_str::<Header>(line).ok());
        let continues = header.is_some_and(|header| header.base == base);
        let end = if continues { text.rfind('\n').map_or(0, |last| last + 1) } else { 0 };
        file.set_len(end as u64).map_err(Error::file("write", &path))?;
        file.seek(SeekFrom::End(0)).map_err(Error::file("write", &path))?;
        if end == 0 {
            let header = line(&Header { format: JOURNAL_FORMAT, base });
            file.write_all(header.as_bytes()).map_err(Error::file("write", &path))?;
            sync_dir(&self.dir)?;
        }
        Ok(file)
    }

    fn lock_file(&self) -> PathBuf {
        self.dir.join("lock")
    }

    /// Who holds the lock, as far as its file says.
    fn holder(&self) -> Result<Option<LockFile>, Error> {
        Ok(read(&self.lock_file())?.and_then(|text| serde_json::from_str(&text).ok()))
    }

    /// Refuses to write for a run whose lock was taken away.
    fn still_locked(&self) -> Result<(), Error> {
        let token = *self.token.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(token) = token else { return Ok(()) };
        match self.holder()? {
            Some(current) if current.token == token => Ok(()),
            _ => Err(Error::LockLost {
                place: self.dir.display().to_string(),
                how: "was taken away by `force-unlock`".into(),
            }),
        }
    }

    /// The file stays locked for the run that holds it, but it is the lock no more.
    fn force_unlock(&self) -> Result<Option<Holder>, Error> {
        let path = self.lock_file();
        let file = match File::open(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            opened => opened.map_err(Error::file("open", &path))?,
        };
        if FileExt::try_lock_exclusive(&file).map_err(Error::file("lock", &path))? {
            return Ok(None);
        }
        let holder = self.holder()?.map_or_else(Holder::unknown, |current| current.holder);
        fs::remove_file(&path).map_err(Error::file("remove", &path))?;
        Ok(Some(holder))
    }

    fn make_dir(&self) -> Result<(), Error> {
        fs::create_dir_all(&self.dir).map_err(Error::file("make", &self.dir))
    }
}

fn lock(files: Arc<Files>, holder: Holder) -> Result<FileLock, Error> {
    files.make_dir()?;
    let path = files.lock_file();
    let content = LockFile { holder, token: Uuid::new_v4() };
    loop {
        let mut file = OpenOptions::new()
            .create(true)
            .read(true)
            .write(true)
            .truncate(false)
            .open(&path)
            .map_err(Error::file("open", &path))?;
        if !FileExt::try_lock_exclusive(&file).map_err(Error::file("lock", &path))? {
            let holder = Box::new(files.holder()?.map_or_else(Holder::unknown, |current| current.holder));
            return Err(Error::Locked { place: files.dir.display().to_string(), holder, heard: None });
        }
        file.set_len(0).map_err(Error::file("write", &path))?;
        file.write_all(line(&content).as_bytes()).map_err(Error::file("write", &path))?;
        // Between opening and locking, the file may have been taken away.
        if files.holder()?.is_some_and(|current| current.token == content.token) {
            *files.token.lock().unwrap_or_else(PoisonError::into_inner) = Some(content.token);
            // Since this store has written last, another one may have.
            *files.journal.lock().unwrap_or_else(PoisonError::into_inner) = None;
            return Ok(FileLock { files, _file: file });
        }
    }
}

/// Held as long as the file is open.
struct FileLock {
    files: Arc<Files>,
    _file: File,
}

impl Drop for FileLock {
    fn drop(&mut self) {
        *self.files.token.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

#[async_trait]
impl Lock for FileLock {
    async fn release(self: Box<Self>) -> Result<(), Error> {
        Ok(())
    }
}

fn line(value: &impl Serialize) -> String {
    let mut line = serde_json::to_string(value).expect("events have string keys only");
    line.push('\n');
    line
}

pub(super) fn read(path: &Path) -> Result<Option<String>, Error> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) if error.kind() == ErrorKind::InvalidData => {
            Err(Error::Corrupt { place: path.display().to_string(), reason: "it is not UTF-8 text".into() })
        }
        Err(error) => Err(Error::file("read", path)(error)),
    }
}

/// Writes a new file, or none: what is left of a failed write would only fill the disk further.
pub(super) fn write_through(path: &Path, text: &str) -> Result<(), Error> {
    let write = || {
        let mut file = File::create(path)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()
    };
    write().map_err(|error| {
        let _ = fs::remove_file(path);
        Error::file("write", path)(error)
    })
}

/// A rename is durable when its directory is.
pub(super) fn sync_dir(dir: &Path) -> Result<(), Error> {
    File::open(dir).and_then(|dir| dir.sync_all()).map_err(Error::file("write", dir))
}

#[cfg(test)]
#[path = "file_tests.rs"]
mod tests;
