//! What happens to each request: how long it takes and which fault it has, drawn from a seed, in the
//! order in which requests arrive. It is told the time and decides; who waits is `http`.

use std::f64::consts::TAU;
use std::time::{Duration, Instant};

use rand_core::{Rng, SeedableRng};
use rand_pcg::Pcg64;

use crate::faults::{Faults, LATENCY_MAX, Latency};

/// What is wrong with one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    FailFast,
    FailSlow,
    TooMany,
    Hang,
    Drip,
    Reset,
    WrongJson,
    Outage,
}

/// As in [`Faults::shares`].
const DRAWN: [Fault; 7] = [
    Fault::FailFast,
    Fault::FailSlow,
    Fault::TooMany,
    Fault::Hang,
    Fault::Drip,
    Fault::Reset,
    Fault::WrongJson,
];

/// What happens to one request.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Fate {
    pub(crate) latency: Duration,
    pub(crate) fault: Option<Fault>,
    /// What is left of the limit; `None` = there is no limit.
    pub(crate) quota: Option<Quota>,
    /// What a refusal says of when to come back.
    pub(crate) retry_after_ms: u64,
    /// From byte to byte of a drip.
    pub(crate) pace: Duration,
    /// Which of its texts have no analysis.
    pub(crate) item_fail_share: f64,
    /// For what else is drawn for this request.
    pub(crate) seed: u64,
}

/// What is left of the limit on requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Quota {
    pub(crate) limit: u32,
    pub(crate) remaining: u32,
    /// Until it is whole again.
    pub(crate) reset: Duration,
}

/// The faults in force, and where their dice stand.
pub(crate) struct Fates {
    faults: Faults,
    dice: Dice,
    since: Instant,
    /// When the limit is whole again: the theoretical arrival time of GCRA.
    whole_at: Instant,
}

impl Fates {
    /// Faults that make sense, from now on.
    pub(crate) fn new(faults: Faults, now: Instant) -> Self {
        let dice = Dice::new(faults.seed);
        Self { faults, dice, since: now, whole_at: now }
    }

    /// Four numbers are drawn for each request, whatever the faults.
    pub(crate) fn next(&mut self, now: Instant) -> Fate {
        let (first, second) = (self.dice.unit(), self.dice.unit());
        let (third, seed) = (self.dice.unit(), self.dice.word());
        let (admitted, quota) = self.admit(now);
        let elapsed_ms = millis(now.saturating_duration_since(self.since));
        let fault = if self.faults.outages.iter().any(|outage| outage.is_at(elapsed_ms)) {
            Some(Fault::Outage)
        } else if !admitted {
            Some(Fault::TooMany)
        } else {
            self.drawn(third)
        };
        Fate {
            latency: latency(self.faults.latency, first, second),
            fault,
            quota,
            retry_after_ms: self.faults.too_many.retry_after_ms,
            pace: Duration::from_millis(self.faults.drip.ms_per_byte),
            item_fail_share: self.faults.item_fail_share,
            seed,
        }
    }

    /// Until when nothing is answered.
    pub(crate) fn stalled_until(&self, now: Instant) -> Option<Instant> {
        let until = self.since + Duration::from_millis(self.faults.stall.for_ms);
        (until > now).then_some(until)
    }

    /// What is in force, with what is left of a stall.
    pub(crate) fn faults(&self, now: Instant) -> Faults {
        let mut faults = self.faults.clone();
        let left = self.stalled_until(now).map(|until| until.saturating_duration_since(now));
        faults.stall.for_ms = left.map_or(0, millis);
        faults
    }

    fn drawn(&self, unit: f64) -> Option<Fault> {
        let mut below = 0.0;
        DRAWN.into_iter().zip(self.faults.shares()).find_map(|(fault, (_, share))| {
            below += share;
            (unit < below).then_some(fault)
        })
    }

    /// GCRA: <https://en.wikipedia.org/wiki/Generic_cell_rate_algorithm>, one second of burst.
    fn admit(&mut self, now: Instant) -> (bool, Option<Quota>) {
        const BURST: Duration = Duration::from_secs(1);
        let limit = self.faults.too_many.per_s;
        if limit == 0 {
            return (true, None);
        }
        let each = BURST / limit;
        let next = self.whole_at.max(now) + each;
        // A second is not always a whole number of slots: half of one is forgiven.
        let admitted = next.saturating_duration_since(now) <= BURST + each / 2;
        if admitted {
            self.whole_at = next;
        }
        let reset = self.whole_at.saturating_duration_since(now);
        let free = (BURST + each / 2).saturating_sub(reset).as_nanos() / each.as_nanos().max(1);
        let remaining = u32::try_from(free).unwrap_or(limit).min(limit);
        (admitted, Some(Quota { limit, remaining, reset }))
    }
}

/// Seeded dice.
pub(crate) struct Dice(Pcg64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(Pcg64::seed_from_u64(seed))
    }

    pub(crate) fn word(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// 0 to 1, without 1: the highest 53 bits, all that a double keeps.
    pub(crate) fn unit(&mut self) -> f64 {
        (self.word() >> 11) as f64 / (1_u64 << 53) as f64
    }
}

fn latency(latency: Latency, first: f64, second: f64) -> Duration {
    let ms = match latency {
        Latency::Fixed { ms } => ms,
        // `exp(mu + sigma z)`, where `z` is normal (Box and Muller, 1958) and `mu` such that the mean
        // is as asked: the mean of a log-normal distribution is `exp(mu + sigma² / 2)`.
        Latency::LogNormal { mean_ms, sigma } => {
            // 1 − first is above 0, which a logarithm needs.
            let z = (-2.0 * (1.0 - first).ln()).sqrt() * (TAU * second).cos();
            mean_ms * (sigma * z - sigma * sigma / 2.0).exp()
        }
    };
    Duration::try_from_secs_f64(ms / 1e3).unwrap_or(LATENCY_MAX).min(LATENCY_MAX)
}

fn millis(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;
