//! Reads the live resources to detect drift.

use std::collections::BTreeMap;

use futures::StreamExt;
use futures::future::join_all;
use futures::stream::FuturesUnordered;
use groundplan_core::Path;

use super::rate_limit::RateLimiter;
use super::reader::Reader;
use crate::model::{Event, ResourceStatus, State};
use crate::provider::{Identity, Live, Provider, ProviderError};
use crate::stages::drift::{Drift, judge};

/// Reads every resource of the state, at most `parallelism` at a time, and returns those that differ.
///
/// Only declared properties are compared, in normal form: an API may add defaults, return sets in another order, or
/// write a number as text. Properties that AWS never returns are left out, and so are ignored ones. In addition, each
/// [added](crate::drift::PropertyDrift::added) member of a collection that the program owns in part is reported.
/// Retained resources are not managed any more, so no drift is reported for them; a refresh removes the records of
/// those that no longer exist.
pub async fn drift(state: &State, provider: &dyn Provider, parallelism: usize) -> BTreeMap<Path, Drift> {
    let limiter = RateLimiter::new(parallelism);
    limiter.keep(differing(state, Reader::new(provider, &limiter))).await
}

/// Returns the result of [`drift`], by reads that share the rate limiter with others.
pub(crate) async fn differing(state: &State, reader: Reader<'_>) -> BTreeMap<Path, Drift> {
    let answers = answers(state, reader).await.into_iter();
    answers.filter_map(|(path, answer)| Some((path.clone(), judge(state, &state.resources[path], answer)?))).collect()
}

/// The answer to a read of every resource of the state.
pub(crate) async fn answers<'a>(
    state: &'a State,
    reader: Reader<'_>,
) -> BTreeMap<&'a Path, Result<Option<Live>, ProviderError>> {
    let made = state.resources.iter().filter(|(_, resource)| resource.status != ResourceStatus::Tainted);
    // All wait for their turn at once, so that an API that throttles holds up no other.
    let reads: FuturesUnordered<_> = made
        .map(|(path, resource)| async move { (path, reader.read_made(&resource.existing(&state.app, path)).await) })
        .collect();
    reads.collect().await
}

/// Returns events that remove the records of retained resources that no longer exist, so that their dependencies are
/// not kept for them any more. A resource that cannot be read, or is in an account that these credentials cannot
/// access, counts as existing.
pub(crate) async fn gone_of_retained(state: &State, identity: &Identity, reader: Reader<'_>) -> Vec<Event> {
    let known = state.known_identity();
    let retained = state.retained.iter().filter(|old| {
        let environment = &old.resource.environment;
        environment.role.is_some() || known.account_of(environment) == identity.account
    });
    let reads = retained.map(|old| async move {
        let answer = reader.read_made(&old.resource.existing(&state.app, &old.path)).await;
        matches!(answer, Ok(None)).then(|| old.resource.gone(&old.path))
    });
    // The events are in the order of the records, whatever is answered first.
    join_all(reads).await.into_iter().flatten().collect()
}
