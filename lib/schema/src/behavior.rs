//! The behavior of resource types in a cloud: the facts that provider, planner and simulator share.

use std::time::Duration;

/// The time until AWS's APIs agree about a change: after it, everyone sees what was just made.
/// <https://docs.aws.amazon.com/ec2/latest/devguide/eventual-consistency.html>
pub const CONSISTENCY_WINDOW: Duration = Duration::from_secs(12);

/// The behavior of a resource type, as data for planning.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Behavior {
    /// The way to resolve a create whose outcome is unknown.
    pub recovery: Recovery,
    /// `true` if the new resource can exist beside the old one during a replacement.
    pub coexists: bool,
    /// The wait for readiness after a create or update, and for the end of a delete.
    pub wait: Wait,
    /// Outputs that are known and usable as soon as the create is accepted, before the resource is ready.
    pub early_outputs: &'static [&'static str],
    /// The API whose rate limits the calls share, as in `ec2`.
    pub api: &'static str,
}

/// The way to resolve a create whose outcome is unknown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recovery {
    /// Repeating the call with the same token gives the same resource.
    ClientToken,
    /// The name is known before the call, so the resource is looked up by it.
    DeterministicName,
    /// The identity tags are set in the create call, so the resource is looked up by them.
    FindByTag,
    /// The resource is a relation of others, such as a route or an attachment, so it is looked up by its parts.
    ByParts,
    /// The call accepts neither token, name nor tags. The resources of the owner are listed, and those that are already
    /// in the state are excluded.
    ByOwner,
}

/// The effect of a create call if a resource with the same name or parts already exists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnDuplicate {
    /// The call fails.
    Refuses,
    /// The call returns an existing resource with the same settings as if it had created it. The tags of the returned
    /// resource show whether it did.
    Returns,
    /// The call overwrites the existing resource, or succeeds without an effect, and accepts no tags. Two resources
    /// with one claim would then be the same thing, and a delete of either would remove it. Therefore, the provider
    /// searches for an existing resource first, and refuses the create if there is one.
    Overwrites,
}

/// The interval and the limit of the wait for readiness.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wait {
    /// The maximum time between two polls, which is shorter at first; zero if the resource is ready immediately.
    pub interval: Duration,
    /// The maximum time to wait.
    pub timeout: Duration,
}

impl Wait {
    /// Ready or deleted as soon as the call returns.
    pub const NONE: Self = Self { interval: Duration::ZERO, timeout: Duration::ZERO };

    /// Polls every `interval` seconds or more often, for at most `timeout` seconds.
    pub const fn seconds(interval: u64, timeout: u64) -> Self {
        Self { interval: Duration::from_secs(interval), timeout: Duration::from_secs(timeout) }
    }
}
