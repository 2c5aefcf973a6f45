//! How resources of a type behave here: as the table of facts says, on a pace.

use groundplan_engine::provider::{Behavior, Recovery};
use groundplan_schema::ResourceType;

use crate::clock::Pace;

/// How `resource` behaves where durations take `pace`.
pub(crate) fn behavior(resource: &ResourceType, pace: Pace) -> Behavior {
    let mut behavior = resource.behavior();
    // A timeout that shrank with the pace could be over before a busy machine looks.
    behavior.wait.interval = pace.scale(behavior.wait.interval);
    behavior
}

/// Whether a name of this type can be taken once only, though it is not its identifier.
pub(crate) fn has_unique_name(resource: &ResourceType) -> bool {
    resource.own_behavior().recovery == Recovery::DeterministicName
}
