//! A simulated cloud behind the [`Provider`](groundplan_engine::Provider) trait, for every
//! resource type that AWS publishes a schema for.
//!
//! No type has code of its own: AWS's schema says which properties a type has, which properties refer to other
//! resources, and what an identifier looks like. The behavior of types is in the table of facts of `groundplan-schema`,
//! which the AWS provider also reads. What only a simulation needs is in small tables here, each with its sources:
//! durations, the form of endpoints, and a few rules of networks.
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
//! - A reference must name a resource that exists in the account and region, if it has the form of an identifier of
//!   this account. References to what AWS provides (`alias/aws/rds`, the policies of account `aws`,
//!   `default.postgres16`) and to other accounts are accepted as they are.
//! - A resource cannot be deleted if AWS would refuse that because something else refers to it: a subnet in use, a
//!   target group behind a listener. What AWS deletes without a check, such as a role that a function uses, can be
//!   deleted here, too.
//! - A second resource with the same claim ([`groundplan_core::claim`]) is refused: a name, the port of a load
//!   balancer, a route, overlapping subnets, the one load balancer of a target group. If the create call is a `Put`, as
//!   for an inline policy, the second replaces the first, and a delete of either removes both.
//! - A create can be repeated exactly as with the API of the type: a client token returns the same resource again, a
//!   name or relation that is taken is refused, and if only tags identify a resource, a second create makes a second
//!   one.
//! - Resources take time to become ready and to be deleted, on a [`TimeScale`].
//! - [`Faults`] are injected, reproducibly by a seed.
//! - Calls beyond a [`Limit`] are throttled, if limits are set.
//!
//! # Secrets
//!
//! A sensitive property is kept as a keyed digest, in memory and on disk. The generated value of a Secrets Manager
//! secret is derived from the key of the sandbox and the ARN of the secret on each read, so it is stored nowhere. A
//! simulator in memory returns a given value unchanged. A sandbox on disk does not keep it, but returns a value of the
//! same form (with the same keys, if it is a JSON object) that is derived from the digest. Anyone who can read the
//! directory of the sandbox can derive only the values that the sandbox made up.
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
//! | `lookup` | what lookups find |
//! | `secrets` | digests and generated values |
//! | `clock`, `faults`, `limits` | [`TimeScale`], [`Faults`], [`Limit`] |
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
mod lookup;
mod names;
mod network;
mod operation;
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
pub use clock::TimeScale;
pub use faults::Faults;
pub use limits::{Calls, Limit};
pub use operation::Operation;
pub use simulator::{Call, DEFAULT_ACCOUNT, Item, Simulator};
pub use store::SandboxError;
