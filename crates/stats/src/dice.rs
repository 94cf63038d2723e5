//! Dice that fall the same way for the same seed. The seed is handed in.

use rand_core::{Rng, SeedableRng};
use rand_pcg::Pcg64;

/// How many bits of a `f64` are its fraction.
const FRACTION_BITS: u32 = 53;

/// Seeded dice.
#[derive(Debug, Clone)]
pub(crate) struct Dice(Pcg64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(Pcg64::seed_from_u64(seed))
    }

    /// Uniform, above 0 and at most 1: its logarithm is finite.
    pub(crate) fn unit(&mut self) -> f64 {
        let steps = (1_u64 << FRACTION_BITS) as f64;
        ((self.0.next_u64() >> (u64::BITS - FRACTION_BITS)) + 1) as f64 / steps
    }

    /// Exponential, of mean 1.
    pub(crate) fn exponential(&mut self) -> f64 {
        -self.unit().ln()
    }

    /// A place in a list of that length, which is not empty.
    pub(crate) fn place(&mut self, length: usize) -> usize {
        let length = length as u64;
        usize::try_from(self.0.next_u64() % length).unwrap_or(0)
    }
}
