//! The properties that a handler supports, determined by deserializing it.

use std::cell::RefCell;

use serde::de::value::Error as PlainError;
use serde::de::{self, DeserializeSeed, Deserializer, IntoDeserializer, Visitor};
use serde::forward_to_deserialize_any;

use super::Handler;

/// Every place that `H` reads, found by letting it read anything.
pub(super) fn of<H: Handler>() -> Vec<(String, bool)> {
    let found = RefCell::default();
    let answered = H::deserialize(Probe { path: String::new(), found: &found }).is_ok();
    assert!(answered, "a probe answers everything");
    found.into_inner()
}

/// A deserializer that has a value for every type, and records the requested properties.
struct Probe<'a> {
    path: String,
    found: &'a RefCell<Vec<(String, bool)>>,
}

macro_rules! answers {
    ($($method:ident $visit:ident $value:expr;)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> std::result::Result<V::Value, PlainError> {
            visitor.$visit($value)
        }
    )*};
}

impl<'de> Deserializer<'de> for Probe<'_> {
    type Error = PlainError;

    answers! {
        deserialize_bool visit_bool false;
        deserialize_i32 visit_i32 0;
        deserialize_i64 visit_i64 0;
        deserialize_f64 visit_f64 0.0;
        deserialize_str visit_str "";
        deserialize_string visit_str "";
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> std::result::Result<V::Value, PlainError> {
        visitor.visit_unit()
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> std::result::Result<V::Value, PlainError> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> std::result::Result<V::Value, PlainError> {
        if name == "Sensitive"
            && let Some(entry) = self.found.borrow_mut().iter_mut().find(|(path, _)| *path == self.path)
        {
            entry.1 = true;
        }
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> std::result::Result<V::Value, PlainError> {
        visitor.visit_seq(Once(Some(self)))
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> std::result::Result<V::Value, PlainError> {
        visitor.visit_map(de::value::MapDeserializer::new(std::iter::empty::<(&str, &str)>()))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> std::result::Result<V::Value, PlainError> {
        visitor.visit_map(Fields { probe: self, fields: fields.iter(), current: "" })
    }

    forward_to_deserialize_any! {
        i8 i16 u8 u16 u32 u64 i128 u128 f32 char bytes byte_buf unit unit_struct tuple tuple_struct enum identifier
        ignored_any
    }
}

struct Once<'a>(Option<Probe<'a>>);

impl<'de> de::SeqAccess<'de> for Once<'_> {
    type Error = PlainError;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> std::result::Result<Option<T::Value>, PlainError> {
        self.0.take().map(|probe| seed.deserialize(probe)).transpose()
    }
}

struct Fields<'a> {
    probe: Probe<'a>,
    fields: std::slice::Iter<'static, &'static str>,
    current: &'static str,
}

impl<'de> de::MapAccess<'de> for Fields<'_> {
    type Error = PlainError;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> std::result::Result<Option<K::Value>, PlainError> {
        let Some(field) = self.fields.next() else { return Ok(None) };
        self.current = field;
        seed.deserialize(field.into_deserializer()).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> std::result::Result<V::Value, PlainError> {
        let Probe { path, found } = &self.probe;
        let path = if path.is_empty() { self.current.to_owned() } else { format!("{path}.{}", self.current) };
        found.borrow_mut().push((path.clone(), false));
        seed.deserialize(Probe { path, found })
    }
}
