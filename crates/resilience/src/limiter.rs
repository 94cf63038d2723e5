//! How many calls may be in flight: a concurrency limit that finds the service's own, as BBR finds a path's
//! (Cardwell et al., "BBR: Congestion-Based Congestion Control", ACM Queue 2016).
//!
//! By Little's law a service that answers `rate` calls a second, each in `base` when none queues, holds
//! `rate * base` of them; more only queue. The limit is a little more than that, which is the probe: if the service
//! can do more, the rate rises and the limit after it, by 15 % a round trip. From nothing, the limit doubles each
//! round trip until latency shows a queue.
//!
//! `base` does not drift with the queue: as soon as latency rises, and where it is a little higher for some seconds at
//! the limit, the limit is drained below what the service holds, and the latency of calls sent then is the new `base`.
//! It is an experiment, so a service that has become slower is not taken for a queue, and a queue not for a slow
//! service. It costs answers in time, so it is not made while latency confirms `base` by itself.
//!
//! Evidence counts only for what it was made under: a call sent before the last change says nothing about it.

use std::time::Duration;

use model::Mono;

use crate::histogram::Histogram;
use crate::limiter::rate::Rates;
use crate::limiter::window::{Seen, Window};
use crate::round::whole;

mod rate;
mod window;

/// The first limit of all.
const START: u32 = 64;
/// Above what the service holds.
const HEADROOM: f64 = 1.15;
/// From that share of the limit on it is the limit that holds calls back.
const FULL: f64 = 0.95;

/// Of what the service holds, while draining.
const DRAIN: f64 = 0.75;
/// At the limit the base is believed for so long without being confirmed.
const DRAIN_EVERY: Duration = Duration::from_secs(10);
/// A drain that comes to no end by itself.
const DRAIN_MAX: Duration = Duration::from_secs(3);

/// So many answers are believed about the base without a drain.
const BASE_SAMPLES: f64 = 200.0;

/// Latency, in `base`, that is a queue, or another service than before.
const QUEUED: f64 = 1.3;
/// Latency, in `base`, that is in part our queue.
const LATE: f64 = 1.1;
/// Latency, in `base`, that is none; for so many cohorts at the limit, the service holds more than was found.
const CALM: f64 = 1.1;
const CALM_COHORTS: u32 = 3;

/// A cohort is that share of the limit, sent and answered since the last change. Early ones do when they show a queue.
/// In a drain all are sent evenly, and the first to answer are the fastest: too few would flatter.
const COHORT_PERCENT: u64 = 75;
const COHORT_EARLY_PERCENT: u64 = 25;
const COHORT_DRAIN_PERCENT: u64 = 50;
/// A cohort is no smaller, however low the limit is.
const COHORT_MIN: u64 = 10;

