//! Parts of others that go with them.

use std::collections::BTreeMap;

use groundplan_core::{Path, Value};
use groundplan_schema::{Replacement, ResourceType, lookup};

use super::existing::{Incarnation, NameIndex, deposed, goes, standing};
use super::{Change, Inputs};
use crate::model::{ResourceState, State};
use crate::provider::{Behavior, Recovery};

/// Returns the parts that would stay while the resource that they are permanently bound to is deleted, each with that
/// resource, if a resource of the program has its name afterwards. Even with the same name it is another resource: the
/// policy of a bucket is deleted with the bucket, and a role cannot be deleted as long as it has one.
pub(super) fn to_what_goes(
    inputs: &Inputs<'_>,
    state: &State,
    changes: &BTreeMap<Path, Change>,
) -> BTreeMap<Path, Path> {
    let going = changes.values().filter(|change| goes(change)).filter_map(|change| standing(state, &change.path));
    let deleted: Vec<Incarnation<'_>> = going.chain(deposed(state)).collect();
    if deleted.is_empty() {
        return BTreeMap::new();
    }
    let named = NameIndex::new(&deleted, inputs.identity);
    let bound = changes.values().filter(|change| !goes(change)).filter_map(|change| {
        let part = state.resources.get(&change.path)?;
        let mut found = None;
        each_binding(inputs.behavior, part, &mut |name, place, text| {
            let target = whole(inputs, &named, &deleted, (&change.path, part), (name, place, text));
            found = found.take().or(target.filter(|target| is_named(inputs, &change.path, name, text, target)));
        });
        Some((change.path.clone(), found?.path.clone()))
    });
    bound.collect()
}

/// Returns whether resources of a type are parts of others.
pub(super) fn is_part(behavior: &dyn Fn(&str) -> Option<Behavior>, type_name: &str) -> bool {
    is_by_parts(behavior, type_name) || lookup(type_name).is_some_and(ResourceType::is_bound)
}

/// Returns whether a resource is identified by its parts: for the provider, or for the API of its service, however the
/// provider manages it.
fn is_by_parts(behavior: &dyn Fn(&str) -> Option<Behavior>, type_name: &str) -> bool {
    let by_parts = |behavior: Behavior| behavior.recovery == Recovery::ByParts;
    behavior(type_name).is_some_and(by_parts) || lookup(type_name).is_some_and(|schema| by_parts(schema.own_behavior()))
}

/// Returns whether the resource named by this property has the resource as a part.
pub(crate) fn is_binding(behavior: &dyn Fn(&str) -> Option<Behavior>, type_name: &str, property: &str) -> bool {
    let Some(schema) = lookup(type_name) else { return false };
    let by_parts = is_by_parts(behavior, type_name);
    schema.is_bound_by(property) || by_parts && schema.cursor().key(property).replacement() == Replacement::Always
}

/// Visits the texts by which a part is bound to others, with the property and the place.
fn each_binding(
    behavior: &dyn Fn(&str) -> Option<Behavior>,
    part: &ResourceState,
    visit: &mut dyn FnMut(&str, &str, &str),
) {
    for (name, value) in part.properties.iter().filter(|(name, _)| is_binding(behavior, &part.type_name, name)) {
        value.walk_leaves(name, &mut |place, leaf| {
            leaf.as_str().into_iter().for_each(|text| visit(name, place, text));
        });
    }
}

/// Returns the deleted resource that a text of a part names: by the schema, or by the reference in the program.
fn whole<'s>(
    inputs: &Inputs<'_>,
    named: &NameIndex<'s>,
    deleted: &[Incarnation<'s>],
    (path, part): (&Path, &ResourceState),
    (name, place, text): (&str, &str, &str),
) -> Option<Incarnation<'s>> {
    let related = named.at(part, place, text).into_iter().find(|it| it.path != path);
    let referred = || {
        let value = inputs.assembly.resources.get(path)?.properties.get(name)?;
        let references = value.references();
        let is_it = |it: &&Incarnation<'_>| {
            references.iter().any(|reference| reference.path == *it.path) && it.is_identified_by(text)
        };
        deleted.iter().find(is_it).copied()
    };
    related.or_else(referred)
}

/// Returns whether the program has a resource with the name of `old` for a property of the resource at `path`: the
/// target of the property's reference, or a resource of the same type with this text as its name.
fn is_named(inputs: &Inputs<'_>, path: &Path, name: &str, text: &str, old: &Incarnation<'_>) -> bool {
    let Some(value) = inputs.assembly.resources.get(path).and_then(|entry| entry.properties.get(name)) else {
        return false;
    };
    let has_name = |path: &Path| {
        let entry = &inputs.assembly.resources[path];
        let own = lookup(&entry.type_name).and_then(ResourceType::own_name);
        let stated = own.and_then(|own| entry.properties.get(own)).and_then(Value::as_str);
        entry.type_name == old.resource.type_name && stated == Some(text)
    };
    !value.references().is_empty() || inputs.assembly.dependencies(path).iter().any(has_name)
}

#[cfg(test)]
#[path = "bound_tests.rs"]
mod tests;
