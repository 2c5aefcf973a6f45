//! Applies events to the state.
//!
//! A run appends its events to the journal before and after each call, so that a run that is interrupted at any point
//! leaves enough information for the next one: the saved state, folded with the journal, contains what exists, and
//! [`State::pending`] contains what may exist.

use std::collections::{BTreeMap, BTreeSet};

use groundplan_core::assembly::Lifecycle;
use groundplan_core::{Environment, Path, Value};
use groundplan_schema::Replacement;

use super::event::{Event, IllegalEvent, Intent, Operation, UNKNOWN_DIGEST};
use super::global_id::GlobalId;
use super::state::{Orphan, ResourceState, ResourceStatus, State};
use crate::provider::{Identity, Outputs};

impl Intent {
    fn made(self, id: String, status: ResourceStatus, outputs: Outputs) -> Option<ResourceState> {
        let Operation::Create { type_name, environment, generation } = self.operation else { return None };
        let mut made = ResourceState {
            type_name,
            id,
            environment,
            generation,
            status,
            former: None,
            incomplete: false,
            properties: self.properties,
            secrets: self.secrets,
            outputs: Outputs::new(),
            dependencies: self.dependencies,
            lifecycle: self.lifecycle,
        };
        made.learn(outputs);
        Some(made)
    }
}

impl State {
    /// Applies `event` to this state: the transition function of the journal. It is total: every event either changes
    /// the state or is refused and leaves the state unchanged.
    ///
    /// # Errors
    /// The event is not possible in this state.
    pub fn apply(&mut self, event: Event) -> Result<(), IllegalEvent> {
        match event {
            Event::Begun { serial, identity } => self.begun(serial, identity),
            Event::RoleChanged { stack, environment } => {
                self.assume(&stack, &environment);
                Ok(())
            }
            Event::Intent { path, intent } => self.intent(path, intent),
            Event::Accepted { path, id, outputs, found, incomplete } => {
                self.accepted(path, id, outputs, found, incomplete)
            }
            Event::Ready { path, outputs } => self.ready(path, outputs),
            Event::Failed { path, partial, later, .. } => self.failed(path, partial, later),
            Event::Deleting { path, id, generation } => self.deleting(path, &id, generation),
            Event::DeleteFailed { path, id, generation, .. } => self.delete_failed(path, &id, generation),
            Event::Gone { path, id, generation } => self.gone(path, &id, generation),
            Event::Observed { path, properties, outputs } => self.observed(path, properties, outputs),
            Event::Restored { path, id, generation } => self.restored(path, &id, generation),
            Event::Moved { from, to } => self.moved(from, to),
            Event::Recorded { path, dependencies, lifecycle } => self.recorded(path, dependencies, lifecycle),
            Event::Forgotten { path } => self.forgotten(path),
            Event::Retained { path } => self.retained(path),
            Event::Imported { imports } => {
                self.imports = imports;
                Ok(())
            }
            Event::LookedUp { answers } => {
                self.lookups = answers;
                Ok(())
            }
            Event::Published { outputs } => {
                self.outputs = outputs;
                Ok(())
            }
        }
    }

    fn begun(&mut self, serial: u64, identity: Identity) -> Result<(), IllegalEvent> {
        if serial != self.serial + 1 {
            return Err(illegal("begun", Path::new(""), "the serial is not the next one"));
        }
        self.serial = serial;
        // What was retained stays where it is, whoever the credentials belong to from now on.
        if let Some(known) = self.identity.as_ref().filter(|known| known.account != identity.account) {
            let retained = self.retained.iter_mut().map(|old| &mut old.resource.environment);
            retained.for_each(|environment| environment.account = Some(known.account_of(environment).to_owned()));
        }
        self.identity = Some(identity);
        Ok(())
    }

    fn assume(&mut self, stack: &str, new: &Environment) {
        let identity = self.known_identity();
        let account = Some(identity.account.as_str());
        let pending = self.pending.iter_mut().filter_map(|(path, intent)| match &mut intent.operation {
            Operation::Create { environment, .. } => Some((path, environment)),
            Operation::Update => None,
        });
        let orphans = self.deposed.iter_mut().chain(&mut self.retained);
        let orphans = orphans.map(|old| (&old.path, &mut old.resource.environment));
        let current = self.resources.iter_mut().map(|(path, resource)| (path, &mut resource.environment));
        let all = current.chain(orphans).chain(pending);
        let changed =
            all.filter(|(path, environment)| path.stack() == stack && environment.is_same_place(new, account));
        // The account is set as well: an environment without one would mean the account of other credentials.
        changed.for_each(|(_, environment)| environment.clone_from(new));
    }

