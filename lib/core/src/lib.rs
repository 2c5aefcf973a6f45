//! Scopes, paths, inputs, outputs, secrets, diagnostics and the assembly.
//!
//! This crate is the pure half of Groundplan: a program builds a tree of resources in an
//! [`App`], and [`App::synth`] turns it into an [`Assembly`], the desired document that the
//! engine compares with what exists. Nothing here reads a clock, a network or a random number,
//! so the same program always gives the same bytes.
//!
//! Its modules stand in layers, each of which knows those above it in these tables only. Documents are what is
//! serialized and compared; they know nothing of the program that they come from:
//!
//! | module | what it holds |
//! |---|---|
//! | [`path`] | [`Path`]: the identity of what stands in an app |
//! | [`environment`] | [`Environment`], [`AssumeRole`]: account, region and role of a stack |
//! | [`value`] | [`Value`]: the untyped document value behind every property, and its forms |
//! | [`claim`] | [`Claim`]: what can exist only once, as a resource takes it |
//! | [`assembly`] | [`Assembly`]: the desired document |
//!
//! What is found in one, and made of it:
//!
//! | module | what it holds |
//! |---|---|
//! | [`code`] | [`Code`]: which findings there are, each with an explanation |
//! | [`diagnostic`] | [`Diagnostic`]: what synth reports, all at once |
//! | [`policy`] | [`Policy`]: read-only checks over the finished tree |
//! | [`policy_size`] | how large IAM lets policies be |
//! | [`cloudformation`] | an assembly as CloudFormation templates |
//!
//! Programs are written in types, which turn into documents:
//!
//! | module | what it holds |
//! |---|---|
//! | [`data`] | [`Data`]: what a property holds |
//! | [`mod@template`] | [`Template`] and [`template!`]: strings composed of outputs |
//! | [`input`] | [`Input`], [`Output`], [`Provides`]: typed references between resources |
//! | [`id`] | [`Identifier`] and [`id_types!`]: typed ids |
//! | [`mod@cidr`] | [`cidr!`]: address blocks checked when the program is compiled |
//! | [`secret`] | [`Secret`]: a value that never reaches the assembly |
//! | [`export`] | [`Export`]: typed names of what an app publishes for others |
//! | [`node`] | [`Node`]: a resource of a program, whatever its type |
//! | [`resource`] | [`Resource`], [`Fields`]: what the generated resource types implement |
//! | [`handle`] | [`Handle`]: what a program holds of a resource that it has added |
//! | [`mod@json`] | [`json!`]: untyped JSON with outputs in it |
//! | [`query`] | [`Assembly::find`]: typed queries over an assembly |
//! | [`scope`] | [`Scope`], [`Construct`]: where resources and constructs are added |
//! | [`app`] | [`App`], [`Stack`]: the roots of a program |

pub mod app;
pub mod assembly;
mod check;
pub mod cidr;
pub mod claim;
pub mod cloudformation;
pub mod code;
pub mod data;
mod delivery;
pub mod diagnostic;
pub mod environment;
pub mod export;
pub mod handle;
pub mod id;
mod ignore;
pub mod input;
pub mod json;
pub mod named;
pub mod node;
mod partition;
pub mod path;
pub mod policy;
pub mod policy_size;
pub mod query;
pub mod resource;
pub mod scope;
pub mod secret;
mod synth;
pub mod template;
mod tree;
pub mod value;

pub use app::{App, Stack};
pub use assembly::{Assembly, ResourceEntry};
pub use claim::{Claim, Conflict, claims, claims_among, member_claims};
pub use code::Code;
pub use data::{Data, Json};
pub use diagnostic::{Diagnostic, Diagnostics, Severity};
pub use environment::{AssumeRole, Environment};
pub use export::Export;
pub use handle::Handle;
pub use id::Identifier;
pub use ignore::keep_ignored;
pub use input::{Input, IsA, List, Map, Output, Provides, Setting};
pub use ipnet::{IpNet, Ipv4Net, Ipv6Net};
pub use node::Node;
pub use partition::{dns_suffix, partition};
pub use path::Path;
pub use policy::Policy;
pub use resource::{FieldVisitor, Fields, HasRef, Identifies, Resource};
pub use scope::{Construct, Scope};
pub use secret::Secret;
pub use synth::Synthesis;
pub use template::Template;
pub use value::{Deferred, Reference, SecretSource, SubnetOf, Value, WithoutPrefix};

#[doc(hidden)]
pub mod private {
    //! What the macros of this crate expand to.
    pub use crate::cidr::parse_v4;
    pub use crate::json::{Entries, JsonPart};
    pub use crate::template::{TemplatePart, holes};
}
