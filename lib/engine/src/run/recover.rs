//! Determines the outcome of calls that an interrupted run left open.
//!
//! Only reads, so that a plan can do it, too. Returns events, which the run that executes the plan records first.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};

use futures::future::{join_all, try_join, try_join_all, try_join5};
use groundplan_core::{Path, Value};
use groundplan_schema::{Cursor, Replacement, ResourceType, lookup};

use crate::Error;
use crate::hint::{Hint, Hints};
use crate::model::{
    Event, GlobalId, Intent, Operation, ResourceState, ResourceStatus, State, creation_token, without_secrets,
};
use crate::provider::{
    Address, Behavior, CreateRequest, ErrorClass, Existing, Identity, Live, Outputs, Properties, ProviderError,
    Recovery,
};
use crate::run::neighbors::{Neighbors, is_by_name, is_unmarked};
use crate::run::reader::{Fate, ReadError, Reader};
use crate::stages::diff::strongest;
use crate::stages::drift;

/// The claimants of resources that an open create may have made.
#[derive(Clone, Copy)]
pub(crate) struct Claimants<'a> {
    /// Returns whether the program declares a path that has no resource in the state.
    pub(crate) wanted: &'a dyn Fn(&Path) -> bool,
    /// Returns whether the program declares the resource that an intent of this path requests, at any path.
    pub(crate) declared: &'a dyn Fn(&Path, &Intent) -> bool,
    /// Other apps.
    pub(crate) neighbors: &'a Neighbors,
}

/// Resolves every open intent and deletion, and reads again resources that were changed and not seen ready, which may
/// be unchanged, and those that failed late, which may have been fixed. A create without a resource stays open if the
/// program still declares it: the next run requests it again with the same token.
///
/// # Errors
/// [`RecoverError::Ambiguous`] if an interrupted call left several resources.
pub(crate) async fn recover(state: &State, reader: Reader<'_>, claimants: Claimants<'_>) -> Result<Vec<Event>, Error> {
    let creates = created_all(state, reader, claimants);
    let updates = state.pending.iter().filter(|(_, intent)| intent.operation == Operation::Update);
    let updates = updates.map(|(path, intent)| updated(state, path, &intent.properties, reader));
    let pending = async { try_join(creates, try_join_all(updates)).await.map(|(creates, updates)| [creates, updates]) };
    let updating = state
        .resources
        .iter()
        .filter(|(path, resource)| resource.status == ResourceStatus::Updating && !state.pending.contains_key(*path));
    let updating = updating.map(|(path, resource)| changed(state, path, resource, reader));
    let is_deleting = |resource: &ResourceState| resource.status == ResourceStatus::Deleting;
    let deleting = state.resources.iter().filter(|(_, resource)| is_deleting(resource));
    let deleting = deleting.map(|(path, resource)| deleted(state, path, resource, reader));
    // What it is like matters only where the program has it again, and it is read then.
    let deposed = state.deposed.iter().filter(|old| is_deleting(&old.resource)).map(|old| async move {
        let mut events = deleted(state, &old.path, &old.resource, reader).await?;
        events.truncate(1);
        Ok(events)
    });
    // A failed resource may have been fixed, and is not replaced then, unless it already was.
    let failed = state.resources.iter().filter(|(_, it)| it.status == ResourceStatus::Failed);
    let failed = failed.filter(|(path, _)| !state.pending.contains_key(*path));
    let failed = failed.map(|(path, resource)| async move {
        let ready = reader.ready(&resource.existing(&state.app, path)).await.map_err(ReadError::of(Some(path)))?;
        Ok(Vec::from_iter(ready.map(|outputs| Event::Ready { path: path.clone(), outputs })))
    });
    // The events are in the order of the paths, whatever is answered first.
    let (pending, updating, deleting, deposed, failed) =
        try_join5(pending, try_join_all(updating), try_join_all(deleting), try_join_all(deposed), try_join_all(failed))
            .await?;
    Ok(pending.into_iter().flatten().chain(updating).chain(deleting).chain(deposed).chain(failed).flatten().collect())
}

