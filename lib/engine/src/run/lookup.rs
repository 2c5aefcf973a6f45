//! Finds the answers of the lookups of a program.
//!
//! An answer that stands in the state is taken from there, so that nothing changes because AWS would answer differently
//! now. It is read again by a refresh, where the query, the region or the account is another one, and where it is not
//! enough for what the program uses by now. A lookup that has another path than before keeps its answer. Before a
//! program is compared with its state, the answers take the place of the references to lookups, as the outputs of other
//! apps do ([`crate::upstream`]): from there on they are known like any other value.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use futures::StreamExt;
use futures::stream::FuturesUnordered;
use groundplan_core::lookup::{Query, VpcQuery};
use groundplan_core::{Assembly, AssumeRole, Deferred, Environment, Path, Reference, ResourceEntry, Value};
use serde_json::Value as Json;

use crate::Error;
use crate::model::{Answer, Answers, Event, FailedLookup, FailedLookups, LookupProblem, ResourceState, State};
use crate::provider::{Identity, LookupRequest, Match, Matches, Outputs, Provider, ProviderError};
use crate::run::account;
use crate::run::rate_limit::RateLimiter;
use crate::run::reader::{ReadError, Reader};
use crate::stages::diff::{LookupChange, Rendered};
use crate::stages::resolve::substitute;

/// The settings of a read of lookups.
#[derive(Clone, Copy)]
pub(crate) struct LookupOptions<'a> {
    pub(crate) provider: &'a dyn Provider,
    pub(crate) identity: &'a Identity,
    /// `true` if lookups are read although the state has their answers.
    pub(crate) refresh: bool,
    /// The planned paths; empty for all. A lookup that these do not use keeps its answer, or stays unknown.
    pub(crate) only: &'a BTreeSet<Path>,
    /// Answers that are used instead of those of the state.
    pub(crate) earlier: &'a Answers,
    /// `true` if another app may create resources that are not found, before the plan is executed. Its outputs are
    /// unknown.
    pub(crate) may_be_created: bool,
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

/// Returns the program with the answers of the lookups that the resource at `path` and its dependencies use: those of
/// the state, or else new ones.
///
/// # Errors
/// The credentials are for another account, the cloud does not answer, and [`FailedLookups`] with every lookup that has
/// no answer.
pub async fn resolve<'a>(
    assembly: Cow<'a, Assembly>,
    state: &State,
    path: &Path,
    provider: &dyn Provider,
    parallelism: usize,
) -> Result<Cow<'a, Assembly>, Error> {
    if assembly.lookups.is_empty() {
        return Ok(assembly);
    }
    let identity = &account::identity(provider, state, Some(&assembly)).await?;
    let (only, earlier) = (&[path.clone()].into(), &Answers::new());
    let options =
        LookupOptions { provider, identity, refresh: false, only, earlier, may_be_created: false, parallelism };
    Ok(look_up(assembly, state, options).await?.assembly)
}

/// Returns the answers of the state that the cloud would answer differently now, by path, and the lookups that have no
/// answer any more.
///
/// # Errors
/// The credentials are for another account, or the cloud does not answer.
pub async fn changed(
    assembly: &Assembly,
    state: &State,
    provider: &dyn Provider,
    parallelism: usize,
) -> Result<(BTreeMap<Path, LookupChange>, Vec<FailedLookup>), Error> {
    let mut answered = assembly.clone();
    answered.lookups.retain(|path, _| state.lookups.contains_key(path));
    if answered.lookups.is_empty() {
        return Ok(Default::default());
    }
    let identity = &account::identity(provider, state, Some(&answered)).await?;
    let (only, earlier) = (&BTreeSet::new(), &Answers::new());
    let options =
        LookupOptions { provider, identity, refresh: true, only, earlier, may_be_created: false, parallelism };
    let Found { answers, failed, .. } = find(&answered, state, options).await?;
    let mut changes = changes(state, &answers, Vec::new());
    changes.retain(|path, _| answers.contains_key(path));
    Ok((changes, failed))
}

