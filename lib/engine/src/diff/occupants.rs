//! What the public addresses in a VPC hold.

use std::collections::{BTreeMap, BTreeSet};

use groundplan_core::{Assembly, Path, Reference, ResourceEntry, Value};
use groundplan_schema::lookup;

use super::existing::{Existing, all};
use super::{Action, Change, Order};
use crate::model::{ResourceState, State};

/// The resources that stand and are held by others which do not name them, each with those.
pub(crate) fn occupants(state: &State) -> BTreeMap<&Path, Vec<Existing<'_>>> {
    let mut by_vpc: BTreeMap<String, Vec<&Path>> = BTreeMap::new();
    for (path, resource) in &state.resources {
        if let Some(vpc) = held_by_vpc(resource) {
            by_vpc.entry(vpc).or_default().push(path);
        }
    }
    let mut occupants: BTreeMap<&Path, Vec<Existing<'_>>> = BTreeMap::new();
    if by_vpc.is_empty() {
        return occupants;
    }
    let vpcs = vpcs(state);
    for occupant in all(state) {
        let Some(schema) = lookup(&occupant.resource.type_name) else { continue };
        let subnets = schema.public_subnets(&|place| texts(&occupant.resource.properties, place));
        let vpcs: BTreeSet<&str> = subnets.iter().filter_map(|subnet| vpcs.get(subnet.as_str()).copied()).collect();
        for held in vpcs.into_iter().filter_map(|vpc| by_vpc.get(vpc)).flatten() {
            occupants.entry(held).or_default().push(occupant);
        }
    }
    occupants
}

/// The VPC whose public addresses hold a resource.
fn held_by_vpc(resource: &ResourceState) -> Option<String> {
    lookup(&resource.type_name)?.held_by_public_addresses_of(&|place| texts(&resource.properties, place))
}

/// The VPCs by what lies in them, as subnets do.
fn vpcs(state: &State) -> BTreeMap<&str, &str> {
    all(state)
        .filter_map(|it| Some((it.resource.id.as_str(), it.resource.properties.get("VpcId")?.as_str()?)))
        .collect()
}

/// The resources of the program that will have public addresses in the VPC of the one at `held`, and are made by
/// these changes.
pub(crate) fn coming<'a>(
    assembly: &'a Assembly,
    state: &State,
    changes: &BTreeMap<Path, Change>,
    held: &Path,
) -> Vec<&'a Path> {
    let Some(vpc) = state.resources.get(held).and_then(held_by_vpc) else { return Vec::new() };
    let is_vpc = |value: &Value| match value {
        Value::Ref(of) => state
            .resources
            .get(&of.path)
            .is_some_and(|it| it.id == vpc || it.value_of("VpcId").is_some_and(|id| id == *vpc)),
        value => value.as_str() == Some(&vpc),
    };
    let is_in = |subnet: &Reference| {
        let declared = assembly.resources.get(&subnet.path).and_then(|entry| entry.properties.get("VpcId"));
        subnet.attribute == "SubnetId" && declared.is_some_and(is_vpc)
    };
    let is_coming = |path: &Path, entry: &ResourceEntry| {
        let made = changes.get(path).is_some_and(|it| matches!(it.action, Action::Create | Action::Replace(_)));
        let schema = lookup(&entry.type_name).filter(|_| made);
        schema.is_some_and(|schema| {
            !schema.public_subnets(&|place| declared(entry, place)).is_empty()
                && entry.references().into_iter().any(is_in)
        })
    };
    assembly.resources.iter().filter(|(path, entry)| is_coming(path, entry)).map(|(path, _)| path).collect()
}

/// The texts at a place of what the program declares; what is not known yet is some text.
fn declared(entry: &ResourceEntry, place: &str) -> Vec<String> {
    let top = place.split('.').next().unwrap_or_default();
    let is_set = entry.properties.contains_key(top);
    let known = texts(&entry.properties, place);
    if is_set && known.is_empty() { vec![String::new()] } else { known }
}

/// The replacements that would make the new resource first, while the old one holds what is deleted or detached
/// first.
pub(super) fn in_the_way(state: &State, changes: &BTreeMap<Path, Change>) -> BTreeSet<Path> {
    let first: Vec<_> = changes
        .values()
        .filter(|change| change.action == Action::Replace(Order::DeleteFirst) || is_detached(change))
        .map(|change| &change.path)
        .collect();
    if first.is_empty() {
        return BTreeSet::new();
    }
    let occupants = occupants(state);
    let holders = first.into_iter().filter_map(|path| occupants.get(path)).flatten();
    let is_in_the_way = |it: &&Existing<'_>| {
        let action = changes.get(it.path).map(|change| change.action);
        it.stands(state) && action == Some(Action::Replace(Order::CreateFirst))
    };
    holders.filter(is_in_the_way).map(|it| it.path.clone()).collect()
}

/// Whether a change in place gives away what public addresses hold.
pub(crate) fn is_detached(change: &Change) -> bool {
    let schema = lookup(&change.type_name).filter(|_| change.action == Action::Update);
    schema.is_some_and(|schema| change.properties.iter().any(|changed| schema.is_detached_by(&changed.property)))
}

/// The texts at a path of the properties; lists on the way are looked through.
fn texts(properties: &BTreeMap<String, Value>, path: &str) -> Vec<String> {
    fn collect(value: &Value, rest: &[&str], found: &mut Vec<String>) {
        match (value, rest) {
            (Value::List(items), _) => items.iter().for_each(|item| collect(item, rest, found)),
            (value, []) => found.extend(value.as_str().map(str::to_owned)),
            (value, [first, rest @ ..]) => {
                if let Some(value) = value.get(first) {
                    collect(value, rest, found);
                }
            }
        }
    }
    let mut found = Vec::new();
    let steps: Vec<&str> = path.split('.').collect();
    if let Some((first, rest)) = steps.split_first()
        && let Some(value) = properties.get(*first)
    {
        collect(value, rest, &mut found);
    }
    found
}
