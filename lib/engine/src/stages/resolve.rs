//! Resolves references in values.

use std::collections::BTreeMap;

use groundplan_core::secret::SecretSource;
use groundplan_core::{Deferred, Environment, Reference, Value};
use serde_json::Value as Json;
use zeroize::Zeroizing;

use crate::model::ResourceState;
use crate::provider::Properties;
use crate::secret::{self, SecretError, Sources};

/// Puts what `lookup` knows in the place of references. What it does not know stays, and so does
/// a template that has such a part.
pub(crate) fn substitute(value: &Value, lookup: &impl Fn(&Reference) -> Option<Json>) -> Value {
    let again = |value: &Value| substitute(value, lookup);
    match value {
        Value::Deferred(Deferred::Ref(reference)) => lookup(reference).map_or_else(|| value.clone(), Value::from),
        Value::Deferred(deferred) => deferred.resolve(again),
        Value::List(items) => Value::List(items.iter().map(again).collect()),
        Value::Map(entries) => Value::Map(substitute_all(entries, lookup)),
        Value::Secret(source) => Value::Secret(source.map_values(again)),
        plain => plain.clone(),
    }
}

/// As [`substitute`], for all of the properties.
pub(crate) fn substitute_all(
    properties: &BTreeMap<String, Value>,
    lookup: &impl Fn(&Reference) -> Option<Json>,
) -> BTreeMap<String, Value> {
    properties.iter().map(|(key, value)| (key.clone(), substitute(value, lookup))).collect()
}

/// Properties as a request needs them.
pub(crate) struct Revealed {
    /// Plain JSON, with the values of secrets.
    pub(crate) plain: Properties,
    /// The digests of all secrets, by place.
    pub(crate) digests: BTreeMap<String, String>,
    /// Top-level properties that hold secrets and are as they were. They are left out of
    /// `plain`: a generated value is not known any more, and the others need not be sent again.
    pub(crate) unchanged: Vec<String>,
    /// The values that are in `plain`, so that they can be kept out of messages.
    pub(crate) values: Vec<Zeroizing<String>>,
}

/// Fetches the secrets of properties whose references are resolved. `prior` is the resource that
/// is updated, if one is.
pub(crate) async fn reveal(
    properties: &BTreeMap<String, Value>,
    prior: Option<&ResourceState>,
    digest_key: &str,
    environment: &Environment,
    sources: Sources<'_>,
) -> Result<Revealed, SecretError> {
    let mut revealed =
        Revealed { plain: Properties::new(), digests: BTreeMap::new(), unchanged: Vec::new(), values: Vec::new() };
    for (name, value) in properties {
        let single = BTreeMap::from([(name.clone(), value.clone())]);
        let places = secret::secrets(&single);
        let before = prior.filter(|prior| prior.properties.get(name) == Some(value)).map(|prior| &prior.secrets);
        let mut values = BTreeMap::new();
        let mut digests = BTreeMap::new();
        for (place, source) in &places {
            let known = match before {
                Some(_) if is_kept_nowhere(source) => None,
                _ => match secret::fetch(source, environment, sources).await {
                    // As planning has it: what is not known counts as unchanged.
                    Err(SecretError::Unset(_)) if before.is_some() => None,
                    fetched => Some(fetched?),
                },
            };
            match known {
                // A generated one that stood in a resource before it was imported has no digest.
                None => digests.extend(before.and_then(|before| Some((place.clone(), before.get(place)?.clone())))),
                Some(secret) => {
                    digests.insert(place.clone(), secret::digest(digest_key, &secret));
                    values.insert(place.clone(), secret);
                }
            }
        }
        let same = before.is_some_and(|before| digests.iter().all(|(place, digest)| before.get(place) == Some(digest)));
        let repeats = prior.is_some_and(|prior| sources.provider.repeats(&prior.type_name, name));
        // An attribute of another resource may be told again.
        let gone = |(place, source): &(String, &SecretSource)| source.output().is_none() && !values.contains_key(place);
        if same && repeats && places.iter().any(gone) {
            return Err(SecretError::NotRepeatable(name.clone()));
        }
        if same && !repeats && !places.is_empty() {
            revealed.unchanged.push(name.clone());
        } else {
            // A generated value beside one that changes is not known any more: there is a new one, which
            // the diff has said.
            for (place, source) in places.iter().filter(|(place, _)| !values.contains_key(place)).collect::<Vec<_>>() {
                let secret = secret::fetch(source, environment, sources).await?;
                digests.insert(place.clone(), secret::digest(digest_key, &secret));
                values.insert(place.clone(), secret);
            }
            revealed.plain.insert(name.clone(), plain(name, value, &values));
            revealed.values.extend(values.into_values());
        }
        revealed.digests.extend(digests);
    }
    Ok(revealed)
}

