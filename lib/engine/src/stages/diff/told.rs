//! Secrets that a cloud returns once: a resource is replaced if another one needs its lost secret.

use std::collections::BTreeMap;

use groundplan_core::{Deferred, Environment, Path, Value};
use groundplan_schema::lookup;

use super::{Action, Change, Inputs, Reason, existing};
use crate::model::{ResourceState, State};
use crate::secret;

/// The resources of which a change needs a secret that only the run which has made them knew, each with
/// what needs it. They are replaced.
pub(super) fn lost(
    inputs: &Inputs<'_>,
    state: &State,
    desired: &BTreeMap<&Path, BTreeMap<String, Value>>,
    changes: &BTreeMap<Path, Change>,
) -> BTreeMap<Path, Path> {
    let mut lost = BTreeMap::new();
    for (path, change) in changes {
        let Some(entry) = inputs.assembly.resources.get(path) else { continue };
        for (place, source) in secret::secrets(&entry.properties) {
            let Some(output) = source.output() else { continue };
            let Value::Deferred(Deferred::Ref(maker)) = &*output.resource else { continue };
            let stays = changes
                .get(&maker.path)
                .is_some_and(|maker| !matches!(maker.action, Action::Create | Action::Replace(_) | Action::Delete));
            let told_once = inputs
                .assembly
                .resources
                .get(&maker.path)
                .and_then(|maker| lookup(&maker.type_name))
                .is_some_and(|schema| schema.is_told_once(&output.attribute));
            let property = place.split('.').next().unwrap_or_default();
            if stays && told_once && is_sent(inputs, state, desired, change, property) {
                lost.entry(maker.path.clone()).or_insert_with(|| path.clone());
            }
        }
    }
    lost
}

/// Returns whether the change sends the value of a property. An update omits an unchanged property with secrets.
fn is_sent(
    inputs: &Inputs<'_>,
    state: &State,
    desired: &BTreeMap<&Path, BTreeMap<String, Value>>,
    change: &Change,
    property: &str,
) -> bool {
    match change.action {
        Action::Create | Action::Replace(_) => true,
        Action::Update => {
            let before = state.resources.get(&change.path).and_then(|prior| prior.properties.get(property));
            let after = desired.get(&change.path).and_then(|desired| desired.get(property));
            let within = |place: &str| place.split('.').next() == Some(property);
            before != after
                || change.properties.iter().any(|change| within(&change.property))
                || (inputs.repeats)(&change.type_name, property)
        }
        _ => false,
    }
}

/// Returns whether the old resource has to be deleted before the new one is created: if its owner may have no more
/// beside it, because the program has as many or an earlier run left some, and if no resource has its secret, so that
/// it is unusable.
pub(super) fn has_no_room(
    inputs: &Inputs<'_>,
    state: &State,
    change: &Change,
    prior: &ResourceState,
    desired: &BTreeMap<String, Value>,
) -> bool {
    let Some(schema) = lookup(&prior.type_name) else { return false };
    let lost = change.reasons.iter().any(|reason| matches!(reason, Reason::SecretLost { .. }));
    if lost && !is_used(state, prior) {
        return true;
    }
    let Some(quota) = schema.owner_quota() else { return false };
    let owner = prior.properties.get(quota.owner);
    // One that moves to another owner makes no room there.
    if owner.is_none() || owner != desired.get(quota.owner) {
        return false;
    }
    let there = existing::all(state).map(|it| it.resource);
    let is_beside =
        |other: &Environment| inputs.identity.account_of(other) == inputs.identity.account_of(&prior.environment);
    let there = there.filter(|it| it.type_name == prior.type_name && is_beside(&it.environment));
    let there = there.filter(|it| it.properties.get(quota.owner) == owner);
    // The owner may be an output, of which the declarations have the same reference.
    let declared = |path: &Path| inputs.assembly.resources.get(path);
    let stated = declared(&change.path).and_then(|entry| entry.properties.get(quota.owner));
    let more = inputs.assembly.resources.iter().filter(|(path, entry)| {
        let same = entry.type_name == prior.type_name && entry.properties.get(quota.owner) == stated;
        let is_beside = inputs.assembly.environment(path).is_some_and(is_beside);
        same && is_beside && !state.resources.contains_key(*path)
    });
    there.count() + more.count() >= quota.most
}

/// Returns whether a resource has a secret of `maker`.
fn is_used(state: &State, maker: &ResourceState) -> bool {
    let uses = |resource: &ResourceState| {
        let secrets = secret::secrets(&resource.properties).into_iter();
        secrets.filter_map(|(_, source)| source.output()).any(|output| secret::is_of(maker, output))
    };
    state.resources.values().chain(state.deposed.iter().map(|old| &old.resource)).any(uses)
}

#[cfg(test)]
#[path = "told_tests.rs"]
mod tests;
