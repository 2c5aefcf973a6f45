//! Replaces the current state by an earlier one, by one from a file, or by one from another store. The caller holds the
//! lock of each store that is written.

use std::collections::{BTreeMap, BTreeSet};

use groundplan_core::Assembly;

use super::recorded::{Recorded, recorded};
use super::start::{highest, load, readable};
use super::{StateStore, Stored};
use crate::Error;
use crate::hint::Hint;
use crate::model::{Counts, GlobalId, Loaded, LockOwner, ResourceState, RunRecord, State};
use crate::run::store::StoreError;

/// The result of `restore`, `push` and `migrate`.
#[derive(Clone, Debug, PartialEq)]
pub struct Transferred {
    /// The saved state.
    pub state: State,
    /// The serial of the replaced state, if it could be read.
    pub before: Option<u64>,
}

/// Prepares the state with the serial `serial` as the next one of `app`, to be saved with [`replace`]: an earlier
/// state, or the current one without its journal.
///
/// # Errors
/// [`StoreError::Refused`] if there is no such state or it is from before the first deploy, and
/// [`StoreError::OtherApp`].
pub async fn restorable(store: &dyn StateStore, app: &str, serial: u64) -> Result<State, Error> {
    refuse_moved(store).await?;
    let place = store.place();
    let mut earlier = store.earlier().await?;
    let state = match earlier.remove(&serial).transpose()? {
        // Whoever goes on from it would be told that there is no state.
        Some(state) if state.is_blank() => {
            let reason = format!("the state {serial} at {place} is from before the first deploy and is empty");
            return Err(blank(format!("{reason}; {}", which(earlier.into()))));
        }
        Some(state) => state,
        None => match readable(store).await?.filter(|state| state.serial == serial) {
            Some(state) => state,
            None => {
                return Err(refused(format!(
                    "{place} has no state with the serial {serial}; {}",
                    which(earlier.into())
                )));
            }
        },
    };
    of_app(store, app, &state)?;
    next(store, state).await
}

/// Lists the earlier states that can be restored.
fn which(Earlier { states, unreadable }: Earlier) -> String {
    let list = |serials: Vec<u64>| serials.iter().map(u64::to_string).collect::<Vec<_>>().join(", ");
    let mut which = if states.is_empty() {
        "no earlier states are kept".to_owned()
    } else {
        format!("these can be restored: {}", list(states.iter().map(|state| state.serial).collect()))
    };
    if !unreadable.is_empty() {
        which += &format!("; these cannot be read: {}", list(unreadable.into_keys().collect()));
    }
    which
}

/// The earlier states of a store, without the empty ones from before the first deploy.
#[derive(Debug, Default)]
pub struct Earlier {
    /// The readable states, the oldest first.
    pub states: Vec<State>,
    /// The errors of unreadable states, by serial.
    pub unreadable: BTreeMap<u64, Error>,
}

/// Returns the earlier states that [`restorable`] accepts, and those that cannot be read.
///
/// # Errors
/// The store cannot be reached.
pub async fn earlier(store: &dyn StateStore) -> Result<Earlier, Error> {
    Ok(store.earlier().await?.into())
}

impl From<BTreeMap<u64, Result<State, Error>>> for Earlier {
    fn from(all: BTreeMap<u64, Result<State, Error>>) -> Self {
        let mut earlier = Self::default();
        for (serial, state) in all {
            match state {
                Ok(state) if state.is_blank() => {}
                Ok(state) => earlier.states.push(state),
                Err(error) => {
                    earlier.unreadable.insert(serial, error);
                }
            }
        }
        earlier
    }
}

/// Prepares the state in `text` as the next one of `app`, to be saved with [`replace`]. It gets a new checksum, since
/// it may have been edited.
///
/// # Errors
/// It belongs to another app, or is from before the first deploy; or, unless `force`, it has a different lineage from
/// the current state, is older, or the current state cannot be read.
pub async fn pushable(store: &dyn StateStore, app: &str, text: &str, place: &str, force: bool) -> Result<State, Error> {
    refuse_moved(store).await?;
    let state = State::from_edited_json(text, place)?;
    if state.app != app {
        return Err(StoreError::OtherApp { place: place.to_owned(), found: state.app, app: app.to_owned() }.into());
    }
    if state.is_blank() {
        return Err(blank(format!("{place} is a state from before the first deploy and is empty")));
    }
    if !force {
        let loaded = match load(store, app).await {
            // There is nothing that could be lost.
            Err(Error::Store(StoreError::Absent { .. })) => None,
            loaded => Some(loaded?),
        };
        if let Some(Loaded { state: current, base: Some(_), .. }) = loaded {
            if current.lineage != state.lineage {
                let reason = format!(
                    "{place} is not a state of the lineage {} of {}, but of {}: it describes other resources",
                    current.lineage,
                    store.place(),
                    state.lineage
                );
                return Err(StoreError::Refused { reason, hints: vec![Hint::PushState { force: true }] }.into());
            }
            if current.serial > state.serial {
                let reason = format!(
                    "{place} has serial {}, but the state at {} has serial {}: it has changed since",
                    state.serial,
                    store.place(),
                    current.serial
                );
                return Err(StoreError::Refused {
                    reason,
                    hints: vec![Hint::PullState, Hint::PushState { force: true }],
                }
                .into());
            }
        }
    }
    next(store, state).await
}

