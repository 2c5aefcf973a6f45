//! Secrets, which are never stored in plain text.

use std::fmt;

use crate::data::Data;
use crate::input::Provides;
use crate::value::{Reference, Value, ValueType};

pub use crate::value::{Derivation, GeneratedSecret, SecretOutput, SecretSource, SecretsManagerEntry};

/// A secret, represented by its source.
///
/// The program, the assembly, the state and the plan contain only the source. The engine fetches the value when a step
/// needs it, and drops it afterwards. Printing or serializing a `Secret`, or using it in a
/// [`template!`](crate::template!), does not compile.
pub struct Secret(SecretSource);

impl Secret {
    /// Returns a random value of `length` letters and digits, which the engine generates once.
    pub fn generated(length: u32) -> Self {
        let punctuation = (b'!'..=b'~').map(char::from).filter(|c| !c.is_ascii_alphanumeric());
        Self(SecretSource::Generated(GeneratedSecret { length, exclude_characters: punctuation.collect() }))
    }

    /// Returns the value of the environment variable `name` of the process that deploys.
    pub fn from_env(name: impl Into<String>) -> Self {
        Self(SecretSource::Environment(name.into()))
    }

    /// Returns the current value of a Secrets Manager secret, by ARN or name; with `key`, the value of that key in its
    /// JSON object.
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

    /// Returns the password for the SMTP endpoint of SES in `region`. This secret must be the secret access key of an
    /// IAM user with the permission `ses:SendRawEmail`. The SMTP user name is the access key ID.
    #[must_use]
    pub fn ses_smtp_password(self, region: impl Into<String>) -> Self {
        let by = Derivation::SesSmtpPassword { region: region.into() };
        Self(SecretSource::Derived { from: Box::new(self.0), by })
    }

    /// Returns a JSON object with this secret under `key`, and with other entries that are not secret.
    /// [`from_secrets_manager`](Self::from_secrets_manager) with a key reads such an object.
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

    /// Returns the source of the value.
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
