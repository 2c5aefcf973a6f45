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
//! | journal | [`journal`] | `(State, Event) → Result<State, IllegalEvent>`, a total fold |
//!
//! [`provider`] says what a cloud must offer, [`store`] where state and journal are kept.

pub mod provider;
pub mod state;

pub use provider::{Provider, ProviderError};
pub use state::{ResourceState, State};
