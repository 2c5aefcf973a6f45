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
    /// Since when, in seconds since 1970.
    pub since: u64,
    /// The person or build that has started it, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
}

impl LockOwner {
    /// This process, from now on.
    pub fn here(command: impl Into<String>) -> Self {
        let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
        let since = u64::try_from(Timestamp::now().as_second()).unwrap_or_default();
        Self { pid: std::process::id(), host: host.trim().to_owned(), command: command.into(), since, user: None }
    }

    /// One that has not said who it is.
    pub(crate) fn unknown() -> Self {
        Self { pid: 0, host: String::new(), command: "another run".into(), since: u64::MAX, user: None }
    }

    /// The same, started by `user`.
    #[must_use]
    pub fn by(self, user: impl Into<String>) -> Self {
        Self { user: Some(user.into()), ..self }
    }
}

/// `` `deploy` (process 4711 of ada on build-7, since 2026-11-22 15:54:37 UTC, for 3m 5s) ``
impl fmt::Display for LockOwner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let host = if self.host.is_empty() { "this machine" } else { &self.host };
        let user = self.user.as_ref().map(|user| format!(" of {user}")).unwrap_or_default();
        write!(f, "`{}` (process {}{user} on {host}", self.command, self.pid)?;
        let since = i64::try_from(self.since).ok().and_then(|since| Timestamp::from_second(since).ok());
        if let Some(since) = since {
            let elapsed = Timestamp::now().duration_since(since).max(SignedDuration::ZERO);
            let elapsed = SignedDuration::from_secs(elapsed.as_secs());
            write!(f, ", since {}, for {elapsed:#}", since.strftime("%F %T UTC"))?;
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
