//! Changes only the state and nothing in the account.

use std::collections::{BTreeMap, BTreeSet};

use groundplan_core::Path;

use crate::Error;
use crate::hint::{Hint, Hints};
use crate::model::{Counts, Event, Loaded, LockOwner, Move, Orphan, RunRecord, State};
use crate::nearest::{UnknownPaths, nearest};
use crate::provider::Identity;
use crate::run::store::{Recorded, StateStore, StoreError, recorded};

/// Applies the events and saves the state under the next serial, as a run of `owner` in the history. `identity` is the
/// owner of the credentials, if the target was accessed. The caller holds the lock of `store`.
///
/// # Errors
/// An event is not possible in the state, or the state or the history cannot be written.
pub async fn apply(
    loaded: Loaded,
    events: Vec<Event>,
    identity: Option<Identity>,
    owner: &LockOwner,
    store: &dyn StateStore,
) -> Result<Recorded<State>, Error> {
    let begun = RunRecord { moves: moved(&events), ..RunRecord::begun(&loaded.state, owner, Counts::default()) };
    recorded(store, begun, None, commit(loaded, identity, events, store), |begun, _| begun.succeeded()).await
}

/// Returns the moves among the events.
pub fn moved(events: &[Event]) -> Vec<Move> {
    let found = events.iter().filter_map(|event| match event {
        Event::Moved { from, to } => Some(Move { from: from.clone(), to: to.clone() }),
        _ => None,
    });
    found.collect()
}

/// Applies the events and saves the state, without a record in the history.
pub(crate) async fn commit(
    loaded: Loaded,
    identity: Option<Identity>,
    events: impl IntoIterator<Item = Event>,
    store: &dyn StateStore,
) -> Result<State, Error> {
    let mut state = loaded.state;
    for event in events {
        state.apply(event).map_err(|illegal| StoreError::Journal { place: store.place(), illegal })?;
    }
    // A plan that was made before is stale from now on.
    state.serial += 1;
    state.identity = identity.or(state.identity);
    store.save(&state).await?;
    Ok(state)
}

/// Returns the resources at or below `path`.
///
/// # Errors
/// [`UnknownPaths`] if there are none.
pub fn within(state: &State, path: &Path) -> Result<Vec<Path>, Error> {
    let found: Vec<_> = state.resources.keys().filter(|other| other.is_within(path)).cloned().collect();
    if found.is_empty() {
        Err(UnknownPaths { place: "the state", paths: vec![(path.clone(), nearest(path, state.resources.keys()))] }
            .into())
    } else {
        Ok(found)
    }
}

/// Removes everything at or below `path` from the state: the resources, the records of retained resources at paths
/// without a resource, and the creates that an interrupted run left open. With `open_only`, removes only these creates.
/// The account is not changed.
///
/// # Errors
/// [`UnknownPaths`] if there is nothing to remove.
pub fn removal(state: &State, path: &Path, open_only: bool) -> Result<Vec<Event>, Error> {
    let retained = state.retained.iter().map(|old| &old.path);
    let known: BTreeSet<&Path> = state.resources.keys().chain(retained).filter(|_| !open_only).collect();
    let resources = known.iter().copied().filter(|other| other.is_within(path));
    let forgotten = resources.map(|path| Event::Forgotten { path: path.clone() });
    let open = state.open_creates().filter(|(other, _)| other.is_within(path));
    let dropped = open.map(|(path, _)| Event::Failed {
        path: path.clone(),
        class: None,
        message: "dropped from the state on request; it may exist in the account".into(),
        partial: None,
        later: false,
    });
    let events: Vec<_> = forgotten.chain(dropped).collect();
    if events.is_empty() {
        let open = state.open_creates().map(|(path, _)| path);
        let known: Vec<_> = known.into_iter().chain(open).collect();
        let place = if open_only { "the open creates" } else { "the state" };
        return Err(UnknownPaths { place, paths: vec![(path.clone(), nearest(path, known))] }.into());
    }
    Ok(events)
}

