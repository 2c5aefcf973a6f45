//! Validates properties against the schema.

use groundplan_engine::provider::{Properties, ProviderError};
use groundplan_schema::{Kind, Property, ResourceType};
use serde_json::Value as Json;

use crate::errors::{invalid, missing};

/// The extent to which the values are known.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Known {
    /// Unknown values are `null`.
    Partly,
    /// All of it.
    All,
}

/// Refuses what AWS would refuse by the schema alone: missing, unknown and read-only properties,
/// values of the wrong type, values that AWS does not list.
pub(crate) fn check(resource: &ResourceType, properties: &Properties, known: Known) -> Result<(), ProviderError> {
    Check { resource, known }.object(&resource.properties, properties, "")
}

struct Check<'a> {
    resource: &'a ResourceType,
    known: Known,
}

impl Check<'_> {
    fn object(
        &self,
        schema: &groundplan_schema::Properties,
        object: &Properties,
        path: &str,
    ) -> Result<(), ProviderError> {
        let full = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
        for (name, property) in schema {
            if property.required && !object.contains_key(*name) {
                let message = format!("the property {} of {} is required", full(name), self.resource.name);
                return Err(missing(self.resource, message));
            }
        }
        for (name, value) in object {
            match schema.get(name.as_str()) {
                Some(property) => self.property(property, value, &full(name))?,
                None => return Err(self.unknown(schema, name, &full(name))),
            }
        }
        Ok(())
    }

    fn unknown(&self, schema: &groundplan_schema::Properties, name: &str, path: &str) -> ProviderError {
        let type_name = self.resource.name;
        if self.resource.attributes.contains_key(path) {
            return invalid(self.resource, format!("{path} of {type_name} is read-only: AWS sets it"));
        }
        let meant = schema.keys().find(|known| known.eq_ignore_ascii_case(name));
        let hint = meant.map_or_else(String::new, |known| format!("; did you mean {known}?"));
        invalid(self.resource, format!("{type_name} has no property {path}{hint}"))
    }

    fn property(&self, property: &Property, value: &Json, path: &str) -> Result<(), ProviderError> {
        self.value(&property.kind, value, path)?;
        let values = match value {
            Json::Array(items) => items.as_slice(),
            single => std::slice::from_ref(single),
        };
        for value in values.iter().filter(|value| !value.is_null()) {
            if !property.allowed.is_empty() && !property.allowed.iter().any(|allowed| text(allowed) == text(value)) {
                let allowed: Vec<_> = property.allowed.iter().map(text).collect();
                let message = format!("{path} is {}; allowed are {}", text(value), allowed.join(", "));
                return Err(invalid(self.resource, message));
            }
        }
        Ok(())
    }

    fn value(&self, kind: &Kind, value: &Json, path: &str) -> Result<(), ProviderError> {
        match (kind, value) {
            (Kind::Json, _) => Ok(()),
            (_, Json::Null) if self.known == Known::Partly => Ok(()),
            (Kind::List(element), Json::Array(items)) => {
                let mut items = items.iter().enumerate();
                items.try_for_each(|(position, item)| self.value(element, item, &format!("{path}.{position}")))
            }
            (Kind::Map(element), Json::Object(entries)) => {
                entries.iter().try_for_each(|(key, value)| self.value(element, value, &format!("{path}.{key}")))
            }
            (Kind::Type(name), Json::Object(object)) => match self.resource.types.get(name) {
                Some(schema) => self.object(schema, object, path),
                None => Ok(()),
            },
            (Kind::Union(kinds), _) => {
                let mut outcomes = kinds.iter().map(|kind| self.value(kind, value, path));
                // The error of the first alternative that has the right form says most.
                let form = kinds.iter().find(|kind| has_form(kind, value));
                match outcomes.any(|outcome| outcome.is_ok()) {
                    true => Ok(()),
                    false => {
                        form.map_or_else(|| Err(self.wrong(kind, value, path)), |kind| self.value(kind, value, path))
                    }
                }
            }
            _ if has_form(kind, value) => Ok(()),
            _ => Err(self.wrong(kind, value, path)),
        }
    }

    fn wrong(&self, kind: &Kind, value: &Json, path: &str) -> ProviderError {
        let form = match value {
            Json::Null => "nothing",
            Json::Bool(_) => "a truth value",
            Json::Number(_) => "a number",
            Json::String(_) => "text",
            Json::Array(_) => "a list",
            Json::Object(_) => "an object",
        };
        invalid(self.resource, format!("{path} of {} takes {}, not {form}", self.resource.name, describe(kind)))
    }
}

/// Returns whether a value has the outer form of `kind`. Numbers and Booleans may be written as text, as in
/// CloudFormation.
fn has_form(kind: &Kind, value: &Json) -> bool {
    match (kind, value) {
        (Kind::Json, _)
        | (Kind::String | Kind::DateTime, Json::String(_))
        | (Kind::Number, Json::Number(_))
        | (Kind::Boolean, Json::Bool(_))
        | (Kind::List(_), Json::Array(_))
        | (Kind::Map(_) | Kind::Type(_), Json::Object(_)) => true,
        (Kind::Integer, Json::Number(number)) => number.is_i64() || number.is_u64(),
        (Kind::Integer, Json::String(text)) => text.parse::<i64>().is_ok(),
        (Kind::Number, Json::String(text)) => text.parse::<f64>().is_ok(),
        (Kind::Boolean, Json::String(text)) => matches!(text.as_str(), "true" | "false"),
        (Kind::Tag, Json::Object(tag)) => {
            tag.get("Key").is_some_and(Json::is_string) && tag.keys().all(|key| key == "Key" || key == "Value")
        }
        (Kind::Union(kinds), _) => kinds.iter().any(|kind| has_form(kind, value)),
        _ => false,
    }
}

fn describe(kind: &Kind) -> String {
    match kind {
        Kind::String => "text".to_owned(),
        Kind::Integer => "a whole number".to_owned(),
        Kind::Number => "a number".to_owned(),
        Kind::Boolean => "true or false".to_owned(),
        Kind::DateTime => "a point in time".to_owned(),
        Kind::Json => "any value".to_owned(),
        Kind::Tag => "a tag with Key and Value".to_owned(),
        Kind::List(_) => "a list".to_owned(),
        Kind::Map(_) => "a map".to_owned(),
        Kind::Type(name) => format!("an object of type {name}"),
        Kind::Union(kinds) => kinds.iter().map(describe).collect::<Vec<_>>().join(" or "),
    }
}

/// A scalar without quotes.
fn text(value: &Json) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
