//! From an assembly to an account that holds what it says.
//!
//! The engine knows no cloud. It compares an [`Assembly`](groundplan_core::Assembly) with the
//! [`State`], schedules the difference as a graph of steps, and executes that graph against a
//! [`Provider`], writing a journal as it goes.
//!
//! | stage | module | from → to |
//! |---|---|---|
//! | diff | [`diff`] | `(Assembly, State) → ChangeSet`, pure |
//! | schedule | [`plan`] | `ChangeSet → Plan`, pure, serializable |
//! | execute | [`execute`] | `(Plan, Provider, Journal) → Outcome`, async |
//! | journal | [`model`] | `(State, Event) → Result<State, IllegalEvent>`, a total fold |
//!
//! The modules stand in three layers:
//!
//! - [`model`] is what is written down: data, below everything else. [`provider`] says what a cloud must offer.
//!   [`hint`] has what a user can do about an error, without the commands of whoever runs the engine.
//! - The stages are pure: [`diff`], [`plan`], and [`drift`], which compares what was applied with what is there.
//! - Runs use both. [`session`] goes the whole way: it reads, plans, permits, executes, and keeps the history.
//!   [`planning`] asks the cloud what the stages need, and [`detect`] reads what exists. [`mod@import`] and [`edit`] change
//!   what is known and nothing else; [`history`] is what led there. [`upstream`] is what apps use of each other.
//!   [`store`] is where state and journal are kept.
//!
//! # Files
//!
//! All of them are JSON with a `format` number; a later one than this version knows is refused and
//! left alone: [`State`], [`Plan`], and the journal, whose lines are
//! [`Event`](model::Event)s. [`FileStore`](store::FileStore) says what they are called, and
//! [`ObjectStore`](store::ObjectStore) how they are kept where many machines reach them.
//!
//! # Invariants
//!
//! - Nothing is created, changed or deleted before its intent is durable in the journal.
//! - A token is never used for two resources: each path counts its generations, for ever.
//! - No secret is in any file: a source stands in its place, and the state has a keyed digest.

// The contract of stores is written as other crates see it.
#[cfg(test)]
extern crate self as groundplan_engine;

pub mod error;
#[cfg(test)]
mod fake;
pub mod hint;
pub mod model;
mod nearest;
pub mod provider;
mod run;
mod secret;
mod stages;

pub use error::Error;
pub use hint::{Hint, Hints};
pub use model::{ResourceState, State};
pub use nearest::nearest;
pub use provider::{Provider, ProviderError};
pub use run::store::{StateStore, load};
pub use run::{detect, edit, execute, history, import, planning, session, store, upstream};
pub use secret::{Digests, Variables};
pub use stages::normal::is_as_declared;
pub use stages::plan::Plan;
pub use stages::{diff, drift, plan, reboot};
