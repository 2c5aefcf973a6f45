//! Secrets: digests at rest, values on request.

use groundplan_engine::provider::Properties;
use groundplan_schema::{Cursor, ResourceType, SECRET_ENTRY};
use serde_json::{Map, Value as Json, json};
use zeroize::Zeroizing;

use crate::derive::Derivation;

/// The key of the value that replaces a sensitive value in an account.
const DIGEST: &str = "$digest";

/// The name of the keys of the JSON object that a digest represents.
const KEYS: &str = "$keys";

/// The properties with a keyed digest in the place of each sensitive value.
pub(crate) fn seal(resource: &ResourceType, properties: &Properties, key: &Derivation) -> Properties {
    let cursor = resource.cursor();
    properties.iter().map(|(name, value)| (name.clone(), sealed(&cursor.key(name), value, key))).collect()
}

fn sealed(cursor: &Cursor<'_>, value: &Json, key: &Derivation) -> Json {
    match value {
        Json::String(text) if cursor.is_sensitive() => stand_in(text, key),
        Json::Number(_) if cursor.is_sensitive() => stand_in(&value.to_string(), key),
        Json::Array(items) => items.iter().map(|item| sealed(&cursor.item(), item, key)).collect(),
        Json::Object(entries) => {
            let entries = entries.iter();
            entries.map(|(name, value)| (name.clone(), sealed(&cursor.key(name), value, key))).collect()
        }
        other => other.clone(),
    }
}

fn stand_in(text: &str, key: &Derivation) -> Json {
    let mut sealed = Map::from_iter([(DIGEST.to_owned(), json!(key.digest(text)))]);
    if let Ok(Json::Object(object)) = serde_json::from_str(text) {
        sealed.insert(KEYS.to_owned(), object.keys().cloned().collect());
    }
    Json::Object(sealed)
}

/// Returns the properties that the cloud returns, without write-only ones.
pub(crate) fn shown(resource: &ResourceType, properties: &Properties) -> Properties {
    let cursor = resource.cursor();
    let properties = properties.iter();
    properties.filter_map(|(name, value)| Some((name.clone(), visible(&cursor.key(name), value)?))).collect()
}

fn visible(cursor: &Cursor<'_>, value: &Json) -> Option<Json> {
    if cursor.is_sensitive() || cursor.is_write_only() {
        return None;
    }
    Some(match value {
        Json::Array(items) => items.iter().filter_map(|item| visible(&cursor.item(), item)).collect(),
        Json::Object(entries) => {
            let entries = entries.iter();
            entries.filter_map(|(name, value)| Some((name.clone(), visible(&cursor.key(name), value)?))).collect()
        }
        other => other.clone(),
    })
}

/// Returns the value of a secret with these `properties` in the account: the one that Secrets Manager would have
/// generated, or a replacement of a given value, in its form. `None` if it has no value.
pub(crate) fn value(properties: &Properties, derivation: &Derivation) -> Option<Zeroizing<String>> {
    if let Some(form) = properties.get(SECRET_ENTRY.generated) {
        return Some(generated(form, derivation));
    }
    let sealed = properties.get("SecretString")?;
    let digest = sealed.get(DIGEST)?.as_str()?;
    let own = |key: &str| derivation.alphanumeric(&format!("{digest}/{key}"), 32);
    let value = match sealed.get(KEYS).and_then(Json::as_array) {
        Some(keys) => {
            let keys = keys.iter().filter_map(Json::as_str);
            Json::Object(keys.map(|key| (key.to_owned(), json!(own(key)))).collect()).to_string()
        }
        None => own(""),
    };
    Some(Zeroizing::new(value))
}

/// A value as Secrets Manager's GetRandomPassword makes one:
/// <https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetRandomPassword.html>
fn generated(form: &Json, derivation: &Derivation) -> Zeroizing<String> {
    let flag = |name: &str| form.get(name).is_some_and(|value| value == true || value == "true");
    let excluded = form.get("ExcludeCharacters").and_then(Json::as_str).unwrap_or_default();
    let length =
        form.get("PasswordLength").and_then(|length| length.as_u64().or_else(|| length.as_str()?.parse().ok()));
    let length = usize::try_from(length.unwrap_or(32)).unwrap_or(32).min(4096);
    let printable: Vec<u8> = (b'!'..=b'~').filter(|letter| !excluded.contains(char::from(*letter))).collect();
    let of = |is_of: fn(&u8) -> bool| printable.iter().copied().filter(is_of).collect::<Vec<_>>();
    let kinds = [
        ("ExcludeLowercase", of(u8::is_ascii_lowercase)),
        ("ExcludeUppercase", of(u8::is_ascii_uppercase)),
        ("ExcludeNumbers", of(u8::is_ascii_digit)),
        ("ExcludePunctuation", of(u8::is_ascii_punctuation)),
    ];
    let mut alphabets: Vec<_> = kinds.into_iter().filter(|(exclude, _)| !flag(exclude)).map(|(_, kind)| kind).collect();
    if flag("IncludeSpace") {
        alphabets.push(vec![b' ']);
    }
    alphabets.retain(|alphabet| !alphabet.is_empty());
    if alphabets.is_empty() {
        return Zeroizing::new(String::new());
    }
    let label = form.to_string();
    let mut password = derivation.text(&label, &alphabets.concat(), length);
    if form.get("RequireEachIncludedType") != Some(&Json::Bool(false)) && alphabets.len() <= length {
        for (at, alphabet) in alphabets.iter().enumerate() {
            let one = derivation.text(&format!("{label}/{at}"), alphabet, 1);
            password.replace_range(at..=at, &one);
        }
    }
    let template = form.get("SecretStringTemplate").and_then(Json::as_str);
    let object = template.and_then(|template| serde_json::from_str::<Map<String, Json>>(template).ok());
    match (object, form.get("GenerateStringKey").and_then(Json::as_str)) {
        (Some(mut object), Some(key)) => {
            object.insert(key.to_owned(), Json::String(password));
            Zeroizing::new(Json::Object(object).to_string())
        }
        _ => Zeroizing::new(password),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{generated, value};
    use crate::derive::Derivation;

    #[test]
    fn a_generated_secret_keeps_its_form() {
        let form = json!({
            "PasswordLength": 20, "ExcludePunctuation": true, "ExcludeCharacters": "abc",
            "SecretStringTemplate": "{\"username\":\"app\"}", "GenerateStringKey": "password",
        });
        let secret = generated(&form, &Derivation::new(b"key", &[]));
        let secret: serde_json::Value = serde_json::from_str(&secret).unwrap();
        assert_eq!(secret["username"], "app");
        let password = secret["password"].as_str().unwrap();
        assert_eq!(password.len(), 20);
        assert!(password.chars().all(|c| c.is_ascii_alphanumeric() && !"abc".contains(c)));
        assert!(password.chars().any(|c| c.is_ascii_digit()));
    }

    #[test]
    fn a_secret_without_a_value_has_none() {
        assert!(value(&serde_json::Map::new(), &Derivation::new(b"", &[])).is_none());
    }
}
