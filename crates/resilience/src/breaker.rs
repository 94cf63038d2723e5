//! Whether an endpoint is asked at all: a circuit breaker.
//!
//! Closed, it trips on failures in a row, on a low share of successes, or on a high share of slow answers (linkerd's
//! unified breaker; resilience4j's slow calls). Open, it refuses for a while that doubles each time, and at least
//! for `Retry-After`. Then one call probes; after its success a growing share of calls is let through, so that
//! what has just stood up is not run over.
//!
//! 429 means that it lives and wants less: it counts in the share of successes, not in failures in a row, and fails
//! a probe. What the caller did wrong (400, 422) is a success of the endpoint.

use std::time::Duration;

use model::Mono;

use crate::backoff::{Backoff, believed};
use crate::dice;
use crate::slots::Slots;

/// The window of both shares: 10 slots of 1 s.
const SLOT: Duration = Duration::from_secs(1);
const SLOTS: usize = 10;
/// The shares of calls let through after a good probe, each for [`RAMP_STAGE`]; then all.
const RAMP_PERCENT: [u32; 2] = [10, 50];
const RAMP_STAGE: Duration = Duration::from_secs(1);

/// When a breaker trips, and for how long.
#[derive(Debug, Clone, Copy)]
pub struct BreakerSettings {
    /// Failures in a row that trip it.
    pub consecutive_max: u32,
    /// With fewer answers in the last 10 s no share trips it.
    pub samples_min: u32,
    /// A lower share of successes trips it.
    pub success_min_percent: u32,
    /// An answer that takes longer is slow.
    pub slow: Duration,
    /// This share of slow answers trips it.
    pub slow_max_percent: u32,
    /// How long it stays open the first time; a probe without an answer is given up after as long.
    pub open_min: Duration,
    /// How long it stays open at most, before jitter and `Retry-After`. Closed for as long it forgets its past.
    pub open_max: Duration,
}

impl Default for BreakerSettings {
    fn default() -> Self {
        Self {
            consecutive_max: 5,
            samples_min: 20,
            success_min_percent: 80,
            slow: Duration::from_millis(350),
            slow_max_percent: 50,
            open_min: Duration::from_secs(1),
            open_max: Duration::from_secs(60),
        }
    }
}

/// May this call be sent?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Yes.
    Allowed,
    /// Yes, and on its answer hangs whether others may.
    Probe,
    /// No: answer without the endpoint.
    Refused,
}

/// How a call failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// 5xx, a lost connection, no answer in time, or one without sense.
    Error,
    /// 429, or the same in other words.
    Throttled,
}

/// A hand on the breaker.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Manual {
    /// It decides itself.
    #[default]
    Automatic,
    /// Every call is refused.
    Open,
    /// Every call is allowed.
    Closed,
}

/// What can be seen of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BreakerState {
    /// Calls are allowed.
    Closed,
    /// Calls are refused.
    Open,
    /// A probe is allowed, or a share of calls.
    HalfOpen,
}

#[derive(Debug, Clone, Copy)]
enum State {
    Closed {
        since: Mono,
    },
    Open {
        until: Mono,
    },
    Probing {
        /// A probe without an answer by then is given up.
        until: Mono,
    },
    Ramp {
        since: Mono,
    },
}

/// Answers of one slot.
#[derive(Debug, Clone, Copy, Default)]
struct Tally {
    successes: u32,
    failures: u32,
    slow: u32,
}

/// A circuit breaker of one endpoint.
#[derive(Debug, Clone)]
pub struct Breaker {
    settings: BreakerSettings,
    manual: Manual,
    state: State,
    consecutive: u32,
    tally: Slots<Tally, SLOTS>,
    /// How often it opened without having been closed for long since.
    opened: u32,
    /// The last dice handed in: the jitter of the next opening.
    dice: u64,
}

impl Breaker {
    /// A closed one.
    pub fn new(settings: BreakerSettings) -> Self {
        Self {
            settings,
            manual: Manual::Automatic,
            state: State::Closed { since: Mono(0) },
            consecutive: 0,
            tally: Slots::new(SLOT),
            opened: 0,
            dice: 0,
        }
    }

    /// May a call be sent now? Ask just before sending, once a call. `dice` is uniform over `u64`.
    #[must_use]
    pub fn allows(&mut self, now: Mono, dice: u64) -> Verdict {
        self.dice = dice;
        match self.manual {
            Manual::Automatic => self.decide(now, dice),
            Manual::Open => Verdict::Refused,
            Manual::Closed => Verdict::Allowed,
        }
    }

