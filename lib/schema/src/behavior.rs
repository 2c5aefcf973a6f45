//! How resources of a type behave in a cloud: the types of the facts that provider, planner and
//! simulator share.

use std::time::Duration;

/// How resources of a type behave, as data that the engine plans with.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Behavior {
    /// How a create whose outcome is unknown is resolved.
    pub recovery: Recovery,
    /// Whether a second one can exist beside the first while the first is replaced.
    pub coexists: bool,
    /// How readiness after a create or update, and the end of a delete, is waited for.
    pub wait: Wait,
    /// Outputs that are known and usable as soon as the create is accepted, though the resource
    /// is not ready yet.
    pub early_outputs: &'static [&'static str],
    /// The API whose rate limits its calls share, as in `ec2`.
    pub api: &'static str,
}

/// How a create whose outcome is unknown is resolved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recovery {
    /// Repeating the call with the same token gives the same resource.
    ClientToken,
    /// The name is known before the call, so the resource is looked up by it.
    DeterministicName,
    /// The identity tags are set in the create call, so the resource is looked up by them.
    FindByTag,
    /// The resource is the relation of others (a route, an attachment), so it is looked up by
    /// its parts.
    ByParts,
    /// The call takes neither token, name nor tags. What the owner has is listed, and what the state knows
    /// already is not what the create has made.
    ByOwner,
}

/// What a create call does where there is a resource with the same name or parts already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnDuplicate {
    /// It fails.
    Refuses,
    /// It returns the existing one with the same settings as if it had made it: whether it did, the tags of
    /// what it returned tell.
    Returns,
    /// It overwrites the existing one, or succeeds without an effect, and takes no tags. Two resources with one
    /// claim would be one thing then, and a delete of either would remove it: so the provider looks for one before
    /// it creates, and refuses the create where there is one.
    Overwrites,
}

/// How long to wait for readiness.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wait {
    /// The longest time between two looks, which follow each other faster at first; zero where the
    /// resource is ready at once.
    pub interval: Duration,
    /// When to give up.
    pub timeout: Duration,
}

impl Wait {
    /// Ready, or gone, as soon as the call has returned.
    pub const NONE: Self = Self { interval: Duration::ZERO, timeout: Duration::ZERO };

    /// Looks every `interval` seconds or more often, for at most `timeout` seconds.
    pub const fn seconds(interval: u64, timeout: u64) -> Self {
        Self { interval: Duration::from_secs(interval), timeout: Duration::from_secs(timeout) }
    }
}
