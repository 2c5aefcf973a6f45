//! Resources whose path changes.

use std::collections::{BTreeMap, BTreeSet};

use groundplan_core::claim::Claim;
use groundplan_core::{Assembly, Path, Value};
use groundplan_schema::claim_rules;

use super::{Inputs, ProposedMove, claims};
use crate::model::{ResourceState, State};
use crate::provider::Identity;

/// The moves that the program states, by new path: the resource is in the state under the old
/// path only, and the program has nothing there. A path with an open create is not free: what that
/// has made would take the place of what has moved there. Nor does a second path of what the program
/// keeps have anything of its own that could move.
pub(crate) fn stated(inputs: &Inputs<'_>) -> BTreeMap<Path, Path> {
    let Inputs { assembly, state, .. } = inputs;
    let mut moves: BTreeMap<Path, Path> = BTreeMap::new();
    let mut taken = BTreeSet::new();
    let removed = removed(inputs, state);
    let staying = Staying::new(inputs, state, &removed);
    let is_own = |from: &Path| staying.same_as(&state.resources[from]).is_none();
    for (to, entry) in &assembly.resources {
        if state.resources.contains_key(to) || state.pending.contains_key(to) {
            continue;
        }
        let left = |from: &&Path| is_left(assembly, state, from) && is_own(from);
        if let Some(from) = entry.moved_from.iter().find(left).filter(|from| taken.insert(*from)) {
            moves.insert(to.clone(), from.clone());
        }
    }
    moves
}

/// Returns whether the program states that the resource for `to` has another path so far. An open create at `to` that
/// made nothing is dropped then, and not requested again.
pub(crate) fn is_moved(assembly: &Assembly, state: &State, to: &Path) -> bool {
    let entry = assembly.resources.get(to).filter(|_| !state.resources.contains_key(to));
    entry.is_some_and(|entry| entry.moved_from.iter().any(|from| is_left(assembly, state, from)))
}

fn is_left(assembly: &Assembly, state: &State, from: &Path) -> bool {
    state.resources.contains_key(from) && !assembly.resources.contains_key(from)
}

/// The paths of a state that the program has no more.
pub(super) fn removed(inputs: &Inputs<'_>, state: &State) -> Vec<Path> {
    state.resources.keys().filter(|path| !inputs.assembly.resources.contains_key(*path)).cloned().collect()
}

/// Resources under paths that the program no longer has, by their claims.
pub(super) struct Left {
    /// Each claim with its path and the type of that.
    claims: BTreeMap<String, Vec<(Claim, Path, String)>>,
}

impl Left {
    /// Of a state whose stated moves are made. Nothing where the program adds no path that could be
    /// the new one.
    pub(super) fn new(inputs: &Inputs<'_>, state: &State) -> Self {
        let mut left = Self { claims: BTreeMap::new() };
        let is_added = |path: &Path| !state.resources.contains_key(path);
        if !inputs.assembly.resources.keys().any(is_added) {
            return left;
        }
        let removed = removed(inputs, state);
        let staying = Staying::new(inputs, state, &removed);
        for path in &removed {
            let resource = &state.resources[path];
            // The path that the program keeps decides what happens to the resource.
            if staying.same_as(resource).is_some() {
                continue;
            }
            for claim in claims::held(resource, inputs.identity) {
                let entry = (claim, path.clone(), resource.type_name.clone());
                left.claims.entry(entry.0.key.clone()).or_default().push(entry);
            }
        }
        left
    }

    pub(super) fn is_empty(&self) -> bool {
        self.claims.is_empty()
    }

    /// Takes the only path of this type with the same claims, with a description of the claim. If several have them,
    /// the match is ambiguous.
    pub(super) fn take(&mut self, type_name: &str, claims: &[Claim]) -> Option<(Path, &'static str)> {
        let with = |claim: &&Claim| self.claims.get(&claim.key).into_iter().flatten();
        let same = claims.iter().flat_map(|new| {
            with(&new)
                .filter(|(old, _, of)| of == type_name && old.is_same_as(new))
                .map(|(old, path, _)| (path, old.what))
        });
        let found: BTreeMap<&Path, &'static str> = same.collect();
        let (path, what) = only(found.into_iter())?;
        let path = path.clone();
        for entries in self.claims.values_mut() {
            entries.retain(|(_, of, _)| *of != path);
        }
        Some((path, what))
    }
}

/// Resources under paths that the program keeps, as far as they could be the same as removed ones.
pub(super) struct Staying<'a> {
    claims: BTreeMap<String, Vec<(Claim, &'a Path)>>,
    ids: BTreeMap<Identified<'a>, &'a Path>,
    inputs: &'a Inputs<'a>,
}

impl<'a> Staying<'a> {
    pub(super) fn new(inputs: &'a Inputs<'a>, state: &'a State, removed: &[Path]) -> Self {
        let mut staying = Self { claims: BTreeMap::new(), ids: BTreeMap::new(), inputs };
        // Of ten thousand resources, few can have what a removed one has: an inline policy of a role may be a resource
        // of two types.
        let spaces = |type_name: &str| claim_rules(type_name).iter().map(|rule| rule.space).collect::<Vec<_>>();
        let types: BTreeSet<&str> = removed.iter().map(|path| &*state.resources[path].type_name).collect();
        let claimed: BTreeSet<&str> = types.iter().flat_map(|type_name| spaces(type_name)).collect();
        let mut comparable: BTreeMap<&str, bool> = types.into_iter().map(|type_name| (type_name, true)).collect();
        let kept = state.resources.iter().filter(|(path, resource)| {
            let type_name = &*resource.type_name;
            let has_space = || spaces(type_name).iter().any(|space| claimed.contains(space));
            !removed.is_empty()
                && *comparable.entry(type_name).or_insert_with(has_space)
                && inputs.assembly.resources.contains_key(*path)
        });
        for (path, resource) in kept {
            staying.ids.insert(identified(resource, inputs.identity), path);
            for claim in claims::held(resource, inputs.identity) {
                staying.claims.entry(claim.key.clone()).or_default().push((claim, path));
            }
        }
        staying
    }