/// Saves a state from [`restorable`] or [`pushable`], as a run of `owner` in the history. The events of an interrupted
/// run since the current state was saved are kept as part of an earlier state.
///
/// # Errors
/// The state or the history cannot be written.
pub async fn replace(
    store: &dyn StateStore,
    app: &str,
    state: State,
    owner: &LockOwner,
) -> Result<Recorded<Transferred>, Error> {
    let before = State { serial: state.serial - 1, ..State::new(app) };
    let begun = RunRecord::begun(&before, owner, Counts::default());
    // Serial and history are in step only when the state is saved: until then this run has not ended.
    recorded(store, begun, None, save(store, app, state), |begun, _| begun.succeeded()).await
}

async fn save(store: &dyn StateStore, app: &str, state: State) -> Result<Transferred, Error> {
    let before = match load(store, app).await {
        Ok(Loaded { state: current, base: Some(_), journal }) => {
            if journal > 0 && current.serial < state.serial {
                store.save(&current).await?;
            }
            Some(current.serial)
        }
        Ok(_) => None,
        // What is damaged, or of another app or deployment, is what is replaced.
        Err(error) if error.is_of_content() => None,
        Err(error) => return Err(error),
    };
    store.save(&state).await?;
    Ok(Transferred { state, before })
}

/// Lists the resources that exist, or may exist, according to `current` but not to `new`, each with its current or
/// former path.
pub fn lost(current: &State, new: &State) -> Vec<String> {
    let all = |state: &State| {
        let orphans = state.deposed.iter().chain(&state.retained);
        let orphans = orphans.map(|old| (old.path.clone(), old.resource.clone()));
        let standing = state.resources.iter().map(|(path, resource)| (path.clone(), resource.clone()));
        standing.chain(orphans).collect::<Vec<_>>()
    };
    let known = all(new);
    let (of_current, of_new) = (current.known_identity(), new.known_identity());
    let known: BTreeSet<_> = known.iter().map(|(_, other)| GlobalId::known(other, &of_new)).collect();
    let is_known = |resource: &ResourceState| known.contains(&GlobalId::known(resource, &of_current));
    let lost = all(current).into_iter().filter(|(_, resource)| !is_known(resource));
    let lost = lost.map(|(path, resource)| format!("{path} ({} {})", resource.type_name, resource.id));
    let open = current.open_creates().filter(|(path, intent)| new.pending.get(*path) != Some(intent));
    lost.chain(open.map(|(path, _)| format!("{path} (an open create)"))).collect()
}

/// Copies the state of `app`, its earlier states and its history from one store to another, reads them back, and then
/// marks the first store as moved to `to_url`. Both can never be used at the same time: until then, the second store is
/// marked as moved to `from_url`. An interrupted migration can be repeated from the start.
///
/// # Errors
/// There is no state, the other store has one that is not an earlier copy of this one, or the copy differs from what
/// was written. In these cases, the mark is not set.
pub async fn migrate(
    from: &dyn StateStore,
    to: &dyn StateStore,
    app: &str,
    from_url: &str,
    to_url: &str,
) -> Result<Transferred, Error> {
    if from.moved().await?.is_some_and(|moved| moved == to_url) {
        return finished(from, to, app, from_url).await;
    }
    let Loaded { state, base: Some(_), .. } = load(from, app).await? else {
        return Err(refused(format!("there is no state at {}: nothing was deployed from there", from.place())));
    };
    let stored = to.load().await?;
    let saved = stored.as_ref().map(|stored| stored.state.serial);
    let is_open = stored.as_ref().is_some_and(|stored| !stored.journal.is_empty()) && to.moved().await?.is_none();
    let other = stored.map(|stored| stored.folded(to)).transpose()?;
    let before = other.as_ref().map(|other| other.serial);
    if let Some(other) = &other {
        if other.lineage != state.lineage {
            return Err(refused(format!(
                "{} already has the state of another deployment: choose another location",
                to.place()
            )));
        }
        // The journal of a store that was moved away is part of what was moved.
        if other.serial > state.serial || is_open {
            return Err(refused(format!(
                "{} has a newer copy of this state (serial {}): use that copy, or choose another location",
                to.place(),
                other.serial
            )));
        }
    } else if !to.history().await?.is_empty() && to.moved().await?.is_none() && !is_copy(from, to).await? {
        return Err(refused(format!("{} has the history of another deployment: choose another location", to.place())));
    }
    // Until the end of the move, whoever looks there is sent back.
    to.set_moved(Some(from_url)).await?;
    let runs = copy_history(from, to).await?;
    for (serial, earlier) in from.earlier().await? {
        // What cannot be read is no way back, and stays where it is.
        let Ok(earlier) = earlier else { continue };
        if saved.is_none_or(|saved| serial > saved) && serial < state.serial {
            to.save(&earlier).await?;
        }
    }
    to.save(&state).await?;
    verify(to, &state, &runs).await?;
    from.set_moved(Some(to_url)).await?;
    to.set_moved(None).await?;
    Ok(Transferred { state, before })
}

