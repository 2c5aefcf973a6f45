//! Limits how many calls run concurrently, and the rate of the calls to each API.
//!
//! Every call to the cloud needs a permit, whether a step makes it or a read while planning. A permit is free when
//! fewer calls than allowed are running and the rate of the API allows the next call. Among the callers that wait
//! for an API, the one with the longest remaining path gets the next permit. A caller that waits for a throttled API
//! holds nothing that a call to another API could use.

mod adaptive_rate;

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::convert::Infallible;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use tokio::sync::{Notify, oneshot};
use tokio::time::{Instant, sleep_until};

use crate::provider::{ErrorClass, ProviderError};
use adaptive_rate::AdaptiveRate;

/// The priority of a step: the weight of the path that is still before it, then its position in the plan.
pub(crate) type Rank = (u64, Reverse<u32>);

/// Reports the first throttling of an API, and the calls per second that are sent from then on.
type Throttles<'a> = dyn Fn(&'static str, f64) + Send + Sync + 'a;

/// The calls of one run, or of one plan.
pub(crate) struct RateLimiter<'a> {
    shared: Mutex<Shared>,
    /// Notifies of a queue that may open at another time than known.
    changed: Notify,
    closed: AtomicBool,
    /// Notifies that everything is closed. It wakes in the order of waiting, unlike a `watch`, whose order is random.
    closing: Notify,
    /// The error about the credentials that closed everything.
    refused: OnceLock<ProviderError>,
    throttles: Box<Throttles<'a>>,
}

struct Shared {
    /// The number of free permits.
    free: usize,
    arrivals: u64,
    queues: BTreeMap<&'static str, ApiQueue>,
}

/// One API.
#[derive(Default)]
struct ApiQueue {
    rate: AdaptiveRate,
    waiting: BinaryHeap<Waiter>,
}

/// A task that waits for a permit. Of those with equal rank, the first to arrive is the first to get one.
struct Waiter {
    rank: Rank,
    arrival: Reverse<u64>,
    permit: oneshot::Sender<()>,
}

/// There are no permits any more: the run was requested to stop, or the credentials are invalid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Closed;

/// The right to make one call.
pub(crate) struct Permit<'a> {
    limiter: &'a RateLimiter<'a>,
    api: &'static str,
}

/// A requested permit. A task that stops waiting returns a permit that it got meanwhile.
struct Pending<'a> {
    limiter: &'a RateLimiter<'a>,
    api: &'static str,
    granted: oneshot::Receiver<()>,
}

impl<'a> Pending<'a> {
    async fn wait(mut self) -> Result<Permit<'a>, Closed> {
        // Who is sent away when everything is closed hears nothing more.
        (&mut self.granted).await.map_err(|_| Closed)?;
        Ok(Permit { limiter: self.limiter, api: self.api })
    }
}

impl Drop for Pending<'_> {
    fn drop(&mut self) {
        self.granted.close();
        if self.granted.try_recv().is_ok() {
            drop(Permit { limiter: self.limiter, api: self.api });
        }
    }
}

impl<'a> RateLimiter<'a> {
    /// Allows `parallelism` calls at a time.
    pub(crate) fn new(parallelism: usize) -> Self {
        let shared = Shared { free: parallelism.max(1), arrivals: 0, queues: BTreeMap::new() };
        Self {
            shared: Mutex::new(shared),
            changed: Notify::new(),
            closed: AtomicBool::new(false),
            closing: Notify::new(),
            refused: OnceLock::new(),
            throttles: Box::new(|_, _| ()),
        }
    }

    /// Tells `throttles` of each API that begins to throttle.
    pub(crate) fn telling(self, throttles: impl Fn(&'static str, f64) + Send + Sync + 'a) -> Self {
        Self { throttles: Box::new(throttles), ..self }
    }

    /// Runs `work`, whose calls take their permits here.
    pub(crate) async fn keep<T>(&self, work: impl Future<Output = T>) -> T {
        tokio::select! {
            biased;
            result = work => result,
            never = self.keep_time() => match never {},
        }
    }

    /// Waits for the permit to make a call to `api`.
    pub(crate) async fn enter(&'a self, api: &'static str, rank: Rank) -> Result<Permit<'a>, Closed> {
        let granted = {
            let mut shared = self.lock();
            if self.is_closed() {
                return Err(Closed);
            }
            let (permit, granted) = oneshot::channel();
            shared.arrivals += 1;
            let arrival = Reverse(shared.arrivals);
            shared.queues.entry(api).or_default().waiting.push(Waiter { rank, arrival, permit });
            self.dispatch(&mut shared);
            granted
        };
        Pending { limiter: self, api, granted }.wait().await
    }

