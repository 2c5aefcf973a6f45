//! What the public addresses in a VPC hold.

use std::collections::{BTreeMap, BTreeSet};

use groundplan_core::{Path, Value};
use groundplan_schema::lookup;

use super::{Action, Change, Order};
use crate::model::{ResourceState, State};

/// The resources of a state that are held by others which do not name them, each with those.
pub(crate) fn occupants<'s>(state: &'s State) -> BTreeMap<&'s Path, BTreeSet<&'s Path>> {
    let mut by_vpc: BTreeMap<String, Vec<&Path>> = BTreeMap::new();
    for (path, resource) in &state.resources {
        let schema = lookup(&resource.type_name);
        let vpc = schema.and_then(|schema| schema.held_by_public_addresses_of(&|place| texts(resource, place)));
        if let Some(vpc) = vpc {
            by_vpc.entry(vpc).or_default().push(path);
        }
    }
    let mut occupants: BTreeMap<&Path, BTreeSet<&Path>> = BTreeMap::new();
    if by_vpc.is_empty() {
        return occupants;
    }
    let in_vpc =
        |resource: &'s ResourceState| Some((resource.id.as_str(), resource.properties.get("VpcId")?.as_str()?));
    let vpc_of: BTreeMap<&str, &str> = state.resources.values().filter_map(in_vpc).collect();
    for (path, resource) in &state.resources {
        let Some(schema) = lookup(&resource.type_name) else { continue };
        for subnet in schema.public_subnets(&|place| texts(resource, place)) {
            let held = vpc_of.get(subnet.as_str()).and_then(|vpc| by_vpc.get(*vpc));
            for held in held.into_iter().flatten() {
                occupants.entry(held).or_default().insert(path);
            }
        }
    }
    occupants
}

/// The replacements that would make the new resource first, while the old one holds what is deleted first.
pub(super) fn in_the_way(state: &State, changes: &BTreeMap<Path, Change>) -> BTreeSet<Path> {
    let is = |path: &Path, order| changes.get(path).is_some_and(|change| change.action == Action::Replace(order));
    let first: Vec<_> = changes.keys().filter(|path| is(path, Order::DeleteFirst)).collect();
    if first.is_empty() {
        return BTreeSet::new();
    }
    let occupants = occupants(state);
    let holders = first.into_iter().filter_map(|path| occupants.get(path)).flatten();
    holders.filter(|path| is(path, Order::CreateFirst)).map(|path| (*path).clone()).collect()
}

/// The texts at a path of the properties; lists on the way are looked through.
fn texts(resource: &ResourceState, path: &str) -> Vec<String> {
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
        && let Some(value) = resource.properties.get(*first)
    {
        collect(value, rest, &mut found);
    }
    found
}
