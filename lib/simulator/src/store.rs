//! The sandbox on disk.
//!
//! `DIR/<account>.jsonl` has a header and then one line for each call that changed something,
//! with the resources as they are after it. A line is written at once or not at all: one that
//! was cut off is dropped. `DIR/<account>.lock` serializes processes. Reading the file through
//! gives the account; when much of it is history, it is written anew beside the old one, which
//! it then replaces.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use groundplan_engine::private_file;
use serde::{Deserialize, Serialize};

use crate::account::{Account, Changes};
use crate::resource::{Key, Resource};

/// The version of the format.
const FORMAT: u32 = 1;

/// A sandbox that cannot be opened, read or written.
#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
    /// The file system refuses.
    #[error("cannot use the sandbox at {path}: {source}")]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file was written by a later version of Groundplan.
    #[error(
        "the sandbox at {path} has format {found}, and this version of groundplan reads {FORMAT}: use a newer version, or delete the file to start with an empty account"
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its format.
        found: u32,
    },
    /// The file is damaged.
    #[error(
        "the sandbox at {path} is damaged in line {line}: {reason}; restore the file, or delete it to start with an empty account"
    )]
    Corrupt {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What is wrong with it.
        reason: String,
    },
}

#[derive(Clone, Serialize, Deserialize)]
struct Header {
    format: u32,
    account: String,
    /// Counts how often the file was written anew.
    epoch: u64,
    /// Key of the digests and of what the sandbox makes up for secrets.
    key: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    put: Vec<Resource>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    removed: Vec<Key>,
}

/// Keeps an account in a file.
pub(crate) struct Store {
    path: PathBuf,
    lock: File,
    header: Header,
    /// How much of the file the account in memory has seen; zero before the first time.
    offset: u64,
    lines: usize,
}

fn file(dir: &Path, account: &str) -> PathBuf {
    dir.join(format!("{account}.jsonl"))
}

impl Store {
    /// Returns whether there is a sandbox of `account` in `dir`.
    pub(crate) fn exists(dir: &Path, account: &str) -> bool {
        file(dir, account).exists()
    }

    /// Opens the sandbox of `account` in `dir`, making it where there is none.
    pub(crate) fn open(dir: &Path, account: &str) -> Result<Self, SandboxError> {
        let path = file(dir, account);
        let at = |source| SandboxError::Io { path: path.clone(), source };
        private_file::make_dir(dir).map_err(at)?;
        let lock = private_file::open(&dir.join(format!("{account}.lock"))).map_err(at)?;
        let key = random_key();
        let header = Header { format: FORMAT, account: account.to_owned(), epoch: 0, key };
        let mut store = Self { path, lock, header, offset: 0, lines: 0 };
        store.locked(|store| if store.path.exists() { Ok(()) } else { store.rewrite(&Account::default()) })?;
        Ok(store)
    }

    /// Another handle of the lock, to find out whether another process holds it.
    pub(crate) fn probe(&self) -> Result<File, SandboxError> {
        let path = self.path.with_extension("lock");
        private_file::open_existing(&path).map_err(|source| self.io(source))
    }

    /// The secret of this sandbox.
    pub(crate) fn key(&self) -> &str {
        &self.header.key
    }

    /// Brings `account` up to date, lets `work` change it, and writes what has changed, while no
    /// other process does.
    pub(crate) fn transact<R>(
        &mut self,
        account: &mut Account,
        work: impl FnOnce(&mut Account) -> R,
    ) -> Result<R, SandboxError> {
        self.locked(|store| {
            let file = store.refresh(account)?;
            let result = work(account);
            let written = store.append(account, file);
            if written.is_err() {
                // What is in memory is not what is on disk: read it anew the next time.
                store.offset = 0;
            }
            written.map(|()| result)
        })
    }

    fn locked<R>(&mut self, work: impl FnOnce(&mut Self) -> Result<R, SandboxError>) -> Result<R, SandboxError> {
        self.lock.lock().map_err(|source| self.io(source))?;
        let result = work(self);
        self.lock.unlock().map_err(|source| self.io(source))?;
        result
    }

