//! Secret values. They are fetched when a step starts, and the state contains only their digests.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use groundplan_core::secret::{Derivation, GeneratedSecret, SecretOutput, SecretSource};
use groundplan_core::{Environment, Path, Value};
use hmac::{Hmac, Mac};
use rand::rand_core::UnwrapErr;
use rand::rngs::SysRng;
use rand::seq::IndexedRandom;
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::model::{ResourceState, State, hex};
use crate::provider::{Accepted, Existing, Provider, ProviderError};

/// The digests of the secrets whose values are known during planning, by source.
pub type Digests = BTreeMap<String, String>;

/// The reason why the value of a secret is unavailable.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SecretError {
    #[error("the environment variable {0} is not set, which a secret is read from")]
    Unset(String),
    #[error(
        "`{0}` has to be sent with every update, but contains a generated value, which is not stored anywhere; use a Secrets Manager secret instead"
    )]
    NotRepeatable(String),
    #[error("a generated secret excludes all characters; allow some")]
    NoCharacters,
    #[error("{0} is known only to the run that created it; deploy again, which replaces the resource")]
    Lost(String),
    #[error("{0}")]
    Provider(Box<ProviderError>),
}

/// Returns the digest of `value` under a state's key.
pub(crate) fn digest(key: &str, value: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(key.as_bytes()).expect("a key may have any length");
    mac.update(value.as_bytes());
    hex(&mac.finalize().into_bytes())
}

/// Names a source among all, for resources of `environment`: what an entry of Secrets Manager or an output says
/// differs from region to region and from account to account.
pub(crate) fn source_key(source: &SecretSource, environment: &Environment) -> String {
    let role = environment.role.as_ref().map(|role| &role.arn);
    serde_json::json!([environment.region, role, Value::Secret(source.clone()).to_json()]).to_string()
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

/// The secrets that the cloud returned for resources created in this run: in memory, until the run ends.
#[derive(Default)]
pub(crate) struct Told(Mutex<BTreeMap<(String, String), Zeroizing<String>>>);

impl Told {
    /// Takes in what the answer to a create has.
    pub(crate) fn learn(&self, type_name: &str, accepted: &Accepted) {
        let identifier = identifier(type_name).and_then(|name| accepted.outputs.get(name)?.as_str());
        let id = identifier.unwrap_or(&accepted.id);
        for (attribute, value) in accepted.secrets.clone().into_values() {
            self.values().insert((id.to_owned(), attribute), value);
        }
    }

    fn get(&self, id: &str, attribute: &str) -> Option<Zeroizing<String>> {
        self.values().get(&(id.to_owned(), attribute.to_owned())).cloned()
    }

    fn values(&self) -> MutexGuard<'_, BTreeMap<(String, String), Zeroizing<String>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Gives the resource that has a secret attribute, where it exists.
pub(crate) type Maker<'a> = dyn Fn(&SecretOutput) -> Option<Existing> + Sync + 'a;

/// The sources of secret values.
#[derive(Clone, Copy)]
pub(crate) struct Sources<'a> {
    pub(crate) provider: &'a dyn Provider,
    pub(crate) variables: &'a Variables,
    pub(crate) told: &'a Told,
    pub(crate) maker: &'a Maker<'a>,
}

/// The environment variables that secrets may come from, as the caller has them: the engine reads none itself.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Variables(Option<Arc<BTreeMap<String, String>>>);

impl Variables {
    /// None is set.
    pub const NONE: Self = Self(None);

    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.as_ref()?.get(name).map(String::as_str)
    }
}

impl FromIterator<(String, String)> for Variables {
    fn from_iter<T: IntoIterator<Item = (String, String)>>(variables: T) -> Self {
        Self(Some(Arc::new(variables.into_iter().collect())))
    }
}

/// Their number alone: any of them may be a secret.
impl fmt::Debug for Variables {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Variables({})", self.0.as_ref().map_or(0, |variables| variables.len()))
    }
}

/// The attribute that references to a resource of this type are made of.
fn identifier(type_name: &str) -> Option<&'static str> {
    groundplan_schema::lookup(type_name)?.reference().last().copied()
}

