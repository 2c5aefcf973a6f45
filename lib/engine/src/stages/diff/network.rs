//! Resources that cannot move to another VPC with their subnets.

use std::collections::BTreeSet;

use groundplan_core::{Path, Value};
use groundplan_schema::{Replacement, ResourceType};

use super::PropertyChange;
use super::existing::{Incarnation, all};
use crate::model::{ResourceState, State};

/// The property with the VPC of a resource's subnets.
pub(super) const NETWORK: &str = "VpcId";

/// Has the changes of a resource's subnets replace it where the new ones are in another VPC and it can only be in
/// one. `network` gives the [`NETWORK`] that a subnet of the program will have, where it has one.
pub(super) fn replaces<'v>(
    schema: &ResourceType,
    state: &State,
    prior: &ResourceState,
    declared: &dyn Fn(&str) -> Option<&'v Value>,
    network: &dyn Fn(&Path) -> Option<&'v Value>,
    changes: &mut [PropertyChange],
) {
    let tops: BTreeSet<&str> =
        schema.subnets_of_one_network().iter().filter_map(|property| property.split('.').next()).collect();
    let is_subnets =
        |change: &&mut PropertyChange| change.property.split('.').next().is_some_and(|top| tops.contains(top));
    let mut changes: Vec<_> = changes.iter_mut().filter(is_subnets).collect();
    if changes.is_empty() {
        return;
    }
    let old: Vec<&Value> = tops.iter().filter_map(|top| prior.properties.get(*top)).collect();
    let Some(old) = all(state).find_map(|subnet| network_of(&subnet, &old)) else { return };
    let moves = |path: &Path| network(path).is_some_and(|new| new.as_str() != Some(old));
    let new = tops.iter().filter_map(|top| declared(top));
    if new.flat_map(Value::references).any(|reference| moves(&reference.path)) {
        changes.iter_mut().for_each(|change| change.replacement = Replacement::Always);
    }
}

/// The network of a resource, where that is one of these subnets.
fn network_of<'s>(subnet: &Incarnation<'s>, subnets: &[&Value]) -> Option<&'s str> {
    let network = subnet.resource.properties.get(NETWORK)?.as_str()?;
    let mut is_one = false;
    for value in subnets {
        value.walk(&mut |value| is_one |= value.as_str() == Some(&subnet.resource.id));
    }
    is_one.then_some(network)
}

#[cfg(test)]
#[path = "network_tests.rs"]
mod tests;
