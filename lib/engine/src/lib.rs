//! The engine: makes an account match an assembly.
//!
//! The engine knows no cloud. It compares an [`Assembly`](groundplan_core::Assembly) with the [`State`], schedules the
//! difference as a graph of steps, and executes that graph against a [`Provider`], and writes a journal.
//!
//! | stage | module | from → to |
//! |---|---|---|
//! | diff | [`diff`] | `(Assembly, State) → ChangeSet`, pure |
//! | schedule | [`plan`] | `ChangeSet → Plan`, pure, serializable |
//! | execute | [`execute`] | `(Plan, Provider, Journal) → Outcome`, async |
//! | journal | [`model`] | `(State, Event) → Result<State, IllegalEvent>`, a total fold |
//!
//! The modules form three layers:
//!
//! - [`model`] contains the persisted data and depends on nothing else. [`provider`] is the interface to a cloud.
//!   [`hint`] contains hints about errors, without the commands of the program that runs the engine.
//! - The stages are pure: [`diff`], [`plan`], and [`drift`], which compares the applied properties with the live ones.
//! - Runs use both. [`session`] does a complete run: it reads, plans, permits, executes, and keeps the history.
//!   [`planning`] reads from the cloud what the stages need, and [`detect`] detects drift. [`mod@import`] and [`edit`]
//!   change only the state; [`history`] records the runs. [`upstream`] handles the outputs that apps use of each other,
//!   [`lookup`] finds what exists already.
//!   [`store`] keeps the state and the journal.
//!
//! # Files
//!
//! All files are JSON with a `format` number, and a file with a later format than this version knows is refused and
//! left unchanged: [`State`], [`Plan`], and the journal, whose lines are [`Event`](model::Event)s.
//! [`FileStore`](store::FileStore) documents their names, and [`ObjectStore`](store::ObjectStore) documents how they
//! are kept in a shared bucket.
//!
//! # Invariants
//!
//! - Nothing is created, changed or deleted before its intent is durable in the journal.
//! - A token is never used for two resources: the generations of each path are counted forever.
//! - No file contains a secret: each file contains the source of the secret instead, and the state contains a keyed
//!   digest.

// The contract of stores is written as other crates see it.
#[cfg(test)]
extern crate self as groundplan_engine;

#[cfg(test)]
mod error_tests;
#[cfg(test)]
mod fake;
pub mod hint;
pub mod model;
mod nearest;
pub mod private_file;
pub mod provider;
mod run;
mod secret;
mod stages;
mod text;

pub use hint::{Hint, Hints};
pub use model::{ResourceState, State};
pub use nearest::{UnknownPaths, nearest};
pub use provider::{Provider, ProviderError};
pub use run::store::{StateStore, load};
pub use run::{detect, edit, execute, history, import, lookup, planning, session, store, upstream};
pub use secret::{Digests, Variables};
pub use stages::normal::is_as_declared;
pub use stages::plan::Plan;
pub use stages::{diff, drift, plan, reboot};

use diff::LeftOut;
use edit::EditError;
use execute::MissingSecrets;
use import::NotImportable;
use model::{FailedLookups, FormatError};
use plan::PlanError;
use planning::{PlanningError, ReadError, RecoverError, WrongAccount};
use store::StoreError;
use upstream::UpstreamError;

/// An error of the engine: one of the errors of its modules. The failure of a step is not one of these: the
/// [`Outcome`](execute::Outcome) contains it.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A document of the state store, or a plan, cannot be read.
    #[error(transparent)]
    Format(#[from] FormatError),
    /// The state cannot be read, written, locked, restored or moved, or is not the expected one.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A read from the provider failed.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The credentials belong to a different account from the app.
    #[error(transparent)]
    WrongAccount(#[from] WrongAccount),
    /// The outcome of an interrupted run cannot be determined.
    #[error(transparent)]
    Recover(#[from] RecoverError),
    /// The program cannot be planned.
    #[error(transparent)]
    Planning(#[from] PlanningError),
    /// There is no plan that works, or the plan may not be executed.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// A part of the program cannot be deployed without other resources.
    #[error(transparent)]
    LeftOut(#[from] LeftOut),
    /// Some of the given paths name nothing.
    #[error(transparent)]
    UnknownPaths(#[from] UnknownPaths),
    /// A path in the state cannot be edited.
    #[error(transparent)]
    Edit(#[from] EditError),
    /// A resource cannot be imported.
    #[error(transparent)]
    NotImportable(#[from] NotImportable),
    /// Apps do not publish what others use.
    #[error(transparent)]
    Upstream(#[from] UpstreamError),
    /// Lookups of the program have no answer.
    #[error(transparent)]
    Lookups(#[from] FailedLookups),
    /// Environment variables that secrets are read from are not set.
    #[error(transparent)]
    MissingSecrets(#[from] MissingSecrets),
}

impl Hints for Error {
    fn hints(&self) -> Vec<Hint> {
        match self {
            Self::Format(error) => error.hints(),
            Self::Store(error) => error.hints(),
            Self::Read(error) => error.hints(),
            Self::WrongAccount(error) => error.hints(),
            Self::Recover(error) => error.hints(),
            Self::Plan(error) => error.hints(),
            Self::LeftOut(error) => error.hints(),
            Self::Edit(error) => error.hints(),
            Self::NotImportable(error) => error.hints(),
            Self::Planning(_)
            | Self::UnknownPaths(_)
            | Self::Upstream(_)
            | Self::Lookups(_)
            | Self::MissingSecrets(_) => Vec::new(),
        }
    }
}

impl Error {
    /// Returns whether the error concerns the contents of a store and not the access to it: the contents are damaged,
    /// missing or not the expected ones.
    pub fn is_of_content(&self) -> bool {
        match self {
            Self::Format(error) => matches!(error, FormatError::Corrupt { .. } | FormatError::Edited { .. }),
            Self::Store(error) => error.is_of_content(),
            _ => false,
        }
    }

    /// Returns whether the message has several lines. A line feed in such a message separates its lines; a line feed in
    /// any other message is part of quoted text.
    pub fn has_lines(&self) -> bool {
        match self {
            Self::Store(error) => matches!(error, StoreError::Owned { .. }),
            Self::Plan(error) => error.has_lines(),
            Self::Planning(_) | Self::LeftOut(_) | Self::UnknownPaths(_) | Self::Upstream(_) | Self::Lookups(_) => true,
            Self::Format(_)
            | Self::Read(_)
            | Self::WrongAccount(_)
            | Self::Recover(_)
            | Self::Edit(_)
            | Self::NotImportable(_)
            | Self::MissingSecrets(_) => false,
        }
    }

    /// Returns whether the error concerns a single file or object of a store, so that others may be readable: it is
    /// damaged, of a later version, a directory, or not readable by this user.
    pub fn is_of_one_document(&self) -> bool {
        matches!(self, Self::Format(_) | Self::Store(StoreError::File { .. }))
    }
}