    fn intent(&mut self, path: Path, intent: Intent) -> Result<(), IllegalEvent> {
        let open = self.pending.get(&path).map(Intent::generation);
        let refused = match (intent.generation(), open) {
            (None, Some(Some(_))) | (Some(_), Some(None)) => Some("something else is open there"),
            (None, _) if !self.resources.contains_key(&path) => Some("there is no resource"),
            (Some(generation), _) if generation != self.next_generation(&path) => {
                Some("the generation is not the next one")
            }
            _ => None,
        };
        if let Some(reason) = refused {
            return Err(illegal("intent", path, reason));
        }
        self.pending.insert(path, intent);
        Ok(())
    }

    fn accepted(
        &mut self,
        path: Path,
        id: String,
        outputs: Outputs,
        found: Option<BTreeMap<String, Value>>,
        incomplete: bool,
    ) -> Result<(), IllegalEvent> {
        let Some(mut intent) = self.pending.remove(&path) else {
            return Err(illegal("accepted", path, "nothing is open there"));
        };
        if intent.generation().is_none() && !self.resources.contains_key(&path) {
            return Err(illegal("accepted", path, "there is no resource"));
        }
        intent.properties = found.unwrap_or(intent.properties);
        if let Some(generation) = intent.generation() {
            self.generations.insert(path.clone(), generation);
            let made = intent.made(id, ResourceStatus::Accepted, outputs);
            // What was retained and is imported, or made anew under its name, is managed again.
            let identity = self.known_identity();
            let id = made.as_ref().map(|made| GlobalId::known(made, &identity));
            self.retained.retain(|old| Some(GlobalId::known(&old.resource, &identity)) != id);
            let made = made.map(|made| if incomplete { incompletely(made) } else { made });
            let old = made.and_then(|made| self.resources.insert(path.clone(), made));
            self.deposed.extend(old.map(|resource| Orphan { path, resource }));
        } else if let Some(resource) = self.resources.get_mut(&path) {
            resource.rename(id);
            resource.incomplete = incomplete;
            resource.properties = intent.properties;
            resource.secrets = intent.secrets;
            resource.dependencies = intent.dependencies;
            resource.lifecycle = intent.lifecycle;
            resource.learn(outputs);
            changing(resource);
        }
        Ok(())
    }

    fn ready(&mut self, path: Path, outputs: Outputs) -> Result<(), IllegalEvent> {
        match self.resources.get_mut(&path) {
            Some(resource)
                if matches!(
                    resource.status,
                    ResourceStatus::Accepted | ResourceStatus::Updating | ResourceStatus::Failed
                ) =>
            {
                resource.status = ResourceStatus::Ready;
                resource.learn(outputs);
                Ok(())
            }
            Some(_) => Err(illegal("ready", path, "the run is not waiting for the resource")),
            None => Err(illegal("ready", path, "there is no resource")),
        }
    }

    fn failed(&mut self, path: Path, partial: Option<String>, later: bool) -> Result<(), IllegalEvent> {
        if let Some(intent) = self.pending.remove(&path) {
            let Some(generation) = intent.generation() else { return Ok(()) };
            self.generations.insert(path.clone(), generation);
            let part = partial.and_then(|id| intent.made(id, ResourceStatus::Tainted, Outputs::new()));
            match part {
                Some(resource) if self.resources.contains_key(&path) => self.deposed.push(Orphan { path, resource }),
                Some(resource) => {
                    self.resources.insert(path, resource);
                }
                None => {}
            }
            return Ok(());
        }
        match self.resources.get_mut(&path) {
            Some(resource) if resource.status == ResourceStatus::Accepted => {
                resource.status = if later { ResourceStatus::Failed } else { ResourceStatus::Tainted };
                Ok(())
            }
            // What was ready before an update is not thrown away because the update failed. Whether
            // that has set a secret cannot be seen.
            Some(resource) if resource.status == ResourceStatus::Updating => {
                resource.secrets.values_mut().for_each(|digest| *digest = UNKNOWN_DIGEST.to_owned());
                Ok(())
            }
            _ => Err(illegal("failed", path, "no operation is in progress there, and the run is not waiting for it")),
        }
    }

    fn deleting(&mut self, path: Path, id: &str, generation: Option<u32>) -> Result<(), IllegalEvent> {
        let Some(resource) = self.find_mut(&path, id, generation) else {
            return Err(illegal("deleting", path, "there is no such resource"));
        };
        match resource.status {
            // What was never ready stays so: it is deleted or replaced, whatever happens. A deletion that
            // is requested once more does not forget what was before the first request.
            ResourceStatus::Tainted | ResourceStatus::Failed | ResourceStatus::Deleting => {}
            former @ (ResourceStatus::Accepted | ResourceStatus::Updating | ResourceStatus::Ready) => {
                resource.former = Some(former);
                resource.status = ResourceStatus::Deleting;
            }
        }
        Ok(())
    }

