//! Where secrets come from, as a document has it: never the secrets.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Deferred, Value};

/// Where the value of a [`Secret`](crate::Secret) comes from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SecretSource {
    /// Made by the engine when the resource is created; kept only where that resource keeps it.
    Generated(GeneratedSecret),
    /// An environment variable of the process that deploys.
    Environment(String),
    /// An entry of AWS Secrets Manager, read when it is needed.
    SecretsManager(SecretsManagerEntry),
    /// An attribute of another resource that is a secret by itself, as the secret of an access key.
    Output(SecretOutput),
    /// A value that a named function makes of another secret.
    Derived {
        /// The other secret.
        from: Box<SecretSource>,
        /// The function.
        by: Derivation,
    },
}

/// An attribute of a resource that is a secret. It is in memory between the step that makes the
/// resource and the steps that use it, and nowhere else.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SecretOutput {
    /// The identifier of the resource: a reference in a program, the value in a state. Another
    /// resource has another secret.
    pub resource: Box<Value>,
    /// The attribute, as in `SecretAccessKey`.
    pub attribute: String,
}

/// A function of a secret.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Derivation {
    /// The password that SES's SMTP interface takes of an IAM user, made of the secret of one of the
    /// user's access keys and of the region:
    /// <https://docs.aws.amazon.com/ses/latest/dg/smtp-credentials.html#smtp-credentials-convert>.
    SesSmtpPassword {
        /// The region of the SMTP endpoint, as in `us-east-1`.
        region: String,
    },
    /// A JSON object with the secret as one of its entries, as Secrets Manager keeps what belongs together.
    JsonObject {
        /// The entry that is the secret.
        key: String,
        /// The other entries, which are no secrets.
        beside: BTreeMap<String, Value>,
    },
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

impl SecretSource {
    /// The values that this source is found by, and that its derivations take in.
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

    /// The source that is derived from no other one.
    pub fn origin(&self) -> &Self {
        match self {
            Self::Derived { from, .. } => from.origin(),
            origin => origin,
        }
    }

    /// The attribute of another resource that this comes from, if it does.
    pub fn output(&self) -> Option<&SecretOutput> {
        match self.origin() {
            Self::Output(output) => Some(output),
            _ => None,
        }
    }

    /// The same source with `change` made to each of its [values](Self::values).
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
