//! The one source of chance, and the trace in which a run can be recognised.

use std::collections::hash_map::DefaultHasher;
use std::hash::Hasher;
use std::time::Duration;

use rand_core::{Rng, SeedableRng};
use rand_pcg::Pcg64;

/// Everything that could have been otherwise follows from these.
pub(crate) struct Dice(Pcg64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(Pcg64::seed_from_u64(seed))
    }

    pub(crate) fn word(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// From 0 to `bound - 1`.
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.word() % bound
    }

    pub(crate) fn between(&mut self, least: u64, most: u64) -> u64 {
        least + self.below(most - least + 1)
    }

    pub(crate) fn count(&mut self, least: usize, most: usize) -> usize {
        least + self.index(most - least + 1)
    }

    pub(crate) fn index(&mut self, len: usize) -> usize {
        usize::try_from(self.below(len as u64)).unwrap()
    }

    pub(crate) fn percent(&mut self, chance: u64) -> bool {
        self.below(100) < chance
    }

    pub(crate) fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.index(from.len())]
    }

    /// Often nothing, else up to `most`: what is quick is as hard as what is late.
    pub(crate) fn delay(&mut self, most: Duration) -> Duration {
        if self.percent(25) {
            return Duration::ZERO;
        }
        Duration::from_nanos(self.below(u64::try_from(most.as_nanos()).unwrap() + 1))
    }
}

/// A fingerprint of everything that happened, in its order.
pub(crate) struct Trace(DefaultHasher);

impl Trace {
    pub(crate) fn new() -> Self {
        Self(DefaultHasher::new())
    }

    pub(crate) fn numbers(&mut self, numbers: &[u64]) {
        numbers.iter().for_each(|number| self.0.write_u64(*number));
    }

    pub(crate) fn text(&mut self, text: &str) {
        self.0.write(text.as_bytes());
    }

    pub(crate) fn fingerprint(&self) -> u64 {
        self.0.finish()
    }
}