/// Removes the records of retained resources at or below `path`, even if a resource is at the path now. The retained
/// resources stay in the account; what they need does not have to. Returns the removed records.
///
/// # Errors
/// [`UnknownPaths`] if there are no records.
pub fn drop_retained(state: &mut State, path: &Path) -> Result<Vec<Orphan>, Error> {
    let known: BTreeSet<Path> = state.retained.iter().map(|old| old.path.clone()).collect();
    let dropped: Vec<_> = known.iter().filter(|it| it.is_within(path)).flat_map(|it| state.drop_retained(it)).collect();
    if dropped.is_empty() {
        Err(UnknownPaths {
            place: "the records of retained resources",
            paths: vec![(path.clone(), nearest(path, &known))],
        }
        .into())
    } else {
        Ok(dropped)
    }
}

/// Moves the resources at or below `from` to `to`, in an order in which each new path is free.
///
/// # Errors
/// [`UnknownPaths`], [`EditError::OnlyRetained`], [`EditError::NoPath`] and [`EditError::PathTaken`].
pub fn moves(state: &State, from: &Path, to: &Path) -> Result<Vec<Event>, Error> {
    if to.as_str().split('/').any(|name| Path::reject_name(name).is_some()) {
        return Err(EditError::NoPath { path: to.clone() }.into());
    }
    let is_known = |path: &Path| path.is_within(from);
    if state.retained.iter().any(|old| is_known(&old.path)) && !state.resources.keys().any(is_known) {
        return Err(EditError::OnlyRetained { path: from.clone() }.into());
    }
    let target = |path: &Path| Path::new(format!("{to}{}", &path.as_str()[from.as_str().len()..]));
    let mut open: BTreeMap<Path, Path> =
        within(state, from)?.into_iter().map(|path| (path.clone(), target(&path))).collect();
    // A whole stack may get another name, but nothing stands beside the stacks.
    if let Some(path) = open.values().find(|path| path.parent().is_none()) {
        return Err(EditError::NoPath { path: path.clone() }.into());
    }
    let stays = |path: &&Path| state.resources.contains_key(*path) && !open.contains_key(*path);
    if let Some(taken) = open.values().find(stays).or((from == to).then_some(to)) {
        let reason = "the state already has a resource there; first move or remove that resource";
        let hints = vec![Hint::ForgetResource { path: taken.clone(), app: None }];
        return Err(EditError::PathTaken { path: taken.clone(), reason, hints }.into());
    }
    let asked_for = |path: &&Path| state.pending.contains_key(*path) && !open.contains_key(*path);
    if let Some(taken) = open.values().find(asked_for) {
        let reason = "an interrupted run may have created a resource there";
        let hints = vec![Hint::FinishOpen, Hint::DropOpenCreate { path: taken.clone() }];
        return Err(EditError::PathTaken { path: taken.clone(), reason, hints }.into());
    }
    let mut events = Vec::new();
    while !open.is_empty() {
        // Where one scope lies in the other, a path is free once its own resource has moved.
        let free: Vec<Path> =
            open.iter().filter(|(_, to)| !open.contains_key(*to)).map(|(from, _)| from.clone()).collect();
        events.extend(free.into_iter().filter_map(|from| Some(Event::Moved { to: open.remove(&from)?, from })));
    }
    Ok(events)
}

/// A path in the state cannot be edited.
#[derive(Debug, thiserror::Error)]
pub enum EditError {
    /// The given path is not valid.
    #[error(
        "`{path}` is not a path: a path consists of names joined by `/` and begins with its stack, as in `shop/vpc`"
    )]
    NoPath {
        /// The given path.
        path: Path,
    },
    /// A retained resource cannot be moved. Nothing was changed.
    #[error(
        "`{path}` was retained and is no longer managed, so there is nothing to move; to manage it at another path, \
         declare it there and import it"
    )]
    OnlyRetained {
        /// Its former path.
        path: Path,
    },
    /// The new path of a resource is taken.
    #[error("`{path}` is taken: {reason}")]
    PathTaken {
        /// The path.
        path: Path,
        /// By what.
        reason: &'static str,
        /// Hints for the user.
        hints: Vec<Hint>,
    },
}

impl Hints for EditError {
    fn hints(&self) -> Vec<Hint> {
        match self {
            Self::NoPath { .. } => Vec::new(),
            Self::OnlyRetained { path } => {
                let import = Hint::Import { path: None, id: None, new_state: false };
                vec![import, Hint::DropRetained { path: path.clone() }]
            }
            Self::PathTaken { hints, .. } => hints.clone(),
        }
    }
}

#[cfg(test)]
#[path = "edit_tests.rs"]
mod tests;
