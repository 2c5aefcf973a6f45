//! From differences to actions.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use groundplan_core::claim::Claim;
use groundplan_core::{Environment, Path, Reference, ResourceEntry, Value, keep_ignored};
use groundplan_schema::{Replacement, ResourceType, lookup};
use serde_json::Value as Json;

use super::removed::{left_over, removed, retain_needed};
use super::{
    Action, Change, ChangeSet, Inputs, Order, OutputChange, PropertyChange, Reason, Rendered, bound, claims, compare,
    existing, follows, moves, network, occupants, reboots, told,
};
use crate::model::{Event, ResourceState, ResourceStatus, State, is_account};
use crate::provider::Identity;
use crate::provider::Recovery;
use crate::stages::resolve::{substitute, substitute_all};

/// Computes the changes that make the account match the assembly.
pub fn diff(inputs: &Inputs<'_>) -> ChangeSet {
    diff_with(inputs, &BTreeSet::new())
}

/// As [`diff`], where the replacements of `delete_first` delete the old resource first.
pub(crate) fn diff_with(inputs: &Inputs<'_>, delete_first: &BTreeSet<Path>) -> ChangeSet {
    let mut known = Replaced { delete_first: delete_first.clone(), ..Replaced::default() };
    loop {
        let diff = Diff::made(inputs, &known);
        // What is replaced changes what takes values from it, and may go before others.
        let more = Replaced {
            delete_first: occupants::in_the_way(&diff.state, &diff.changes),
            lost: told::lost(inputs, &diff.state, &diff.desired, &diff.changes),
            bound: bound::to_what_goes(inputs, &diff.state, &diff.changes),
        };
        if more == Replaced::default() {
            return diff.finish();
        }
        known.delete_first.extend(more.delete_first);
        known.lost.extend(more.lost);
        known.bound.extend(more.bound);
    }
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

/// Returns the properties of an entry, with the ones in `ignore_changes` as applied. For a resource that is created,
/// there is no `prior` and nothing is ignored.
pub(crate) fn desired_properties(entry: &ResourceEntry, prior: Option<&ResourceState>) -> BTreeMap<String, Value> {
    let mut desired = entry.properties.clone();
    if let Some(prior) = prior {
        keep_ignored(&entry.type_name, &entry.lifecycle.ignore_changes, &mut desired, &prior.properties);
    }
    desired
}

/// The paths of the assembly, each after what it depends on.
pub(super) fn in_order<'a>(inputs: &Inputs<'a>) -> Vec<&'a Path> {
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

/// Facts about replacements that follow from the changes of other resources.
#[derive(Default, PartialEq)]
struct Replaced {
    /// The replacements that have to delete the old resource first, for any reason.
    delete_first: BTreeSet<Path>,
    /// Resources that are replaced because their secret is lost, with the resource that needs it.
    lost: BTreeMap<Path, Path>,
    /// The relations that go before what they are bound to, with that.
    bound: BTreeMap<Path, Path>,
}

struct Diff<'a> {
    inputs: &'a Inputs<'a>,
    replaced: &'a Replaced,
    /// The existing resources, under the paths of the program as far as known.
    state: Cow<'a, State>,
    left: moves::Left,
    /// The desired properties of the entries compared so far, resolved as far as they are known.
    desired: BTreeMap<&'a Path, BTreeMap<String, Value>>,
    /// The claims of what is made or changed.
    claims: BTreeMap<Path, Vec<Claim>>,
    /// Of what was replaced, the positions of what a retained resource needs.
    needed: BTreeSet<usize>,
    /// The secrets that get another value.
    new_secrets: BTreeSet<&'a Path>,
    changes: BTreeMap<Path, Change>,
}

impl<'a> Diff<'a> {
    fn made(inputs: &'a Inputs<'a>, replaced: &'a Replaced) -> Self {
        let stated = moves::stated(inputs);
        let state = with_moves(inputs.state, stated.iter());
        let left = moves::Left::new(inputs, &state);
        let mut diff = Diff {
            inputs,
            replaced,
            state,
            left,
            desired: BTreeMap::new(),
            claims: BTreeMap::new(),
            needed: BTreeSet::new(),
            new_secrets: BTreeSet::new(),
            changes: BTreeMap::new(),
        };
        for path in in_order(inputs) {
            let change = diff.entry(path, stated.get(path));
            diff.changes.insert(path.clone(), change);
        }
        diff.removals();
        diff
    }

