//! How many answers a second the service gives, at best, of late.

use crate::limiter::window::Seen;

/// As many windows are remembered.
const WINDOWS: usize = 10;

/// The rates of the last windows in which the limit was reached, or that were better than those.
#[derive(Debug, Clone)]
pub(crate) struct Rates {
    rates: [f64; WINDOWS],
    next: usize,
    newest: f64,
}

impl Rates {
    pub(crate) fn new() -> Self {
        Self { rates: [0.0; WINDOWS], next: 0, newest: 0.0 }
    }

    /// A window says what the service can if all was asked of it that it may be asked. If the limit was not reached, or
    /// was cut, it says only what was asked, and never lowers the best.
    pub(crate) fn push(&mut self, window: &Seen, says_all: bool) {
        self.newest = window.successes as f64 / window.span.as_secs_f64().max(f64::MIN_POSITIVE);
        if says_all || self.newest > self.best() {
            self.rates[self.next] = self.newest;
            self.next = (self.next + 1) % WINDOWS;
        }
    }

    /// The rate of the newest window.
    pub(crate) fn newest(&self) -> Option<f64> {
        known(self.newest)
    }

    /// The best rate of all.
    pub(crate) fn most(&self) -> Option<f64> {
        known(self.best())
    }

    /// Only the newest is remembered: the service is not what it was.
    pub(crate) fn forget(&mut self) {
        self.rates = [self.newest; WINDOWS];
    }

    fn best(&self) -> f64 {
        self.rates.iter().copied().fold(0.0, f64::max)
    }
}

fn known(rate: f64) -> Option<f64> {
    (rate > 0.0).then_some(rate)
}
