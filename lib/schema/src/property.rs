//! The facts about one property.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use crate::kind::Kind;

/// Properties by name.
pub type Properties = BTreeMap<&'static str, Property>;

/// The facts about one property of a resource type or of a type nested in one.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(from = "Written")]
pub struct Property {
    /// What it holds.
    pub kind: Kind,
    /// Whether it has to be set.
    pub required: bool,
    /// Whether a change to it replaces the resource.
    pub replacement: Replacement,
    /// Whether it holds a secret; the crate's documentation has the rule.
    pub sensitive: bool,
    /// Whether AWS takes it and never gives it back, so that drift of it cannot be seen.
    pub write_only: bool,
    /// Whether the registry says that the order of the list's elements means nothing. That it does
    /// not say so means little; [`Cursor::list_order`](crate::Cursor::list_order) knows more.
    pub unordered: bool,
    /// Whether AWS advises against it.
    pub deprecated: bool,
    /// What it means for security, as in `IngressRules`.
    pub scrutiny: Option<&'static str>,
    /// What AWS takes where it is not set.
    pub default: Option<Value>,
    /// The values that are allowed; empty where AWS lists none.
    pub allowed: Vec<Value>,
    /// What its value (or each element) may identify, as far as the sources say: one of these, or
    /// of a kind that they do not list.
    pub references: Vec<Reference>,
}

/// Whether a change replaces the resource: AWS deletes it and creates another one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
pub enum Replacement {
    /// It is changed in place.
    #[default]
    Never,
    /// It depends on the values, and AWS's schema does not say how.
    #[serde(rename = "maybe")]
    Maybe,
    /// It is replaced.
    #[serde(rename = "yes")]
    Always,
}

/// An attribute or property of a resource type.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
pub struct Reference {
    /// The type, as in `AWS::EC2::VPC`.
    pub resource: &'static str,
    /// Its attribute or property, as in `VpcId`.
    pub attribute: &'static str,
}

impl Property {
    /// A property of which no more than its kind is known.
    pub(crate) fn of(kind: Kind) -> Self {
        Facts { kind: Some(kind), ..Facts::default() }.into()
    }
}

/// In the data, a property with no other facts is its kind alone.
#[derive(Deserialize)]
#[serde(untagged)]
enum Written {
    Kind(#[serde(borrow)] &'static str),
    Facts(Box<Facts>),
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Facts {
    #[serde(rename = "type")]
    kind: Option<Kind>,
    required: bool,
    replaces: Replacement,
    sensitive: bool,
    write_only: bool,
    unordered: bool,
    deprecated: bool,
    scrutiny: Option<&'static str>,
    default: Option<Value>,
    #[serde(rename = "enum")]
    allowed: Vec<Value>,
    refs: Vec<Reference>,
}

impl From<Written> for Property {
    fn from(written: Written) -> Self {
        match written {
            Written::Kind(kind) => Self::of(kind.into()),
            Written::Facts(facts) => (*facts).into(),
        }
    }
}

impl From<Facts> for Property {
    fn from(facts: Facts) -> Self {
        Self {
            kind: facts.kind.unwrap_or(Kind::Json),
            required: facts.required,
            replacement: facts.replaces,
            sensitive: facts.sensitive,
            write_only: facts.write_only,
            unordered: facts.unordered,
            deprecated: facts.deprecated,
            scrutiny: facts.scrutiny,
            default: facts.default,
            allowed: facts.allowed,
            references: facts.refs,
        }
    }
}
