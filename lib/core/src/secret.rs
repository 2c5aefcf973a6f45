//! Values that must never be at rest in plain text.

use std::fmt;

use crate::data::Data;
use crate::input::Provides;
use crate::value::{Reference, Value, ValueType};

pub use crate::value::{Derivation, GeneratedSecret, SecretOutput, SecretSource, SecretsManagerEntry};

/// A secret, named by where it comes from.
///
/// The program, the assembly, the state and the plan carry only the source. The engine fetches
/// the value at the moment a step needs it, and drops it afterwards. A `Secret` cannot be
/// printed, serialized, or put in a [`template!`](crate::template!): none of that compiles.
pub struct Secret(SecretSource);

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
        let resource = Box::new(resource.into());
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

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

impl Data for Secret {
    const FORM: ValueType = ValueType::Secret;

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
