//! A part of a change set, for a deploy of some paths only.

use std::collections::{BTreeMap, BTreeSet};

use groundplan_core::{Path, Reference, Value};

use super::existing::{Incarnation, standing};
use super::needs::{Link, Need, Needs, deleted};
use super::published::taken_from;
use super::{Action, Change, ChangeSet, Inputs, OutputChange, PropertyChange, with_moves};
use crate::Error;
use crate::hint::{Hint, Hints};
use crate::model::is_account;
use crate::nearest::{UnknownPaths, nearest};
use crate::text::bullet;

/// The part of a change set that is to be done.
pub(crate) struct Part {
    pub(crate) changes: ChangeSet,
    /// The outputs that the app publishes afterwards: omitted resources keep their published outputs.
    pub(crate) outputs: BTreeMap<String, Value>,
    /// The resources with changes that are left out.
    pub(crate) left_out: Vec<Path>,
}

/// The changes at or below the paths `only`, with those of all that they depend on; everything
/// where `only` is empty.
///
/// # Errors
/// [`UnknownPaths`], and [`LeftOut`] where the part cannot be done without changes
/// of others.
pub(crate) fn part(inputs: &Inputs<'_>, changes: ChangeSet, only: &BTreeSet<Path>) -> Result<Part, Error> {
    if only.is_empty() {
        return Ok(Part { changes, outputs: inputs.assembly.outputs.clone(), left_out: Vec::new() });
    }
    all_known(&changes, only)?;
    let selected = selected(inputs, &changes, only);
    can_be_done(inputs, &changes, &selected, only)?;

    let ChangeSet {
        changes,
        mut deposed,
        outputs: mut output_changes,
        imports,
        lookups,
        mut proposed_moves,
        mut claims,
    } = changes;
    claims.retain(|path, _| selected.contains(path));
    let (kept, left): (BTreeMap<_, _>, BTreeMap<_, _>) =
        changes.into_iter().partition(|(path, _)| selected.contains(path));
    let idle = |change: &Change| matches!(change.action, Action::NoOp | Action::Keep);
    let mut left_out: BTreeSet<Path> = left.into_values().filter(|it| !idle(it)).map(|it| it.path).collect();
    deposed.retain(|old| {
        let goes = selected.contains(&old.path) || is_below(&old.path, only);
        if !goes {
            left_out.insert(old.path.clone());
        }
        goes
    });
    proposed_moves.retain(|found| selected.contains(&found.from) || selected.contains(&found.to));

    let mut outputs: BTreeMap<String, Value> =
        inputs.state.outputs.iter().map(|(name, value)| (name.clone(), Value::from(value.clone()))).collect();
    let chosen = |reference: &Reference| selected.contains(&reference.path) || is_account(reference);
    let own = |value: &Value| value.references().into_iter().all(chosen);
    outputs.extend(inputs.assembly.outputs.clone().into_iter().filter(|(_, value)| own(value)));
    output_changes.retain(|name, _| inputs.assembly.outputs.get(name).is_some_and(own));
    // What is published and stays as it was is not to be of what this part deletes.
    let moves = kept.values().filter_map(|change| Some((&change.path, change.moved_from.as_ref()?)));
    let state = with_moves(inputs.state, moves);
    let deleted = deleted(&state, &kept, &deposed);
    for (name, _) in taken_from(&state, &deleted) {
        if !inputs.assembly.outputs.get(name).is_some_and(own) {
            outputs.remove(name);
            output_changes.insert(name.to_owned(), OutputChange::Removed);
        }
    }
    let changes =
        ChangeSet { changes: kept, deposed, outputs: output_changes, imports, lookups, proposed_moves, claims };
    Ok(Part { changes, outputs, left_out: left_out.into_iter().collect() })
}

fn is_below(path: &Path, only: &BTreeSet<Path>) -> bool {
    only.iter().any(|scope| path.is_within(scope))
}

/// Every path of `only` has to have something at or below it, before or after the deploy.
fn all_known(changes: &ChangeSet, only: &BTreeSet<Path>) -> Result<(), Error> {
    let after = changes.changes.values().flat_map(|change| std::iter::once(&change.path).chain(&change.moved_from));
    let known: BTreeSet<&Path> = after.chain(changes.deposed.iter().map(|old| &old.path)).collect();
    let unknown = only.iter().filter(|scope| !known.iter().any(|path| path.is_within(scope)));
    let paths: Vec<_> = unknown.map(|path| (path.clone(), nearest(path, known.iter().copied()))).collect();
    if paths.is_empty() { Ok(()) } else { Err(UnknownPaths { place: "the program or the state", paths }.into()) }
}

