//! Infrastructure as typed Rust.
//!
//! This crate is what a program imports: the scopes and values of `groundplan-core`, every
//! resource type that AWS publishes, and the constructs.
//!
//! ```
//! use groundplan::data::Bucket;
//! use groundplan::{App, Environment};
//!
//! let app = App::new("shop");
//! let stack = app.stack("shop", Environment::new("eu-west-1"));
//! let media = stack.add("media", Bucket::new().versioned());
//! stack.export("bucket", media.name());
//! ```

pub use groundplan_constructs::{data, edge, identity, network, observability, policies};
pub use groundplan_core::*;
pub use groundplan_resources as resources;
