//! Properties, outputs, identifiers and patches: pure functions of schema and JSON.

use std::collections::BTreeSet;

use groundplan_engine::provider::{Identity, Outputs, Properties};
use groundplan_schema::{Cursor, Kind, Replacement, ResourceType};
use serde_json::{Value as Json, json};
use zeroize::Zeroizing;

use super::{quirks, shared, tags};
use crate::error::{Error, Result};
use crate::handler::Context;
use crate::shape;

/// Checks that AWS publishes all of these properties as settable.
pub(super) fn check(schema: &ResourceType, properties: &Properties) -> Result<()> {
    for (name, value) in properties {
        if !schema.properties.contains_key(name.as_str()) {
            let read_only =
                schema.attributes.keys().any(|attribute| attribute.split('.').next() == Some(name.as_str()));
            return Err(match read_only {
                true => Error::invalid(format!("{}: `{name}` is set by AWS and is read-only", schema.name)),
                false => unknown(schema, name, schema.properties.keys()),
            });
        }
        check_in(schema, &schema.cursor().key(name), name, value)?;
    }
    Ok(())
}

fn check_in(schema: &ResourceType, cursor: &Cursor<'_>, place: &str, value: &Json) -> Result<()> {
    match value {
        Json::Object(entries) => entries.iter().try_for_each(|(key, value)| {
            let place = format!("{place}.{key}");
            match cursor.fields() {
                Some(fields) if !fields.contains_key(key.as_str()) => Err(unknown(schema, &place, fields.keys())),
                _ => check_in(schema, &cursor.key(key), &place, value),
            }
        }),
        Json::Array(items) => items
            .iter()
            .enumerate()
            .try_for_each(|(at, item)| check_in(schema, &cursor.item(), &format!("{place}.{at}"), item)),
        _ => Ok(()),
    }
}

fn unknown<'a>(schema: &ResourceType, place: &str, known: impl Iterator<Item = &'a &'static str>) -> Error {
    let known: Vec<_> = known.copied().collect();
    Error::invalid(format!("{}: AWS publishes no property `{place}`; there are {}", schema.name, known.join(", ")))
}

/// Returns the desired state of a create call.
pub(super) fn desired_state(schema: &ResourceType, cx: &Context, properties: &Properties) -> Json {
    let mut desired = properties.clone();
    shape::strip(&mut desired);
    for (name, value) in &mut desired {
        fit(&schema.cursor().key(name), value);
        quirks::as_sent(schema, name, value);
    }
    if let Some(name) = tags::property(schema)
        && let Some(tags) = tags::with_identity(schema, cx, properties.get(name))
    {
        desired.insert(name.to_owned(), tags);
    }
    Json::Object(desired)
}

/// Converts numbers, Booleans and texts to the form that the schema requires. CloudFormation accepts either; Cloud
/// Control checks them, and a port that is an output of another resource may be text.
fn fit(cursor: &Cursor<'_>, value: &mut Json) {
    match (cursor.kind(), &mut *value) {
        (_, Json::Object(entries)) => entries.iter_mut().for_each(|(key, value)| fit(&cursor.key(key), value)),
        (_, Json::Array(items)) => items.iter_mut().for_each(|item| fit(&cursor.item(), item)),
        (Some(Kind::String), Json::Number(_) | Json::Bool(_)) => *value = Json::String(value.to_string()),
        (Some(Kind::Integer), Json::String(text)) => {
            if let Ok(number) = text.parse::<i64>() {
                *value = number.into();
            }
        }
        (Some(Kind::Number), Json::String(text)) => {
            if let Ok(number) = text.parse::<f64>() {
                *value = number.into();
            }
        }
        (Some(Kind::Boolean), Json::String(text)) => {
            if let Ok(truth) = text.parse::<bool>() {
                *value = truth.into();
            }
        }
        _ => {}
    }
}

/// The identifier, where the program gives all of its parts.
pub(super) fn identifier(schema: &ResourceType, properties: &Properties) -> Option<String> {
    let part = |name: &&str| match properties.get(*name)? {
        Json::String(text) => Some(text.clone()),
        Json::Number(number) => Some(number.to_string()),
        _ => None,
    };
    let parts: Vec<_> = schema.primary_identifier.iter().map(part).collect::<Option<_>>()?;
    (!parts.is_empty()).then(|| parts.join("|"))
}

