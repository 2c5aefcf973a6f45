//! Deletions: removed resources, leftovers of earlier runs, and `destroy`.
//!
//! The dependencies of a retained resource stay in the account with it: without its key, the data of a bucket is lost.
//! Often they are removed from the program in a later run than the retained resource, or when everything is destroyed.
//! So the state keeps a record of each retained resource, [`State::retained`], with all that was known of it. To the
//! planner it is one more existing resource with dependencies, which no plan changes. A mark on the dependency instead
//! would have to follow it through moves and replacements, and the user could not see or drop it; if the dependency
//! were removed from the state together with the retained resource, the program that still declares it would lose it. A
//! record ends when the resource is managed again or the user drops it.

use std::collections::{BTreeMap, BTreeSet};

use groundplan_core::Path;
use groundplan_schema::{lookup, memberships};

use super::bound::is_part;
use super::existing::{self, Incarnation, Key, standing};
use super::needs::Needs;
use super::{Action, Change, ChangeSet, DeposedChange, Inputs, OutputChange, Reason};
use crate::model::{ResourceState, ResourceStatus, State};
use crate::provider::{Behavior, Identity};

/// Computes the changes that empty the account. Unless `delete_data` is set, stateful resources stay, and so do their
/// dependencies and their parts: a bucket that is kept keeps its policy. Retained resources stay in the account with
/// what they need, and the state keeps a record of both.
pub fn destroy(inputs: &Inputs<'_>, delete_data: bool) -> ChangeSet {
    let Inputs { state, behavior, .. } = *inputs;
    let mut changes: BTreeMap<Path, Change> = state
        .resources
        .iter()
        .map(|(path, resource)| {
            let mut change = removed(path, resource, Reason::Destroyed);
            if resource.is_stateful() && !delete_data && change.action == Action::Delete && !change.protected {
                change = Change { action: Action::Keep, reasons: vec![Reason::Stateful], data_loss: false, ..change };
            }
            (path.clone(), change)
        })
        .collect();
    let needs = Needs::new(state, inputs.identity, behavior);
    let with = |action| {
        let found = changes.values().filter(move |change| change.action == action);
        found.filter_map(|change| standing(state, &change.path)).collect::<Vec<_>>()
    };
    let (mut kept, mut retained) = (with(Action::Keep), with(Action::Retain));
    // What an earlier run has replaced may be kept for its data, too.
    kept.extend(existing::deposed(state).filter(|old| !delete_data && old.resource.is_stateful()));
    retained.extend(existing::retained(state));
    let staying = Staying {
        kept: stay(&needs, state, &mut changes, kept, Action::Keep),
        left: stay(&needs, state, &mut changes, retained, Action::Retain),
    };
    parts_stay(state, &needs, &mut changes, &staying, behavior);
    let outputs = state.outputs.keys().map(|name| (name.clone(), OutputChange::Removed)).collect();
    let deposed = existing::deposed(state).filter(|old| !staying.includes(old)).map(|old| left_over(&old)).collect();
    ChangeSet { changes, deposed, outputs, ..ChangeSet::default() }
}

/// Of what a program has no more, what a retained resource needs stays in the account with it, and so do
/// its parts: one that this plan retains, or an earlier one. Gives the positions of what was replaced earlier and is
/// needed: that stays as it is.
pub(super) fn retain_needed(
    state: &State,
    identity: &Identity,
    changes: &mut BTreeMap<Path, Change>,
    behavior: &dyn Fn(&str) -> Option<Behavior>,
) -> BTreeSet<usize> {
    let is_retained = |change: &&Change| change.action == Action::Retain;
    let mut retained: Vec<_> =
        changes.values().filter(is_retained).filter_map(|change| standing(state, &change.path)).collect();
    retained.extend(existing::retained(state));
    let deletes = changes.values().any(|change| change.action == Action::Delete);
    if retained.is_empty() || (!deletes && state.deposed.is_empty()) {
        return BTreeSet::new();
    }
    let needs = Needs::new(state, identity, behavior);
    let staying = Staying { kept: BTreeSet::new(), left: stay(&needs, state, changes, retained, Action::Retain) };
    parts_stay(state, &needs, changes, &staying, behavior);
    existing::deposed(state).enumerate().filter(|(_, old)| staying.includes(old)).map(|(at, _)| at).collect()
}

/// Deposed and retained resources that are not deleted; the changes have no entries for them.
struct Staying<'s> {
    /// With [`Action::Keep`].
    kept: BTreeSet<Key<'s>>,
    /// With [`Action::Retain`].
    left: BTreeSet<Key<'s>>,
}

impl Staying<'_> {
    fn includes(&self, it: &Incarnation<'_>) -> bool {
        self.kept.contains(&it.key()) || self.left.contains(&it.key())
    }

    /// Returns the action for an existing resource.
    fn action(&self, state: &State, changes: &BTreeMap<Path, Change>, it: &Incarnation<'_>) -> Action {
        if it.stands(state) {
            return match changes.get(it.path) {
                // Its other path decides.
                Some(change) if change.action == Action::Forget => Action::NoOp,
                change => change.map_or(Action::Delete, |change| change.action),
            };
        }
        match (self.kept.contains(&it.key()), self.left.contains(&it.key())) {
            (true, _) => Action::Keep,
            (_, true) => Action::Retain,
            _ => Action::Delete,
        }
    }
}

