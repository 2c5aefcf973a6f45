//! From a program and a state to a plan, with what the cloud has to be asked for that.
//!
//! Nothing is changed: neither in the account nor in the store.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use groundplan_core::{Assembly, Path, Value};
use serde_json::Value as Json;

use crate::diff::moves::is_moved;
use crate::diff::only::{Part, part};
use crate::diff::{Action, ChangeSet, Inputs, destroy as diff_destroy, diff};
use crate::drift::{self, Drift};
use crate::error::Error;
use crate::journal::Event;
use crate::looks::Looks;
use crate::plan::{Plan, schedule};
use crate::provider::{Identity, Properties, Provider};
use crate::recover::recover;
use crate::resolve::substitute;
use crate::secret::{self, Digests};
use crate::state::State;
use crate::traffic::Traffic;
use crate::upstream::{self, Imports, Upstream};

/// How a plan is made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlanOptions {
    /// Reads every resource first, so that what was changed behind the program's back is put
    /// right.
    pub refresh: bool,
    /// For [`destroy`]: deletes what holds data, too.
    pub delete_data: bool,
    /// Whether what holds data is deleted without a last snapshot of it.
    pub skip_final_snapshot: bool,
    /// How many resources may be read at once.
    pub parallelism: usize,
    /// For [`deploy`]: only what is at or below these paths, and what that depends on. Everything
    /// where there are none.
    pub only: BTreeSet<Path>,
    /// For [`deploy`]: what the program uses of other apps.
    pub upstream: Upstream,
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
        }
    }
}

/// What would be done, to be shown and to be executed.
#[derive(Clone, Debug, PartialEq)]
pub struct Planned {
    /// What changes, and why.
    pub changes: ChangeSet,
    /// The steps.
    pub plan: Plan,
    /// The resources with changes that are not done, since only a part was asked for.
    pub left_out: Vec<Path>,
}

/// Plans that the account holds what `assembly` says.
///
/// # Errors
/// The credentials are for another account, the provider does not support a resource, the cloud
/// does not answer, the part that was asked for does not exist or cannot be done alone, or another
/// app does not publish what the program uses of it. Whether the plan may be executed is
/// [`Plan::permit`]'s answer, and [`upstream::permit`]'s.
pub async fn deploy(
    assembly: &Assembly,
    state: &State,
    provider: &dyn Provider,
    options: &PlanOptions,
) -> Result<Planned, Error> {
    let (assembly, imports) = options.upstream.resolve(assembly)?;
    let assembly = &*assembly;
    let identity = identity(provider, state, Some(assembly)).await?;
    let wanted = |path: &Path| {
        assembly.resources.contains_key(path) && !state.resources.contains_key(path) && !is_moved(assembly, state, path)
    };
    let observed = observe(state, provider, &wanted, options).await?;
    let digests = digests(assembly, &observed.state, provider).await;
    let inputs = Inputs {
        assembly,
        state: &observed.state,
        identity: &identity,
        behavior: &|type_name| provider.behavior(type_name),
        digests: &digests,
        missing: &observed.missing,
    };
    let Part { mut changes, outputs, left_out } = part(&inputs, diff(&inputs), &options.only)?;
    supported(&inputs, &changes, provider)?;
    let is_own = |name: &str| outputs.contains_key(name) && outputs.get(name) == assembly.outputs.get(name);
    let (imports, kept_imports) = upstream::split(&observed.state, &changes, imports, &is_own);
    changes.imports = upstream::changes(&state.imports, &upstream::merged(&kept_imports, &imports));
    let plan = snapshots(schedule(&inputs, &changes)?, &observed.state, options);
    let plan = Plan { observed: observed.events, outputs, imports, kept_imports, ..plan };
    Ok(Planned { changes, plan, left_out })
}

/// Plans that the account holds nothing of this app, except what holds data, unless the options
/// say otherwise, and what that depends on.
///
/// # Errors
/// As [`deploy`].
pub async fn destroy(state: &State, provider: &dyn Provider, options: &PlanOptions) -> Result<Planned, Error> {
    let identity = identity(provider, state, None).await?;
    let observed = observe(state, provider, &|_| false, options).await?;
    let assembly = Assembly {
        format: Assembly::FORMAT,
        app: state.app.clone(),
        state: None,
        stacks: BTreeMap::new(),
        resources: BTreeMap::new(),
        outputs: BTreeMap::new(),
    };
    let inputs = Inputs {
        assembly: &assembly,
        state: &observed.state,
        identity: &identity,
        behavior: &|type_name| provider.behavior(type_name),
        digests: &Digests::new(),
        missing: &observed.missing,
    };
    let mut changes = diff_destroy(&observed.state, inputs.behavior, options.delete_data);
    let (imports, kept_imports) = upstream::split(&observed.state, &changes, Imports::new(), &|_| false);
    changes.imports = upstream::changes(&state.imports, &kept_imports);
    let plan = snapshots(schedule(&inputs, &changes)?, &observed.state, options);
    let plan = Plan { observed: observed.events, imports, kept_imports, ..plan };
    Ok(Planned { changes, plan, left_out: Vec::new() })
}

/// The plan with the snapshots that are taken before what holds data is deleted, unless the options say
/// that none are.
fn snapshots(plan: Plan, state: &State, options: &PlanOptions) -> Plan {
    if options.skip_final_snapshot { plan } else { plan.with_final_snapshots(state) }
}

