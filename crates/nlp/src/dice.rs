//! How long an answer takes, and whether it fails: drawn from a seed.

use std::f64::consts::TAU;
use std::time::Duration;

use rand_core::{Rng, SeedableRng};
use rand_pcg::Pcg64;

use crate::options::{Latency, Options};

/// No answer takes longer.
pub const LATENCY_MAX: Duration = Duration::from_secs(60);

/// What happens to one request.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Fate {
    pub(crate) latency: Duration,
    pub(crate) fails: bool,
}

/// Seeded dice: three numbers for each request, whatever the options.
pub(crate) struct Dice {
    pcg: Pcg64,
    latency: Latency,
    fail_share: f64,
}

impl Dice {
    pub(crate) fn new(options: &Options) -> Self {
        let Options { latency, fail_share, seed, .. } = *options;
        Self { pcg: Pcg64::seed_from_u64(seed), latency, fail_share }
    }

    pub(crate) fn next(&mut self) -> Fate {
        let (first, second, third) = (self.unit(), self.unit(), self.unit());
        Fate { latency: latency(self.latency, first, second), fails: third < self.fail_share }
    }

    /// 0 to 1, without 1: the highest 53 bits, all that a double keeps.
    fn unit(&mut self) -> f64 {
        (self.pcg.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
    }
}

/// `exp(mu + sigma z)`, where `z` is normal (Box and Muller, 1958) and `mu` such that the mean is
/// as asked: the mean of a log-normal distribution is `exp(mu + sigma² / 2)`.
fn latency(Latency { mean_ms, sigma }: Latency, first: f64, second: f64) -> Duration {
    // 1 − first is above 0, which a logarithm needs.
    let z = (-2.0 * (1.0 - first).ln()).sqrt() * (TAU * second).cos();
    let seconds = mean_ms / 1e3 * (sigma * z - sigma * sigma / 2.0).exp();
    Duration::try_from_secs_f64(seconds).unwrap_or(LATENCY_MAX).min(LATENCY_MAX)
}

#[cfg(test)]
mod tests;