    /// Reads what is new in the file; gives the file.
    fn refresh(&mut self, account: &mut Account) -> Result<File, SandboxError> {
        let file = match private_file::open_existing(&self.path) {
            // Somebody deleted it to start anew.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                *account = Account::default();
                self.rewrite(account)?;
                private_file::open_existing(&self.path)
            }
            opened => opened,
        };
        let mut reader = BufReader::new(file.map_err(|source| self.io(source))?);
        let header = self.read_header(&mut reader)?;
        let fresh = self.offset == 0 || header.epoch != self.header.epoch || header.key != self.header.key;
        if fresh {
            *account = Account::default();
            self.header = header;
            self.lines = 1;
            self.offset = reader.stream_position().map_err(|source| self.io(source))?;
        } else {
            reader.seek(SeekFrom::Start(self.offset)).map_err(|source| self.io(source))?;
        }
        if fresh {
            self.read_lines(&mut reader, account, Account::put_unlinked)?;
            account.relink();
        } else {
            self.read_lines(&mut reader, account, Account::put)?;
        }
        drop(account.take_changes());
        Ok(reader.into_inner())
    }

    fn read_header(&self, reader: &mut impl BufRead) -> Result<Header, SandboxError> {
        let mut text = String::new();
        reader.read_line(&mut text).map_err(|source| self.io(source))?;
        // The format comes first, whatever else a later version writes there.
        #[derive(Deserialize)]
        struct Versioned {
            format: u32,
        }
        let corrupt = |error: serde_json::Error| self.corrupt(1, error.to_string());
        let Versioned { format } = serde_json::from_str(&text).map_err(corrupt)?;
        if format > FORMAT {
            return Err(SandboxError::Newer { path: self.path.clone(), found: format });
        }
        let header: Header = serde_json::from_str(&text).map_err(corrupt)?;
        if header.account != self.header.account {
            return Err(self.corrupt(1, format!("it is of account {}", header.account)));
        }
        Ok(header)
    }

    fn read_lines(
        &mut self,
        reader: &mut impl BufRead,
        account: &mut Account,
        put: fn(&mut Account, Resource),
    ) -> Result<(), SandboxError> {
        let mut text = Vec::new();
        loop {
            text.clear();
            let length = reader.read_until(b'\n', &mut text).map_err(|source| self.io(source))?;
            if text.last() != Some(&b'\n') {
                return Ok(());
            }
            let line: Line =
                serde_json::from_slice(&text).map_err(|error| self.corrupt(self.lines + 1, error.to_string()))?;
            for resource in line.put {
                if groundplan_schema::lookup(&resource.key.type_name).is_none() {
                    return Err(self.corrupt(self.lines + 1, format!("there is no type {}", resource.key.type_name)));
                }
                put(account, resource);
            }
            line.removed.iter().for_each(|key| account.remove(key));
            self.offset += length as u64;
            self.lines += 1;
        }
    }

    fn append(&mut self, account: &mut Account, file: File) -> Result<(), SandboxError> {
        let Changes { removed, changed } = account.take_changes();
        if removed.is_empty() && changed.is_empty() {
            return Ok(());
        }
        let count = account.len();
        if self.lines > 1000 && self.lines > 4 * count {
            drop(file);
            return self.rewrite(account);
        }
        let put = changed.iter().filter_map(|key| account.get(key).cloned()).collect();
        let line = Line { put, removed: removed.into_iter().collect() };
        let written = self.write_line(&line, file);
        self.offset += written.map_err(|source| self.io(source))?;
        self.lines += 1;
        Ok(())
    }

    fn write_line(&self, line: &Line, mut file: File) -> io::Result<u64> {
        let mut bytes = serde_json::to_vec(line)?;
        bytes.push(b'\n');
        // What another process began and did not finish ends here.
        if file.metadata()?.len() > self.offset {
            file.set_len(self.offset)?;
        }
        file.seek(SeekFrom::Start(self.offset))?;
        file.write_all(&bytes)?;
        Ok(bytes.len() as u64)
    }

    /// Writes the whole account to a file of its own, then puts that in the place of the old one.
    fn rewrite(&mut self, account: &Account) -> Result<(), SandboxError> {
        self.header.epoch += 1;
        let write = || -> io::Result<u64> {
            let mut bytes = serde_json::to_vec(&self.header)?;
            bytes.push(b'\n');
            for resource in account.resources() {
                serde_json::to_writer(&mut bytes, &Line { put: vec![resource.clone()], removed: Vec::new() })?;
                bytes.push(b'\n');
            }
            private_file::replace(&self.path, &bytes)?;
            Ok(bytes.len() as u64)
        };
        self.offset = write().map_err(|source| self.io(source))?;
        self.lines = account.len() + 1;
        Ok(())
    }

    fn io(&self, source: io::Error) -> SandboxError {
        SandboxError::Io { path: self.path.clone(), source }
    }

    fn corrupt(&self, line: usize, reason: String) -> SandboxError {
        SandboxError::Corrupt { path: self.path.clone(), line, reason }
    }
}

/// 64 hexadecimal digits from the system's randomness: the only thing here that depends on
/// nothing. Identifiers never do: they come from the tokens.
fn random_key() -> String {
    let key: [u8; 32] = rand::random();
    key.iter().map(|byte| format!("{byte:02x}")).collect()
}
