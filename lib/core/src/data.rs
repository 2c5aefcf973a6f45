//! What properties hold, and what the generated resource types implement.

use std::collections::BTreeMap;

use crate::app::Node;
use crate::input::Input;
use crate::value::{Form, Value};

/// A type that a property can hold.
pub trait Data: Sized {
    /// What its known values are in a document.
    const FORM: Form;

    /// The untyped value.
    fn into_value(self) -> Value;

    /// Reads an untyped value; none where it has another shape.
    fn from_value(value: &Value) -> Option<Self>;
}

/// A list property. Whatever iterates over what provides a `T` gives one.
#[derive(Clone, Debug, PartialEq)]
pub struct List<T>(pub Vec<Input<T>>);

/// A map property with free keys. Maps give one, and whatever iterates over pairs.
#[derive(Clone, Debug, PartialEq)]
pub struct Map<T>(pub BTreeMap<String, Input<T>>);

/// A property for which AWS publishes no schema.
#[derive(Clone, Debug, PartialEq)]
pub struct Json(pub Value);

/// A structure of named properties: a resource type, or a type nested in one.
///
/// One visitor serves both directions, writing to a [`Value`] and reading from one; the
/// generated code for each type is a line per property.
pub trait Fields: Sized {
    /// The structure with no property set.
    fn unset() -> Self;

    /// Shows every property to `visitor`, in the schema's order.
    fn fields<V: FieldVisitor>(&mut self, visitor: &mut V);
}

/// What [`Fields::fields`] shows the properties to.
pub trait FieldVisitor {
    /// One property, under CloudFormation's name.
    fn field<T: Data>(&mut self, name: &'static str, slot: &mut Option<Input<T>>);
}

/// A resource type of AWS's published schema.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is neither a resource nor a construct",
    label = "a scope takes resources and constructs",
    note = "implement `Construct` for it"
)]
pub trait Resource: Fields {
    /// CloudFormation's name of the type, as in `AWS::EC2::Subnet`.
    const TYPE: &'static str;

    /// What the resource has once it exists, as typed outputs.
    type Attributes: From<Node>;
}

struct Writer(BTreeMap<String, Value>);

impl FieldVisitor for Writer {
    fn field<T: Data>(&mut self, name: &'static str, slot: &mut Option<Input<T>>) {
        if let Some(input) = slot.take() {
            self.0.insert(name.to_owned(), input.into_value());
        }
    }
}

struct Reader<'a> {
    entries: &'a BTreeMap<String, Value>,
    failed: bool,
}

impl FieldVisitor for Reader<'_> {
    fn field<T: Data>(&mut self, name: &'static str, slot: &mut Option<Input<T>>) {
        if let Some(value) = self.entries.get(name) {
            *slot = Input::from_value(value);
            self.failed |= slot.is_none();
        }
    }
}

impl<T: Fields> Data for T {
    const FORM: Form = Form::Structure;

    fn into_value(mut self) -> Value {
        let mut writer = Writer(BTreeMap::new());
        self.fields(&mut writer);
        Value::Map(writer.0)
    }

    fn from_value(value: &Value) -> Option<Self> {
        let mut reader = Reader { entries: value.as_map()?, failed: false };
        let mut it = Self::unset();
        it.fields(&mut reader);
        (!reader.failed).then_some(it)
    }
}

impl<T: Data> Data for List<T> {
    const FORM: Form = Form::List;

    fn into_value(self) -> Value {
        Value::List(self.0.into_iter().map(Input::into_value).collect())
    }

    fn from_value(value: &Value) -> Option<Self> {
        value.as_list()?.iter().map(Input::from_value).collect::<Option<_>>().map(Self)
    }
}

impl<T: Data> Data for Map<T> {
    const FORM: Form = Form::Structure;

    fn into_value(self) -> Value {
        Value::Map(self.0.into_iter().map(|(key, input)| (key, input.into_value())).collect())
    }

    fn from_value(value: &Value) -> Option<Self> {
        let entries = value.as_map()?.iter();
        entries.map(|(key, value)| Some((key.clone(), Input::from_value(value)?))).collect::<Option<_>>().map(Self)
    }
}

impl Data for Json {
    const FORM: Form = Form::Any;

    fn into_value(self) -> Value {
        self.0
    }

    fn from_value(value: &Value) -> Option<Self> {
        Some(Self(value.clone()))
    }
}

impl Data for String {
    const FORM: Form = Form::Text;

    fn into_value(self) -> Value {
        Value::String(self)
    }

    fn from_value(value: &Value) -> Option<Self> {
        value.as_str().map(str::to_owned)
    }
}

impl Data for bool {
    const FORM: Form = Form::Truth;

    fn into_value(self) -> Value {
        Value::Bool(self)
    }

    fn from_value(value: &Value) -> Option<Self> {
        value.as_bool()
    }
}

impl Data for i64 {
    const FORM: Form = Form::Whole;

    fn into_value(self) -> Value {
        Value::from(self)
    }

    fn from_value(value: &Value) -> Option<Self> {
        value.as_i64()
    }
}

impl Data for f64 {
    const FORM: Form = Form::Number;

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
