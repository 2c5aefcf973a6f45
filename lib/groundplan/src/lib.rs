//! Infrastructure as typed Rust: a program declares what an AWS account should hold, and makes the account hold it.
//!
//! Programs import this crate. It has no dependency on the AWS SDK: the command line that deploys a program is the
//! crate `groundplan-cli`.
//!
//! # A program
//!
//! ```
//! use groundplan::data::Bucket;
//! use groundplan::identity::{Principal, Role};
//! use groundplan::{App, Environment};
//!
//! fn shop() -> App {
//!     let app = App::new("shop");
//!     let stack = app.stack("shop", Environment::new("eu-west-1"));
//!     let media = stack.add("media", Bucket::new().versioned());
//!     let api = stack.add("api", Role::new(Principal::service("ecs-tasks.amazonaws.com")));
//!     media.grant_read_write(&api, "uploads/*");
//!     stack.export("bucket", media.name());
//!     app
//! }
//! # shop().synth().expect("it is valid");
//! ```
//!
//! `main` returns `groundplan_cli::run(&shop())`. Then `cargo run -- deploy` deploys the program; without credentials,
//! into a sandbox on this machine.
//!
//! # Its test
//!
//! [`App::synth`] returns the assembly: every resource with all its properties, computed in milliseconds and without
//! a network. [`Assembly::find`] finds the resources of a type.
//!
//! ```
//! use groundplan::resources::s3;
//! use groundplan::{App, Environment};
//! # use groundplan::data::Bucket;
//! # fn shop() -> App {
//! #     let app = App::new("shop");
//! #     app.stack("shop", Environment::new("eu-west-1")).add("media", Bucket::new().versioned());
//! #     app
//! # }
//!
//! let assembly = shop().synth().expect("it is valid").assembly;
//! let buckets = assembly.find::<s3::Bucket>();
//! assert_eq!(buckets.len(), 1);
//! assert!(buckets[0].versioning_configuration.is_some());
//! ```
//!
//! The crate `groundplan-testing` goes further: it deploys a program into a simulated cloud within a test, and shows
//! what the next version of it would change.
//!
//! # Where to find what
//!
//! | to | see |
//! |---|---|
//! | structure a program | [`App`], [`Stack`], [`Environment`], [`Scope::add`] |
//! | build a network | [`network`]: VPC, subnets, security groups |
//! | serve the internet | [`edge`]: zones, certificates, records, load balancers |
//! | keep data | [`data`]: databases, buckets |
//! | run containers: images, clusters, tasks, services | [`containers`] |
//! | give permissions | [`identity`]: roles, policies, keys; the `grant_…` methods of handles |
//! | keep logs | [`observability`] |
//! | look up what exists already: a VPC, an image, a zone | [`lookup`] |
//! | use any of the 1,828 resource types directly | [`resources`] |
//! | pass a value that is known after the deploy | [`Output`], [`template!`], [`json!`] |
//! | use a value of another app | [`Export`], [`Scope::export`] |
//! | handle secrets | [`Secret`] |
//! | keep or protect resources | [`Handle::protect`], [`Handle::retain`], [`Handle::ignore_changes`] |
//! | rename without replacing | [`Scope::moved`], [`Handle::moved_from`] |
//! | check programs | [`policies`], [`App::policy`], [`Diagnostic`] |
//! | write a construct | [`Construct`] |
//! | look up a diagnostic | [`Code`] |
//! | write CloudFormation templates | [`cloudformation`] |

pub use groundplan_constructs::{PassedAs, containers, data, edge, identity, lookup, network, observability, policies};
pub use groundplan_core::*;
pub use groundplan_resources as resources;
