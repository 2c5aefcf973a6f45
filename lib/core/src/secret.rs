//! Values that must never be at rest in plain text.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::data::{Data, Form};
use crate::input::Provides;
use crate::value::Value;

/// A secret, named by where it comes from.
///
/// The program, the assembly, the state and the plan carry only the source. The engine fetches
/// the value at the moment a step needs it, and drops it afterwards. A `Secret` cannot be
/// printed, serialized, or put in a [`template!`](crate::template!): none of that compiles.
pub struct Secret(SecretSource);

/// Where the value of a [`Secret`] comes from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SecretSource {
    /// Made by the engine when the resource is created; kept only where that resource keeps it.
    Generated(GeneratedSecret),
    /// An environment variable of the process that deploys.
    Environment(String),
    /// An entry of AWS Secrets Manager, read when it is needed.
    SecretsManager(SecretsManagerEntry),
}

/// How a generated secret looks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GeneratedSecret {
    /// Number of characters.
    pub length: u32,
    /// Printable ASCII characters that must not occur.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub exclude_characters: String,
}

/// An entry of AWS Secrets Manager.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SecretsManagerEntry {
    /// The ARN or name of the secret.
    pub secret: Box<Value>,
    /// The key to take, where the secret is a JSON object.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
}

impl Secret {
    /// A random value of `length` letters and digits, made by the engine once.
    pub fn generated(length: u32) -> Self {
        let punctuation = (b'!'..=b'~').map(char::from).filter(|c| !c.is_ascii_alphanumeric());
        Self(SecretSource::Generated(GeneratedSecret { length, exclude_characters: punctuation.collect() }))
    }

    /// The value of the environment variable `name` of the process that deploys.
    pub fn from_env(name: impl Into<String>) -> Self {
        Self(SecretSource::Environment(name.into()))
    }

    /// The current value of a Secrets Manager secret, named by its ARN or name; with `key`, one
    /// entry of the JSON object that it holds.
    pub fn from_secrets_manager(secret: impl Provides<String>, key: Option<&str>) -> Self {
        let entry =
            SecretsManagerEntry { secret: Box::new(secret.provide().into_value()), key: key.map(str::to_owned) };
        Self(SecretSource::SecretsManager(entry))
    }

    /// Where the value comes from.
    pub fn source(&self) -> &SecretSource {
        &self.0
    }
}

impl SecretSource {
    /// The values that this source is found by.
    pub(crate) fn values(&self) -> impl Iterator<Item = &Value> {
        match self {
            Self::SecretsManager(entry) => Some(&*entry.secret).into_iter(),
            Self::Generated(_) | Self::Environment(_) => None.into_iter(),
        }
    }

    pub(crate) fn values_mut(&mut self) -> impl Iterator<Item = &mut Value> {
        match self {
            Self::SecretsManager(entry) => Some(&mut *entry.secret).into_iter(),
            Self::Generated(_) | Self::Environment(_) => None.into_iter(),
        }
    }

    pub(crate) fn to_json(&self) -> serde_json::Value {
        serde_json::to_value(self).expect("a secret source has string keys only")
    }

    pub(crate) fn from_json(json: serde_json::Value) -> Option<Self> {
        serde_json::from_value(json).ok()
    }
}

/// Says where the secret comes from, as in `from environment variable DB_PASSWORD`.
impl fmt::Display for SecretSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Generated(secret) => write!(f, "generated, {} characters", secret.length),
            Self::Environment(name) => write!(f, "from environment variable {name}"),
            Self::SecretsManager(entry) => {
                write!(f, "from Secrets Manager")?;
                entry.key.as_ref().map_or(Ok(()), |key| write!(f, ", key {key}"))
            }
        }
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

impl Data for Secret {
    const FORM: Form = Form::Secret;

    fn into_value(self) -> Value {
        Value::Secret(self.0)
    }

    fn from_value(value: &Value) -> Option<Self> {
        match value {
            Value::Secret(source) => Some(Self(source.clone())),
            _ => None,
        }
    }
}
