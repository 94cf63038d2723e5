//! Noise of a known kind, from a seed.

use std::f64::consts::TAU;

use rand_core::{Rng, SeedableRng};
use rand_pcg::Pcg64;

pub(crate) struct Truth(Pcg64);

impl Truth {
    pub(crate) fn new(seed: u64) -> Self {
        Self(Pcg64::seed_from_u64(seed))
    }

    /// Uniform, above 0 and at most 1.
    pub(crate) fn unit(&mut self) -> f64 {
        ((self.0.next_u64() >> 11) + 1) as f64 / (1_u64 << 53) as f64
    }

    /// Uniform, between two.
    pub(crate) fn between(&mut self, least: f64, most: f64) -> f64 {
        least + (most - least) * self.unit()
    }

    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.0.next_u64() % bound
    }

    /// Normal, of mean 0 and deviation 1 (Box, Muller).
    pub(crate) fn normal(&mut self) -> f64 {
        let radius = (-2.0 * self.unit().ln()).sqrt();
        radius * (TAU * self.unit()).cos()
    }

    /// A factor around 1.
    pub(crate) fn factor(&mut self, deviation: f64) -> f64 {
        (deviation * self.normal()).exp()
    }

    /// Values of which each is like the one before, by `alike`, of mean 0 and deviation 1.
    pub(crate) fn series(&mut self, length: usize, alike: f64) -> Vec<f64> {
        let fresh = (1.0 - alike * alike).sqrt();
        let mut last = self.normal();
        (0..length)
            .map(|_| {
                last = alike * last + fresh * self.normal();
                last
            })
            .collect()
    }
}

/// A part of sorted values.
pub(crate) fn quantile(values: &mut [f64], quantile: f64) -> f64 {
    values.sort_by(f64::total_cmp);
    let at = (1..values.len()).find(|at| *at as f64 >= quantile * values.len() as f64);
    values[at.map_or(0, |at| at - 1)]
}

/// The nearest whole number.
#[expect(
    clippy::cast_possible_truncation,
    reason = "`as` saturates, and nothing here is that large"
)]
pub(crate) fn whole(value: f64) -> u64 {
    value.round() as u64
}
