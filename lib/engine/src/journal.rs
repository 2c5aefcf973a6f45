//! What a run does, event by event, and what each event does to the state.
//!
//! A run appends its events to the journal before and after each call, so that a run which is
//! interrupted at any instant leaves enough for the next one: the state that was saved, folded
//! with the journal, is what is known to exist, and [`State::pending`] is what may exist.

use std::collections::{BTreeMap, BTreeSet};

use groundplan_core::assembly::Lifecycle;
use groundplan_core::{Environment, Path, Value};
use groundplan_schema::Replacement;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::provider::{ErrorClass, Identity, Outputs};
use crate::state::{Deposed, ResourceState, ResourceStatus, State};
use crate::upstream::Imports;

/// Stands for the value of a secret that an interrupted update, or nobody we know, may have set.
pub(crate) const UNKNOWN_DIGEST: &str = "unknown";

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// A plan is being executed.
    Begun {
        /// The serial that the state has from now on.
        serial: u64,
        /// Who the credentials belong to.
        identity: Identity,
    },
    /// Calls about the resources of a stack are made as another role from now on.
    RoleChanged {
        /// The name of the stack.
        stack: String,
        /// Account and region of the stack. What it has elsewhere keeps its role until it is gone.
        environment: Environment,
    },
    /// A create or update is about to be asked for.
    Intent {
        /// The resource.
        path: Path,
        /// What is asked for.
        intent: Intent,
    },
    /// The cloud has accepted what was intended, or it was found to have done so.
    Accepted {
        /// The resource.
        path: Path,
        /// Its identifier.
        id: String,
        /// What is known already.
        outputs: Outputs,
        /// What was asked for, overlaid with what is there, where it was found and is not sure to
        /// have all of that.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        found: Option<BTreeMap<String, Value>>,
        /// Whether the create succeeded and a setting that follows it was refused, so that the
        /// resource is still to be updated.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        incomplete: bool,
    },
    /// The resource works.
    Ready {
        /// The resource.
        path: Path,
        /// All its outputs.
        outputs: Outputs,
    },
    /// What was intended has definitely not happened; or, where nothing is intended, the resource
    /// will not become ready.
    Failed {
        /// The resource.
        path: Path,
        /// The class of the error; none where the resource itself has failed, and where the run was
        /// asked to stop.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        class: Option<ErrorClass>,
        /// What the cloud says.
        message: String,
        /// The identifier of what was made in part.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        partial: Option<String>,
        /// Whether an earlier run has made what will not become ready: who knows what it was used for
        /// since. Journals of earlier versions do not say.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        later: bool,
    },
    /// A deletion is about to be asked for.
    Deleting {
        /// Where the resource stands, or stood.
        path: Path,
        /// Its identifier.
        id: String,
        /// Its generation, which tells it from another one with the same identifier that stood, or
        /// stands, at the path. Journals of earlier versions do not have it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        generation: Option<u32>,
    },
    /// A deletion was refused, or was never requested: the resource still exists, and has the status
    /// that it had before.
    DeleteFailed {
        /// Where the resource stands, or stood.
        path: Path,
        /// Its identifier.
        id: String,
        /// Its generation, as in [`Deleting`](Self::Deleting).
        #[serde(default, skip_serializing_if = "Option::is_none")]
        generation: Option<u32>,
        /// What the cloud says.
        message: String,
    },
    /// A resource does not exist any more.
    Gone {
        /// Where it stood.
        path: Path,
        /// Its identifier.
        id: String,
        /// Its generation, as in [`Deleting`](Self::Deleting).
        #[serde(default, skip_serializing_if = "Option::is_none")]
        generation: Option<u32>,
    },
    /// A resource was read, and is as it is, whatever was intended.
    Observed {
        /// The resource.
        path: Path,
        /// What was applied, overlaid with what is there.
        properties: BTreeMap<String, Value>,
        /// What it has.
        outputs: Outputs,
    },
    /// A resource stands at another path now.
    Moved {
        /// The path before.
        from: Path,
        /// The path from now on.
        to: Path,
    },
    /// What is to hold for a resource's life, or what it was made after, has changed.
    Recorded {
        /// The resource.
        path: Path,
        /// What it was made after.
        dependencies: BTreeSet<Path>,
        /// What holds for its life.
        lifecycle: Lifecycle,
    },
    /// A resource is not looked after any more.
    Forgotten {
        /// Where it stands.
        path: Path,
    },
    /// The app uses this of other apps.
    Imported {
        /// By app and name.
        imports: Imports,
    },
    /// The app's outputs have these values.
    Published {
        /// By name.
        outputs: BTreeMap<String, Json>,
    },
}

/// A create or update that is about to be asked for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Intent {
    /// Create or update.
    pub operation: Operation,
    /// The token of the request.
    pub token: String,
    /// The properties as asked for, as [`ResourceState::properties`] has them.
    pub properties: BTreeMap<String, Value>,
    /// The digests, as [`ResourceState::secrets`] has them.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub secrets: BTreeMap<String, String>,
    /// What the resource is made after.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub dependencies: BTreeSet<Path>,
    /// What holds for its life.
    #[serde(default)]
    pub lifecycle: Lifecycle,
}

