//! A service in virtual time, and a caller with a limit before it: discrete events, no clock.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};
use std::time::Duration;

use model::Mono;
use resilience::{Limiter, Outcome};

use crate::dice::Dice;

/// What decides how many calls may be in flight.
pub(crate) trait Limit {
    fn limit(&self) -> u32;
    fn sample(&mut self, now: Mono, in_flight: u32, outcome: Outcome);
}

impl Limit for Limiter {
    fn limit(&self) -> u32 {
        Self::limit(self)
    }
    fn sample(&mut self, now: Mono, in_flight: u32, outcome: Outcome) {
        Self::sample(self, now, in_flight, outcome);
    }
}

/// A service that works on so many calls at a time, and what it is asked. Times in seconds.
pub(crate) struct Service<'a> {
    /// Calls it works on at once; the others wait in their order.
    pub(crate) slots: &'a dyn Fn(f64) -> usize,
    /// How long it works on one, with so many at work.
    pub(crate) work: &'a dyn Fn(f64, usize) -> f64,
    /// Whether a call that is sent then fails, as soon as it would have been answered.
    pub(crate) fails: &'a dyn Fn(f64) -> bool,
    /// Whether it refuses at once what it has no slot for.
    pub(crate) refuses: bool,
    /// Calls a second that are asked for.
    pub(crate) demand: &'a dyn Fn(f64) -> f64,
}

impl Default for Service<'_> {
    /// 10,000 a second of 200 ms, and slots for them all.
    fn default() -> Self {
        Self {
            slots: &|_| 100_000,
            work: &|_, _| 0.2,
            fails: &|_| false,
            refuses: false,
            demand: &|_| 10_000.0,
        }
    }
}

/// What was seen in a tenth of a second, or over several.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Seen {
    /// The limit at its end.
    pub(crate) limit: u32,
    pub(crate) in_flight: usize,
    pub(crate) successes: u64,
    pub(crate) failures: u64,
    /// Mean time of the successes in the service, in ms: work and queue.
    pub(crate) latency_ms: f64,
    /// How many had not been sent at its end.
    pub(crate) backlog: u64,
}

/// How long a refusal takes.
const REFUSAL_S: f64 = 0.005;
/// How uneven the work is: the deviation of its logarithm.
const SIGMA: f64 = 0.1;

struct Run<'a, 'b, L> {
    service: &'b Service<'a>,
    limit: &'b mut L,
    dice: Dice,
    /// When one at work ends, when it was sent, and whether well, in nanoseconds.
    ends: BinaryHeap<Reverse<(u64, u64, bool)>>,
    /// When those that wait in the service were sent.
    queue: VecDeque<u64>,
    refused: usize,
    seen: Seen,
    latency_sum_ms: f64,
}

/// Runs for so many seconds; says what was seen in each tenth.
pub(crate) fn run(seconds: f64, service: &Service<'_>, limit: &mut impl Limit) -> Vec<Seen> {
    let mut run = Run {
        service,
        limit,
        dice: Dice(1),
        ends: BinaryHeap::new(),
        queue: VecDeque::new(),
        refused: 0,
        seen: Seen::default(),
        latency_sum_ms: 0.0,
    };
    let (mut tenths, mut next_tenth, mut arrival) = (Vec::new(), nanos(0.1), 0_u64);
    loop {
        let end = run.ends.peek().map_or(u64::MAX, |Reverse((end, _, _))| *end);
        let now = end.min(arrival).min(next_tenth);
        if now == next_tenth {
            tenths.push(run.tenth());
            next_tenth += nanos(0.1);
            if now >= nanos(seconds) {
                return tenths;
            }
        } else if now == end {
            run.end(now);
        } else {
            run.seen.backlog += 1;
            let gap = 1.0 / (service.demand)(secs(now));
            arrival += nanos(gap * (0.5 + run.dice.unit())).max(1);
        }
        run.send(now);
    }
}

impl<L: Limit> Run<'_, '_, L> {
    fn in_flight(&self) -> usize {
        self.ends.len() + self.queue.len()
    }

    fn send(&mut self, now: u64) {
        while self.seen.backlog > 0 && self.in_flight() < self.limit.limit() as usize {
            self.seen.backlog -= 1;
            let full = self.at_work() >= (self.service.slots)(secs(now));
            if full && self.service.refuses {
                self.refused += 1;
                self.ends.push(Reverse((now + nanos(REFUSAL_S), now, false)));
            } else {
                self.queue.push_back(now);
                self.begin(now);
            }
        }
    }

    fn at_work(&self) -> usize {
        self.ends.len() - self.refused
    }

    /// What waits begins while there are slots.
    fn begin(&mut self, now: u64) {
        while self.at_work() < (self.service.slots)(secs(now))
            && let Some(sent) = self.queue.pop_front()
        {
            let work = (self.service.work)(secs(now), self.at_work() + 1);
            let work = work * (SIGMA * self.dice.normal()).exp();
            let well = !(self.service.fails)(secs(sent));
            self.ends.push(Reverse((now + nanos(work), sent, well)));
        }
    }

    fn end(&mut self, now: u64) {
        let in_flight = self.in_flight();
        let Some(Reverse((_, sent, well))) = self.ends.pop() else { return };
        let latency = Duration::from_nanos(now - sent);
        let refusal = self.service.refuses && latency <= Duration::from_secs_f64(REFUSAL_S);
        self.refused -= usize::from(refusal);
        let outcome = if well { Outcome::Success(latency) } else { Outcome::Overload(latency) };
        self.seen.successes += u64::from(well);
        self.seen.failures += u64::from(!well);
        self.latency_sum_ms += if well { latency.as_secs_f64() * 1e3 } else { 0.0 };
        self.limit.sample(Mono(now), u32::try_from(in_flight).unwrap_or(u32::MAX), outcome);
        self.begin(now);
    }

    fn tenth(&mut self) -> Seen {
        let seen = Seen {
            limit: self.limit.limit(),
            in_flight: self.in_flight(),
            latency_ms: self.latency_sum_ms / self.seen.successes.max(1) as f64,
            ..self.seen
        };
        self.seen = Seen { backlog: seen.backlog, ..Seen::default() };
        self.latency_sum_ms = 0.0;
        seen
    }
}

/// The tenths from a second to another as one.
pub(crate) fn between(tenths: &[Seen], from: f64, to: f64) -> Seen {
    let tenths = &tenths[tenth_of(from)..tenth_of(to)];
    let last = tenths[tenths.len() - 1];
    let successes: u64 = tenths.iter().map(|seen| seen.successes).sum();
    let sum_ms: f64 = tenths.iter().map(|seen| seen.latency_ms * seen.successes as f64).sum();
    Seen {
        successes,
        failures: tenths.iter().map(|seen| seen.failures).sum(),
        latency_ms: sum_ms / successes.max(1) as f64,
        ..last
    }
}

fn tenth_of(seconds: f64) -> usize {
    whole(seconds * 10.0) as usize
}

/// The nearest whole number.
#[expect(clippy::cast_possible_truncation, reason = "limits and tenths are small")]
pub(crate) fn whole(value: f64) -> u32 {
    value.round() as u32
}

fn nanos(seconds: f64) -> u64 {
    u64::try_from(Duration::from_secs_f64(seconds).as_nanos()).unwrap_or(u64::MAX)
}

fn secs(nanos: u64) -> f64 {
    nanos as f64 / 1e9
}
