//! Outputs of the app whose values come from deleted resources.

use std::collections::BTreeMap;

use groundplan_schema::lookup;
use serde_json::Value as Json;

use super::existing::{Incarnation, Key, all};
use crate::model::{ResourceState, State};

/// Returns the published values that were taken from one of the resources `deleted`, each with that one. A state does
/// not record the source of a value: it is identified by texts that only the deleted resource has.
pub(crate) fn taken_from<'s>(state: &'s State, deleted: &[Incarnation<'s>]) -> BTreeMap<&'s str, Incarnation<'s>> {
    if deleted.is_empty() || state.outputs.is_empty() {
        return BTreeMap::new();
    }
    let keys: Vec<Key<'_>> = deleted.iter().map(Incarnation::key).collect();
    let stays: Vec<Vec<Told<'_>>> =
        all(state).filter(|it| !keys.contains(&it.key())).map(|it| told(it.resource)).collect();
    let goes: Vec<_> = deleted.iter().map(|it| (*it, told(it.resource))).collect();
    let of = |value: &Json| {
        let mut leaves = Vec::new();
        texts(value, &mut leaves);
        let is_of = |all: &[Told<'_>]| {
            leaves.iter().any(|leaf| {
                let mut found = all.iter().filter(|it| it.is_in(leaf));
                // As of an identifier that is a part of the ARN of something else.
                let elsewhere = |it: &Told<'_>| {
                    stays.iter().flatten().any(|other| other.is_in(leaf) && other.text.contains(it.text))
                };
                found.any(|it| !elsewhere(it))
            })
        };
        goes.iter().find(|(_, told)| is_of(told)).map(|(it, _)| *it)
    };
    state.outputs.iter().filter_map(|(name, value)| Some((name.as_str(), of(value)?))).collect()
}

/// A value by which other apps may refer to a resource.
struct Told<'s> {
    text: &'s str,
    /// `true` if the cloud generated the text, so that it also identifies this resource within another text.
    is_made_up: bool,
}

impl Told<'_> {
    fn is_in(&self, leaf: &str) -> bool {
        let is_part = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_');
        let is_alone = |(at, found): (usize, &str)| {
            !leaf[..at].ends_with(is_part) && !leaf[at + found.len()..].starts_with(is_part)
        };
        leaf == self.text || self.is_made_up && leaf.match_indices(self.text).any(is_alone)
    }
}

/// The identifier and name of a resource, and what the cloud has given it.
fn told(resource: &ResourceState) -> Vec<Told<'_>> {
    let schema = lookup(&resource.type_name);
    let own = schema.and_then(|schema| resource.properties.get(schema.own_name()?)?.as_str());
    let is_given = |name: &str| {
        schema.is_none_or(|schema| schema.attributes.contains_key(name) || schema.primary_identifier.contains(&name))
    };
    let given = resource.outputs.iter().filter(|(name, _)| is_given(name)).filter_map(|(_, value)| value.as_str());
    let id = resource.id.as_str();
    let made_up = given.chain([id]).filter(|text| Some(*text) != own && is_telling(text));
    let made_up = made_up.map(|text| Told { text, is_made_up: true });
    let names = [Some(id), own].into_iter().flatten().filter(|text| !text.is_empty());
    made_up.chain(names.map(|text| Told { text, is_made_up: false })).collect()
}

/// Returns whether a text can identify a single resource: other resources may have the same port, status or version.
fn is_telling(text: &str) -> bool {
    let (mut letter, mut other) = (false, false);
    for c in text.chars() {
        letter |= c.is_alphabetic();
        other |= c.is_ascii_digit() || matches!(c, ':' | '.');
    }
    letter && other
}

fn texts<'v>(value: &'v Json, found: &mut Vec<&'v str>) {
    match value {
        Json::String(text) => found.push(text),
        Json::Array(items) => items.iter().for_each(|item| texts(item, found)),
        Json::Object(entries) => entries.values().for_each(|value| texts(value, found)),
        Json::Null | Json::Bool(_) | Json::Number(_) => {}
    }
}