/// Reads what the state calls ready and has no value for a reference of the program: the cloud may not
/// have named it when the state was written. What cannot be read now is left to the step that needs it.
pub(crate) async fn learn(state: &State, reader: Reader<'_>, paths: &BTreeSet<Path>) -> Vec<Event> {
    let known = paths.iter().filter_map(|path| Some((path, state.resources.get(path)?)));
    let ready = known.filter(|(_, resource)| resource.status == ResourceStatus::Ready);
    let reads = ready.map(|(path, resource)| async move {
        let live = reader.read(&resource.existing(&state.app, path)).await.ok()??;
        let (path, properties) = (path.clone(), resource.properties.clone());
        resource.lacks(&live.outputs).then_some(Event::Observed { path, properties, outputs: live.outputs })
    });
    join_all(reads).await.into_iter().flatten().collect()
}

/// An open create, and what it may have made.
struct Open<'a> {
    intent: &'a Intent,
    request: CreateRequest,
    wanted: bool,
    ids: Vec<String>,
    /// `true` if the resource of this name belongs to another owner, so the create did not make it.
    is_theirs: bool,
}

impl Open<'_> {
    fn global_id<'s>(&'s self, id: &'s str, identity: &'s Identity) -> GlobalId<'s> {
        let Address { type_name, environment, .. } = &self.request.address;
        GlobalId::new(type_name, id, environment, identity)
    }
}

/// Looks up what the open creates have made, and gives nothing to two of them. What a cloud makes without name,
/// token and tag is found for each of several creates, and it does not matter which gets which.
async fn created_all(state: &State, reader: Reader<'_>, claimants: Claimants<'_>) -> Result<Vec<Vec<Event>>, Error> {
    let own = &state.known_identity();
    let found = state.open_creates().filter_map(|(path, intent)| {
        let request = request(state, path, intent)?;
        Some(async move {
            let Address { type_name, environment, .. } = &request.address;
            let is_found_by_name = reader.behavior(type_name).is_some_and(is_by_name);
            let is_theirs = Cell::new(false);
            let retain = |ids: &mut Vec<String>| {
                let found = ids.len();
                retain_unknown(state, &request.address, reader.behavior(type_name), ids);
                ids.retain(|id| !claimants.neighbors.have(GlobalId::new(type_name, id, environment, own)));
                is_theirs.set(is_found_by_name && ids.len() < found);
            };
            let least = 1 + siblings(state, &request.address, &intent.properties, reader).count();
            let found = reader.find_made_beside(&request, least, &retain).await;
            let ids = found.map_err(unknown(path, "create", type_name))?;
            Ok::<_, Error>(Open { intent, wanted: (claimants.wanted)(path), ids, is_theirs: is_theirs.get(), request })
        })
    });
    let open = try_join_all(found).await?;
    let chosen = assigned(&open, own)?;
    try_join_all(open.iter().zip(chosen).map(|(open, id)| created(state, open, id, reader, claimants))).await
}

/// Gives each open create one of the resources that were found for it, as far as there are such: what the program
/// still has comes first.
fn assigned<'a>(open: &'a [Open<'_>], identity: &'a Identity) -> Result<Vec<Option<&'a String>>, Error> {
    // Where less is found for the one than for the other, the one has no other choice.
    let mut order: Vec<usize> = (0..open.len()).collect();
    order.sort_by_key(|index| (open[*index].ids.len(), !open[*index].wanted, &open[*index].request.address.path));
    let mut taken = BTreeSet::new();
    let mut chosen = vec![None; open.len()];
    for index in order {
        let open = &open[index];
        chosen[index] = open.ids.iter().filter(|id| !taken.contains(&open.global_id(id, identity))).min();
        taken.extend(chosen[index].map(|id| open.global_id(id, identity)));
    }
    // Which one nobody has made, is not known.
    match open.iter().find(|open| open.ids.iter().any(|id| !taken.contains(&open.global_id(id, identity)))) {
        Some(Open { request, ids, .. }) => {
            let Address { path, type_name, .. } = request.address.clone();
            Err(RecoverError::Ambiguous { path, type_name, ids: ids.clone() }.into())
        }
        None => Ok(chosen),
    }
}

/// Returns the paths of other open creates that may have made the resource found for one of this address: nothing
/// distinguishes their resources.
pub(crate) fn siblings<'a>(
    state: &'a State,
    address: &'a Address,
    properties: &'a BTreeMap<String, Value>,
    reader: Reader<'_>,
) -> impl Iterator<Item = &'a Path> {
    let by_owner = reader.behavior(&address.type_name).is_some_and(|it| it.recovery == Recovery::ByOwner);
    let schema = lookup(&address.type_name);
    state.open_creates().filter(move |_| by_owner).filter_map(move |(path, other)| {
        let Operation::Create { type_name, environment, .. } = &other.operation else { return None };
        // The same identifier in both places would be one resource.
        let identity = state.known_identity();
        let there = GlobalId::new(type_name, "", environment, &identity);
        let here = GlobalId::new(&address.type_name, "", &address.environment, &identity);
        let is_same_owner = || {
            let mut required = schema.into_iter().flat_map(ResourceType::required);
            required.all(|name| other.properties.get(name) == properties.get(name))
        };
        (*path != address.path && here == there && is_same_owner()).then_some(path)
    })
}

