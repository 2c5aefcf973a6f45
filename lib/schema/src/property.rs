//! The facts about one property.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::kind::Kind;

/// Properties by name.
pub type Properties = BTreeMap<&'static str, Property>;

/// The facts about one property of a resource type or of a type nested in one.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(from = "Written")]
pub struct Property {
    /// The type of its value.
    pub kind: Kind,
    /// `true` if it is required.
    pub required: bool,
    /// The effect of a change on the resource.
    pub replacement: Replacement,
    /// `true` if it contains a secret, by the rule in the crate documentation.
    pub sensitive: bool,
    /// `true` if AWS accepts it but never returns it, so that its drift cannot be detected.
    pub write_only: bool,
    /// `true` if the registry says that the order of the list has no meaning. `false` means little; use
    /// [`Cursor::list_order`](crate::Cursor::list_order) instead.
    pub unordered: bool,
    /// `true` if AWS advises against it.
    pub deprecated: bool,
    /// Its relevance for security, as in `IngressRules`.
    pub scrutiny: Option<&'static str>,
    /// The value that AWS uses if it is not set.
    pub default: Option<Value>,
    /// The allowed values; empty if AWS lists none.
    pub allowed: Vec<Value>,
    /// The resources that its value, or each element, may identify according to the sources. The list may be
    /// incomplete.
    pub references: Vec<Reference>,
}

/// The effect of a change on the resource: AWS replaces a resource by deleting it and creating another one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Replacement {
    /// A change is made in place.
    #[default]
    #[serde(rename = "no")]
    Never,
    /// A change may replace the resource, depending on the values. AWS's schema does not say how.
    #[serde(rename = "maybe")]
    Maybe,
    /// A change replaces the resource.
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