/// Returns the properties of a resource that can be declared, without attributes, identity tags, properties that AWS
/// does not return, and secrets.
pub(super) fn properties(schema: &ResourceType, model: &Properties) -> Properties {
    let mut properties = model.clone();
    properties.retain(|name, _| schema.properties.contains_key(name.as_str()));
    prune(&schema.cursor(), &mut properties);
    tags::hide_identity(schema, &mut properties);
    properties
}

fn prune(cursor: &Cursor<'_>, entries: &mut Properties) {
    entries.retain(|key, value| {
        let cursor = cursor.key(key);
        prune_in(&cursor, value);
        !cursor.is_write_only() && !cursor.is_sensitive()
    });
}

fn prune_in(cursor: &Cursor<'_>, value: &mut Json) {
    match value {
        Json::Object(entries) => prune(cursor, entries),
        Json::Array(items) => items.iter_mut().for_each(|item| prune_in(&cursor.item(), item)),
        _ => {}
    }
}

/// The published attributes, as in `Endpoint.Address`, and the parts of the identifier.
pub(super) fn outputs(schema: &ResourceType, id: &str, model: &Properties) -> Outputs {
    // The state keeps outputs in plain text.
    let published = schema.attributes.keys().filter(|name| !schema.is_secret_attribute(name));
    let found = published.filter_map(|name| Some(((*name).to_owned(), at(model, name)?.clone())));
    let mut outputs: Outputs = found.collect();
    let parts: Vec<_> = id.split('|').collect();
    for (position, name) in schema.primary_identifier.iter().enumerate() {
        let name = name.replace('/', ".");
        let part = match parts.len() == schema.primary_identifier.len() {
            true => parts.get(position).map(|part| Json::from(*part)),
            false => None,
        };
        if let Some(value) = at(model, &name).cloned().or(part) {
            outputs.insert(name, value);
        }
    }
    outputs
}

/// Returns the ARN of a resource: its identifier, an attribute, or the form of the ARNs of its type with the
/// identifier; `None` if there is none.
pub(super) fn arn(schema: &ResourceType, cx: &Context, id: &str, model: &Properties) -> Option<String> {
    let own = [format!("{}Arn", schema.short_name()), "Arn".to_owned()];
    let is_own = |name: &&str| own.iter().any(|own| own.eq_ignore_ascii_case(name));
    let attributes = schema.attributes.keys().copied().filter(is_own);
    let texts = attributes.filter_map(|name| at(model, name)?.as_str()).chain([id]);
    let mut arns = texts.filter(|text| text.starts_with("arn:") && !text.contains('|'));
    let Identity { account, partition } = &cx.identity;
    arns.next().map(str::to_owned).or_else(|| schema.arn_of(partition, cx.region(), account, id))
}

/// The value of an attribute that is a secret.
pub(super) fn secret(schema: &ResourceType, model: &Properties, attribute: &str) -> Option<Zeroizing<String>> {
    let value = at(model, attribute).filter(|_| schema.is_secret_attribute(attribute))?;
    Some(Zeroizing::new(value.as_str()?.to_owned()))
}

fn at<'a>(model: &'a Properties, path: &str) -> Option<&'a Json> {
    let mut steps = path.split('.');
    let first = model.get(steps.next()?)?;
    steps.try_fold(first, |value, step| value.get(step)).filter(|value| !value.is_null())
}

