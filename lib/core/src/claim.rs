//! What can exist only once in a cloud, as a resource takes it.
//!
//! A role has one inline policy of a name, a route table one route to a destination, and the
//! subnets of a VPC do not overlap. Two resources with one claim are an error in a program; a
//! resource of the state and one of the program with the same claim are the same thing, whatever
//! their paths.

use std::collections::BTreeMap;

use ipnet::IpNet;

use crate::app::Environment;
use crate::value::Value;

/// Something of which a cloud has one at a time.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Claim {
    /// What is claimed, for messages, as in `inline policy of a role`.
    pub what: &'static str,
    /// Names it. Claims can conflict only where their keys are equal, so that they can be found in
    /// a map. A part that is not known yet stands as its reference.
    pub key: String,
    /// When two claims with this key conflict.
    pub conflict: Conflict,
}

/// When two claims with equal keys conflict.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Conflict {
    /// Always: they are the same thing.
    Equal,
    /// Where the address blocks overlap; they are the same thing where the blocks are equal.
    Overlap(IpNet),
    /// Where the values differ: a target group belongs to one load balancer, and any number of
    /// listeners of that may use it. They are never the same thing.
    Unless(String),
}

impl Claim {
    /// Whether both cannot exist at once.
    pub fn conflicts_with(&self, other: &Self) -> bool {
        self.key == other.key
            && match (&self.conflict, &other.conflict) {
                (Conflict::Overlap(a), Conflict::Overlap(b)) => a.contains(b) || b.contains(a),
                (Conflict::Unless(a), Conflict::Unless(b)) => a != b,
                _ => true,
            }
    }

    /// Whether both name the same thing, so that a resource with the one is the resource with the
    /// other under a new path.
    pub fn is_same_as(&self, other: &Self) -> bool {
        self.key == other.key
            && match (&self.conflict, &other.conflict) {
                (Conflict::Equal, Conflict::Equal) => true,
                (Conflict::Overlap(a), Conflict::Overlap(b)) => a == b,
                _ => false,
            }
    }
}

/// The claims of a resource of `type_name` with these properties. What is not known yet is part of
/// a key as its reference, so that equal references make equal claims.
pub fn claims(type_name: &str, environment: &Environment, properties: &BTreeMap<String, Value>) -> Vec<Claim> {
    let Some(schema) = groundplan_schema::lookup(type_name) else { return Vec::new() };
    let identifier = &schema.primary_identifier;
    let values: Option<Vec<_>> =
        identifier.iter().map(|name| Some(properties.get(*name)?.to_json().to_string())).collect();
    let Some(values) = values.filter(|values| !values.is_empty()) else { return Vec::new() };
    let region = if schema.is_global() { "" } else { &environment.region };
    let account = environment.account.as_deref().unwrap_or_default();
    let key = format!("{type_name}\n{account}\n{region}\n{}", values.join("\n"));
    vec![Claim { what: "identifier", key, conflict: Conflict::Equal }]
}