    /// A call was answered, so long after it was sent.
    pub fn success(&mut self, now: Mono, latency: Duration) {
        let tally = self.tally.at(now);
        tally.successes += 1;
        tally.slow += u32::from(latency > self.settings.slow);
        self.consecutive = 0;
        match self.state {
            State::Probing { .. } => self.state = State::Ramp { since: now },
            State::Closed { .. } | State::Ramp { .. } => self.judge(now, None),
            State::Open { .. } => {}
        }
    }

    /// A call failed. `retry_after` is what the endpoint asked for.
    pub fn failure(&mut self, now: Mono, failure: Failure, retry_after: Option<Duration>) {
        self.tally.at(now).failures += 1;
        match failure {
            Failure::Error => self.consecutive += 1,
            Failure::Throttled => {}
        }
        match self.state {
            State::Probing { .. } => self.open(now, retry_after),
            State::Closed { .. } | State::Ramp { .. } => self.judge(now, retry_after),
            State::Open { until } => {
                let asked = believed(retry_after).map_or(until, |span| now + span);
                self.state = State::Open { until: until.max(asked) };
            }
        }
    }

    /// Takes it in hand, or lets it go: then it begins closed and without a past.
    pub fn switch(&mut self, manual: Manual, now: Mono) {
        self.manual = manual;
        self.opened = 0;
        self.close(now);
    }

    /// How it stands. Only while closed are hedges sent.
    pub fn state(&self) -> BreakerState {
        match (self.manual, self.state) {
            (Manual::Open, _) | (Manual::Automatic, State::Open { .. }) => BreakerState::Open,
            (Manual::Closed, _) | (Manual::Automatic, State::Closed { .. }) => BreakerState::Closed,
            (Manual::Automatic, State::Probing { .. } | State::Ramp { .. }) => {
                BreakerState::HalfOpen
            }
        }
    }

    fn decide(&mut self, now: Mono, dice: u64) -> Verdict {
        match self.state {
            State::Closed { .. } => Verdict::Allowed,
            State::Open { until } | State::Probing { until } if now < until => Verdict::Refused,
            State::Open { .. } | State::Probing { .. } => {
                self.state = State::Probing { until: now + self.settings.open_min };
                Verdict::Probe
            }
            State::Ramp { since } => {
                let stage = now.since(since).as_nanos() / RAMP_STAGE.as_nanos();
                let stage = usize::try_from(stage).unwrap_or(usize::MAX);
                match RAMP_PERCENT.get(stage) {
                    Some(&percent) if dice::falls(percent, dice) => Verdict::Allowed,
                    Some(_) => Verdict::Refused,
                    None => {
                        self.close(now);
                        Verdict::Allowed
                    }
                }
            }
        }
    }

    /// Trips if there is reason to.
    fn judge(&mut self, now: Mono, retry_after: Option<Duration>) {
        let settings = self.settings;
        let mut sum = Tally::default();
        for tally in self.tally.all(now) {
            sum.successes += tally.successes;
            sum.failures += tally.failures;
            sum.slow += tally.slow;
        }
        let samples = u64::from(sum.successes) + u64::from(sum.failures);
        let percent = |count: u32| u64::from(count) * 100;
        let of_samples = |share: u32| u64::from(share) * samples;
        let enough = samples >= u64::from(settings.samples_min);
        let failing = percent(sum.successes) < of_samples(settings.success_min_percent);
        let slow = percent(sum.slow) >= of_samples(settings.slow_max_percent);
        if self.consecutive >= settings.consecutive_max || (enough && (failing || slow)) {
            self.open(now, retry_after);
        }
    }

    fn open(&mut self, now: Mono, retry_after: Option<Duration>) {
        if self.manual != Manual::Automatic {
            return;
        }
        if let State::Closed { since } = self.state
            && now.since(since) >= self.settings.open_max
        {
            self.opened = 0;
        }
        let span =
            Backoff::new(self.settings.open_min, self.settings.open_max).ceiling(self.opened);
        let span = span + dice::span(span / 2, self.dice);
        let span = believed(retry_after).map_or(span, |asked| asked.max(span));
        self.opened = self.opened.saturating_add(1);
        self.state = State::Open { until: now + span };
        self.forget();
    }

    fn close(&mut self, now: Mono) {
        self.state = State::Closed { since: now };
        self.forget();
    }

    fn forget(&mut self) {
        self.consecutive = 0;
        self.tally.clear();
    }
}

#[cfg(test)]
mod tests;
