//! What goes: removed resources, what earlier runs have left over, and everything.

use std::collections::{BTreeMap, BTreeSet};

use groundplan_core::Path;

use super::{Action, Change, ChangeSet, DeposedChange, OutputChange, Reason};
use crate::model::{ResourceState, ResourceStatus, State};
use crate::provider::{Behavior, Recovery};

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
            if resource.holds_data() && !delete_data && change.action == Action::Delete && !change.protected {
                change = Change { action: Action::Keep, reasons: vec![Reason::HoldsData], data_loss: false, ..change };
            }
            (path.clone(), change)
        })
        .collect();
    let with = |action| changes.values().filter(move |change| change.action == action).map(|change| &change.path);
    let mut retained: BTreeMap<&Path, BTreeSet<&Path>> =
        with(Action::Forget).map(|path| (path, needed_by(state, path))).collect();
    let data: Vec<&Path> = with(Action::Keep).collect();
    let data = data.into_iter().filter(|path| !retained.values().any(|needed| needed.contains(path)));
    let mut kept: Vec<Path> = data.cloned().collect();
    let mut in_state: BTreeSet<&Path> = kept.iter().flat_map(|path| needed_by(state, path)).collect();
    in_state.extend(kept.iter().filter_map(|path| Some(state.resources.get_key_value(path)?.0)));
    let mut beside: Vec<(Path, Path)> = Vec::new();
    while let Some((path, shared)) = retained.iter().find_map(|(path, needed)| {
        let shared = needed.iter().find(|needed| in_state.contains(*needed))?;
        Some((*path, *shared))
    }) {
        beside.push((path.clone(), shared.clone()));
        in_state.insert(path);
        in_state.extend(retained.remove(path).into_iter().flatten());
    }
    let forgotten: Vec<Path> = retained.into_keys().cloned().collect();
    for (path, shared) in beside {
        if let Some(change) = changes.get_mut(&path) {
            change.action = Action::Keep;
            change.reasons = vec![Reason::Retained, Reason::Needs(shared)];
        }
        kept.push(path);
    }
    stay(state, &mut changes, kept, Action::Keep);
    stay(state, &mut changes, forgotten, Action::Forget);
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
        stay(state, changes, retained, Action::Forget);
        parts_stay(state, changes, behavior);
    }
}

/// All that a resource depends on, however indirectly.
fn needed_by<'s>(state: &'s State, path: &Path) -> BTreeSet<&'s Path> {
    let mut needed = BTreeSet::new();
    let mut open: Vec<&ResourceState> = state.resources.get(path).into_iter().collect();
    while let Some(resource) = open.pop() {
        let known = resource.dependencies.iter().filter_map(|path| state.resources.get_key_value(path));
        open.extend(known.filter(|(path, _)| needed.insert(*path)).map(|(_, resource)| resource));
    }
    needed
}

fn is_staying(change: &Change) -> bool {
    matches!(change.action, Action::Keep | Action::Forget)
}

/// Leaves, with `action`, all that would be deleted and that the resources at these paths depend on.
fn stay(state: &State, changes: &mut BTreeMap<Path, Change>, mut open: Vec<Path>, action: Action) {
    let mut seen = BTreeSet::new();
    while let Some(path) = open.pop() {
        let Some(resource) = state.resources.get(&path).filter(|_| seen.insert(path.clone())) else { continue };
        for needed in &resource.dependencies {
            let Some(change) = changes.get_mut(needed) else { continue };
            let is_retained = change.reasons.contains(&Reason::Retained);
            let turns = change.action == Action::Delete || change.action == Action::Keep && action == Action::Forget;
            if turns && !is_retained {
                leave(change, action, Reason::NeededBy(path.clone()));
            }
            if is_staying(change) {
                open.push(needed.clone());
            }
        }
    }
}

/// Leaves the parts of what stays, in the state where that is in the state.
fn parts_stay(state: &State, changes: &mut BTreeMap<Path, Change>, behavior: &dyn Fn(&str) -> Option<Behavior>) {
    let is_part = |type_name: &str| behavior(type_name).is_some_and(|it| it.recovery == Recovery::ByParts);
    for (path, resource) in state.resources.iter().filter(|(_, resource)| is_part(&resource.type_name)) {
        if changes.get(path).is_none_or(|change| change.action != Action::Delete) {
            continue;
        }
        let action = |needed: &Path| changes.get(needed).map(|change| change.action);
        let goes = |action| matches!(action, None | Some(Action::Delete | Action::Replace(_)));
        if resource.dependencies.iter().any(|needed| goes(action(needed))) {
            continue;
        }
        let whole = |wanted| resource.dependencies.iter().find(|needed| action(needed) == Some(wanted)).cloned();
        let kept = whole(Action::Keep).map(|whole| (whole, Action::Keep));
        let forgotten = || whole(Action::Forget).map(|whole| (whole, Action::Forget));
        if let (Some((whole, action)), Some(change)) = (kept.or_else(forgotten), changes.get_mut(path)) {
            leave(change, action, Reason::PartOf(whole));
        }
    }
}

fn leave(change: &mut Change, action: Action, reason: Reason) {
    change.action = action;
    change.reasons = vec![reason];
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
        data_loss: !retained && resource.holds_data(),
        protected: resource.is_protected() && !retained,
    }
}

pub(super) fn deposed(state: &State) -> impl Iterator<Item = DeposedChange> {
    state.deposed.iter().map(|old| DeposedChange {
        path: old.path.clone(),
        type_name: old.resource.type_name.clone(),
        id: old.resource.id.clone(),
        generation: old.resource.generation,
        data_loss: old.resource.holds_data(),
        // What was made in part and set aside at once can be protected by no deploy any more.
        protected: old.resource.is_protected() && old.resource.status != ResourceStatus::Tainted,
    })
}

#[cfg(test)]
#[path = "removed_tests.rs"]
mod tests;