/// The request of an open create.
fn request(state: &State, path: &Path, intent: &Intent) -> Option<CreateRequest> {
    let Operation::Create { type_name, environment, .. } = &intent.operation else { return None };
    let address = Address {
        app: state.app.clone(),
        path: path.clone(),
        type_name: type_name.clone(),
        environment: environment.clone(),
    };
    let (token, asked) = (intent.token.clone(), intent.asked);
    Some(CreateRequest { address, properties: without_secrets(&intent.properties), token, asked })
}

async fn created(
    state: &State,
    open: &Open<'_>,
    id: Option<&String>,
    reader: Reader<'_>,
    claimants: Claimants<'_>,
) -> Result<Vec<Event>, Error> {
    let Open { intent, request, wanted, .. } = open;
    let address = request.address.clone();
    let Address { path, type_name, .. } = &request.address;
    let failed = || unknown(path, "create", type_name);
    let not_made = |class, message: String| {
        vec![Event::Failed { path: path.clone(), class, message, partial: None, later: false }]
    };
    let behavior = reader.behavior(type_name);
    let Some(id) = id.cloned() else {
        // What was found is a sibling's, or somebody else's: this one was not made.
        let open = *wanted && open.ids.is_empty() && !open.is_theirs;
        let not_made = not_made(None, "it was not created by the interrupted run".to_owned());
        return Ok(if open { Vec::new() } else { not_made });
    };
    let existing = Existing { address, id: id.clone(), properties: Properties::new() };
    if behavior.is_some_and(is_by_name)
        && let Some(owner) = reader.owner(&existing).await.map_err(failed())?
        && owner.app != state.app
    {
        let message =
            format!("`{id}` is `{}` of the app `{}`: it was not created by the interrupted run", owner.path, owner.app);
        return Ok(not_made(None, message));
    }
    let live = reader.read_made(&existing).await.map_err(failed())?;
    // It would be deleted: a leftover is the lesser evil.
    let seen = live.as_ref().map(|live| &live.properties);
    if is_unmarked(type_name, behavior)
        && !(claimants.declared)(path, intent)
        && !hangs_on_own(state, intent, type_name, behavior, seen)
    {
        let message = format!(
            "an interrupted run may have created `{id}`, or it may be unrelated; Groundplan does not manage it; delete \
             it if it is not needed"
        );
        return Ok(not_made(Some(ErrorClass::AlreadyExists), message));
    }
    let accepted = |outputs, found| Event::Accepted { path: path.clone(), id, outputs, found, incomplete: false };
    let Some(live) = live else { return Ok(vec![accepted(Outputs::new(), None)]) };
    // The create call may have been answered and the settings that follow it not been made: what
    // is ready and lacks some of them is updated. What is not ready may still get them by itself.
    let ready = reader.ready(&existing).await.map_err(failed())?.is_some();
    let found = ready.then(|| drift::overlay_of_new(type_name, &intent.properties, &live.properties));
    Ok(vec![accepted(live.outputs, found)])
}

/// Keeps those identifiers found for an open create that it may have made, without those in the state. A resource that
/// is looked up by its name or its parts has one identifier, regardless of its creator, so it may be the one that had
/// the same path before.
pub(crate) fn retain_unknown(state: &State, address: &Address, behavior: Option<Behavior>, ids: &mut Vec<String>) {
    let identity = state.known_identity();
    let by_name = behavior.is_some_and(is_by_name);
    let orphans = state.deposed.iter().chain(&state.retained).map(|old| (&old.path, &old.resource));
    let known = state.resources.iter().chain(orphans).filter(|(path, _)| !by_name || **path != address.path);
    let known: BTreeSet<_> = known.map(|(_, resource)| GlobalId::known(resource, &identity)).collect();
    ids.retain(|id| !known.contains(&GlobalId::new(&address.type_name, id, &address.environment, &identity)));
}

