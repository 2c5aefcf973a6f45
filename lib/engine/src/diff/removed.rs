//! What goes: removed resources, what earlier runs have left over, and everything.

use std::collections::{BTreeMap, BTreeSet};

use groundplan_core::Path;
use groundplan_schema::{lookup, memberships};

use super::bound::is_part;
use super::existing::Existing;
use super::{Action, Change, ChangeSet, DeposedChange, OutputChange, Reason, occupants};
use crate::model::{ResourceState, ResourceStatus, State};
use crate::provider::Behavior;

/// What has to be done so that the account holds nothing. What holds data stays unless
/// `delete_data`, and so do all that it depends on and its parts: a bucket that is kept keeps its
/// policy. What is retained stays in the account with what it needs, and the state forgets both;
/// but where the state keeps something of that for its data, it keeps the retained one, too: it is
/// the only trace of why that cannot be deleted.
pub fn destroy(state: &State, behavior: &dyn Fn(&str) -> Option<Behavior>, delete_data: bool) -> ChangeSet {
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
    let needs = Needs::new(state);
    let with =
        |action| changes.values().filter(move |change| change.action == action).map(|change| change.path.clone());
    let (mut kept, mut retained): (Vec<Path>, Vec<Path>) =
        (with(Action::Keep).collect(), with(Action::Forget).collect());
    // What an earlier run has replaced, and is kept for its data, needs what it was made after.
    let left_over = state.deposed.iter().filter(|old| old.resource.is_stateful() && !delete_data);
    for needed in left_over.flat_map(|old| old.resource.dependencies.iter().map(move |needed| (needed, &old.path))) {
        if let Some(change) = changes.get_mut(needed.0).filter(|change| change.action == Action::Delete) {
            leave(change, Action::Keep, [Reason::NeededBy(needed.1.clone())]);
            kept.push(needed.0.clone());
        }
    }
    while let Some((at, shared)) = needs.first_shared(&retained, &kept) {
        let path = retained.swap_remove(at);
        if let Some(change) = changes.get_mut(&path) {
            leave(change, Action::Keep, [Reason::Retained, Reason::Needs(shared)]);
        }
        kept.push(path);
    }
    stay(&needs, &mut changes, kept, Action::Keep);
    stay(&needs, &mut changes, retained, Action::Forget);
    parts_stay(state, &mut changes, behavior);
    let outputs = state.outputs.keys().map(|name| (name.clone(), OutputChange::Removed)).collect();
    let deposed = deposed(state).filter(|old| delete_data || !old.data_loss).collect();
    ChangeSet { changes, deposed, outputs, ..ChangeSet::default() }
}

/// Of what a program has no more, what a retained resource needs stays in the account with it, and so do
/// its parts.
pub(super) fn retain_needed(
    state: &State,
    changes: &mut BTreeMap<Path, Change>,
    behavior: &dyn Fn(&str) -> Option<Behavior>,
) {
    let is_retained = |change: &&Change| change.action == Action::Forget && change.reasons.contains(&Reason::Retained);
    let retained: Vec<Path> = changes.values().filter(is_retained).map(|change| change.path.clone()).collect();
    if !retained.is_empty() {
        stay(&Needs::new(state), changes, retained, Action::Forget);
        parts_stay(state, changes, behavior);
    }
}

/// What the resources of a state need to stay.
struct Needs<'s> {
    state: &'s State,
    /// What each holds though it was not made after that.
    holds: BTreeMap<&'s Path, BTreeSet<&'s Path>>,
}

impl<'s> Needs<'s> {
    fn new(state: &'s State) -> Self {
        let mut holds: BTreeMap<&Path, BTreeSet<&Path>> = BTreeMap::new();
        for (held, occupants) in occupants::occupants(state) {
            for occupant in occupants.into_iter().filter(|it| it.stands(state)) {
                holds.entry(occupant.path).or_default().insert(held);
            }
        }
        Self { state, holds }
    }

    fn of(&self, path: &Path) -> impl Iterator<Item = &'s Path> {
        let resource = self.state.resources.get(path);
        let made_after = resource.into_iter().flat_map(|resource| &resource.dependencies);
        made_after.chain(self.holds.get(path).into_iter().flatten().copied())
    }

    /// The position of the first of these paths that needs what one of `others` is or needs, with that.
    fn first_shared(&self, paths: &[Path], others: &[Path]) -> Option<(usize, Path)> {
        let taken = self.all_of(others);
        let shared = |path: &Path| {
            let needed = self.all_of(std::slice::from_ref(path));
            needed.into_iter().find(|needed| *needed != path && taken.contains(needed)).cloned()
        };
        paths.iter().enumerate().find_map(|(at, path)| Some((at, shared(path)?)))
    }

    /// These and all that they need, however indirectly.
    fn all_of<'p>(&self, paths: &'p [Path]) -> BTreeSet<&'p Path>
    where
        's: 'p,
    {
        let mut all = BTreeSet::new();
        let mut open: Vec<&Path> = paths.iter().collect();
        while let Some(path) = open.pop() {
            if self.state.resources.contains_key(path) && all.insert(path) {
                open.extend(self.of(path));
            }
        }
        all
    }
}

