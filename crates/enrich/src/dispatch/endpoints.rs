//! Which endpoint is asked: of two at random the one that costs less, unless its breaker is open or its limits are
//! reached.
//!
//! Where there are several, each has a breaker, and the enricher has none: one that is bad is no reason not to ask the
//! others. With one the enricher's own is enough.

use std::time::Duration;

use model::{Mono, Reason};
use resilience::{
    Breaker, BreakerSettings, BreakerState, Buckets, Failure, PeakEwma, Permit, Rate, Told,
    Verdict, choose,
};

use super::DispatchSettings;
use crate::dice::Dice;
use crate::enricher::Failed;
use crate::service::{FAILURES_IN_A_ROW_MAX, OPEN_MAX};

/// Of what is allowed in a minute so much may come at once; it is taken off the rate, so that no minute has more.
const REQUESTS_BURST: u64 = 60;
const TOKENS_BURST: u64 = 6;

/// Where nothing is said of a limit.
const UNLIMITED: Rate = Rate { per_minute: 1_000_000_000, burst: 1_000_000_000 };

/// What can be seen of one endpoint.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct EndpointGauges {
    /// Gauge: requests that are out.
    pub in_flight: u32,
    /// Gauge: 0 closed, 1 half open, 2 open.
    pub breaker: u8,
    /// Counter: requests sent.
    pub requests: u64,
    /// Counter: those that failed, refusals of single texts left out.
    pub failures: u64,
    /// Counter: of those, the ones that were told to come later.
    pub throttled: u64,
}

/// How a request ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ending {
    Answered,
    Failed(Failed),
}

/// What came of a request.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ended {
    pub(super) took: Duration,
    pub(super) ending: Ending,
    pub(super) told: Told,
    /// Tokens, by estimate and in truth.
    pub(super) reserved: u64,
    pub(super) used: u64,
}

#[derive(Debug)]
pub(super) struct Endpoints {
    costs: Vec<PeakEwma>,
    breakers: Vec<Breaker>,
    has_breakers: bool,
    /// None while neither we nor the service know of limits.
    limits: Vec<Option<Buckets>>,
    gauges: Vec<EndpointGauges>,
    dice: Dice,
}

impl Endpoints {
    pub(super) fn new(settings: &DispatchSettings, now: Mono) -> Self {
        let trips = BreakerSettings {
            consecutive_max: FAILURES_IN_A_ROW_MAX,
            slow: settings.slow,
            open_max: OPEN_MAX,
            ..BreakerSettings::default()
        };
        let count = settings.endpoints.max(1);
        let (requests, tokens) = (settings.requests_per_minute, settings.tokens_per_minute);
        let limits = Buckets::new(rate(requests, REQUESTS_BURST), rate(tokens, TOKENS_BURST));
        Self {
            costs: vec![PeakEwma::new(now); count],
            breakers: vec![Breaker::new(trips); count],
            has_breakers: settings.has_breakers,
            limits: vec![(requests + tokens > 0).then_some(limits); count],
            gauges: vec![EndpointGauges::default(); count],
            dice: Dice::new(settings.seed ^ 2),
        }
    }

    pub(super) fn count(&self) -> usize {
        self.costs.len()
    }

    /// Where a request of so many tokens goes now, or why nowhere. `avoided` is asked only when no other may be.
    pub(super) fn choose(
        &mut self,
        now: Mono,
        tokens: u64,
        avoided: Option<usize>,
    ) -> Result<usize, Reason> {
        if self.count() == 1 {
            return self.reserve(0, now, tokens).map(|()| self.begin(0));
        }
        let dice = self.dice.next();
        let first = choose(&self.costs, now, dice).unwrap_or(0);
        let mut why = Reason::Breaker;
        if avoided != Some(first) {
            match self.may(first, now, tokens) {
                Ok(()) => return Ok(self.begin(first)),
                Err(not) => why = not,
            }
        }
        // It hardly ever comes to this: a breaker is open, or the message's first call is out there.
        let mut others: Vec<usize> = (0..self.count()).filter(|at| *at != first).collect();
        others.sort_by(|a, b| self.costs[*a].cost(now).total_cmp(&self.costs[*b].cost(now)));
        others.retain(|at| avoided != Some(*at));
        for at in others.into_iter().chain(avoided) {
            match self.may(at, now, tokens) {
                Ok(()) => return Ok(self.begin(at)),
                Err(Reason::RateLimit) => why = Reason::RateLimit,
                Err(_) => {}
            }
        }
        Err(why)
    }

    fn may(&mut self, at: usize, now: Mono, tokens: u64) -> Result<(), Reason> {
        let dice = self.dice.next();
        if self.has_breakers && self.breakers[at].allows(now, dice) == Verdict::Refused {
            return Err(Reason::Breaker);
        }
        self.reserve(at, now, tokens)
    }

    /// Pays for it out of the endpoint's limits.
    fn reserve(&mut self, at: usize, now: Mono, tokens: u64) -> Result<(), Reason> {
        let Some(limits) = &mut self.limits[at] else { return Ok(()) };
        let permit = limits.reserve(now, tokens);
        if permit == Permit::Granted { Ok(()) } else { Err(Reason::RateLimit) }
    }

    /// One is sent there.
    pub(super) fn begin(&mut self, at: usize) -> usize {
        self.costs[at].begin();
        self.gauges[at].requests += 1;
        self.gauges[at].in_flight += 1;
        at
    }

    /// A request has ended.
    pub(super) fn ended(&mut self, at: usize, now: Mono, ended: &Ended) {
        self.settle(at, now, ended);
        let gauges = &mut self.gauges[at];
        gauges.in_flight = gauges.in_flight.saturating_sub(1);
        let took = ended.took;
        let (failure, retry_after) = match ended.ending {
            // The endpoint lives, and refuses this one text.
            Ending::Answered | Ending::Failed(Failed::Refused) => {
                self.costs[at].success(now, took);
                self.breakers[at].success(now, took);
                return;
            }
            Ending::Failed(Failed::Error | Failed::Unreadable) => (Failure::Error, None),
            Ending::Failed(Failed::Throttled { retry_after }) => {
                gauges.throttled += 1;
                (Failure::Throttled, retry_after)
            }
        };
        gauges.failures += 1;
        self.costs[at].failure(now, took, retry_after);
        self.breakers[at].failure(now, failure, retry_after);
    }

    /// What it cost, and what the service says of its limits.
    fn settle(&mut self, at: usize, now: Mono, ended: &Ended) {
        let limits = &mut self.limits[at];
        if limits.is_none() && ended.told != Told::default() {
            *limits = Some(Buckets::new(UNLIMITED, UNLIMITED));
        }
        if let Some(limits) = limits {
            limits.settle(now, ended.reserved, ended.used);
            limits.reconcile(now, &ended.told);
        }
    }

    pub(super) fn gauges(&self) -> impl Iterator<Item = EndpointGauges> {
        self.gauges.iter().zip(&self.breakers).map(|(gauges, breaker)| EndpointGauges {
            breaker: match breaker.state() {
                BreakerState::Closed => 0,
                BreakerState::HalfOpen => 1,
                BreakerState::Open => 2,
            },
            ..*gauges
        })
    }
}

/// Never more than `per_minute` in any minute, of which `1/part` may come at once; 0: no limit.
fn rate(per_minute: u64, part: u64) -> Rate {
    if per_minute == 0 {
        return UNLIMITED;
    }
    let burst = (per_minute / part).max(1);
    Rate { per_minute: per_minute.saturating_sub(burst).max(1), burst }
}
