//! One typed struct per AWS resource type.
//!
//! A module for each service, named like its SDK crate: [`ec2`], [`s3`], [`secretsmanager`]. In it
//!
//! - a struct for each resource type: `ec2::Subnet::new(&vpc).cidr_block("10.0.0.0/24")`;
//! - its ids as types of their own: `ec2::SubnetId`, `iam::RoleArn`;
//! - a module for each resource, with the types nested in it and its `Attributes`: what a handle
//!   gives as outputs, as in `subnet.subnet_id()`.
//!
//! ```
//! use groundplan_core::{App, Environment};
//! use groundplan_resources::ec2::{Subnet, Vpc};
//!
//! let app = App::new("docs");
//! let stack = app.stack("network", Environment::new("eu-central-1"));
//! let vpc = stack.add("vpc", Vpc::new().cidr_block("10.0.0.0/16"));
//! let subnet = stack.add("subnet", Subnet::new(&vpc).cidr_block("10.0.0.0/24").tags([("tier", "web")]));
//! let id: groundplan_core::Output<groundplan_resources::ec2::SubnetId> = subnet.subnet_id();
//! ```
//!
//! A type that requires several values takes them by name:
//!
//! ```
//! use groundplan_resources::ssm::{Parameter, ParameterArgs};
//!
//! let parameter = Parameter::new(ParameterArgs { type_: "String", value: "60" }).name("/shop/ttl");
//! ```
//!
//! A subnet id where a VPC id belongs does not compile:
//!
//! ```compile_fail
//! use groundplan_resources::ec2::{Subnet, SubnetId};
//!
//! Subnet::new(SubnetId::new("subnet-1"));
//! ```
//!
//! # Generation of the structs
//!
//! The build script writes them from groundplan-schema; `generate/` has it.
//!
//! - Names are CloudFormation's in Rust's case: `VPCCidrBlock` is `VpcCidrBlock`, `DBInstance` is
//!   `DbInstance`, `Type` is `type_`. An attribute `Path` is `path_`, since a handle has a `path`.
//! - Required values are passed to `new`: a single value as it is, several by name in a struct that is called like the
//!   type with `Args`. Leaving one out does not compile, and neither a program nor a newer schema can swap two of them.
//!   The rest has setters.
//! - A property that refers to another resource takes that one's id: `VpcId`, or a handle of a VPC.
//!   An id is called like its resource and attribute, without repetition. Where it may refer to
//!   several, it takes a union that each of them is, as in `kms::KeyArnOrKeyId`. Where the schema
//!   states no relationship, the property's name may say what it refers to (`KeyName`, `SubnetIds`;
//!   `generate/named.rs` has the rules), or that it takes the ARN of anything ([`Arn`]); else it is a
//!   `String`. It is one as well where the name does not say what the schema does (`Endpoint`,
//!   `Value`): AWS's relationships are possibilities, not all of them.
//! - A setter takes an `Option` of a value as well, where `None` leaves the property unset. A list takes any iterator,
//!   and a map takes maps and iterators over pairs.
//! - An id that is known is given as text, `.subnet_ids(["subnet-0a1b2c3d"])`, or as a template.
//! - A property that carries a secret takes a `Secret`.
//! - Untyped `Json` is used if AWS publishes no schema, and if several objects are possible. Of other alternatives the
//!   richest is taken: a list before an object before text.

use groundplan_core as gp;

mod arn;
mod id;
mod tag;

pub use arn::Arn;
pub(crate) use arn::arns;
pub(crate) use id::{ids, union};
pub use tag::Tag;

include!(concat!(env!("OUT_DIR"), "/services.rs"));
