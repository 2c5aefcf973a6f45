//! Replaced resources that were not deleted and that the program declares again.
//!
//! A replacement that was interrupted between its create and its delete leaves both resources. A program that is
//! reverted needs the first one unchanged: it has the data and the name, and others may still use it. A third one would
//! need the name of the first, and the data of both would be lost.

use std::collections::BTreeSet;

use groundplan_core::Path;

use super::changes::in_order;
use super::existing::deposed;
use super::only::selected;
use super::{Action, Inputs, diff};
use crate::model::{Event, State};

/// A replaced resource that can take its path back.
pub(crate) struct Wanted {
    /// The path of the program, to which it may move.
    pub(crate) path: Path,
    pub(crate) event: Event,
}

/// Returns the next replaced resource that can stay where the program would create another one, in the order in which
/// resources are created, since others refer to what is restored. `only` is the part of
/// the program that is deployed, or empty.
pub(crate) fn wanted_again(inputs: &Inputs<'_>, only: &BTreeSet<Path>, tried: &[Event]) -> Option<Wanted> {
    let state = inputs.state;
    if state.deposed.is_empty() {
        return None;
    }
    let changes = diff(inputs);
    let selected = (!only.is_empty()).then(|| selected(inputs, &changes, only));
    let mut paths = in_order(inputs).into_iter();
    paths.find_map(|path| {
        let change = changes.changes.get(path)?;
        let is_made = matches!(change.action, Action::Create | Action::Replace(_));
        let from = change.moved_from.as_ref().unwrap_or(path);
        let is_selected = selected.as_ref().is_none_or(|selected| selected.contains(path));
        if !is_made || !is_selected || [path, from].into_iter().any(|path| state.pending.contains_key(path)) {
            return None;
        }
        let here = deposed(state).filter(|old| old.path == from);
        let mut events = here.map(|old| Event::Restored {
            path: from.clone(),
            id: old.resource.id.clone(),
            generation: old.resource.generation,
        });
        let is_wanted =
            |event: &Event| !tried.contains(event) && stays(inputs, path, &after(state, std::slice::from_ref(event)));
        events.find(is_wanted).map(|event| Wanted { path: path.clone(), event })
    })
}

/// The state after events that fit it.
pub(crate) fn after(state: &State, events: &[Event]) -> State {
    let mut state = state.clone();
    for event in events {
        state.apply(event.clone()).expect("it was made for this state");
    }
    state
}

/// Returns whether the program keeps or updates in place the resource at a path of `state`.
pub(crate) fn stays(inputs: &Inputs<'_>, path: &Path, state: &State) -> bool {
    let changes = diff(&Inputs { state, ..*inputs });
    changes.changes.get(path).is_some_and(|change| !matches!(change.action, Action::Create | Action::Replace(_)))
}

#[cfg(test)]
#[path = "restored_tests.rs"]
mod tests;
