//! How many answers a second the service gives, at best, of late.

use std::time::Duration;

use crate::limiter::window::Verdict;

/// As many windows are remembered.
const WINDOWS: usize = 20;

#[derive(Debug, Clone, Copy, Default)]
struct Entry {
    span: Duration,
    successes: u64,
    /// Answers a second over the round trip that ends with this window.
    rate: f64,
}

/// The rates of the last windows in which the limit was reached, or that were better than those.
#[derive(Debug, Clone)]
pub(crate) struct Rates {
    entries: [Entry; WINDOWS],
    next: usize,
}

impl Rates {
    pub(crate) fn new() -> Self {
        Self { entries: [Entry::default(); WINDOWS], next: 0 }
    }

    /// A window in which the limit was not reached says what was asked, not what the service can: it never lowers
    /// the best.
    pub(crate) fn push(&mut self, window: &Verdict) {
        let entry = Entry { span: window.span, successes: window.successes, rate: 0.0 };
        let rate = self.over_a_round_trip(entry, window.median.unwrap_or_default());
        if window.reached || rate > self.best() {
            self.entries[self.next] = Entry { rate, ..entry };
            self.next = (self.next + 1) % WINDOWS;
        }
    }

    /// The rate of the newest window.
    pub(crate) fn newest(&self) -> Option<f64> {
        let newest = self.entries[(self.next + WINDOWS - 1) % WINDOWS].rate;
        (newest > 0.0).then_some(newest)
    }

    /// The best rate of all.
    pub(crate) fn most(&self) -> Option<f64> {
        let best = self.best();
        (best > 0.0).then_some(best)
    }

    /// Only the newest is remembered.
    pub(crate) fn forget(&mut self) {
        let newest = self.newest().unwrap_or_default();
        for entry in &mut self.entries {
            entry.rate = entry.rate.min(newest);
        }
    }

    fn best(&self) -> f64 {
        self.entries.iter().map(|entry| entry.rate).fold(0.0, f64::max)
    }

    /// Answers come in bursts as calls went out in bursts; over a round trip each counts once.
    fn over_a_round_trip(&self, newest: Entry, round_trip: Duration) -> f64 {
        let (mut span, mut successes) = (newest.span, newest.successes);
        for back in 1..WINDOWS {
            if span >= round_trip {
                break;
            }
            let entry = self.entries[(self.next + WINDOWS - back) % WINDOWS];
            span += entry.span;
            successes += entry.successes;
        }
        if span < round_trip || span.is_zero() {
            0.0
        } else {
            successes as f64 / span.as_secs_f64()
        }
    }
}