/// The resource of a state that has a secret attribute. Its identifier is known.
pub(crate) fn maker(state: &State, output: &SecretOutput) -> Option<Existing> {
    let (path, resource) = state.resources.iter().find(|(_, resource)| is_of(resource, output))?;
    Some(resource.existing(&state.app, path))
}

/// Returns whether a secret is an attribute of this resource, whose identifier is known.
pub(crate) fn is_of(resource: &ResourceState, output: &SecretOutput) -> bool {
    let schema = groundplan_schema::lookup(&resource.type_name);
    let has = schema.is_some_and(|schema| schema.is_secret_attribute(&output.attribute));
    let id = identifier(&resource.type_name).and_then(|name| resource.value_of(name));
    has && id == Some(output.resource.to_json())
}

/// The value of a secret, now.
pub(crate) async fn fetch(
    source: &SecretSource,
    environment: &Environment,
    sources: Sources<'_>,
) -> Result<Zeroizing<String>, SecretError> {
    let failed = |error| SecretError::Provider(Box::new(error));
    let value = match source.origin() {
        SecretSource::Generated(form) => generate(form)?,
        SecretSource::Environment(name) => {
            let value = sources.variables.get(name).ok_or_else(|| SecretError::Unset(name.clone()))?;
            Zeroizing::new(value.to_owned())
        }
        SecretSource::SecretsManager(entry) => sources.provider.secret(entry, environment).await.map_err(failed)?,
        SecretSource::Output(output) => {
            let id = output.resource.as_str().unwrap_or_default();
            match sources.told.get(id, &output.attribute) {
                Some(value) => value,
                None => told_again(output, sources).await?,
            }
        }
        SecretSource::Derived { .. } => unreachable!("an origin is not derived"),
    };
    Ok(derived(source, value))
}

/// Requests an attribute that the cloud returns more than once.
async fn told_again(output: &SecretOutput, sources: Sources<'_>) -> Result<Zeroizing<String>, SecretError> {
    let lost = || SecretError::Lost(SecretSource::Output(output.clone()).to_string());
    let maker = (sources.maker)(output).ok_or_else(lost)?;
    let schema = groundplan_schema::lookup(&maker.address.type_name);
    if schema.is_none_or(|schema| schema.is_told_once(&output.attribute)) {
        return Err(lost());
    }
    let told = sources.provider.secret_output(&maker, &output.attribute).await;
    told.map_err(|error| SecretError::Provider(Box::new(error)))?.ok_or_else(lost)
}

/// Returns the value that `source` derives from the value of its origin.
fn derived(source: &SecretSource, origin: Zeroizing<String>) -> Zeroizing<String> {
    let SecretSource::Derived { from, by } = source else { return origin };
    let value = derived(from, origin);
    match by {
        Derivation::SesSmtpPassword { region } => ses_smtp_password(&value, region),
        Derivation::JsonObject { key, beside } => json_object(&value, key, beside),
    }
}

/// Put together as text, since a JSON value would leave copies of the secret behind.
fn json_object(secret: &str, key: &str, beside: &BTreeMap<String, Value>) -> Zeroizing<String> {
    let text = |json: &serde_json::Value| Zeroizing::new(json.to_string());
    let quoted = serde_json::to_string(secret).expect("a text is JSON");
    let mut entries: BTreeMap<&str, Zeroizing<String>> =
        beside.iter().map(|(key, value)| (key.as_str(), text(&value.to_json()))).collect();
    entries.insert(key, Zeroizing::new(quoted));
    let mut object = Zeroizing::new("{".to_owned());
    for (at, (key, value)) in entries.iter().enumerate() {
        object.push_str(if at > 0 { "," } else { "" });
        object.push_str(&serde_json::Value::from(*key).to_string());
        object.push(':');
        object.push_str(value);
    }
    object.push('}');
    object
}

