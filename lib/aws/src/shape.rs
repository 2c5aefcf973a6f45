//! Converts properties as JSON to the typed properties of a handler.
//!
//! Serde alone cannot do it: a plan has values that are not known yet, and a state contains no secrets. Both are `null`
//! or missing, and are read as an empty value of the expected type.

use serde::de::{self, DeserializeOwned, DeserializeSeed, IntoDeserializer, Visitor};
use serde::forward_to_deserialize_any;
use serde_json::{Map, Value as Json};

/// The tolerance of a conversion.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Nothing: the properties of a request.
    Exact,
    /// A value that is not known yet is `null`.
    Planned,
    /// Unknown properties are left out and missing ones are empty: what a state has, perhaps
    /// written by another version.
    Recorded,
}

/// Reads typed properties.
pub(crate) fn typed<T: DeserializeOwned>(properties: &Map<String, Json>, mode: Mode) -> Result<T, ShapeError> {
    let json = Json::Object(properties.clone());
    T::deserialize(Shape { json: Some(&json), mode })
}

/// Properties as JSON; what is not set is left out.
pub(crate) fn untyped<T: serde::Serialize>(properties: &T) -> Map<String, Json> {
    match serde_json::to_value(properties) {
        Ok(Json::Object(mut map)) => {
            strip(&mut map);
            map
        }
        _ => Map::new(),
    }
}

/// Removes every `null`.
pub(crate) fn strip(map: &mut Map<String, Json>) {
    map.retain(|_, value| !value.is_null());
    map.values_mut().for_each(strip_in);
}

fn strip_in(json: &mut Json) {
    match json {
        Json::Object(map) => strip(map),
        Json::Array(items) => items.iter_mut().for_each(strip_in),
        _ => {}
    }
}

/// The property that cannot be read, and the reason.
#[derive(Debug)]
pub(crate) struct ShapeError {
    path: Vec<String>,
    message: String,
}

impl ShapeError {
    fn within(mut self, step: impl ToString) -> Self {
        self.path.insert(0, step.to_string());
        self
    }
}

impl std::fmt::Display for ShapeError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.path.as_slice() {
            [] => write!(f, "{}", self.message),
            path => write!(f, "{}: {}", path.join("."), self.message),
        }
    }
}

impl std::error::Error for ShapeError {}

impl de::Error for ShapeError {
    fn custom<T: std::fmt::Display>(message: T) -> Self {
        Self { path: Vec::new(), message: message.to_string() }
    }

    fn unknown_field(field: &str, expected: &'static [&'static str]) -> Self {
        Self::custom(format_args!("`{field}` is not supported; supported are {}", expected.join(", ")))
    }

    fn missing_field(field: &'static str) -> Self {
        Self::custom(format_args!("`{field}` has to be set"))
    }
}

/// A value; `None` if it is not known.
struct Shape<'de> {
    json: Option<&'de Json>,
    mode: Mode,
}

impl<'de> Shape<'de> {
    fn at(json: &'de Json, mode: Mode) -> Self {
        let unknown = json.is_null() && mode != Mode::Exact;
        Self { json: (!unknown).then_some(json), mode }
    }
}

/// A number or truth value, as it is or written as text: CloudFormation takes both.
macro_rules! scalar {
    ($($method:ident $visit:ident $get:ident $type:ty;)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ShapeError> {
            match self.json {
                None => visitor.$visit(<$type>::default()),
                Some(Json::String(text)) if text.parse::<$type>().is_ok() => {
                    visitor.$visit(text.parse::<$type>().unwrap_or_default())
                }
                Some(json) => json.deserialize_any(visitor).map_err(plain),
            }
        }
    )*};
}

