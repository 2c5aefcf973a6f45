//! Schedules changes as steps.

use std::collections::{BTreeMap, BTreeSet};

use groundplan_core::named::is_made_after;
use groundplan_core::{Path, ResourceEntry, Value};

use super::claims::{self, Handover};
use super::conflict::named;
use super::graph::{Graph, Node};
use super::nodes::Nodes;
use super::{Desired, Plan, Work, by_text, feasible, order, quota};
use crate::Error;
use crate::model::{Imports, ResourceState, ResourceStatus};
use crate::provider::{Behavior, Wait};
use crate::stages::diff::existing::{self, Incarnation};
use crate::stages::diff::needs::Going;
use crate::stages::diff::occupants::{attached, coming, is_detached};
use crate::stages::diff::{
    Action, Change, ChangeSet, Inputs, Need, Order, OutputChange, Reason, desired_properties, follows, published,
    with_moves,
};
use crate::stages::plan::PlanError;
use crate::stages::reboot;

/// Schedules the steps of `changes`, each with the steps that it has to wait for.
///
/// - A resource that refers to another one waits until that is ready, or until it is accepted if only early outputs are
///   used.
/// - A step that takes a claim waits until the claim is released.
/// - A replacement has three steps: create the new resource, update its consumers, delete the old resource. Otherwise,
///   the deletion comes first.
/// - A deletion waits for the deletion of everything that depends on the resource, and for the update of everything
///   that has to release it. If no step needs it, it waits for all creates and updates.
///
/// # Errors
/// [`PlanError::Cycle`] if no such order exists, and [`PlanError::Claimed`], [`PlanError::Swapped`] and
/// [`PlanError::Held`] if the account does not allow the changes.
pub fn schedule(inputs: &Inputs<'_>, changes: &ChangeSet) -> Result<Plan, Error> {
    try_schedule(inputs, changes).map_err(|refused| match refused {
        Refused::UnlessDeletedFirst(_, error) => *error,
        Refused::Always(error) => error,
    })
}

/// The reason why there is no plan.
#[derive(Debug)]
pub(super) enum Refused {
    /// There may be one where these replacements delete the old resource first.
    UnlessDeletedFirst(BTreeSet<Path>, Box<Error>),
    Always(Error),
}

impl From<Error> for Refused {
    fn from(error: Error) -> Self {
        Self::Always(error)
    }
}

pub(super) fn try_schedule(inputs: &Inputs<'_>, changes: &ChangeSet) -> Result<Plan, Refused> {
    let moves = changes.changes.values().filter_map(|change| Some((&change.path, change.moved_from.as_ref()?)));
    let state = with_moves(inputs.state, moves);
    let inputs = &Inputs { state: &state, ..*inputs };
    let mut schedule =
        Schedule { inputs, changes, graph: Graph::default(), nodes: BTreeMap::new(), deletes: BTreeMap::new() };
    schedule.add_steps();
    schedule.order_makes();
    by_text::order(inputs, changes, |path| schedule.nodes.get(path), &mut schedule.graph)?;
    let going = Going::new(inputs, changes);
    if let Some(going) = &going {
        schedule.order_deletes(going);
        schedule.order_detached(going);
        schedule.order_attached(going);
        schedule.order_by_quota(going);
    }
    let mut handovers = claims::handovers(inputs, changes, &schedule.nodes, &schedule.deletes)?;
    // What the program itself puts in this order keeps it, though both could change in one call.
    handovers.retain(|it| !(it.swaps && schedule.graph.is_after(it.maker, it.release)));
    handovers.iter().for_each(|it| schedule.graph.after(it.maker, it.release));
    schedule.untangle(handovers, going.as_ref())?;
    schedule.reboot_in_turn();
    if let Some(going) = &going {
        feasible::check(inputs, changes, going)?;
    }
    order::delay_deletions(&mut schedule.graph);

    let lost = changes.changes.values().filter(|change| change.data_loss).map(|change| &change.path);
    let lost: BTreeSet<_> =
        lost.chain(changes.deposed.iter().filter(|old| old.data_loss).map(|old| &old.path)).cloned().collect();
    let protected = changes.changes.values().filter(|change| change.protected).map(|change| &change.path);
    let protected: BTreeSet<_> =
        protected.chain(changes.deposed.iter().filter(|old| old.protected).map(|old| &old.path)).cloned().collect();
    Ok(Plan {
        format: Plan::FORMAT,
        app: inputs.state.app.clone(),
        lineage: inputs.state.lineage,
        serial: inputs.state.serial,
        journal: None,
        identity: inputs.identity.clone(),
        observed: Vec::new(),
        steps: schedule.graph.into_steps()?,
        outputs: inputs.assembly.outputs.clone(),
        outputs_change: !changes.outputs.is_empty(),
        imports: Imports::new(),
        kept_imports: Imports::new(),
        imports_change: !changes.imports.is_empty(),
        lookups_change: !changes.lookups.is_empty(),
        assembly: None,
        overview: None,
        replaced_outputs: replaced_outputs(inputs, changes, going.as_ref()),
        loses_data: lost.into_iter().collect(),
        protected: protected.into_iter().collect(),
    })
}

