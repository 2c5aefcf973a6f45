//! The clock of the simulator.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::time::Instant;

/// The speed of the simulation, relative to documented durations.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TimeScale(f64);

impl TimeScale {
    /// The speed of AWS. With tokio's paused clock, twenty minutes take no time.
    pub const REAL: Self = Self(1.0);

    /// Everything is ready as soon as it is accepted.
    pub const INSTANT: Self = Self(0.0);

    /// Returns the time scale at which a minute in AWS takes `duration`.
    pub fn minute_in(duration: Duration) -> Self {
        Self(duration.as_secs_f64() / 60.0)
    }

    /// Returns `duration` on this time scale.
    pub(crate) fn scale(self, duration: Duration) -> Duration {
        duration.mul_f64(self.0)
    }
}

/// Tells the time in milliseconds.
#[derive(Debug)]
pub(crate) enum Clock {
    /// Since the simulator was made: on tokio's clock, which tests pause.
    Tokio(Instant),
    /// Since 1970, so that what one run has begun is ready in the next.
    Wall,
}

impl Clock {
    pub(crate) fn now(&self) -> u64 {
        let elapsed = match self {
            Self::Tokio(start) => start.elapsed(),
            Self::Wall => SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default(),
        };
        millis(elapsed)
    }
}

pub(crate) fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
