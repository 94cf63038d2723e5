//! How many calls may be in flight: a concurrency limit that finds the service's own, as BBR finds a path's
//! (Cardwell et al., "BBR: Congestion-Based Congestion Control", ACM Queue 2016).
//!
//! By Little's law a service that answers `rate` calls a second, each in `base` when none queues, holds
//! `rate * base` of them; more only queue. The limit is a little more than that, which is the probe: if the service
//! can do more, the rate rises and the limit after it, by 15 % a round trip. From nothing, the limit doubles each
//! round trip until latency shows a queue.
//!
//! `base` does not drift with the queue: every few seconds at the limit, and as soon as latency rises, the limit is
//! drained below what the service holds, and the latency of calls sent then is the new `base`. It is an experiment,
//! so a service that has become slower is not taken for a queue, and a queue not for a slow service.
//!
//! Evidence counts only for what it was made under: a call sent before the last change says nothing about it.

use std::time::Duration;

use model::Mono;

use crate::histogram::Histogram;
use crate::limiter::rate::Rates;
use crate::limiter::window::{Verdict, Window};
use crate::round::whole;

mod rate;
mod window;

/// The first limit of all.
const START: u32 = 64;
/// Above what the service holds.
const HEADROOM: f64 = 1.15;
/// Of what the service holds, while draining.
const DRAIN: f64 = 0.75;
/// At the limit for that long, it drains.
const DRAIN_EVERY: Duration = Duration::from_secs(5);
/// Latency above that many `base` is a queue, or another service than before.
const QUEUED: f64 = 1.3;
/// Calls that were sent while draining, until it knows.
const DRAIN_SAMPLES: u64 = 50;
/// A drain that does not come to an end by itself.
const DRAIN_MAX: Duration = Duration::from_secs(1);
/// A guard's cut, and the way back, each once a round trip.
const CUT: f64 = 0.9;
const MEND: f64 = 1.05;
/// The guards leave that much.
const CUT_MOST: f64 = 0.2;

/// The bounds of a limiter.
#[derive(Debug, Clone, Copy)]
pub struct LimiterSettings {
    /// The lowest limit.
    pub min: u32,
    /// The highest limit, whatever is found.
    pub max: u32,
    /// When nine in ten answers take up to longer than this, and a part of it is queueing, there are too many.
    pub q90_max: Duration,
}

impl Default for LimiterSettings {
    /// For calls that are of use for 400 ms.
    fn default() -> Self {
        Self { min: 4, max: 8_000, q90_max: Duration::from_millis(300) }
    }
}

/// What became of a call, and how long after it was sent. A call that was cancelled is no sample, nor is an answer
/// that was not the service's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// An answer.
    Success(Duration),
    /// 429, 5xx, no answer in time: the service says that it is too much.
    Overload(Duration),
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Phase {
    /// Doubling each round trip.
    Startup,
    /// Following the rate.
    Steady,
    /// Below what the service holds, until the latency without a queue is known.
    Drain { until: Mono },
}

/// A concurrency limit of one endpoint.
#[derive(Debug, Clone)]
pub struct Limiter {
    settings: LimiterSettings,
    phase: Phase,
    limit: u32,
    /// Not above this now, whatever is found.
    cap: u32,
    /// The latency without a queue.
    base: Option<Duration>,
    /// The last change of the limit whose effect is awaited.
    changed: Mono,
    /// Latencies of calls sent since.
    fresh: Histogram,
    /// Whether the limit was reached since.
    reached: bool,
    window: Window,
    rates: Rates,
    /// What the guards leave of the limit, of 0 to 1.
    guard: f64,
    /// When a guard last changed it.
    guarded: Mono,
    drained: Mono,
    /// Since when latency shows a queue.
    queued: Option<Mono>,
    last_good: Option<u32>,
}

impl Limiter {
    /// One that begins with the limit that was last found to be good, if it is known.
    pub fn new(settings: LimiterSettings, last_good: Option<u32>) -> Self {
        Self {
            settings,
            phase: if last_good.is_some() { Phase::Steady } else { Phase::Startup },
            limit: last_good.unwrap_or(START).clamp(settings.min, settings.max),
            cap: settings.max,
            base: None,
            changed: Mono(0),
            fresh: Histogram::new(),
            reached: false,
            window: Window::new(),
            rates: Rates::new(),
            guard: 1.0,
            guarded: Mono(0),
            drained: Mono(0),
            queued: None,
            last_good,
        }
    }

    /// How many calls may be in flight now.
    pub fn limit(&self) -> u32 {
        self.limit.min(self.cap)
    }

    /// The last limit that was found to be good: keep it for the next start.
    pub fn last_good(&self) -> Option<u32> {
        self.last_good
    }

    /// Not above `cap` from now on, nor above the settings' most: what a rate limit of the service leaves, say.
    pub fn set_cap(&mut self, cap: u32) {
        self.cap = cap.clamp(self.settings.min, self.settings.max);
    }

