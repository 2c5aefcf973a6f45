//! Runs: read the inputs of the stages from the cloud and the store, and execute the plan.

mod account;
pub mod detect;
pub mod edit;
pub mod execute;
pub mod history;
pub mod import;
pub mod lookup;
mod neighbors;
pub mod planning;
mod rate_limit;
mod reader;
mod recover;
mod restore;
pub mod session;
pub mod store;
pub mod upstream;
