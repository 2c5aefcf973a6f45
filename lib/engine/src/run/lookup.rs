//! Finds the answers of the lookups of a program.
//!
//! An answer that stands in the state is taken from there, so that nothing changes because AWS would answer
//! differently now. It is read again by a refresh, and where the query, the region or the account is another one. A
//! lookup that has another path than before keeps its answer. Before a program is compared with its state, the answers
//! take the place of the references to lookups, as the outputs of other apps do ([`crate::upstream`]): from there on
//! they are known like any other value.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use futures::StreamExt;
use futures::stream::FuturesUnordered;
use groundplan_core::lookup::Query;
use groundplan_core::{Assembly, Environment, Path, Reference};
use serde_json::Value as Json;

use crate::error::Error;
use crate::model::{Answer, Answers, Event, FailedLookup, LookupProblem, State};
use crate::provider::{Identity, LookupRequest, Match, Matches, Provider, ProviderError};
use crate::run::rate_limit::RateLimiter;
use crate::run::reader::Reader;
use crate::stages::diff::{LookupChange, Rendered};
use crate::stages::resolve::substitute;

/// The settings of a read of lookups.
#[derive(Clone, Copy)]
pub(crate) struct Reading<'a> {
    pub(crate) provider: &'a dyn Provider,
    pub(crate) identity: &'a Identity,
    /// Returns whether a lookup is read although the state has its answer.
    pub(crate) again: &'a dyn Fn(&Path) -> bool,
    /// Whether another app may create what is not found, before the plan is executed. Its outputs are unknown.
    pub(crate) may_come: bool,
    pub(crate) parallelism: usize,
}

/// A program with the answers of its lookups.
pub(crate) struct LookedUp<'a> {
    /// The program, with values in the place of references to lookups.
    pub(crate) assembly: Cow<'a, Assembly>,
    /// The event for the state, if its answers are different.
    pub(crate) event: Option<Event>,
    /// The answers that differ from those of the state.
    pub(crate) changes: BTreeMap<Path, LookupChange>,
}

/// Returns the program with the answers of its lookups: those of the state, or else new ones.
///
/// # Errors
/// The cloud does not answer, and [`Error::Lookups`] with every lookup that has no answer.
pub async fn resolve<'a>(
    assembly: Cow<'a, Assembly>,
    state: &State,
    provider: &dyn Provider,
) -> Result<Cow<'a, Assembly>, Error> {
    if assembly.lookups.is_empty() {
        return Ok(assembly);
    }
    let identity = &provider.identity().await.map_err(Error::provider(None))?;
    let reading = Reading { provider, identity, again: &|_| false, may_come: false, parallelism: 10 };
    Ok(look_up(assembly, state, reading).await?.assembly)
}

/// Returns the answers of the state that the cloud would answer differently now, by path.
///
/// # Errors
/// As of [`resolve`].
pub async fn changed(
    assembly: &Assembly,
    state: &State,
    provider: &dyn Provider,
    parallelism: usize,
) -> Result<BTreeMap<Path, LookupChange>, Error> {
    if !assembly.lookups.keys().any(|path| state.lookups.contains_key(path)) {
        return Ok(BTreeMap::new());
    }
    let identity = &provider.identity().await.map_err(Error::provider(None))?;
    let mut answered = assembly.clone();
    answered.lookups.retain(|path, _| state.lookups.contains_key(path));
    let reading = Reading { provider, identity, again: &|_| true, may_come: false, parallelism };
    Ok(look_up(Cow::Owned(answered), state, reading).await?.changes)
}

pub(crate) async fn look_up<'a>(
    assembly: Cow<'a, Assembly>,
    state: &State,
    reading: Reading<'_>,
) -> Result<LookedUp<'a>, Error> {
    let (known, open) = known(&assembly, state, reading);
    let (mut failed, mut pending) = (Vec::new(), Vec::new());
    let mut answers: Answers = known.iter().map(|(path, answer)| (path.clone(), (*answer).clone())).collect();
    for (request, paths, answer) in read(open, reading).await {
        let found = answer.map_err(Error::provider(paths.first()))?;
        match answer_of(&request, found, state, reading) {
            Ok(found) => {
                let before = |path: &Path| before(state, path, &found).filter(|before| before.outputs == found.outputs);
                let kept = |path: &Path| before(path).unwrap_or(&found).clone();
                answers.extend(paths.iter().map(|path| (path.clone(), kept(path))));
            }
            Err(LookupProblem::NotFound { .. }) if reading.may_come => pending.extend(paths),
            Err(problem) => failed.extend(paths.into_iter().map(|path| FailedLookup {
                path,
                query: request.query.clone(),
                region: request.environment.region.clone(),
                problem: problem.clone(),
            })),
        }
    }
    failed.extend(lacking(&assembly, &answers));
    if !failed.is_empty() {
        failed.sort_by(|a, b| a.path.cmp(&b.path));
        return Err(Error::Lookups { failed });
    }
    let changes = changes(state, &answers, pending);
    let assembly = if answers.is_empty() { assembly } else { Cow::Owned(with_answers(&assembly, &answers)) };
    let event = (answers != state.lookups).then_some(Event::LookedUp { answers });
    Ok(LookedUp { assembly, event, changes })
}

