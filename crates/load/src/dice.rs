//! Dice that fall the same way for the same seed.

use std::time::Duration;

use rand_core::{Rng, SeedableRng};
use rand_pcg::Pcg64;

/// Seeded dice.
#[derive(Debug)]
pub(crate) struct Dice(Pcg64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(Pcg64::seed_from_u64(seed))
    }

    pub(crate) fn any(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// 0 to `bound - 1`.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        let bound = u64::try_from(bound.max(1)).unwrap_or(u64::MAX);
        usize::try_from(self.any() % bound).unwrap_or(0)
    }

    /// So often of 100 times.
    pub(crate) fn percent(&mut self, percent: u64) -> bool {
        self.any() % 100 < percent
    }

    /// A time between two, in milliseconds.
    pub(crate) fn between(&mut self, least_ms: u64, most_ms: u64) -> Duration {
        Duration::from_millis(least_ms + self.any() % (most_ms - least_ms + 1))
    }

    /// One of them; the first ones far more often than the last: some are always warm, many are cold.
    pub(crate) fn skewed(&mut self, bound: usize) -> usize {
        if self.percent(30) {
            return self.below(bound);
        }
        let (a, b) = (self.below(bound), self.below(bound));
        a.min(b).min(self.below(bound))
    }

    /// One of a list.
    pub(crate) fn pick<'a, T>(&mut self, list: &'a [T]) -> Option<&'a T> {
        list.get(self.below(list.len()))
    }
}

#[cfg(test)]
mod tests;
