//! Scopes, paths, inputs, outputs, secrets, diagnostics and the assembly.
//!
//! This crate is the pure half of Groundplan: a program builds a tree of resources in an
//! [`App`], and [`App::synth`] turns it into an [`Assembly`], the desired document that the
//! engine compares with what exists. Nothing here reads a clock, a network or a random number,
//! so the same program always gives the same bytes.
//!
//! | module | what it holds |
//! |---|---|
//! | [`app`] | [`App`], [`Stack`], [`Scope`], [`Construct`], [`Handle`]: how a program is written |
//! | [`environment`] | [`Environment`], [`AssumeRole`]: account, region and role of a stack |
//! | [`input`] | [`Input`], [`Output`], [`Provides`]: typed references between resources |
//! | [`export`] | [`Export`]: typed names of what an app publishes for others |
//! | [`id`] | [`Identifier`] and [`id_types!`]: typed ids |
//! | [`data`] | [`Data`], [`Fields`], [`Resource`]: what the generated resource types implement |
//! | [`value`] | [`Value`]: the untyped document value behind every property |
//! | [`mod@template`] | [`Template`] and [`template!`]: strings composed of outputs |
//! | [`mod@json`] | [`json!`]: untyped JSON with outputs in it |
//! | [`secret`] | [`Secret`]: a value that never reaches the assembly |
//! | [`mod@cidr`] | [`cidr!`]: address blocks checked when the program is compiled |
//! | [`diagnostic`] | [`Diagnostic`]: what synth reports, all at once |
//! | [`claim`] | [`Claim`]: what can exist only once, as a resource takes it |
//! | [`assembly`] | [`Assembly`]: the desired document and typed queries over it |
//! | [`policy`] | [`Policy`]: read-only checks over the finished tree |
//! | [`cloudformation`] | an assembly as CloudFormation templates |

pub mod app;
pub mod assembly;
mod check;
pub mod cidr;
pub mod claim;
pub mod cloudformation;
pub mod data;
pub mod diagnostic;
pub mod environment;
pub mod export;
pub mod id;
mod ignore;
pub mod input;
pub mod json;
mod limits;
mod named;
mod partition;
pub mod path;
pub mod policy;
pub mod policy_size;
pub mod query;
pub mod secret;
mod synth;
pub mod template;
pub mod value;

pub use app::{App, Construct, Handle, Node, Scope, Stack};
pub use assembly::{Assembly, ResourceEntry};
pub use claim::{Claim, Conflict, claims, claims_among, member_claims};
pub use data::{Data, FieldVisitor, Fields, Json, List, Map, Resource};
pub use diagnostic::{Diagnostic, Diagnostics, Severity};
pub use environment::{AssumeRole, Environment};
pub use export::Export;
pub use id::Identifier;
pub use ignore::keep_ignored;
pub use input::{HasRef, Identifies, Input, IsA, Output, Provides, Setting};
pub use ipnet::{IpNet, Ipv4Net, Ipv6Net};
pub use partition::{dns_suffix, partition};
pub use path::Path;
pub use policy::Policy;
pub use secret::Secret;
pub use synth::Synthesis;
pub use template::Template;
pub use value::{Reference, SecretSource, SubnetOf, Value, WithoutPrefix};

#[doc(hidden)]
pub mod private {
    //! What the macros of this crate expand to.
    pub use crate::cidr::parse_v4;
    pub use crate::json::{Entries, JsonPart};
    pub use crate::template::{TemplatePart, holes};
}
