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
//!   [`hint`] has what a user can do about an error, without the commands of whoever runs the engine.
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

pub mod error;
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

pub use error::Error;
pub use hint::{Hint, Hints};
pub use model::{ResourceState, State};
pub use nearest::nearest;
pub use provider::{Provider, ProviderError};
pub use run::store::{StateStore, load};
pub use run::{detect, edit, execute, history, import, lookup, planning, session, store, upstream};
pub use secret::{Digests, Variables};
pub use stages::normal::is_as_declared;
pub use stages::plan::Plan;
pub use stages::{diff, drift, plan, reboot};
