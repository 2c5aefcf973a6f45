//! Plans a program against a state, with the reads from the cloud that this needs.
//!
//! Planning changes neither the account nor the store.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use groundplan_core::{Assembly, Environment, Path, Reference, ResourceEntry, Value};
use serde_json::Value as Json;

use crate::Error;
use crate::model::{Answer, Answers, Event, Imports, Intent, Loaded, Orphan, ResourceStatus, State};
use crate::provider::{Address, Behavior, ErrorClass, Identity, Properties, Provider};
pub use crate::run::account::WrongAccount;
use crate::run::account::identity;
use crate::run::detect;
use crate::run::lookup::{LookupOptions, look_up};
pub use crate::run::neighbors::Neighbors;
use crate::run::rate_limit::RateLimiter;
pub use crate::run::reader::ReadError;
use crate::run::reader::Reader;
pub use crate::run::recover::RecoverError;
use crate::run::recover::{self, Claimants, recover};
use crate::run::restore::restored;
use crate::run::store::StoreError;
use crate::run::upstream::{self, Upstream};
use crate::secret::{self, Digests, Variables};
use crate::stages::diff::moves::is_moved;
use crate::stages::diff::only::{Part, part};
use crate::stages::diff::{
    Action, Change, ChangeSet, Inputs, LookupChange, Reason, Rendered, destroy as diff_destroy, diff_with, with_moves,
};
use crate::stages::plan::{Overview, Plan, PlanError, arrange, schedule};
use crate::stages::resolve::{substitute, substitute_all};
use crate::text::{bullet, bullets};

/// The options of planning.
#[derive(Clone, Debug, PartialEq)]
pub struct PlanOptions {
    /// Reads every resource first, so that the plan corrects drift, and reads all lookups again.
    pub refresh: bool,
    /// For [`destroy`]: also deletes stateful resources.
    pub delete_data: bool,
    /// `true` to delete stateful resources without a final snapshot.
    pub skip_final_snapshot: bool,
    /// The maximum number of concurrent reads.
    pub parallelism: usize,
    /// For [`deploy`]: only the resources at or below these paths, and their dependencies. If empty, all resources.
    pub only: BTreeSet<Path>,
    /// For [`deploy`]: the outputs of other apps that the program uses.
    pub upstream: Upstream,
    /// For [`deploy`]: answers of lookups that are used instead of those of the state, as in a rollback.
    pub answers: Answers,
    /// The resources of other apps, which are excluded when an open create is resolved.
    pub neighbors: Neighbors,
    /// The environment variables that secrets may come from.
    pub variables: Variables,
}

impl Default for PlanOptions {
    fn default() -> Self {
        Self {
            refresh: false,
            delete_data: false,
            skip_final_snapshot: false,
            parallelism: 10,
            only: BTreeSet::new(),
            upstream: Upstream::NONE,
            answers: Answers::new(),
            neighbors: Neighbors::NONE,
            variables: Variables::NONE,
        }
    }
}

/// A plan that can be shown and executed.
#[derive(Clone, Debug, PartialEq)]
pub struct Planned {
    /// The changes, with their reasons.
    pub changes: ChangeSet,
    /// The steps.
    pub plan: Plan,
    /// The resources whose changes are left out, because only a part was requested.
    pub left_out: Vec<Path>,
    /// `true` if every resource was read for the plan.
    pub refreshed: bool,
    /// `true` if only a part of the program was requested.
    pub is_part: bool,
}

impl Planned {
    /// Returns the document that [`from_json`](Self::from_json) reads, so that exactly this plan can be reviewed, and
    /// executed later by another process.
    ///
    /// `assembly` is the planned program, or `None` for a plan that destroys everything. `loaded` is the state that the
    /// plan was made from.
    pub fn to_json(&self, assembly: Option<&Assembly>, loaded: &Loaded) -> String {
        let Self { changes, plan, left_out, refreshed, is_part } = self.clone();
        let overview = Some(Overview { changes, left_out, refreshed, is_part });
        Plan { assembly: assembly.cloned(), journal: Some(loaded.journal), overview, ..plan }.to_json()
    }

