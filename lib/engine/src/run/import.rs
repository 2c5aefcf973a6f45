//! Imports an existing resource.
//!
//! The live resource is read and recorded in the state at a path of the program. The usual diff compares it with the
//! declaration, so the differences that are shown are those that the next deploy would apply. Nothing in the account
//! changes.

mod ownership;

use std::collections::{BTreeMap, BTreeSet};

use groundplan_core::secret::SecretSource;
use groundplan_core::{Assembly, Path, ResourceEntry, Value};
use groundplan_schema::lookup;
use uuid::Uuid;

use crate::Error;
use crate::hint::{Hint, Hints};
use crate::model::{Event, GlobalId, Intent, Operation, ResourceState, State, UNKNOWN_DIGEST};
use crate::nearest::{UnknownPaths, nearest};
use crate::provider::{Address, ErrorClass, Existing, Identity, Live, Outputs, Properties, Provider, Status, Wait};
use crate::run::account::identity;
use crate::run::planning::digests;
use crate::run::rate_limit::RateLimiter;
use crate::run::reader::{ReadError, Reader};
use crate::run::store::{StateStore, StoreError};
use crate::run::upstream::Upstream;
use crate::secret::{self, Variables};
use crate::stages::diff::{Change, Inputs, diff};
use crate::stages::drift;
use crate::stages::resolve::substitute_all;

/// A resource that was found, but is not in the state yet.
#[derive(Clone, Debug)]
pub struct Import {
    /// The events to pass to [`Session::edit`](crate::run::session::Session::edit).
    pub events: Vec<Event>,
    /// The change that the next deploy would make.
    pub change: Change,
    /// The owner of the credentials.
    pub identity: Identity,
}

/// The resource to import.
#[derive(Clone, Copy)]
pub struct Request<'a> {
    /// Its path in the program.
    pub path: &'a Path,
    /// Its identifier in the account.
    pub id: &'a str,
    /// `true` to import it even if its identity tags name a different owner.
    pub take_ownership: bool,
    /// The environment variables that secrets may come from.
    pub variables: &'a Variables,
    /// The maximum number of concurrent reads.
    pub parallelism: usize,
}

/// Finds the resource of `request`, and how it differs from the declaration at its path. The outputs of other apps in
/// `assembly` must be resolved ([`Upstream::resolve`]). `store` also gives access to the states of other apps.
///
/// # Errors
/// The program does not have the path, the state already has it, the resource does not exist, or another path or app
/// already has the resource.
pub(crate) async fn import(
    assembly: &Assembly,
    state: &State,
    request: &Request<'_>,
    provider: &dyn Provider,
    store: &dyn StateStore,
) -> Result<Import, Error> {
    let Request { path, id, .. } = *request;
    // Fails where the caller has left an import in.
    Upstream::NONE.resolve(assembly)?;
    let Some(entry) = assembly.resources.get(path) else {
        let paths = vec![(path.clone(), nearest(path, assembly.resources.keys()))];
        return Err(UnknownPaths { place: "the program", paths }.into());
    };
    let refused = |(reason, hints): Refusal| Error::NotImportable(NotImportable { path: path.clone(), reason, hints });
    let environment = assembly.environment(path).cloned().expect("every resource of an assembly is in a stack");
    let identity = identity(provider, state, Some(assembly)).await?;
    let address =
        Address { app: state.app.clone(), path: path.clone(), type_name: entry.type_name.clone(), environment };
    let existing = Existing { address, id: id.to_owned(), properties: Properties::new() };
    free(state, &existing, &identity).map_err(refused)?;
    let Some(behavior) = provider.behavior(&entry.type_name) else {
        return Err(refused((format!("the target does not support {}", entry.type_name), Vec::new())));
    };
    let limiter = RateLimiter::new(1);
    let reader = Reader::new(provider, &limiter);
    let live = limiter.keep(read(&existing, reader, &identity)).await.map_err(|error| match error {
        NotRead::Absent(refusal) => refused(refusal),
        NotRead::Other(error) => *error,
    })?;
    limiter.keep(ownership::permit(request, &existing, &identity, reader, store)).await?;

    let lookup = |reference: &_| state.value_of(reference);
    let desired = substitute_all(&entry.properties, &lookup);
    let properties = drift::overlay(&entry.type_name, &known(&desired, &live), &live.properties);
    let intent = intent(assembly, state, &existing, properties, entry);
    let asked = |intent| Event::Intent { path: path.clone(), intent };
    let accepted = Event::Accepted {
        path: path.clone(),
        id: id.to_owned(),
        outputs: live.outputs.clone(),
        found: None,
        incomplete: false,
    };
    let is = |outputs| Event::Ready { path: path.clone(), outputs };
    let mut events = vec![asked(intent.clone()), accepted.clone()];
    let ready = match behavior.wait {
        Wait::NONE => Some(live.outputs),
        _ => match limiter.keep(reader.status(&existing)).await.map_err(ReadError::of(Some(path)))? {
            Status::Ready(outputs) => Some(outputs),
            Status::Pending(_) | Status::Deleting(_) | Status::Blocked(_) | Status::Failed(_) | Status::Gone => None,
        },
    };
    match ready {
        Some(outputs) => events.push(is(outputs)),
        // Others have made and used it. What goes on there now is a change of theirs, and that it is
        // not ready says nothing of the data that it holds.
        None => {
            let change = Intent { operation: Operation::Update, ..intent };
            events.extend([is(Outputs::new()), asked(change), accepted]);
        }
    }
    let change = change(assembly, state, &events, request, &identity, provider).await?;
    Ok(Import { events, change, identity })
}