pub(crate) async fn look_up<'a>(
    assembly: Cow<'a, Assembly>,
    state: &State,
    options: LookupOptions<'_>,
) -> Result<LookedUp<'a>, Error> {
    let Found { answers, pending, failed } = find(&assembly, state, options).await?;
    if !failed.is_empty() {
        return Err(FailedLookups { failed }.into());
    }
    let changes = changes(state, &answers, pending);
    let assembly = if answers.is_empty() { assembly } else { Cow::Owned(with_answers(&assembly, &answers)) };
    let event = (answers != state.lookups).then_some(Event::LookedUp { answers });
    Ok(LookedUp { assembly, event, changes })
}

struct Found {
    answers: Answers,
    /// Lookups that found nothing, and whose resource another app may create.
    pending: Vec<Path>,
    failed: Vec<FailedLookup>,
}

async fn find(assembly: &Assembly, state: &State, options: LookupOptions<'_>) -> Result<Found, Error> {
    let uses = Uses::of(assembly);
    let (mut answers, open) = known(assembly, state, options, &uses);
    let (mut failed, mut pending) = (Vec::new(), Vec::new());
    for (request, paths, answer) in read(open, options, &uses).await {
        let found = answer.map_err(ReadError::of(paths.first()))?;
        match answer_of(&request, found, state, options) {
            Ok(found) => {
                let before = |path: &Path| before(state, path, &found).filter(|before| before.outputs == found.outputs);
                let kept = |path: &Path| before(path).unwrap_or(&found).clone();
                answers.extend(paths.iter().map(|path| (path.clone(), kept(path))));
            }
            Err(LookupProblem::NotFound { .. }) if options.may_be_created => pending.extend(paths),
            Err(problem) => failed.extend(paths.into_iter().map(|path| FailedLookup {
                path,
                query: request.query.clone(),
                region: request.environment.region.clone(),
                problem: problem.clone(),
            })),
        }
    }
    failed.extend(own(state, &answers));
    failed.extend(uses.unmet(&answers));
    failed.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(Found { answers, pending, failed })
}

/// Returns the known answers, and the lookups to be read: those without an answer, and those whose answer is not
/// enough for the program by now. A lookup that the planned paths do not use is not read.
fn known(
    assembly: &Assembly,
    state: &State,
    options: LookupOptions<'_>,
    uses: &Uses,
) -> (Answers, Vec<(Path, LookupRequest)>) {
    let is_used = is_used(assembly, options.only);
    let own: Arc<BTreeSet<String>> = Arc::new(managed(state).map(|(_, resource)| resource.id.clone()).collect());
    let (mut known, mut open) = (Answers::new(), Vec::new());
    for (path, query) in &assembly.lookups {
        let environment = assembly.environment(path).expect("every path lies below a stack");
        let account = options.identity.account_of(environment);
        let fits = |answer: &&Answer| answer.is_of(query, &environment.region, account);
        let answer = [options.earlier, &state.lookups].into_iter().find_map(|known| known.get(path).filter(fits));
        // A lookup that has another path than before keeps its answer. One beside another one does not get an old
        // answer.
        let is_gone = |path: &Path| !assembly.lookups.contains_key(path);
        let moved = state.lookups.iter().filter(|(path, answer)| is_gone(path) && fits(answer));
        let moved = || moved.max_by_key(|(_, answer)| answer.serial).map(|(_, answer)| answer);
        let is_stale = |answer: &&Answer| options.refresh || !uses.are_met(path, query, &answer.outputs);
        match answer.or_else(moved).filter(|answer| !(is_used(path) && is_stale(answer))) {
            Some(answer) => {
                known.insert(path.clone(), answer.clone());
            }
            None if is_used(path) => {
                let (query, environment, own) = (query.clone(), environment.clone(), own.clone());
                open.push((path.clone(), LookupRequest { path: path.clone(), query, environment, own }));
            }
            None => {}
        }
    }
    (known, open)
}

type Read = (LookupRequest, Vec<Path>, Result<Matches, ProviderError>);