/// The outputs whose values, as they are published, are of what is replaced or deleted.
fn replaced_outputs(inputs: &Inputs<'_>, changes: &ChangeSet, going: Option<&Going<'_>>) -> BTreeMap<String, Path> {
    let changed =
        changes.outputs.iter().filter(|(_, change)| matches!(change, OutputChange::Set { from: Some(_), .. }));
    // What has failed is of no use to others.
    let is_broken = |reason: &Reason| matches!(reason, Reason::Tainted | Reason::Interrupted);
    let broken = |path: &Path| changes.changes.get(path).is_some_and(|change| change.reasons.iter().any(is_broken));
    let replaced = |path: &&Path| {
        let change = changes.changes.get(*path).filter(|change| matches!(change.action, Action::Replace(_)));
        change.is_some() && !broken(path)
    };
    let references = |name: &str| inputs.assembly.outputs.get(name).map(Value::references).unwrap_or_default();
    let taken_from =
        |name: &String| references(name).into_iter().map(|reference| &reference.path).find(replaced).cloned();
    let mut found: BTreeMap<String, Path> =
        changed.filter_map(|(name, _)| Some((name.clone(), taken_from(name)?))).collect();
    let deleted = going.map_or(&[][..], |going| &going.deleted);
    for (name, old) in published::taken_from(inputs.state, deleted) {
        let works = old.resource.status != ResourceStatus::Tainted && !(old.stands(inputs.state) && broken(old.path));
        // The new one has the value of the old one, as a name.
        let is_made = |path: &Path| {
            let action = changes.changes.get(path).map(|change| change.action);
            matches!(action, Some(Action::Create | Action::Replace(_)))
        };
        let is_kept =
            !changes.outputs.contains_key(name) && references(name).iter().any(|reference| is_made(&reference.path));
        if works && !is_kept {
            found.entry(name.to_owned()).or_insert_with(|| old.path.clone());
        }
    }
    found
}

struct Schedule<'a> {
    inputs: &'a Inputs<'a>,
    changes: &'a ChangeSet,
    graph: Graph,
    nodes: BTreeMap<&'a Path, Nodes>,
    /// The deletions of each path: of the managed resource, and of deposed ones.
    deletes: BTreeMap<&'a Path, Vec<Node>>,
}

impl<'a> Schedule<'a> {
    fn add_steps(&mut self) {
        for change in self.changes.changes.values() {
            self.add_change(change);
        }
        for old in &self.changes.deposed {
            self.add_delete(&old.path, &old.type_name, &old.id, old.generation);
        }
    }

    fn add_change(&mut self, change: &'a Change) {
        if matches!(change.action, Action::NoOp | Action::Keep) {
            return;
        }
        let (path, type_name) = (&change.path, &change.type_name);
        let prior = self.inputs.state.resources.get(path);
        let wait = self.behavior(type_name).map_or(Wait::NONE, |behavior| behavior.wait);
        let waits = wait != Wait::NONE;
        let waiting = waiting(wait);
        let mut nodes = Nodes::default();

        if let Some(from) = change.moved_from.clone() {
            nodes.moved = Some(self.graph.add(path, type_name, Work::Move { from }, 0));
        }
        if change.action == Action::Resume {
            nodes.resumed = Some(self.graph.add(path, type_name, Work::Ready, waiting));
        }
        let (make, weight) = match change.action {
            Action::Create | Action::Replace(_) => (Some(self.create(path)), 1),
            Action::Update => (Some(Work::Update { desired: self.desired(path, prior) }), 1),
            Action::Resume if !is_recorded(change) => (None, 0),
            Action::Record | Action::Resume => {
                let Desired { dependencies, lifecycle, .. } = self.desired(path, prior);
                (Some(Work::Record { dependencies, lifecycle }), 0)
            }
            Action::Retain => (Some(Work::Retain), 0),
            Action::Forget => (Some(Work::Forget), 0),
            Action::Delete | Action::Move | Action::Keep | Action::NoOp => (None, 0),
        };
        let made = make.map(|make| self.graph.add(path, type_name, make, weight));
        match change.action {
            Action::Create | Action::Replace(_) => nodes.created = made,
            _ => nodes.updated = made,
        }
        let makes = matches!(change.action, Action::Create | Action::Update | Action::Replace(_));
        nodes.ready = (waits && makes).then(|| self.graph.add(path, type_name, Work::Ready, waiting));
        for (node, before) in nodes.chain() {
            self.graph.after(node, before);
        }
        if let (Action::Delete | Action::Replace(_), Some(prior)) = (change.action, prior) {
            let delete = self.add_delete(path, &prior.type_name, &prior.id, prior.generation);
            nodes.moved.into_iter().for_each(|moved| self.graph.after(delete, moved));
        }
        self.nodes.insert(path, nodes);
    }