/// Returns whether an open create requests the same resource as a create of this address with this token and these
/// properties, so that one may find what the other created. `identity` is the identity of the credentials.
pub(crate) fn asks_for(
    intent: &Intent,
    address: &Address,
    token: &str,
    properties: &BTreeMap<String, Value>,
    behavior: Option<Behavior>,
    identity: &Identity,
) -> bool {
    let Operation::Create { type_name, environment, .. } = &intent.operation else { return false };
    let there = GlobalId::new(type_name, "", environment, identity);
    if there != GlobalId::new(&address.type_name, "", &address.environment, identity) {
        return false;
    }
    let Some(schema) = lookup(type_name) else { return intent.properties == *properties };
    let is_equal = |name: &str| intent.properties.get(name) == properties.get(name);
    let mut identifier = schema.primary_identifier.iter().filter(|name| schema.properties.contains_key(*name));
    match behavior.map(|behavior| behavior.recovery) {
        // A name that the program does not state is made from the token.
        Some(Recovery::DeterministicName) => {
            identifier.all(|name| is_equal(name) && (properties.contains_key(*name) || intent.token == token))
        }
        Some(Recovery::ByParts | Recovery::ByOwner) => {
            let for_good = |name: &&&str| schema.replacement(name) == Replacement::Always;
            let parts = schema.properties.keys().filter(for_good);
            identifier.all(|name| is_equal(name)) && schema.required().all(is_equal) && parts.copied().all(is_equal)
        }
        // The token tells what it has made.
        Some(Recovery::ClientToken | Recovery::FindByTag) | None => true,
    }
}

/// Returns whether the resource that an open create found has the requested properties, and belongs to a resource of
/// this app for which it was requested: a policy of a role, an alias of a key, a record that points to a load balancer.
fn hangs_on_own(
    state: &State,
    intent: &Intent,
    type_name: &str,
    behavior: Option<Behavior>,
    seen: Option<&Properties>,
) -> bool {
    let nothing = Properties::new();
    let seen = seen.unwrap_or(&nothing);
    let found = drift::overlay_of_new(type_name, &intent.properties, seen);
    let mut readable = intent.properties.iter().filter(|(name, _)| seen.contains_key(*name));
    let deposed = state.deposed.iter().map(|old| (&old.path, &old.resource));
    let own: Vec<_> =
        state.resources.iter().chain(deposed).filter(|(path, _)| intent.dependencies.contains(*path)).collect();
    let names_own = |value: &Value| {
        let mut found = false;
        let is_own = |text: &str| own.iter().any(|(_, it)| it.is_identified_by(text) || it.is_reached_at(text));
        value.walk(&mut |value| found |= value.as_str().is_some_and(is_own));
        found
    };
    // What is found by its parts has them, whether it gives them back or not.
    let by_parts = behavior.is_some_and(|behavior| behavior.recovery == Recovery::ByParts);
    let mut belongs = intent.properties.iter().filter(|(name, _)| by_parts || seen.contains_key(*name));
    readable.all(|(name, value)| found.get(name) == Some(value)) && belongs.any(|(_, value)| names_own(value))
}

async fn updated(
    state: &State,
    path: &Path,
    wanted: &BTreeMap<String, Value>,
    reader: Reader<'_>,
) -> Result<Vec<Event>, Error> {
    let Some(resource) = state.resources.get(path) else { return Ok(Vec::new()) };
    let failed = || unknown(path, "update", &resource.type_name);
    if let Some(live) = reader.read_made(&resource.existing(&state.app, path)).await.map_err(failed())? {
        return Ok(vec![observed(path, resource, wanted, live)]);
    }
    // An update may give another identifier: the resource is looked up as a create of what it is now. Of what is
    // found by its owner, any may be what another create has made.
    let behavior = reader.behavior(&resource.type_name);
    if behavior.is_some_and(|behavior| behavior.recovery == Recovery::ByOwner) {
        return Ok(vec![resource.gone(path)]);
    }
    let Existing { address, properties, .. } = resource.existing(&state.app, path);
    let token = creation_token(state.lineage, path, resource.generation);
    let request = CreateRequest { address: address.clone(), properties: without_secrets(wanted), token, asked: None };
    let mut ids = reader.find_made(&request).await.map_err(failed())?;
    if ids.len() > 1 {
        return Err(RecoverError::Ambiguous { path: path.clone(), type_name: resource.type_name.clone(), ids }.into());
    }
    let Some(id) = ids.pop() else { return Ok(vec![resource.gone(path)]) };
    let existing = Existing { address, id: id.clone(), properties };
    let Some(live) = reader.read_made(&existing).await.map_err(failed())? else { return Ok(vec![resource.gone(path)]) };
    let declared = declared_and_seen(resource, wanted, &live.properties);
    let found = Some(drift::overlay(&resource.type_name, &declared, &live.properties));
    let (path, incomplete) = (path.clone(), resource.incomplete);
    Ok(vec![Event::Accepted { path, id, outputs: live.outputs, found, incomplete }])
}

