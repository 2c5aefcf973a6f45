//! What cannot follow its subnets to another network.

use groundplan_core::{Path, Value};
use groundplan_schema::ResourceType;

use super::{PropertyChange, Replaces};
use crate::model::{ResourceState, State};

/// Where the subnets of a resource are.
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
    for property in schema.subnets_of_one_network() {
        let top = property.split('.').next().unwrap_or_default();
        let is_within = |change: &&mut PropertyChange| change.property.split('.').next() == Some(top);
        let mut changes: Vec<_> = changes.iter_mut().filter(is_within).collect();
        let (Some(old), Some(new)) = (prior.properties.get(top), declared(top)) else { continue };
        let Some(old) = prior.dependencies.iter().find_map(|path| network_of(state, path, old)) else { continue };
        let moves = |path: &Path| network(path).is_some_and(|new| new.is_open() || new.as_str() != Some(old));
        if !changes.is_empty() && new.references().iter().any(|reference| moves(&reference.path)) {
            changes.iter_mut().for_each(|change| change.replacement = Replaces::Yes);
        }
    }
}

/// The network of what stands at `path`, where that is one of these subnets.
fn network_of<'s>(state: &'s State, path: &Path, subnets: &Value) -> Option<&'s str> {
    let subnet = state.resources.get(path)?;
    let mut is_one = false;
    subnets.walk(&mut |value| is_one |= value.as_str() == Some(&subnet.id));
    subnet.properties.get(NETWORK).filter(|_| is_one)?.as_str()
}