    fn delete_failed(&mut self, path: Path, id: &str, generation: Option<u32>) -> Result<(), IllegalEvent> {
        let Some(resource) = self.find_mut(&path, id, generation) else {
            return Err(illegal("delete_failed", path, "there is no such resource"));
        };
        if resource.status == ResourceStatus::Deleting {
            // Where an earlier version has not written down what it was, the next run reads it and waits
            // until it is ready.
            resource.status = resource.former.take().unwrap_or(ResourceStatus::Updating);
        }
        Ok(())
    }

    fn gone(&mut self, path: Path, id: &str, generation: Option<u32>) -> Result<(), IllegalEvent> {
        let is_it = |old: &Orphan| old.path == path && old.resource.is_named(id, generation);
        if let Some(position) = self.deposed.iter().position(is_it) {
            self.deposed.remove(position);
            return Ok(());
        }
        if self.resources.get(&path).is_some_and(|resource| resource.is_named(id, generation)) {
            self.remember_generation(&path);
            self.resources.remove(&path);
            if self.pending.get(&path).is_some_and(|intent| intent.generation().is_none()) {
                self.pending.remove(&path);
            }
            return Ok(());
        }
        if let Some(position) = self.retained.iter().position(is_it) {
            self.retained.remove(position);
            self.release_imports(&path);
            return Ok(());
        }
        Err(illegal("gone", path, "there is no such resource"))
    }

    fn observed(
        &mut self,
        path: Path,
        properties: BTreeMap<String, Value>,
        outputs: Outputs,
    ) -> Result<(), IllegalEvent> {
        let Some(resource) = self.resources.get_mut(&path) else {
            return Err(illegal("observed", path, "there is no resource"));
        };
        resource.properties = properties;
        resource.learn(outputs);
        if self.pending.get(&path).is_some_and(|intent| intent.generation().is_none())
            && let Some(intent) = self.pending.remove(&path)
        {
            // It may still be going on.
            changing(resource);
            // Whether the update has set a secret cannot be seen, so that the next one sets it.
            for (place, digest) in &mut resource.secrets {
                if intent.secrets.get(place) != Some(digest) {
                    *digest = UNKNOWN_DIGEST.to_owned();
                }
            }
        }
        Ok(())
    }

    fn restored(&mut self, path: Path, id: &str, generation: u32) -> Result<(), IllegalEvent> {
        if self.pending.contains_key(&path) {
            return Err(illegal("restored", path, "something is open there"));
        }
        let is_it = |old: &Orphan| old.path == path && old.resource.is_named(id, Some(generation));
        let Some(position) = self.deposed.iter().position(is_it) else {
            return Err(illegal("restored", path, "there is no such resource"));
        };
        self.remember_generation(&path);
        let old = self.deposed.remove(position).resource;
        let newer = self.resources.insert(path.clone(), old);
        self.deposed.extend(newer.map(|resource| Orphan { path, resource }));
        Ok(())
    }

    fn moved(&mut self, from: Path, to: Path) -> Result<(), IllegalEvent> {
        if self.resources.contains_key(&to) {
            return Err(illegal("moved", from, "there is a resource at the new path"));
        }
        // What it makes would depose what has moved there.
        if self.pending.contains_key(&to) {
            return Err(illegal("moved", from, "a create is open at the new path"));
        }
        self.remember_generation(&from);
        let Some(mut resource) = self.resources.remove(&from) else {
            return Err(illegal("moved", from, "there is no resource"));
        };
        let last = self.generations.entry(to.clone()).or_default();
        let is_taken = |old: &Orphan| old.path == to && old.resource.is_named(&resource.id, Some(resource.generation));
        if self.deposed.iter().any(is_taken) {
            // The one of another region or type goes, and this one stays.
            resource.generation = *last + 1;
        }
        *last = resource.generation.max(*last);
        // Whatever depended on an earlier resource of the path does not depend on this one.
        if !self.deposed.iter().chain(&self.retained).any(|old| old.path == to) {
            self.unrelate(&to);
        }
        resource.dependencies.remove(&to);
        // Where another one stood there, an orphan was made after that, unless it names this one.
        let remains = self.deposed.iter().chain(&self.retained).any(|old| old.path == from);
        let orphans = self.deposed.iter_mut().chain(&mut self.retained).map(|old| &mut old.resource);
        let orphans = orphans.filter(|user| !remains || user.names(&resource));
        for user in self.resources.values_mut().chain(orphans) {
            if user.dependencies.remove(&from) {
                user.dependencies.insert(to.clone());
            }
        }
        self.resources.insert(to.clone(), resource);
        if let Some(intent) = self.pending.remove(&from) {
            self.pending.insert(to.clone(), intent);
        }
        let remains = self.is_retained(&from);
        for imported in self.imports.values_mut().flat_map(BTreeMap::values_mut) {
            if imported.resources.contains(&from) {
                imported.resources.insert(to.clone());
                // Which of the two uses it is not known.
                if !remains {
                    imported.resources.remove(&from);
                }
            }
        }
        Ok(())
    }