/// A deletion that an interrupted run has announced: it may have been carried out, be under way, or never
/// have been requested. What stays has the status that it had before. A deletion may take several calls,
/// so that what stays may lack what the first ones have taken away.
async fn deleted(
    state: &State,
    path: &Path,
    resource: &ResourceState,
    reader: Reader<'_>,
) -> Result<Vec<Event>, Error> {
    let failed = unknown(path, "delete", &resource.type_name);
    match reader.deletion(&resource.existing(&state.app, path)).await.map_err(failed)? {
        Fate::Gone => Ok(vec![resource.gone(path)]),
        Fate::Going => Ok(Vec::new()),
        Fate::Stays(live) => {
            let kept = Event::DeleteFailed {
                path: path.clone(),
                id: resource.id.clone(),
                generation: Some(resource.generation),
                message: "the interrupted run did not request its deletion".into(),
            };
            Ok(std::iter::once(kept).chain(learned(path, resource, live)).collect())
        }
    }
}

/// Returns the error that the outcome of an interrupted call cannot be determined.
fn unknown(path: &Path, verb: &'static str, type_name: &str) -> impl FnOnce(ProviderError) -> Error {
    let (path, type_name) = (path.clone(), type_name.to_owned());
    move |source| Error::Recover(RecoverError::Unresolved { path, verb, type_name, source: Box::new(source) })
}

/// As [`observed`]; `None` if it matches the state.
pub(crate) fn differing(path: &Path, resource: &ResourceState, live: Live) -> Option<Event> {
    let found = observed(path, resource, &BTreeMap::new(), live);
    (!is_known(&found, resource)).then_some(found)
}

/// As [`differing`], where the resource has outputs that the state does not know, too.
pub(crate) fn learned(path: &Path, resource: &ResourceState, live: Live) -> Option<Event> {
    refreshed(path, resource, live, &|_| true)
}

/// As [`learned`], of the outputs that are used: every resource has some that no call of a deploy returns, and that
/// nothing uses.
pub(crate) fn refreshed(
    path: &Path,
    resource: &ResourceState,
    live: Live,
    is_used: &dyn Fn(&str) -> bool,
) -> Option<Event> {
    let lacks = live.outputs.iter().any(|(name, value)| is_used(name) && resource.outputs.get(name) != Some(value));
    let found = observed(path, resource, &BTreeMap::new(), live);
    (lacks || !is_known(&found, resource)).then_some(found)
}

/// The properties of a resource whose create has succeeded and whose settings were refused, as far as they
/// were seen. What the create call has set for good counts as set; what can be changed counts where the
/// cloud gives it back.
pub(crate) fn as_far_as_seen(
    type_name: &str,
    declared: &BTreeMap<String, Value>,
    live: Option<&Properties>,
) -> BTreeMap<String, Value> {
    let readable = |live: &Properties| {
        let declared = declared.iter().filter(|(name, _)| live.contains_key(*name));
        drift::overlay_of_new(type_name, &declared.map(|(name, value)| (name.clone(), value.clone())).collect(), live)
    };
    let seen = live.map(readable).unwrap_or_default();
    let Some(schema) = groundplan_schema::lookup(type_name) else { return seen };
    let known = |(name, value): (&String, &Value)| {
        Some((name.clone(), confirmed(&schema.cursor().key(name), value, seen.get(name))?))
    };
    declared.iter().filter_map(known).collect()
}

