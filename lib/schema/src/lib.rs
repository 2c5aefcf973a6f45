//! AWS's published resource schema as compact data, and its reader.
//!
//! [`lookup`] gives the facts about one resource type: its properties and what a change to each
//! does, the types nested in it, its attributes, its identifier. Nothing is parsed until it is
//! asked for, and then only the line of that type.
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
//! Code that goes through a document takes a [`Cursor`] along, whatever the type of the document;
//! [`ResourceType::walk`] does it for JSON.
//!
//! # The table of facts
//!
//! How resources of a type behave is not in the published schema: how a create is made exactly once,
//! how long it may take, what is known early, which output follows which property, what holds data
//! that is lost with it. `src/facts/` has it, once for provider, simulator and planner: rules over the
//! schema, and rows that correct them and name their source.
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

use std::sync::OnceLock;

pub use arn::ArnParts;
pub use behavior::{Behavior, OnDuplicate, Recovery, Wait};
pub use claim::{ClaimForm, ClaimPart, ClaimRole, ClaimRule, ClaimScope, ClaimSource, NamedOwner, named_owner};
pub use collection::{Collection, Member, collections, inline_collections, is_foreign_tag, memberships};
pub use cursor::{Cursor, Visit};
pub use facts::{FinalSnapshot, InVpc, NeedsReboot, OwnerQuota, Protection, SECRET_ENTRY, SecretEntry, public_types};
pub use kind::Kind;
pub use order::{ListOrder, NAMING};
pub use property::{Properties, Property, Reference, Replacement};
pub use resource::{Attribute, Handler, ResourceType, TagForm, Tags};
pub use spelling::Spelling;

const DATA: &str = include_str!("../data/aws-resources.jsonl");

/// Package and version of the database that the data was made from.
pub const VERSION: &str = header("\"spec\":\"");

/// Package and version of the registry schemas that the data was made from.
pub const REGISTRY_VERSION: &str = header("\"registry\":\"");

/// The facts about a resource type, as in `AWS::EC2::Subnet`; none where AWS has no such type.
pub fn lookup(name: &str) -> Option<&'static ResourceType> {
    find(name).map(Entry::resource)
}

/// The rules by which a resource of this type claims what a cloud has once; none where it claims
/// nothing or AWS has no such type.
pub fn claim_rules(name: &str) -> &'static [ClaimRule] {
    find(name).map_or(&[], |entry| entry.claims.get_or_init(|| claim::rules(entry.resource())))
}

/// How resources of a type behave, as [`ResourceType::behavior`]; none where AWS has no such type.
pub fn behavior(name: &str) -> Option<Behavior> {
    lookup(name).map(ResourceType::behavior)
}

/// The names of all resource types, sorted.
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
