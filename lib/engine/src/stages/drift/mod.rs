//! Detects how live resources differ from the applied properties.

mod compare;

use std::collections::BTreeMap;

use compare::Beside;
use groundplan_core::{Value, keep_ignored};
use groundplan_schema::{Collection, NAMING, ResourceType, lookup};
use serde::Serialize;
use serde_json::Value as Json;

use crate::model::{Operation, ResourceState, State};
use crate::provider::{Live, Properties, ProviderError};
use crate::stages::normal::{self, Against, Form, is_tags};

/// The difference between a live resource and its applied properties.
#[derive(Clone, Debug, PartialEq)]
pub enum Drift {
    /// The resource no longer exists.
    Missing,
    /// Declared properties have different values.
    Changed {
        /// The properties, ordered by place.
        properties: Vec<PropertyDrift>,
        /// The live resource.
        live: Live,
    },
    /// The resource could not be read.
    Unreadable(ProviderError),
}

/// A property whose live value differs from the applied one.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PropertyDrift {
    /// The place of the property, as in `Tags.Name`.
    pub property: String,
    /// The applied value.
    pub applied: Json,
    /// The live value; `null` if there is none.
    pub live: Json,
    /// `true` if it was added outside of the program to a collection that others may add to: tags, rules of a security
    /// group, policies of a role. A deploy does not remove such additions, even with a refresh, because they may be
    /// needed.
    pub added: bool,
}

/// Returns the drift of a resource of the state, by the answer to a read of it.
pub(crate) fn judge(
    state: &State,
    resource: &ResourceState,
    answer: Result<Option<Live>, ProviderError>,
) -> Option<Drift> {
    let live = match answer {
        Err(error) => return Some(Drift::Unreadable(error)),
        Ok(None) => return Some(Drift::Missing),
        Ok(Some(live)) => live,
    };
    let is_own = |collection: &Collection, member: &Value| is_own(state, resource, collection, member);
    let (type_name, applied, ignored) = (&resource.type_name, &resource.properties, &resource.lifecycle.ignore_changes);
    let properties = if ignored.is_empty() {
        compare::differences(Beside::Others, type_name, applied, &live.properties, &is_own)
    } else {
        let mut now = live.properties.iter().map(|(name, value)| (name.clone(), value.clone().into())).collect();
        keep_ignored(type_name, ignored, &mut now, applied);
        let now = now.iter().map(|(name, value)| (name.clone(), value.to_json())).collect();
        compare::differences(Beside::Others, type_name, applied, &now, &is_own)
    };
    (!properties.is_empty()).then_some(Drift::Changed { properties, live })
}

/// Returns whether a member of a collection of `resource` is another resource of the program, a deposed one, or one
/// that a run may have created: one of the member's type with the same owner and the same parts; or one that adds
/// itself, as a managed policy does.
fn is_own(state: &State, resource: &ResourceState, collection: &Collection, member: &Value) -> bool {
    let known = state.resources.values().chain(state.deposed.iter().map(|old| &old.resource));
    if let Some(arn) = member.as_str() {
        return known.clone().any(|it| collection.adds_itself == Some(&it.type_name) && it.id == arn);
    }
    let (Some(of), Some(member)) = (collection.member, member.as_map()) else { return false };
    let (type_name, owner) = (of.type_name, of.owner_property);
    // What tells members apart is their name where they have one, else all but their description.
    let naming = NAMING.into_iter().find(|name| member.contains_key(*name));
    let tells = |name: &str| naming.map_or(name != owner && name != "Description", |naming| name == naming);
    let cursor = lookup(type_name).map(ResourceType::cursor);
    let is_it = |properties: &BTreeMap<String, Value>| {
        let told = properties.iter().filter(|(name, _)| tells(name));
        let told: BTreeMap<String, Value> = told.map(|(name, value)| (name.clone(), value.clone())).collect();
        let same = Form::new(Against::Live, &told).same(
            cursor.as_ref(),
            &Value::Map(told.clone()),
            &Value::Map(member.clone()),
        );
        properties.get(owner).and_then(Value::as_str) == Some(&resource.id) && !told.is_empty() && same
    };
    let open = state.pending.values().filter(|intent| match &intent.operation {
        Operation::Create { type_name: of, .. } => of == type_name,
        Operation::Update => false,
    });
    let known = known.filter(|it| it.type_name == type_name).map(|it| &it.properties);
    known.chain(open.map(|intent| &intent.properties)).any(is_it)
}

/// A live value in the shape in which the program declares it.
pub(crate) fn declared(declared: &Value, live: &Json) -> Value {
    compare::declared(declared, live)
}

/// The applied properties with the live values of those that differ. What was
/// [added](PropertyDrift::added) is not taken over: a deploy would remove it.
pub(crate) fn overlay(
    type_name: &str,
    applied: &BTreeMap<String, Value>,
    live: &Properties,
) -> BTreeMap<String, Value> {
    overlay_beside(Beside::Others, type_name, applied, live)
}

/// As [`overlay`], of a resource that was just created and has no other users: values beside its declaration were set
/// by the cloud, as EC2 adds a rule to a security group that allows all outbound traffic.
pub(crate) fn overlay_of_new(
    type_name: &str,
    applied: &BTreeMap<String, Value>,
    live: &Properties,
) -> BTreeMap<String, Value> {
    overlay_beside(Beside::Nobody, type_name, applied, live)
}

fn overlay_beside(
    beside: Beside,
    type_name: &str,
    applied: &BTreeMap<String, Value>,
    live: &Properties,
) -> BTreeMap<String, Value> {
    let mut overlaid = applied.clone();
    let differences = compare::differences(beside, type_name, applied, live, &|_, _| true);
    for difference in differences.iter().filter(|difference| !difference.added) {
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
            Some(value) => {
                overlaid.insert(name.to_owned(), compare::overlaid(beside, type_name, applied, name, value));
            }
            None => {
                overlaid.remove(name);
            }
        }
    }
    if beside == Beside::Nobody {
        // An empty list may be all that says that the cloud is to give it none of its own.
        let schema = lookup(type_name);
        let is_unseen = |name: &str, value: &Value| {
            let is_empty = value.as_list().is_some_and(<[Value]>::is_empty);
            is_empty && !live.contains_key(name) && !is_tags(normal::cursor(schema, name).as_ref())
        };
        overlaid.retain(|name, value| !is_unseen(name, value));
    }
    overlaid
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
