//! The traits of the generated resource types.

use std::collections::BTreeMap;

use crate::data::Data;
use crate::input::{Input, IsA};
use crate::node::Node;
use crate::value::{Value, ValueType};

/// A structure of named properties: a resource type, or a type nested in one.
///
/// A visitor is used both to write a [`Value`] and to read one, so that the generated code has one line for each
/// property.
pub trait Fields: Sized {
    /// Creates the structure without any property.
    fn unset() -> Self;

    /// Passes every property to `visitor`, in the order of the schema.
    fn fields<V: FieldVisitor>(&mut self, visitor: &mut V);
}

/// A visitor of the properties, for [`Fields::fields`].
pub trait FieldVisitor {
    /// Visits a property, by its CloudFormation name.
    fn field<T: Data>(&mut self, name: &'static str, slot: &mut Option<Input<T>>);
}

/// A resource type of the published schema of AWS.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is neither a resource nor a construct",
    label = "a scope takes resources and constructs",
    note = "implement `Construct` for it"
)]
pub trait Resource: Fields {
    /// The CloudFormation name of the type, as in `AWS::EC2::Subnet`.
    const TYPE: &'static str;

    /// The typed outputs of the resource.
    type Attributes: From<Node>;
}

/// States which attribute of a resource is a `T`, so that its handle can be passed where a `T` is expected.
#[diagnostic::on_unimplemented(
    message = "a `{T}` is expected here, but a `{Self}` has none",
    label = "the handle of a `{Self}` does not provide a `{T}`"
)]
pub trait Identifies<T> {
    /// The attribute, in CloudFormation's spelling.
    const ATTRIBUTE: &'static str;
}

/// States which attribute of a resource its handle represents in text or JSON: the one that CloudFormation's `Ref`
/// returns.
#[diagnostic::on_unimplemented(
    message = "the handle of a `{Self}` does not represent a text",
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
