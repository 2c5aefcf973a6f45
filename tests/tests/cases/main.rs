//! Small programs that an earlier version deployed wrongly.
//!
//! Each is a folder of `tests/cases` with one document for each version of the program, as
//! [`program`] reads it: `v1` is deployed, then `v2`. A test says what is right.

mod collections;
mod gone;
mod identity;
mod order;
mod program;
mod refresh;
mod spelling;
mod values;
mod world;
