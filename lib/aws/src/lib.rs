//! AWS behind the engine's [`Provider`](groundplan_engine::Provider) trait.
//!
//! [`Aws`] manages the types in [`native_types`], each by a handler of its own, and all others through
//! the Cloud Control API. `README.md` says how to add a handler.
//!
//! | module | what it holds |
//! |---|---|
//! | `handler` | the shape of a handler, and what surrounds its calls |
//! | `registry` | every handler, one line each; what an error means in which call |
//! | `shape` | properties as JSON to the struct of a handler; what is unsupported is an error |
//! | `error` | errors of the SDK to classes that the engine acts on |
//! | `guard` | refuses requests that change something while the provider reads |
//! | `mirror` | properties that an API has in the same form, as tables |
//! | `tags`, `name` | identity: tags and generated names |
//! | `owned` | what an account has of an app whose state is absent |
//! | `config` | credentials, endpoints, the clients of each region |
//! | `state` | state in S3, with its lock there or in DynamoDB |
//! | `cloud_control` | every type without a handler of its own |
//! | `ec2`, `iam`, `kms`, … | the handlers, a file for each type |

mod cloud_control;
mod config;
mod credentials;
mod document;
mod emulator;
mod error;
mod fence;
mod guard;
mod handler;
mod lookup;
mod memory;
mod mirror;
mod name;
mod owned;
mod provider;
mod readiness;
mod registry;
mod sensitive;
mod shape;
mod state;
mod tags;

mod applicationautoscaling;
mod certificatemanager;
mod ec2;
mod ecs;
mod elasticloadbalancingv2;
mod iam;
mod kms;
mod logs;
mod rds;
mod route53;
mod s3;
mod secretsmanager;
mod sns;

#[cfg(test)]
mod fence_tests;
#[cfg(test)]
mod holders_tests;
#[cfg(test)]
mod replay;
#[cfg(test)]
mod replay_data_tests;
#[cfg(test)]
mod replay_ec2_tests;
#[cfg(test)]
mod replay_edge_tests;
#[cfg(test)]
mod replay_tests;
#[cfg(test)]
mod replay_withdrawn_tests;

pub use config::{Config, CredentialsStatus};
pub use provider::Aws;
pub use registry::native_types;
pub use state::{Reach, StateLocation, state_store};
