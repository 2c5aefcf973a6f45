//! What another app publishes, as a document has it.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The output of another app, in a document: `{"app": "account", "name": "zone-id", "form":
/// "text"}`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Import {
    /// The app that publishes it.
    pub app: String,
    /// Its name among the outputs of that app.
    pub name: String,
    /// What its value has to be.
    pub form: Form,
}

/// `account:zone-id`
impl fmt::Display for Import {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.app, self.name)
    }
}

/// What a value is in JSON: all that a document knows of a type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Form {
    /// A string.
    Text,
    /// `true` or `false`.
    Truth,
    /// A whole number.
    Whole,
    /// A number.
    Number,
    /// A list.
    List,
    /// An object.
    Structure,
    /// Any of them.
    Any,
    /// None: it is never in a document.
    Secret,
}

impl Form {
    /// Whether a value is of this form.
    pub fn fits(self, value: &serde_json::Value) -> bool {
        match self {
            Self::Text => value.is_string(),
            Self::Truth => value.is_boolean(),
            Self::Whole => value.is_i64(),
            Self::Number => value.is_number(),
            Self::List => value.is_array(),
            Self::Structure => value.is_object(),
            Self::Any => true,
            Self::Secret => false,
        }
    }
}

/// With its article, as in `a string`.
impl fmt::Display for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Text => "a string",
            Self::Truth => "true or false",
            Self::Whole => "a whole number",
            Self::Number => "a number",
            Self::List => "a list",
            Self::Structure => "a structure",
            Self::Any => "any value",
            Self::Secret => "a secret",
        })
    }
}
