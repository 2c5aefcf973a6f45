//! Resources that name each other by text.
//!
//! What names another resource by text is made after it, as synth has written down; where that would be a cycle, synth
//! leaves a name out. The one that is named there may be new, and then it cannot be named before it exists: it is made
//! first where the other one exists, and otherwise the plan is refused.

use groundplan_core::named::{ByText, by_text, is_made_after};
use groundplan_core::{Path, Value};

use super::graph::{Graph, Node};
use super::nodes::Nodes;
use crate::error::{Error, NamedTooEarly};
use crate::stages::diff::existing::standing;
use crate::stages::diff::{Action, ChangeSet, Inputs};

/// Has what names something new wait for that.
///
/// # Errors
/// [`Error::NamedTooEarly`] where that waits for the one that names it.
pub(super) fn order<'a>(
    inputs: &Inputs<'_>,
    changes: &'a ChangeSet,
    nodes: impl Fn(&Path) -> Option<&'a Nodes>,
    graph: &mut Graph,
) -> Result<(), Error> {
    let Inputs { assembly, state, .. } = *inputs;
    let mut refused = Vec::new();
    for ByText { path, named, place, text } in by_text(assembly) {
        // Synth has written it down.
        if assembly.dependencies(&path).contains(&named) {
            continue;
        }
        let (Some(change), Some(user), Some(target)) = (changes.changes.get(&path), nodes(&path), nodes(&named)) else {
            continue;
        };
        let (Some(make), Some(created)) = (user.make(), target.created) else { continue };
        let is_there = standing(state, &named).is_some_and(|old| old.is_identified_by(&text));
        if is_there || change.action == Action::Update && !change.is_about(&place) {
            continue;
        }
        if !is_made_after(assembly, &named, &path) {
            graph.after(make, target.last().unwrap_or(created));
            continue;
        }
        // Of the two names the other one is of something that exists.
        let is_by_text = |it: &ByText| it.path == named && it.named == path;
        let exists = |it: &ByText| standing(state, &path).is_some_and(|old| old.is_identified_by(&it.text));
        let other_exists = change.action == Action::Update
            && by_text(assembly).iter().filter(|it| is_by_text(it)).any(exists)
            && !takes_outputs(assembly.resources[&named].properties.values(), &path);
        let made: Vec<Node> = [Some(make), user.last()].into_iter().flatten().collect();
        if other_exists {
            made.into_iter().for_each(|made| graph.not_after(created, made));
            graph.after(make, target.last().unwrap_or(created));
        } else {
            refused.push(NamedTooEarly { path, named, place });
        }
    }
    if refused.is_empty() { Ok(()) } else { Err(Error::NamedTooEarly { names: refused }) }
}

fn takes_outputs<'v>(mut values: impl Iterator<Item = &'v Value>, of: &Path) -> bool {
    values.any(|value| value.references().iter().any(|reference| reference.path == *of))
}