/// Who the credentials belong to, where that is the account of the stacks and of the state.
pub(crate) async fn identity(
    provider: &dyn Provider,
    state: &State,
    assembly: Option<&Assembly>,
) -> Result<Identity, Error> {
    let actual = provider.identity().await.map_err(Error::provider(None))?;
    let stacks = assembly.map(|assembly| &assembly.stacks).into_iter().flatten();
    let pinned = stacks.filter_map(|(stack, environment)| {
        Some((format!("the stack `{stack}` is pinned to"), environment.account.clone()?))
    });
    // What is still to be deleted is there, too, and what may have been made.
    let empty = state.resources.is_empty() && state.deposed.is_empty() && state.pending.is_empty();
    let known = state.identity.as_ref().filter(|_| !empty);
    let known = known.map(|identity| ("the resources of this app are in".to_owned(), identity.account.clone()));
    match pinned.chain(known).find(|(_, expected)| *expected != actual.account) {
        Some((what, expected)) => Err(Error::WrongAccount { what, expected, actual }),
        None => Ok(actual),
    }
}

/// The state with what was found out since it was written.
struct Observed<'a> {
    state: Cow<'a, State>,
    events: Vec<Event>,
    missing: BTreeSet<Path>,
}

async fn observe<'a>(
    state: &'a State,
    provider: &dyn Provider,
    wanted: &dyn Fn(&Path) -> bool,
    options: &PlanOptions,
) -> Result<Observed<'a>, Error> {
    let mut observed = Observed { state: Cow::Borrowed(state), events: Vec::new(), missing: BTreeSet::new() };
    let traffic = Traffic::new(options.parallelism);
    let looks = Looks::new(provider, &traffic);
    observed.fold(traffic.keep(recover(state, looks, wanted)).await?)?;
    if options.refresh {
        let drifts = traffic.keep(drift::differing(&observed.state, looks)).await;
        let mut events = Vec::new();
        for (path, drift) in drifts {
            let resource = &observed.state.resources[&path];
            match drift {
                Drift::Missing => {
                    events.push(resource.gone(&path));
                    observed.missing.insert(path);
                }
                Drift::Changed { live, .. } => {
                    let properties = drift::overlay(&resource.type_name, &resource.properties, &live.properties);
                    events.push(Event::Observed { path, properties, outputs: live.outputs });
                }
                Drift::Unreadable(source) => return Err(Error::provider(Some(&path))(source)),
            }
        }
        observed.fold(events)?;
    }
    Ok(observed)
}

impl Observed<'_> {
    fn fold(&mut self, events: Vec<Event>) -> Result<(), Error> {
        for event in &events {
            let place = || "the state being planned".to_owned();
            self.state.to_mut().apply(event.clone()).map_err(|illegal| Error::Journal { place: place(), illegal })?;
        }
        self.events.extend(events);
        Ok(())
    }
}

/// The digests of the secrets of resources that exist: only these can have changed.
pub(crate) async fn digests(assembly: &Assembly, state: &State, provider: &dyn Provider) -> Digests {
    let mut sources = Vec::new();
    for (path, entry) in &assembly.resources {
        let environment = assembly.environment(path).filter(|_| state.resources.contains_key(path));
        let Some(environment) = environment else { continue };
        for (_, source) in secret::secrets(&entry.properties) {
            let source = substitute(&Value::Secret(source.clone()), &|reference| state.value_of(reference));
            if let (Value::Secret(source), true) = (&source, source.references().is_empty()) {
                sources.push((path, environment, source.clone()));
            }
        }
    }
    let sources = sources.iter().map(|(path, environment, source)| (*path, *environment, source));
    secret::known_digests(sources, &state.digest_key, provider).await
}

/// Whether the provider can do all that, before anything is touched.
fn supported(inputs: &Inputs<'_>, changes: &ChangeSet, provider: &dyn Provider) -> Result<(), Error> {
    let made = |action| matches!(action, Action::Create | Action::Update | Action::Replace(_));
    let mut findings = Vec::new();
    for change in changes.changes.values().filter(|change| made(change.action)) {
        let path = change.path.clone();
        if provider.behavior(&change.type_name).is_none() {
            findings.push((path, format!("{} is not supported", change.type_name)));
            continue;
        }
        let entry = &inputs.assembly.resources[&path];
        let properties: Properties =
            entry.properties.iter().map(|(name, value)| (name.clone(), known(value))).collect();
        let answer = provider.check(&change.type_name, &properties);
        findings.extend(answer.err().map(|error| (path, error.to_string())));
    }
    if findings.is_empty() { Ok(()) } else { Err(Error::Unsupported { findings }) }
}

/// A value with `null` for all that is not known.
fn known(value: &Value) -> Json {
    match value {
        Value::Ref(_) | Value::Template(_) | Value::Subnet(_) | Value::Secret(_) | Value::Import(_) => Json::Null,
        Value::List(items) => items.iter().map(known).collect(),
        Value::Map(entries) => Json::Object(entries.iter().map(|(key, value)| (key.clone(), known(value))).collect()),
        scalar => scalar.to_json(),
    }
}

#[cfg(test)]
#[path = "planning_tests.rs"]
mod tests;