    /// Reads a saved plan.
    ///
    /// # Errors
    /// As [`Plan::from_json`], and [`PlanError::Corrupt`] if it does not contain its changes.
    pub fn from_json(text: &str) -> Result<Self, Error> {
        let mut plan = Plan::from_json(text)?;
        let Some(Overview { changes, left_out, refreshed, is_part }) = plan.overview.take() else {
            return Err(PlanError::Corrupt { reason: "it does not contain its changes".into() }.into());
        };
        let planned = Self { changes, plan, left_out, refreshed, is_part };
        match planned.unshown() {
            None => Ok(planned),
            Some(reason) => Err(PlanError::Corrupt { reason }.into()),
        }
    }

    /// Returns a difference between the steps and the changes that are shown to the user. The user agrees to what is
    /// shown, so a file in which the two differ is not executed.
    fn unshown(&self) -> Option<String> {
        let Self { changes, plan, .. } = self;
        if let Some(other) = plan.assembly.as_ref().map(|it| &it.app).filter(|app| **app != plan.app) {
            return Some(format!("it belongs to the app `{}` but contains the program of `{other}`", plan.app));
        }
        let looked_up = plan.observed.iter().find_map(|event| match event {
            Event::LookedUp { answers } => Some(answers),
            _ => None,
        });
        let used =
            |path: &Path| looked_up.and_then(|answers| answers.get(path)).map_or(Rendered::Absent, Answer::rendered);
        let differs =
            |(path, change): &(&Path, &LookupChange)| change.to != Rendered::Unknown && change.to != used(path);
        if let Some((path, _)) = changes.lookups.iter().find(differs) {
            return Some(format!("it uses another answer of the lookup `{path}` than it shows"));
        }
        if plan.lookups_change == changes.lookups.is_empty() {
            return Some("it changes answers of lookups but does not show them, or the reverse".to_owned());
        }
        let is_shown = |path: &Path| {
            let acts = |change: &Change| !matches!(change.action, Action::NoOp | Action::Keep);
            changes.changes.get(path).is_some_and(acts) || changes.deposed.iter().any(|old| old.path == *path)
        };
        if let Some(step) = plan.work().find(|step| !is_shown(&step.path)) {
            return Some(format!("it has a step for `{}` but does not show it", step.path));
        }
        let is_done = |path: &Path| plan.work().any(|step| step.path == *path);
        let acts = |change: &&Change| {
            matches!(change.action, Action::Create | Action::Update | Action::Replace(_) | Action::Delete)
        };
        let shown = changes.changes.values().filter(acts).map(|change| &change.path);
        let undone = shown.chain(changes.deposed.iter().map(|old| &old.path)).find(|path| !is_done(path))?;
        Some(format!("it shows a change of `{undone}` but has no step for it"))
    }

    /// Returns existing resources that match an interrupted create but are not adopted, by path, with the reason.
    pub fn left_alone(&self) -> impl Iterator<Item = (&Path, &str)> {
        self.plan.observed.iter().filter_map(|event| match event {
            Event::Failed { path, class: Some(ErrorClass::AlreadyExists), message, .. } => {
                Some((path, message.as_str()))
            }
            _ => None,
        })
    }

    /// Returns the resources that an interrupted run was to replace and that stay, by path, with their identifiers.
    pub fn restored(&self) -> impl Iterator<Item = (&Path, &str)> {
        self.plan.observed.iter().filter_map(|event| match event {
            Event::Restored { path, id, .. } => Some((path, id.as_str())),
            _ => None,
        })
    }

    /// Returns the retained resources of `state`, which the plan was made from, that no longer exist.
    pub fn gone_of_retained<'a>(&'a self, state: &'a State) -> impl Iterator<Item = (&'a Path, &'a str)> {
        let is_gone = |old: &&'a Orphan| self.plan.observed.contains(&old.resource.gone(&old.path));
        state.retained.iter().filter(is_gone).map(|old| (&old.path, old.resource.id.as_str()))
    }

    /// Returns the program for the history, if executing the plan makes the account match all of it.
    pub fn whole(&self) -> Option<&Assembly> {
        self.plan.assembly.as_ref().filter(|_| !self.is_part)
    }
}