    /// A call has ended; `in_flight` counts it still.
    pub fn sample(&mut self, now: Mono, in_flight: u32, outcome: Outcome) {
        self.reached |= self.is_full(in_flight);
        self.window.begin(now);
        match outcome {
            Outcome::Success(latency) => {
                self.window.success(latency, sent(now, latency) >= self.guarded);
                if sent(now, latency) >= self.changed {
                    self.fresh.record(latency);
                }
            }
            Outcome::Overload(latency) => {
                self.window.overload(sent(now, latency) >= self.guarded);
            }
        }
        match self.phase {
            Phase::Startup => self.grow(now),
            Phase::Steady => {}
            Phase::Drain { until } => {
                if self.fresh.count() >= DRAIN_SAMPLES || now >= until {
                    self.end_drain(now);
                }
            }
        }
        self.window.reached |= self.is_full(in_flight);
        if self.window.is_over(now, self.base) {
            self.close_window(now);
        }
    }

    /// So few are left that it is the limit that holds them back.
    fn is_full(&self, in_flight: u32) -> bool {
        f64::from(in_flight) >= 0.95 * f64::from(self.limit())
    }

    /// Startup: once as many calls as the limit have answered under it, double it, or go on to steady.
    fn grow(&mut self, now: Mono) {
        if self.fresh.count() < u64::from(self.limit()) * 3 / 4 {
            return;
        }
        let Some(latency) = self.fresh.at(0.5) else { return };
        let base = self.base.map_or(latency, |base| base.min(latency));
        self.base = Some(base);
        if latency.as_secs_f64() > QUEUED * base.as_secs_f64() {
            self.drain(now);
        } else if self.reached {
            self.limit = self.limit.saturating_mul(2).min(self.settings.max);
            self.change(now);
        } else {
            self.change(now);
        }
    }

    fn change(&mut self, now: Mono) {
        self.changed = now;
        self.fresh.clear();
        self.reached = false;
    }

    fn drain(&mut self, now: Mono) {
        let (Some(base), Some(rate)) = (self.base, self.rates.newest()) else { return };
        self.phase = Phase::Drain { until: now + DRAIN_MAX };
        self.set(DRAIN * rate * base.as_secs_f64());
        self.change(now);
    }

    fn end_drain(&mut self, now: Mono) {
        self.base = self.fresh.at(0.5).or(self.base);
        self.phase = Phase::Steady;
        self.drained = now;
        self.queued = None;
        self.follow();
    }

    fn close_window(&mut self, now: Mono) {
        let verdict = self.window.close(now);
        let full = verdict.reached;
        self.rates.push(&verdict);
        if let Some(latency) = verdict.median {
            self.base = Some(match self.base {
                Some(base) if full => base.min(latency),
                Some(_) | None => latency,
            });
            self.watch(now, latency);
        }
        self.guard(now, &verdict);
        if self.phase != Phase::Steady {
            return;
        }
        let queued = self.queued.is_some_and(|since| now.since(since) >= self.round_trip());
        if queued {
            self.rates.forget();
            self.drain(now);
        } else if full && now.since(self.drained) >= DRAIN_EVERY {
            self.drain(now);
        } else {
            self.follow();
        }
    }

    /// Notes since when latency has been too high to be without a queue.
    fn watch(&mut self, now: Mono, latency: Duration) {
        let high = latency.as_secs_f64() > QUEUED * self.round_trip().as_secs_f64();
        self.queued = high.then(|| self.queued.unwrap_or(now));
    }

    fn round_trip(&self) -> Duration {
        self.base.unwrap_or(DRAIN_MAX)
    }

    /// The limit is what the service holds and a little more.
    fn follow(&mut self) {
        let (Some(base), Some(rate)) = (self.base, self.rates.most()) else { return };
        self.set(HEADROOM * rate * base.as_secs_f64() * self.guard);
        if self.guard >= 1.0 {
            self.last_good = Some(self.limit);
        }
    }

    fn set(&mut self, limit: f64) {
        self.limit = whole(limit).clamp(self.settings.min, self.settings.max);
    }

    /// Cuts the limit when the service says that it is too much, or when answers come too late because they queue:
    /// once for each round trip's calls.
    fn guard(&mut self, now: Mono, verdict: &Verdict) {
        let queueing = verdict
            .median
            .is_some_and(|latency| latency.as_secs_f64() > 1.1 * self.round_trip().as_secs_f64());
        let late = queueing && verdict.q90.is_some_and(|q90| q90 > self.settings.q90_max);
        if now.since(self.guarded) < self.round_trip() {
            return;
        }
        if verdict.overloaded || late {
            self.guard = (self.guard * CUT).max(CUT_MOST);
            self.guarded = now;
            if self.phase == Phase::Startup {
                self.phase = Phase::Steady;
                self.set(CUT * f64::from(self.limit));
            }
        } else if self.guard < 1.0 {
            self.guard = (self.guard * MEND).min(1.0);
            self.guarded = now;
        }
    }
}

fn sent(now: Mono, latency: Duration) -> Mono {
    Mono(now.0.saturating_sub(crate::round::nanos(latency)))
}

#[cfg(test)]
mod tests;
