//! What became of the calls that an interrupted run had under way.
//!
//! The cloud is only asked, never changed, so that `plan` can do it, too. What is found out is
//! told as events: the run that executes the plan writes them down first.

use std::collections::BTreeMap;

use futures::FutureExt;
use futures::future::{try_join_all, try_join4};
use groundplan_core::{Path, Value};

use crate::drift;
use crate::error::Error;
use crate::journal::{Event, Intent, Operation};
use crate::looks::Looks;
use crate::provider::{Address, CreateRequest, Existing, Live, Outputs, Properties};
use crate::state::{ResourceState, ResourceStatus, State, without_secrets};

/// Resolves every open intent and deletion, and looks again at what was changed and not seen ready and
/// at what has failed late: the one may be as it was before, the other have been mended. A create of
/// which nothing is found stays open where `wanted`: the next run asks for it again with the same token.
///
/// # Errors
/// [`Error::Ambiguous`] where a create has left several resources.
pub(crate) async fn recover(
    state: &State,
    looks: Looks<'_>,
    wanted: &dyn Fn(&Path) -> bool,
) -> Result<Vec<Event>, Error> {
    let pending = state.pending.iter().map(|(path, intent)| match &intent.operation {
        Operation::Create { .. } => created(state, path, intent, looks, wanted(path)).boxed_local(),
        Operation::Update => updated(state, path, &intent.properties, looks).boxed_local(),
    });
    let updating = state
        .resources
        .iter()
        .filter(|(path, resource)| resource.status == ResourceStatus::Updating && !state.pending.contains_key(*path));
    let updating = updating.map(|(path, resource)| changed(state, path, resource, looks));
    let deposed = state.deposed.iter().map(|old| (&old.path, &old.resource));
    let deleting = state.resources.iter().chain(deposed).filter(|(_, it)| it.status == ResourceStatus::Deleting);
    let deleting = deleting.map(|(path, resource)| async move {
        let gone = read(state, path, resource, looks).await?.is_none();
        Ok(Vec::from_iter(gone.then(|| resource.gone(path))))
    });
    // What has failed may have been mended, and is not to be replaced then; unless it is already.
    let failed = state.resources.iter().filter(|(_, it)| it.status == ResourceStatus::Failed);
    let failed = failed.filter(|(path, _)| !state.pending.contains_key(*path));
    let failed = failed.map(|(path, resource)| async move {
        let ready = looks.is_ready(&resource.existing(&state.app, path)).await.map_err(Error::provider(Some(path)))?;
        Ok(Vec::from_iter(ready.then(|| Event::Ready { path: path.clone(), outputs: Outputs::new() })))
    });
    // The events are in the order of the paths, whatever is answered first.
    let (pending, updating, deleting, failed) =
        try_join4(try_join_all(pending), try_join_all(updating), try_join_all(deleting), try_join_all(failed)).await?;
    Ok(pending.into_iter().chain(updating).chain(deleting).chain(failed).flatten().collect())
}

async fn created(
    state: &State,
    path: &Path,
    intent: &Intent,
    looks: Looks<'_>,
    wanted: bool,
) -> Result<Vec<Event>, Error> {
    let Operation::Create { type_name, environment, .. } = &intent.operation else { return Ok(Vec::new()) };
    let address = Address {
        app: state.app.clone(),
        path: path.clone(),
        type_name: type_name.clone(),
        environment: environment.clone(),
    };
    let properties = without_secrets(&intent.properties);
    let request = CreateRequest { address: address.clone(), properties, token: intent.token.clone() };
    let mut ids = looks.find_made(&request).await.map_err(Error::provider(Some(path)))?;
    if ids.len() > 1 {
        return Err(Error::Ambiguous { path: path.clone(), type_name: type_name.clone(), ids });
    }
    let path = path.clone();
    let Some(id) = ids.pop() else {
        let message = "an interrupted run has not made it".to_owned();
        let failed = Event::Failed { path, class: None, message, partial: None, later: false };
        return Ok(Vec::from_iter((!wanted).then_some(failed)));
    };
    let existing = Existing { address, id: id.clone(), properties: Properties::new() };
    let live = looks.read_made(&existing).await.map_err(Error::provider(Some(&path)))?;
    let Some(live) = live else {
        return Ok(vec![Event::Accepted { path, id, outputs: Outputs::new(), found: None }]);
    };
    // The create call may have been answered and the settings that follow it not been made: what
    // is ready and lacks some of them is updated. What is not ready may still get them by itself.
    let ready = looks.is_ready(&existing).await.map_err(Error::provider(Some(&path)))?;
    let found = ready.then(|| drift::overlay(type_name, &intent.properties, &live.properties));
    Ok(vec![Event::Accepted { path, id, outputs: live.outputs, found }])
}

async fn updated(
    state: &State,
    path: &Path,
    wanted: &BTreeMap<String, Value>,
    looks: Looks<'_>,
) -> Result<Vec<Event>, Error> {
    let Some(resource) = state.resources.get(path) else { return Ok(Vec::new()) };
    let Some(live) = read(state, path, resource, looks).await? else {
        return Ok(vec![resource.gone(path)]);
    };
    Ok(vec![observed(path, resource, wanted, live)])
}

/// As [`observed`]; none where it is as the state has it.
pub(crate) fn differing(path: &Path, resource: &ResourceState, live: Live) -> Option<Event> {
    let found = observed(path, resource, &BTreeMap::new(), live);
    (!is_known(&found, resource)).then_some(found)
}

/// Whether what was observed is what the state has already.
pub(crate) fn is_known(observed: &Event, resource: &ResourceState) -> bool {
    matches!(observed, Event::Observed { properties, .. } if *properties == resource.properties)
}

/// What a resource is like now that was to be like `wanted`, as far as an update has come.
pub(crate) fn observed(path: &Path, resource: &ResourceState, wanted: &BTreeMap<String, Value>, live: Live) -> Event {
    // What the update was to add is declared, too.
    let mut declared = wanted.clone();
    declared.extend(resource.properties.clone());
    let properties = drift::overlay(&resource.type_name, &declared, &live.properties);
    Event::Observed { path: path.clone(), properties, outputs: live.outputs }
}

/// A change that was accepted and has come to its end: whether it is there.
async fn changed(state: &State, path: &Path, resource: &ResourceState, looks: Looks<'_>) -> Result<Vec<Event>, Error> {
    let failed = Error::provider(Some(path));
    if !looks.is_ready(&resource.existing(&state.app, path)).await.map_err(failed)? {
        return Ok(Vec::new());
    }
    let Some(live) = read(state, path, resource, looks).await? else { return Ok(Vec::new()) };
    Ok(Vec::from_iter(differing(path, resource, live)))
}

async fn read(state: &State, path: &Path, resource: &ResourceState, looks: Looks<'_>) -> Result<Option<Live>, Error> {
    let existing = resource.existing(&state.app, path);
    looks.read_made(&existing).await.map_err(Error::provider(Some(path)))
}
