//! Values of a published list.

use std::borrow::Cow;
use std::marker::PhantomData;

use crate::data::Data;
use crate::id::Identifier;
use crate::input::{Input, IsA, Provides};
use crate::value::{Value, ValueType};

/// A text that is one of the values that AWS publishes for a property. `Values` has a constant for each of them.
///
/// Known text is accepted as well. Synth refuses a text that is not in the list (`GP0209`).
pub struct OneOf<Values> {
    text: Cow<'static, str>,
    values: PhantomData<fn() -> Values>,
}

impl<Values> OneOf<Values> {
    /// Creates a published value. Generated code calls this.
    #[doc(hidden)]
    pub const fn known(text: &'static str) -> Self {
        Self { text: Cow::Borrowed(text), values: PhantomData }
    }

    /// Returns the value as text.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl<Values> Clone for OneOf<Values> {
    fn clone(&self) -> Self {
        Self { text: self.text.clone(), values: PhantomData }
    }
}

impl<Values> std::fmt::Debug for OneOf<Values> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.text.fmt(f)
    }
}

impl<Values> PartialEq for OneOf<Values> {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl<Values> Data for OneOf<Values> {
    const FORM: ValueType = ValueType::String;

    fn into_value(self) -> Value {
        Value::String(self.text.into_owned())
    }

    fn from_value(value: &Value) -> Option<Self> {
        value.as_str().map(|text| Self::identify(text.to_owned()))
    }
}

impl<Values> Identifier for OneOf<Values> {
    fn identify(text: String) -> Self {
        Self { text: Cow::Owned(text), values: PhantomData }
    }
}

impl<Values> Provides<String> for OneOf<Values> {
    fn provide(self) -> Input<String> {
        Input::Known(self.text.into_owned())
    }
}

#[diagnostic::do_not_recommend]
impl<Values> IsA<OneOf<Values>> for OneOf<Values> {}
#[diagnostic::do_not_recommend]
impl<Values> IsA<String> for OneOf<Values> {}
