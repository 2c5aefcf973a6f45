//! Where live resources differ from what was applied.

mod normal;

use std::collections::BTreeMap;

use futures::StreamExt;
use futures::stream::FuturesUnordered;
use groundplan_core::{Path, Value};
use groundplan_schema::lookup;
use serde::Serialize;
use serde_json::Value as Json;

use crate::looks::Looks;
use crate::provider::{Live, Properties, Provider, ProviderError};
use crate::state::{ResourceState, ResourceStatus, State};
use crate::traffic::Traffic;

/// How a resource differs from what was applied.
#[derive(Clone, Debug, PartialEq)]
pub enum Drift {
    /// It does not exist any more.
    Missing,
    /// Properties that the program declares have other values.
    Changed {
        /// Which, ordered by place.
        properties: Vec<PropertyDrift>,
        /// The resource as it is.
        live: Live,
    },
    /// It could not be read.
    Unreadable(ProviderError),
}

/// One property that has another value than was applied.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PropertyDrift {
    /// Where, as in `Tags.Name`.
    pub property: String,
    /// What was applied.
    pub applied: Json,
    /// What is there; `null` where nothing is.
    pub live: Json,
}

/// Reads every resource of the state, `parallelism` at a time, and gives those that differ.
///
/// Compared is what the program declares, in normal form: an API may add defaults, put sets in
/// another order, or write a number as text. What AWS never gives back is left out.
pub async fn drift(state: &State, provider: &dyn Provider, parallelism: usize) -> BTreeMap<Path, Drift> {
    let traffic = Traffic::new(parallelism);
    traffic.keep(differing(state, Looks::new(provider, &traffic))).await
}

/// What [`drift`] gives, by looks that take their turns with others.
pub(crate) async fn differing(state: &State, looks: Looks<'_>) -> BTreeMap<Path, Drift> {
    let answers = answers(state, looks).await.into_iter();
    answers.filter_map(|(path, answer)| Some((path.clone(), judge(&state.resources[path], answer)?))).collect()
}

/// The answer to a read of every resource of the state.
pub(crate) async fn answers<'a>(
    state: &'a State,
    looks: Looks<'_>,
) -> BTreeMap<&'a Path, Result<Option<Live>, ProviderError>> {
    let made = state.resources.iter().filter(|(_, resource)| resource.status != ResourceStatus::Tainted);
    // All wait for their turn at once, so that an API that throttles holds up no other.
    let reads: FuturesUnordered<_> = made
        .map(|(path, resource)| async move { (path, looks.read_made(&resource.existing(&state.app, path)).await) })
        .collect();
    reads.collect().await
}

fn judge(resource: &ResourceState, answer: Result<Option<Live>, ProviderError>) -> Option<Drift> {
    let live = match answer {
        Err(error) => return Some(Drift::Unreadable(error)),
        Ok(None) => return Some(Drift::Missing),
        Ok(Some(live)) => live,
    };
    let properties = differences(&resource.type_name, &resource.properties, &live.properties);
    (!properties.is_empty()).then_some(Drift::Changed { properties, live })
}

fn differences(type_name: &str, applied: &BTreeMap<String, Value>, live: &Properties) -> Vec<PropertyDrift> {
    let schema = lookup(type_name);
    let mut found = Vec::new();
    for (name, value) in applied {
        let cursor = schema.map(|schema| schema.cursor().key(name));
        let comparison = normal::Comparison { type_name, tags: normal::tag_property(schema) == Some(name) };
        comparison.compare(name, cursor.as_ref(), value, live.get(name), &mut found);
    }
    found
}

/// A live value in the shape in which the program declares it.
pub(crate) fn declared(declared: &Value, live: &Json) -> Value {
    normal::declared(declared, live)
}

/// The applied properties with the live values of those that differ.
pub(crate) fn overlay(
    type_name: &str,
    applied: &BTreeMap<String, Value>,
    live: &Properties,
) -> BTreeMap<String, Value> {
    let mut overlaid = applied.clone();
    for difference in differences(type_name, applied, live) {
        let name = difference.property.split('.').next().unwrap_or_default();
        // A value with a secret in it stays as applied: what is there must not be written down.
        let secret = |value: &Value| {
            let mut found = false;
            value.walk(&mut |value| found |= matches!(value, Value::Secret(_)));
            found
        };
        if applied.get(name).is_some_and(secret) {
            continue;
        }
        match live.get(name) {
            Some(value) => drop(overlaid.insert(name.to_owned(), normal::declared(&applied[name], value))),
            None => drop(overlaid.remove(name)),
        }
    }
    overlaid
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
