//! The behavior of resource types in the simulator: the table of facts, on a time scale.

use groundplan_engine::provider::{Behavior, Recovery};
use groundplan_schema::ResourceType;

use crate::clock::TimeScale;

/// Returns the behavior of `resource`, with durations on `time_scale`.
pub(crate) fn behavior(resource: &ResourceType, time_scale: TimeScale) -> Behavior {
    let mut behavior = resource.behavior();
    // A timeout that shrank with the time scale could be over before a busy machine looks.
    behavior.wait.interval = time_scale.scale(behavior.wait.interval);
    behavior
}

/// Returns whether a name of this type is unique, though it is not its identifier.
pub(crate) fn has_unique_name(resource: &ResourceType) -> bool {
    resource.own_behavior().recovery == Recovery::DeterministicName
}
