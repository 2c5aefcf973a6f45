//! Resources with public addresses, which keep an internet gateway attached.

use std::collections::{BTreeMap, BTreeSet};

use groundplan_core::{Assembly, Deferred, Path, ResourceEntry, Value};
use groundplan_schema::{InVpc, ResourceType, lookup};

use super::existing::{Incarnation, all};
use super::{Action, Change, Order};
use crate::model::{ResourceState, State};

/// A resource that others hold without naming it, with those.
pub(crate) struct Occupied<'s> {
    pub(crate) held: Incarnation<'s>,
    pub(crate) occupants: Vec<Incarnation<'s>>,
}

/// Returns the existing resources that are held by others which do not name them, each with those. A deposed resource
/// is held like a managed one: it is still to be deleted.
pub(crate) fn occupied(state: &State) -> Vec<Occupied<'_>> {
    let held = all(state).filter_map(|it| Some((held_by_vpc(it.resource)?, it)));
    let held: Vec<(String, Incarnation<'_>)> = held.collect();
    if held.is_empty() {
        return Vec::new();
    }
    let vpcs = vpcs(state);
    let mut by_vpc: BTreeMap<String, Vec<Incarnation<'_>>> = BTreeMap::new();
    for occupant in all(state) {
        let Some(schema) = lookup(&occupant.resource.type_name) else { continue };
        let places = schema.public_places(&|place| texts(&occupant.resource.properties, place));
        let vpcs: BTreeSet<&str> = places.iter().filter_map(|place| vpc_of(&vpcs, place)).collect();
        let of_held = |vpc: &&str| held.iter().any(|(of, _)| of.as_str() == *vpc);
        let vpcs = vpcs.into_iter().filter(of_held);
        vpcs.for_each(|vpc| by_vpc.entry(vpc.to_owned()).or_default().push(occupant));
    }
    let mut found = Vec::new();
    for (vpc, held) in &held {
        if let Some(occupants) = by_vpc.get(vpc.as_str()) {
            found.push(Occupied { held: *held, occupants: occupants.clone() });
        }
    }
    found
}

/// Returns whether a resource has public addresses regardless of the settings of others, such as a subnet that assigns
/// addresses.
pub(crate) fn is_surely_public(resource: &ResourceState) -> bool {
    let schema = lookup(&resource.type_name);
    schema.is_some_and(|schema| schema.is_surely_public(&|place| texts(&resource.properties, place)))
}

/// The VPC whose public addresses hold a resource.
fn held_by_vpc(resource: &ResourceState) -> Option<String> {
    lookup(&resource.type_name)?.held_by_public_addresses_of(&|place| texts(&resource.properties, place))
}

/// The VPCs by what lies in them: by subnets, and by what names those, as a group of subnets and a cluster with that
/// do.
fn vpcs(state: &State) -> BTreeMap<InVpc, String> {
    let mut found: BTreeMap<InVpc, String> = BTreeMap::new();
    let named = |it: Incarnation<'_>| {
        let schema = lookup(&it.resource.type_name)?;
        let places = schema.places_in_vpc(&|place| texts(&it.resource.properties, place));
        (!places.is_empty()).then(|| (InVpc { type_name: schema.name, id: it.resource.id.clone() }, places))
    };
    let mut open: Vec<(InVpc, Vec<InVpc>)> = all(state).filter_map(named).collect();
    loop {
        let before = open.len();
        open.retain(|(it, places)| {
            let vpc = places.iter().find_map(|place| vpc_of(&found, place).map(str::to_owned));
            let is_open = vpc.is_none();
            found.extend(vpc.map(|vpc| (it.clone(), vpc)));
            is_open
        });
        if open.len() == before {
            return found;
        }
    }
}

fn vpc_of<'a>(vpcs: &'a BTreeMap<InVpc, String>, place: &'a InVpc) -> Option<&'a str> {
    if place.is_vpc() { Some(&place.id) } else { vpcs.get(place).map(String::as_str) }
}

/// The resources of the program that will have public addresses in the VPC that `held` is in, and are made by these
/// changes.
pub(crate) fn coming<'a>(
    assembly: &'a Assembly,
    state: &State,
    changes: &BTreeMap<Path, Change>,
    held: &ResourceState,
) -> Vec<&'a Path> {
    made_beside(assembly, state, changes, held, &|schema, entry| {
        !schema.public_places(&|place| declared(entry, place)).is_empty()
    })
}

