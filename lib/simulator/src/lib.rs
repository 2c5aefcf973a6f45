//! A simulated cloud behind the [`Provider`](groundplan_engine::Provider) trait, for every
//! resource type that AWS publishes a schema for.
//!
//! There is no code for any type: AWS's schema says which properties there are, what refers to
//! what, and what an identifier looks like. How types behave is the table of facts of
//! `groundplan-schema`, the one that the AWS provider reads. What only a simulation needs is small
//! tables here, each with its sources: how long things take, the form of endpoints, and a few rules
//! of networks.
//!
//! ```
//! use groundplan_core::{Environment, Path};
//! use groundplan_engine::provider::{Address, CreateRequest, Provider};
//! use groundplan_simulator::Simulator;
//! use serde_json::json;
//!
//! # tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap().block_on(async {
//! let cloud = Simulator::in_memory(1);
//! let address = Address {
//!     app: "shop".to_owned(),
//!     path: Path::new("shop/vpc"),
//!     type_name: "AWS::EC2::VPC".to_owned(),
//!     environment: Environment::new("eu-central-1"),
//! };
//! let properties = json!({"CidrBlock": "10.51.0.0/16"}).as_object().unwrap().clone();
//! let vpc = cloud.create(&CreateRequest { address, properties, token: "5f".repeat(32), asked: None }).await.unwrap();
//! assert!(vpc.id.starts_with("vpc-"));
//! assert_eq!(cloud.inventory().unwrap().len(), 1);
//! # });
//! ```
//!
//! # What it does as AWS does
//!
//! - Properties are checked: required, unknown, read-only, of the wrong type, not allowed.
//! - What refers to another resource has to name one that exists in the account and region, if
//!   it has the form of an identifier of this account. What AWS provides (`alias/aws/rds`, the
//!   policies of account `aws`, `default.postgres16`) and what is another account's is taken as
//!   it is.
//! - Nothing can be deleted that AWS keeps because something else refers to it: a subnet in use, a
//!   target group behind a listener. What AWS deletes without asking, as a role that a function has,
//!   goes here, too.
//! - What exists once is refused a second time, by the claims of [`groundplan_core::claim`]: a name,
//!   the port of a load balancer, a route, overlapping subnets, the one load balancer of a target
//!   group. Where the create call is a `Put`, as of an inline policy, the second takes the place of
//!   the first, and a delete of either removes both.
//! - Creates are exactly as repeatable as the type's API: a client token gives the same resource
//!   again, a name or relation that is taken is refused, and where only tags identify, a second
//!   create makes a second resource.
//! - Resources take their time to become ready and to go, on a [`Pace`].
//! - [`Faults`] go wrong under a seed.
//! - Calls beyond a [`Limit`] are throttled, where limits are set.
//!
//! # Secrets
//!
//! A sensitive property is kept as a keyed digest, in memory and on disk. The value of a Secrets
//! Manager secret that is generated is derived from the sandbox's key and the secret's ARN
//! whenever it is asked for, so it is stored nowhere. A value that is given is answered as given
//! by a simulator in memory. A sandbox on disk keeps no such value: from the start it answers
//! with one of the same shape (the same keys, where it is a JSON object) that is derived from the
//! digest. Who reads the sandbox's directory can derive what the sandbox made up, and nothing
//! else.
//!
//! # The map
//!
//! | module | what it holds |
//! |---|---|
//! | `simulator` | [`Simulator`]: the public type, and what happens to each call |
//! | `world` | the answers: create, read, update, delete, status, find |
//! | `account` | what exists, and its indexes |
//! | `accounts` | [`Accounts`]: an account for each role that stacks assume |
//! | `check`, `references`, `network` | what is refused |
//! | `names`, `attributes`, `derive` | identifiers and attributes, made up from tokens |
//! | `behavior`, `timing`, `errors` | the tables |
//! | `secrets` | digests and generated values |
//! | `clock`, `faults`, `limits` | [`Pace`], [`Faults`], [`Limit`] |
//! | `store` | the sandbox on disk |

#![expect(clippy::result_large_err, reason = "a refusal says as much as AWS does, and is the rarer answer")]

mod account;
mod accounts;
mod attributes;
mod behavior;
mod check;
mod claims;
mod clock;
mod derive;
mod errors;
mod faults;
mod limits;
mod names;
mod network;
mod others;
mod owner;
mod references;
mod resource;
mod secrets;
mod simulator;
mod store;
mod timing;
mod world;

pub use accounts::{AccountRef, Accounts};
pub use clock::Pace;
pub use faults::Faults;
pub use limits::{Calls, Limit};
pub use simulator::{Call, DEFAULT_ACCOUNT, Item, Operation, Simulator};
pub use store::SandboxError;
