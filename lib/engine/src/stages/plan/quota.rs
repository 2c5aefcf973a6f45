//! Orders creates after deletes of the same owner if a quota leaves no room for both.

use std::collections::{BTreeMap, BTreeSet};

use groundplan_core::{Deferred, Path, Value};
use groundplan_schema::{OwnerQuota, lookup};

use super::graph::{Graph, Node};
use crate::model::GlobalId;
use crate::stages::diff::existing::{Incarnation, all};
use crate::stages::diff::needs::Going;
use crate::stages::diff::{Action, Change, ChangeSet, Inputs, Need, Order};

/// The resources of a type that an owner has and gets.
struct Owned<'s> {
    quota: &'static OwnerQuota,
    existing: BTreeSet<&'s str>,
    /// The creates beside the existing ones.
    made: Vec<Node>,
    /// The replacements that make the new one first.
    created_first: usize,
    deleted: Vec<(Incarnation<'s>, Node)>,
}

/// Delays creates until deletions of the same owner have made room. The diff has already ordered the two halves of a
/// replacement. If a deletion would wait for users of the old resource that wait for the new one, that wait is dropped:
/// the users are without either for a while.
pub(super) fn order(
    inputs: &Inputs<'_>,
    changes: &ChangeSet,
    going: &Going<'_>,
    created: impl Fn(&Path) -> Option<Node>,
    deletion: impl Fn(&Graph, &Incarnation<'_>) -> Option<Node>,
    graph: &mut Graph,
) {
    let owners = owners(inputs, changes);
    let mut all_owned: BTreeMap<GlobalId<'_>, Owned<'_>> = BTreeMap::new();
    let owned =
        |quota| Owned { quota, existing: BTreeSet::new(), made: Vec::new(), created_first: 0, deleted: Vec::new() };
    for it in all(inputs.state) {
        let resource = it.resource;
        let Some(quota) = lookup(&resource.type_name).and_then(|schema| schema.owner_quota()) else { continue };
        let Some(owner) = resource.properties.get(quota.owner).and_then(Value::as_str) else { continue };
        let id = GlobalId::new(&resource.type_name, owner, &resource.environment, inputs.identity);
        let owned = all_owned.entry(id).or_insert_with(|| owned(quota));
        owned.existing.insert(&resource.id);
        let first = it.stands(inputs.state) && action(changes, it.path) == Some(Action::Replace(Order::DeleteFirst));
        owned.deleted.extend(deletion(graph, &it).filter(|_| !first).map(|node| (it, node)));
    }
    for (path, (quota, owner)) in &owners {
        let (Some(environment), Some(node)) = (inputs.assembly.environment(path), created(path)) else { continue };
        let type_name = &inputs.assembly.resources[*path].type_name;
        let id = GlobalId::new(type_name, owner, environment, inputs.identity);
        let owned = all_owned.entry(id).or_insert_with(|| owned(quota));
        match action(changes, path) {
            Some(Action::Create) => owned.made.push(node),
            // The old one makes no room at another owner.
            Some(Action::Replace(Order::DeleteFirst)) if moves(inputs, path, quota, owner) => owned.made.push(node),
            Some(Action::Replace(Order::CreateFirst)) => owned.created_first += 1,
            // It has the room of the old one.
            _ => {}
        }
    }
    for owned in all_owned.into_values() {
        make_room(owned, going, graph);
    }
}

/// Returns whether a resource had another owner before.
fn moves(inputs: &Inputs<'_>, path: &Path, quota: &OwnerQuota, owner: &str) -> bool {
    let prior = inputs.state.resources.get(path).and_then(|prior| prior.properties.get(quota.owner));
    prior.is_some_and(|prior| prior.as_str() != Some(owner))
}

fn make_room(owned: Owned<'_>, going: &Going<'_>, graph: &mut Graph) {
    let Owned { quota, existing, mut made, created_first, mut deleted } = owned;
    let room = quota.most.saturating_sub(existing.len()).saturating_sub(created_first);
    let waiting = made.split_off(room.min(made.len()));
    for make in waiting {
        // The one that nothing uses goes without a gap.
        let free = deleted.iter().position(|(_, delete)| !graph.waits_for(*delete, make));
        if deleted.is_empty() {
            return;
        }
        let (old, delete) = deleted.remove(free.unwrap_or(0));
        if free.is_none() {
            let is_held = going.needs.users(&old).iter().any(|link| matches!(link.need, Need::Property(_)));
            let before: Vec<Node> = graph.before(delete).iter().copied().collect();
            for late in before {
                if !is_held && graph.waits_for(late, make) {
                    graph.not_after(delete, late);
                }
            }
        }
        graph.after(make, delete);
    }
}

fn action(changes: &ChangeSet, path: &Path) -> Option<Action> {
    changes.changes.get(path).map(|change| change.action)
}

/// The owner of each resource that is made and that its owner may have only a few of. One that is made itself is known
/// by the name that the program gives it, or else by the reference to it.
fn owners<'a>(inputs: &Inputs<'a>, changes: &'a ChangeSet) -> BTreeMap<&'a Path, (&'static OwnerQuota, String)> {
    let is_made = |change: &&Change| matches!(change.action, Action::Create | Action::Replace(_));
    let made = changes.changes.values().filter(is_made);
    let owner = |change: &'a Change| {
        let quota = lookup(&change.type_name)?.owner_quota()?;
        let owner = inputs.assembly.resources.get(&change.path)?.properties.get(quota.owner)?;
        let text = match owner {
            Value::Deferred(Deferred::Ref(reference)) => {
                let is_made = changes.changes.get(&reference.path).filter(is_made).is_some();
                let known = inputs.state.value_of(reference).filter(|_| !is_made);
                let stated = inputs.assembly.resources.get(&reference.path)?.properties.get(&reference.attribute);
                let stated = stated.and_then(Value::as_str).filter(|_| is_made).map(str::to_owned);
                let known = known.as_ref().and_then(|value| value.as_str()).map(str::to_owned);
                known.or(stated).unwrap_or_else(|| reference.to_string())
            }
            other => other.as_str()?.to_owned(),
        };
        Some((&change.path, (quota, text)))
    };
    made.filter_map(owner).collect()
}
