//! The untyped document value behind every property.

mod cross_app;
mod deferred;
mod secret;

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use serde_json::Value as JsonValue;

pub use self::cross_app::{CrossAppReference, ValueType};
pub use self::deferred::{Deferred, Reference, SubnetOf, WithoutPrefix};
pub use self::secret::{Derivation, GeneratedSecret, SecretOutput, SecretSource, SecretsManagerEntry};

/// A property value: plain JSON, the source of a secret, or something that is only known when other resources exist.
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
    /// A boolean.
    Bool(bool),
    /// A number, whole or not.
    Number(serde_json::Number),
    /// A string.
    String(String),
    /// A list, in order.
    List(Vec<Value>),
    /// A map, ordered by key so that its bytes are stable.
    Map(BTreeMap<String, Value>),
    /// The source of a secret, but never the secret itself.
    Secret(SecretSource),
    /// Known only once something else is.
    Deferred(Deferred),
}

impl Value {
    /// The text, where this is a known string.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }

    /// Returns the Boolean, if known.
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
            None => Deferred::Entries(entries).into(),
        }
    }

    /// Calls `visit` for this value and everything inside it, outermost first.
    pub fn walk<'a>(&'a self, visit: &mut impl FnMut(&'a Value)) {
        visit(self);
        match self {
            Self::List(items) => items.iter().for_each(|item| item.walk(visit)),
            Self::Map(entries) => entries.values().for_each(|item| item.walk(visit)),
            Self::Secret(source) => source.values().into_iter().for_each(|value| value.walk(visit)),
            Self::Deferred(deferred) => deferred.each_part(|part| part.walk(visit)),
            Self::Null | Self::Bool(_) | Self::Number(_) | Self::String(_) => {}
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
            Self::List(items) => items.iter_mut().for_each(|item| item.walk_mut(visit)),
            Self::Map(entries) => entries.values_mut().for_each(|item| item.walk_mut(visit)),
            Self::Secret(source) => source.values_mut().into_iter().for_each(|value| value.walk_mut(visit)),
            Self::Deferred(deferred) => deferred.each_part_mut(|part| part.walk_mut(visit)),
            Self::Null | Self::Bool(_) | Self::Number(_) | Self::String(_) => {}
        }
    }

    /// Every reference inside this value, in order.
    pub fn references(&self) -> Vec<&Reference> {
        let mut found = Vec::new();
        self.walk(&mut |value| {
            if let Self::Deferred(Deferred::Ref(reference)) = value {
                found.push(reference);
            }
        });
        found
    }

    /// Returns whether this value contains plain JSON only.
    pub fn is_known(&self) -> bool {
        let mut known = true;
        self.walk(&mut |value| known &= !matches!(value, Self::Deferred(_) | Self::Secret(_)));
        known
    }

    /// Every output of another app inside this value, in order.
    pub fn imports(&self) -> Vec<&CrossAppReference> {
        let mut found = Vec::new();
        self.walk(&mut |value| {
            if let Self::Deferred(Deferred::CrossApp(import)) = value {
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
            Self::Secret(source) => tagged("$secret", source.to_json()),
            Self::Deferred(deferred) => {
                let (tag, content) = deferred.to_tagged();
                tagged(tag, content)
            }
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
        let content = entries.remove(tag).unwrap_or_default();
        match tag {
            "$secret" => SecretSource::from_json(content.clone())
                .map(Self::Secret)
                .ok_or_else(|| MalformedValue::new(tag, &content)),
            _ => Deferred::from_tagged(tag, content).map(Self::Deferred),
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

impl MalformedValue {
    fn new(tag: &str, content: &JsonValue) -> Self {
        Self(format!("{{\"{tag}\": {content}}}"))
    }
}

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
    Deferred => Self::Deferred,
    Reference => |reference| Self::Deferred(Deferred::Ref(reference)),
}

/// Converts plain JSON: a `$` in a key has no meaning here.
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
        let reference = Value::from(Reference::new("checkout/vpc/vpc", "VpcId"));
        let value = Value::Map(
            [
                ("$ref".to_owned(), Value::from("a user's own key")),
                ("$$x".to_owned(), Value::Null),
                ("list".to_owned(), Value::List(vec![Value::Bool(true), Value::from(3)])),
                ("template".to_owned(), Deferred::Template(vec!["arn:".into(), reference.clone()]).into()),
                (
                    "block".to_owned(),
                    Deferred::Subnet(Box::new(SubnetOf { block: reference.clone(), prefix: 64, index: 3 })).into(),
                ),
                (
                    "issuer".to_owned(),
                    Deferred::WithoutPrefix(Box::new(WithoutPrefix {
                        text: reference.clone(),
                        prefix: "https://".to_owned(),
                    }))
                    .into(),
                ),
                ("condition".to_owned(), Value::entries([(reference.clone(), "a".into()), ("$b".into(), 1i64.into())])),
                ("vpc".to_owned(), reference),
                (
                    "zone".to_owned(),
                    Deferred::CrossApp(CrossAppReference {
                        app: "account".into(),
                        name: "zone-id".into(),
                        form: ValueType::String,
                    })
                    .into(),
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