/// Plans to make the account match `assembly`.
///
/// # Errors
/// The credentials are for another account, the provider does not support a resource, the cloud does not respond, the
/// requested part does not exist or cannot be executed alone, or another app does not publish an output that the
/// program uses. [`Plan::permit`] and [`upstream::permit`] say whether the plan may be executed.
pub async fn deploy(
    assembly: &Assembly,
    state: &State,
    provider: &dyn Provider,
    options: &PlanOptions,
) -> Result<Planned, Error> {
    let limiter = RateLimiter::new(options.parallelism);
    limiter.keep(deploy_reading(assembly, state, Reader::new(provider, &limiter), provider, options)).await
}

async fn deploy_reading(
    assembly: &Assembly,
    state: &State,
    reader: Reader<'_>,
    provider: &dyn Provider,
    options: &PlanOptions,
) -> Result<Planned, Error> {
    let (resolved, imports) = options.upstream.resolve(assembly)?;
    let identity = identity(provider, state, Some(assembly)).await?;
    let lookup_options = LookupOptions {
        provider,
        identity: &identity,
        refresh: options.refresh,
        only: &options.only,
        earlier: &options.answers,
        may_be_created: options.upstream.is_expecting(),
        parallelism: options.parallelism,
    };
    let behavior = |type_name: &str| provider.behavior(type_name);
    let repeats = |type_name: &str, property: &str| provider.repeats(type_name, property);
    let lookups = look_up(resolved, state, lookup_options).await?;
    let assembly = &*lookups.assembly;
    let wanted = |path: &Path| {
        assembly.resources.contains_key(path) && !state.resources.contains_key(path) && !is_moved(assembly, state, path)
    };
    let declared = |path: &Path, intent: &Intent| is_declared(assembly, state, path, intent, provider, &identity);
    let claimants = Claimants { wanted: &wanted, declared: &declared, neighbors: &options.neighbors };
    let roles = changed_roles(assembly, state, &identity);
    let reading = Reading { reader, identity: &identity, claimants, refresh: options.refresh };
    let mut observed = observe(state, roles, assembly, reading).await?;
    let facts = Facts { identity: &identity, behavior: &behavior, repeats: &repeats };
    if !observed.state.deposed.is_empty() {
        let digests = digests(assembly, &observed.state, provider, &options.variables).await;
        let restored = restored(&observed.inputs(assembly, facts, &digests), &options.only, reader).await?;
        observed.fold(restored)?;
    }
    let digests = digests(assembly, &observed.state, provider, &options.variables).await;
    let inputs = observed.inputs(assembly, facts, &digests);
    let (planning, plan) = arrange(&inputs, |delete_first| {
        let mut part = part(&inputs, diff_with(&inputs, delete_first), &options.only)?;
        supported(&inputs, &part.changes, provider)?;
        keeps_retained(&inputs, &part.changes)?;
        let is_own =
            |name: &str| part.outputs.contains_key(name) && part.outputs.get(name) == assembly.outputs.get(name);
        let moves = part.changes.changes.values();
        let moves = moves.filter_map(|change| Some((&change.path, change.moved_from.as_ref()?)));
        let moved = with_moves(&observed.state, moves);
        let (imports, kept_imports) = upstream::split(&moved, &part.changes, imports.clone(), &is_own);
        part.changes.imports = upstream::changes(&state.imports, &upstream::merged(&kept_imports, &imports));
        part.changes.lookups = lookups.changes.clone();
        Ok(Planning { part, imports, kept_imports })
    })?;
    finish(plan, planning, observed, lookups.event, options, !options.only.is_empty())
}

/// A part of the changes, with what it uses of other apps and what stays in use beside it.
struct Planning {
    part: Part,
    imports: Imports,
    kept_imports: Imports,
}

impl AsRef<ChangeSet> for Planning {
    fn as_ref(&self) -> &ChangeSet {
        &self.part.changes
    }
}

/// Plans to delete all resources of this app, except stateful ones and their dependencies, unless the options include
/// these.
///
/// # Errors
/// As [`deploy`].
pub async fn destroy(state: &State, provider: &dyn Provider, options: &PlanOptions) -> Result<Planned, Error> {
    let limiter = RateLimiter::new(options.parallelism);
    limiter.keep(destroy_reading(state, Reader::new(provider, &limiter), provider, options)).await
}