/// What an [`Intent`] asks for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Operation {
    /// A new resource; one that stands at the path already is deposed.
    Create {
        /// CloudFormation's name of the type.
        type_name: String,
        /// The region and account that it is to be in.
        environment: Environment,
        /// How often the path has been created, this time included.
        generation: u32,
    },
    /// A change in place of the resource at the path.
    Update,
}

/// An event that does not fit the state; the state is as it was.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{event}` of `{path}` is not possible: {reason}")]
pub struct IllegalEvent {
    /// The kind of event.
    pub event: &'static str,
    /// The resource.
    pub path: Path,
    /// Why not.
    pub reason: &'static str,
}

impl Intent {
    /// The generation of the resource that a create makes.
    pub fn generation(&self) -> Option<u32> {
        match self.operation {
            Operation::Create { generation, .. } => Some(generation),
            Operation::Update => None,
        }
    }

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
    /// What this state becomes by `event`: the transition function of the journal. It is total:
    /// every event either changes the state or is refused and leaves it as it was.
    ///
    /// # Errors
    /// The event does not fit the state.
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
            Event::Moved { from, to } => self.moved(from, to),
            Event::Recorded { path, dependencies, lifecycle } => self.recorded(path, dependencies, lifecycle),
            Event::Forgotten { path } => self.forgotten(path),
            Event::Imported { imports } => {
                self.imports = imports;
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
        self.identity = Some(identity);
        Ok(())
    }

    fn assume(&mut self, stack: &str, new: &Environment) {
        let pending = self.pending.iter_mut().filter_map(|(path, intent)| match &mut intent.operation {
            Operation::Create { environment, .. } => Some((path, environment)),
            Operation::Update => None,
        });
        let deposed = self.deposed.iter_mut().map(|old| (&old.path, &mut old.resource.environment));
        let current = self.resources.iter_mut().map(|(path, resource)| (path, &mut resource.environment));
        let all = current.chain(deposed).chain(pending);
        let changed = all.filter(|(path, environment)| path.stack() == stack && environment.is_same_place(new));
        changed.for_each(|(_, environment)| environment.role.clone_from(&new.role));
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
        intent.properties = found.unwrap_or(intent.properties);
        if let Some(generation) = intent.generation() {
            self.generations.insert(path.clone(), generation);
            let made = intent.made(id, ResourceStatus::Accepted, outputs);
            let made = made.map(|made| if incomplete { incompletely(made) } else { made });
            let old = made.and_then(|made| self.resources.insert(path.clone(), made));
            self.deposed.extend(old.map(|resource| Deposed { path, resource }));
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
            Some(_) => Err(illegal("ready", path, "nobody waits for it")),
            None => Err(illegal("ready", path, "there is no resource")),
        }
    }

    fn failed(&mut self, path: Path, partial: Option<String>, later: bool) -> Result<(), IllegalEvent> {
        if let Some(intent) = self.pending.remove(&path) {
            let Some(generation) = intent.generation() else { return Ok(()) };
            self.generations.insert(path.clone(), generation);
            let part = partial.and_then(|id| intent.made(id, ResourceStatus::Tainted, Outputs::new()));
            match part {
                Some(resource) if self.resources.contains_key(&path) => self.deposed.push(Deposed { path, resource }),
                Some(resource) => drop(self.resources.insert(path, resource)),
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
            _ => Err(illegal("failed", path, "nothing is open there, and nobody waits for it")),
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
        let is_it = |old: &Deposed| old.path == path && old.resource.is_named(id, generation);
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
        let is_taken = |old: &Deposed| old.path == to && old.resource.is_named(&resource.id, Some(resource.generation));
        if self.deposed.iter().any(is_taken) {
            // The one of another region or type goes, and this one stays.
            resource.generation = *last + 1;
        }
        *last = resource.generation.max(*last);
        self.resources.insert(to.clone(), resource);
        if let Some(intent) = self.pending.remove(&from) {
            self.pending.insert(to.clone(), intent);
        }
        let deposed = self.deposed.iter_mut().map(|old| &mut old.resource);
        for resource in self.resources.values_mut().chain(deposed) {
            if resource.dependencies.remove(&from) {
                resource.dependencies.insert(to.clone());
            }
        }
        for imported in self.imports.values_mut().flat_map(BTreeMap::values_mut) {
            if imported.resources.remove(&from) {
                imported.resources.insert(to.clone());
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
        self.remember_generation(&path);
        if self.resources.remove(&path).is_none() {
            return Err(illegal("forgotten", path, "there is no resource"));
        }
        if self.pending.get(&path).is_some_and(|intent| intent.generation().is_none()) {
            self.pending.remove(&path);
        }
        for names in self.imports.values_mut() {
            names.retain(|_, imported| !imported.resources.remove(&path) || !imported.is_unused());
        }
        self.imports.retain(|_, names| !names.is_empty());
        Ok(())
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
#[path = "journal_tests.rs"]
mod tests;
