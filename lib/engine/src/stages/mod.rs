//! The stages from an assembly and a state to a plan. They are pure: they ask neither the cloud nor a store, and know
//! nothing of a run.

pub mod diff;
pub mod drift;
pub(crate) mod normal;
pub mod plan;
pub mod reboot;
pub(crate) mod resolve;
