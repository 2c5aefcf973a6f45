//! Orders resources that name each other by literal names instead of references.
//!
//! A resource that names another one by text is created after it, by the dependencies that synth recorded; if that would
//! be a cycle, synth omits a name. The resource with the omitted name may be new, and then it cannot be named before it
//! exists: it is created first if the other one exists, and otherwise the plan is refused.

use groundplan_core::Path;
use groundplan_core::named::{ByText, by_text, is_made_after};

use super::conflict::NamedTooEarly;
use super::graph::Graph;
use super::nodes::Nodes;
use crate::Error;
use crate::stages::diff::{Action, ChangeSet, Inputs};
use crate::stages::plan::PlanError;

/// Has what names something new wait for that.
///
/// # Errors
/// [`PlanError::NamedTooEarly`] where that waits for the one that names it.
pub(super) fn order<'a>(
    inputs: &Inputs<'_>,
    changes: &'a ChangeSet,
    nodes: impl Fn(&Path) -> Option<&'a Nodes>,
    graph: &mut Graph,
) -> Result<(), Error> {
    let assembly = inputs.assembly;
    let mut refused = Vec::new();
    let names = by_text(assembly);
    for ByText { path, named, place, .. } in &names {
        let (Some(change), Some(user), Some(target)) = (changes.changes.get(path), nodes(path), nodes(named)) else {
            continue;
        };
        let (Some(make), Some(created)) = (user.make(), target.created) else { continue };
        let works = target.last().unwrap_or(created);
        let is_update = change.action == Action::Update;
        if is_update && !change.is_about(place) {
            continue;
        }
        // What exists needs nobody to wait for it to be named; who takes its outputs waits all the same.
        let waits_for_name = || names.iter().any(|other| other.path == *named && other.named == *path);
        let takes_outputs = || {
            let references = assembly.resources[named].references();
            references.iter().any(|reference| reference.path == *path)
        };
        if !is_made_after(assembly, named, path) {
            graph.after(make, works);
        } else if is_update && waits_for_name() && !takes_outputs() {
            user.last().into_iter().for_each(|updated| graph.not_after(created, updated));
            graph.after(make, works);
        } else {
            refused.push(NamedTooEarly { path: path.clone(), named: named.clone(), place: place.clone() });
        }
    }
    if refused.is_empty() { Ok(()) } else { Err(PlanError::NamedTooEarly { names: refused }.into()) }
}