/// Returns whether the value is stored nowhere else, so that the resource that has it keeps it.
fn is_kept_nowhere(source: &SecretSource) -> bool {
    matches!(source.origin(), SecretSource::Generated(_) | SecretSource::Output(_))
}

fn plain(place: &str, value: &Value, secrets: &BTreeMap<String, Zeroizing<String>>) -> Json {
    match value {
        Value::Secret(_) => secrets.get(place).map_or(Json::Null, |secret| Json::String((**secret).clone())),
        Value::List(items) => {
            items.iter().enumerate().map(|(at, item)| plain(&format!("{place}.{at}"), item, secrets)).collect()
        }
        Value::Map(entries) => Json::Object(
            entries
                .iter()
                .map(|(key, value)| (key.clone(), plain(&format!("{place}.{key}"), value, secrets)))
                .collect(),
        ),
        other => other.to_json(),
    }
}

#[cfg(test)]
mod tests {
    use groundplan_core::{SubnetOf, WithoutPrefix};

    use super::*;

    fn known(reference: &Reference) -> Option<Json> {
        (reference.attribute == "VpcId").then(|| "vpc-1".into())
    }

    #[test]
    fn a_template_is_joined_once_all_its_parts_are_known() {
        let vpc = Value::from(Reference::new("a/vpc", "VpcId"));
        let arn = Value::from(Reference::new("a/vpc", "Arn"));
        let whole = Value::Deferred(Deferred::Template(vec!["id-".into(), vpc.clone(), Value::from(7)]));
        assert_eq!(substitute(&whole, &known), Value::from("id-vpc-17"));
        let part = Value::Deferred(Deferred::Template(vec![vpc, arn.clone()]));
        assert_eq!(substitute(&part, &known), Value::Deferred(Deferred::Template(vec!["vpc-1".into(), arn])));
    }

    #[test]
    fn a_part_of_a_block_is_cut_once_the_block_is_known() {
        let part = Value::Deferred(Deferred::Subnet(Box::new(SubnetOf {
            block: Value::from(Reference::new("a/ipv6", "Block")),
            prefix: 64,
            index: 2,
        })));
        assert_eq!(substitute(&part, &|_| None), part);
        assert_eq!(substitute(&part, &|_| Some("2600::/56".into())), Value::from("2600:0:0:2::/64"));
    }

    #[test]
    fn a_prefix_is_taken_off_and_a_key_is_put_in_once_they_are_known() {
        let url = Value::from(Reference::new("a/eks", "Url"));
        let issuer =
            Value::Deferred(Deferred::WithoutPrefix(Box::new(WithoutPrefix { text: url, prefix: "https://".into() })));
        let subject = Value::Deferred(Deferred::Template(vec![issuer, ":sub".into()]));
        let condition = Value::entries([(subject, "me".into())]);
        assert_eq!(substitute(&condition, &|_| None), condition);
        let known = Value::Map(BTreeMap::from([("oidc/1:sub".to_owned(), "me".into())]));
        assert_eq!(substitute(&condition, &|_| Some("https://oidc/1".into())), known);
    }

    #[test]
    fn the_place_of_a_secret_may_be_an_output() {
        use groundplan_core::secret::SecretsManagerEntry;
        let entry = SecretsManagerEntry { secret: Box::new(Value::from(Reference::new("a/vpc", "VpcId"))), key: None };
        let resolved = substitute(&Value::Secret(SecretSource::SecretsManager(entry)), &known);
        assert!(resolved.references().is_empty());
    }
}
