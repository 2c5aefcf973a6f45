//! Dependencies between existing resources: those that existed when a resource was created, those that it names, and
//! those that its public addresses hold. The diff uses them for resources that have to stay with a remaining resource,
//! `only` for resources that cannot be left out, the schedule for the order of deletions, and the check of a plan for
//! resources that cannot be deleted.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use groundplan_core::Path;
use groundplan_schema::lookup;

use super::bound::is_binding;
use super::existing::{Incarnation, Key, NameIndex, all, deposed, goes, standing};
use super::occupants::{Occupied, is_detached, occupied};
use super::{Change, ChangeSet, DeposedChange, Inputs};
use crate::model::{ResourceState, State};
use crate::provider::{Behavior, Identity};

/// The relation by which one resource needs another one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Need {
    /// It was created after the other one.
    MadeAfter,
    /// It names the other one at this place of its properties, so the other one cannot be deleted.
    Property(String),
    /// It has public addresses that depend on the other one.
    PublicAddresses,
}

impl fmt::Display for Need {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::MadeAfter => f.write_str("created after it"),
            Self::Property(place) => f.write_str(place),
            Self::PublicAddresses => f.write_str("its public addresses"),
        }
    }
}

/// A dependency of one resource on another one.
pub(crate) struct Link<'s> {
    pub(crate) user: Incarnation<'s>,
    pub(crate) needed: Incarnation<'s>,
    pub(crate) need: Need,
    /// `true` if this resource is the needed one. If several have or had the path that a resource was created after, it
    /// certainly is the one that it names, or else the one of its time.
    pub(crate) certain: bool,
}

/// Each need of what exists.
pub(crate) struct Needs<'s> {
    links: Vec<Link<'s>>,
    by_user: BTreeMap<Key<'s>, Vec<usize>>,
    by_needed: BTreeMap<Key<'s>, Vec<usize>>,
}

impl<'s> Needs<'s> {
    pub(crate) fn new(state: &'s State, identity: &'s Identity, behavior: &dyn Fn(&str) -> Option<Behavior>) -> Self {
        let existing: Vec<_> = all(state).collect();
        let names = NameIndex::new(&existing, identity);
        let mut by_path: BTreeMap<&Path, Vec<Incarnation<'_>>> = BTreeMap::new();
        existing.iter().for_each(|it| by_path.entry(it.path).or_default().push(*it));
        let mut needs = Self { links: Vec::new(), by_user: BTreeMap::new(), by_needed: BTreeMap::new() };
        for user in existing {
            for path in &user.resource.dependencies {
                let there = by_path.get(path).map_or(&[][..], Vec::as_slice);
                let is_meant = |it: &Incarnation<'_>| there.len() == 1 || user.names(it);
                let one_is_meant = there.iter().any(is_meant);
                for it in there {
                    let of_its_time = it.stands(state) == user.stands(state);
                    let certain = if one_is_meant { is_meant(it) } else { of_its_time };
                    needs.add(Link { user, needed: *it, need: Need::MadeAfter, certain });
                }
            }
            for (name, value) in &user.resource.properties {
                value.walk_leaves(name, &mut |place, leaf| {
                    let named = leaf.as_str().into_iter().flat_map(|text| names.at(user.resource, place, text));
                    for needed in named.filter(|it| holds(behavior, user.resource, place, it.resource)) {
                        needs.add(Link { user, needed, need: Need::Property(place.to_owned()), certain: true });
                    }
                });
            }
        }
        for Occupied { held, occupants } in occupied(state) {
            for user in occupants {
                needs.add(Link { user, needed: held, need: Need::PublicAddresses, certain: true });
            }
        }
        needs
    }

    fn add(&mut self, link: Link<'s>) {
        let (user, needed) = (link.user.key(), link.needed.key());
        if user != needed {
            self.by_user.entry(user).or_default().push(self.links.len());
            self.by_needed.entry(needed).or_default().push(self.links.len());
            self.links.push(link);
        }
    }

    /// Returns the links to resources that a resource needs or may need.
    pub(crate) fn perhaps_of(&self, user: &Incarnation<'_>) -> Vec<&Link<'s>> {
        self.at(self.by_user.get(&user.key()))
    }

    /// Returns the links to resources that a resource needs.
    pub(crate) fn of(&self, user: &Incarnation<'_>) -> Vec<&Link<'s>> {
        certain(self.perhaps_of(user))
    }

    /// Returns the links from resources that need a resource.
    pub(crate) fn users(&self, needed: &Incarnation<'_>) -> Vec<&Link<'s>> {
        certain(self.at(self.by_needed.get(&needed.key())))
    }

    fn at(&self, positions: Option<&Vec<usize>>) -> Vec<&Link<'s>> {
        positions.into_iter().flatten().map(|at| &self.links[*at]).collect()
    }
}

fn certain<'l, 's>(mut links: Vec<&'l Link<'s>>) -> Vec<&'l Link<'s>> {
    links.retain(|link| link.certain);
    links
}

/// Returns whether a resource that names another one at a place prevents its deletion, or is a part of it: two buckets
/// that log into each other hold neither.
fn holds(
    behavior: &dyn Fn(&str) -> Option<Behavior>,
    user: &ResourceState,
    place: &str,
    named: &ResourceState,
) -> bool {
    let property = place.split('.').next().unwrap_or_default();
    let schemas = lookup(&user.type_name).zip(lookup(&named.type_name));
    schemas.is_some_and(|(user, named)| user.holds(place, named)) || is_binding(behavior, &user.type_name, property)
}

/// Returns the existing resources that are deleted.
pub(crate) fn deleted<'s>(
    state: &'s State,
    changes: &BTreeMap<Path, Change>,
    replaced: &[DeposedChange],
) -> Vec<Incarnation<'s>> {
    let by_key: BTreeSet<Key<'_>> = replaced.iter().map(|old| (&old.path, old.generation, &*old.id)).collect();
    let replaced = deposed(state).filter(|it| by_key.contains(&it.key()));
    let goes = changes.values().filter(|change| goes(change));
    goes.filter_map(|change| standing(state, &change.path)).chain(replaced).collect()
}

/// The deletions of a plan, and the dependencies between all existing resources.
pub(crate) struct Going<'s> {
    pub(crate) deleted: Vec<Incarnation<'s>>,
    keys: BTreeSet<Key<'s>>,
    pub(crate) needs: Needs<'s>,
}

impl<'s> Going<'s> {
    /// None where nothing is deleted, and no change in place gives away what others hold.
    pub(crate) fn new(inputs: &Inputs<'s>, changes: &ChangeSet) -> Option<Self> {
        let state = inputs.state;
        let deleted = deleted(state, &changes.changes, &changes.deposed);
        if deleted.is_empty() && !changes.changes.values().any(is_detached) {
            return None;
        }
        let keys = deleted.iter().map(Incarnation::key).collect();
        Some(Self { deleted, keys, needs: Needs::new(state, inputs.identity, inputs.behavior) })
    }

    pub(crate) fn includes(&self, it: &Incarnation<'_>) -> bool {
        self.keys.contains(&it.key())
    }
}

#[cfg(test)]
#[path = "needs_tests.rs"]
mod tests;