/// Leaves, with `action`, all that would be deleted and that the resources at these paths need.
fn stay(needs: &Needs<'_>, changes: &mut BTreeMap<Path, Change>, mut open: Vec<Path>, action: Action) {
    while let Some(path) = open.pop() {
        for needed in needs.of(&path) {
            if let Some(change) = changes.get_mut(needed).filter(|change| change.action == Action::Delete) {
                leave(change, action, [Reason::NeededBy(path.clone())]);
                open.push(needed.clone());
            }
        }
    }
}

/// Leaves the parts of what stays, in the state where that is in the state: those that need nothing that is
/// deleted.
fn parts_stay(state: &State, changes: &mut BTreeMap<Path, Change>, behavior: &dyn Fn(&str) -> Option<Behavior>) {
    let parts: Vec<_> = state.resources.iter().filter(|(_, it)| is_part(behavior, &it.type_name)).collect();
    // A part may have parts.
    loop {
        let staying: Vec<_> = parts.iter().filter_map(|(path, part)| part_stays(state, changes, path, part)).collect();
        if staying.is_empty() {
            return;
        }
        for (path, action, whole) in staying {
            if let Some(change) = changes.get_mut(&path) {
                leave(change, action, [Reason::PartOf(whole)]);
            }
        }
    }
}

/// How a part that would be deleted stays instead, and with what.
fn part_stays(
    state: &State,
    changes: &BTreeMap<Path, Change>,
    path: &Path,
    part: &ResourceState,
) -> Option<(Path, Action, Path)> {
    let action = |path: &Path| changes.get(path).map(|change| change.action);
    let goes = |path: &Path| matches!(action(path), None | Some(Action::Delete | Action::Replace(_)));
    if action(path) != Some(Action::Delete) || part.dependencies.iter().any(goes) {
        return None;
    }
    // What stands under a second path is forgotten there for another reason.
    let is_left = |path: &Path| {
        let reasons = changes.get(path).map_or(&[][..], |change| &change.reasons);
        reasons.iter().any(|it| matches!(it, Reason::Retained | Reason::NeededBy(_) | Reason::PartOf(_)))
    };
    let wholes = wholes(state, part);
    let kept = wholes.iter().find(|whole| action(whole) == Some(Action::Keep));
    let left = || wholes.iter().find(|whole| action(whole) == Some(Action::Forget) && is_left(whole));
    let (whole, action) = match kept {
        Some(whole) => (whole, Action::Keep),
        None => (left()?, Action::Forget),
    };
    Some((path.clone(), action, (*whole).clone()))
}

/// What a relation is a part of: of a security group's rule the group and not its peer, where the schema tells
/// them apart.
fn wholes<'s>(state: &'s State, part: &'s ResourceState) -> Vec<&'s Path> {
    let owners: Vec<&str> = memberships(&part.type_name).map(|(_, member)| member.owner_property).collect();
    let identifier = lookup(&part.type_name).map_or(&[][..], |schema| &schema.primary_identifier);
    let bound = part.properties.keys().map(String::as_str);
    let bound = bound.filter(|name| lookup(&part.type_name).is_some_and(|schema| schema.is_bound_by(name)));
    let names = owners.into_iter().chain(identifier.iter().copied()).chain(bound);
    let texts: Vec<&str> = names.filter_map(|name| part.properties.get(name)?.as_str()).collect();
    let is_owner = |path: &&Path| {
        let owner = state.resources.get(*path).map(|resource| Existing { path, resource });
        owner.is_some_and(|owner| texts.iter().any(|text| owner.is_identified_by(text)))
    };
    let owners: Vec<&Path> = part.dependencies.iter().filter(is_owner).collect();
    let is_only_bound = lookup(&part.type_name).is_some_and(|schema| schema.is_bound());
    if owners.is_empty() && !is_only_bound { part.dependencies.iter().collect() } else { owners }
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
        action: if retained { Action::Forget } else { Action::Delete },
        reasons: std::iter::once(reason).chain(retained.then_some(Reason::Retained)).collect(),
        properties: Vec::new(),
        moved_from: None,
        data_loss: !retained && resource.is_stateful(),
        protected: resource.is_protected() && !retained,
    }
}

pub(super) fn deposed(state: &State) -> impl Iterator<Item = DeposedChange> {
    state.deposed.iter().map(|old| DeposedChange {
        path: old.path.clone(),
        type_name: old.resource.type_name.clone(),
        id: old.resource.id.clone(),
        generation: old.resource.generation,
        data_loss: old.resource.is_stateful(),
        // What was made in part and set aside at once can be protected by no deploy any more.
        protected: old.resource.is_protected() && old.resource.status != ResourceStatus::Tainted,
    })
}

#[cfg(test)]
#[path = "removed_tests.rs"]
mod tests;