/// Returns the change from the last applied to the desired properties, as a JSON patch (RFC 6902) of whole properties.
/// Cloud Control applies it to what it reads and validates the result:
///
/// - it is `add`, which also replaces, since `replace` fails on what AWS does not read back;
/// - of an object, values that AWS set and the program did not declare are repeated, because omitting them would remove
///   them ([`merged`]);
/// - values that cannot be read back are repeated each time, or they would be missing from the result, except those
///   that also cannot be changed, at any depth: AWS refuses even the same value;
/// - only values that are read can be removed. So values that cannot be read back cannot be removed either. If removing
///   changes nothing, the default is written instead;
/// - values that the handler returns and then refuses are removed ([`quirks::unsayable`]);
/// - of a collection that others add to as well, their members are repeated ([`shared`]);
/// - values that are as desired already need no change, so that a repeated update is empty.
pub(super) fn patch(schema: &ResourceType, last: &Properties, desired: &Properties, live: &Properties) -> Vec<Json> {
    let add = |name: &str, value: Json| json!({"op": "add", "path": format!("/{name}"), "value": value});
    let tags = tags::property(schema);
    let unsayable = quirks::unsayable(schema, live, desired);
    let mut sayable = live.clone();
    unsayable.iter().for_each(|path| quirks::take_out(&mut sayable, path));
    let live = &sayable;

    let (mut changes, mut repeated) = (Vec::new(), Vec::new());
    for (name, value) in desired.iter().filter(|(_, value)| !value.is_null()) {
        let cursor = schema.cursor().key(name);
        let before = last.get(name);
        if before == Some(value) {
            let repeat = if tags == Some(name) { None } else { repeated_in(&cursor, value, live.get(name)) };
            repeated.extend(repeat.map(|value| add(name, value)));
            continue;
        }
        let wanted = match tags == Some(name) {
            true => tags::merged(schema, live, before, Some(value)),
            false => {
                let mut wanted = value.clone();
                fit(&cursor, &mut wanted);
                quirks::as_sent(schema, name, &mut wanted);
                let mut wanted = merged(&cursor, before, wanted, live.get(name));
                thaw(&cursor, before, &mut wanted);
                Some(shared::merged(schema, name, live.get(name), before, wanted))
            }
        };
        let is_there = |wanted: &Json| {
            quirks::are_same(schema, name, live.get(name), wanted)
                || shared::are_same(schema, name, live.get(name), wanted)
        };
        if let Some(wanted) = wanted.filter(|wanted| !is_there(wanted)) {
            changes.push(add(name, wanted));
        }
    }
    let gone = |name: &&String| desired.get(*name).is_none_or(Json::is_null) && live.contains_key(*name);
    for name in last.keys().filter(gone) {
        let instead = match tags == Some(name) {
            true => tags::merged(schema, live, last.get(name), None),
            false => shared::others(schema, name, live.get(name), last.get(name))
                .or_else(|| quirks::default_of(schema, name)),
        };
        match instead {
            Some(value) if live.get(name) == Some(&value) => {}
            Some(value) => changes.push(add(name, value)),
            None => changes.push(json!({"op": "remove", "path": format!("/{name}")})),
        }
    }
    if !changes.is_empty() {
        changes.append(&mut repeated);
        let said: Vec<&str> = changes.iter().filter_map(|change| change["path"].as_str()).collect();
        let path = |steps: Vec<String>| format!("/{}", steps.join("/"));
        let removed = unsayable.into_iter().filter(|steps| !said.contains(&format!("/{}", steps[0]).as_str()));
        let removed: Vec<Json> = removed.map(|steps| json!({"op": "remove", "path": path(steps)})).collect();
        changes.extend(removed);
    }
    changes
}

/// Returns a desired value with the live values beside it that were never declared. Values that were declared before
/// and no longer are, are left out. Maps and documents belong to the program as a whole.
fn merged(cursor: &Cursor<'_>, last: Option<&Json>, wanted: Json, live: Option<&Json>) -> Json {
    let (Some(Json::Object(live)), Some(fields)) = (live, cursor.fields()) else { return wanted };
    let Json::Object(mut result) = wanted else { return wanted };
    for (key, value) in live {
        let before = last.and_then(|last| last.get(key));
        match result.remove(key) {
            Some(desired) => drop(result.insert(key.clone(), merged(&cursor.key(key), before, desired, Some(value)))),
            None if before.is_none() && fields.contains_key(key.as_str()) => {
                result.insert(key.clone(), value.clone());
            }
            None => {}
        }
    }
    Json::Object(result)
}

