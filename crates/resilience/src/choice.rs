//! Which of several endpoints to ask: of two at random the one that costs less.
//!
//! Two choices nearly spread as well as all would (Mitzenmacher, "The Power of Two Choices in Randomized Load Balancing",
//! 2001), and no endpoint is asked by all at once. The cost is the latency, as a peak-sensitive moving average, times
//! the calls in flight (Finagle's and tower's peak EWMA). A failure counts as an answer that takes long (linkerd's
//! penalty), and is in flight as long: so an endpoint that fails fast looks neither fast nor idle, however many calls
//! the others have in flight.

use std::time::Duration;

use model::Mono;

use crate::backoff::believed;

/// After so long an old latency, or a failure, counts for a third (1/e) of itself.
const DECAY: Duration = Duration::from_secs(10);
/// What is not known yet.
const LATENCY_UNKNOWN: Duration = Duration::from_secs(1);
/// A failure counts as an answer after so long at least.
const PENALTY: Duration = Duration::from_secs(5);

/// The load of one endpoint.
#[derive(Debug, Clone, Copy)]
pub struct PeakEwma {
    /// As of `at`, in seconds.
    average_s: f64,
    /// The first answer says more than any guess.
    is_known: bool,
    at: Mono,
    pending: u32,
    /// Failures that are still counted as in flight, as of `at`.
    failed: f64,
}

impl PeakEwma {
    /// One of which nothing is known.
    pub fn new(now: Mono) -> Self {
        let average_s = LATENCY_UNKNOWN.as_secs_f64();
        Self { average_s, is_known: false, at: now, pending: 0, failed: 0.0 }
    }

    /// A call is sent.
    pub fn begin(&mut self) {
        self.pending += 1;
    }

    /// A call was answered, so long after it was sent.
    pub fn success(&mut self, now: Mono, latency: Duration) {
        self.cancel();
        self.observe(now, latency);
    }

    /// A call failed. `retry_after` is what the endpoint asked for.
    pub fn failure(&mut self, now: Mono, latency: Duration, retry_after: Option<Duration>) {
        self.cancel();
        let asked = believed(retry_after).unwrap_or_default();
        self.observe(now, latency.max(PENALTY).max(asked));
        self.failed += 1.0;
    }

    /// A call was given up; that says nothing.
    pub fn cancel(&mut self) {
        self.pending = self.pending.saturating_sub(1);
    }

    /// What another call would cost. One that is not asked is forgotten to be slow.
    pub fn cost(&self, now: Mono) -> f64 {
        let kept = self.kept(now);
        self.average_s * kept * (f64::from(self.pending) + self.failed * kept + 1.0)
    }

    fn observe(&mut self, now: Mono, latency: Duration) {
        let latency_s = latency.as_secs_f64();
        let kept = self.kept(now);
        let is_peak = latency_s > self.average_s * kept;
        self.average_s = if is_peak || !self.is_known {
            latency_s
        } else {
            self.average_s * kept + latency_s * (1.0 - kept)
        };
        self.is_known = true;
        self.failed *= kept;
        self.at = self.at.max(now);
    }

    /// The weight of what was known, of 0 to 1.
    fn kept(&self, now: Mono) -> f64 {
        (-now.since(self.at).as_secs_f64() / DECAY.as_secs_f64()).exp()
    }
}

/// The place of the endpoint to ask; none if there is none. `dice` is uniform over `u64`.
pub fn choose(endpoints: &[PeakEwma], now: Mono, dice: u64) -> Option<usize> {
    let one = place(dice >> 32, endpoints.len())?;
    let Some(other) = place(dice & u64::from(u32::MAX), endpoints.len() - 1) else {
        return Some(one);
    };
    let other = if other < one { other } else { other + 1 };
    let is_less = endpoints[other].cost(now) < endpoints[one].cost(now);
    Some(if is_less { other } else { one })
}

/// A place in so many, from 32 random bits.
fn place(bits: u64, count: usize) -> Option<usize> {
    let count = u64::try_from(count).ok().filter(|count| *count > 0)?;
    usize::try_from((bits * count) >> 32).ok()
}

#[cfg(test)]
mod tests;