    fn recorded(&mut self, path: Path, dependencies: BTreeSet<Path>, lifecycle: Lifecycle) -> Result<(), IllegalEvent> {
        let Some(resource) = self.resources.get_mut(&path) else {
            return Err(illegal("recorded", path, "there is no resource"));
        };
        resource.dependencies = dependencies;
        resource.lifecycle = lifecycle;
        Ok(())
    }

    fn forgotten(&mut self, path: Path) -> Result<(), IllegalEvent> {
        if self.take(&path).is_some() {
            self.release_imports(&path);
        } else if self.drop_retained(&path).is_empty() {
            return Err(illegal("forgotten", path, "there is no resource"));
        }
        Ok(())
    }

    /// Removes and returns the records of resources that were retained at a path, regardless of a managed one there.
    pub(crate) fn drop_retained(&mut self, path: &Path) -> Vec<Orphan> {
        let (dropped, others) = std::mem::take(&mut self.retained).into_iter().partition(|old| old.path == *path);
        self.retained = others;
        self.release_imports(path);
        dropped
    }

    /// Releases the outputs of other apps that a path used, if no managed or retained resource is left there.
    fn release_imports(&mut self, path: &Path) {
        if self.resources.contains_key(path) || self.is_retained(path) {
            return;
        }
        for names in self.imports.values_mut() {
            names.retain(|_, imported| !imported.resources.remove(path) || !imported.is_unused());
        }
        self.imports.retain(|_, names| !names.is_empty());
    }

    fn is_retained(&self, path: &Path) -> bool {
        self.retained.iter().any(|old| old.path == *path)
    }

    /// Retains a resource, which continues to use its outputs of other apps.
    fn retained(&mut self, path: Path) -> Result<(), IllegalEvent> {
        let Some(resource) = self.take(&path) else {
            return Err(illegal("retained", path, "there is no resource"));
        };
        self.retained.push(Orphan { path, resource });
        Ok(())
    }

    /// Removes the resource at a path, with an open update of it.
    fn take(&mut self, path: &Path) -> Option<ResourceState> {
        self.remember_generation(path);
        let resource = self.resources.remove(path)?;
        if self.pending.get(path).is_some_and(|intent| intent.generation().is_none()) {
            self.pending.remove(path);
        }
        Some(resource)
    }

    /// Takes a path out of what others were made after.
    fn unrelate(&mut self, path: &Path) {
        for resource in self.existing_mut() {
            resource.dependencies.remove(path);
        }
    }

    fn existing_mut(&mut self) -> impl Iterator<Item = &mut ResourceState> {
        let orphans = self.deposed.iter_mut().chain(&mut self.retained).map(|old| &mut old.resource);
        self.resources.values_mut().chain(orphans)
    }

    fn remember_generation(&mut self, path: &Path) {
        if let Some(resource) = self.resources.get(path) {
            let last = self.generations.entry(path.clone()).or_default();
            *last = resource.generation.max(*last);
        }
    }

    fn find_mut(&mut self, path: &Path, id: &str, generation: Option<u32>) -> Option<&mut ResourceState> {
        let current = self.resources.get_mut(path).filter(|resource| resource.is_named(id, generation));
        let mut deposed = self.deposed.iter_mut().filter(|old| old.path == *path).map(|old| &mut old.resource);
        current.or_else(|| deposed.find(|resource| resource.is_named(id, generation)))
    }
}

/// Takes in that settings are missing; whether secrets are among them cannot be seen.
fn incompletely(made: ResourceState) -> ResourceState {
    let mut made = ResourceState { incomplete: true, ..made };
    let schema = groundplan_schema::lookup(&made.type_name);
    for (place, digest) in &mut made.secrets {
        if schema.is_none_or(|schema| schema.replacement(place) != Replacement::Always) {
            *digest = UNKNOWN_DIGEST.to_owned();
        }
    }
    made
}

/// Takes in that an update is going on, perhaps.
fn changing(resource: &mut ResourceState) {
    for status in [Some(&mut resource.status), resource.former.as_mut()].into_iter().flatten() {
        if *status == ResourceStatus::Ready {
            *status = ResourceStatus::Updating;
        }
    }
}

fn illegal(event: &'static str, path: Path, reason: &'static str) -> IllegalEvent {
    IllegalEvent { event, path, reason }
}

#[cfg(test)]
#[path = "apply_tests.rs"]
mod tests;

#[cfg(test)]
#[path = "apply_move_tests.rs"]
mod move_tests;

#[cfg(test)]
#[path = "retained_tests.rs"]
mod retained_tests;

#[cfg(test)]
#[path = "place_tests.rs"]
mod place_tests;
