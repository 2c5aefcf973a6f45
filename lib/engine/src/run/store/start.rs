//! Loads the state that a run starts with, folded with the journal of an interrupted run. Refuses a state that is
//! missing, older or foreign.

use std::collections::BTreeSet;

use groundplan_core::{Assembly, Environment};
use tokio::time::Instant;

use super::{StateStore, Stored};
use crate::Error;
use crate::model::{Event, Loaded, RunRecord, State};
use crate::provider::{ErrorClass, Provider, ProviderError};
use crate::run::reader;
use crate::run::reader::ReadError;
use crate::run::store::StoreError;

/// The number of attempts to read a state that another run is changing.
const TRIES: usize = 10;

/// The most resources that a message names.
const NAMED: usize = 10;

/// Returns the state that a run of `app` starts with, or a new state if the app was never deployed from this store.
/// Writes nothing.
///
/// # Errors
/// The state cannot be read, belongs to another app or does not fit its journal; it was moved to another store; it is
/// older than the history; or it is missing although the history, earlier states or a journal show that there was one.
pub async fn load(store: &dyn StateStore, app: &str) -> Result<Loaded, Error> {
    let stored = believed(store, app).await?;
    let Some(stored) = stored else {
        return Ok(Loaded { state: State::new(app), base: None, journal: 0 });
    };
    let (base, journal) = (Some(stored.state.serial), stored.journal.len() as u64);
    Ok(Loaded { state: stored.folded(store)?, base, journal })
}

/// Loads like [`load`], but starts over if the state is missing. The new serials follow those of the history, so that
/// no record is overwritten.
///
/// # Errors
/// As [`load`], except for a missing state.
pub(crate) async fn load_new(store: &dyn StateStore, app: &str) -> Result<Loaded, Error> {
    match load(store, app).await {
        Err(Error::Store(StoreError::Absent { .. })) => {
            let serial = highest(store).await?;
            Ok(Loaded { state: State { serial, ..State::new(app) }, base: None, journal: 0 })
        }
        loaded => loaded,
    }
}

/// Refuses the first deploy of a program to an account that already has resources of its app. Returns the reason if the
/// credentials may not search for them; the caller decides whether to deploy nevertheless. If the target is not real,
/// also returns the reason if the search is not possible, since an emulator may not support it.
///
/// # Errors
/// [`StoreError::Owned`], and if the search fails for another reason.
pub(crate) async fn permit_first(
    assembly: &Assembly,
    store: &dyn StateStore,
    provider: &dyn Provider,
    is_real: bool,
) -> Result<Option<String>, Error> {
    let environments: BTreeSet<_> = assembly.stacks.values().cloned().collect();
    let environments: Vec<_> = environments.into_iter().collect();
    // Asked first: that fails at once where the target cannot be reached, and the search is repeated for minutes.
    let account = provider.identity().await.map_err(ReadError::of(None))?.account;
    let mut found = match owned(provider, &assembly.app, &environments).await {
        Ok(found) if found.is_empty() => return Ok(None),
        Ok(found) => found,
        Err(error) if error.class == ErrorClass::Denied || (error.class == ErrorClass::Invalid && !is_real) => {
            return Ok(Some(error.to_string()));
        }
        Err(error) => return Err(ReadError::of(None)(error)),
    };
    let more = found.len().saturating_sub(NAMED);
    found.truncate(NAMED);
    if more > 0 {
        found.push(format!("and {more} more"));
    }
    Err(StoreError::Owned { place: store.place(), account, app: assembly.app.clone(), found }.into())
}

/// Looks up the resources of an app, again after errors that pass.
async fn owned(provider: &dyn Provider, app: &str, environments: &[Environment]) -> Result<Vec<String>, ProviderError> {
    let started = Instant::now();
    for attempt in 1.. {
        match provider.owned(app, environments).await {
            Err(error) if reader::patience(error.class).is_some_and(|patience| started.elapsed() < patience) => {
                reader::announce(app, attempt, &error);
                tokio::time::sleep(reader::backoff(&app.into(), attempt, error.class)).await;
            }
            answer => return answer,
        }
    }
    unreachable!("the attempts do not end")
}

/// Returns the stored state, unless the files beside it contradict it.
async fn believed(store: &dyn StateStore, app: &str) -> Result<Option<Stored>, Error> {
    let (moved, stored) = futures::join!(store.moved(), store.load());
    if let Some(to) = moved? {
        return Err(StoreError::Moved { place: store.place(), to }.into());
    }
    let mut stored = stored?;
    for _ in 0..TRIES {
        if let Some(Stored { state, .. }) = &stored
            && state.app != app
        {
            return Err(
                StoreError::OtherApp { place: store.place(), found: state.app.clone(), app: app.to_owned() }.into()
            );
        }
        let Some(refused) = contradiction(store, stored.as_ref()).await? else { return Ok(stored) };
        // A run that has ended meanwhile has saved its state before it has said so in the history.
        let again = store.load().await?;
        if serial(again.as_ref()) == serial(stored.as_ref()) {
            return Err(refused);
        }
        stored = again;
    }
    Ok(stored)
}

fn serial(stored: Option<&Stored>) -> Option<u64> {
    stored.map(|stored| stored.state.serial)
}

