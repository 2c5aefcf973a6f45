//! From differences to actions.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use groundplan_core::{Environment, Path, Reference, ResourceEntry, Value};
use groundplan_schema::{Replacement, ResourceType, lookup};
use serde_json::Value as Json;

use super::{
    Action, Change, ChangeSet, DeposedChange, Inputs, Order, OutputChange, PropertyChange, Reason, Rendered, Replaces,
    compare, identity_names, moves,
};
use crate::journal::Event;
use crate::provider::{Behavior, Recovery};
use crate::resolve::{substitute, substitute_all};
use crate::state::{ResourceState, ResourceStatus, State, is_account};

/// What has to be done so that the account holds what the assembly says.
pub fn diff(inputs: &Inputs<'_>) -> ChangeSet {
    let moves = moves::stated(inputs);
    let state = with_moves(inputs.state, moves.iter());
    let inputs = Inputs { state: &state, ..*inputs };
    let mut diff = Diff { inputs: &inputs, desired: BTreeMap::new(), changes: BTreeMap::new() };
    for path in in_order(&inputs) {
        let change = diff.entry(path, moves.get(path));
        diff.changes.insert(path.clone(), change);
    }
    for (path, resource) in &inputs.state.resources {
        if !inputs.assembly.resources.contains_key(path) {
            diff.changes.insert(path.clone(), removed(path, resource, Reason::Removed));
        }
    }
    diff.delete_first_spreads();
    diff.finish()
}

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

/// The state after moves of `(to, from)`.
pub(crate) fn with_moves<'s, 'm>(
    state: &'s State,
    moves: impl Iterator<Item = (&'m Path, &'m Path)>,
) -> Cow<'s, State> {
    let mut moved = Cow::Borrowed(state);
    for (to, from) in moves {
        let event = Event::Moved { from: from.clone(), to: to.clone() };
        moved.to_mut().apply(event).expect("the old path is in the state and the new one is not");
    }
    moved
}

/// The properties of an entry with what is left alone by `ignore_changes` as it was applied.
pub(crate) fn desired_properties(entry: &ResourceEntry, prior: Option<&ResourceState>) -> BTreeMap<String, Value> {
    let mut desired = entry.properties.clone();
    let Some(prior) = prior else { return desired };
    for name in &entry.lifecycle.ignore_changes {
        match prior.properties.get(name) {
            Some(value) => drop(desired.insert(name.clone(), value.clone())),
            None => drop(desired.remove(name)),
        }
    }
    desired
}

/// The paths of the assembly, each after what it depends on.
fn in_order<'a>(inputs: &Inputs<'a>) -> Vec<&'a Path> {
    let dependencies = |path: &Path| inputs.assembly.dependencies(path).into_iter().rev().collect::<Vec<_>>();
    let mut order = Vec::new();
    let mut seen = BTreeSet::new();
    for root in inputs.assembly.resources.keys() {
        let mut way = vec![(root, None)];
        while let Some((path, rest)) = way.pop() {
            if rest.is_none() && !seen.insert(path) {
                continue;
            }
            let mut rest = rest.unwrap_or_else(|| dependencies(path));
            match rest.pop() {
                None => order.push(path),
                Some(next) => {
                    way.push((path, Some(rest)));
                    let known = inputs.assembly.resources.get_key_value(&next);
                    way.extend(known.map(|(next, _)| (next, None)));
                }
            }
        }
    }
    order
}

struct Diff<'a> {
    inputs: &'a Inputs<'a>,
    /// The desired properties of the entries compared so far, resolved as far as they are known.
    desired: BTreeMap<&'a Path, BTreeMap<String, Value>>,
    changes: BTreeMap<Path, Change>,
}

impl<'a> Diff<'a> {
    fn entry(&mut self, path: &'a Path, moved_from: Option<&Path>) -> Change {
        let entry = &self.inputs.assembly.resources[path];
        let prior = self.inputs.state.resources.get(path);
        let properties = desired_properties(entry, prior);
        let desired = substitute_all(&properties, &|reference| self.value_of(reference));
        let mut change = Change {
            path: path.clone(),
            type_name: entry.type_name.clone(),
            action: Action::Create,
            reasons: Vec::new(),
            properties: Vec::new(),
            moved_from: moved_from.cloned(),
            data_loss: false,
            protected: false,
        };
        match prior {
            None => {
                let interrupted = self.inputs.state.pending.contains_key(path);
                let missing = self.inputs.missing.contains(path);
                change.reasons.push(match (interrupted, missing) {
                    (true, _) => Reason::Interrupted,
                    (_, true) => Reason::Missing,
                    _ => Reason::New,
                });
            }
            Some(prior) => self.compared(&mut change, entry, prior, &desired),
        }
        self.desired.insert(path, desired);
        change
    }

