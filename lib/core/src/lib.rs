//! Scopes, paths, inputs, outputs, secrets, diagnostics and the assembly.
//!
//! This crate is the pure part of Groundplan: a program builds a tree of resources in an [`App`], and [`App::synth`]
//! turns it into an [`Assembly`], the desired document that the engine compares with what exists. It uses no clock,
//! network or random numbers, so the same program always produces the same bytes.
//!
//! The modules form layers, and each module depends only on those above it in these tables. Documents are serialized
//! and compared, and know nothing about the program that they come from:
//!
//! | module | what it holds |
//! |---|---|
//! | [`path`] | [`Path`]: the identity of a node in an app |
//! | [`environment`] | [`Environment`], [`AssumeRole`]: account, region and role of a stack |
//! | [`value`] | [`Value`]: the untyped document value behind every property, and its forms |
//! | [`lookup`] | [`Query`](lookup::Query): what exists already and is found when a plan is made |
//! | [`claim`] | [`Claim`]: something that can exist only once and that a resource takes |
//! | [`assembly`] | [`Assembly`]: the desired document |
//!
//! These modules check documents and translate them:
//!
//! | module | what it holds |
//! |---|---|
//! | [`code`] | [`Code`]: the codes of findings, each with an explanation |
//! | [`diagnostic`] | [`Diagnostic`]: a finding of synth |
//! | [`policy`] | [`Policy`]: read-only checks over the finished tree |
//! | [`policy_size`] | the size limits of IAM for policies |
//! | [`cloudformation`] | translates an assembly into CloudFormation templates |
//!
//! Programs use these types, which are converted into documents:
//!
//! | module | what it holds |
//! |---|---|
//! | [`data`] | [`Data`]: the types of property values |
//! | [`mod@template`] | [`Template`] and [`template!`]: strings composed of outputs |
//! | [`input`] | [`Input`], [`Output`], [`Provides`]: typed references between resources |
//! | [`id`] | [`Identifier`] and [`id_types!`]: typed ids |
//! | [`mod@cidr`] | [`cidr!`]: address blocks checked when the program is compiled |
//! | [`secret`] | [`Secret`]: a value that never becomes part of the assembly |
//! | [`export`] | [`Export`]: typed names of the outputs that an app publishes for others |
//! | [`node`] | [`Node`]: a resource of a program, whatever its type |
//! | [`resource`] | [`Resource`], [`Fields`]: the traits of the generated resource types |
//! | [`handle`] | [`Handle`]: the handle of an added resource |
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
pub mod lookup;
pub mod named;
pub mod node;
pub mod one_of;
mod partition;
pub mod path;
pub mod policy;
pub mod policy_size;
pub mod query;
pub mod resource;
pub mod scope;
pub mod secret;
mod synth;
mod task_roles;
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
pub use one_of::OneOf;
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
    //! Items that the macros of this crate expand to.
    pub use crate::cidr::parse_v4;
    pub use crate::json::{Entries, JsonPart};
    pub use crate::template::{TemplatePart, holes};
}
