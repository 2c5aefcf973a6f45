//! The runs that a store keeps.

use std::collections::BTreeMap;

use crate::error::Error;
use crate::model::RunRecord;

/// The runs that a store keeps.
#[derive(Debug, Default)]
pub struct History {
    /// Those that can be read, the oldest first.
    pub runs: Vec<RunRecord>,
    /// Why others cannot be read, by serial: their files are damaged, of a later version, or no files that this
    /// user may read.
    pub unreadable: BTreeMap<u64, Error>,
}

impl History {
    /// The history of these runs, of which each was read or could not be.
    ///
    /// # Errors
    /// The store could not be reached.
    pub(crate) fn of(read: impl IntoIterator<Item = (u64, Result<RunRecord, Error>)>) -> Result<Self, Error> {
        let mut history = Self::default();
        for (serial, run) in read {
            match run {
                Ok(run) => history.runs.push(run),
                Err(error) if error.is_of_one_document() => {
                    history.unreadable.insert(serial, error);
                }
                Err(error) => return Err(error),
            }
        }
        Ok(history)
    }

    /// Whether no run is kept.
    pub fn is_empty(&self) -> bool {
        self.runs.is_empty() && self.unreadable.is_empty()
    }

    /// The serial of the last run, whether it can be read or not.
    pub fn last(&self) -> Option<u64> {
        self.runs.last().map(|run| run.serial).max(self.unreadable.keys().next_back().copied())
    }

    /// The part with a later serial than this.
    pub fn after(mut self, serial: u64) -> Self {
        self.runs.retain(|run| run.serial > serial);
        self.unreadable.retain(|unreadable, _| *unreadable > serial);
        self
    }

    /// The part up to this serial.
    pub fn until(mut self, serial: u64) -> Self {
        self.runs.retain(|run| run.serial <= serial);
        self.unreadable.retain(|unreadable, _| *unreadable <= serial);
        self
    }

    /// All runs.
    ///
    /// # Errors
    /// Why one of them cannot be read.
    pub fn whole(self) -> Result<Vec<RunRecord>, Error> {
        match self.unreadable.into_values().next() {
            Some(unreadable) => Err(unreadable),
            None => Ok(self.runs),
        }
    }
}