    /// From now on there are no permits, neither for who waits nor for who comes.
    pub(crate) fn close(&self) {
        let mut shared = self.lock();
        self.closed.store(true, Ordering::Release);
        self.closing.notify_waiters();
        shared.queues.values_mut().for_each(|queue| queue.waiting.clear());
    }

    /// Returns whether there are no permits any more.
    pub(crate) fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Acquire)
    }

    /// Returns the error about the credentials, if that is the reason why there are no permits.
    pub(crate) fn refused(&self) -> Option<&ProviderError> {
        self.refused.get()
    }

    /// Waits `duration`, or until there are no permits any more.
    pub(crate) async fn pause(&self, duration: std::time::Duration) -> Result<(), Closed> {
        // It waits from here on, so that a close between the check and the wait is not missed.
        let mut closing = std::pin::pin!(self.closing.notified());
        closing.as_mut().enable();
        if self.is_closed() {
            return Err(Closed);
        }
        match tokio::time::timeout(duration, closing).await {
            Err(_elapsed) => Ok(()),
            Ok(()) => Err(Closed),
        }
    }

    /// Gives the permits that only have to wait for the clock.
    async fn keep_time(&self) -> Infallible {
        loop {
            let next = self.lock().next_opening();
            match next {
                None => self.changed.notified().await,
                // In a fixed order, so that a simulation repeats itself.
                Some(next) => tokio::select! {
                    biased;
                    () = self.changed.notified() => {}
                    () = sleep_until(next) => self.dispatch(&mut self.lock()),
                },
            }
        }
    }

    fn dispatch(&self, shared: &mut Shared) {
        shared.dispatch(Instant::now());
        if shared.next_opening().is_some() {
            self.changed.notify_one();
        }
    }

    fn lock(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Shared {
    /// Gives the permits that are free.
    fn dispatch(&mut self, now: Instant) {
        while self.free > 0 {
            let open = self.queues.values_mut().filter(|queue| queue.rate.opens(now).is_ok());
            let Some(queue) = open.max_by(|one, other| one.waiting.peek().cmp(&other.waiting.peek())) else { return };
            let Some(first) = queue.waiting.pop() else { return };
            // Who has gone away in the meantime needs none.
            if first.permit.send(()).is_ok() {
                queue.rate.sent(now);
                self.free -= 1;
            }
        }
    }

    /// Returns the time at which the next permit is free without the end of a call; `None` if no waiting call depends
    /// on the clock.
    fn next_opening(&self) -> Option<Instant> {
        let waited_for = self.queues.values().filter(|queue| self.free > 0 && !queue.waiting.is_empty());
        waited_for.filter_map(|queue| queue.rate.opens(Instant::now()).err()).min()
    }
}

impl Permit<'_> {
    /// Makes the call. The permit is over when it is answered. Once the credentials are no good there
    /// are no permits any more: every other call would be refused as well.
    pub(crate) async fn make<T>(
        self,
        call: impl Future<Output = Result<T, ProviderError>>,
    ) -> Result<T, ProviderError> {
        let sent = Instant::now();
        let answer = call.await;
        let throttled = answer.as_ref().is_err_and(|error| error.class == ErrorClass::Throttled);
        let api = self.api;
        let mut shared = self.limiter.lock();
        let first = shared.queues.entry(api).or_default().rate.answered(sent, throttled, Instant::now());
        drop(shared);
        if let Err(error) = &answer
            && error.class == ErrorClass::Unauthenticated
        {
            self.limiter.refused.get_or_init(|| error.clone());
            self.limiter.close();
        }
        if let Some(rate) = first {
            tracing::info!(api, rate, "the API throttles: calls to it are paced from now on");
            (self.limiter.throttles)(api, rate);
        }
        answer
    }
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        let mut shared = self.limiter.lock();
        shared.free += 1;
        self.limiter.dispatch(&mut shared);
    }
}

impl Ord for Waiter {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.rank, self.arrival).cmp(&(other.rank, other.arrival))
    }
}

impl PartialOrd for Waiter {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Waiter {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Waiter {}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
