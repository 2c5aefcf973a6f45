//! What users need in cargo test.
