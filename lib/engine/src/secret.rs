//! Secret values: fetched when a step starts, known to the state by digest only.

use std::collections::BTreeMap;

use groundplan_core::secret::{GeneratedSecret, SecretSource};
use groundplan_core::{Environment, Path, Value};
use hmac::{Hmac, Mac};
use rand::rand_core::UnwrapErr;
use rand::rngs::SysRng;
use rand::seq::IndexedRandom;
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::provider::{Provider, ProviderError};
use crate::state::hex;

/// The digests of secrets whose values are known while planning, by the source.
pub type Digests = BTreeMap<String, String>;

/// Why the value of a secret could not be had.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SecretError {
    #[error("the environment variable {0} is not set; a secret comes from there")]
    Unset(String),
    #[error(
        "`{0}` has to be sent with every update, and holds a generated value, which is kept nowhere; take it from a Secrets Manager secret"
    )]
    NotRepeatable(String),
    #[error("a generated secret may use none of the characters; allow some")]
    NoCharacters,
    #[error("{0}")]
    Provider(Box<ProviderError>),
}

/// The digest that stands for `value` under a state's key.
pub(crate) fn digest(key: &str, value: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(key.as_bytes()).expect("a key may have any length");
    mac.update(value.as_bytes());
    hex(&mac.finalize().into_bytes())
}

/// Names a source among all.
pub(crate) fn source_key(source: &SecretSource) -> String {
    Value::Secret(source.clone()).to_json().to_string()
}

/// Every secret in the properties with its place, as in `Environment.Variables.TOKEN`.
pub(crate) fn secrets(properties: &BTreeMap<String, Value>) -> Vec<(String, &SecretSource)> {
    fn descend<'a>(place: String, value: &'a Value, found: &mut Vec<(String, &'a SecretSource)>) {
        match value {
            Value::Secret(source) => found.push((place, source)),
            Value::List(items) => {
                items.iter().enumerate().for_each(|(at, item)| descend(format!("{place}.{at}"), item, found));
            }
            Value::Map(entries) => {
                entries.iter().for_each(|(key, value)| descend(format!("{place}.{key}"), value, found));
            }
            _ => {}
        }
    }
    let mut found = Vec::new();
    properties.iter().for_each(|(key, value)| descend(key.clone(), value, &mut found));
    found
}

/// The value of a secret, now.
pub(crate) async fn fetch(
    source: &SecretSource,
    environment: &Environment,
    provider: &dyn Provider,
) -> Result<Zeroizing<String>, SecretError> {
    match source {
        SecretSource::Generated(form) => generate(form),
        SecretSource::Environment(name) => {
            std::env::var(name).map(Zeroizing::new).map_err(|_| SecretError::Unset(name.clone()))
        }
        SecretSource::SecretsManager(entry) => {
            provider.secret(entry, environment).await.map_err(|error| SecretError::Provider(Box::new(error)))
        }
    }
}

fn generate(form: &GeneratedSecret) -> Result<Zeroizing<String>, SecretError> {
    let allowed: Vec<char> = (b'!'..=b'~').map(char::from).filter(|c| !form.exclude_characters.contains(*c)).collect();
    let mut random = UnwrapErr(SysRng);
    let mut value = Zeroizing::new(String::with_capacity(form.length as usize));
    for _ in 0..form.length {
        value.push(*allowed.choose(&mut random).ok_or(SecretError::NoCharacters)?);
    }
    Ok(value)
}

/// The digests of the secrets in these properties that are known now: environment variables that
/// are set, and entries of Secrets Manager that can be read. What is not known counts as
/// unchanged.
pub(crate) async fn known_digests<'a>(
    desired: impl Iterator<Item = (&'a Path, &'a Environment, &'a SecretSource)>,
    key: &str,
    provider: &dyn Provider,
) -> Digests {
    let mut digests = Digests::new();
    for (path, environment, source) in desired {
        let name = source_key(source);
        if matches!(source, SecretSource::Generated(_)) || digests.contains_key(&name) {
            continue;
        }
        match fetch(source, environment, provider).await {
            Ok(value) => drop(digests.insert(name, digest(key, &value))),
            Err(error) => tracing::debug!(%path, %error, "a secret is not known while planning"),
        }
    }
    digests
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_generated_secret_has_its_length_and_none_of_the_excluded_characters() {
        let form = GeneratedSecret { length: 200, exclude_characters: "abcxyz!\"/@".into() };
        let value = generate(&form).expect("characters are left");
        assert_eq!(value.len(), 200);
        assert!(!value.contains(|c| form.exclude_characters.contains(c)));
        assert_ne!(value, generate(&form).expect("characters are left"));
    }

    #[test]
    fn a_digest_depends_on_the_key() {
        assert_ne!(digest("a", "hunter2"), digest("b", "hunter2"));
        assert_eq!(digest("a", "hunter2").len(), 64);
    }
}
