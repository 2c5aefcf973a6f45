//! The persisted data: the state, the events of a run, and the record of a run. It depends on nothing else in this
//! crate.

mod apply;
mod checksum;
mod error;
mod event;
mod global_id;
mod imports;
mod lock_owner;
mod lookup;
mod record;
mod state;

pub use error::FormatError;
pub use event::{Event, IllegalEvent, Intent, Operation};
pub use imports::{Imported, Imports, Missing, Problem, Use};
pub use lock_owner::{LastHeartbeat, LockOwner};
pub use lookup::{Answer, Answers, FailedLookup, FailedLookups, LookupProblem};
pub use record::{Counts, Move, RunRecord, RunResult, assembly_from_json};
pub use state::{Loaded, Orphan, ResourceState, ResourceStatus, State};

pub(crate) use checksum::{hex, open, seal};
pub(crate) use event::UNKNOWN_DIGEST;
pub(crate) use global_id::GlobalId;
pub(crate) use state::{creation_token, is_account, token, without_secrets};
