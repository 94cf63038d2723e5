//! The two ways to walk a plan.

use super::Plan;
use crate::dice::Dice;

/// Evenly spaced arrivals: request i at N⁻¹(i), the first at once.
#[derive(Debug, Clone)]
pub struct Uniform {
    plan: Plan,
    next: u64,
}

impl Uniform {
    /// From the beginning of the plan.
    #[must_use]
    pub const fn new(plan: Plan) -> Self {
        Self { plan, next: 0 }
    }
}

impl Iterator for Uniform {
    /// Nanoseconds since the beginning, never less than the one before.
    type Item = u64;

    fn next(&mut self) -> Option<u64> {
        self.nth(0)
    }

    /// In one step, so that `step_by` costs no more than `next`.
    fn nth(&mut self, skipped: usize) -> Option<u64> {
        let due = self.next.saturating_add(skipped as u64);
        self.next = due.saturating_add(1);
        self.plan.due_ns(due as f64)
    }
}

/// Poisson arrivals: what many independent people make. The gaps are exponential, and bursts are part of it.
#[derive(Debug, Clone)]
pub struct Poisson {
    plan: Plan,
    dice: Dice,
    /// Of the process of rate 1.
    arrivals: f64,
}

impl Poisson {
    /// From the beginning of the plan; the same seed gives the same arrivals.
    #[must_use]
    pub fn new(plan: Plan, seed: u64) -> Self {
        Self { plan, dice: Dice::new(seed), arrivals: 0.0 }
    }
}

impl Iterator for Poisson {
    /// Nanoseconds since the beginning, never less than the one before.
    type Item = u64;

    fn next(&mut self) -> Option<u64> {
        self.arrivals += self.dice.exponential();
        self.plan.due_ns(self.arrivals)
    }
}