/// Returns the answers that the state has, and the lookups to be read.
fn known<'a>(
    assembly: &Assembly,
    state: &'a State,
    reading: Reading<'_>,
) -> (BTreeMap<Path, &'a Answer>, Vec<(Path, LookupRequest)>) {
    let (mut known, mut open) = (BTreeMap::new(), Vec::new());
    for (path, query) in &assembly.lookups {
        let environment = assembly.environment(path).expect("every path lies below a stack");
        let account = reading.identity.account_of(environment);
        let fits = |answer: &&Answer| answer.is_of(query, &environment.region, account);
        let own = state.lookups.get(path).filter(fits);
        match own.or_else(|| state.lookups.values().find(fits)).filter(|_| !(reading.again)(path)) {
            Some(answer) => drop(known.insert(path.clone(), answer)),
            None => {
                let (query, environment) = (query.clone(), environment.clone());
                open.push((path.clone(), LookupRequest { path: path.clone(), query, environment }));
            }
        }
    }
    (known, open)
}

type Read = (LookupRequest, Vec<Path>, Result<Matches, ProviderError>);

/// Reads all at once. Lookups that ask for the same are one.
async fn read(open: Vec<(Path, LookupRequest)>, reading: Reading<'_>) -> Vec<Read> {
    let mut requests: Vec<(LookupRequest, Vec<Path>)> = Vec::new();
    let mut positions: BTreeMap<(Query, String, String), usize> = BTreeMap::new();
    for (path, request) in open {
        let Environment { region, role, .. } = &request.environment;
        let role = role.as_ref().map(|role| format!("{role:?}")).unwrap_or_default();
        let position = *positions.entry((request.query.clone(), region.clone(), role)).or_insert(requests.len());
        match requests.get_mut(position) {
            Some((_, paths)) => paths.push(path),
            None => requests.push((request, vec![path])),
        }
    }
    let limiter = RateLimiter::new(reading.parallelism);
    let reader = Reader::new(reading.provider, &limiter);
    let reads: FuturesUnordered<_> = requests
        .into_iter()
        .map(|(request, paths)| async move {
            let answer = reader.look_up(&request).await;
            (request, paths, answer)
        })
        .collect();
    let mut read: Vec<Read> = limiter.keep(reads.collect()).await;
    read.sort_by(|(a, ..), (b, ..)| a.path.cmp(&b.path));
    read
}

/// Returns the only match. A resource of the app itself is refused, since a change of it would change its own lookup.
fn answer_of(
    request: &LookupRequest,
    found: Matches,
    state: &State,
    reading: Reading<'_>,
) -> Result<Answer, LookupProblem> {
    let Matches { mut matches, others } = found;
    match matches.len() {
        0 => Err(LookupProblem::NotFound { others }),
        1 => {
            let Match { id, description, outputs } = matches.remove(0);
            let own = state.resources.iter().find(|(_, resource)| id.as_ref().is_some_and(|id| resource.id == *id));
            if let Some((path, _)) = own {
                return Err(LookupProblem::Own { resource: path.clone(), found: description });
            }
            Ok(Answer {
                query: request.query.clone(),
                region: request.environment.region.clone(),
                account: reading.identity.account_of(&request.environment).to_owned(),
                serial: state.serial + 1,
                outputs,
            })
        }
        _ => Err(LookupProblem::Ambiguous { matches: matches.into_iter().map(|found| found.description).collect() }),
    }
}

/// Returns the answer of the state to the same query in the same place: the one at the path, or, for a lookup with a
/// new path, any.
fn before<'a>(state: &'a State, path: &Path, answer: &Answer) -> Option<&'a Answer> {
    let fits = |known: &&Answer| known.is_of(&answer.query, &answer.region, &answer.account);
    state.lookups.get(path).filter(fits).or_else(|| state.lookups.values().find(fits))
}

