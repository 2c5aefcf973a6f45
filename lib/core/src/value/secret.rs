//! Sources of secrets in a document, but never the secrets themselves.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Deferred, Value};

/// The source of a [`Secret`](crate::Secret).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SecretSource {
    /// A value that the engine generates when the resource is created. Only the resource stores it.
    Generated(GeneratedSecret),
    /// An environment variable of the process that deploys.
    Environment(String),
    /// An entry of AWS Secrets Manager, read when it is needed.
    SecretsManager(SecretsManagerEntry),
    /// An attribute of another resource that is itself a secret, as in the secret of an access key.
    Output(SecretOutput),
    /// A value that a named function derives from another secret.
    Derived {
        /// The other secret.
        from: Box<SecretSource>,
        /// The function.
        by: Derivation,
    },
}

/// A secret attribute of a resource. It is only in memory, between the step that creates the resource and the steps
/// that use it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SecretOutput {
    /// The identifier of the resource: a reference in a program, and the value in a state.
    pub resource: Box<Value>,
    /// The attribute, as in `SecretAccessKey`.
    pub attribute: String,
}

/// A function that derives a secret from another one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Derivation {
    /// The password of an IAM user for the SMTP interface of SES, derived from the secret of an access key of the user
    /// and the region: <https://docs.aws.amazon.com/ses/latest/dg/smtp-credentials.html#smtp-credentials-convert>.
    SesSmtpPassword {
        /// The region of the SMTP endpoint, as in `us-east-1`.
        region: String,
    },
    /// A JSON object with the secret as one of its entries, as is usual in Secrets Manager.
    JsonObject {
        /// The entry that is the secret.
        key: String,
        /// The other entries, which are not secret.
        beside: BTreeMap<String, Value>,
    },
}

/// The form of a generated secret.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GeneratedSecret {
    /// The number of characters.
    pub length: u32,
    /// The excluded printable ASCII characters.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub exclude_characters: String,
}

/// An entry of AWS Secrets Manager.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SecretsManagerEntry {
    /// The ARN or name of the secret.
    pub secret: Box<Value>,
    /// The key to read, if the secret is a JSON object.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
}

impl SecretSource {
    /// Returns the values that identify this source, and the arguments of its derivations.
    pub fn values(&self) -> Vec<&Value> {
        match self {
            Self::SecretsManager(entry) => vec![&entry.secret],
            Self::Output(output) => vec![&output.resource],
            Self::Generated(_) | Self::Environment(_) => Vec::new(),
            Self::Derived { from, by } => {
                let mut values = from.values();
                if let Derivation::JsonObject { beside, .. } = by {
                    values.extend(beside.values());
                }
                values
            }
        }
    }

    pub(super) fn values_mut(&mut self) -> Vec<&mut Value> {
        match self {
            Self::SecretsManager(entry) => vec![&mut entry.secret],
            Self::Output(output) => vec![&mut output.resource],
            Self::Generated(_) | Self::Environment(_) => Vec::new(),
            Self::Derived { from, by } => {
                let mut values = from.values_mut();
                if let Derivation::JsonObject { beside, .. } = by {
                    values.extend(beside.values_mut());
                }
                values
            }
        }
    }

    /// Returns the source that is not derived from another one.
    pub fn origin(&self) -> &Self {
        match self {
            Self::Derived { from, .. } => from.origin(),
            origin => origin,
        }
    }

    /// Returns the attribute of another resource that this comes from, if any.
    pub fn output(&self) -> Option<&SecretOutput> {
        match self.origin() {
            Self::Output(output) => Some(output),
            _ => None,
        }
    }

    /// Returns the same source with `change` applied to each of its [values](Self::values).
    #[must_use]
    pub fn map_values(&self, change: impl Fn(&Value) -> Value) -> Self {
        let mut mapped = self.clone();
        for value in mapped.values_mut() {
            *value = change(value);
        }
        mapped
    }

    pub(super) fn to_json(&self) -> serde_json::Value {
        serde_json::to_value(self).expect("a secret source has string keys only")
    }

    pub(super) fn from_json(json: serde_json::Value) -> Option<Self> {
        serde_json::from_value(json).ok()
    }
}

/// Writes the source of the secret, as in `from environment variable DB_PASSWORD`.
impl fmt::Display for SecretSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Generated(secret) => write!(f, "generated, {} characters", secret.length),
            Self::Environment(name) => write!(f, "from environment variable {name}"),
            Self::SecretsManager(entry) => {
                write!(f, "from Secrets Manager")?;
                entry.key.as_ref().map_or(Ok(()), |key| write!(f, ", key {key}"))
            }
            Self::Output(output) => match &*output.resource {
                Value::Deferred(Deferred::Ref(resource)) => write!(f, "{} of {}", output.attribute, resource.path),
                Value::String(id) => write!(f, "{} of {id}", output.attribute),
                _ => f.write_str(&output.attribute),
            },
            Self::Derived { from, by: Derivation::SesSmtpPassword { region } } => {
                write!(f, "the SES SMTP password for {region} from {from}")
            }
            Self::Derived { from, by: Derivation::JsonObject { key, .. } } => write!(f, "{from}, as {key} in JSON"),
        }
    }
}
