//! Infrastructure as typed Rust.
//!
//! Programs import this crate. It contains the scopes and values of `groundplan-core`, the resource
//! types of AWS, and the constructs.
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
