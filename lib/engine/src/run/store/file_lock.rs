//! The lock of a [`FileStore`](super::FileStore): the system's, so that it dies with its process. What the
//! file says is who holds it.

use std::fs::{self, File};
use std::io::{ErrorKind, Write};
use std::path::Path;
use std::sync::{Arc, PoisonError};

use async_trait::async_trait;
use fs4::fs_std::FileExt;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::Lock;
use super::file_dir::{Files, line};
use super::files::{self, make_dir};
use crate::Error;
use crate::model::LockOwner;
use crate::provider::{ErrorClass, Fence, ProviderError};
use crate::run::store::StoreError;

/// The content of the lock file.
#[derive(Serialize, Deserialize)]
struct LockFile {
    #[serde(flatten)]
    holder: LockOwner,
    /// Tells this lock from all others, so that a run whose lock was taken away sees that.
    token: Uuid,
}

/// Returns the owner of the lock, according to its file. An unreadable file has no known owner, but still is a lock.
fn holder(path: &Path) -> Result<Option<LockFile>, Error> {
    Ok(files::read_bytes(path)?.and_then(|bytes| serde_json::from_slice(&bytes).ok()))
}

impl Files {
    /// The lock of this run, while it has one.
    pub(super) fn own_lock(&self) -> Option<Uuid> {
        *self.token.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Refuses to go on for a run whose lock was taken away.
    pub(super) fn still_locked(&self) -> Result<(), Error> {
        self.own_lock().map_or(Ok(()), |token| self.is_locked_by(token))
    }

    /// Reads the lock file, which is small. The open file alone does not show it: it stays locked after it was
    /// unlinked.
    fn is_locked_by(&self, token: Uuid) -> Result<(), Error> {
        match holder(&self.lock_file())? {
            Some(current) if current.token == token => Ok(()),
            _ => Err(StoreError::LockLost {
                place: self.dir.display().to_string(),
                how: "was taken away by force".into(),
            }
            .into()),
        }
    }

    /// The file stays locked for the run that holds it, but it is the lock no more.
    pub(super) fn force_unlock(&self) -> Result<Option<LockOwner>, Error> {
        let path = self.lock_file();
        let file = match File::open(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            opened => opened.map_err(StoreError::file("open", &path))?,
        };
        if FileExt::try_lock_exclusive(&file).map_err(StoreError::file("lock", &path))? {
            return Ok(None);
        }
        let holder = holder(&path)?.map_or_else(LockOwner::unknown, |current| current.holder);
        fs::remove_file(&path).map_err(StoreError::file("remove", &path))?;
        Ok(Some(holder))
    }
}

/// Finds out before each request whether the lock was taken away.
pub(super) struct FileFence {
    pub(super) files: Arc<Files>,
    pub(super) token: Uuid,
}

impl Fence for FileFence {
    fn check(&self) -> Result<(), ProviderError> {
        let held = self.files.is_locked_by(self.token);
        held.map_err(|error| ProviderError::new(ErrorClass::LockLost, format!("it was not tried: {error}")))
    }
}

pub(super) fn lock(files: Arc<Files>, run: LockOwner) -> Result<FileLock, Error> {
    make_dir(&files.dir)?;
    let path = files.lock_file();
    let content = LockFile { holder: run, token: Uuid::new_v4() };
    loop {
        let mut file = files::open(&path)?;
        if !FileExt::try_lock_exclusive(&file).map_err(StoreError::file("lock", &path))? {
            let holder = Box::new(holder(&path)?.map_or_else(LockOwner::unknown, |current| current.holder));
            return Err(StoreError::Locked { place: files.dir.display().to_string(), holder, heard: None }.into());
        }
        file.set_len(0).map_err(StoreError::file("write", &path))?;
        file.write_all(line(&content).as_bytes()).map_err(StoreError::file("write", &path))?;
        // Between opening and locking, the file may have been taken away.
        if holder(&path)?.is_some_and(|current| current.token == content.token) {
            *files.token.lock().unwrap_or_else(PoisonError::into_inner) = Some(content.token);
            // Since this store has written last, another one may have.
            *files.journal.lock().unwrap_or_else(PoisonError::into_inner) = None;
            return Ok(FileLock { files, _file: file });
        }
    }
}

/// Held as long as the file is open.
pub(super) struct FileLock {
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
