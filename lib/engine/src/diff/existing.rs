//! What exists, and who uses whom of it: what stands at a path, and what was replaced there and is still to be
//! deleted.

use std::collections::{BTreeMap, BTreeSet};

use groundplan_core::{Path, Value};
use groundplan_schema::lookup;

use super::{Action, Change, ChangeSet, claims};
use crate::model::{ResourceState, State};
use crate::provider::Identity;

/// A resource that exists.
#[derive(Clone, Copy)]
pub(crate) struct Existing<'s> {
    pub(crate) path: &'s Path,
    pub(crate) resource: &'s ResourceState,
}

/// Tells it from the others of its path: by generation and identifier.
pub(crate) type Incarnation<'s> = (&'s Path, u32, &'s str);

impl<'s> Existing<'s> {
    pub(crate) fn incarnation(&self) -> Incarnation<'s> {
        (self.path, self.resource.generation, &self.resource.id)
    }

    /// Whether it stands at its path, and was not replaced there.
    pub(crate) fn stands(&self, state: &State) -> bool {
        state.resources.get(self.path).is_some_and(|now| std::ptr::eq(now, self.resource))
    }

    /// Whether a text is its identifier, name or ARN.
    pub(crate) fn is_identified_by(&self, text: &str) -> bool {
        let Self { resource, .. } = self;
        let Some(schema) = lookup(&resource.type_name) else { return resource.id == text };
        let is_it = |name: &str| schema.is_identified_by(name);
        let mut outputs = resource.outputs.iter().filter(|(name, _)| is_it(name));
        let own = schema.own_name().and_then(|name| resource.properties.get(name)?.as_str());
        resource.id == text || own == Some(text) || outputs.any(|(_, value)| value.as_str() == Some(text))
    }

    /// Its identifier, names and ARNs.
    fn texts(&self) -> BTreeSet<&'s str> {
        let outputs = self.resource.outputs.values().filter_map(|value| value.as_str());
        let properties = self.resource.properties.values().filter_map(Value::as_str);
        let texts = outputs.chain(properties).chain([self.resource.id.as_str()]);
        texts.filter(|text| self.is_identified_by(text)).collect()
    }
}

/// Everything that exists.
pub(crate) fn all(state: &State) -> impl Iterator<Item = Existing<'_>> {
    let standing = state.resources.iter().map(|(path, resource)| Existing { path, resource });
    standing.chain(state.deposed.iter().map(|old| Existing { path: &old.path, resource: &old.resource }))
}

/// What changes delete.
pub(crate) fn deleted<'s>(state: &'s State, changes: &ChangeSet) -> Vec<Existing<'s>> {
    let deposed: BTreeSet<Incarnation<'_>> =
        changes.deposed.iter().map(|old| (&old.path, old.generation, &*old.id)).collect();
    let is_deleted = |it: &Existing<'_>| {
        if it.stands(state) {
            changes.changes.get(it.path).is_some_and(goes)
        } else {
            deposed.contains(&it.incarnation())
        }
    };
    all(state).filter(is_deleted).collect()
}

/// Whether what stands at its path is deleted.
pub(crate) fn goes(change: &Change) -> bool {
    matches!(change.action, Action::Delete | Action::Replace(_))
}

/// Existing resources by the texts that name them.
pub(crate) struct Named<'s> {
    by_text: BTreeMap<&'s str, Vec<Existing<'s>>>,
    identity: &'s Identity,
}

impl<'s> Named<'s> {
    pub(crate) fn new(things: &[Existing<'s>], identity: &'s Identity) -> Self {
        let mut by_text: BTreeMap<&str, Vec<Existing<'_>>> = BTreeMap::new();
        for thing in things {
            for text in thing.texts() {
                by_text.entry(text).or_default().push(*thing);
            }
        }
        Self { by_text, identity }
    }

    /// The resources that a text names at a place of `user`, as in `VpcConfig.SubnetIds`, by the schema.
    pub(crate) fn at(&self, user: &ResourceState, place: &str, text: &str) -> Vec<Existing<'s>> {
        let (Some(known), Some(schema)) = (self.by_text.get(text), lookup(&user.type_name)) else {
            return Vec::new();
        };
        let relations = schema.relations(place);
        let is_meant = |named: &&Existing<'_>| {
            let has_text = |attribute: &str| {
                named.resource.id == text || named.resource.value_of(attribute).is_some_and(|value| value == text)
            };
            relations.iter().any(|it| it.resource == named.resource.type_name && has_text(it.attribute))
                && self.is_one_place(user, named.resource)
        };
        known.iter().filter(is_meant).copied().collect()
    }

    /// Whether a name that `user` has is one of the place where `named` is: two regions can have the same name.
    /// What claims no name has an identifier of its own.
    fn is_one_place(&self, user: &ResourceState, named: &ResourceState) -> bool {
        if self.identity.account_of(&user.environment) != self.identity.account_of(&named.environment) {
            return false;
        }
        user.environment.region == named.environment.region
            || claims::kept(named, &user.environment, &named.properties, self.identity, &|_, _| None)
                == claims::held(named, self.identity)
    }
}

/// Returns the resources that use each of these, of everything that exists: they were made after it, or hold it by
/// a name. `holds` says whether a value at a place of the properties of one resource holds another one: two buckets
/// that log into each other do not.
pub(crate) fn users<'s>(
    state: &'s State,
    identity: &'s Identity,
    of: &[Existing<'s>],
    holds: &dyn Fn(&ResourceState, &str, &ResourceState) -> bool,
) -> BTreeMap<Incarnation<'s>, Vec<Existing<'s>>> {
    let mut users: BTreeMap<Incarnation<'_>, BTreeMap<Incarnation<'_>, Existing<'_>>> = BTreeMap::new();
    let mut by_path: BTreeMap<&Path, Vec<Existing<'_>>> = BTreeMap::new();
    all(state).for_each(|thing| by_path.entry(thing.path).or_default().push(thing));
    let wanted: BTreeSet<Incarnation<'_>> = of.iter().map(Existing::incarnation).collect();
    let named = Named::new(of, identity);
    for user in all(state) {
        let mut used: Vec<Existing<'_>> = Vec::new();
        for path in &user.resource.dependencies {
            let there = by_path.get(path).map_or(&[][..], Vec::as_slice);
            // Of several that stand or stood there, it uses the one that it names, or that is of its time.
            let meant: Vec<_> = there.iter().filter(|it| there.len() == 1 || names(user.resource, it)).collect();
            let of_its_time = there.iter().filter(|it| it.stands(state) == user.stands(state));
            if meant.is_empty() { used.extend(of_its_time) } else { used.extend(meant) }
        }
        for (name, value) in &user.resource.properties {
            value.walk_leaves(name, &mut |place, leaf| {
                let named = leaf.as_str().into_iter().flat_map(|text| named.at(user.resource, place, text));
                used.extend(named.filter(|it| holds(user.resource, place, it.resource)));
            });
        }
        for used in used.into_iter().filter(|used| used.incarnation() != user.incarnation()) {
            if wanted.contains(&used.incarnation()) {
                users.entry(used.incarnation()).or_default().insert(user.incarnation(), user);
            }
        }
    }
    users.into_iter().map(|(used, users)| (used, users.into_values().collect())).collect()
}

/// Whether a text of the properties of `user` identifies a resource.
fn names(user: &ResourceState, thing: &Existing<'_>) -> bool {
    let mut found = false;
    for value in user.properties.values() {
        value.walk(&mut |value| found |= value.as_str().is_some_and(|text| thing.is_identified_by(text)));
    }
    found
}
