//! Injects faults from a seed.

use std::time::Duration;

use crate::derive::Derivation;

/// Faults to inject into the simulated cloud. By default, there are none.
///
/// The affected calls depend only on the seed of the simulator and the order of the calls, so that a failed run can be
/// repeated. Probabilities are from 0 to 1.
///
/// ```
/// use groundplan_simulator::{Faults, Simulator};
///
/// let faults = Faults { throttle: 0.2, lost_response: 0.1, ..Faults::default() };
/// let cloud = Simulator::in_memory(42).with_faults(faults);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Faults {
    /// The probability that a call is throttled.
    pub throttle: f64,
    /// The probability that a call fails without an effect.
    pub transient: f64,
    /// The probability that a call takes effect, but its response is lost.
    pub lost_response: f64,
    /// The probability that a create with a lost response made the resource without the settings that can be changed
    /// later, since many types take further calls for those. This concerns types that are ready immediately.
    pub half_made: f64,
    /// The probability that a create makes the resource, but the settings that can be changed later are permanently
    /// refused. This concerns types that are ready immediately, as [`half_made`](Self::half_made) is: of others an
    /// engine cannot distinguish, if the answer is lost as well, missing settings from pending ones.
    pub refused_settings: f64,
    /// The number of calls, from the time when the faults are set, after which the credentials are expired.
    pub expired_after: Option<usize>,
    /// The probability that a resource that takes time to become ready fails instead.
    pub failing_readiness: f64,
    /// The factor for durations. 1 is the documented duration.
    pub slow_readiness: f64,
    /// The time after its creation in which a resource may be invisible to reads, lookups, and calls that refer to it
    /// or delete it. In this time, each call sees it or not, at random.
    pub consistency_window: Duration,
    /// The duration of each call, half of it before its effect and half after.
    pub latency: Duration,
}

impl Default for Faults {
    fn default() -> Self {
        Self {
            throttle: 0.0,
            transient: 0.0,
            lost_response: 0.0,
            half_made: 0.0,
            refused_settings: 0.0,
            expired_after: None,
            failing_readiness: 0.0,
            slow_readiness: 1.0,
            consistency_window: Duration::ZERO,
            latency: Duration::ZERO,
        }
    }
}

/// The dice of one call.
#[derive(Clone)]
pub(crate) struct Dice {
    pub(crate) faults: Faults,
    derivation: Derivation,
}

impl Dice {
    /// Those of the `call`th call of a simulator.
    pub(crate) fn of(faults: Faults, seed: u64, call: u64) -> Self {
        let derivation = Derivation::new(&seed.to_be_bytes(), &["dice", &call.to_string()]);
        Self { faults, derivation }
    }

    /// Returns whether an event with this `probability` happens in this call.
    pub(crate) fn hit(&self, what: &str, probability: f64) -> bool {
        probability > 0.0 && self.derivation.fraction(what) < probability
    }

    /// Returns whether the answer to this call is lost after its effect.
    pub(crate) fn loses(&self) -> bool {
        self.hit("lost", self.faults.lost_response)
    }

    /// Returns whether this create makes its resource without its settings, and loses the answer.
    pub(crate) fn leaves_half_made(&self) -> bool {
        self.loses() && self.hit("half", self.faults.half_made)
    }

    /// Returns whether the settings that follow this create are refused.
    pub(crate) fn refuses_settings(&self) -> bool {
        self.hit("settings", self.faults.refused_settings)
    }

    /// Returns whether this call does not see a resource that was created at `created`.
    pub(crate) fn misses(&self, id: &str, created: u64, now: u64) -> bool {
        let window = crate::clock::millis(self.faults.consistency_window);
        now.saturating_sub(created) < window && self.hit(id, 0.5)
    }

    /// The cloud's id of this request.
    pub(crate) fn request_id(&self) -> String {
        self.derivation.uuid("request")
    }
}
