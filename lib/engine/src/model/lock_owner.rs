//! The owner of the lock of a state.

use std::fmt;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// The owner of a lock.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LockOwner {
    /// The process ID.
    pub pid: u32,
    /// The machine.
    pub host: String,
    /// The command, as in `deploy`.
    pub command: String,
    /// The time of locking, in seconds since 1970; zero if unknown.
    pub since: u64,
    /// The user or build that started it, if known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
}

impl LockOwner {
    /// Creates the owner for a run of this command, without further details.
    pub fn new(command: impl Into<String>) -> Self {
        Self { pid: 0, host: String::new(), command: command.into(), since: 0, user: None }
    }

    /// Creates an owner that is not known.
    pub(crate) fn unknown() -> Self {
        Self::new("another run")
    }

    /// Sets the user.
    #[must_use]
    pub fn by(self, user: impl Into<String>) -> Self {
        Self { user: Some(user.into()), ..self }
    }

    /// Returns how long it has held the lock at the time `now`, in seconds since 1970; `None` if the start is unknown,
    /// and zero if its clock is ahead.
    pub fn held(&self, now: u64) -> Option<Duration> {
        (self.since > 0).then(|| Duration::from_secs(now.saturating_sub(self.since)))
    }
}

/// `` `deploy` (process 4711 of ada on build-7, since 2026-11-22 15:54:37 UTC) ``
impl fmt::Display for LockOwner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if *self == Self::unknown() {
            return f.write_str(&self.command);
        }
        let host = if self.host.is_empty() { "this machine" } else { &self.host };
        let user = self.user.as_ref().map(|user| format!(" of {user}")).unwrap_or_default();
        write!(f, "`{}` (process {}{user} on {host}", self.command, self.pid)?;
        let since = i64::try_from(self.since).ok().filter(|since| *since > 0);
        if let Some(since) = since.and_then(|since| Timestamp::from_second(since).ok()) {
            write!(f, ", since {}", since.strftime("%F %T UTC"))?;
        }
        f.write_str(")")
    }
}

/// The last heartbeat of the owner of a lease.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LastHeartbeat {
    /// The age in seconds by the clock of this machine; negative if the clock of the owner is ahead.
    pub ago: i64,
    /// The duration of the lease without a heartbeat.
    pub lease: Duration,
}

impl LastHeartbeat {
    /// Returns whether the run seems to have died. Only observing the lease for its whole length proves that.
    pub fn is_overdue(&self) -> bool {
        Duration::from_secs(self.ago.unsigned_abs()) >= self.lease
    }
}

/// `, last heard of 5s ago`
impl fmt::Display for LastHeartbeat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.ago {
            ago @ 1.. => write!(f, ", last heartbeat {:#} ago", SignedDuration::from_secs(ago)),
            _ => f.write_str(", last heartbeat just now"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_long_a_lock_is_held_follows_from_the_callers_clock() {
        const DAY: u64 = 24 * 60 * 60;
        let owner = LockOwner { pid: 4711, host: "build-7".into(), since: 20_000 * DAY, ..LockOwner::new("deploy") };
        assert_eq!(owner.held(20_000 * DAY + 185), Some(Duration::from_secs(185)));
        assert_eq!(owner.held(19_999 * DAY), Some(Duration::ZERO), "its clock is ahead");
        assert_eq!(LockOwner::new("deploy").held(DAY), None);
        let shown = owner.by("ada").to_string();
        assert_eq!(shown, "`deploy` (process 4711 of ada on build-7, since 2024-10-04 00:00:00 UTC)");
        assert_eq!(LockOwner::unknown().to_string(), "another run");
    }
}
