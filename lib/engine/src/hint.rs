//! Hints for the user about an error, as data. A library knows no command line: the program that shows an error words
//! its hints.

use std::io::{self, ErrorKind};

use groundplan_core::Path;

/// One thing that a user can do about an error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Hint {
    /// Check that the location of the state is the intended one.
    CheckStateLocation,
    /// Use the state at this location from now on.
    UseState {
        /// The URL of the location.
        url: String,
    },
    /// If the states at both locations name each other as their new location, move the state once more: the move was
    /// cut short.
    FinishMove {
        /// The URL of the new location.
        url: String,
    },
    /// Keep the state at another location, such as a directory of this machine.
    KeepStateElsewhere,
    /// Put the right state back into its place, for example from a backup.
    PutStateBack,
    /// Restore an earlier state.
    RestoreState {
        /// Its serial; none for a choice among those that are kept.
        serial: Option<u64>,
    },
    /// Accept the current state as it is, by restoring it.
    AcceptState {
        /// Its serial.
        serial: u64,
        /// `true` if this drops its journal.
        drops_journal: bool,
    },
    /// Read the current state again, to edit that.
    PullState,
    /// Replace the state with a document.
    PushState {
        /// `true` if it has to be forced: the document is older or of another lineage, or the current state cannot be
        /// read.
        force: bool,
    },
    /// Start with a new state. What exists is left alone.
    NewState,

    /// Take a resource out of the state. It stays in the account.
    ForgetResource {
        /// Its path.
        path: Path,
        /// The app that has it; none for the app that was run.
        app: Option<String>,
    },
    /// Change the path of a resource in the state.
    MoveInState {
        /// The path that it has.
        from: Path,
        /// The path that it is to have.
        to: Path,
    },
    /// Look for the resource that an open create may have made, by what the state records about it.
    InspectOpenCreate {
        /// The path of the resource.
        path: Path,
    },
    /// Drop an open create from the state. The resource may exist.
    DropOpenCreate {
        /// The path of the resource.
        path: Path,
    },
    /// Drop the record of a retained resource that nothing needs any more.
    DropRetained {
        /// The path that the resource had.
        path: Path,
    },
    /// Adopt a resource that exists.
    Import {
        /// Its path in the program; `None` if the user chooses it.
        path: Option<Path>,
        /// Its identifier; `None` if it is not known.
        id: Option<String>,
        /// `true` if there is no state yet, so that the first import has to create one.
        new_state: bool,
    },
    /// Import a resource although its tags say that it belongs to another path or app, or cannot be read.
    TakeOwnership,

    /// Make the plan again.
    PlanAgain,
    /// Deploy, which finishes what earlier runs have left open.
    FinishOpen,
    /// Run again later, which continues to wait.
    WaitAgain,
    /// Read every resource before planning, so that the state records what has changed outside of it.
    Refresh,
    /// Include these paths in the part of the program that is deployed.
    IncludePaths {
        /// The paths.
        paths: Vec<Path>,
    },
    /// Delete without a final snapshot.
    SkipFinalSnapshot,
    /// Allow the loss of data.
    AllowDataLoss,

    /// Wait for the lock.
    WaitForLock {
        /// `true` if the lock expires, so that it can be taken over from a run that died.
        expires: bool,
    },
    /// Take the lock away from a run that hangs.
    TakeLockAway,

    /// Configure credentials: there are none.
    ConfigureCredentials,
    /// Renew the credentials: they are not valid, or not any more.
    RenewCredentials,
    /// Check which credentials are used.
    CheckCredentials,
    /// Use credentials of another account.
    UseAccount {
        /// The account.
        account: String,
    },
    /// Change the account in the environment of a stack, if the credentials are the right ones.
    ChangeAccount {
        /// The stack.
        stack: String,
        /// The account of the credentials.
        account: String,
    },
    /// Allow the credentials a call.
    AllowCall {
        /// The call, as in `ec2:CreateVpc`; `None` if it is not known.
        operation: Option<String>,
    },
    /// Check that the cloud can be reached over the network.
    ReachTarget,
    /// Check that the store of the state can be reached over the network.
    ReachState,
    /// Use a simulated cloud, which needs neither credentials nor a network.
    UseSimulation,
    /// Make room on the disk, and run again.
    FreeSpace,
    /// Allow the user of the operating system to write the file.
    AllowWriting,
}

/// An error that a user can do something about.
pub trait Hints {
    /// Returns hints, the least harmful first; empty if the message of the error says everything.
    fn hints(&self) -> Vec<Hint>;
}

impl Hints for io::Error {
    fn hints(&self) -> Vec<Hint> {
        match self.kind() {
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded => vec![Hint::FreeSpace],
            ErrorKind::ReadOnlyFilesystem | ErrorKind::PermissionDenied => {
                vec![Hint::AllowWriting, Hint::KeepStateElsewhere]
            }
            _ => Vec::new(),
        }
    }
}