/// The resources of the program that are made by these changes in the VPC that `held` is in, and that its public
/// addresses will hold.
pub(crate) fn attached<'a>(
    assembly: &'a Assembly,
    state: &State,
    changes: &BTreeMap<Path, Change>,
    held: &ResourceState,
) -> Vec<&'a Path> {
    made_beside(assembly, state, changes, held, &|schema, entry| {
        schema.held_by_public_addresses_of(&|place| declared(entry, place)).is_some()
    })
}

fn made_beside<'a>(
    assembly: &'a Assembly,
    state: &State,
    changes: &BTreeMap<Path, Change>,
    held: &ResourceState,
    is_meant: &dyn Fn(&ResourceType, &ResourceEntry) -> bool,
) -> Vec<&'a Path> {
    let Some(vpc) = held_by_vpc(held) else { return Vec::new() };
    let action = |path: &Path| changes.get(path).map(|change| change.action);
    // The new one of a VPC that is replaced is another one.
    let is_vpc = |value: &Value| match value {
        Value::Deferred(Deferred::Ref(of)) if matches!(action(&of.path), Some(Action::Replace(_))) => false,
        Value::Deferred(Deferred::Ref(of)) => state
            .resources
            .get(&of.path)
            .is_some_and(|it| it.id == vpc || it.value_of("VpcId").is_some_and(|id| id == *vpc)),
        value => value.as_str() == Some(&vpc),
    };
    let is_made = |path: &Path, entry: &ResourceEntry| {
        let made = matches!(action(path), Some(Action::Create | Action::Replace(_)));
        let schema = lookup(&entry.type_name).filter(|_| made);
        schema.is_some_and(|schema| is_meant(schema, entry) && lies_in(assembly, entry, &is_vpc, WAY))
    };
    assembly.resources.iter().filter(|(path, entry)| is_made(path, entry)).map(|(path, _)| path).collect()
}

/// The maximum number of resources between an address and its VPC: a cluster, a subnet group, a subnet.
const WAY: u8 = 4;

/// Returns whether a declared resource will be in a VPC: it names the VPC, or a resource in it.
fn lies_in(assembly: &Assembly, entry: &ResourceEntry, is_vpc: &dyn Fn(&Value) -> bool, way: u8) -> bool {
    if entry.properties.get("VpcId").is_some_and(is_vpc) {
        return true;
    }
    let is_between = |entry: &&ResourceEntry| {
        let schema = lookup(&entry.type_name);
        schema.is_some_and(|schema| !schema.places_in_vpc(&|place| declared(entry, place)).is_empty())
    };
    let named = entry.references().into_iter().filter_map(|reference| assembly.resources.get(&reference.path));
    way > 0 && named.filter(is_between).any(|named| lies_in(assembly, named, is_vpc, way - 1))
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
    let occupied = occupied(state);
    let held = occupied.iter().filter(|it| it.held.stands(state) && first.contains(&it.held.path));
    let holders = held.flat_map(|it| &it.occupants);
    let is_in_the_way = |it: &&Incarnation<'_>| {
        let action = changes.get(it.path).map(|change| change.action);
        it.stands(state) && action == Some(Action::Replace(Order::CreateFirst))
    };
    holders.filter(is_in_the_way).map(|it| it.path.clone()).collect()
}

/// Returns whether an update in place releases the resource that public addresses hold.
pub(crate) fn is_detached(change: &Change) -> bool {
    let schema = lookup(&change.type_name).filter(|_| change.action == Action::Update);
    schema.is_some_and(|schema| change.properties.iter().any(|changed| schema.is_detached_by(&changed.property)))
}

/// Returns the texts and Booleans at a path of the properties, through lists on the way.
fn texts(properties: &BTreeMap<String, Value>, path: &str) -> Vec<String> {
    fn collect(value: &Value, rest: &[&str], found: &mut Vec<String>) {
        match (value, rest) {
            (Value::List(items), _) => items.iter().for_each(|item| collect(item, rest, found)),
            (Value::Bool(value), []) => found.push(value.to_string()),
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

#[cfg(test)]
#[path = "occupants_tests.rs"]
mod tests;