/// Returns the uses of outputs that an answer does not have.
fn lacking(assembly: &Assembly, answers: &Answers) -> Vec<FailedLookup> {
    let mut lacking: BTreeMap<(Path, String), BTreeSet<String>> = BTreeMap::new();
    let mut check = |reference: &Reference, user: String| {
        let Some(answer) = answers.get(&reference.path) else { return };
        if answer.query.value(&answer.outputs, &reference.attribute).is_none() {
            let output = (reference.path.clone(), reference.attribute.clone());
            lacking.entry(output).or_default().insert(user);
        }
    };
    for (path, entry) in &assembly.resources {
        entry.references().into_iter().for_each(|reference| check(reference, path.to_string()));
    }
    for (name, value) in &assembly.outputs {
        value.references().into_iter().for_each(|reference| check(reference, format!("the output `{name}`")));
    }
    let failed = |((path, output), users): ((Path, String), BTreeSet<String>)| {
        let Answer { query, region, outputs, .. } = &answers[&path];
        let (users, found) = (users.into_iter().collect(), outputs.clone());
        let problem = LookupProblem::Lacking { output, users, found };
        FailedLookup { query: query.clone(), region: region.clone(), problem, path }
    };
    lacking.into_iter().map(failed).collect()
}

fn with_answers(assembly: &Assembly, answers: &Answers) -> Assembly {
    let known = |reference: &Reference| -> Option<Json> {
        let answer = answers.get(&reference.path)?;
        answer.query.value(&answer.outputs, &reference.attribute).cloned()
    };
    let mut resolved = assembly.clone();
    let properties = resolved.resources.values_mut().flat_map(|entry| entry.properties.values_mut());
    for value in properties.chain(resolved.outputs.values_mut()) {
        if value.references().iter().any(|reference| answers.contains_key(&reference.path)) {
            *value = substitute(value, &known);
        }
    }
    resolved
}

/// Returns the answers that differ, and those that are pending. One that has another path now does not differ.
fn changes(state: &State, answers: &Answers, pending: Vec<Path>) -> BTreeMap<Path, LookupChange> {
    let rendered =
        |answer: Option<&Answer>| answer.map_or(Rendered::Absent, |it| Rendered::Known(it.outputs.clone().into()));
    let mut changes = BTreeMap::new();
    for (path, answer) in answers {
        let before = state.lookups.get(path).or_else(|| before(state, path, answer));
        if before.is_none_or(|before| before.outputs != answer.outputs) {
            changes.insert(path.clone(), LookupChange { from: rendered(before), to: rendered(Some(answer)) });
        }
    }
    let is_used = |gone: &Answer| answers.values().any(|it| it.is_of(&gone.query, &gone.region, &gone.account));
    for (path, gone) in state.lookups.iter().filter(|(path, gone)| !answers.contains_key(*path) && !is_used(gone)) {
        changes.insert(path.clone(), LookupChange { from: rendered(Some(gone)), to: Rendered::Absent });
    }
    for path in pending {
        let from = rendered(state.lookups.get(&path));
        changes.insert(path, LookupChange { from, to: Rendered::Unknown });
    }
    changes
}

/// Returns whether a plan of the paths `only` reads a lookup again: those at or below them, and those that what is there, and
/// what that depends on, is made from. The others keep their answers, since what follows from new ones is left out.
pub(crate) fn is_read(assembly: &Assembly, only: &BTreeSet<Path>) -> impl Fn(&Path) -> bool + use<> {
    let is_below = |path: &Path| only.iter().any(|scope| path.is_within(scope));
    let mut needed: BTreeSet<Path> = assembly.resources.keys().filter(|path| is_below(path)).cloned().collect();
    let mut next: Vec<Path> = needed.iter().cloned().collect();
    while let Some(path) = next.pop() {
        let more = assembly.dependencies(&path).into_iter().filter(|path| !needed.contains(path)).collect::<Vec<_>>();
        needed.extend(more.iter().cloned());
        next.extend(more);
    }
    let used = needed.iter().filter_map(|path| assembly.resources.get(path)).flat_map(|entry| entry.references());
    let used: BTreeSet<Path> = used.map(|reference| reference.path.clone()).collect();
    let below: BTreeSet<Path> = assembly.lookups.keys().filter(|path| is_below(path)).cloned().collect();
    let all = only.is_empty();
    move |path| all || used.contains(path) || below.contains(path)
}

#[cfg(test)]
#[path = "lookup_tests.rs"]
mod tests;
