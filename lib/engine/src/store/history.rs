//! The runs that a store keeps.

use std::collections::BTreeMap;

use crate::error::Error;
use crate::model::RunRecord;

/// The runs that a store keeps.
#[derive(Debug, Default)]
pub struct History {
    /// Those that can be read, the oldest first.
    pub runs: Vec<RunRecord>,
    /// Why others cannot be read, by serial.
    pub damaged: BTreeMap<u64, Error>,
}

impl History {
    /// The history of these runs, of which each was read or could not be.
    ///
    /// # Errors
    /// A run that was not read for another reason than what its file holds.
    pub(crate) fn of(read: impl IntoIterator<Item = (u64, Result<RunRecord, Error>)>) -> Result<Self, Error> {
        let mut history = Self::default();
        for (serial, run) in read {
            match run {
                Ok(run) => history.runs.push(run),
                Err(error @ Error::Format(_)) => {
                    history.damaged.insert(serial, error);
                }
                Err(error) => return Err(error),
            }
        }
        Ok(history)
    }

    /// Whether no run is kept.
    pub fn is_empty(&self) -> bool {
        self.runs.is_empty() && self.damaged.is_empty()
    }

    /// The serial of the last run, whether it can be read or not.
    pub fn last(&self) -> Option<u64> {
        self.runs.last().map(|run| run.serial).max(self.damaged.keys().next_back().copied())
    }

    /// The part with a later serial than this.
    pub fn after(mut self, serial: u64) -> Self {
        self.runs.retain(|run| run.serial > serial);
        self.damaged.retain(|damaged, _| *damaged > serial);
        self
    }

    /// The part up to this serial.
    pub fn until(mut self, serial: u64) -> Self {
        self.runs.retain(|run| run.serial <= serial);
        self.damaged.retain(|damaged, _| *damaged <= serial);
        self
    }

    /// All runs.
    ///
    /// # Errors
    /// [`Error::Format`] where one of them cannot be read.
    pub fn whole(self) -> Result<Vec<RunRecord>, Error> {
        match self.damaged.into_values().next() {
            Some(damaged) => Err(damaged),
            None => Ok(self.runs),
        }
    }
}
