//! What we know of the outside service, and whether it is asked now.

use std::time::Duration;

use model::{Mono, Reason};
use resilience::{
    Breaker, BreakerSettings, BreakerState, Budget, BudgetSettings, Failure, Limiter,
    LimiterSettings, Outcome, Quantiles, Verdict, hedge,
};

use crate::Protection;
use crate::dice::Dice;
use crate::settings::Settings;
use crate::trace::What;

/// Failures in a row that open the breaker: at thousands of calls a second, one in twenty failing, five in a row
/// come every few minutes.
pub(crate) const FAILURES_IN_A_ROW_MAX: u32 = 50;

/// A breaker asks at least so often whether an outage is over: one call costs nothing, and who waits for longer has
/// guesses of a service that is well.
pub(crate) const OPEN_MAX: Duration = Duration::from_secs(5);

/// Nothing is called twice above this share of the limit, and nothing of a sweep above the other.
const HEDGE_PERCENT: u64 = 95;
const AGAIN_PERCENT: u64 = 80;

/// Calls in flight, and whether there may be more.
#[derive(Debug)]
pub(crate) struct Service {
    limiter: Limiter,
    breaker: Breaker,
    budget: Budget,
    latencies: Quantiles,
    in_flight: u32,
    dice: Dice,
    calls_max: u32,
    without: Vec<Protection>,
    gauges: ServiceGauges,
}

/// What can be seen of the service and of how it is spared.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct ServiceGauges {
    /// Gauge: calls in flight.
    pub in_flight: u32,
    /// Gauge: calls that may be in flight.
    pub limit: u32,
    /// Gauge: the most that may ever be.
    pub limit_max: u32,
    /// Gauge: 0 closed, 1 half open, 2 open.
    pub breaker: u8,
    /// Gauge: second calls that the budget still pays.
    pub budget: u64,
    /// Gauge: how long calls take now, in seconds: the median, and the 99th percentile.
    pub latency_s: [f64; 2],
    /// Counter: first calls, of live messages.
    pub calls: u64,
    /// Counter: second calls beside a slow first.
    pub hedges: u64,
    /// Counter: hedges whose answer came first.
    pub hedges_won: u64,
    /// Counter: second calls after a first that failed.
    pub retries: u64,
    /// Counter: calls of sweeps.
    pub again: u64,
    /// Counter: calls that failed.
    pub failures: u64,
    /// Counter: of those, calls that the service took no more of for now.
    pub throttled: u64,
    /// Counter: second calls that were not made: no budget, no time, a full limit, a breaker that is not closed.
    pub suppressed: [u64; 4],
    /// Counter: times the breaker opened.
    pub opened: u64,
}

/// Why a second call was not made; its place in [`ServiceGauges::suppressed`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Suppressed {
    /// The budget of second calls is used up.
    Budget,
    /// There is no time for one.
    Time,
    /// The limit is nearly reached.
    Limit,
    /// The breaker is not closed.
    Breaker,
}

/// What kind of call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The first of a live message.
    First,
    /// Beside a slow first.
    Hedge,
    /// After a first that failed.
    Retry,
    /// Of a sweep.
    Again,
}

impl Service {
    pub(crate) fn new(settings: &Settings) -> Self {
        let bounds = LimiterSettings {
            min: LimiterSettings::default().min.min(settings.calls_max),
            max: settings.calls_max,
            q90_max: settings.deadline * 3 / 4,
        };
        let trips = BreakerSettings {
            consecutive_max: FAILURES_IN_A_ROW_MAX,
            slow: settings.deadline - settings.own,
            open_max: OPEN_MAX,
            ..BreakerSettings::default()
        };
        Self {
            limiter: Limiter::new(bounds, settings.calls_before),
            breaker: Breaker::new(trips),
            budget: Budget::new(BudgetSettings::default()),
            latencies: Quantiles::new(),
            in_flight: 0,
            dice: Dice::new(settings.seed),
            calls_max: settings.calls_max,
            without: settings.without.iter().copied().collect(),
            gauges: ServiceGauges::default(),
        }
    }

    /// Takes a place for a first call, or says why there is none.
    pub(crate) fn place(&mut self, now: Mono, kind: Kind) -> Result<(), Reason> {
        let most = match kind {
            Kind::Again => share(self.limit(), AGAIN_PERCENT),
            Kind::First | Kind::Hedge | Kind::Retry => self.limit(),
        };
        if self.in_flight >= most {
            return Err(Reason::Limit);
        }
        if self.has(Protection::Breaker)
            && self.breaker.allows(now, self.dice.next()) == Verdict::Refused
        {
            return Err(Reason::Breaker);
        }
        if kind == Kind::First {
            self.budget.deposit(now);
        }
        self.sent(kind);
        Ok(())
    }

    /// Takes a place for a second call, if it is paid for.
    pub(crate) fn second(&mut self, now: Mono, kind: Kind) -> Result<(), Suppressed> {
        let may = self.may_be_second(now);
        if let Err(why) = may {
            self.suppress(why);
            return Err(why);
        }
        self.sent(kind);
        Ok(())
    }