    /// The path under which the program keeps the same thing.
    pub(super) fn same_as(&self, removed: &ResourceState) -> Option<&'a Path> {
        if let Some(path) = self.ids.get(&identified(removed, self.inputs.identity)) {
            return Some(path);
        }
        let held = claims::held(removed, self.inputs.identity);
        held.iter().find_map(|claim| {
            let others = self.claims.get(&claim.key)?;
            others.iter().find(|(other, _)| other.is_same_as(claim)).map(|(_, path)| *path)
        })
    }
}

/// Type, account, region and identifier.
type Identified<'a> = (&'a str, &'a str, &'a str, &'a str);

fn identified<'a>(resource: &'a ResourceState, identity: &'a Identity) -> Identified<'a> {
    let ResourceState { type_name, environment, id, .. } = resource;
    (type_name, identity.account_of(environment), &environment.region, id)
}

/// Pairs of a removed and an added resource of one type that match each other and nothing else.
/// Values that are not known match everything, so that a whole construct is recognized.
pub(crate) fn proposed(
    inputs: &Inputs<'_>,
    state: &State,
    removed: &[&Path],
    added: &BTreeMap<&Path, BTreeMap<String, Value>>,
) -> Vec<ProposedMove> {
    // A stack under a new name is thousands of each: they are not compared each with each, but
    // found by what is known of them.
    let mut forms: BTreeMap<&str, BTreeSet<Vec<&str>>> = BTreeMap::new();
    let mut new: BTreeMap<Known<'_>, Vec<&Path>> = BTreeMap::new();
    for (to, properties) in added {
        let type_name = inputs.assembly.resources[*to].type_name.as_str();
        forms.entry(type_name).or_default().insert(open(properties));
        new.entry(Known::new(type_name, properties, open(properties))).or_default().push(to);
    }
    let as_added = |from: &Path| {
        let prior = &state.resources[from];
        let forms = forms.get(prior.type_name.as_str()).into_iter().flatten();
        let forms = forms.filter(|open| open.iter().all(|name| prior.properties.contains_key(*name)));
        forms.map(|open| Known::new(&prior.type_name, &prior.properties, open.clone()))
    };
    let mut old: BTreeMap<Known<'_>, Vec<&Path>> = BTreeMap::new();
    for from in removed {
        as_added(from).for_each(|known| old.entry(known).or_default().push(from));
    }

    let matching = |from: &Path, to: &Path| {
        let mut prior = state.resources[from].properties.iter();
        prior.all(|(name, value)| added[to].get(name).is_some_and(|other| alike(value, other)))
    };
    let mut moves = Vec::new();
    for from in removed {
        let alike = as_added(from).filter_map(|known| new.get(&known)).flatten();
        let Some(to) = only(alike.filter(|to| matching(from, to))) else { continue };
        let type_name = &state.resources[*from].type_name;
        let others = &old[&Known::new(type_name, &added[to], open(&added[to]))];
        if only(others.iter().filter(|other| matching(other, to))).is_some() {
            moves.push(ProposedMove { from: (*from).clone(), to: (*to).clone(), type_name: type_name.clone() });
        }
    }
    moves
}

/// All that has to be equal for a match: the type, the values of the properties that are known of
/// the added resource, and the names of the others.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Known<'a> {
    type_name: &'a str,
    values: Vec<(&'a str, String)>,
    open: Vec<&'a str>,
}

impl<'a> Known<'a> {
    fn new(type_name: &'a str, properties: &'a BTreeMap<String, Value>, open: Vec<&'a str>) -> Self {
        let known = properties.iter().filter(|(name, _)| !open.contains(&name.as_str()));
        let values = known.map(|(name, value)| (name.as_str(), value.to_json().to_string())).collect();
        Self { type_name, values, open }
    }
}

/// The properties in which something is not known.
fn open(properties: &BTreeMap<String, Value>) -> Vec<&str> {
    let is_open = |value: &Value| {
        let mut open = false;
        value.walk(&mut |part| open |= matches!(part, Value::Deferred(_)));
        open
    };
    properties.iter().filter(|(_, value)| is_open(value)).map(|(name, _)| name.as_str()).collect()
}

fn only<T>(mut items: impl Iterator<Item = T>) -> Option<T> {
    let first = items.next()?;
    items.next().is_none().then_some(first)
}

fn alike(applied: &Value, desired: &Value) -> bool {
    match (applied, desired) {
        (_, Value::Deferred(_)) => true,
        (Value::List(a), Value::List(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| alike(a, b)),
        (Value::Map(a), Value::Map(b)) => {
            a.len() == b.len() && a.iter().all(|(key, a)| b.get(key).is_some_and(|b| alike(a, b)))
        }
        (a, b) => a == b,
    }
}

#[cfg(test)]
#[path = "moves_tests.rs"]
mod tests;