/// Leaves, with `action`, all that would be deleted and that these need. Gives these and what was replaced earlier
/// that they need.
fn stay<'s>(
    needs: &Needs<'s>,
    state: &State,
    changes: &mut BTreeMap<Path, Change>,
    mut open: Vec<Incarnation<'s>>,
    action: Action,
) -> BTreeSet<Key<'s>> {
    let mut staying: BTreeSet<_> = open.iter().map(Incarnation::key).collect();
    while let Some(user) = open.pop() {
        for needed in needs.of(&user).into_iter().map(|link| link.needed) {
            let stays = if needed.stands(state) {
                let change = changes.get_mut(needed.path).filter(|change| change.action == Action::Delete);
                change.map(|change| leave(change, action, [Reason::NeededBy(user.path.clone())])).is_some()
            } else {
                staying.insert(needed.key())
            };
            if stays {
                open.push(needed);
            }
        }
    }
    staying
}

/// Leaves the parts of what stays, in the state where that is in the state: those that need nothing that is
/// deleted.
fn parts_stay(
    state: &State,
    needs: &Needs<'_>,
    changes: &mut BTreeMap<Path, Change>,
    staying: &Staying<'_>,
    behavior: &dyn Fn(&str) -> Option<Behavior>,
) {
    let parts: Vec<_> = state.resources.iter().filter(|(_, it)| is_part(behavior, &it.type_name)).collect();
    // A part may have parts.
    loop {
        let stay = |&(path, resource): &(&Path, &ResourceState)| {
            let part = Incarnation { path, resource };
            let (action, whole) = part_stays(needs, state, changes, staying, &part)?;
            Some((path.clone(), action, whole))
        };
        let found: Vec<_> = parts.iter().filter_map(stay).collect();
        if found.is_empty() {
            return;
        }
        for (path, action, whole) in found {
            if let Some(change) = changes.get_mut(&path) {
                leave(change, action, [Reason::PartOf(whole)]);
            }
        }
    }
}

/// Returns the action that replaces the deletion of a part, and the resource that it stays with.
fn part_stays(
    needs: &Needs<'_>,
    state: &State,
    changes: &BTreeMap<Path, Change>,
    staying: &Staying<'_>,
    part: &Incarnation<'_>,
) -> Option<(Action, Path)> {
    let action = |it: &Incarnation<'_>| staying.action(state, changes, it);
    let is_going = |action| matches!(action, Action::Delete | Action::Replace(_));
    let needed: Vec<_> = needs.of(part).into_iter().map(|link| link.needed).collect();
    let goes = |path: &Path| {
        let mut there = needed.iter().filter(|it| it.path == path).peekable();
        match there.peek() {
            Some(_) => there.all(|it| is_going(action(it))),
            // What is not there is made perhaps.
            None => changes.get(path).is_none_or(|change| is_going(change.action)),
        }
    };
    if action(part) != Action::Delete || part.resource.dependencies.iter().any(goes) {
        return None;
    }
    let wholes = wholes(part.resource, needed);
    let with = |wanted| wholes.iter().find(|whole| action(whole) == wanted).map(|whole| (wanted, whole.path.clone()));
    with(Action::Keep).or_else(|| with(Action::Retain))
}

/// Returns the owners of a relation among the resources that it needs: of a security group rule the group and not its
/// peer, if the schema distinguishes them.
fn wholes<'s>(part: &ResourceState, needed: Vec<Incarnation<'s>>) -> Vec<Incarnation<'s>> {
    let owners: Vec<&str> = memberships(&part.type_name).map(|(_, member)| member.owner_property).collect();
    let identifier = lookup(&part.type_name).map_or(&[][..], |schema| &schema.primary_identifier);
    let bound = part.properties.keys().map(String::as_str);
    let bound = bound.filter(|name| lookup(&part.type_name).is_some_and(|schema| schema.is_bound_by(name)));
    let names = owners.into_iter().chain(identifier.iter().copied()).chain(bound);
    let texts: Vec<&str> = names.filter_map(|name| part.properties.get(name)?.as_str()).collect();
    let needed: Vec<_> = needed.into_iter().filter(|it| part.dependencies.contains(it.path)).collect();
    let is_owner = |owner: &&Incarnation<'_>| texts.iter().any(|text| owner.is_identified_by(text));
    let owners: Vec<_> = needed.iter().filter(is_owner).copied().collect();
    let is_only_bound = lookup(&part.type_name).is_some_and(|schema| schema.is_bound());
    if owners.is_empty() && !is_only_bound { needed } else { owners }
}

fn leave(change: &mut Change, action: Action, reasons: impl Into<Vec<Reason>>) {
    change.action = action;
    change.reasons = reasons.into();
    (change.data_loss, change.protected) = (false, false);
}

pub(super) fn removed(path: &Path, resource: &ResourceState, reason: Reason) -> Change {
    let retained = resource.lifecycle.retain && resource.status != ResourceStatus::Tainted;
    Change {
        path: path.clone(),
        type_name: resource.type_name.clone(),
        action: if retained { Action::Retain } else { Action::Delete },
        reasons: std::iter::once(reason).chain(retained.then_some(Reason::Retained)).collect(),
        properties: Vec::new(),
        moved_from: None,
        data_loss: !retained && resource.is_stateful(),
        protected: resource.is_protected() && !retained,
    }
}

/// The deletion of what an earlier run has replaced.
pub(super) fn left_over(old: &Incarnation<'_>) -> DeposedChange {
    let Incarnation { path, resource } = *old;
    DeposedChange {
        path: path.clone(),
        type_name: resource.type_name.clone(),
        id: resource.id.clone(),
        generation: resource.generation,
        data_loss: resource.is_stateful(),
        protected: resource.is_protected(),
    }
}

#[cfg(test)]
#[path = "removed_tests.rs"]
mod tests;
