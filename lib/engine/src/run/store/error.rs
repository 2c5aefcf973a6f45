//! The errors of a state store.

use std::io;
use std::path::PathBuf;

use uuid::Uuid;

use crate::Error;
use crate::hint::{Hint, Hints};
use crate::model::{IllegalEvent, LastHeartbeat, LockOwner};
use crate::provider::{ErrorClass, ProviderError};
use crate::text::{bullets, line};

/// A state cannot be read, written, locked, restored or moved, or is not the expected one.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// A file of the state store cannot be read or written.
    #[error("cannot {doing} `{}`: {source}", path.display())]
    File {
        /// The attempted operation, as in `write`.
        doing: &'static str,
        /// The file.
        path: PathBuf,
        /// The error of the operating system.
        source: io::Error,
    },
    /// The state is missing although the app was deployed from this store. Nothing was changed.
    #[error(
        "there is no state at {place}, although it still has {}: the app was deployed from there, and a deploy without its state would create every resource a second time",
        evidence.join(" and ")
    )]
    Absent {
        /// The state store.
        place: String,
        /// The evidence of an earlier state, as in `a journal`.
        evidence: Vec<String>,
        /// The newest serial that can be restored.
        restore: Option<u64>,
    },
    /// The state is older than the journal or the history beside it. Nothing was changed.
    #[error("the state at {place} has serial {found}, but {newer}: it was replaced by an older state")]
    Older {
        /// The state store.
        place: String,
        /// The serial of the state.
        found: u64,
        /// The evidence of a newer state.
        newer: String,
    },
    /// The journal does not continue the state beside it. Nothing was changed.
    #[error(
        "the journal at {place} continues a state of lineage {journal}, but the state beside it has lineage {state}"
    )]
    OtherLineage {
        /// The state store.
        place: String,
        /// The lineage of the state that the journal continues.
        journal: Uuid,
        /// The lineage of the state.
        state: Uuid,
        /// The serial of the state.
        serial: u64,
    },
    /// The state was moved to another location. Nothing was changed.
    #[error("the state at {place} was moved to {to}")]
    Moved {
        /// The state store.
        place: String,
        /// The new location.
        to: String,
    },
    /// The account has resources of the app, but there is no state.
    #[error(
        "there is no state at {}, but account {account} has resources with the tags of the app `{app}`:{}\n\
         a deploy would create them a second time",
        line(place),
        bullets(found)
    )]
    Owned {
        /// The state store.
        place: String,
        /// The account.
        account: String,
        /// The app.
        app: String,
        /// The resources.
        found: Vec<String>,
    },
    /// The name of an app is not valid: it would lead outside of the location of all states.
    #[error("`{app}` cannot be the name of an app: {reason}")]
    AppName {
        /// The name.
        app: String,
        /// The reason.
        reason: &'static str,
    },
    /// A state cannot be restored, pushed or moved. Nothing was changed.
    #[error("{reason}")]
    Refused {
        /// The reason.
        reason: String,
        /// Hints for the user.
        hints: Vec<Hint>,
    },
    /// The state belongs to another app.
    #[error("{place} is the state of the app `{found}`, not of `{app}`; give each app its own location")]
    OtherApp {
        /// The file or object.
        place: String,
        /// The app that it belongs to.
        found: String,
        /// The app of this run.
        app: String,
    },
    /// Another run holds the lock.
    #[error(
        "the state at {place} is locked by {holder}{}; wait until that run has ended",
        heard.as_ref().map(ToString::to_string).unwrap_or_default()
    )]
    Locked {
        /// The state store.
        place: String,
        /// The owner of the lock.
        holder: Box<LockOwner>,
        /// The last heartbeat of the owner, if the lock is a lease.
        heard: Option<LastHeartbeat>,
    },
    /// This run has lost its lock and writes nothing more.
    #[error(
        "the lock of the state at {place} {how}: this run writes nothing more; the next run reconciles the operations in progress"
    )]
    LockLost {
        /// The state store.
        place: String,
        /// The way in which the lock was lost, as in `was taken away`.
        how: String,
    },
    /// A request to a remote state store failed.
    #[error("cannot {doing} {place}: {source}{}", fix.as_ref().map(|fix| format!("; {fix}")).unwrap_or_default())]
    Request {
        /// The attempted operation, as in `write`.
        doing: &'static str,
        /// The object or the item of a table.
        place: String,
        /// The error of the store.
        source: Box<ProviderError>,
        /// The fix, if known.
        fix: Option<String>,
    },
    /// An event cannot be applied to the state.
    #[error("the journal at {place} does not fit the state: {illegal}")]
    Journal {
        /// The state store.
        place: String,
        /// The event, and why it is not possible.
        illegal: IllegalEvent,
    },
    /// A write to the journal failed earlier in this run. It is not known whether its events are in the journal, so no
    /// more events are written.
    #[error("the journal at {place} cannot be continued, because an earlier write failed: {reason}")]
    JournalStopped {
        /// The state store.
        place: String,
        /// The cause of the failed write.
        reason: String,
    },
}

impl Hints for StoreError {
    fn hints(&self) -> Vec<Hint> {
        match self {
            Self::File { source, .. } => source.hints(),
            Self::Absent { restore, .. } => {
                let back = match restore {
                    Some(serial) => Hint::RestoreState { serial: Some(*serial) },
                    None => Hint::PushState { force: false },
                };
                vec![Hint::CheckStateLocation, back, Hint::NewState]
            }
            Self::Older { found, .. } => {
                vec![Hint::PutStateBack, Hint::AcceptState { serial: *found, drops_journal: false }]
            }
            Self::OtherLineage { serial, .. } => {
                vec![Hint::PutStateBack, Hint::AcceptState { serial: *serial, drops_journal: true }]
            }
            Self::Moved { to, .. } => {
                vec![Hint::UseState { url: to.clone() }, Hint::FinishMove { url: to.clone() }]
            }
            Self::Owned { .. } => vec![
                Hint::CheckStateLocation,
                Hint::PushState { force: false },
                Hint::Import { path: None, id: None, new_state: true },
                Hint::NewState,
            ],
            Self::Refused { hints, .. } => hints.clone(),
            Self::Locked { heard, .. } => vec![Hint::WaitForLock { expires: heard.is_some() }, Hint::TakeLockAway],
            Self::Request { source, fix, .. } => of_request(source, fix.is_some()),
            Self::AppName { .. }
            | Self::OtherApp { .. }
            | Self::LockLost { .. }
            | Self::Journal { .. }
            | Self::JournalStopped { .. } => Vec::new(),
        }
    }
}

impl StoreError {
    /// Returns whether the error concerns the contents of the store and not the access to it: they are missing or not
    /// the expected ones.
    pub(crate) fn is_of_content(&self) -> bool {
        matches!(
            self,
            Self::Absent { .. }
                | Self::Older { .. }
                | Self::OtherLineage { .. }
                | Self::OtherApp { .. }
                | Self::Journal { .. }
        )
    }

    pub(crate) fn file(doing: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Error {
        let path = path.into();
        move |source| Self::File { doing, path, source }.into()
    }
}

fn of_request(source: &ProviderError, is_fix_known: bool) -> Vec<Hint> {
    match source.class {
        _ if is_fix_known => source.hints.clone(),
        ErrorClass::Unauthenticated => source.hints(),
        ErrorClass::Denied => vec![Hint::CheckCredentials, Hint::KeepStateElsewhere],
        _ => vec![Hint::ReachState, Hint::KeepStateElsewhere],
    }
}