    fn compared(
        &self,
        change: &mut Change,
        entry: &ResourceEntry,
        prior: &ResourceState,
        desired: &BTreeMap<String, Value>,
    ) {
        let schema = lookup(&entry.type_name);
        change.properties = compare::compare(schema, prior, desired, self.inputs.digests);
        let environment = self.inputs.assembly.environment(&change.path);
        let mut forced = forced(entry, prior, environment);
        if !change.properties.iter().any(|change| change.replacement == Replaces::Yes) {
            forced.extend(self.bound_to(entry, schema).map(Reason::BoundTo));
        }
        let replaced = !forced.is_empty() || change.properties.iter().any(|change| change.replacement == Replaces::Yes);
        let changed = change.properties.iter().map(reason);
        let incomplete = prior.incomplete && !replaced;
        change.reasons = forced.into_iter().chain(incomplete.then_some(Reason::Incomplete)).chain(changed).collect();

        if replaced {
            change.action = Action::Replace(self.order(change, entry, prior, schema));
            change.data_loss = prior.holds_data();
            change.protected = prior.is_protected() || entry.lifecycle.protect;
        } else if incomplete || !change.properties.is_empty() {
            change.action = Action::Update;
        } else {
            let resumed = matches!(prior.status, ResourceStatus::Accepted | ResourceStatus::Updating);
            let lifecycle = (prior.lifecycle != entry.lifecycle).then_some(Reason::LifecycleChanged);
            let dependencies = self.inputs.assembly.dependencies(&change.path) != prior.dependencies;
            change.reasons.extend(resumed.then_some(Reason::NotSeenReady));
            change.reasons.extend(lifecycle);
            change.reasons.extend(dependencies.then_some(Reason::DependenciesChanged));
            change.action = match (change.reasons.is_empty(), &change.moved_from) {
                (false, _) if resumed => Action::Resume,
                (false, _) => Action::Record,
                (true, Some(_)) => Action::Move,
                (true, None) => Action::NoOp,
            };
        }
    }

    /// What a relation is bound to for life by a property that cannot be changed, where that is
    /// deleted before it is made anew: even under the same name it is another one.
    fn bound_to(&self, entry: &ResourceEntry, schema: Option<&ResourceType>) -> Option<Path> {
        let behavior = (self.inputs.behavior)(&entry.type_name);
        let schema = schema.filter(|_| behavior.is_some_and(|it| it.recovery == Recovery::ByParts))?;
        let fixed = |name: &str| schema.cursor().key(name).replacement() == Replacement::Always;
        let bound = entry.properties.iter().filter(|(name, _)| fixed(name));
        let mut targets = bound.flat_map(|(_, value)| value.references()).map(|reference| &reference.path);
        let deleted_first = |path: &&Path| {
            self.changes.get(*path).is_some_and(|change| change.action == Action::Replace(Order::DeleteFirst))
        };
        targets.find(deleted_first).cloned()
    }

    fn order(
        &self,
        change: &Change,
        entry: &ResourceEntry,
        prior: &ResourceState,
        schema: Option<&ResourceType>,
    ) -> Order {
        let behavior = (self.inputs.behavior)(&entry.type_name);
        let alone =
            behavior.is_some_and(|behavior| !behavior.coexists) || schema.is_some_and(|schema| schema.deletes_first);
        let same_place = prior.type_name == entry.type_name
            && !change.reasons.iter().any(|reason| matches!(reason, Reason::EnvironmentChanged { .. }));
        let keeps_name = schema.map(identity_names).is_some_and(|names| {
            let changed =
                |name: &str| change.properties.iter().any(|change| change.property.split('.').next() == Some(name));
            !names.is_empty() && names.iter().all(|name| entry.properties.contains_key(*name) && !changed(name))
        });
        match entry.lifecycle.delete_before_create || same_place && (alone || keeps_name) {
            true => Order::DeleteFirst,
            false => Order::CreateFirst,
        }
    }

