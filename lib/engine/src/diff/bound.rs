//! Relations that go with what they are bound to.

use std::collections::BTreeMap;

use groundplan_core::{Path, Value};
use groundplan_schema::{Replacement, ResourceType, lookup};

use super::{Action, Change, Inputs};
use crate::model::{ResourceState, State};
use crate::provider::Recovery;

/// The relations that would stay while a resource that they are bound to for life is deleted, each with that,
/// where something of the program has its name from then on. Even under the same name it is another one: the
/// policy of a bucket goes with that, and a role cannot be deleted as long as it has one.
pub(super) fn to_what_goes(
    inputs: &Inputs<'_>,
    state: &State,
    changes: &BTreeMap<Path, Change>,
) -> BTreeMap<Path, Path> {
    if !changes.values().any(goes) {
        return BTreeMap::new();
    }
    let stays = |change: &&Change| !matches!(change.action, Action::Create | Action::Forget) && !goes(change);
    let bound = changes.values().filter(stays).filter_map(|change| {
        let relation = state.resources.get(&change.path)?;
        let target = targets(inputs, state, relation).find(|(target, name, text)| {
            changes.get(*target).is_some_and(goes) && is_named(inputs, &change.path, name, text)
        });
        Some((change.path.clone(), target?.0.clone()))
    });
    bound.collect()
}

/// Whether what stands at its path is deleted.
pub(crate) fn goes(change: &Change) -> bool {
    matches!(change.action, Action::Delete | Action::Replace(_))
}

/// Whether a relation is bound to `target`, which it was made after, by a property of this name.
pub(crate) fn is_bound(inputs: &Inputs<'_>, state: &State, relation: &ResourceState, target: &Path) -> bool {
    targets(inputs, state, relation).any(|(path, ..)| path == target)
}

/// What a relation is bound to by properties that cannot be changed, of what it was made after; each with the
/// property and its text.
fn targets<'a>(
    inputs: &'a Inputs<'_>,
    state: &'a State,
    relation: &'a ResourceState,
) -> impl Iterator<Item = (&'a Path, &'a str, &'a str)> {
    let is_relation = (inputs.behavior)(&relation.type_name).is_some_and(|it| it.recovery == Recovery::ByParts);
    let schema = lookup(&relation.type_name).filter(|_| is_relation);
    let fixed =
        move |name: &str| schema.is_some_and(|schema| schema.cursor().key(name).replacement() == Replacement::Always);
    let texts = relation.properties.iter().filter(move |(name, _)| fixed(name));
    let texts = texts.filter_map(|(name, value)| Some((name.as_str(), value.as_str()?)));
    texts.flat_map(move |(name, text)| {
        let is_it = move |path: &&Path| state.resources.get(*path).is_some_and(|target| identifies(target, text));
        relation.dependencies.iter().filter(is_it).map(move |path| (path, name, text))
    })
}

/// Whether a text is the identifier, name or ARN of a resource.
pub(crate) fn identifies(resource: &ResourceState, text: &str) -> bool {
    let Some(schema) = lookup(&resource.type_name) else { return resource.id == text };
    let is_it = |name: &str| schema.is_identified_by(name);
    let mut outputs = resource.outputs.iter().filter(|(name, _)| is_it(name));
    let own = schema.own_name().and_then(|name| resource.properties.get(name)?.as_str());
    resource.id == text || own == Some(text) || outputs.any(|(_, value)| value.as_str() == Some(text))
}

/// Whether the program has something of this name for a property of the resource at `path`: what the property
/// refers to, or what has the text that stands there.
fn is_named(inputs: &Inputs<'_>, path: &Path, name: &str, text: &str) -> bool {
    let Some(value) = inputs.assembly.resources.get(path).and_then(|entry| entry.properties.get(name)) else {
        return false;
    };
    let has_name = |path: &Path| {
        let entry = &inputs.assembly.resources[path];
        let own = lookup(&entry.type_name).and_then(ResourceType::own_name);
        own.and_then(|own| entry.properties.get(own)).and_then(Value::as_str) == Some(text)
    };
    !value.references().is_empty() || inputs.assembly.dependencies(path).iter().any(has_name)
}
