//! What goes: removed resources, what earlier runs have left over, and everything.

use std::collections::BTreeMap;

use groundplan_core::Path;

use super::{Action, Change, ChangeSet, DeposedChange, OutputChange, Reason};
use crate::model::{ResourceState, ResourceStatus, State};
use crate::provider::{Behavior, Recovery};

/// What has to be done so that the account holds nothing. What holds data stays unless
/// `delete_data`, and so do all that it depends on and its parts: a bucket that is kept keeps its
/// policy.
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
    let staying = |change: &Change| matches!(change.action, Action::Keep | Action::Forget);
    let mut stay: Vec<Path> =
        changes.values().filter(|change| staying(change)).map(|change| change.path.clone()).collect();
    while let Some(path) = stay.pop() {
        let Some(resource) = state.resources.get(&path) else { continue };
        for needed in &resource.dependencies {
            if let Some(change) = changes.get_mut(needed).filter(|change| !staying(change)) {
                change.action = Action::Keep;
                change.reasons = vec![Reason::NeededBy(path.clone())];
                (change.data_loss, change.protected) = (false, false);
                stay.push(needed.clone());
            }
        }
    }
    let is_part = |type_name: &str| behavior(type_name).is_some_and(|it| it.recovery == Recovery::ByParts);
    let parts: Vec<_> = state.resources.iter().filter(|(_, resource)| is_part(&resource.type_name)).collect();
    for (path, resource) in parts {
        let whole = resource
            .dependencies
            .first()
            .filter(|_| resource.dependencies.iter().all(|needed| changes.get(needed).is_some_and(staying)));
        if let (Some(whole), Some(change)) = (whole.cloned(), changes.get_mut(path).filter(|change| !staying(change))) {
            change.action = Action::Keep;
            change.reasons = vec![Reason::PartOf(whole)];
            (change.data_loss, change.protected) = (false, false);
        }
    }
    let outputs = state.outputs.keys().map(|name| (name.clone(), OutputChange::Removed)).collect();
    let deposed = deposed(state).filter(|old| delete_data || !old.data_loss).collect();
    ChangeSet { changes, deposed, outputs, ..ChangeSet::default() }
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
