//! The tag that nearly all services share.

use crate::gp;

/// A tag. A pair of texts provides one: `.tags([("tier", "web")])`.
pub struct Tag {
    /// `Key`. Required.
    pub key: Option<gp::Input<String>>,
    /// `Value`. Required.
    pub value: Option<gp::Input<String>>,
}

impl Tag {
    /// A tag named `key`.
    pub fn new(key: impl gp::Provides<String>, value: impl gp::Provides<String>) -> Self {
        Self { key: Some(key.provide()), value: Some(value.provide()) }
    }
}

impl gp::Fields for Tag {
    fn unset() -> Self {
        Self { key: None, value: None }
    }

    fn fields<V: gp::FieldVisitor>(&mut self, visitor: &mut V) {
        visitor.field("Key", &mut self.key);
        visitor.field("Value", &mut self.value);
    }
}

impl<K: gp::Provides<String>, V: gp::Provides<String>> gp::Provides<Tag> for (K, V) {
    fn provide(self) -> gp::Input<Tag> {
        gp::Input::Known(Tag::new(self.0, self.1))
    }
}