async fn destroy_reading(
    state: &State,
    reader: Reader<'_>,
    provider: &dyn Provider,
    options: &PlanOptions,
) -> Result<Planned, Error> {
    let identity = identity(provider, state, None).await?;
    let assembly = Assembly {
        format: Assembly::FORMAT,
        app: state.app.clone(),
        state: None,
        stacks: BTreeMap::new(),
        resources: BTreeMap::new(),
        outputs: BTreeMap::new(),
        lookups: BTreeMap::new(),
    };
    let claimants = Claimants { wanted: &|_| false, declared: &|_, _| false, neighbors: &options.neighbors };
    let reading = Reading { reader, identity: &identity, claimants, refresh: options.refresh };
    let observed = observe(state, Vec::new(), &assembly, reading).await?;
    let behavior = |type_name: &str| provider.behavior(type_name);
    let repeats = |type_name: &str, property: &str| provider.repeats(type_name, property);
    let facts = Facts { identity: &identity, behavior: &behavior, repeats: &repeats };
    let digests = Digests::new();
    let inputs = observed.inputs(&assembly, facts, &digests);
    let mut changes = diff_destroy(&inputs, options.delete_data);
    let (imports, kept_imports) = upstream::split(&observed.state, &changes, Imports::new(), &|_| false);
    changes.imports = upstream::changes(&state.imports, &kept_imports);
    // What stays was made from the answers. Where nothing stays, a later deploy looks up anew.
    let goes = |change: &Change| matches!(change.action, Action::Delete | Action::Forget | Action::Retain);
    let nothing_stays = changes.changes.values().all(goes);
    if nothing_stays {
        let gone = |answer: &Answer| LookupChange { from: answer.rendered(), to: Rendered::Absent };
        changes.lookups = state.lookups.iter().map(|(path, answer)| (path.clone(), gone(answer))).collect();
    }
    let plan = schedule(&inputs, &changes)?;
    let forgotten = (!changes.lookups.is_empty()).then(|| Event::LookedUp { answers: Answers::new() });
    let part = Part { changes, outputs: BTreeMap::new(), left_out: Vec::new() };
    finish(plan, Planning { part, imports, kept_imports }, observed, forgotten, options, false)
}

/// Completes a plan with what the schedule does not know: the outputs, the used outputs of other apps, the observed
/// events, and the final snapshots of stateful resources, unless the options exclude them.
fn finish(
    plan: Plan,
    planning: Planning,
    observed: Observed<'_>,
    looked_up: Option<Event>,
    options: &PlanOptions,
    is_part: bool,
) -> Result<Planned, Error> {
    let Planning { part: Part { changes, outputs, left_out }, imports, kept_imports } = planning;
    // The state has what was observed already.
    let plan = if options.skip_final_snapshot { plan } else { plan.with_final_snapshots(&observed.state)? };
    let observed = observed.events.into_iter().chain(looked_up).collect();
    let plan = Plan { observed, outputs, imports, kept_imports, ..plan };
    let planned = Planned { changes, plan, left_out, refreshed: options.refresh, is_part };
    debug_assert_eq!(planned.unshown(), None);
    Ok(planned)
}

/// Returns whether the program declares the resource that an open create requests, at any path.
fn is_declared(
    assembly: &Assembly,
    state: &State,
    path: &Path,
    intent: &Intent,
    provider: &dyn Provider,
    identity: &Identity,
) -> bool {
    let same_type = |entry: &ResourceEntry| intent.creates() == Some(entry.type_name.as_str());
    assembly.resources.iter().filter(|(_, entry)| same_type(entry)).any(|(other, entry)| {
        let Some(environment) = assembly.environment(other).cloned() else { return false };
        let type_name = entry.type_name.clone();
        let behavior = provider.behavior(&type_name);
        let address = Address { app: assembly.app.clone(), path: other.clone(), type_name, environment };
        let properties = substitute_all(&entry.properties, &|reference| state.value_of(reference));
        let token = if other == path { intent.token.as_str() } else { "" };
        recover::asks_for(intent, &address, token, &properties, behavior, identity)
    })
}

/// The state with what was found out since it was written.
struct Observed<'a> {
    state: Cow<'a, State>,
    events: Vec<Event>,
    missing: BTreeSet<Path>,
}

