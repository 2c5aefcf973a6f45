//! Infrastructure as typed Rust.
