//! The published resource schema of AWS as compact data, with its reader.
//!
//! [`lookup`] returns the facts about a resource type: its properties and the effect of a change to each, its nested
//! types, its attributes, and its identifier. A type is parsed on first use, and then only its own line.
//!
//! ```
//! use groundplan_schema::{Kind, Replacement};
//!
//! let subnet = groundplan_schema::lookup("AWS::EC2::Subnet").expect("AWS has subnets");
//! let vpc = subnet.property("VpcId").expect("a subnet is in a VPC");
//! assert_eq!(vpc.kind, Kind::String);
//! assert!(vpc.required);
//! assert_eq!(vpc.replacement, Replacement::Always);
//! assert_eq!(vpc.references[0].resource, "AWS::EC2::VPC");
//! ```
//!
//! Code that traverses a document of any type uses a [`Cursor`]; [`ResourceType::walk`] does it for JSON.
//!
//! # The table of facts
//!
//! The published schema does not describe how resources behave: how a create is made exactly once, how long it may
//! take, which outputs are known early, which output follows which property, and which types are stateful. `src/facts/`
//! contains this once for provider, simulator and planner: rules over the schema, and rows that correct the rules and
//! name their source.
//!
//! # The data
//!
//! `data/aws-resources.jsonl` has a header, then one line for each resource type, sorted by name.
//! `cargo run -p groundplan-schema --features refresh --example refresh` makes it again; see
//! `refresh/main.rs`. Each fact comes from one of two sources, whose versions are in [`VERSION`]
//! and [`REGISTRY_VERSION`]:
//!
//! - `@aws-cdk/aws-service-spec`: everything but what follows;
//! - AWS's registry schemas as `cfn-lint` ships them: [`Property::write_only`],
//!   [`Property::allowed`], [`Property::unordered`], [`ResourceType::handlers`], [`ResourceType::deletes_first`], and, where
//!   the first source states no relationship, the references that a string's `format` states.
//!
//! A property is [`sensitive`](Property::sensitive) where it holds text and its name says that the
//! text is a secret (`…Password`, `…PrivateKey`, `ClientSecret`, `AuthToken`, …), or where the name
//! may mean one (`SecretString`, `ApiKey`, `…Token`, …) and the registry says that it is
//! write-only. `refresh/sensitive.rs` has both lists and the exceptions; a refresh prints every
//! property that the rule marks.

mod arn;
mod behavior;
mod claim;
mod collection;
mod cursor;
mod facts;
mod kind;
mod order;
mod property;
mod resource;
mod spelling;
mod version;

use std::sync::OnceLock;

pub use arn::ArnParts;
pub use behavior::{Behavior, CONSISTENCY_WINDOW, OnDuplicate, Recovery, Wait};
pub use claim::{ClaimForm, ClaimPart, ClaimRole, ClaimRule, ClaimScope, ClaimSource, NamedOwner, named_owner};
pub use collection::{
    Collection, Member, collections, inline_collections, is_foreign_tag, is_same_member, memberships,
};
pub use cursor::{Cursor, Visit};
pub use facts::{FinalSnapshot, InVpc, NeedsReboot, OwnerQuota, Protection, SECRET_ENTRY, SecretEntry, public_types};
pub use kind::Kind;
pub use order::{ListOrder, NAMING};
pub use property::{Properties, Property, Reference, Replacement};
pub use resource::{Attribute, Handler, ResourceType, TagForm, Tags};
pub use spelling::Spelling;
pub use version::{Engine, is_older};

const DATA: &str = include_str!("../data/aws-resources.jsonl");

/// The package and version of the database that the data was generated from.
pub const VERSION: &str = header("\"spec\":\"");

/// The package and version of the registry schemas that the data was generated from.
pub const REGISTRY_VERSION: &str = header("\"registry\":\"");

/// Returns the facts about a resource type, as in `AWS::EC2::Subnet`; `None` if AWS has no such type.
pub fn lookup(name: &str) -> Option<&'static ResourceType> {
    find(name).map(Entry::resource)
}

/// Returns the claim rules of a resource type; empty if it claims nothing or AWS has no such type.
pub fn claim_rules(name: &str) -> &'static [ClaimRule] {
    find(name).map_or(&[], |entry| entry.claims.get_or_init(|| claim::rules(entry.resource())))
}

/// Returns the behavior of a resource type, as [`ResourceType::behavior`] does; `None` if AWS has no such type.
pub fn behavior(name: &str) -> Option<Behavior> {
    lookup(name).map(ResourceType::behavior)
}

/// Returns the names of all resource types, sorted.
pub fn all() -> impl Iterator<Item = &'static str> {
    index().iter().map(|entry| entry.name)
}

struct Entry {
    name: &'static str,
    line: &'static str,
    parsed: OnceLock<ResourceType>,
    claims: OnceLock<Vec<ClaimRule>>,
}

impl Entry {
    fn resource(&self) -> &ResourceType {
        self.parsed.get_or_init(|| parse(self.line))
    }
}

fn find(name: &str) -> Option<&'static Entry> {
    let index = index();
    Some(&index[index.binary_search_by(|entry| entry.name.cmp(name)).ok()?])
}

/// One entry for each line, found by the line's start alone.
fn index() -> &'static [Entry] {
    static INDEX: OnceLock<Vec<Entry>> = OnceLock::new();
    INDEX.get_or_init(|| DATA.lines().skip(1).map(entry).collect())
}

fn entry(line: &'static str) -> Entry {
    let name = line.strip_prefix(r#"{"name":""#).and_then(|rest| rest.split('"').next());
    Entry {
        name: name.expect("each line starts with its name"),
        line,
        parsed: OnceLock::new(),
        claims: OnceLock::new(),
    }
}

fn parse(line: &'static str) -> ResourceType {
    let mut resource: ResourceType = serde_json::from_str(line).expect("the tests parse every line");
    resource.stateful |= facts::is_stateful(resource.name);
    resource
}

/// The value that follows `key` in the first line.
const fn header(key: &str) -> &'static str {
    let (data, key) = (DATA.as_bytes(), key.as_bytes());
    let mut start = 0;
    let mut matched = 0;
    while matched < key.len() {
        matched = if data[start] == key[matched] { matched + 1 } else { 0 };
        start += 1;
    }
    let mut end = start;
    while data[end] != b'"' {
        end += 1;
    }
    DATA.split_at(end).0.split_at(start).1
}