/// Returns an error if the files beside the state show that it is not the newest one.
async fn contradiction(store: &dyn StateStore, stored: Option<&Stored>) -> Result<Option<Error>, Error> {
    let place = store.place();
    match stored {
        Some(Stored { state, journal }) => {
            let begun = |event: &Event| if let Event::Begun { serial, .. } = event { Some(*serial) } else { None };
            let known = journal.iter().filter_map(begun).max().unwrap_or(state.serial);
            let later = store.history_after(known).await?;
            let ended = later.runs.iter().rev().find(|run| run.result.is_some());
            let ended = ended.map(|run| format!("run {} has ended", run.serial));
            // One that cannot be read may have ended.
            let unreadable = later.unreadable.iter().next_back();
            let unreadable =
                unreadable.map(|(serial, why)| format!("the history has run {serial}, which cannot be read ({why})"));
            Ok(ended.or(unreadable).map(|newer| Error::Store(StoreError::Older { place, found: state.serial, newer })))
        }
        None => {
            let (earlier, history) = (store.earlier().await?, store.history().await?);
            // The first run is in the history before its state is saved, and is refused there sometimes.
            let shows_state = |run: &&RunRecord| run.result.is_some() || run.serial > 1;
            let mut evidence = Vec::new();
            match (earlier.keys().next(), earlier.keys().next_back()) {
                (Some(first), Some(last)) if first < last => {
                    evidence.push(format!("earlier states (serials {first} to {last})"));
                }
                (Some(one), _) => evidence.push(format!("an earlier state (serial {one})")),
                (None, _) => {}
            }
            let run = history.runs.iter().rfind(shows_state).map(|run| run.serial);
            if let Some(last) = run.max(history.unreadable.keys().next_back().copied()) {
                evidence.push(format!("the history of {}", runs_text(last)));
            }
            // One that can be put back: from which something was deployed.
            let is_deployed = |state: &Result<State, Error>| state.as_ref().is_ok_and(|state| !state.is_blank());
            let restore = earlier.iter().rfind(|(_, state)| is_deployed(state)).map(|(serial, _)| *serial);
            Ok((!evidence.is_empty()).then_some(Error::Store(StoreError::Absent { place, evidence, restore })))
        }
    }
}

fn runs_text(count: u64) -> String {
    if count == 1 { "a run".to_owned() } else { format!("{count} runs") }
}

/// The highest serial that this store has seen.
pub(super) async fn highest(store: &dyn StateStore) -> Result<u64, Error> {
    let saved = match store.load().await {
        Ok(stored) => stored.map(|Stored { state, journal }| state.serial + u64::from(!journal.is_empty())),
        // The journal cannot be read: a run may have begun in it.
        Err(error) if error.is_of_content() => readable(store).await?.map(|state| state.serial + 1),
        Err(error) => return Err(error),
    };
    let backup = store.backups().await?.last().copied();
    let run = store.history().await?.last();
    Ok([saved, backup, run].into_iter().flatten().max().unwrap_or(0))
}

/// Returns the state as saved last, without its journal; `None` if it is damaged.
pub(super) async fn readable(store: &dyn StateStore) -> Result<Option<State>, Error> {
    match store.current().await {
        Err(error) if error.is_of_content() => Ok(None),
        current => current,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake::{Fake, assembly, vpc};
    use crate::run::store::MemoryStore;

    /// Returns the error of a first deploy if the lookups return these answers.
    async fn first(answers: Vec<Result<Vec<String>, ErrorClass>>) -> Result<Option<String>, Error> {
        first_at(answers, true).await
    }

    #[expect(clippy::result_large_err, reason = "the error of all calls")]
    async fn first_at(answers: Vec<Result<Vec<String>, ErrorClass>>, is_real: bool) -> Result<Option<String>, Error> {
        let fake = Fake::default();
        let error = |class| ProviderError::new(class, format!("{class:?} by the test"));
        fake.cloud().owned = answers.into_iter().map(|answer| answer.map_err(error)).collect();
        permit_first(&assembly(&[vpc("10.0.0.0/16")]), &MemoryStore::new(), &fake, is_real).await
    }

    fn found() -> Result<Vec<String>, ErrorClass> {
        Ok(vec!["AWS::EC2::VPC vpc-1".to_owned()])
    }

    #[tokio::test(start_paused = true)]
    async fn an_error_that_passes_does_not_hide_what_the_account_has() {
        for class in [ErrorClass::Throttled, ErrorClass::Transient, ErrorClass::UnknownOutcome] {
            let refused = first(vec![Err(class), Err(class), found()]).await;
            assert!(matches!(refused, Err(Error::Store(StoreError::Owned { .. }))), "{class:?}: {refused:?}");
            let throughout = first(vec![Err(class); 1000]).await;
            assert!(matches!(throughout, Err(Error::Read(_))), "{class:?}: {throughout:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn only_what_cannot_be_asked_at_all_is_a_warning() {
        let warned = first(vec![Err(ErrorClass::Denied), found()]).await.unwrap();
        assert_eq!(warned.as_deref(), Some("Denied by the test"));
        assert!(first_at(vec![Err(ErrorClass::Invalid), found()], false).await.unwrap().is_some());
        for class in [ErrorClass::Unauthenticated, ErrorClass::NotFound, ErrorClass::Invalid] {
            let refused = first(vec![Err(class), found()]).await;
            assert!(matches!(refused, Err(Error::Read(_))), "{class:?}: {refused:?}");
        }
        assert_eq!(first(vec![]).await.unwrap(), None);
    }
}
