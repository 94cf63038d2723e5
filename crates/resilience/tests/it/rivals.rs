//! What others limit by, small, to stand beside.

use std::time::Duration;

use model::Mono;
use resilience::Outcome;

use crate::service::{Limit, whole};

/// A number that somebody once wrote down.
pub(crate) struct Fixed(pub(crate) u32);

impl Limit for Fixed {
    fn limit(&self) -> u32 {
        self.0
    }
    fn sample(&mut self, _: Mono, _: u32, _: Outcome) {}
}

/// Additive increase, multiplicative decrease, as Vector's adaptive request concurrency: 1 a round trip, 0.9 on
/// backpressure.
pub(crate) struct Aimd {
    pub(crate) limit: f64,
    pub(crate) next: Mono,
}

impl Limit for Aimd {
    fn limit(&self) -> u32 {
        whole(self.limit)
    }
    fn sample(&mut self, now: Mono, in_flight: u32, outcome: Outcome) {
        match outcome {
            Outcome::Success(latency) if now >= self.next => {
                self.next = now + latency;
                let late = latency > Duration::from_millis(300);
                if late {
                    self.limit *= 0.9;
                } else if f64::from(in_flight) * 2.0 >= self.limit {
                    self.limit += 1.0;
                }
            }
            Outcome::Overload(latency) if now >= self.next => {
                self.next = now + latency;
                self.limit *= 0.9;
            }
            Outcome::Success(_) | Outcome::Overload(_) => {}
        }
        self.limit = self.limit.max(1.0);
    }
}

/// Netflix's Gradient2 as it is by default, but for a higher cap, windows of 200 ms in place of 1 s, and a queue of the
/// root of the limit in place of 4: otherwise it is far from 2,000 after three minutes.
pub(crate) struct Gradient2 {
    pub(crate) limit: f64,
    pub(crate) long_s: f64,
    pub(crate) window: (Mono, f64, u32),
}

impl Limit for Gradient2 {
    fn limit(&self) -> u32 {
        whole(self.limit)
    }
    fn sample(&mut self, now: Mono, in_flight: u32, outcome: Outcome) {
        let (Outcome::Success(latency) | Outcome::Overload(latency)) = outcome;
        self.window.1 += latency.as_secs_f64();
        self.window.2 += 1;
        if now.since(self.window.0) < Duration::from_millis(200) || self.window.2 < 10 {
            return;
        }
        let short = self.window.1 / f64::from(self.window.2);
        self.window = (now, 0.0, 0);
        self.long_s = if self.long_s == 0.0 { short } else { self.long_s };
        self.long_s += (short - self.long_s) * 2.0 / 601.0;
        if self.long_s / short > 2.0 {
            self.long_s *= 0.95;
        }
        if f64::from(in_flight) < self.limit / 2.0 {
            return;
        }
        let gradient = (1.5 * self.long_s / short).clamp(0.5, 1.0);
        let wanted = gradient * self.limit + self.limit.sqrt();
        self.limit = (0.8 * self.limit + 0.2 * wanted).clamp(20.0, 8_000.0);
    }
}
