//! Values that are known only later: each kind with its document form, its parts and its resolution.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value as JsonValue;

use super::{CrossAppReference, MalformedValue, Value, ValueType};
use crate::path::Path;

/// A value that is known only once something else is: a resource that will exist, or another app.
///
/// Code that asks whether a value is known, or what it refers to, needs no kind. A new kind is a variant and a line
/// in each method of this module.
#[derive(Clone, PartialEq)]
pub enum Deferred {
    /// An attribute of another resource.
    Ref(Reference),
    /// A string composed of literals and deferred values.
    Template(Vec<Value>),
    /// A block cut out of an address block that another resource will have.
    Subnet(Box<SubnetOf>),
    /// A string that another resource will have, without a prefix.
    WithoutPrefix(Box<WithoutPrefix>),
    /// A map of which not all keys are known yet. [`Value::entries`] makes one.
    Entries(Vec<(Value, Value)>),
    /// An output of another app.
    CrossApp(CrossAppReference),
}

impl Deferred {
    /// Calls `visit` for each value that this one is made of.
    pub fn each_part<'a>(&'a self, mut visit: impl FnMut(&'a Value)) {
        match self {
            Self::Ref(_) | Self::CrossApp(_) => {}
            Self::Template(parts) => parts.iter().for_each(visit),
            Self::Subnet(part) => visit(&part.block),
            Self::WithoutPrefix(part) => visit(&part.text),
            Self::Entries(entries) => entries.iter().for_each(|(key, value)| {
                visit(key);
                visit(value);
            }),
        }
    }

    /// As [`each_part`](Self::each_part), changing the values in place.
    pub fn each_part_mut(&mut self, mut visit: impl FnMut(&mut Value)) {
        match self {
            Self::Ref(_) | Self::CrossApp(_) => {}
            Self::Template(parts) => parts.iter_mut().for_each(visit),
            Self::Subnet(part) => visit(&mut part.block),
            Self::WithoutPrefix(part) => visit(&mut part.text),
            Self::Entries(entries) => entries.iter_mut().for_each(|(key, value)| {
                visit(key);
                visit(value);
            }),
        }
    }

    /// The value with each part replaced by what `resolve` returns for it: a known value where all its parts are
    /// known then. A reference and an output of another app have no parts and stay.
    #[must_use]
    pub fn resolve(&self, resolve: impl Fn(&Value) -> Value) -> Value {
        match self {
            Self::Ref(_) | Self::CrossApp(_) => Value::Deferred(self.clone()),
            Self::Template(parts) => join(parts.iter().map(resolve).collect()),
            Self::Subnet(part) => {
                let part = SubnetOf { block: resolve(&part.block), ..**part };
                part.evaluate().map_or_else(|| Self::Subnet(Box::new(part)).into(), Value::String)
            }
            Self::WithoutPrefix(part) => {
                let part = WithoutPrefix { text: resolve(&part.text), prefix: part.prefix.clone() };
                part.evaluate().map_or_else(|| Self::WithoutPrefix(Box::new(part)).into(), Value::String)
            }
            Self::Entries(entries) => Value::entries(entries.iter().map(|(key, value)| (resolve(key), resolve(value)))),
        }
    }

    /// The type that the value will have, as far as its form says.
    pub fn value_type(&self) -> ValueType {
        match self {
            Self::Ref(_) | Self::CrossApp(_) => ValueType::Any,
            Self::Template(_) | Self::Subnet(_) | Self::WithoutPrefix(_) => ValueType::String,
            Self::Entries(_) => ValueType::Structure,
        }
    }

    /// Returns the number of JSON nesting levels around each part.
    pub fn brackets(&self) -> usize {
        match self {
            Self::Ref(_) => 1,
            Self::CrossApp(_) | Self::Template(_) | Self::Subnet(_) | Self::WithoutPrefix(_) => 2,
            Self::Entries(_) => 3,
        }
    }

