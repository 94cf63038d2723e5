//! How long to wait between tries to connect: doubling, with a random part as large as the base, so
//! that clients that lost the same server do not come back together.

use std::time::Duration;

use rand_core::Rng;

/// The waits between tries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Backoff {
    /// The first waits: each is this long, plus a random part of up to as much again.
    pub steps: Vec<Duration>,
    /// Every later wait: this long, plus a random part of up to `ceiling_spread`.
    pub ceiling: Duration,
    /// The random part at the ceiling.
    pub ceiling_spread: Duration,
    /// A connection that stood for so long starts anew at the first step.
    pub anew_after: Duration,
}

impl Default for Backoff {
    /// 1–2, 2–4, 4–8, 8–16, then 60–70 seconds; anew after a minute (`docs/protocol.md`).
    fn default() -> Self {
        Self {
            steps: [1, 2, 4, 8].map(Duration::from_secs).to_vec(),
            ceiling: Duration::from_secs(60),
            ceiling_spread: Duration::from_secs(10),
            anew_after: Duration::from_secs(60),
        }
    }
}

impl Backoff {
    /// How long to wait after so many tries that failed in a row, from 0.
    pub fn wait(&self, failed: usize, dice: &mut impl Rng) -> Duration {
        let (base, spread) = match self.steps.get(failed) {
            Some(&step) => (step, step),
            None => (self.ceiling, self.ceiling_spread),
        };
        base + part(spread, dice.next_u64())
    }
}

/// From nothing (`dice` = 0) to the whole span (`dice` = `u64::MAX`).
fn part(span: Duration, dice: u64) -> Duration {
    let nanos = u128::from(u64::try_from(span.as_nanos()).unwrap_or(u64::MAX));
    let part = (u128::from(dice) * (nanos + 1)) >> 64;
    Duration::from_nanos(u64::try_from(part).unwrap_or_else(|_| unreachable!("at most the span")))
}

#[cfg(test)]
mod tests;
