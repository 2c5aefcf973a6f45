//! Who holds the lock of a state.

use std::fmt;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// Who holds a lock.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LockOwner {
    /// The process.
    pub pid: u32,
    /// The machine.
    pub host: String,
    /// What it is doing, as in `deploy`.
    pub command: String,
    /// Since when, in seconds since 1970; zero where that is not known.
    pub since: u64,
    /// The person or build that has started it, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
}

impl LockOwner {
    /// A run of this command, of which nothing else is known.
    pub fn new(command: impl Into<String>) -> Self {
        Self { pid: 0, host: String::new(), command: command.into(), since: 0, user: None }
    }

    /// One that has not said who it is.
    pub(crate) fn unknown() -> Self {
        Self::new("another run")
    }

    /// The same, started by `user`.
    #[must_use]
    pub fn by(self, user: impl Into<String>) -> Self {
        Self { user: Some(user.into()), ..self }
    }

    /// How long it has had the lock at `now`, in seconds since 1970; none where it has not said since when. Zero
    /// where its clock is ahead.
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

/// The last sign of life of the run that holds a lock which runs out without one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LastHeartbeat {
    /// How many seconds ago that was by this machine's clock, which may be another one's future.
    pub ago: i64,
    /// How long the lock lasts without a sign of life.
    pub lease: Duration,
}

impl LastHeartbeat {
    /// Whether that run seems to have died. Only watching it tells.
    pub fn is_overdue(&self) -> bool {
        Duration::from_secs(self.ago.unsigned_abs()) >= self.lease
    }
}

/// `, last heard of 5s ago`
impl fmt::Display for LastHeartbeat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.ago {
            ago @ 1.. => write!(f, ", last heard of {:#} ago", SignedDuration::from_secs(ago)),
            _ => f.write_str(", heard of just now"),
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