/// A cut. The way back in each round trip without one: a tenth of what is missing, and a little to arrive.
const CUT: f64 = 0.9;
const MEND: f64 = 0.1;
const MEND_MIN: f64 = 0.005;
/// When errors do not go away with cuts down to this of what was found: if most calls are refused, it is another
/// service, and is found anew; if not, the errors have another cause, and cut nothing for a while.
const GUARD_MIN: f64 = 0.5;
const PARDON: Duration = Duration::from_secs(10);

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
    /// What cuts leave of the limit, of 0 to 1.
    guard: f64,
    /// When the last cut was.
    cut: Mono,
    /// Until then only refusals of most calls cut.
    pardoned_until: Mono,
    /// When the guard was last changed.
    mended: Mono,
    /// When the base was last seen.
    confirmed: Mono,
    /// Cohorts in a row at the limit without a queue.
    calm: u32,
    /// Since when latency shows a queue.
    queued: Option<Mono>,
    last_good: Option<u32>,
    /// It refused nearly everything, and no window of answers has been seen since.
    is_another: bool,
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
            cut: Mono(0),
            pardoned_until: Mono(0),
            mended: Mono(0),
            confirmed: Mono(0),
            calm: 0,
            queued: None,
            last_good,
            is_another: false,
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

    /// Not above `cap` from now on, nor above the settings' most: what a rate limit of the service leaves, say. What
    /// was found stays: what a cap holds back says nothing of the service.
    pub fn set_cap(&mut self, cap: u32) {
        self.cap = cap.clamp(self.settings.min, self.settings.max);
    }

    /// A call has ended; `in_flight` counts it still.
    pub fn sample(&mut self, now: Mono, in_flight: u32, outcome: Outcome) {
        let full = f64::from(in_flight) >= FULL * f64::from(self.limit);
        self.reached |= full;
        self.window.begin(now, full);
        match outcome {
            Outcome::Success(latency) => {
                let sent = sent(now, latency);
                self.window.success(latency, sent >= self.cut);
                if sent >= self.changed {
                    self.fresh.record(latency);
                }
            }
            Outcome::Overload(latency) => {
                self.window.overload(sent(now, latency) >= self.cut);
                let pardoned = now < self.pardoned_until && !self.window.is_refused();
                if self.window.is_overloaded() && !pardoned {
                    self.cut(now);
                }
            }
        }
        self.watch_cohort(now);
        if self.window.is_over(now, self.base) {
            self.close_window(now);
        }
    }

    /// Acts once enough calls that were sent since the last change have been answered.
    fn watch_cohort(&mut self, now: Mono) {
        let limit = u64::from(self.limit);
        let fresh = self.fresh.count();
        let enough = |percent: u64| fresh >= (limit * percent / 100).max(COHORT_MIN);
        match self.phase {
            Phase::Startup => {
                if enough(COHORT_PERCENT) || (enough(COHORT_EARLY_PERCENT) && self.queues(QUEUED)) {
                    self.grow(now);
                }
            }
            Phase::Steady => {
                if enough(COHORT_PERCENT) {
                    self.look_up_and_down(now);
                }
            }
            Phase::Drain { until } => {
                if enough(COHORT_DRAIN_PERCENT) || now >= until {
                    self.end_drain(now);
                }
            }
        }
    }

    /// Whether calls sent since the last change take that many times what they take without a queue.
    fn queues(&self, factor: f64) -> bool {
        let (Some(latency), Some(base)) = (self.fresh.at(0.5), self.base) else { return false };
        latency > base.mul_f64(factor)
    }

    /// Startup: doubles while the limit is reached and nothing queues.
    fn grow(&mut self, now: Mono) {
        if self.queues(QUEUED) {
            self.drain(now);
        } else if self.reached {
            self.limit = self.limit.saturating_mul(2).min(self.settings.max);
        }
        self.change(now);
    }

    /// Steady: down when answers come too late because they queue; back to startup when for some cohorts at the limit
    /// nothing did, for then the service holds more than was found.
    fn look_up_and_down(&mut self, now: Mono) {
        let calm = self.reached && self.guard >= 1.0 && !self.queues(CALM);
        self.calm = if calm { self.calm + 1 } else { 0 };
        if self.calm == CALM_COHORTS {
            self.phase = Phase::Startup;
            self.calm = 0;
        }
        if self.queues(LATE) && self.fresh.at(0.9) > Some(self.settings.q90_max) {
            self.cut(now);
        }
        self.change(now);
    }

    /// From now on calls are sent under another limit.
    fn change(&mut self, now: Mono) {
        self.changed = now;
        self.fresh.clear();
        self.reached = false;
    }

    /// Cuts the limit once for all that was sent under it.
    fn cut(&mut self, now: Mono) {
        self.guard *= CUT;
        if self.guard < GUARD_MIN && self.window.is_refused() {
            self.rates.forget();
            self.guard = CUT;
            self.is_another = true;
        } else if self.guard < GUARD_MIN {
            self.guard = 1.0;
            self.pardoned_until = now + PARDON;
        }
        self.cut = now;
        self.mended = now + self.base.unwrap_or_default();
        self.window.cut();
        self.set(CUT * f64::from(self.limit));
        match self.phase {
            Phase::Startup => self.phase = Phase::Steady,
            Phase::Steady | Phase::Drain { .. } => {}
        }
    }

    fn drain(&mut self, now: Mono) {
        let (Some(base), Some(rate)) = (self.base, self.rates.newest()) else { return };
        self.phase = Phase::Drain { until: now + DRAIN_MAX };
        self.set(DRAIN * rate * base.as_secs_f64());
        self.change(now);
    }

    /// What was sent while draining met no queue: its latency is the base.
    fn end_drain(&mut self, now: Mono) {
        if self.fresh.count() >= COHORT_MIN {
            self.base = self.fresh.at(0.5);
        }
        self.phase = Phase::Steady;
        self.confirmed = now;
        self.queued = None;
        self.change(now);
        self.follow(None);
    }

    fn close_window(&mut self, now: Mono) {
        let seen = self.window.close(now);
        if std::mem::take(&mut self.is_another) {
            // It answers, and may hold whatever it held before: it is found anew.
            self.phase = Phase::Startup;
            self.guard = 1.0;
        }
        self.rates.push(&seen, seen.reached && self.guard >= 1.0);
        self.lower_base(&seen);
        if seen.median <= self.base.map(|base| base.mul_f64(LATE)) {
            self.confirmed = now;
        }
        self.watch_queue(now, seen.median);
        self.mend(now);
        match self.phase {
            Phase::Steady if self.has_queued(now) => {
                self.rates.forget();
                self.drain(now);
            }
            Phase::Steady if seen.held_back && now.since(self.confirmed) >= DRAIN_EVERY => {
                self.drain(now);
            }
            Phase::Steady => self.follow(seen.median),
            Phase::Startup if !seen.reached => {
                self.follow(seen.median);
                self.limit = self.limit.max(START.min(self.settings.max));
            }
            Phase::Startup | Phase::Drain { .. } => {}
        }
    }

    /// What is faster than the base is the base. Few answers move it little: the lowest of many small samples is too low.
    fn lower_base(&mut self, seen: &Seen) {
        let Some(median) = seen.median else { return };
        let base = self.base.unwrap_or(median);
        let share = (seen.successes as f64 / BASE_SAMPLES).min(1.0);
        self.base = Some(base - base.saturating_sub(median).mul_f64(share));
    }

    /// Notes since when latency has been too high to be without a queue.
    fn watch_queue(&mut self, now: Mono, latency: Option<Duration>) {
        let high = latency > self.base.map(|base| base.mul_f64(QUEUED));
        self.queued = high.then(|| self.queued.unwrap_or(now));
    }

    /// For a round trip at least: what was sent before a stall has come back by then.
    fn has_queued(&self, now: Mono) -> bool {
        self.queued.is_some_and(|since| Some(now.since(since)) >= self.base)
    }

    /// A round trip without a cut, after that of the cut, gives back a little of what was cut.
    fn mend(&mut self, now: Mono) {
        if self.guard < 1.0 && Some(now.since(self.mended)) >= self.base {
            self.guard = (self.guard + MEND * (1.0 - self.guard) + MEND_MIN).min(1.0);
            self.mended = now;
        }
    }

    /// The limit is what the service holds and a little more. What it holds is counted with the latency of now, if that is
    /// not much more than the base: where processors are short, calls take a tenth longer for a while without queueing, and
    /// a limit that is counted with the base alone would fall with each round trip until nothing is left of it.
    fn follow(&mut self, latency: Option<Duration>) {
        let (Some(base), Some(rate)) = (self.base, self.rates.most()) else { return };
        let held = latency.unwrap_or(base).clamp(base, base.mul_f64(LATE));
        self.set(HEADROOM * rate * held.as_secs_f64() * self.guard);
        if self.guard >= 1.0 {
            self.last_good = Some(self.limit);
        }
    }

    fn set(&mut self, limit: f64) {
        self.limit = whole(limit).clamp(self.settings.min, self.settings.max);
    }
}

fn sent(now: Mono, latency: Duration) -> Mono {
    Mono(now.0.saturating_sub(crate::round::nanos(latency)))
}

#[cfg(test)]
mod tests;