    /// The value in words, for people: `checkout/vpc#VpcId`, `/64 number 3 of …`. `part` writes a part of it.
    pub fn describe(&self, part: impl Fn(&Value) -> String) -> String {
        match self {
            Self::Ref(reference) => reference.to_string(),
            Self::CrossApp(import) => import.to_string(),
            Self::Subnet(of) => format!("/{} number {} of {}", of.prefix, of.index, part(&of.block)),
            Self::WithoutPrefix(of) => format!("{} without \"{}\"", part(&of.text), of.prefix),
            Self::Template(parts) => {
                let parts = parts.iter().map(|piece| match piece {
                    Value::String(text) => text.clone(),
                    other => format!("{{{}}}", part(other)),
                });
                format!("\"{}\"", parts.collect::<String>())
            }
            Self::Entries(entries) => {
                let entries = entries.iter().map(|(key, value)| format!("{}: {}", part(key), part(value)));
                format!("{{{}}}", entries.collect::<Vec<_>>().join(", "))
            }
        }
    }

    /// The key and the content of the document form, as in `$ref` and `"checkout/vpc#VpcId"`.
    pub(super) fn to_tagged(&self) -> (&'static str, JsonValue) {
        fn json(value: &impl Serialize) -> JsonValue {
            serde_json::to_value(value).expect("it has string keys only")
        }
        match self {
            Self::Ref(reference) => ("$ref", JsonValue::String(reference.to_string())),
            Self::Template(parts) => ("$template", parts.iter().map(Value::to_json).collect()),
            Self::Subnet(part) => ("$subnet", json(part)),
            Self::WithoutPrefix(part) => ("$without_prefix", json(part)),
            Self::Entries(entries) => {
                let entry = |(key, value): &(Value, Value)| JsonValue::Array(vec![key.to_json(), value.to_json()]);
                ("$entries", entries.iter().map(entry).collect())
            }
            Self::CrossApp(import) => ("$import", json(import)),
        }
    }

    /// Reads the document form. Any other `tag` than those of the kinds is an error, and so is other content.
    pub(super) fn from_tagged(tag: &str, content: JsonValue) -> Result<Self, MalformedValue> {
        fn read<T: for<'de> Deserialize<'de>>(tag: &str, content: &JsonValue) -> Result<T, MalformedValue> {
            T::deserialize(content).map_err(|_| MalformedValue::new(tag, content))
        }
        match (tag, content) {
            ("$ref", JsonValue::String(text)) => {
                Reference::parse(&text).map(Self::Ref).ok_or_else(|| MalformedValue::new(tag, &JsonValue::String(text)))
            }
            ("$template", JsonValue::Array(parts)) => {
                Ok(Self::Template(parts.into_iter().map(Value::from_json).collect::<Result<_, _>>()?))
            }
            ("$subnet", content) => read(tag, &content).map(Self::Subnet),
            ("$without_prefix", content) => read(tag, &content).map(Self::WithoutPrefix),
            ("$entries", content) => read(tag, &content).map(Self::Entries),
            ("$import", content) => read(tag, &content).map(Self::CrossApp),
            (_, content) => Err(MalformedValue::new(tag, &content)),
        }
    }
}

/// Text where all parts are known, else a template.
fn join(parts: Vec<Value>) -> Value {
    let text: Option<String> = parts.iter().map(text).collect();
    text.map_or_else(|| Deferred::Template(parts).into(), Value::String)
}

/// Returns the text of a known part of a template.
fn text(part: &Value) -> Option<String> {
    match part {
        Value::String(text) => Some(text.clone()),
        Value::Deferred(_) | Value::Secret(_) => None,
        other => Some(other.to_json().to_string()),
    }
}

/// A text without a prefix; a text that does not start with it stays as it is, as with Terraform's `trimprefix`.
/// CloudFormation has `Fn::Select` of `Fn::Split` for it, which fails for such a text.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WithoutPrefix {
    /// The text.
    pub text: Value,
    /// The prefix to remove.
    pub prefix: String,
}

impl WithoutPrefix {
    /// The rest, once the text is known.
    pub fn evaluate(&self) -> Option<String> {
        let text = self.text.as_str()?;
        Some(text.strip_prefix(&self.prefix).unwrap_or(text).to_owned())
    }
}

