//! What a short while of answers says.

use std::time::Duration;

use model::Mono;

use crate::histogram::Histogram;

/// The shortest window; a quarter of the latency without a queue if that is longer.
const SPAN_MIN: Duration = Duration::from_millis(50);
/// With fewer answers it goes on, up to the longest.
const SAMPLES_MIN: u64 = 20;
const SPAN_MAX: Duration = Duration::from_secs(1);
/// Fewer overloads than this say nothing, nor does a smaller share.
const OVERLOADS_MIN: u64 = 2;
const OVERLOADS_MIN_PERCENT: u64 = 10;

/// A window that is open.
#[derive(Debug, Clone)]
pub(crate) struct Window {
    since: Mono,
    last: Mono,
    latencies: Histogram,
    /// Answers to calls that were sent after the last cut.
    fresh: u64,
    fresh_overloads: u64,
    /// Whether the limit was reached in it.
    pub(crate) reached: bool,
}

/// What a closed one says.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Verdict {
    pub(crate) span: Duration,
    pub(crate) successes: u64,
    pub(crate) median: Option<Duration>,
    pub(crate) q90: Option<Duration>,
    pub(crate) overloaded: bool,
    pub(crate) reached: bool,
}

impl Window {
    pub(crate) fn new() -> Self {
        Self {
            since: Mono(0),
            last: Mono(0),
            latencies: Histogram::new(),
            fresh: 0,
            fresh_overloads: 0,
            reached: false,
        }
    }

    /// An answer comes. A long silence before it is not part of any window.
    pub(crate) fn begin(&mut self, now: Mono) {
        if now.since(self.last) >= SPAN_MAX {
            self.clear(now);
        }
        self.last = now;
    }

    pub(crate) fn success(&mut self, latency: Duration, fresh: bool) {
        self.latencies.record(latency);
        self.fresh += u64::from(fresh);
    }

    pub(crate) fn overload(&mut self, fresh: bool) {
        self.fresh += u64::from(fresh);
        self.fresh_overloads += u64::from(fresh);
    }

    pub(crate) fn is_over(&self, now: Mono, base: Option<Duration>) -> bool {
        let span = now.since(self.since);
        let enough = self.latencies.count() + self.fresh_overloads >= SAMPLES_MIN;
        let least = base.map_or(SPAN_MIN, |base| SPAN_MIN.max(base / 4));
        span >= SPAN_MAX || (enough && span >= least)
    }

    pub(crate) fn close(&mut self, now: Mono) -> Verdict {
        let verdict = Verdict {
            span: now.since(self.since),
            successes: self.latencies.count(),
            median: self.latencies.at(0.5),
            q90: self.latencies.at(0.9),
            overloaded: self.fresh_overloads >= OVERLOADS_MIN
                && self.fresh_overloads * 100 >= self.fresh * OVERLOADS_MIN_PERCENT,
            reached: self.reached,
        };
        self.clear(now);
        verdict
    }

    fn clear(&mut self, now: Mono) {
        self.since = now;
        self.latencies.clear();
        self.fresh = 0;
        self.fresh_overloads = 0;
        self.reached = false;
    }
}