    fn may_be_second(&mut self, now: Mono) -> Result<(), Suppressed> {
        if self.in_flight >= share(self.limit(), HEDGE_PERCENT) {
            return Err(Suppressed::Limit);
        }
        if self.has(Protection::Breaker) && self.breaker.state() != BreakerState::Closed {
            return Err(Suppressed::Breaker);
        }
        if self.has(Protection::Budget) && !self.budget.withdraw(now) {
            return Err(Suppressed::Budget);
        }
        Ok(())
    }

    /// A second call was not made.
    pub(crate) fn suppress(&mut self, why: Suppressed) {
        self.gauges.suppressed[why as usize] += 1;
    }

    fn sent(&mut self, kind: Kind) {
        self.in_flight += 1;
        let counter = match kind {
            Kind::First => &mut self.gauges.calls,
            Kind::Hedge => &mut self.gauges.hedges,
            Kind::Retry => &mut self.gauges.retries,
            Kind::Again => &mut self.gauges.again,
        };
        *counter += 1;
    }

    /// A call has been answered.
    pub(crate) fn answered(&mut self, now: Mono, took: Duration) {
        self.latencies.record(now, took);
        self.breaker.success(now, took);
        self.limiter.sample(now, self.in_flight, Outcome::Success(took));
        self.ended();
    }

    /// A call has been sent, as it is told of its message.
    pub(crate) fn called(&self, number: u8, kind: Kind) -> What {
        let small = |count: u32| u16::try_from(count).unwrap_or(u16::MAX);
        let (breaker, in_flight) = (self.breaker_state(), small(self.in_flight));
        What::Called { number, kind, breaker, in_flight, limit: small(self.limit()) }
    }

    fn breaker_state(&self) -> u8 {
        match self.breaker.state() {
            BreakerState::Closed => 0,
            BreakerState::HalfOpen => 1,
            BreakerState::Open => 2,
        }
    }

    /// A hedge's answer was the first.
    pub(crate) fn hedge_won(&mut self) {
        self.gauges.hedges_won += 1;
    }

    /// A call has failed, and not by our own fault.
    pub(crate) fn failed(
        &mut self,
        now: Mono,
        took: Duration,
        kind: Failure,
        retry_after: Option<Duration>,
    ) {
        let was_open = self.breaker.state() == BreakerState::Open;
        self.breaker.failure(now, kind, retry_after);
        if !was_open && self.breaker.state() == BreakerState::Open {
            self.gauges.opened += 1;
        }
        self.limiter.sample(now, self.in_flight, Outcome::Overload(took));
        self.gauges.failures += 1;
        self.gauges.throttled += u64::from(kind == Failure::Throttled);
        self.ended();
    }

    /// The service lives and refuses this one message.
    pub(crate) fn refused(&mut self, now: Mono, took: Duration) {
        self.breaker.success(now, took);
        self.gauges.failures += 1;
        self.ended();
    }

    /// A call ends that was not sent.
    pub(crate) fn unsent(&mut self) {
        self.ended();
    }

    fn ended(&mut self) {
        self.in_flight = self.in_flight.saturating_sub(1);
    }

    /// How long after a first call a second is worth it.
    pub(crate) fn hedge_after(&self, left: Duration, own: Duration) -> Option<Duration> {
        if !self.has(Protection::Hedge) {
            return None;
        }
        hedge::delay(&self.latencies, left, own)
    }

    /// Whether half of all calls would be answered in so much time; yes, while nothing is known.
    pub(crate) fn is_enough(&self, left: Duration) -> bool {
        self.latencies.at(0.5).is_none_or(|median| median <= left)
    }

    /// Calls that a sweep may make at once.
    pub(crate) fn room_again(&self) -> u32 {
        if self.has(Protection::Breaker) && self.breaker.state() == BreakerState::Open {
            // One asks whether it is over; the breaker says when.
            return u32::from(self.in_flight == 0);
        }
        share(self.limit(), AGAIN_PERCENT).saturating_sub(self.in_flight)
    }

    pub(crate) fn has_room(&self) -> bool {
        self.in_flight < self.limit()
    }

    fn limit(&self) -> u32 {
        if self.has(Protection::Limit) { self.limiter.limit() } else { self.calls_max }
    }

    pub(crate) fn has(&self, protection: Protection) -> bool {
        !self.without.contains(&protection)
    }

    /// The limit to begin with next time.
    pub(crate) fn last_good(&self) -> Option<u32> {
        self.limiter.last_good()
    }

    pub(crate) fn gauges(&mut self, now: Mono) -> ServiceGauges {
        let seconds = |q| self.latencies.at(q).unwrap_or_default().as_secs_f64();
        ServiceGauges {
            in_flight: self.in_flight,
            limit: self.limit(),
            limit_max: self.calls_max,
            breaker: self.breaker_state(),
            budget: self.budget.left(now),
            latency_s: [seconds(0.5), seconds(0.99)],
            ..self.gauges
        }
    }
}

fn share(limit: u32, percent: u64) -> u32 {
    u32::try_from(u64::from(limit) * percent / 100).unwrap_or(limit)
}