    fn add_delete(&mut self, path: &'a Path, type_name: &str, id: &str, generation: u32) -> Node {
        let wait = self.behavior(type_name).map_or(Wait::NONE, |behavior| behavior.wait);
        let delete = Work::Delete { id: id.to_owned(), generation: Some(generation), final_snapshot: None };
        let node = self.graph.add(path, type_name, delete, 1 + waiting(wait));
        self.deletes.entry(path).or_default().push(node);
        node
    }

    fn create(&self, path: &Path) -> Work {
        let environment = self.inputs.assembly.environment(path);
        Work::Create {
            environment: environment.cloned().expect("every resource of an assembly is in a stack"),
            generation: self.inputs.state.next_generation(path),
            desired: self.desired(path, None),
        }
    }

    fn desired(&self, path: &Path, prior: Option<&ResourceState>) -> Desired {
        let entry = &self.inputs.assembly.resources[path];
        Desired {
            properties: desired_properties(entry, prior),
            dependencies: self.inputs.assembly.dependencies(path),
            lifecycle: entry.lifecycle.clone(),
        }
    }

    /// Orders creates and updates after the dependencies of the resource, and steps that only record them after its
    /// moves: moving a resource removes the dependencies on the previous resource at its new path.
    fn order_makes(&mut self) {
        for change in self.changes.changes.values() {
            let path = &change.path;
            let makes = matches!(change.action, Action::Create | Action::Update | Action::Replace(_));
            if !makes && !matches!(change.action, Action::Record | Action::Resume) {
                continue;
            }
            let Some(make) = self.nodes[path].make() else { continue };
            let entry = &self.inputs.assembly.resources[path];
            for dependency in self.inputs.assembly.dependencies(path) {
                let Some(nodes) = self.nodes.get(&dependency) else { continue };
                let before = match makes {
                    false => nodes.moved,
                    true if self.takes_early(entry, &dependency) => nodes.early(),
                    true => nodes.last(),
                };
                before.into_iter().for_each(|before| self.graph.after(make, before));
            }
        }
    }

    /// Returns whether an entry uses only outputs of `dependency` that are known as soon as it is accepted.
    fn takes_early(&self, entry: &ResourceEntry, dependency: &Path) -> bool {
        let type_name = &self.inputs.assembly.resources[dependency].type_name;
        let early = self.behavior(type_name).map_or(&[][..], |behavior| behavior.early_outputs);
        let references = entry.references();
        let mut taken = references.iter().filter(|reference| reference.path == *dependency);
        let change = self.changes.changes.get(dependency);
        let settles = |attribute: &str| change.is_none_or(|change| !follows::may_change(change, attribute));
        let is_early = |attribute: &str| early.contains(&attribute) && settles(attribute);
        !entry.depends_on.contains(dependency) && taken.all(|reference| is_early(&reference.attribute))
    }

    fn order_deletes(&mut self, going: &Going<'_>) {
        for old in &going.deleted {
            let Some(delete) = self.delete_of(old) else { continue };
            let change = self.changes.changes.get(old.path).filter(|_| old.stands(self.inputs.state));
            let action = change.map(|change| change.action);
            let delete_first = action == Some(Action::Replace(Order::DeleteFirst));
            for user in going.needs.users(old).into_iter().map(|link| link.user) {
                let gone = self.delete_of(&user);
                gone.into_iter().for_each(|gone| self.graph.after(delete, gone));
                // What is only being changed may still use the old one: a service while it rolls over.
                let repointed = self.nodes.get(user.path).and_then(|nodes| nodes.updated.and(nodes.last()));
                let repoints_after = delete_first && self.inputs.assembly.dependencies(user.path).contains(old.path);
                repointed
                    .filter(|_| !repoints_after)
                    .into_iter()
                    .for_each(|repointed| self.graph.after(delete, repointed));
            }
            let (Some(nodes), Some(Action::Replace(order))) = (self.nodes.get(old.path), action) else { continue };
            match (order, nodes.created, nodes.last()) {
                (Order::CreateFirst, _, Some(new)) => self.graph.after(delete, new),
                (Order::DeleteFirst, Some(new), _) => self.graph.after(new, delete),
                _ => {}
            }
        }
    }