/// Reads all at once. Lookups that ask for the same are one.
async fn read(open: Vec<(Path, LookupRequest)>, options: LookupOptions<'_>, uses: &Uses) -> Vec<Read> {
    let mut requests: Vec<(LookupRequest, Vec<Path>)> = Vec::new();
    let mut positions: BTreeMap<(Query, String, Option<AssumeRole>), usize> = BTreeMap::new();
    for (path, request) in open {
        let Environment { region, role, .. } = &request.environment;
        let place = (request.query.clone(), region.clone(), role.clone());
        let position = *positions.entry(place).or_insert(requests.len());
        match requests.get_mut(position) {
            Some((_, paths)) => paths.push(path),
            None => requests.push((request, vec![path])),
        }
    }
    let limiter = RateLimiter::new(options.parallelism);
    let reader = Reader::new(options.provider, &limiter);
    let reads: FuturesUnordered<_> = requests
        .into_iter()
        .map(|(request, paths)| async move {
            let is_met = |found: &Match| paths.iter().all(|path| uses.are_met(path, &request.query, &found.outputs));
            let whole = |found: &Matches| match &found.matches[..] {
                [] => options.may_be_created,
                [only] => !found.unfinished && is_met(only),
                _ => true,
            };
            let answer = reader.look_up(&request, &whole).await;
            (request, paths, answer)
        })
        .collect();
    let mut read: Vec<Read> = limiter.keep(reads.collect()).await;
    read.sort_by(|(a, ..), (b, ..)| a.path.cmp(&b.path));
    read
}

/// Returns the only match.
fn answer_of(
    request: &LookupRequest,
    found: Matches,
    state: &State,
    options: LookupOptions<'_>,
) -> Result<Answer, LookupProblem> {
    let Matches { mut matches, others, .. } = found;
    match matches.len() {
        0 => Err(LookupProblem::NotFound { others }),
        1 => Ok(Answer {
            query: request.query.clone(),
            region: request.environment.region.clone(),
            account: options.identity.account_of(&request.environment).to_owned(),
            serial: state.serial + 1,
            outputs: matches.remove(0).outputs,
        }),
        _ => Err(LookupProblem::Ambiguous { matches: matches.into_iter().map(|found| found.description).collect() }),
    }
}

/// Returns the resources that the app manages, and those that it has replaced and not deleted yet.
fn managed(state: &State) -> impl Iterator<Item = (&Path, &ResourceState)> {
    state.resources.iter().chain(state.deposed.iter().map(|old| (&old.path, &old.resource)))
}

/// Returns the lookups that find a resource of the app itself: a change of it would change its own lookup.
fn own(state: &State, answers: &Answers) -> Vec<FailedLookup> {
    let own = |(path, answer): (&Path, &Answer)| {
        let type_name = answer.query.type_name();
        let id = answer.outputs.get(answer.query.id_output()?)?.as_str()?;
        let is_it = |resource: &ResourceState| resource.type_name == type_name && resource.id == id;
        let (resource, _) = managed(state).find(|(_, resource)| is_it(resource))?;
        let problem = LookupProblem::Own { resource: resource.clone(), found: id.to_owned() };
        let (query, region) = (answer.query.clone(), answer.region.clone());
        Some(FailedLookup { path: path.clone(), query, region, problem })
    };
    answers.iter().filter_map(own).collect()
}

/// Returns the answer of the state to the same query in the same place: the one at the path, or, for a lookup with a
/// new path, any.
fn before<'a>(state: &'a State, path: &Path, answer: &Answer) -> Option<&'a Answer> {
    let fits = |known: &&Answer| known.is_of(&answer.query, &answer.region, &answer.account);
    state.lookups.get(path).filter(fits).or_else(|| state.lookups.values().find(fits))
}

/// Outputs of a lookup with their users: paths of resources, and names of outputs of the app.
type Users = BTreeMap<String, BTreeSet<String>>;

