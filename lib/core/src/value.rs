//! The untyped document value behind every property.

mod cross_app;
mod secret;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use serde_json::Value as JsonValue;

pub use self::cross_app::{CrossAppReference, ValueType};
pub use self::secret::{Derivation, GeneratedSecret, SecretOutput, SecretSource, SecretsManagerEntry};
use crate::path::Path;

/// A property value: plain JSON, or something that is only known when other resources exist.
///
/// In JSON the latter are objects with one `$` key: `{"$ref": "checkout/vpc/vpc#VpcId"}`,
/// `{"$template": ["arn:aws:s3:::", {"$ref": "…"}, "/*"]}`, `{"$secret": {…}}`,
/// `{"$subnet": {"block": …, "prefix": 64, "index": 0}}`, `{"$without_prefix": {"text": …, "prefix":
/// "https://"}}`, `{"$entries": [[…, …]]}` and `{"$import": {"app": "account", "name": "zone-id", "form":
/// "text"}}`. A key of a user's map that starts with `$` is written with one more
/// `$`, so nothing is ambiguous.
#[derive(Clone, Debug, PartialEq, Default)]
pub enum Value {
    /// JSON `null`.
    #[default]
    Null,
    /// A truth value.
    Bool(bool),
    /// A number, whole or not.
    Number(serde_json::Number),
    /// A string.
    String(String),
    /// A list, in order.
    List(Vec<Value>),
    /// A map, ordered by key so that its bytes are stable.
    Map(BTreeMap<String, Value>),
    /// An attribute of another resource.
    Ref(Reference),
    /// A string composed of literals and references.
    Template(Vec<Value>),
    /// Where a secret comes from; never the secret.
    Secret(SecretSource),
    /// A block cut out of an address block that another resource will have.
    Subnet(Box<SubnetOf>),
    /// A string that another resource will have, without what it starts with.
    WithoutPrefix(Box<WithoutPrefix>),
    /// A map of which not all keys are known yet. [`Value::entries`] makes one.
    Entries(Vec<(Value, Value)>),
    /// An output of another app.
    CrossApp(CrossAppReference),
}

/// A text without a prefix; a text that does not start with it stays as it is, as with Terraform's `trimprefix`.
/// CloudFormation has `Fn::Select` of `Fn::Split` for it, which fails for such a text.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WithoutPrefix {
    /// The text.
    pub text: Value,
    /// What it may start with.
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
    /// Which part.
    pub index: u32,
}

impl SubnetOf {
    /// The part, once the block is known; none where the block is no address block or has no such
    /// part.
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

    /// Reads the text form, `checkout/vpc/vpc#VpcId`; none where it has no `#`.
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

impl fmt::Debug for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl Value {
    /// The text, where this is a known string.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }

    /// The truth value, where this is a known one.
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Self::Bool(value) => Some(*value),
            _ => None,
        }
    }

    /// The whole number, where this is a known one.
    pub fn as_i64(&self) -> Option<i64> {
        match self {
            Self::Number(value) => value.as_i64(),
            _ => None,
        }
    }

    /// The elements, where this is a known list.
    pub fn as_list(&self) -> Option<&[Value]> {
        match self {
            Self::List(items) => Some(items),
            _ => None,
        }
    }

    /// The entries, where this is a known map.
    pub fn as_map(&self) -> Option<&BTreeMap<String, Value>> {
        match self {
            Self::Map(entries) => Some(entries),
            _ => None,
        }
    }

    /// The value under `key`, where this is a map that has it.
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.as_map()?.get(key)
    }

    /// A map of these keys and values: a plain one where all keys are known.
    pub fn entries(entries: impl IntoIterator<Item = (Value, Value)>) -> Self {
        let entries: Vec<_> = entries.into_iter().collect();
        let known = |(key, value): &(Value, Value)| Some((key.as_str()?.to_owned(), value.clone()));
        match entries.iter().map(known).collect() {
            Some(plain) => Self::Map(plain),
            None => Self::Entries(entries),
        }
    }

    /// Calls `visit` for this value and everything inside it, outermost first.
    pub fn walk<'a>(&'a self, visit: &mut impl FnMut(&'a Value)) {
        visit(self);
        match self {
            Self::List(items) | Self::Template(items) => items.iter().for_each(|item| item.walk(visit)),
            Self::Map(entries) => entries.values().for_each(|item| item.walk(visit)),
            Self::Secret(source) => source.values().into_iter().for_each(|value| value.walk(visit)),
            Self::Subnet(part) => part.block.walk(visit),
            Self::WithoutPrefix(part) => part.text.walk(visit),
            Self::Entries(entries) => entries.iter().for_each(|(key, value)| {
                key.walk(visit);
                value.walk(visit);
            }),
            _ => {}
        }
    }

    /// Visits every value inside this one that has no parts in JSON, with its place below `place`, as in
    /// `VpcConfig.SubnetIds`. The place leaves out positions in lists.
    pub fn walk_leaves<'a>(&'a self, place: &str, visit: &mut dyn FnMut(&str, &'a Value)) {
        match self {
            Self::List(items) => items.iter().for_each(|item| item.walk_leaves(place, visit)),
            Self::Map(entries) => {
                entries.iter().for_each(|(key, value)| value.walk_leaves(&format!("{place}.{key}"), visit));
            }
            leaf => visit(place, leaf),
        }
    }

    /// As [`walk`](Self::walk), changing values in place.
    pub fn walk_mut(&mut self, visit: &mut impl FnMut(&mut Value)) {
        visit(self);
        match self {
            Self::List(items) | Self::Template(items) => {
                items.iter_mut().for_each(|item| item.walk_mut(visit));
            }
            Self::Map(entries) => entries.values_mut().for_each(|item| item.walk_mut(visit)),
            Self::Secret(source) => source.values_mut().into_iter().for_each(|value| value.walk_mut(visit)),
            Self::Subnet(part) => part.block.walk_mut(visit),
            Self::WithoutPrefix(part) => part.text.walk_mut(visit),
            Self::Entries(entries) => entries.iter_mut().for_each(|(key, value)| {
                key.walk_mut(visit);
                value.walk_mut(visit);
            }),
            _ => {}
        }
    }

    /// Every reference inside this value, in order.
    pub fn references(&self) -> Vec<&Reference> {
        let mut found = Vec::new();
        self.walk(&mut |value| {
            if let Self::Ref(reference) = value {
                found.push(reference);
            }
        });
        found
    }

    /// Whether this value is plain JSON all through.
    pub fn is_known(&self) -> bool {
        let mut known = true;
        self.walk(&mut |value| known &= !value.is_open() && !matches!(value, Self::Secret(_)));
        known
    }

    /// Whether this value, whatever is inside it, stands for one that is only known once something else is.
    pub fn is_open(&self) -> bool {
        match self {
            Self::Ref(_)
            | Self::Template(_)
            | Self::Subnet(_)
            | Self::WithoutPrefix(_)
            | Self::Entries(_)
            | Self::CrossApp(_) => true,
            Self::Null
            | Self::Bool(_)
            | Self::Number(_)
            | Self::String(_)
            | Self::List(_)
            | Self::Map(_)
            | Self::Secret(_) => false,
        }
    }

    /// Every output of another app inside this value, in order.
    pub fn imports(&self) -> Vec<&CrossAppReference> {
        let mut found = Vec::new();
        self.walk(&mut |value| {
            if let Self::CrossApp(import) = value {
                found.push(import);
            }
        });
        found
    }

    /// The document form, with `$ref`, `$template` and other objects.
    pub fn to_json(&self) -> JsonValue {
        let tagged = |tag: &str, value: JsonValue| JsonValue::Object([(tag.to_owned(), value)].into_iter().collect());
        match self {
            Self::Null => JsonValue::Null,
            Self::Bool(value) => JsonValue::Bool(*value),
            Self::Number(value) => JsonValue::Number(value.clone()),
            Self::String(text) => JsonValue::String(text.clone()),
            Self::List(items) => items.iter().map(Value::to_json).collect(),
            Self::Map(entries) => entries.iter().map(|(key, value)| (escape(key), value.to_json())).collect(),
            Self::Ref(reference) => tagged("$ref", JsonValue::String(reference.to_string())),
            Self::Template(parts) => tagged("$template", parts.iter().map(Value::to_json).collect()),
            Self::Secret(source) => tagged("$secret", source.to_json()),
            Self::Subnet(part) => tagged("$subnet", serde_json::to_value(part).expect("it has string keys only")),
            Self::WithoutPrefix(part) => {
                tagged("$without_prefix", serde_json::to_value(part).expect("it has string keys only"))
            }
            Self::Entries(entries) => {
                let entry = |(key, value): &(Value, Value)| JsonValue::Array(vec![key.to_json(), value.to_json()]);
                tagged("$entries", entries.iter().map(entry).collect())
            }
            Self::CrossApp(import) => tagged("$import", serde_json::to_value(import).expect("it has string keys only")),
        }
    }

    /// Reads the document form.
    ///
    /// # Errors
    /// Says which object is not a reference, template or secret of the form written by
    /// [`to_json`](Self::to_json).
    pub fn from_json(json: JsonValue) -> Result<Self, MalformedValue> {
        Ok(match json {
            JsonValue::Null => Self::Null,
            JsonValue::Bool(value) => Self::Bool(value),
            JsonValue::Number(value) => Self::Number(value),
            JsonValue::String(text) => Self::String(text),
            JsonValue::Array(items) => Self::List(items.into_iter().map(Self::from_json).collect::<Result<_, _>>()?),
            JsonValue::Object(entries) => {
                let tag = entries.keys().next().filter(|key| key.starts_with('$') && !key.starts_with("$$"));
                match tag.cloned() {
                    Some(tag) => Self::from_tagged(&tag, entries)?,
                    None => Self::Map(
                        entries
                            .into_iter()
                            .map(|(key, value)| Ok((unescape(key), Self::from_json(value)?)))
                            .collect::<Result<_, MalformedValue>>()?,
                    ),
                }
            }
        })
    }

    fn from_tagged(tag: &str, mut entries: serde_json::Map<String, JsonValue>) -> Result<Self, MalformedValue> {
        let malformed = |json: &JsonValue| MalformedValue(format!("{{\"{tag}\": {json}}}"));
        let content = entries.remove(tag).unwrap_or_default();
        match (tag, content) {
            ("$ref", JsonValue::String(text)) => {
                Reference::parse(&text).map(Self::Ref).ok_or_else(|| malformed(&JsonValue::String(text)))
            }
            ("$template", JsonValue::Array(parts)) => {
                Ok(Self::Template(parts.into_iter().map(Self::from_json).collect::<Result<_, _>>()?))
            }
            ("$secret", content) => {
                SecretSource::from_json(content.clone()).map(Self::Secret).ok_or_else(|| malformed(&content))
            }
            ("$subnet", content) => {
                serde_json::from_value(content.clone()).map(Self::Subnet).map_err(|_| malformed(&content))
            }
            ("$without_prefix", content) => {
                serde_json::from_value(content.clone()).map(Self::WithoutPrefix).map_err(|_| malformed(&content))
            }
            ("$entries", content) => serde_json::from_value::<Vec<(Value, Value)>>(content.clone())
                .map(Self::Entries)
                .map_err(|_| malformed(&content)),
            ("$import", content) => {
                serde_json::from_value(content.clone()).map(Self::CrossApp).map_err(|_| malformed(&content))
            }
            (_, content) => Err(malformed(&content)),
        }
    }
}

