//! Values that must never be at rest in plain text.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::data::{Data, Form};
use crate::input::Provides;
use crate::value::{Reference, Value};

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

    /// The secret `attribute` of the resource that `resource` identifies. The generated accessors
    /// give it for every attribute that is one.
    pub(crate) fn of_resource(resource: Reference, attribute: &str) -> Self {
        let resource = Box::new(Value::Ref(resource));
        Self(SecretSource::Output(SecretOutput { resource, attribute: attribute.to_owned() }))
    }

    /// The password for SES's SMTP endpoint in `region`, where this is the secret of an access key of
    /// an IAM user who may `ses:SendRawEmail`. The user name is the access key's ID.
    #[must_use]
    pub fn ses_smtp_password(self, region: impl Into<String>) -> Self {
        let by = Derivation::SesSmtpPassword { region: region.into() };
        Self(SecretSource::Derived { from: Box::new(self.0), by })
    }

    /// A JSON object with this secret under `key`, beside entries that are no secrets: what
    /// [`from_secrets_manager`](Self::from_secrets_manager) with a key reads again.
    #[must_use]
    pub fn in_json<K: Into<String>, V: Provides<String>>(
        self,
        key: impl Into<String>,
        beside: impl IntoIterator<Item = (K, V)>,
    ) -> Self {
        let beside = beside.into_iter().map(|(key, value)| (key.into(), value.provide().into_value())).collect();
        let by = Derivation::JsonObject { key: key.into(), beside };
        Self(SecretSource::Derived { from: Box::new(self.0), by })
    }

    /// Where the value comes from.
    pub fn source(&self) -> &SecretSource {
        &self.0
    }
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

    pub(crate) fn values_mut(&mut self) -> Vec<&mut Value> {
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
            Self::Output(output) => match &*output.resource {
                Value::Ref(resource) => write!(f, "{} of {}", output.attribute, resource.path),
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