/// The outputs of lookups that a program uses, by path.
struct Uses {
    outputs: BTreeMap<Path, Users>,
    /// Lists of subnets that have to be in two zones.
    two_zones: BTreeMap<Path, Users>,
}

impl Uses {
    fn of(assembly: &Assembly) -> Self {
        let mut uses = Self { outputs: BTreeMap::new(), two_zones: BTreeMap::new() };
        let add = |uses: &mut BTreeMap<Path, Users>, reference: &Reference, user: String| {
            let Reference { path, attribute, .. } = reference;
            if assembly.lookups.contains_key(path) {
                uses.entry(path.clone()).or_default().entry(attribute.clone()).or_default().insert(user);
            }
        };
        for (path, entry) in &assembly.resources {
            let references = entry.references().into_iter();
            references.for_each(|reference| add(&mut uses.outputs, reference, path.to_string()));
            if let Some(Value::Deferred(Deferred::Ref(reference))) = subnets_in_two_zones(entry) {
                add(&mut uses.two_zones, reference, path.to_string());
            }
        }
        for (name, value) in &assembly.outputs {
            let references = value.references().into_iter();
            references.for_each(|reference| add(&mut uses.outputs, reference, format!("the output `{name}`")));
        }
        uses
    }

    /// Returns whether these outputs are enough for everything that uses the lookup at `path`.
    fn are_met(&self, path: &Path, query: &Query, outputs: &Outputs) -> bool {
        self.problems(path, query, outputs).is_empty()
    }

    /// Returns what is wrong with an answer for its uses.
    fn problems(&self, path: &Path, query: &Query, answer: &Outputs) -> Vec<LookupProblem> {
        let mut problems = Vec::new();
        let (outputs, two_zones) = (self.outputs.get(path), self.two_zones.get(path));
        let missing = |output: &str| query.value(answer, output).is_none();
        for (output, users) in outputs.into_iter().flatten().filter(|(output, _)| missing(output)) {
            let (output, users, found) = (output.clone(), users.iter().cloned().collect(), answer.clone());
            problems.push(LookupProblem::Lacking { output, users, found });
        }
        let in_one_zone = |output: &str| VpcQuery::zones(answer, output).is_some_and(|zones| zones < 2);
        for (output, users) in two_zones.into_iter().flatten().filter(|(output, _)| in_one_zone(output)) {
            let (output, users, found) = (output.clone(), users.iter().cloned().collect(), answer.clone());
            problems.push(LookupProblem::TooFewZones { output, users, found });
        }
        problems
    }

    /// Returns the answers that are not enough for their uses.
    fn unmet(&self, answers: &Answers) -> Vec<FailedLookup> {
        let failed = |(path, answer): (&Path, &Answer)| {
            let Answer { query, region, outputs, .. } = answer;
            let problems = self.problems(path, query, outputs).into_iter();
            let (path, query, region) = (path.clone(), query.clone(), region.clone());
            problems.map(move |problem| FailedLookup {
                path: path.clone(),
                query: query.clone(),
                region: region.clone(),
                problem,
            })
        };
        answers.iter().flat_map(failed).collect()
    }
}

/// Returns the subnets of a resource that have to be in two zones.
fn subnets_in_two_zones(entry: &ResourceEntry) -> Option<&Value> {
    let at = |property: &str| {
        let (top, rest) = property.split_once('.').map_or((property, None), |(top, rest)| (top, Some(rest)));
        let value = entry.properties.get(top)?;
        rest.map_or(Some(value), |rest| rest.split('.').try_fold(value, |value, name| value.get(name)))
    };
    let schema = groundplan_schema::lookup(&entry.type_name)?;
    at(schema.subnets_in_two_zones(&|property| at(property)?.as_str())?)
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
    let rendered = |answer: Option<&Answer>| answer.map_or(Rendered::Absent, Answer::rendered);
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

/// Returns whether a plan of the paths `only` uses a lookup: one at or below these paths, or one that the resources
/// there or their dependencies refer to.
fn is_used(assembly: &Assembly, only: &BTreeSet<Path>) -> impl Fn(&Path) -> bool + use<> {
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