/// The end of a migration that was cut short after the mark was set.
async fn finished(from: &dyn StateStore, to: &dyn StateStore, app: &str, from_url: &str) -> Result<Transferred, Error> {
    let (first, second) = (from.load().await?, to.load().await?);
    match (first, second) {
        (Some(first), Some(second)) if first.state.lineage == second.state.lineage => {
            of_app(to, app, &second.state)?;
            // A mark of another move says that the state has gone on from there, with a run or without one.
            if let Some(next) = to.moved().await?.filter(|next| next != from_url) {
                return Err(StoreError::Moved { place: to.place(), to: next }.into());
            }
            to.set_moved(None).await?;
            Ok(Transferred { before: Some(second.state.serial), state: second.state })
        }
        _ => Err(refused(format!("{} is marked as moved to {}, which has no state", from.place(), to.place()))),
    }
}

type Run = (RunRecord, Option<Assembly>);

async fn copy_history(from: &dyn StateStore, to: &dyn StateStore) -> Result<Vec<Run>, Error> {
    let mut runs = Vec::new();
    for entry in from.history().await?.whole()? {
        let assembly = from.assembly(entry.serial).await?;
        to.record(&entry, assembly.as_ref()).await?;
        runs.push((entry, assembly));
    }
    Ok(runs)
}

/// Returns whether all runs in `to` are also in `from`, as after an interrupted migration.
async fn is_copy(from: &dyn StateStore, to: &dyn StateStore) -> Result<bool, Error> {
    let known = from.history().await?.whole()?;
    Ok(to.history().await?.whole()?.iter().all(|run| known.contains(run)))
}

async fn verify(to: &dyn StateStore, state: &State, runs: &[Run]) -> Result<(), Error> {
    let differs =
        |what: &str| Err(refused(format!("{what} at {} differs from what was written; nothing was moved", to.place())));
    if to.load().await? != Some(Stored { state: state.clone(), journal: Vec::new() }) {
        return differs("the state");
    }
    let history = to.history().await?.whole()?;
    for (entry, assembly) in runs {
        if !history.contains(entry) || to.assembly(entry.serial).await? != *assembly {
            return differs(&format!("run {} of the history", entry.serial));
        }
    }
    Ok(())
}

/// The state under the serial that follows all that the store has seen.
/// Its generations are no lower than those that the current state has reached: what is made then has no token
/// of something that was made before.
async fn next(store: &dyn StateStore, mut state: State) -> Result<State, Error> {
    let highest = highest(store).await?.max(state.serial);
    // Whoever edits a state leaves room for the runs that follow.
    if state.serial > u64::from(u32::MAX / 2) {
        return Err(refused(format!(
            "{} is not a possible serial of a state: the serial grows by one with each run",
            state.serial
        )));
    }
    let Some(serial) = highest.checked_add(1).filter(|serial| *serial < u64::from(u32::MAX)) else {
        return Err(refused(format!(
            "{highest} is not a possible serial of a state: the serial grows by one with each run"
        )));
    };
    let current = match store.load().await {
        Ok(Some(stored)) => {
            let Stored { state, .. } = stored.clone();
            stored.folded(store).ok().or(Some(state))
        }
        Ok(None) => None,
        Err(error) if error.is_of_content() => readable(store).await?,
        Err(error) => return Err(error),
    };
    for (path, generation) in current.into_iter().flat_map(|current| current.generations) {
        let known = state.generations.entry(path).or_default();
        *known = generation.max(*known);
    }
    Ok(State { serial, ..state })
}

fn of_app(store: &dyn StateStore, app: &str, state: &State) -> Result<(), Error> {
    if state.app == app {
        return Ok(());
    }
    Err(StoreError::OtherApp { place: store.place(), found: state.app.clone(), app: app.to_owned() }.into())
}

async fn refuse_moved(store: &dyn StateStore) -> Result<(), Error> {
    match store.moved().await? {
        Some(to) => Err(StoreError::Moved { place: store.place(), to }.into()),
        None => Ok(()),
    }
}

fn refused(reason: String) -> Error {
    Error::Store(StoreError::Refused { reason, hints: Vec::new() })
}

/// Returns the refusal for a state without content, which a new state replaces.
fn blank(reason: String) -> Error {
    Error::Store(StoreError::Refused { reason, hints: vec![Hint::NewState] })
}
