//! The journal of a [`FileStore`](super::FileStore): a header, then an event a line.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::sync::PoisonError;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::file_dir::{Files, line};
use super::files::{self, make_dir, sync_dir};
use crate::Error;
use crate::model::{Event, FormatError, State};
use crate::run::store::StoreError;

/// The version of the journal's format that this crate writes. Format 1 had no lineage, format 2 nothing retained,
/// format 3 nothing restored and no lookups.
const FORMAT: u32 = 4;

/// The first line of a journal.
#[derive(Serialize, Deserialize)]
struct Header {
    format: u32,
    /// The serial of the saved state that the events continue.
    base: u64,
    /// The lineage of that state.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    lineage: Option<Uuid>,
}

/// The lines that are whole. A last line without its end was never committed: the run was interrupted in
/// it, perhaps in the middle of a character.
fn whole(bytes: &[u8]) -> &[u8] {
    &bytes[..bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |last| last + 1)]
}

impl Files {
    /// The events that continue `state`. The journal of an earlier state of its lineage is in it already.
    ///
    /// # Errors
    /// The journal continues a later state, or one of another lineage.
    pub(super) fn load_journal(&self, state: &State) -> Result<Vec<Event>, Error> {
        let path = self.journal_file();
        let place = path.display().to_string();
        let Some(bytes) = files::read_bytes(&path)? else { return Ok(Vec::new()) };
        let text = files::text(whole(&bytes).to_vec(), &path)?;
        let corrupt = |line: usize, error: serde_json::Error| {
            Error::Format(FormatError::Corrupt { place: place.clone(), reason: format!("line {}: {error}", line + 1) })
        };
        let mut lines = text.lines().enumerate();
        let Some((number, header)) = lines.next() else { return Ok(Vec::new()) };
        let header: Header = serde_json::from_str(header).map_err(|error| corrupt(number, error))?;
        if header.format > FORMAT {
            return Err(Error::Format(FormatError::Newer { place, found: header.format, known: FORMAT }));
        }
        let place = self.dir.display().to_string();
        if let Some(journal) = header.lineage.filter(|lineage| *lineage != state.lineage) {
            return Err(StoreError::OtherLineage { place, journal, state: state.lineage, serial: state.serial }.into());
        }
        if header.base > state.serial {
            let newer = format!("its journal continues serial {}", header.base);
            return Err(StoreError::Older { place, found: state.serial, newer }.into());
        }
        if header.base < state.serial {
            return Ok(Vec::new());
        }
        lines.map(|(number, line)| serde_json::from_str(line).map_err(|error| corrupt(number, error))).collect()
    }

    pub(super) fn append(&self, base: u64, lines: &str) -> Result<(), Error> {
        self.still_locked()?;
        let mut slot = self.journal.lock().unwrap_or_else(PoisonError::into_inner);
        let mut journal = match slot.take() {
            Some(journal) => journal,
            None => self.open_journal(base)?,
        };
        let path = self.journal_file();
        journal.write_all(lines.as_bytes()).map_err(StoreError::file("write", &path))?;
        journal.sync_data().map_err(StoreError::file("write", &path))?;
        // A file whose write has failed is not kept open: the next try starts after the last
        // whole line.
        *slot = Some(journal);
        Ok(())
    }

    /// Opens the journal that continues the state with the serial `base` after its last whole
    /// line, or starts it.
    fn open_journal(&self, base: u64) -> Result<File, Error> {
        make_dir(&self.dir)?;
        let path = self.journal_file();
        let mut file = files::open(&path)?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).map_err(StoreError::file("read", &path))?;
        let lineage = self.saved()?.map(|saved| saved.lineage);
        let first = bytes.split(|byte| *byte == b'\n').next().unwrap_or_default();
        let header = serde_json::from_slice::<Header>(first).ok();
        let continues = header.is_some_and(|header| {
            header.base == base && (header.lineage.is_none() || lineage.is_none() || header.lineage == lineage)
        });
        let end = if continues { whole(&bytes).len() } else { 0 };
        file.set_len(end as u64).map_err(StoreError::file("write", &path))?;
        file.seek(SeekFrom::End(0)).map_err(StoreError::file("write", &path))?;
        if end == 0 {
            let header = line(&Header { format: FORMAT, base, lineage });
            file.write_all(header.as_bytes()).map_err(StoreError::file("write", &path))?;
            sync_dir(&self.dir)?;
        }
        Ok(file)
    }
}
