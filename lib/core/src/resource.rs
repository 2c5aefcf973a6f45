//! What the generated resource types implement.

use std::collections::BTreeMap;

use crate::data::Data;
use crate::input::{Input, IsA};
use crate::node::Node;
use crate::value::{Value, ValueType};

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

/// States which attribute of a resource is a `T`, so that the resource's handle can be passed
/// where a `T` is wanted.
#[diagnostic::on_unimplemented(
    message = "a `{T}` is expected here, but a `{Self}` has none",
    label = "the handle of a `{Self}` does not provide a `{T}`"
)]
pub trait Identifies<T> {
    /// The attribute, in CloudFormation's spelling.
    const ATTRIBUTE: &'static str;
}

/// States which attribute of a resource its handle stands for in a text or in JSON: what CloudFormation's
/// `Ref` gives.
#[diagnostic::on_unimplemented(
    message = "the handle of a `{Self}` stands for no text",
    label = "pass one of its outputs"
)]
pub trait HasRef {
    /// The attribute, in CloudFormation's spelling.
    const ATTRIBUTE: &'static str;
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
    const FORM: ValueType = ValueType::Structure;

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

#[diagnostic::do_not_recommend]
impl<T: Fields> IsA<T> for T {}
