//! Relations that are made anew though nothing of them changes: another resource gets the name of what they
//! are bound to.

use std::collections::BTreeMap;

use groundplan_core::Path;
use groundplan_core::claim::Claim;
use groundplan_schema::{Replacement, ResourceType, lookup};

use super::named::{Named, each_leaf};
use super::{Action, Change, Inputs, claims};
use crate::model::{ResourceState, State};
use crate::provider::Recovery;

/// The relations that stay and are bound by a name to a resource that is deleted, each with that, where
/// something else is given the name. They go before it: the role that they keep cannot be deleted, and what
/// belongs to a bucket goes with the bucket.
pub(super) fn outlived(
    inputs: &Inputs<'_>,
    state: &State,
    changes: &BTreeMap<Path, Change>,
    given: &BTreeMap<Path, Vec<Claim>>,
) -> BTreeMap<Path, Path> {
    let mut by_key: BTreeMap<&str, Vec<&Claim>> = BTreeMap::new();
    for claim in given.values().flatten() {
        by_key.entry(&claim.key).or_default().push(claim);
    }
    let passes_on = |path: &Path| {
        let held = state.resources.get(path).map(|old| claims::held(old, inputs.identity)).unwrap_or_default();
        held.iter().any(|old| by_key.get(&*old.key).is_some_and(|new| new.iter().any(|new| new.is_same_as(old))))
    };
    let goes = changes.values().filter(|change| matches!(change.action, Action::Delete | Action::Replace(_)));
    let goes: Vec<&Path> = goes.map(|change| &change.path).filter(|path| passes_on(path)).collect();
    if goes.is_empty() {
        return BTreeMap::new();
    }
    let named = Named::new(state, inputs.identity, goes.into_iter());
    let stays = |action| !matches!(action, Action::Create | Action::Delete | Action::Replace(_) | Action::Forget);
    let mut outlived = BTreeMap::new();
    for change in changes.values().filter(|change| stays(change.action)) {
        let Some(relation) = state.resources.get(&change.path) else { continue };
        let mut to = None;
        each_binding(inputs, relation, &mut |place, text| {
            let found = named.at(relation, place, text).into_iter().map(|(path, _)| path);
            to = to.take().or_else(|| found.filter(|path| **path != change.path).min().cloned());
        });
        outlived.extend(to.map(|to| (change.path.clone(), to)));
    }
    outlived
}

/// Visits the texts by which a relation is bound to others for life, with their places.
pub(crate) fn each_binding(inputs: &Inputs<'_>, relation: &ResourceState, visit: &mut dyn FnMut(&str, &str)) {
    let Some(schema) = relation_type(inputs, &relation.type_name) else { return };
    for (name, value) in relation.properties.iter().filter(|(name, _)| is_fixed(schema, name)) {
        each_leaf(name, value, &mut |place, leaf| {
            if let Some(text) = leaf.as_str() {
                visit(place, text);
            }
        });
    }
}

/// The schema of a type whose resources are relations of others.
pub(super) fn relation_type(inputs: &Inputs<'_>, type_name: &str) -> Option<&'static ResourceType> {
    let behavior = (inputs.behavior)(type_name)?;
    lookup(type_name).filter(|_| behavior.recovery == Recovery::ByParts)
}

/// Whether a property cannot be changed.
pub(super) fn is_fixed(schema: &ResourceType, name: &str) -> bool {
    schema.cursor().key(name).replacement() == Replacement::Always
}