    fn entry(&mut self, path: &'a Path, stated: Option<&Path>) -> Change {
        let entry = &self.inputs.assembly.resources[path];
        let found = self.under_another_path(path, entry);
        let moved_from = stated.cloned().or_else(|| found.as_ref().map(|(from, _)| from.clone()));
        let prior = self.state.resources.get(path);
        let properties = desired_properties(entry, prior);
        let desired = self.resolved(&properties);
        let mut change = Change {
            path: path.clone(),
            type_name: entry.type_name.clone(),
            action: Action::Create,
            reasons: Vec::new(),
            properties: Vec::new(),
            moved_from,
            data_loss: false,
            protected: false,
        };
        let mut desired = desired;
        match prior {
            None => {
                let interrupted = self.state.pending.contains_key(path);
                let missing = self.inputs.missing.contains(path);
                change.reasons.push(match (interrupted, missing) {
                    (true, _) => Reason::Interrupted,
                    (_, true) => Reason::Missing,
                    _ => Reason::New,
                });
            }
            Some(prior) => {
                self.compared(&mut change, entry, prior, &desired);
                if matches!(change.action, Action::Replace(_)) && !entry.lifecycle.ignore_changes.is_empty() {
                    desired = substitute_all(&entry.properties, &|reference| self.value_of(reference));
                    self.not_ignored(&mut change, entry, prior, &desired);
                }
            }
        }
        if let Some((_, what)) = found {
            change.reasons.insert(0, Reason::SameThing { what: what.into() });
        }
        if matches!(change.action, Action::Create | Action::Update | Action::Replace(_)) {
            let claims = self.claims_of(path, entry, &desired, prior.filter(|_| change.action == Action::Update));
            if !claims.is_empty() {
                self.claims.insert(path.clone(), claims);
            }
        }
        if follows::has_new_secret(&change) {
            self.new_secrets.insert(path);
        }
        self.desired.insert(path, desired);
        change
    }

    fn resolved(&self, properties: &BTreeMap<String, Value>) -> BTreeMap<String, Value> {
        substitute_all(properties, &|reference| self.value_of(reference))
    }

    /// The claims of a resource that is made, or of `kept`, which is changed in place.
    fn claims_of(
        &self,
        path: &Path,
        entry: &ResourceEntry,
        desired: &BTreeMap<String, Value>,
        kept: Option<&ResourceState>,
    ) -> Vec<Claim> {
        let Some(environment) = self.inputs.assembly.environment(path) else { return Vec::new() };
        let identity = self.inputs.identity;
        let property = |reference: &Reference, name: &str| self.desired.get(&reference.path)?.get(name);
        match kept {
            Some(prior) => claims::kept(prior, environment, desired, identity, &property),
            None => claims::of(&entry.type_name, environment, desired, identity, &property),
        }
    }