    /// The deletion of a resource that exists.
    fn delete_of(&self, old: &Incarnation<'_>) -> Option<Node> {
        delete_of(&self.graph, &self.deletes, old)
    }

    /// Orders the replacement of a gateway in place: deleted resources with public addresses are deleted before it, and
    /// new ones are created after it.
    fn order_detached(&mut self, going: &Going<'_>) {
        for change in self.changes.changes.values().filter(|change| is_detached(change)) {
            let Some(updated) = self.nodes.get(&change.path).and_then(|nodes| nodes.updated) else { continue };
            let gateway = existing::standing(self.inputs.state, &change.path);
            let users = gateway.iter().flat_map(|gateway| going.needs.users(gateway));
            for link in users.filter(|link| link.need == Need::PublicAddresses) {
                self.delete_of(&link.user).into_iter().for_each(|gone| self.graph.after(updated, gone));
            }
            let Inputs { assembly, state, .. } = self.inputs;
            let Some(gateway) = gateway else { continue };
            for path in coming(assembly, state, &self.changes.changes, gateway.resource) {
                let made = self.nodes.get(path).and_then(|nodes| nodes.created);
                made.into_iter().for_each(|made| self.graph.after(made, updated));
            }
        }
    }

    /// Orders the deletion of a gateway: new resources with public addresses in its VPC are created after it, and after
    /// the attachment of the gateway that takes its place.
    fn order_attached(&mut self, going: &Going<'_>) {
        let Inputs { assembly, state, .. } = *self.inputs;
        let changes = &self.changes.changes;
        for gateway in &going.deleted {
            let Some(gone) = self.delete_of(gateway) else { continue };
            let coming = coming(assembly, state, changes, gateway.resource);
            if coming.is_empty() {
                continue;
            }
            let attached = attached(assembly, state, changes, gateway.resource);
            for path in coming {
                let Some(made) = self.nodes.get(path).and_then(|nodes| nodes.created) else { continue };
                // One that is replaced can be deleted first; nothing else turns the order of the program.
                let is_replaced = matches!(changes[path].action, Action::Replace(_));
                if is_replaced || !self.graph.waits_for(gone, made) {
                    self.graph.after(made, gone);
                }
                let attached = attached.iter().filter(|attached| !is_made_after(assembly, attached, path));
                let attached = attached.filter_map(|attached| self.nodes.get(*attached)?.last());
                attached.for_each(|attached| self.graph.after(made, attached));
            }
        }
    }

    fn order_by_quota(&mut self, going: &Going<'_>) {
        let Self { inputs, changes, nodes, deletes, graph } = self;
        let created = |path: &Path| nodes.get(path).and_then(|nodes| nodes.created);
        let deletion = |graph: &Graph, old: &Incarnation<'_>| delete_of(graph, deletes, old);
        quota::order(inputs, changes, going, created, deletion, graph);
    }

