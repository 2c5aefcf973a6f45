//! What is going on: logs.

mod log_group;

pub use log_group::{LogGroup, LogGroupHandle, Retention};