/// Takes out what AWS refuses in every update ([`quirks::is_frozen`]), where it is as it was. A secret, which nobody
/// has written down, is: another one would have replaced the resource.
fn thaw(cursor: &Cursor<'_>, last: Option<&Json>, wanted: &mut Json) {
    match wanted {
        Json::Object(entries) => entries.retain(|key, value| {
            let cursor = cursor.key(key);
            let before = last.and_then(|last| last.get(key));
            thaw(&cursor, before, value);
            let is_as_before = before == Some(&*value) || (before.is_none() && cursor.is_sensitive());
            !(quirks::is_frozen(&cursor) && is_as_before)
        }),
        Json::Array(items) => {
            for (at, item) in items.iter_mut().enumerate() {
                thaw(&cursor.item(), last.and_then(|last| last.get(at)), item);
            }
        }
        _ => {}
    }
}

/// Returns the value that an update has to repeat for an unchanged property: the live value, with the parts that AWS
/// does not return; `None` if it returns all of it.
fn repeated_in(cursor: &Cursor<'_>, declared: &Json, live: Option<&Json>) -> Option<Json> {
    if cursor.replacement() == Replacement::Always && cursor.is_write_only() {
        return None;
    }
    if cursor.is_write_only() {
        let mut value = declared.clone();
        fit(cursor, &mut value);
        thaw(cursor, Some(declared), &mut value);
        return Some(value);
    }
    match declared {
        Json::Object(entries) => {
            let mut value = live.and_then(Json::as_object).cloned().unwrap_or_default();
            if let Some(fields) = cursor.fields() {
                value.retain(|key, _| fields.contains_key(key.as_str()));
            }
            let mut hidden = false;
            for (key, declared) in entries {
                let live = live.and_then(|live| live.get(key));
                if let Some(repeat) = repeated_in(&cursor.key(key), declared, live) {
                    value.insert(key.clone(), repeat);
                    hidden = true;
                }
            }
            hidden.then_some(Json::Object(value))
        }
        Json::Array(items) => {
            let live = live.and_then(Json::as_array).filter(|live| live.len() == items.len());
            let repeats: Vec<_> = items
                .iter()
                .enumerate()
                .map(|(at, item)| repeated_in(&cursor.item(), item, live.and_then(|live| live.get(at))))
                .collect();
            if repeats.iter().all(Option::is_none) {
                return None;
            }
            let whole = |(at, repeat): (usize, Option<Json>)| {
                repeat.or_else(|| live.and_then(|live| live.get(at)).cloned()).unwrap_or_else(|| items[at].clone())
            };
            Some(Json::Array(repeats.into_iter().enumerate().map(whole).collect()))
        }
        _ => None,
    }
}

/// Returns whether an update has to repeat this property although it did not change, because AWS does not return all of
/// it.
pub(super) fn is_repeated(schema: &ResourceType, name: &str) -> bool {
    has_hidden(&schema.cursor().key(name), &mut BTreeSet::new())
}

/// Returns whether AWS accepts this value, or one within it, in an update and does not return it. Types
/// may contain themselves, so each is looked into once.
fn has_hidden<'a>(cursor: &Cursor<'a>, seen: &mut BTreeSet<(&'a str, bool)>) -> bool {
    if cursor.is_write_only() {
        return !quirks::is_frozen(cursor);
    }
    let Some(kind) = cursor.kind() else { return false };
    let is_fixed = cursor.replacement() == Replacement::Always;
    let steps = steps(cursor.resource(), kind, &mut |nested| seen.insert((nested, is_fixed)));
    steps.into_iter().any(|step| has_hidden(&cursor.key(step), seen))
}

/// The steps from a value of this kind to those that it contains. A map may have any key.
fn steps<'a>(schema: &'a ResourceType, kind: &'a Kind, enter: &mut impl FnMut(&'a str) -> bool) -> Vec<&'a str> {
    match kind {
        Kind::Type(nested) if enter(nested) => {
            schema.types.get(nested).into_iter().flat_map(|fields| fields.keys().copied()).collect()
        }
        Kind::List(element) => steps(schema, element, enter),
        Kind::Map(_) => vec!["*"],
        Kind::Union(kinds) => kinds.iter().flat_map(|kind| steps(schema, kind, enter)).collect(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
#[path = "model_tests.rs"]
mod tests;
