//! The behavior of the simulated cloud, by its public interface.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod claims;
mod common;
mod every_type;
mod faults;
mod lifecycle;
mod lookup;
mod network;
mod sandbox;
mod told;