/// Returns the selected changes: those at or below the paths `only`, with all their dependencies.
pub(super) fn selected(inputs: &Inputs<'_>, changes: &ChangeSet, only: &BTreeSet<Path>) -> BTreeSet<Path> {
    let asked_for = |change: &&Change| {
        is_below(&change.path, only) || change.moved_from.as_ref().is_some_and(|from| is_below(from, only))
    };
    let mut open: Vec<Path> = changes.changes.values().filter(asked_for).map(|change| change.path.clone()).collect();
    let mut selected = BTreeSet::new();
    while let Some(path) = open.pop() {
        if selected.insert(path.clone()) {
            open.extend(inputs.assembly.dependencies(&path));
        }
    }
    selected
}

/// Checks that every resource that holds a deleted or replaced one, now or from an earlier run, releases it in this
/// plan.
fn can_be_done(
    inputs: &Inputs<'_>,
    changes: &ChangeSet,
    selected: &BTreeSet<Path>,
    only: &BTreeSet<Path>,
) -> Result<(), Error> {
    let moves = changes.changes.values().filter_map(|change| Some((&change.path, change.moved_from.as_ref()?)));
    let state = with_moves(inputs.state, moves);
    let goes = |path: &Path| {
        let action = changes.changes.get(path).map(|change| change.action);
        selected.contains(path) && matches!(action, Some(Action::Delete | Action::Replace(_)))
    };
    let deposed: BTreeSet<&Path> = changes.deposed.iter().map(|old| &old.path).collect();
    let old_goes = |path: &Path| deposed.contains(path) && (selected.contains(path) || is_below(path, only));
    // Where nothing changes that the program has it take from there, it has the new one already.
    let has_new = |path: &Path, held: &Path| {
        let takes = |change: &PropertyChange| {
            let name = change.property.split('.').next().unwrap_or_default();
            let value = inputs.assembly.resources.get(path).and_then(|entry| entry.properties.get(name));
            value.is_some_and(|value| value.references().iter().any(|reference| reference.path == *held))
        };
        let changed = changes.changes.get(path).map_or(&[][..], |change| &change.properties);
        inputs.assembly.dependencies(path).contains(held) && !changed.iter().any(takes)
    };
    let lets_go = |path: &Path| {
        let action = changes.changes.get(path).map(|change| change.action);
        !selected.contains(path) && matches!(action, Some(Action::Update | Action::Delete | Action::Replace(_)))
    };
    let users: Vec<_> = state.resources.keys().filter(|path| lets_go(path)).collect();
    if users.is_empty() {
        return Ok(());
    }
    // Whoever holds it by a name or an address is judged by what the plan changes of that.
    let needs = Needs::new(&state, inputs.identity, inputs.behavior);
    let holds = |link: &Link<'_>| {
        let held = link.needed.path;
        let goes =
            if link.needed.stands(&state) { goes(held) } else { old_goes(held) && !has_new(link.user.path, held) };
        link.need == Need::MadeAfter && goes
    };
    let users = users.into_iter().filter_map(|path| standing(&state, path));
    let held = |user: Incarnation<'_>| {
        Some((user.path.clone(), needs.perhaps_of(&user).into_iter().find(|link| holds(link))?.needed.path.clone()))
    };
    let needed: BTreeMap<Path, Path> = users.filter_map(held).collect();
    if needed.is_empty() { Ok(()) } else { Err(LeftOut { needed: needed.into_iter().collect() }.into()) }
}

/// A part of a plan cannot be executed without changes of other resources.
#[derive(Debug, thiserror::Error)]
#[error("resources that are left out hold resources that are deleted or replaced:{}", held(needed))]
pub struct LeftOut {
    /// Each resource that is left out, with the one that it holds.
    pub needed: Vec<(Path, Path)>,
}

impl Hints for LeftOut {
    fn hints(&self) -> Vec<Hint> {
        let paths: BTreeSet<&Path> = self.needed.iter().map(|(path, _)| path).collect();
        vec![Hint::IncludePaths { paths: paths.into_iter().cloned().collect() }]
    }
}

fn held(needed: &[(Path, Path)]) -> String {
    needed.iter().map(|(path, held)| bullet(format_args!("{path} holds {held}"))).collect()
}

#[cfg(test)]
#[path = "only_tests.rs"]
mod tests;