/// The `index`th block with prefix length `prefix` inside `block`, counted from zero. What
/// CloudFormation writes as `Fn::Select` of `Fn::Cidr`, and Terraform as `cidrsubnet`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SubnetOf {
    /// The block to cut from, IPv4 or IPv6.
    pub block: Value,
    /// Prefix length of the part.
    pub prefix: u8,
    /// The index of the part.
    pub index: u32,
}

impl SubnetOf {
    /// Returns the subnet; `None` if the block is unknown, invalid or too small.
    pub fn evaluate(&self) -> Option<String> {
        let block: ipnet::IpNet = self.block.as_str()?.parse().ok()?;
        let index = usize::try_from(self.index).ok()?;
        block.subnets(self.prefix).ok()?.nth(index).map(|part| part.to_string())
    }
}

/// Names an attribute of a resource of the same app: `checkout/vpc/vpc#VpcId`. What another app
/// publishes is a [`CrossAppReference`].
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Reference {
    /// The app that the resource belongs to, so that synth sees where a handle of another app was
    /// passed; none in a document, where it is always the app of that.
    pub app: Option<Arc<str>>,
    /// The resource.
    pub path: Path,
    /// The attribute or property, in CloudFormation's spelling (`Endpoint.Address`).
    pub attribute: String,
}

impl Reference {
    /// A reference within the same app.
    pub fn new(path: impl Into<Path>, attribute: impl Into<String>) -> Self {
        Self { app: None, path: path.into(), attribute: attribute.into() }
    }

    /// Parses the text form, `checkout/vpc/vpc#VpcId`; `None` if it has no `#`.
    pub fn parse(text: &str) -> Option<Self> {
        let (path, attribute) = text.split_once('#')?;
        Some(Self::new(path, attribute))
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(app) = &self.app {
            write!(f, "{app}:")?;
        }
        write!(f, "{}#{}", self.path, self.attribute)
    }
}

/// In words, since programs print it while they are written: `shop/vpc#VpcId`.
impl fmt::Debug for Deferred {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fn words(value: &Value) -> String {
            match value {
                Value::Deferred(deferred) => deferred.describe(words),
                other => other.to_json().to_string(),
            }
        }
        f.write_str(&self.describe(words))
    }
}

impl fmt::Debug for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_a_block_are_counted_from_zero() {
        let part = |index| SubnetOf { block: "2600:1f18::/56".into(), prefix: 64, index }.evaluate();
        assert_eq!(part(0).as_deref(), Some("2600:1f18::/64"));
        assert_eq!(part(255).as_deref(), Some("2600:1f18:0:ff::/64"));
        assert_eq!(part(256), None);
    }

    #[test]
    fn a_prefix_is_taken_off_where_it_is() {
        let rest = |text: &str| WithoutPrefix { text: text.into(), prefix: "https://".into() }.evaluate();
        assert_eq!(rest("https://oidc.example/id/1").as_deref(), Some("oidc.example/id/1"));
        assert_eq!(rest("oidc.example").as_deref(), Some("oidc.example"));
    }

    #[test]
    fn a_deferred_value_reads_as_what_it_is_made_of() {
        let block = Value::from(Reference::new("a/ipv6", "Block"));
        let describe = |deferred: Deferred| deferred.describe(|part| part.to_json().to_string());
        let part = Deferred::Subnet(Box::new(SubnetOf { block: block.clone(), prefix: 64, index: 3 }));
        assert_eq!(describe(part), r##"/64 number 3 of {"$ref":"a/ipv6#Block"}"##);
        assert_eq!(describe(Deferred::Template(vec!["x-".into(), 7i64.into()])), r#""x-{7}""#);
        let entries = Deferred::Entries(vec![(block.clone(), true.into())]);
        assert_eq!(describe(entries), r##"{{"$ref":"a/ipv6#Block"}: true}"##);
        let template = Deferred::Template(vec!["block ".into(), block]);
        assert_eq!(format!("{template:?}"), r#""block {a/ipv6#Block}""#);
    }
}