/// The reason why a resource is not imported, and hints.
type Refusal = (String, Vec<Hint>);

/// Checks that the state has neither the path nor the resource.
fn free(state: &State, existing: &Existing, identity: &Identity) -> Result<(), Refusal> {
    let Existing { address: Address { path, .. }, id, .. } = existing;
    if let Some(known) = state.resources.get(path) {
        let reason = format!("the state already has {} `{}` there", known.type_name, known.id);
        return Err((reason, vec![Hint::ForgetResource { path: path.clone(), app: None }]));
    }
    if state.pending.contains_key(path) {
        return Err(("an interrupted run may have created it".into(), vec![Hint::FinishOpen]));
    }
    let same = |known: &ResourceState| GlobalId::known(known, identity) == GlobalId::of(existing, identity);
    if let Some((other, _)) = state.resources.iter().find(|(_, known)| same(known)) {
        let to_here = Hint::MoveInState { from: other.clone(), to: path.clone() };
        return Err((format!("`{id}` is already managed at `{other}`"), vec![to_here]));
    }
    if let Some(old) = state.deposed.iter().find(|old| same(&old.resource)) {
        let reason = format!("`{id}` was replaced at `{}` and is still to be deleted", old.path);
        return Err((reason, vec![Hint::FinishOpen]));
    }
    Ok(())
}

enum NotRead {
    /// There is no such resource.
    Absent(Refusal),
    Other(Box<Error>),
}

async fn read(existing: &Existing, reader: Reader<'_>, identity: &Identity) -> Result<Live, NotRead> {
    let Address { path, type_name, environment, .. } = &existing.address;
    let identifier = lookup(type_name).map(|schema| schema.primary_identifier.join("|")).unwrap_or_default();
    let identified = format!("resources of this type are identified by {identifier}");
    match reader.read(existing).await {
        Ok(Some(live)) => Ok(live),
        Ok(None) => {
            let (id, region, account) = (&existing.id, &environment.region, &identity.account);
            let reason = format!("there is no {type_name} `{id}` in {region} of account {account}; {identified}");
            Err(NotRead::Absent((reason, Vec::new())))
        }
        Err(error) if matches!(error.class, ErrorClass::NotFound | ErrorClass::Invalid) => {
            Err(NotRead::Absent((format!("{error}; {identified}"), error.hints())))
        }
        Err(error) => Err(NotRead::Other(Box::new(ReadError::of(Some(path))(error)))),
    }
}

/// Returns the values of the program if known, else the live ones.
fn known(desired: &BTreeMap<String, Value>, live: &Live) -> BTreeMap<String, Value> {
    let known = |(name, value): (&String, &Value)| {
        if value.references().is_empty() {
            Some((name.clone(), value.clone()))
        } else {
            Some((name.clone(), drift::declared(value, live.properties.get(name)?)))
        }
    };
    desired.iter().filter_map(known).collect()
}

fn intent(
    assembly: &Assembly,
    state: &State,
    existing: &Existing,
    properties: BTreeMap<String, Value>,
    entry: &ResourceEntry,
) -> Intent {
    let Address { path, type_name, environment, .. } = existing.address.clone();
    // Nobody knows which value is there. One that the program generates is left as it is: a new
    // one would be a surprise.
    let stated = |source: &SecretSource| !matches!(source.origin(), SecretSource::Generated(_));
    let found = secret::secrets(&properties).into_iter().filter(|(_, source)| stated(source));
    let secrets = found.map(|(place, _)| (place, UNKNOWN_DIGEST.to_owned())).collect();
    Intent {
        operation: Operation::Create { type_name, environment, generation: state.next_generation(&path) },
        token: Uuid::new_v4().simple().to_string().repeat(2),
        asked: None,
        secrets,
        properties,
        dependencies: assembly.dependencies(&path),
        lifecycle: entry.lifecycle.clone(),
    }
}

/// Returns the change that a deploy would make to the resource once it is in the state.
async fn change(
    assembly: &Assembly,
    state: &State,
    events: &[Event],
    request: &Request<'_>,
    identity: &Identity,
    provider: &dyn Provider,
) -> Result<Change, Error> {
    let Request { path, variables, .. } = *request;
    let mut after = state.clone();
    for event in events {
        let place = "the state with the import".to_owned();
        after.apply(event.clone()).map_err(|illegal| StoreError::Journal { place, illegal })?;
    }
    let digests = digests(assembly, &after, provider, variables).await;
    let inputs = Inputs {
        assembly,
        state: &after,
        identity,
        behavior: &|type_name| provider.behavior(type_name),
        repeats: &|type_name, property| provider.repeats(type_name, property),
        digests: &digests,
        missing: &BTreeSet::new(),
    };
    Ok(diff(&inputs).changes.remove(path).expect("every path of the program has a change"))
}

/// A resource cannot be imported. Nothing was changed.
#[derive(Debug, thiserror::Error)]
#[error("cannot import `{path}`: {reason}")]
pub struct NotImportable {
    /// The path to import it to.
    pub path: Path,
    /// The reason.
    pub reason: String,
    /// Hints for the user.
    pub hints: Vec<Hint>,
}

impl Hints for NotImportable {
    fn hints(&self) -> Vec<Hint> {
        self.hints.clone()
    }
}

#[cfg(test)]
#[path = "import_tests.rs"]
mod tests;
