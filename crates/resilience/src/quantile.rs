//! How long calls take now: live quantiles of latency, to steer by.
//!
//! Two histograms that take turns, as in tower's hedge: a turn lasts at least 1 s, and while calls are few up to
//! 10 s, so that a quantile rests on something. Answers come from both: from one to two turns.
//!
//! Only answers of the service are samples. What was answered in its place, degraded or from a cache, is none:
//! it would teach the hedge that the service is fast just when it is not.

use std::time::Duration;

use model::Mono;

use crate::histogram::{Histogram, quantile};

/// The shortest turn.
const TURN: Duration = Duration::from_secs(1);
/// The longest turn.
const TURN_MAX: Duration = Duration::from_secs(10);
/// With that many samples the shortest turn is long enough.
const TURN_SAMPLES: u64 = 100;

/// Latencies of the last moments; about 11 kB.
#[derive(Debug, Clone)]
pub struct Quantiles {
    current: Histogram,
    previous: Histogram,
    since: Mono,
}

impl Default for Quantiles {
    fn default() -> Self {
        Self::new()
    }
}

impl Quantiles {
    /// One without a sample.
    pub fn new() -> Self {
        Self { current: Histogram::new(), previous: Histogram::new(), since: Mono(0) }
    }

    /// The service answered, so long after it was asked.
    pub fn record(&mut self, now: Mono, latency: Duration) {
        let age = now.since(self.since);
        if age >= TURN_MAX || (age >= TURN && self.current.count() >= TURN_SAMPLES) {
            std::mem::swap(&mut self.current, &mut self.previous);
            self.current.clear();
            if age >= 2 * TURN_MAX {
                self.previous.clear();
            }
            self.since = now;
        }
        self.current.record(latency);
    }

    /// The quantile `q`, of 0 to 1, within 1 %; none before the first sample. When no answer comes any more it
    /// stays what it was.
    pub fn at(&self, q: f64) -> Option<Duration> {
        quantile(&[&self.current, &self.previous], q)
    }
}

#[cfg(test)]
mod tests;
