//! Small programs, each one idea. Run one with
//! `cargo run -p groundplan-examples --bin first -- deploy`.
//!
//! | program | idea |
//! |---|---|
//! | `first` | a bucket, a role, a grant, an output |
//! | `construct` | a construct of one's own, and its unit test |
//! | `policy` | a check of one's own over every assembly |
//! | `layered` | a graph of any size, to measure: `docs/measure scale` |
//! | `raw_resource` | resource types that no construct covers, and outputs composed to text |