fn escape(key: &str) -> String {
    if key.starts_with('$') { format!("${key}") } else { key.to_owned() }
}

fn unescape(key: String) -> String {
    match key.strip_prefix("$$") {
        Some(rest) => format!("${rest}"),
        None => key,
    }
}

/// A document value that is none of the forms of [`Value`].
#[derive(Debug, thiserror::Error)]
#[error("`{0}` is not a reference, template or secret that this version can read")]
pub struct MalformedValue(String);

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.to_json().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::from_json(JsonValue::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

macro_rules! from {
    ($($type:ty => $variant:expr),+ $(,)?) => {$(
        impl From<$type> for Value {
            fn from(value: $type) -> Self { $variant(value) }
        }
    )+};
}

from! {
    bool => Self::Bool,
    &str => |text: &str| Self::String(text.to_owned()),
    String => Self::String,
    i64 => |number: i64| Self::Number(number.into()),
    Vec<Value> => Self::List,
    BTreeMap<String, Value> => Self::Map,
    Reference => Self::Ref,
}

/// Plain JSON as it stands: a `$` in a key has no meaning here.
impl From<JsonValue> for Value {
    fn from(json: JsonValue) -> Self {
        match json {
            JsonValue::Null => Self::Null,
            JsonValue::Bool(value) => Self::Bool(value),
            JsonValue::Number(value) => Self::Number(value),
            JsonValue::String(text) => Self::String(text),
            JsonValue::Array(items) => Self::List(items.into_iter().map(Self::from).collect()),
            JsonValue::Object(entries) => {
                Self::Map(entries.into_iter().map(|(key, value)| (key, Self::from(value))).collect())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_survives_the_way_to_json_and_back() {
        let reference = Value::Ref(Reference::new("checkout/vpc/vpc", "VpcId"));
        let value = Value::Map(
            [
                ("$ref".to_owned(), Value::from("a user's own key")),
                ("$$x".to_owned(), Value::Null),
                ("list".to_owned(), Value::List(vec![Value::Bool(true), Value::from(3)])),
                ("template".to_owned(), Value::Template(vec!["arn:".into(), reference.clone()])),
                (
                    "block".to_owned(),
                    Value::Subnet(Box::new(SubnetOf { block: reference.clone(), prefix: 64, index: 3 })),
                ),
                (
                    "issuer".to_owned(),
                    Value::WithoutPrefix(Box::new(WithoutPrefix {
                        text: reference.clone(),
                        prefix: "https://".to_owned(),
                    })),
                ),
                ("condition".to_owned(), Value::entries([(reference.clone(), "a".into()), ("$b".into(), 1i64.into())])),
                ("vpc".to_owned(), reference),
                (
                    "zone".to_owned(),
                    Value::CrossApp(CrossAppReference {
                        app: "account".into(),
                        name: "zone-id".into(),
                        form: ValueType::String,
                    }),
                ),
                ("password".to_owned(), Value::Secret(SecretSource::Environment("PASSWORD".into()))),
            ]
            .into(),
        );
        let json = value.to_json();
        assert_eq!(json["$$ref"], "a user's own key");
        assert_eq!(json["vpc"]["$ref"], "checkout/vpc/vpc#VpcId");
        assert_eq!(Value::from_json(json).expect("it was just written"), value);
    }

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
    fn entries_whose_keys_are_all_known_are_a_plain_map() {
        let value = Value::entries([("b".into(), 1i64.into()), ("a".into(), Value::Null)]);
        assert_eq!(value.to_json(), serde_json::json!({"a": null, "b": 1}));
    }

    #[test]
    fn an_unknown_tag_is_an_error_and_not_a_map() {
        let error = Value::from_json(serde_json::json!({"$lookup": "ami"})).expect_err("unknown");
        assert!(error.to_string().contains("$lookup"), "{error}");
    }
}