    /// Members of one cluster are rebooted one after another, so that the others serve meanwhile. The order is one that
    /// the graph has already, so that nothing waits for itself.
    fn reboot_in_turn(&mut self) {
        let reboots = |change: &&Change| {
            let may = |reason: &Reason| matches!(reason, Reason::Reboots { .. } | Reason::Incomplete);
            change.reasons.iter().any(may)
        };
        let member = |change: &'a Change| {
            let cluster = reboot::cluster(self.inputs.assembly, &change.path)?;
            let nodes = self.nodes.get(&change.path)?;
            Some((nodes.make()?, (nodes.last()?, cluster)))
        };
        let members: BTreeMap<Node, _> = self.changes.changes.values().filter(reboots).filter_map(member).collect();
        if members.len() < 2 {
            return;
        }
        let mut before: Vec<(&Value, Node)> = Vec::new();
        for make in self.graph.sorted(|node| node) {
            let Some((last, cluster)) = members.get(&make) else { continue };
            match before.iter_mut().find(|(other, _)| other == cluster) {
                Some((_, before)) => self.graph.after(make, std::mem::replace(before, *last)),
                None => before.push((cluster, *last)),
            }
        }
    }

    /// Takes out of the graph what makes it go in circles, where that need not be: two that change
    /// places in one call wait for nothing.
    fn untangle(&mut self, mut waits: Vec<Handover<'_>>, going: Option<&Going<'_>>) -> Result<(), Refused> {
        loop {
            if self.graph.sorted(|node| node).len() == self.graph.nodes().len() {
                return Ok(());
            }
            let tangles = self.graph.tangles();
            let tangle_of: BTreeMap<Node, usize> =
                tangles.iter().enumerate().flat_map(|(at, nodes)| nodes.iter().map(move |node| (*node, at))).collect();
            let together = |a: Node, b: Node| tangle_of.contains_key(&a) && tangle_of.get(&a) == tangle_of.get(&b);
            let (inside, outside): (Vec<_>, Vec<_>) =
                waits.into_iter().partition(|wait| together(wait.maker, wait.release));
            let (swaps, stiff): (Vec<_>, Vec<_>) = inside.into_iter().partition(|wait| wait.swaps);
            if swaps.is_empty() {
                return Err(self.tangled(&tangles, &stiff, &together, going));
            }
            swaps.iter().for_each(|wait| self.graph.not_after(wait.maker, wait.release));
            waits = outside.into_iter().chain(stiff).collect();
        }
    }

    /// Returns the error of steps that wait for each other, or the replacements that would resolve it.
    fn tangled(
        &self,
        tangles: &[Vec<Node>],
        waits: &[Handover<'_>],
        together: &dyn Fn(Node, Node) -> bool,
        going: Option<&Going<'_>>,
    ) -> Refused {
        let error = match waits.first() {
            Some(Handover { taker, holder, claim, .. }) => {
                Error::Plan(PlanError::Swapped { path: (*taker).clone(), other: (*holder).clone(), what: named(claim) })
            }
            None => self.graph.cycle(tangles.first().map_or(&[][..], Vec::as_slice)),
        };
        let tangled = |path: &Path| {
            let made = self.nodes.get(path).and_then(|nodes| nodes.created);
            let deleted = self.deletes.get(path).and_then(|deletes| deletes.first());
            made.zip(deleted).is_some_and(|(made, deleted)| together(made, *deleted))
        };
        let created_first = self
            .changes
            .changes
            .values()
            .filter(|change| change.action == Action::Replace(Order::CreateFirst) && tangled(&change.path));
        let paths: BTreeSet<&Path> = created_first.map(|change| &change.path).collect();
        // What only follows from others follows when these are turned.
        let causes: BTreeSet<&Path> = waits.iter().flat_map(|wait| [wait.taker, wait.holder]).collect();
        let turned: BTreeSet<&Path> = paths.intersection(&causes).copied().collect();
        let turned = if turned.is_empty() { paths } else { turned };
        // In a circle it is enough to turn those that nothing holds: the others let go one after another then.
        let is_held = |path: &Path| {
            let old = existing::standing(self.inputs.state, path);
            let (Some(going), Some(old)) = (going, old) else { return false };
            feasible::is_held_until_made_anew(self.inputs, self.changes, going, &old)
        };
        let free: BTreeSet<&Path> = turned.iter().copied().filter(|path| !is_held(path)).collect();
        let turned = if free.is_empty() { turned } else { free };
        if turned.is_empty() {
            Refused::Always(error)
        } else {
            Refused::UnlessDeletedFirst(turned.into_iter().cloned().collect(), Box::new(error))
        }
    }

    fn behavior(&self, type_name: &str) -> Option<Behavior> {
        (self.inputs.behavior)(type_name)
    }
}

fn delete_of(graph: &Graph, deletes: &BTreeMap<&Path, Vec<Node>>, old: &Incarnation<'_>) -> Option<Node> {
    let (path, generation, id) = old.key();
    let deletes = deletes.get(path)?;
    deletes.iter().copied().find(|node| graph.work(*node).deletes(id, generation))
}

/// Returns whether an unchanged resource gets another lifecycle or other dependencies in the state.
fn is_recorded(change: &Change) -> bool {
    change.reasons.iter().any(|reason| matches!(reason, Reason::LifecycleChanged | Reason::DependenciesChanged))
}

/// About how many seconds are waited: most things take a fraction of their time limit.
fn waiting(wait: Wait) -> u32 {
    u32::try_from(wait.timeout.as_secs() / 4).unwrap_or(u32::MAX)
}

#[cfg(test)]
#[path = "schedule_tests.rs"]
mod tests;
