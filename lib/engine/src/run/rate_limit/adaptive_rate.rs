//! The rate of calls to an API, adapted to its throttling.
//!
//! AWS limits rates, not how many calls are under way: each API has a bucket of tokens per account
//! and region that is filled at a steady rate, and refuses what comes while it is empty
//! (<https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-throttling.html>). So what is adapted
//! here is a rate, too, as in the adaptive retry mode of AWS's SDKs
//! (<https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html>): nothing is held
//! back before the first refusal; a refusal lowers the rate at once, and from there it grows along
//! a cubic curve, flat where the limit is known to be and steep where it must have changed. A limit
//! on the calls under way (AIMD, or Netflix's concurrency-limits) answers another question, how
//! long a queue the other side has: with calls of 50 ms, even one at a time is 20 a second, four
//! times what Route 53 takes.
//!
//! Two things differ from the SDKs. All calls of a run to an API share one pace, and a call that
//! waits for it holds nothing that another API could use. And the limit is measured and not only
//! searched for: between two refusals the bucket went from empty to empty, so what was accepted in
//! between is what flowed in.

use std::time::Duration;

use tokio::time::Instant;

/// The factor by which a refusal lowers the rate at which the API is known to accept calls. The bucket fills meanwhile,
/// so that delayed calls can be sent later.
const CUT: f64 = 0.9;

/// The factor if refusals follow each other too fast for a measurement.
const STEEP_CUT: f64 = 0.7;

/// The time in which the curve grows from the known rate to the double, in seconds.
const GROWTH: f64 = 15.0;

/// The slowest pace, in calls a second: the same as the SDKs'.
const SLOWEST: f64 = 0.5;

/// The shortest time over which a rate is measured.
const MEASURE: Duration = Duration::from_secs(1);

/// A turn that is taken so late still counts as in time, so that timers that wake late cost no
/// throughput.
const SLACK: Duration = Duration::from_millis(50);

/// The pace of the calls to one API: as fast as they come until the API throttles.
#[derive(Debug, Default)]
pub(super) struct AdaptiveRate {
    meter: Meter,
    limit: Option<Limit>,
}

#[derive(Debug)]
struct Limit {
    /// Calls a second that the API takes, as far as is known.
    known: f64,
    /// The time of the last throttling. Calls that were sent before say nothing new.
    cut: Instant,
    /// The time at which the curve starts.
    grows: Instant,
    /// The time at which the bucket was empty, and the number of accepted calls of those sent since; `None` if it may
    /// have overflowed since.
    emptied: Option<(Instant, u32)>,
    /// The time at which the next call may be sent.
    next: Instant,
}

impl AdaptiveRate {
    /// Checks whether a call may be sent now; else returns the time at which it may.
    pub(super) fn opens(&self, now: Instant) -> Result<(), Instant> {
        match &self.limit {
            Some(limit) if limit.next > now => Err(limit.next),
            _ => Ok(()),
        }
    }

    /// Counts a call that is sent now.
    pub(super) fn sent(&mut self, now: Instant) {
        let Some(limit) = &mut self.limit else { return };
        let beat = Duration::from_secs_f64(1.0 / limit.rate(now));
        if now > limit.next + beat + SLACK {
            // Nobody was there at a beat. The bucket may run over, so that nothing is measured, and
            // that the API does not throttle is no sign that it would take more.
            limit.emptied = None;
            limit.grows = now - Duration::from_secs_f64(plateau());
        }
        limit.next = limit.next.max(now - SLACK) + beat;
    }

    /// Learns from the answer to a call that was sent at `sent`. Gives the rate, in calls a second,
    /// where it is the first time that the API throttles.
    pub(super) fn answered(&mut self, sent: Instant, throttled: bool, now: Instant) -> Option<f64> {
        match (&mut self.limit, throttled) {
            (None, false) => self.meter.count(now),
            (Some(limit), false) => {
                if let Some((_, accepted)) = limit.emptied.as_mut().filter(|(since, _)| sent >= *since) {
                    *accepted += 1;
                }
            }
            (Some(limit), true) if sent > limit.cut => limit.cut(now),
            (Some(_), true) => {}
            (None, true) => {
                let known = self.meter.rate(now).max(1.0);
                let mut limit = Limit { known, cut: now, grows: now, emptied: Some((now, 0)), next: now };
                limit.next += Duration::from_secs_f64(1.0 / limit.rate(now));
                let rate = limit.rate(now);
                self.limit = Some(limit);
                return Some(rate);
            }
        }
        None
    }
}

impl Limit {
    /// Calls a second.
    fn rate(&self, now: Instant) -> f64 {
        let grown = (now - self.grows).as_secs_f64() - plateau();
        (self.known * (1.0 + (grown / GROWTH).powi(3))).max(SLOWEST)
    }

    /// Once for each round trip: what was sent before the last cut is not counted again.
    fn cut(&mut self, now: Instant) {
        let measured = self.emptied.map(|(since, accepted)| (now - since, accepted));
        self.known = match measured {
            Some((elapsed, accepted)) if elapsed >= MEASURE => f64::from(accepted) / elapsed.as_secs_f64(),
            Some(_) => self.known * STEEP_CUT,
            None => self.known,
        };
        self.known = self.known.max(SLOWEST);
        if measured.is_none_or(|(elapsed, _)| elapsed >= MEASURE) {
            self.emptied = Some((now, 0));
        }
        (self.cut, self.grows) = (now, now);
        self.next = self.next.max(now + Duration::from_secs_f64(1.0 / self.rate(now)));
    }
}

/// The seconds after a cut at which the curve is at the known rate again.
fn plateau() -> f64 {
    GROWTH * (1.0 - CUT).cbrt()
}

/// Counts what was accepted in the last second.
#[derive(Debug, Default)]
struct Meter {
    since: Option<Instant>,
    before: u32,
    current: u32,
}

impl Meter {
    fn count(&mut self, now: Instant) {
        self.turn(now);
        self.current += 1;
    }

    fn rate(&mut self, now: Instant) -> f64 {
        let part = self.turn(now).as_secs_f64();
        f64::from(self.before) * (1.0 - part) + f64::from(self.current)
    }

    /// Starts another second where one is over; gives how much of the current one is.
    fn turn(&mut self, now: Instant) -> Duration {
        let since = *self.since.get_or_insert(now);
        let elapsed = now - since;
        if elapsed < MEASURE {
            return elapsed;
        }
        self.before = if elapsed < 2 * MEASURE { self.current } else { 0 };
        self.current = 0;
        let part = Duration::from_secs_f64(elapsed.as_secs_f64().fract());
        self.since = Some(now - part);
        part
    }
}