/// Returns the roles of stacks that differ from those in the state. Resources are read with the new roles: the old ones
/// may no longer exist.
fn changed_roles(assembly: &Assembly, state: &State, identity: &Identity) -> Vec<Event> {
    let changed = assembly.stacks.iter().filter(|(stack, new)| {
        let retained = state.retained.iter().map(|old| (&old.path, &old.resource.environment));
        let mut known = state.environments().chain(retained).filter(|(path, _)| path.stack() == *stack);
        known.any(|(_, known)| known.is_same_place(new, Some(&identity.account)) && known.role != new.role)
    });
    let event = |(stack, environment): (&String, &Environment)| Event::RoleChanged {
        stack: stack.clone(),
        environment: environment.clone(),
    };
    changed.map(event).collect()
}

/// Access to the account for reads.
#[derive(Clone, Copy)]
struct Reading<'a> {
    reader: Reader<'a>,
    identity: &'a Identity,
    claimants: Claimants<'a>,
    refresh: bool,
}

/// Facts about the provider, for the stages.
#[derive(Clone, Copy)]
struct Facts<'a> {
    identity: &'a Identity,
    behavior: &'a dyn Fn(&str) -> Option<Behavior>,
    repeats: &'a dyn Fn(&str, &str) -> bool,
}

async fn observe<'a>(
    state: &'a State,
    roles: Vec<Event>,
    assembly: &Assembly,
    reading: Reading<'_>,
) -> Result<Observed<'a>, Error> {
    let Reading { reader, identity, claimants, refresh } = reading;
    let mut observed = Observed { state: Cow::Borrowed(state), events: Vec::new(), missing: BTreeSet::new() };
    observed.fold(roles)?;
    let recovered = recover(&observed.state, reader, claimants).await?;
    observed.fold(recovered)?;
    if refresh {
        let answers = detect::answers(&observed.state, reader).await;
        let (mut events, mut missing) = (Vec::new(), BTreeSet::new());
        let used = used(assembly);
        for (path, answer) in answers {
            let resource = &observed.state.resources[path];
            match answer.map_err(ReadError::of(Some(path)))? {
                None => {
                    events.push(resource.gone(path));
                    missing.insert(path.clone());
                }
                Some(live) => {
                    // What moves or goes is not referred to at this path.
                    let is_used =
                        |output: &str| !assembly.resources.contains_key(path) || used.contains(&(path, output));
                    events.extend(recover::refreshed(path, resource, live, &is_used));
                }
            }
        }
        observed.missing = missing;
        observed.fold(events)?;
        let gone = detect::gone_of_retained(&observed.state, identity, reader).await;
        observed.fold(gone)?;
    }
    let learned = recover::learn(&observed.state, reader, &without_value(assembly, &observed.state)).await;
    observed.fold(learned)?;
    Ok(observed)
}

/// The resources of which the program takes a value that the state does not have.
fn without_value(assembly: &Assembly, state: &State) -> BTreeSet<Path> {
    let unknown = references(assembly).filter(|reference| state.value_of(reference).is_none());
    unknown.map(|reference| reference.path.clone()).collect()
}

/// The outputs that the program uses, by resource.
fn used(assembly: &Assembly) -> BTreeSet<(&Path, &str)> {
    references(assembly).map(|reference| (&reference.path, reference.attribute.as_str())).collect()
}

fn references(assembly: &Assembly) -> impl Iterator<Item = &Reference> {
    let properties = assembly.resources.values().flat_map(|entry| entry.properties.values());
    properties.chain(assembly.outputs.values()).flat_map(Value::references)
}

impl Observed<'_> {
    /// Returns the inputs of the stages that compare this state with a program.
    fn inputs<'s>(&'s self, assembly: &'s Assembly, facts: Facts<'s>, digests: &'s Digests) -> Inputs<'s> {
        let Facts { identity, behavior, repeats } = facts;
        Inputs { assembly, state: &self.state, identity, behavior, repeats, digests, missing: &self.missing }
    }

    fn fold(&mut self, events: Vec<Event>) -> Result<(), Error> {
        for event in &events {
            let place = || "the state being planned".to_owned();
            self.state
                .to_mut()
                .apply(event.clone())
                .map_err(|illegal| StoreError::Journal { place: place(), illegal })?;
        }
        self.events.extend(events);
        Ok(())
    }
}

