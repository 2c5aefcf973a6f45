//! Orders steps by claims: a step that takes a claim waits for the step that releases it.

use std::collections::{BTreeMap, BTreeSet};

use groundplan_core::Path;
use groundplan_core::claim::Claim;

use super::conflict::{Holding, Taken};
use super::graph::Node;
use super::nodes::Nodes;
use crate::Error;
use crate::model::ResourceState;
use crate::stages::diff::{Action, ChangeSet, DeposedChange, Inputs, claims};
use crate::stages::plan::PlanError;

/// A step that takes what another step lets go of.
pub(super) struct Handover<'a> {
    pub(super) maker: Node,
    pub(super) release: Node,
    pub(super) taker: &'a Path,
    pub(super) holder: &'a Path,
    pub(super) claim: &'a Claim,
    /// `true` if both are updates in place that the cloud can make in one call.
    pub(super) swaps: bool,
}

/// Returns every step that takes a claim, with the step that has to let go of it before.
///
/// # Errors
/// [`PlanError::Claimed`] where nothing lets go of a claim that is taken.
pub(super) fn handovers<'a>(
    inputs: &'a Inputs<'_>,
    changes: &'a ChangeSet,
    nodes: &BTreeMap<&Path, Nodes>,
    deletes: &BTreeMap<&Path, Vec<Node>>,
) -> Result<Vec<Handover<'a>>, Error> {
    let taking: Vec<Taking<'_>> = changes.claims.iter().filter_map(|it| taking(inputs, changes, nodes, it)).collect();
    let keys: BTreeSet<&str> = taking.iter().flat_map(|it| &it.claims).map(|claim| &*claim.key).collect();
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    let mut held: BTreeMap<&str, Vec<(Claim, Holder<'_>)>> = BTreeMap::new();
    let mut hold = |path: &'a Path, resource: &'a ResourceState, stands: bool, release: Release| {
        for claim in claims::held(resource, inputs.identity) {
            if let Some(key) = keys.get(&*claim.key) {
                held.entry(key).or_default().push((claim, Holder { path, id: &resource.id, stands, release }));
            }
        }
    };
    for (path, resource) in &inputs.state.resources {
        // Where it stands under another path, too, that one counts.
        if changes.changes.get(path).is_none_or(|change| change.action != Action::Forget) {
            hold(path, resource, true, release(changes, nodes, deletes, path));
        }
    }
    let mut leftovers: BTreeMap<&Path, usize> = BTreeMap::new();
    for old in &inputs.state.deposed {
        // Of the deletions of a path the first is that of what stands there.
        let standing =
            changes.changes.get(&old.path).is_some_and(|it| matches!(it.action, Action::Delete | Action::Replace(_)));
        let position = leftovers.entry(&old.path).or_insert(usize::from(standing));
        // What stays has no deletion.
        let is_it = |gone: &DeposedChange| {
            gone.path == old.path && gone.id == old.resource.id && gone.generation == old.resource.generation
        };
        let mut node = None;
        if changes.deposed.iter().any(is_it) {
            node = deletes.get(&old.path).and_then(|deletes| deletes.get(*position));
            *position += 1;
        }
        let release = node.map_or(Release::Never(Holding::LeftOut), |node| Release::Deleted(*node));
        hold(&old.path, &old.resource, false, release);
    }
    for old in &inputs.state.retained {
        hold(&old.path, &old.resource, false, Release::Never(Holding::WasRetained));
    }
    let mut wanted: BTreeMap<&str, Vec<(&Claim, &Path)>> = BTreeMap::new();
    for (path, claims) in &changes.claims {
        for claim in claims {
            wanted.entry(&claim.key).or_default().push((claim, path));
        }
    }

    let mut handovers = Vec::new();
    let mut taken = BTreeSet::new();
    for Taking { path, node, in_place, claims } in &taking {
        for claim in claims {
            let others =
                wanted[&*claim.key].iter().filter(|(other, of)| of != path && other.certainly_conflicts_with(claim));
            taken.extend(others.map(|(_, of)| Taken::new(path, claim, of, Holding::Both)));
            let holders = held.get(&*claim.key).into_iter().flatten();
            // When what stands at the path goes is settled by the order of its replacement.
            let is_own = |holder: &Holder<'_>| holder.stands && holder.path == *path;
            for (held, holder) in holders.filter(|(held, holder)| !is_own(holder) && held.conflicts_with(claim)) {
                let (release, updated) = match holder.release {
                    Release::Deleted(node) => (node, false),
                    Release::Updated(node) => (node, true),
                    Release::Never(how) => {
                        if held.certainly_conflicts_with(claim) {
                            let id = (how == Holding::WasRetained).then(|| holder.id.to_owned());
                            taken.insert(Taken { id, ..Taken::new(path, claim, holder.path, how) });
                        }
                        continue;
                    }
                };
                let (taker, holder, swaps) = (*path, holder.path, *in_place && updated && claim.swaps);
                handovers.push(Handover { maker: *node, release, taker, holder, claim, swaps });
            }
        }
    }
    // Of two that take the same, each is told of once.
    let twice = |it: &Taken| it.holder < it.path && taken.contains(&it.turned());
    let taken: Vec<_> = taken.iter().filter(|it| !twice(it)).cloned().collect();
    if taken.is_empty() { Ok(handovers) } else { Err(PlanError::Claimed { taken }.into()) }
}

/// A resource that gets claims that it does not have.
struct Taking<'a> {
    path: &'a Path,
    node: Node,
    in_place: bool,
    claims: Vec<&'a Claim>,
}

fn taking<'a>(
    inputs: &Inputs<'_>,
    changes: &ChangeSet,
    nodes: &BTreeMap<&Path, Nodes>,
    (path, claims): (&'a Path, &'a Vec<Claim>),
) -> Option<Taking<'a>> {
    let in_place = changes.changes.get(path)?.action == Action::Update;
    let node = nodes.get(path)?.make()?;
    let prior = inputs.state.resources.get(path).filter(|_| in_place);
    let held = prior.map(|prior| claims::held(prior, inputs.identity)).unwrap_or_default();
    let claims: Vec<_> = claims.iter().filter(|claim| !held.contains(claim)).collect();
    (!claims.is_empty()).then_some(Taking { path, node, in_place, claims })
}

#[derive(Clone, Copy)]
struct Holder<'a> {
    path: &'a Path,
    id: &'a str,
    /// `true` if this is the managed resource of the path, not a deposed one.
    stands: bool,
    release: Release,
}

/// The step that releases a claim. A resource that is updated in place releases it if none of its new claims conflicts
/// with it, which is compared separately.
#[derive(Clone, Copy)]
enum Release {
    Deleted(Node),
    Updated(Node),
    Never(Holding),
}

fn release(
    changes: &ChangeSet,
    nodes: &BTreeMap<&Path, Nodes>,
    deletes: &BTreeMap<&Path, Vec<Node>>,
    path: &Path,
) -> Release {
    let Some(change) = changes.changes.get(path) else { return Release::Never(Holding::LeftOut) };
    let deleted = deletes.get(path).and_then(|deletes| deletes.first());
    let updated = nodes.get(path).and_then(Nodes::last);
    match (change.action, deleted, updated) {
        (Action::Delete | Action::Replace(_), Some(node), _) => Release::Deleted(*node),
        (Action::Update, _, Some(node)) => Release::Updated(node),
        (Action::Retain | Action::Forget, ..) => Release::Never(Holding::Retained),
        _ => Release::Never(Holding::Stays),
    }
}