/// The password for SES's SMTP endpoint in `region`:
/// <https://docs.aws.amazon.com/ses/latest/dg/smtp-credentials.html#smtp-credentials-convert>.
fn ses_smtp_password(secret: &str, region: &str) -> Zeroizing<String> {
    let sign = |key: &[u8], text: &str| {
        let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("a key may have any length");
        mac.update(text.as_bytes());
        Zeroizing::new(mac.finalize().into_bytes().to_vec())
    };
    let first = Zeroizing::new(format!("AWS4{secret}").into_bytes());
    let texts = ["11111111", region, "ses", "aws4_request", "SendRawEmail"];
    let signature = texts.iter().fold(first, |key, text| sign(&key, text));
    let version = [0x04];
    Zeroizing::new(STANDARD.encode(Zeroizing::new([&version[..], &signature].concat())))
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
    variables: &Variables,
) -> Digests {
    let mut digests = Digests::new();
    let (told, maker) = (&Told::default(), &|_: &SecretOutput| None);
    for (path, environment, source) in desired {
        let name = source_key(source, environment);
        let kept_nowhere = matches!(source.origin(), SecretSource::Generated(_) | SecretSource::Output(_));
        // What it takes in may not be known yet, and with it the value.
        let open = source.values().iter().any(|value| !value.references().is_empty());
        if kept_nowhere || open || digests.contains_key(&name) {
            continue;
        }
        match fetch(source, environment, Sources { provider, variables, told, maker }).await {
            Ok(value) => {
                digests.insert(name, digest(key, &value));
            }
            // A machine that only plans needs no secrets.
            Err(error @ SecretError::Unset(_)) => tracing::debug!(%path, %error, "a secret is not known"),
            Err(error) => {
                tracing::warn!(
                    "a secret of {path} cannot be read, so the plan does not show whether it has changed: {error}"
                );
            }
        }
    }
    digests
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_of_one_name_is_another_one_in_another_region_and_account() {
        let source = SecretSource::Environment("TOKEN".into());
        let of = |environment: &Environment| source_key(&source, environment);
        let here = Environment::new("eu-west-1");
        let role = groundplan_core::AssumeRole::new("arn:aws:iam::444455556666:role/deploy");
        assert_eq!(of(&here), of(&here.clone().account("111122223333")), "a state knows the account");
        assert_ne!(of(&here), of(&Environment::new("us-east-1")));
        assert_ne!(of(&here), of(&here.clone().assume_role(role)));
    }

    #[test]
    fn a_generated_secret_has_its_length_and_none_of_the_excluded_characters() {
        let form = GeneratedSecret { length: 200, exclude_characters: "abcxyz!\"/@".into() };
        let value = generate(&form).expect("characters are left");
        assert_eq!(value.len(), 200);
        assert!(!value.contains(|c| form.exclude_characters.contains(c)));
        assert_ne!(value, generate(&form).expect("characters are left"));
    }

    /// The value is that of terraform-provider-aws's test of `ses_smtp_password_v4`.
    #[test]
    fn a_password_for_ses_is_made_of_the_secret_and_the_region() {
        let password = |region| ses_smtp_password("some+secret+key", region);
        assert_eq!(*password("eu-central-1"), "BMXhUYlu5Z3gSXVQORxlVa7XPaz91aGWdfHxvkOZdWZ2");
        assert_ne!(password("eu-central-1"), password("us-east-1"));
    }

    #[test]
    fn a_secret_in_json_is_an_entry_beside_others() {
        let beside = [("user\"name".to_owned(), Value::from("AKIA1")), ("port".to_owned(), Value::from(587))].into();
        let from = Box::new(SecretSource::Environment("X".into()));
        let source = SecretSource::Derived { from, by: Derivation::JsonObject { key: "password".into(), beside } };
        let object = derived(&source, Zeroizing::new("a\"b\\c".to_owned()));
        assert_eq!(*object, r#"{"password":"a\"b\\c","port":587,"user\"name":"AKIA1"}"#);
    }

    #[test]
    fn a_digest_depends_on_the_key() {
        assert_ne!(digest("a", "hunter2"), digest("b", "hunter2"));
        assert_eq!(digest("a", "hunter2").len(), 64);
    }
}