    /// What a reference will give, where that is known before anything is done.
    fn value_of(&self, reference: &Reference) -> Option<Json> {
        let Some(change) = self.changes.get(&reference.path) else {
            return is_account(reference).then(|| self.inputs.identity.account.clone().into());
        };
        let desired = || {
            let value = self.desired.get(&reference.path)?.get(&reference.attribute)?;
            value.is_known().then(|| value.to_json())
        };
        let changes = |change: &PropertyChange| change.property.split('.').next() == Some(&reference.attribute);
        match change.action {
            Action::Create | Action::Replace(_) => desired(),
            Action::Update if change.properties.iter().any(changes) => desired(),
            Action::Update if counts_changes(&change.type_name, &reference.attribute) => None,
            _ => self.inputs.state.value_of(reference),
        }
    }

    /// What is replaced with the old one first needs the old ones of its replaced consumers gone
    /// before.
    fn delete_first_spreads(&mut self) {
        let replaced_so = |change: &Change| change.action == Action::Replace(Order::DeleteFirst);
        if !self.changes.values().any(replaced_so) {
            return;
        }
        for path in in_order(self.inputs) {
            let Some(prior) = self.inputs.state.resources.get(path) else { continue };
            let delete_first = |path: &Path| self.changes.get(path).is_some_and(replaced_so);
            let spreads = prior.dependencies.iter().any(delete_first);
            if let Some(change) = self.changes.get_mut(path).filter(|_| spreads)
                && change.action == Action::Replace(Order::CreateFirst)
            {
                change.action = Action::Replace(Order::DeleteFirst);
            }
        }
    }

    fn finish(self) -> ChangeSet {
        let of = |action| move |change: &&Change| change.action == action;
        let removed: Vec<&Path> = self.changes.values().filter(of(Action::Delete)).map(|change| &change.path).collect();
        let created = self.changes.values().filter(of(Action::Create)).map(|change| &change.path);
        let added = created.filter(|_| !removed.is_empty());
        let added = added.map(|path| (path, self.desired[path].clone())).collect();
        ChangeSet {
            proposed_moves: moves::proposed(self.inputs, &removed, &added),
            outputs: self.outputs(),
            deposed: deposed(self.inputs.state).collect(),
            changes: self.changes,
            imports: BTreeMap::new(),
        }
    }

    fn outputs(&self) -> BTreeMap<String, OutputChange> {
        let (before, after) = (&self.inputs.state.outputs, &self.inputs.assembly.outputs);
        let removed = before.keys().filter(|name| !after.contains_key(*name));
        let removed = removed.map(|name| (name.clone(), OutputChange::Removed));
        let set = after.iter().filter_map(|(name, value)| {
            let to = Rendered::new(&substitute(value, &|reference| self.value_of(reference)));
            let from = before.get(name).cloned();
            let same = matches!((&from, &to), (Some(from), Rendered::Known(to)) if from == to);
            (!same).then(|| (name.clone(), OutputChange::Set { from, to }))
        });
        removed.chain(set).collect()
    }
}

fn counts_changes(type_name: &str, attribute: &str) -> bool {
    lookup(type_name).is_some_and(|schema| schema.counts_changes(attribute))
}

/// What makes a replacement necessary beside the properties.
fn forced(entry: &ResourceEntry, prior: &ResourceState, environment: Option<&Environment>) -> Vec<Reason> {
    let mut reasons = Vec::new();
    if prior.type_name != entry.type_name {
        reasons.push(Reason::TypeChanged { from: prior.type_name.clone() });
    }
    if let Some(to) = environment {
        let other_account =
            prior.environment.account.is_some() && to.account.is_some() && prior.environment.account != to.account;
        if prior.environment.region != to.region || other_account {
            reasons.push(Reason::EnvironmentChanged { from: prior.environment.clone(), to: to.clone() });
        }
    }
    match prior.status {
        ResourceStatus::Tainted | ResourceStatus::Failed => reasons.push(Reason::Tainted),
        ResourceStatus::Deleting => reasons.push(Reason::Interrupted),
        ResourceStatus::Accepted | ResourceStatus::Updating | ResourceStatus::Ready => {}
    }
    reasons
}

fn reason(change: &PropertyChange) -> Reason {
    let property = change.property.clone();
    match (change.replacement, &change.because) {
        (Replaces::Yes, _) => Reason::Forces { property },
        (_, Some(because)) => Reason::NotYetKnown { property, because: because.clone() },
        (Replaces::Maybe, None) => Reason::MayReplace { property },
        (Replaces::No, None) => Reason::Changed { property },
    }
}

fn removed(path: &Path, resource: &ResourceState, reason: Reason) -> Change {
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

fn deposed(state: &State) -> impl Iterator<Item = DeposedChange> {
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
