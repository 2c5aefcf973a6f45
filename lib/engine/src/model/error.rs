//! The errors of reading a document.

use crate::hint::{Hint, Hints};

/// A state, journal, plan or record cannot be read. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum FormatError {
    /// The document is not one that this crate writes.
    #[error(
        "{place} is damaged: {reason}; nothing was changed. Restore it from a backup or from an earlier state beside it"
    )]
    Corrupt {
        /// The file or object.
        place: String,
        /// The reason, and the position.
        reason: String,
    },
    /// The document does not match its checksum.
    #[error("{place} does not match its checksum: it was edited by hand or is damaged; nothing was changed")]
    Edited {
        /// The file or object.
        place: String,
    },
    /// A later version wrote the document.
    #[error("{place} has format {found}, but this version reads formats up to {known}; update Groundplan")]
    Newer {
        /// The file or object.
        place: String,
        /// Its format.
        found: u32,
        /// The newest format that this crate knows.
        known: u32,
    },
}

impl Hints for FormatError {
    fn hints(&self) -> Vec<Hint> {
        match self {
            Self::Edited { .. } => vec![Hint::RestoreState { serial: None }, Hint::PushState { force: true }],
            Self::Corrupt { .. } | Self::Newer { .. } => Vec::new(),
        }
    }
}

impl FormatError {
    pub(crate) fn corrupt(place: &str, reason: impl std::fmt::Display) -> Self {
        Self::Corrupt { place: place.to_owned(), reason: reason.to_string() }
    }
}