    /// Takes what a removed path has for the resource at `path`, where both claim the same thing; gives
    /// the removed path and what the thing is.
    fn under_another_path(&mut self, path: &Path, entry: &ResourceEntry) -> Option<(Path, &'static str)> {
        if self.left.is_empty() || self.state.resources.contains_key(path) || self.state.pending.contains_key(path) {
            return None;
        }
        let claims = self.claims_of(path, entry, &self.resolved(&entry.properties), None);
        let (from, what) = self.left.take(&entry.type_name, &claims)?;
        let moved = Event::Moved { from: from.clone(), to: path.clone() };
        self.state.to_mut().apply(moved).expect("the old path is in the state and the new one is not");
        Some((from, what))
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
        follows::secrets(schema, entry, &self.new_secrets, &mut change.properties);
        if let Some(schema) = schema {
            let network = |path: &Path| self.desired.get(path)?.get(network::NETWORK);
            let declared = |name: &str| entry.properties.get(name);
            network::replaces(schema, &self.state, prior, &declared, &network, &mut change.properties);
        }
        let environment = self.inputs.assembly.environment(&change.path);
        let mut forced = forced(entry, prior, desired, environment, self.inputs.identity);
        if !change.properties.iter().any(|change| change.replacement == Replacement::Always) {
            forced.extend(self.replaced.bound.get(&change.path).cloned().map(Reason::BoundTo));
        }
        forced.extend(self.replaced.lost.get(&change.path).map(|by| Reason::SecretLost { by: by.clone() }));
        let replaced =
            !forced.is_empty() || change.properties.iter().any(|change| change.replacement == Replacement::Always);
        let mut changed: Vec<Reason> = change.properties.iter().map(|property| self.reason(property)).collect();
        // A set names each member that it loses or gains.
        changed.dedup();
        let incomplete = prior.incomplete && !replaced;
        let reboot = reboots::at_once(self.inputs.assembly, &change.path, &self.changes).filter(|_| !replaced);
        let reboots = reboot.is_some();
        change.reasons = forced.into_iter().chain(incomplete.then_some(Reason::Incomplete)).chain(changed).collect();
        change.reasons.extend(reboot.map(|by| Reason::Reboots { by }));

        if replaced {
            change.action = Action::Replace(self.order(change, entry, prior, schema, desired));
            change.data_loss = prior.is_stateful();
            let worked = prior.status != ResourceStatus::Tainted;
            change.protected = worked && (prior.is_protected() || entry.lifecycle.protect);
        } else if incomplete || reboots || !change.properties.is_empty() {
            change.action = Action::Update;
            if follows::is_regenerated(change) {
                change.reasons.push(Reason::NewSecret);
            }
        } else {
            let resumed = matches!(prior.status, ResourceStatus::Accepted | ResourceStatus::Updating);
            let lifecycle = (prior.lifecycle != entry.lifecycle).then_some(Reason::LifecycleChanged);
            let dependencies = self.inputs.assembly.dependencies(&change.path) != prior.dependencies;
            if resumed {
                change.reasons.push(Reason::NotSeenReady);
            }
            change.reasons.extend(lifecycle);
            if dependencies {
                change.reasons.push(Reason::DependenciesChanged);
            }
            change.action = match (change.reasons.is_empty(), &change.moved_from) {
                (false, _) if resumed => Action::Resume,
                (false, _) => Action::Record,
                (true, Some(_)) => Action::Move,
                (true, None) => Action::NoOp,
            };
        }
    }

    /// Adds the changes of ignored properties to a resource that is created again, because a new resource gets all
    /// values of the program; they are not the reason for its replacement.
    fn not_ignored(
        &self,
        change: &mut Change,
        entry: &ResourceEntry,
        prior: &ResourceState,
        desired: &BTreeMap<String, Value>,
    ) {
        let schema = lookup(&entry.type_name);
        for other in compare::compare(schema, prior, desired, self.inputs.digests) {
            if !change.properties.contains(&other) {
                change.reasons.push(Reason::NotIgnored { property: other.property.clone() });
                change.properties.push(PropertyChange { replacement: Replacement::Never, ..other });
            }
        }
        change.properties.sort_by(|a, b| a.property.cmp(&b.property));
        change.action = Action::Replace(self.order(change, entry, prior, schema, desired));
    }

    /// Returns the order of a replacement. The old resource is deleted first if both cannot coexist, because of their
    /// claims or their type. So is the old resource of each dependent.
    fn order(
        &self,
        change: &Change,
        entry: &ResourceEntry,
        prior: &ResourceState,
        schema: Option<&ResourceType>,
        desired: &BTreeMap<String, Value>,
    ) -> Order {
        let claims = self.claims_of(&change.path, entry, desired, None);
        let held = claims::held(prior, self.inputs.identity);
        let behavior = (self.inputs.behavior)(&entry.type_name);
        // A relation that says what it claims is alone in that, and in nothing else.
        let told = |recovery| recovery == Recovery::ByParts && !held.is_empty() && !claims.is_empty();
        let alone = behavior.is_some_and(|behavior| !behavior.coexists && !told(behavior.recovery))
            || schema.is_some_and(|schema| schema.deletes_first);
        let same_place = prior.type_name == entry.type_name
            && !change.reasons.iter().any(|reason| matches!(reason, Reason::EnvironmentChanged { .. }));
        let first = entry.lifecycle.delete_before_create
            || self.replaced.delete_first.contains(&change.path)
            || self.replaced.bound.contains_key(&change.path)
            || same_place && alone
            || claims::conflict(&held, &claims)
            || told::has_no_room(self.inputs, &self.state, change, prior, desired)
            || prior.dependencies.iter().any(|path| self.goes_first(path));
        if first { Order::DeleteFirst } else { Order::CreateFirst }
    }

    fn goes_first(&self, path: &Path) -> bool {
        self.changes.get(path).is_some_and(|change| change.action == Action::Replace(Order::DeleteFirst))
    }

