//! What goes wrong, under a seed.

use std::time::Duration;

use crate::derive::Derivation;

/// How often, and how, the simulated cloud misbehaves. By default it does not.
///
/// Which call is hit depends on the simulator's seed and on the order of the calls alone, so a
/// run that failed can be repeated. Probabilities are from 0 to 1.
///
/// ```
/// use groundplan_simulator::{Faults, Simulator};
///
/// let faults = Faults { throttle: 0.2, lost_response: 0.1, ..Faults::default() };
/// let cloud = Simulator::in_memory(42).with_faults(faults);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Faults {
    /// How probable it is that a call is refused because of too many calls.
    pub throttle: f64,
    /// How probable it is that a call fails without effect.
    pub transient: f64,
    /// How probable it is that a call has its effect, but the answer does not arrive.
    pub lost_response: f64,
    /// How probable it is that a create whose answer is lost has made the resource without the
    /// settings that can be changed later: many a type takes further calls for those. It is about
    /// types that are ready at once.
    pub half_made: f64,
    /// How probable it is that a create makes the resource, and that the settings which can be changed
    /// later are refused for good. It is about types that are ready at once, as
    /// [`half_made`](Self::half_made) is: of others an engine cannot tell, when the answer is lost as
    /// well, what is missing from what is still to come.
    pub refused_settings: f64,
    /// After so many calls, counted from when the faults were set, the credentials are expired.
    pub expired_after: Option<usize>,
    /// How probable it is that something that takes its time to become ready fails instead.
    pub failing_readiness: f64,
    /// What durations are multiplied by: 1 is the documented duration.
    pub slow_readiness: f64,
    /// How long after its creation a resource may be invisible to reads, lookups, and calls that
    /// refer to it or delete it. In that time each of them sees it or does not, by chance.
    pub consistency_window: Duration,
    /// How long each call takes, half of it before its effect and half after.
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

    /// Whether what happens with `probability` does so in this call.
    pub(crate) fn hit(&self, what: &str, probability: f64) -> bool {
        probability > 0.0 && self.derivation.fraction(what) < probability
    }

    /// Whether the answer to this call is lost after its effect.
    pub(crate) fn loses(&self) -> bool {
        self.hit("lost", self.faults.lost_response)
    }

    /// Whether this create has made its resource without its settings.
    pub(crate) fn leaves_half_made(&self) -> bool {
        self.loses() && self.hit("half", self.faults.half_made)
    }

    /// Whether the settings that follow this create are refused.
    pub(crate) fn refuses_settings(&self) -> bool {
        self.hit("settings", self.faults.refused_settings)
    }

    /// Whether this call does not see what was made at `created`.
    pub(crate) fn misses(&self, id: &str, created: u64, now: u64) -> bool {
        let window = crate::clock::millis(self.faults.consistency_window);
        now.saturating_sub(created) < window && self.hit(id, 0.5)
    }

    /// The cloud's id of this request.
    pub(crate) fn request_id(&self) -> String {
        self.derivation.uuid("request")
    }
}
