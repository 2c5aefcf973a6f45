//! Outputs of other apps in a document.

use std::fmt;

use serde::{Deserialize, Serialize};

/// An output of another app, in a document: `{"app": "account", "name": "zone-id", "form": "text"}`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CrossAppReference {
    /// The publishing app.
    pub app: String,
    /// Its name among the outputs of that app.
    pub name: String,
    /// The expected type of its value.
    pub form: ValueType,
}

/// `account:zone-id`
impl fmt::Display for CrossAppReference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.app, self.name)
    }
}

/// The JSON type of a value, which is all that a document contains of a type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ValueType {
    /// A string.
    #[serde(rename = "text")]
    String,
    /// `true` or `false`.
    #[serde(rename = "truth")]
    Bool,
    /// A whole number.
    #[serde(rename = "whole")]
    Integer,
    /// A number.
    Number,
    /// A list.
    List,
    /// An object.
    Structure,
    /// Any of them.
    Any,
    /// A secret, which is never in a document.
    Secret,
}

impl ValueType {
    /// Returns whether a value is of this type.
    pub fn fits(self, value: &serde_json::Value) -> bool {
        match self {
            Self::String => value.is_string(),
            Self::Bool => value.is_boolean(),
            Self::Integer => value.is_i64(),
            Self::Number => value.is_number(),
            Self::List => value.is_array(),
            Self::Structure => value.is_object(),
            Self::Any => true,
            Self::Secret => false,
        }
    }
}

/// With its article, as in `a string`.
impl fmt::Display for ValueType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::String => "a string",
            Self::Bool => "true or false",
            Self::Integer => "a whole number",
            Self::Number => "a number",
            Self::List => "a list",
            Self::Structure => "a structure",
            Self::Any => "any value",
            Self::Secret => "a secret",
        })
    }
}
