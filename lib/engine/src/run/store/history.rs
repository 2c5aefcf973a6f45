//! The history of a store.

use std::collections::BTreeMap;

use crate::Error;
use crate::model::RunRecord;

/// The recorded runs of a store.
#[derive(Debug, Default)]
pub struct History {
    /// The readable records, the oldest first.
    pub runs: Vec<RunRecord>,
    /// The errors of unreadable records, by serial: their files are damaged, of a later version, or not readable by
    /// this user.
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

    /// Returns whether no run is recorded.
    pub fn is_empty(&self) -> bool {
        self.runs.is_empty() && self.unreadable.is_empty()
    }

    /// Returns the serial of the last run, even if its record cannot be read.
    pub fn last(&self) -> Option<u64> {
        self.runs.last().map(|run| run.serial).max(self.unreadable.keys().next_back().copied())
    }

    /// Returns the runs after this serial.
    pub fn after(mut self, serial: u64) -> Self {
        self.runs.retain(|run| run.serial > serial);
        self.unreadable.retain(|unreadable, _| *unreadable > serial);
        self
    }

    /// Returns the runs up to this serial.
    pub fn until(mut self, serial: u64) -> Self {
        self.runs.retain(|run| run.serial <= serial);
        self.unreadable.retain(|unreadable, _| *unreadable <= serial);
        self
    }

    /// Returns all runs.
    ///
    /// # Errors
    /// One of them cannot be read.
    pub fn whole(self) -> Result<Vec<RunRecord>, Error> {
        match self.unreadable.into_values().next() {
            Some(unreadable) => Err(unreadable),
            None => Ok(self.runs),
        }
    }
}
