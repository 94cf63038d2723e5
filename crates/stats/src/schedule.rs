//! When requests are due, in an open loop: integer nanoseconds since the beginning, without drift.
//!
//! A plan is a rate over time, in stages that are steady or ramps. Its integral N(t) says how many requests are due
//! until t; request i is due at N⁻¹(i). So each time is computed from i alone, and no error adds up. Poisson arrivals
//! are the same inverse of the arrivals of a process of rate 1 (Çinlar, *Introduction to Stochastic Processes*, 1975,
//! section 4.7): open systems are those of Schroeder, Wierman, Harchol-Balter, NSDI 2006.
//!
//! A due time is a promise: whoever walks a schedule may be late, but leaves none out.
//!
//! Several workers share one schedule with `skip(worker).step_by(workers)`: all walk the same times.

mod arrivals;

use crate::round::whole;

pub use arrivals::{Poisson, Uniform};

/// How many stages a plan may have.
pub const STAGES_MAX: usize = 1_000;

/// The highest rate, in requests a second: one a nanosecond.
pub const RATE_MAX: f64 = 1e9;

/// The longest plan, in nanoseconds: 30 days. Up to there a `f64` is exact to the nanosecond.
pub const LENGTH_MAX_NS: u64 = 30 * 24 * 3_600 * 1_000_000_000;

const NS_PER_S: f64 = 1e9;

/// A part of a plan: the rate goes evenly from one to the other.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Stage {
    /// Requests a second at its beginning.
    pub from: f64,
    /// Requests a second at its end.
    pub to: f64,
    /// How long it is, in nanoseconds.
    pub length_ns: u64,
}

impl Stage {
    /// The same rate from beginning to end.
    #[must_use]
    pub const fn steady(rate: f64, length_ns: u64) -> Self {
        Self { from: rate, to: rate, length_ns }
    }

    fn length_s(self) -> f64 {
        self.length_ns as f64 / NS_PER_S
    }

    fn arrivals(self) -> f64 {
        self.length_s() * (self.from + self.to) / 2.0
    }

    /// The root of `from·t + (to - from)·t²/2D = arrivals`, in the form that does not cancel and needs no case for a
    /// steady rate.
    fn reached_ns(self, arrivals: f64) -> u64 {
        if arrivals <= 0.0 {
            return 0;
        }
        let growth = 2.0 * (self.to - self.from) * arrivals / self.length_s();
        let root = (self.from * self.from + growth).max(0.0).sqrt();
        whole(2.0 * arrivals / (self.from + root) * NS_PER_S).min(self.length_ns)
    }
}

/// Why stages make no plan.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
pub enum BadPlan {
    /// Too many stages.
    #[error("the plan has {0} stages: {STAGES_MAX} is the most")]
    Stages(usize),
    /// A rate that is negative, not a number, or too high.
    #[error("the rate {0} is not between 0 and {RATE_MAX} requests a second")]
    Rate(f64),
    /// All stages together are too long.
    #[error("the plan is longer than 30 days: make it shorter")]
    Length,
    /// No request is ever due.
    #[error("no request is due in this plan: give at least one stage a rate and a length")]
    Nothing,
}

#[derive(Debug, Clone, Copy)]
struct Placed {
    stage: Stage,
    begins_ns: u64,
    /// Arrivals before it, and until its end.
    before: f64,
    until: f64,
}

/// A rate over time.
#[derive(Debug, Clone)]
pub struct Plan {
    stages: Vec<Placed>,
    length_ns: u64,
    total: f64,
}

impl Plan {
    /// Stages one after the other.
    ///
    /// # Errors
    /// When a bound is broken, or when nothing is ever due.
    pub fn new(stages: &[Stage]) -> Result<Self, BadPlan> {
        if stages.len() > STAGES_MAX {
            return Err(BadPlan::Stages(stages.len()));
        }
        let mut plan = Self { stages: Vec::with_capacity(stages.len()), length_ns: 0, total: 0.0 };
        stages.iter().try_for_each(|&stage| plan.push(stage))?;
        if plan.total > 0.0 { Ok(plan) } else { Err(BadPlan::Nothing) }
    }

    /// The same rate throughout.
    ///
    /// # Errors
    /// As [`Plan::new`].
    pub fn steady(rate: f64, length_ns: u64) -> Result<Self, BadPlan> {
        Self::new(&[Stage::steady(rate, length_ns)])
    }

    /// How long it is, in nanoseconds.
    #[must_use]
    pub const fn length_ns(&self) -> u64 {
        self.length_ns
    }

    /// How many requests are due on average: for uniform arrivals it is this, rounded up.
    #[must_use]
    pub const fn total(&self) -> f64 {
        self.total
    }

    /// When so many requests were due before, in nanoseconds since the beginning; `None` after the end.
    #[must_use]
    pub fn due_ns(&self, arrivals: f64) -> Option<u64> {
        let stage = self.stages.partition_point(|stage| stage.until <= arrivals);
        let placed = self.stages.get(stage)?;
        Some(placed.begins_ns + placed.stage.reached_ns(arrivals - placed.before))
    }

    fn push(&mut self, stage: Stage) -> Result<(), BadPlan> {
        let wrong =
            [stage.from, stage.to].into_iter().find(|rate| !(0.0..=RATE_MAX).contains(rate));
        if let Some(rate) = wrong {
            return Err(BadPlan::Rate(rate));
        }
        let length_ns = self.length_ns.saturating_add(stage.length_ns);
        if length_ns > LENGTH_MAX_NS {
            return Err(BadPlan::Length);
        }
        let until = self.total + stage.arrivals();
        self.stages.push(Placed { stage, begins_ns: self.length_ns, before: self.total, until });
        (self.length_ns, self.total) = (length_ns, until);
        Ok(())
    }
}

#[cfg(test)]
mod tests;
