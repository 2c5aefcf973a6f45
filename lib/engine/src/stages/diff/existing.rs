//! Existing resources: managed, deposed and retained ones.

use std::collections::{BTreeMap, BTreeSet};

use groundplan_core::{Path, Value};
use groundplan_schema::lookup;

use super::{Action, Change, claims};
use crate::model::{Orphan, ResourceState, State};
use crate::provider::Identity;

/// A resource that exists, of the several that may have been made at its path.
#[derive(Clone, Copy)]
pub(crate) struct Incarnation<'s> {
    pub(crate) path: &'s Path,
    pub(crate) resource: &'s ResourceState,
}

/// Tells it from the others of its path: by generation and identifier.
pub(crate) type Key<'s> = (&'s Path, u32, &'s str);

impl<'s> Incarnation<'s> {
    pub(crate) fn key(&self) -> Key<'s> {
        (self.path, self.resource.generation, &self.resource.id)
    }

    /// Returns whether it is the managed resource of its path, not a deposed or retained one.
    pub(crate) fn stands(&self, state: &State) -> bool {
        state.resources.get(self.path).is_some_and(|now| std::ptr::eq(now, self.resource))
    }

    /// Returns whether a text is its identifier, name or ARN.
    pub(crate) fn is_identified_by(&self, text: &str) -> bool {
        self.resource.is_identified_by(text)
    }

    /// Returns whether a text of its properties identifies `other`.
    pub(crate) fn names(&self, other: &Self) -> bool {
        self.resource.names(other.resource)
    }

    /// Its identifier, names and ARNs.
    fn texts(&self) -> BTreeSet<&'s str> {
        let outputs = self.resource.outputs.values().filter_map(|value| value.as_str());
        let properties = self.resource.properties.values().filter_map(Value::as_str);
        let texts = outputs.chain(properties).chain([self.resource.id.as_str()]);
        texts.filter(|text| self.is_identified_by(text)).collect()
    }
}

/// Returns the managed resource of a path.
pub(crate) fn standing<'s>(state: &'s State, path: &Path) -> Option<Incarnation<'s>> {
    state.resources.get_key_value(path).map(|(path, resource)| Incarnation { path, resource })
}

/// Returns replaced resources that are still to be deleted.
pub(crate) fn deposed(state: &State) -> impl Iterator<Item = Incarnation<'_>> {
    orphans(&state.deposed)
}

/// Returns resources that an earlier run retained in the account.
pub(crate) fn retained(state: &State) -> impl Iterator<Item = Incarnation<'_>> {
    orphans(&state.retained)
}

fn orphans(orphans: &[Orphan]) -> impl Iterator<Item = Incarnation<'_>> {
    orphans.iter().map(|old| Incarnation { path: &old.path, resource: &old.resource })
}

/// Everything that exists.
pub(crate) fn all(state: &State) -> impl Iterator<Item = Incarnation<'_>> {
    let standing = state.resources.iter().map(|(path, resource)| Incarnation { path, resource });
    standing.chain(deposed(state)).chain(retained(state))
}

/// Returns whether the managed resource of the path is deleted.
pub(crate) fn goes(change: &Change) -> bool {
    matches!(change.action, Action::Delete | Action::Replace(_))
}

/// Existing resources by the texts that name them.
pub(crate) struct NameIndex<'s> {
    by_text: BTreeMap<&'s str, Vec<Incarnation<'s>>>,
    identity: &'s Identity,
}

impl<'s> NameIndex<'s> {
    pub(crate) fn new(named: &[Incarnation<'s>], identity: &'s Identity) -> Self {
        let mut by_text: BTreeMap<&str, Vec<Incarnation<'_>>> = BTreeMap::new();
        for named in named {
            for text in named.texts() {
                by_text.entry(text).or_default().push(*named);
            }
        }
        Self { by_text, identity }
    }

    /// The resources that a text names at a place of `user`, as in `VpcConfig.SubnetIds`, by the schema.
    pub(crate) fn at(&self, user: &ResourceState, place: &str, text: &str) -> Vec<Incarnation<'s>> {
        let is_arn = text.starts_with("arn:");
        let known = self.by_text.get(text).map_or(&[][..], Vec::as_slice);
        let Some(schema) = lookup(&user.type_name).filter(|_| is_arn || !known.is_empty()) else { return Vec::new() };
        let relations = schema.relations(place);
        let is_meant = |named: &&Incarnation<'_>| {
            let has_text = |attribute: &str| {
                named.resource.id == text || named.resource.value_of(attribute).is_some_and(|value| value == text)
            };
            let mut related = relations.iter().filter(|relation| relation.resource == named.resource.type_name);
            related.any(|relation| has_text(relation.attribute)) && self.can_mean(user, named.resource)
        };
        let mut found: Vec<_> = known.iter().filter(is_meant).copied().collect();
        // An ARN that no output has is made of the identifier.
        for schema in relations.iter().filter(|_| is_arn).filter_map(|relation| lookup(relation.resource)) {
            let named = schema.in_arn(text).and_then(|parts| self.by_text.get(parts.name)).into_iter().flatten();
            for named in named.filter(|it| it.resource.type_name == schema.name && it.resource.is_named_by_arn(text)) {
                if self.is_of_account(text, named.resource) && found.iter().all(|other| other.key() != named.key()) {
                    found.push(*named);
                }
            }
        }
        found
    }

    /// Returns whether an ARN belongs to the account of a resource.
    fn is_of_account(&self, arn: &str, named: &ResourceState) -> bool {
        let account = arn.split(':').nth(4).unwrap_or_default();
        account.is_empty() || self.identity.account_of(&named.environment) == account
    }

    /// Returns whether a name in the properties of `user` can refer to `named`: two regions can have the same name. A
    /// type that claims no name has a unique identifier.
    fn can_mean(&self, user: &ResourceState, named: &ResourceState) -> bool {
        if self.identity.account_of(&user.environment) != self.identity.account_of(&named.environment) {
            return false;
        }
        user.environment.region == named.environment.region
            || claims::kept(named, &user.environment, &named.properties, self.identity, &|_, _| None)
                == claims::held(named, self.identity)
    }
}

#[cfg(test)]
#[path = "existing_tests.rs"]
mod tests;