impl<'de> de::Deserializer<'de> for Shape<'de> {
    type Error = ShapeError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ShapeError> {
        match self.json {
            None => visitor.visit_unit(),
            Some(Json::Array(_)) => self.deserialize_seq(visitor),
            Some(Json::Object(_)) => self.deserialize_map(visitor),
            Some(json) => json.deserialize_any(visitor).map_err(plain),
        }
    }

    scalar! {
        deserialize_bool visit_bool as_bool bool;
        deserialize_i32 visit_i32 as_i64 i32;
        deserialize_i64 visit_i64 as_i64 i64;
        deserialize_u64 visit_u64 as_u64 u64;
        deserialize_f64 visit_f64 as_f64 f64;
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ShapeError> {
        match self.json {
            None => visitor.visit_str(""),
            Some(Json::Number(number)) => visitor.visit_string(number.to_string()),
            Some(Json::Bool(value)) => visitor.visit_string(value.to_string()),
            Some(json) => json.deserialize_any(visitor).map_err(plain),
        }
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ShapeError> {
        self.deserialize_str(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ShapeError> {
        match self.json {
            None | Some(Json::Null) => visitor.visit_none(),
            Some(_) => visitor.visit_some(self),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, v: V) -> Result<V::Value, ShapeError> {
        v.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ShapeError> {
        let items = match self.json {
            None => [].iter(),
            Some(Json::Array(items)) => items.iter(),
            Some(other) => return other.deserialize_any(visitor).map_err(plain),
        };
        visitor.visit_seq(Items { items: items.enumerate(), mode: self.mode })
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ShapeError> {
        match self.json {
            None => visitor.visit_map(Entries::new(Vec::new(), self.mode)),
            Some(Json::Object(map)) => {
                let entries = map.iter().map(|(key, value)| (key.as_str(), value)).collect();
                visitor.visit_map(Entries::new(entries, self.mode))
            }
            Some(other) => other.deserialize_any(visitor).map_err(plain),
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, ShapeError> {
        static NULL: Json = Json::Null;
        let mut entries: Vec<(&str, &Json)> = match self.json {
            None => Vec::new(),
            Some(Json::Object(map)) => map.iter().map(|(key, value)| (key.as_str(), value)).collect(),
            Some(other) => return other.deserialize_any(visitor).map_err(plain),
        };
        if self.mode == Mode::Recorded {
            entries.retain(|(key, _)| fields.contains(key));
        }
        if self.mode == Mode::Recorded || self.json.is_none() {
            let missing = |field: &&&str| !entries.iter().any(|(key, _)| key == *field);
            let missing: Vec<_> = fields.iter().filter(missing).map(|field| (*field, &NULL)).collect();
            entries.extend(missing);
        }
        visitor.visit_map(Entries::new(entries, self.mode))
    }

    forward_to_deserialize_any! {
        i8 i16 u8 u16 u32 i128 u128 f32 char bytes byte_buf unit unit_struct tuple tuple_struct enum identifier
        ignored_any
    }
}

fn plain(error: serde_json::Error) -> ShapeError {
    de::Error::custom(error)
}

struct Items<'de> {
    items: std::iter::Enumerate<std::slice::Iter<'de, Json>>,
    mode: Mode,
}

impl<'de> de::SeqAccess<'de> for Items<'de> {
    type Error = ShapeError;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, ShapeError> {
        let Some((position, item)) = self.items.next() else { return Ok(None) };
        seed.deserialize(Shape::at(item, self.mode)).map(Some).map_err(|error| error.within(position))
    }
}

struct Entries<'de> {
    entries: std::vec::IntoIter<(&'de str, &'de Json)>,
    current: Option<(&'de str, &'de Json)>,
    mode: Mode,
}

impl<'de> Entries<'de> {
    fn new(entries: Vec<(&'de str, &'de Json)>, mode: Mode) -> Self {
        Self { entries: entries.into_iter(), current: None, mode }
    }
}

impl<'de> de::MapAccess<'de> for Entries<'de> {
    type Error = ShapeError;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, ShapeError> {
        self.current = self.entries.next();
        self.current.map(|(key, _)| seed.deserialize(key.into_deserializer())).transpose()
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, ShapeError> {
        let (key, value) = self.current.take().ok_or_else(|| de::Error::custom("a value without a key"))?;
        seed.deserialize(Shape::at(value, self.mode)).map_err(|error| error.within(key))
    }
}

#[cfg(test)]
mod tests {
    use serde::{Deserialize, Serialize};
    use serde_json::json;

    use super::*;

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    #[serde(rename_all = "PascalCase", deny_unknown_fields)]
    struct Part {
        port: i32,
        name: Option<String>,
    }

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    #[serde(rename_all = "PascalCase", deny_unknown_fields)]
    struct Whole {
        id: String,
        part: Option<Part>,
        parts: Option<Vec<Part>>,
        document: Option<Json>,
    }

    fn read(json: Json, mode: Mode) -> Result<Whole, String> {
        let Json::Object(map) = json else { panic!("an object") };
        typed(&map, mode).map_err(|error| error.to_string())
    }

    #[test]
    fn an_unsupported_property_is_named_with_its_place_and_what_is_supported() {
        let error = read(json!({"Id": "a", "Parts": [{"Port": 1, "Color": "red"}]}), Mode::Exact).unwrap_err();
        assert_eq!(error, "Parts.0: `Color` is not supported; supported are Port, Name");
        let error = read(json!({"Size": 3}), Mode::Planned).unwrap_err();
        assert_eq!(error, "`Size` is not supported; supported are Id, Part, Parts, Document");
    }

    #[test]
    fn a_missing_required_property_is_an_error_even_while_values_are_unknown() {
        assert_eq!(read(json!({}), Mode::Planned).unwrap_err(), "`Id` has to be set");
    }

    #[test]
    fn values_that_are_not_known_yet_are_taken_wherever_they_stand() {
        let planned =
            json!({"Id": null, "Part": {"Port": null}, "Parts": [null, {"Port": 1}], "Document": {"a": null}});
        let whole = read(planned, Mode::Planned).unwrap();
        assert_eq!(whole.parts.unwrap().len(), 2);
        assert!(read(json!({"Id": null}), Mode::Exact).is_err());
    }

    #[test]
    fn a_record_of_another_version_is_read_as_far_as_it_goes() {
        let whole = read(json!({"Old": 1, "Part": {"Name": "x", "Gone": []}}), Mode::Recorded).unwrap();
        assert_eq!(whole.part, Some(Part { port: 0, name: Some("x".into()) }));
        assert_eq!(whole.id, "");
    }

    #[test]
    fn numbers_and_their_text_are_the_same() {
        let whole = read(json!({"Id": 5, "Part": {"Port": "5432"}}), Mode::Exact).unwrap();
        assert_eq!((whole.id.as_str(), whole.part.unwrap().port), ("5", 5432));
    }

    #[test]
    fn what_is_not_set_is_not_written() {
        let whole = Whole { id: "a".into(), part: Some(Part { port: 1, name: None }), parts: None, document: None };
        assert_eq!(Json::Object(untyped(&whole)), json!({"Id": "a", "Part": {"Port": 1}}));
    }
}