    /// Returns the value of a reference, if it is known before any change.
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
            Action::Update if follows::may_change(change, &reference.attribute) => None,
            _ => self.state.value_of(reference),
        }
    }

    fn reason(&self, change: &PropertyChange) -> Reason {
        let property = change.property.clone();
        match (change.replacement, &change.because) {
            (Replacement::Always, _) => Reason::Forces { property },
            (_, Some(because)) => {
                let maker = self.changes.get(&because.path).map(|change| change.action);
                match maker {
                    Some(Action::Update) => Reason::MayFollow { property, because: because.clone() },
                    _ => Reason::NotYetKnown { property, because: because.clone() },
                }
            }
            (Replacement::Maybe, None) => Reason::MayReplace { property },
            (Replacement::Never, None) => Reason::Changed { property },
        }
    }

    /// Adds changes for resources that the program no longer has. A resource that a second path keeps is only removed
    /// from the state, because deleting it would delete that one, too.
    fn removals(&mut self) {
        let paths = moves::removed(self.inputs, &self.state);
        let staying = moves::Staying::new(self.inputs, &self.state, &paths);
        for path in paths {
            let resource = &self.state.resources[&path];
            let mut change = removed(&path, resource, Reason::Removed);
            if let Some(other) = staying.same_as(resource).filter(|_| change.action == Action::Delete) {
                change.action = Action::Forget;
                change.reasons.push(Reason::SameAs(other.clone()));
                (change.data_loss, change.protected) = (false, false);
            }
            self.changes.insert(path, change);
        }
        self.needed = retain_needed(&self.state, self.inputs.identity, &mut self.changes, self.inputs.behavior);
    }

    fn finish(self) -> ChangeSet {
        let of = |action| move |change: &&Change| change.action == action;
        let removed: Vec<&Path> = self.changes.values().filter(of(Action::Delete)).map(|change| &change.path).collect();
        let created = self.changes.values().filter(of(Action::Create)).map(|change| &change.path);
        let old = existing::deposed(&self.state).enumerate();
        let added = created.filter(|_| !removed.is_empty());
        let added = added.map(|path| (path, self.desired[path].clone())).collect();
        ChangeSet {
            proposed_moves: moves::proposed(self.inputs, &self.state, &removed, &added),
            outputs: self.outputs(),
            deposed: old.filter(|(at, _)| !self.needed.contains(at)).map(|(_, old)| left_over(&old)).collect(),
            claims: self.claims,
            changes: self.changes,
            imports: BTreeMap::new(),
            lookups: BTreeMap::new(),
        }
    }

    fn outputs(&self) -> BTreeMap<String, OutputChange> {
        let (before, after) = (&self.state.outputs, &self.inputs.assembly.outputs);
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

/// Returns the reasons for a replacement besides the properties.
fn forced(
    entry: &ResourceEntry,
    prior: &ResourceState,
    desired: &BTreeMap<String, Value>,
    environment: Option<&Environment>,
    identity: &Identity,
) -> Vec<Reason> {
    let mut reasons = Vec::new();
    if prior.type_name != entry.type_name {
        reasons.push(Reason::TypeChanged { from: prior.type_name.clone() });
    }
    if let Some(to) = environment {
        let other_account = identity.account_of(&prior.environment) != identity.account_of(to);
        if prior.environment.region != to.region || other_account {
            reasons.push(Reason::EnvironmentChanged { from: prior.environment.clone(), to: to.clone() });
        }
    }
    match prior.status {
        // Its protection is taken away first; the next deploy replaces it.
        ResourceStatus::Failed if prior.is_protected() && !is_protected(entry, desired) => {}
        ResourceStatus::Tainted | ResourceStatus::Failed => reasons.push(Reason::Tainted),
        ResourceStatus::Deleting => reasons.push(Reason::Interrupted),
        ResourceStatus::Accepted | ResourceStatus::Updating | ResourceStatus::Ready => {}
    }
    reasons
}

/// Returns whether the program protects a resource, by its lifecycle or by a property of AWS.
fn is_protected(entry: &ResourceEntry, desired: &BTreeMap<String, Value>) -> bool {
    let property = |name: &str| desired.get(name).map(Value::to_json);
    let by_aws = lookup(&entry.type_name).and_then(|schema| schema.is_protected_by(property));
    entry.lifecycle.protect || by_aws.is_some()
}

#[cfg(test)]
#[path = "changes_tests.rs"]
mod tests;