/// Returns a declared value with its changeable parts as observed; `None` if nothing of it is known.
fn confirmed(cursor: &Cursor<'_>, declared: &Value, seen: Option<&Value>) -> Option<Value> {
    // What a change would replace was said by the create call, and so was what a change may replace and the
    // cloud never gives back: that nothing is seen of it says nothing.
    if cursor.replacement() == Replacement::Always
        || (cursor.replacement() == Replacement::Maybe && cursor.is_write_only() && seen.is_none())
    {
        return Some(declared.clone());
    }
    match declared {
        Value::Map(entries) => {
            let part = |(key, value): (&String, &Value)| {
                Some((key.clone(), confirmed(&cursor.key(key), value, seen.and_then(|seen| seen.get(key)))?))
            };
            let parts: BTreeMap<_, _> = entries.iter().filter_map(part).collect();
            (seen.is_some() || !parts.is_empty()).then_some(Value::Map(parts))
        }
        // Its elements cannot be told apart.
        Value::List(_) if strongest(cursor, declared) == Replacement::Always => Some(declared.clone()),
        _ => seen.cloned(),
    }
}

/// Returns whether the state already contains the observed properties.
pub(crate) fn is_known(observed: &Event, resource: &ResourceState) -> bool {
    matches!(observed, Event::Observed { properties, .. } if *properties == resource.properties)
}

/// Returns the observed properties of a resource after an update to `wanted` that may have been applied in part.
pub(crate) fn observed(path: &Path, resource: &ResourceState, wanted: &BTreeMap<String, Value>, live: Live) -> Event {
    let mut declared = declared_and_seen(resource, wanted, &live.properties);
    declared.extend(resource.properties.clone());
    let properties = drift::overlay(&resource.type_name, &declared, &live.properties);
    Event::Observed { path: path.clone(), properties, outputs: live.outputs }
}

/// The declaration of an open update without the properties that it adds and the cloud does not return. An
/// update whose answer is lost may not have been carried out, and a comparison takes an absent property
/// and an empty list for equal, though setting the empty list may be all that the update was for: a security
/// group without rules.
fn declared_and_seen(
    resource: &ResourceState,
    wanted: &BTreeMap<String, Value>,
    live: &Properties,
) -> BTreeMap<String, Value> {
    let counts = |name: &String| resource.properties.contains_key(name) || live.contains_key(name);
    wanted.iter().filter(|(name, _)| counts(name)).map(|(name, value)| (name.clone(), value.clone())).collect()
}

/// A change that was accepted and has come to its end: whether it is there.
async fn changed(
    state: &State,
    path: &Path,
    resource: &ResourceState,
    reader: Reader<'_>,
) -> Result<Vec<Event>, Error> {
    let failed = || ReadError::of(Some(path));
    let existing = resource.existing(&state.app, path);
    if reader.ready(&existing).await.map_err(failed())?.is_none() {
        return Ok(Vec::new());
    }
    let Some(live) = reader.read_made(&existing).await.map_err(failed())? else { return Ok(Vec::new()) };
    Ok(Vec::from_iter(learned(path, resource, live)))
}

/// The outcome of an interrupted run cannot be determined.
#[derive(Debug, thiserror::Error)]
pub enum RecoverError {
    /// The outcome of a call that an interrupted run left open cannot be determined.
    #[error("cannot determine whether an interrupted run did {verb} `{path}` ({type_name}): {source}")]
    Unresolved {
        /// The resource.
        path: Path,
        /// The interrupted operation: `create`, `update` or `delete`.
        verb: &'static str,
        /// CloudFormation's name of the type.
        type_name: String,
        /// The error of the provider.
        source: Box<ProviderError>,
    },
    /// Several resources match an interrupted create.
    #[error("an interrupted call for `{path}` ({type_name}) matches {} resources: {}; delete all but one of them and run again", ids.len(), ids.join(", "))]
    Ambiguous {
        /// The path of the resource.
        path: Path,
        /// CloudFormation's name of the type.
        type_name: String,
        /// The identifiers that were found.
        ids: Vec<String>,
    },
}

impl Hints for RecoverError {
    fn hints(&self) -> Vec<Hint> {
        let Self::Unresolved { path, verb, source, .. } = self else { return Vec::new() };
        match source.class {
            ErrorClass::Denied | ErrorClass::Invalid | ErrorClass::NotFound => {
                let allow = Hint::AllowCall { operation: source.operation.clone() };
                let path = path.clone();
                match *verb {
                    "create" => {
                        vec![allow, Hint::InspectOpenCreate { path: path.clone() }, Hint::DropOpenCreate { path }]
                    }
                    _ => vec![allow, Hint::ForgetResource { path, app: None }],
                }
            }
            _ => source.hints(),
        }
    }
}

#[cfg(test)]
#[path = "recover_tests.rs"]
mod tests;

#[cfg(test)]
#[path = "recover_create_tests.rs"]
mod create_tests;
