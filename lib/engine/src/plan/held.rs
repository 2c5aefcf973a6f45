//! Who keeps what is deleted from being deleted, beyond what the state says that it was made after.

use std::collections::BTreeMap;

use groundplan_core::{Path, Value};
use groundplan_schema::lookup;

use super::graph::{Graph, Node};
use super::nodes::Nodes;
use crate::diff::bound::each_binding;
use crate::diff::named::{Named, each_leaf};
use crate::diff::{Action, Change, ChangeSet, Inputs, Reason, claims};
use crate::error::HeldResource;
use crate::model::ResourceState;

fn goes(change: &Change) -> bool {
    matches!(change.action, Action::Delete | Action::Replace(_))
}

/// What is deleted of the resources that stand at the paths.
fn going<'a>(inputs: &'a Inputs<'_>, changes: &'a ChangeSet) -> Named<'a> {
    let going = changes.changes.values().filter(|change| goes(change)).map(|change| &change.path);
    Named::new(inputs.state, inputs.identity, going)
}

/// Whether a resource that names another one at a place keeps that from being deleted, or goes with it.
fn is_tied(inputs: &Inputs<'_>, holder: &ResourceState, place: &str, named: &ResourceState) -> bool {
    let holds = |(holder, named): (&groundplan_schema::ResourceType, _)| holder.holds(place, named);
    if lookup(&holder.type_name).zip(lookup(&named.type_name)).is_some_and(holds) {
        return true;
    }
    let mut bound = false;
    each_binding(inputs, holder, &mut |binding, _| bound |= binding == place);
    bound
}

/// What names a resource that is deleted lets go of it first, though it was not made after it: it has the
/// name as text. What takes the place of a relation to it is made after what gets the name.
pub(super) fn order(
    inputs: &Inputs<'_>,
    changes: &ChangeSet,
    nodes: &BTreeMap<&Path, Nodes>,
    deletes: &BTreeMap<&Path, Vec<Node>>,
    graph: &mut Graph,
) {
    if deletes.is_empty() {
        return;
    }
    let going = going(inputs, changes);
    let standing = |path: &Path| {
        let change = changes.changes.get(path).filter(|change| goes(change));
        change.and_then(|_| deletes.get(path)?.first().copied())
    };
    for (path, holder) in &inputs.state.resources {
        let lets_go = standing(path).or_else(|| nodes.get(path).and_then(|nodes| nodes.updated.and(nodes.last())));
        let Some(lets_go) = lets_go else { continue };
        for (name, value) in &holder.properties {
            each_leaf(name, value, &mut |place, leaf| {
                let Some(text) = leaf.as_str() else { return };
                for (target, named) in going.at(holder, place, text) {
                    let delete = standing(target).filter(|_| target != path && !holder.dependencies.contains(target));
                    if let Some(delete) = delete.filter(|_| is_tied(inputs, holder, place, named)) {
                        graph.after_if_free(delete, lets_go);
                    }
                }
            });
        }
    }
    for change in changes.changes.values() {
        let target = change.reasons.iter().find_map(|reason| match reason {
            Reason::Outlives(target) => Some(target),
            _ => None,
        });
        let Some(make) = nodes.get(&change.path).and_then(|nodes| nodes.created) else { continue };
        let Some(old) = target.and_then(|target| inputs.state.resources.get(target)) else { continue };
        let held = claims::held(old, inputs.identity);
        for (path, given) in &changes.claims {
            let gets = given.iter().any(|new| held.iter().any(|old| new.is_same_as(old)));
            if let Some(made) = nodes.get(path).and_then(Nodes::last).filter(|_| gets && *path != change.path) {
                graph.after_if_free(make, made);
            }
        }
    }
}

/// What is deleted and goes on to be named by what stays: where it is never let go of, it cannot be deleted.
pub(super) fn kept_for_ever(inputs: &Inputs<'_>, changes: &ChangeSet) -> Vec<HeldResource> {
    if !changes.changes.values().any(goes) {
        return Vec::new();
    }
    let going = going(inputs, changes);
    let mut held: BTreeMap<&Path, Vec<(Path, String)>> = BTreeMap::new();
    let mut left: BTreeMap<&Path, &Path> = BTreeMap::new();
    for (path, holder) in &inputs.state.resources {
        let change = changes.changes.get(path);
        let second = |change: &Change| change.reasons.iter().any(|reason| matches!(reason, Reason::SameAs(_)));
        if change.is_some_and(|change| goes(change) || second(change)) {
            continue;
        }
        each_text(inputs, path, holder, change, &mut |place, text| {
            for (target, named) in going.at(holder, place, text) {
                if target != path && is_tied(inputs, holder, place, named) {
                    let holders = held.entry(target).or_default();
                    if holders.iter().all(|(known, _)| known != path) {
                        holders.push((path.clone(), place.to_owned()));
                    }
                    if !inputs.assembly.resources.contains_key(path) {
                        left.insert(target, path);
                    }
                }
            }
        });
    }
    let tell = |(target, holders): (&Path, Vec<(Path, String)>)| {
        let is_replaced = changes.changes[target].action != Action::Delete;
        let fix = match (left.get(target), is_replaced) {
            (Some(holder), true) => format!(
                "declare the new one under another path, so that the old one stays in the account with `{holder}`"
            ),
            (Some(holder), false) => {
                format!("delete `{holder}` by hand and `state forget` it, or keep `{target}` with `retain`, too")
            }
            (None, _) => "let them name another one, or remove them as well".to_owned(),
        };
        let because = if is_replaced { "the old one is deleted" } else { "it is deleted" };
        HeldResource { path: target.clone(), because: because.to_owned(), holders, fix }
    };
    held.into_iter().map(tell).collect()
}

/// Visits the texts that a resource which stays has afterwards, as far as they are known, with their places.
fn each_text(
    inputs: &Inputs<'_>,
    path: &Path,
    resource: &ResourceState,
    change: Option<&Change>,
    visit: &mut dyn FnMut(&str, &str),
) {
    let changes = |name: &str| {
        let update = change.filter(|change| change.action == Action::Update);
        update.is_some_and(|it| it.properties.iter().any(|it| it.property.split('.').next() == Some(name)))
    };
    for (name, value) in resource.properties.iter().filter(|(name, _)| !changes(name)) {
        each_leaf(name, value, &mut |place, leaf| {
            leaf.as_str().into_iter().for_each(|text| visit(place, text));
        });
    }
    let Some(entry) = inputs.assembly.resources.get(path) else { return };
    for (name, value) in entry.properties.iter().filter(|(name, _)| changes(name)) {
        each_leaf(name, value, &mut |place, leaf| {
            let text = match leaf {
                // What gives a name that the program states.
                Value::Ref(reference) => {
                    let stated = inputs.assembly.resources.get(&reference.path);
                    stated.and_then(|entry| entry.properties.get(&reference.attribute)?.as_str())
                }
                leaf => leaf.as_str(),
            };
            text.into_iter().for_each(|text| visit(place, text));
        });
    }
}