/// The digests of the secrets of resources that exist, or that may turn out to be moved or restored ones: only these can
/// have changed.
pub(crate) async fn digests(
    assembly: &Assembly,
    state: &State,
    provider: &dyn Provider,
    variables: &Variables,
) -> Digests {
    let left = state.resources.iter().filter(|(path, _)| !assembly.resources.contains_key(*path));
    let orphans = state.deposed.iter().chain(&state.retained).map(|old| &old.resource);
    let loose: BTreeSet<&str> = left.map(|(_, it)| it).chain(orphans).map(|it| it.type_name.as_str()).collect();
    let mut sources = Vec::new();
    for (path, entry) in &assembly.resources {
        let may_exist = state.resources.contains_key(path) || loose.contains(entry.type_name.as_str());
        let Some(environment) = assembly.environment(path).filter(|_| may_exist) else { continue };
        for (_, source) in secret::secrets(&entry.properties) {
            let source = substitute(&Value::Secret(source.clone()), &|reference| state.value_of(reference));
            if let (Value::Secret(source), true) = (&source, source.references().is_empty()) {
                sources.push((path, environment, source.clone()));
            }
        }
    }
    let sources = sources.iter().map(|(path, environment, source)| (*path, *environment, source));
    secret::known_digests(sources, &state.digest_key, provider, variables).await
}

/// Refuses another type at the path of what is to stay in the account: the path has room for one of them.
fn keeps_retained(inputs: &Inputs<'_>, changes: &ChangeSet) -> Result<(), Error> {
    let is_lost = |change: &&Change| {
        let retyped = change.reasons.iter().any(|reason| matches!(reason, Reason::TypeChanged { .. }));
        let old = inputs.state.resources.get(change.moved_from.as_ref().unwrap_or(&change.path));
        let retained = old.is_some_and(|old| old.lifecycle.retain && old.status != ResourceStatus::Tainted);
        retyped && retained && matches!(change.action, Action::Replace(_))
    };
    let paths: Vec<_> = changes.changes.values().filter(is_lost).map(|change| change.path.clone()).collect();
    if paths.is_empty() { Ok(()) } else { Err(PlanningError::Retyped { paths }.into()) }
}

/// Checks before any change that the provider supports everything.
fn supported(inputs: &Inputs<'_>, changes: &ChangeSet, provider: &dyn Provider) -> Result<(), Error> {
    let made = |action| matches!(action, Action::Create | Action::Update | Action::Replace(_));
    let mut findings = Vec::new();
    for change in changes.changes.values().filter(|change| made(change.action)) {
        let path = change.path.clone();
        let entry = &inputs.assembly.resources[&path];
        let properties: Properties =
            entry.properties.iter().map(|(name, value)| (name.clone(), known(value))).collect();
        let unsupported = || format!("{} is not supported", change.type_name);
        match provider.check(&change.type_name, &properties) {
            Err(error) => findings.push((path, error.to_string())),
            Ok(()) if provider.behavior(&change.type_name).is_none() => findings.push((path, unsupported())),
            Ok(()) => {}
        }
    }
    if findings.is_empty() { Ok(()) } else { Err(PlanningError::Unsupported { findings }.into()) }
}

/// A value with `null` for all that is not known.
fn known(value: &Value) -> Json {
    match value {
        Value::Deferred(_) | Value::Secret(_) => Json::Null,
        Value::List(items) => items.iter().map(known).collect(),
        Value::Map(entries) => Json::Object(entries.iter().map(|(key, value)| (key.clone(), known(value))).collect()),
        scalar => scalar.to_json(),
    }
}

/// The program cannot be planned.
#[derive(Debug, thiserror::Error)]
pub enum PlanningError {
    /// The provider cannot manage some of the resources. Nothing was changed.
    #[error("the target does not support {} of the resources:{}", findings.len(), list(findings))]
    Unsupported {
        /// Each resource, with the reason of the provider.
        findings: Vec<(Path, String)>,
    },
    /// Resources that are to stay in the account get another type. Nothing was touched.
    #[error(
        "the program declares another type at the paths of resources that are to stay in the account (`retain`):{}\ndeclare the new resources under other paths, so that the old ones are retained; or first deploy a change that only removes `retain`",
        bullets(paths)
    )]
    Retyped {
        /// The resources.
        paths: Vec<Path>,
    },
}

fn list(findings: &[(Path, String)]) -> String {
    findings.iter().map(|(path, finding)| bullet(format_args!("{path}: {finding}"))).collect()
}

#[cfg(test)]
#[path = "planning_tests.rs"]
mod tests;
