//! The types of property values.

use crate::value::{Value, ValueType};

/// A type that a property can hold.
pub trait Data: Sized {
    /// The type of its known values in a document.
    const FORM: ValueType;

    /// Converts it into an untyped value.
    fn into_value(self) -> Value;

    /// Reads an untyped value; `None` if it has another type.
    fn from_value(value: &Value) -> Option<Self>;
}

/// A value without a published schema.
#[derive(Clone, Debug, PartialEq)]
pub struct Json(pub Value);

impl Data for Json {
    const FORM: ValueType = ValueType::Any;

    fn into_value(self) -> Value {
        self.0
    }

    fn from_value(value: &Value) -> Option<Self> {
        Some(Self(value.clone()))
    }
}

impl Data for String {
    const FORM: ValueType = ValueType::String;

    fn into_value(self) -> Value {
        Value::String(self)
    }

    fn from_value(value: &Value) -> Option<Self> {
        value.as_str().map(str::to_owned)
    }
}

impl Data for bool {
    const FORM: ValueType = ValueType::Bool;

    fn into_value(self) -> Value {
        Value::Bool(self)
    }

    fn from_value(value: &Value) -> Option<Self> {
        value.as_bool()
    }
}

impl Data for i64 {
    const FORM: ValueType = ValueType::Integer;

    fn into_value(self) -> Value {
        Value::from(self)
    }

    fn from_value(value: &Value) -> Option<Self> {
        value.as_i64()
    }
}

impl Data for f64 {
    const FORM: ValueType = ValueType::Number;

    fn into_value(self) -> Value {
        // JSON has no NaN and no infinity; synth reports the null that stands for them.
        serde_json::Number::from_f64(self).map_or(Value::Null, Value::Number)
    }

    fn from_value(value: &Value) -> Option<Self> {
        match value {
            Value::Number(number) => number.as_f64(),
            _ => None,
        }
    }
}
