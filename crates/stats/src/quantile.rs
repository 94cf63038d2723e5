//! How sure a quantile is: an interval between two order statistics, which assumes no distribution.
//!
//! The number of values below the true quantile is binomial, so two ranks enclose it with a known chance (David,
//! Nagaraja, *Order Statistics*, 3rd edition, 2003, section 7.1). With too few values an end does not exist: of 100
//! values, none is above the 99th percentile for sure, and that is said.
//!
//! Latencies that follow each other are alike, so n of them are worth fewer: n over the *design effect* (Kish, *Survey
//! Sampling*, 1965, section 8.2). The interval is of one run. It does not see what differs between runs; for that, see
//! [`compare`](crate::compare).

use hdrhistogram::Histogram;
use serde::{Deserialize, Serialize};

use crate::histogram::{at_rank_us, quantile_us};
use crate::round::whole;

/// How much may lie below an interval, and above it: 95 % are inside.
pub const TAIL: f64 = 0.025;

/// How far from the middle binomial weights are summed, in standard deviations: what is beyond is below 1e-15.
const DEVIATIONS: f64 = 9.0;

/// Ranks, 1 being the smallest value. `None`: there are too few values for this end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ranks {
    /// The lower end.
    pub low: Option<u64>,
    /// The upper end.
    pub high: Option<u64>,
}

/// A quantile of a histogram with its 95 % interval, in microseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Estimate {
    /// The quantile itself.
    pub value_us: u64,
    /// The lower end; `None` with too few values.
    pub low_us: Option<u64>,
    /// The upper end; `None` with too few values.
    pub high_us: Option<u64>,
}

/// A quantile (between 0 and 1) of latencies, of which each is worth `1 / design_effect` values that are independent.
/// `None` when nothing was recorded.
#[must_use]
pub fn estimate(latencies: &Histogram<u64>, quantile: f64, design_effect: f64) -> Option<Estimate> {
    let value_us = quantile_us(latencies, quantile)?;
    let ranks = ranks(latencies.len(), quantile, design_effect);
    let at = |rank: Option<u64>| rank.and_then(|rank| at_rank_us(latencies, rank));
    Some(Estimate { value_us, low_us: at(ranks.low), high_us: at(ranks.high) })
}

/// The ranks, among so many values, that enclose a quantile (between 0 and 1) with 95 %.
#[must_use]
pub fn ranks(count: u64, quantile: f64, design_effect: f64) -> Ranks {
    let worth = whole(count as f64 / design_effect.max(1.0));
    let (low, high) = binomial_ends(worth, quantile);
    let scale = count as f64 / worth.max(1) as f64;
    let low = (low >= 1).then(|| whole((low as f64 * scale).floor()).max(1));
    let high = (high <= worth).then(|| whole((high as f64 * scale).ceil()).min(count));
    Ranks { low, high }
}

/// How many values of a series that follow each other are worth one: 1 for independent ones, n/(effective n) else.
///
/// From the sum of autocorrelations, up to the first pair that is not above 0 (Geyer, *Practical Markov Chain Monte
/// Carlo*, Statistical Science 7, 1992, section 3.3: initial positive sequence). For a quantile, give 1 for each value
/// above it and 0 for the others. At least 1.
#[must_use]
pub fn design_effect(series: &[f64]) -> f64 {
    let count = series.len() as f64;
    let mean = series.iter().sum::<f64>() / count;
    let covariance = |lag: usize| {
        let pairs = series.iter().zip(&series[lag..]);
        pairs.map(|(a, b)| (a - mean) * (b - mean)).sum::<f64>() / count
    };
    let variance = if series.is_empty() { 0.0 } else { covariance(0) };
    if variance <= 0.0 {
        return 1.0;
    }
    let pairs = (0..series.len() / 2)
        .map(|pair| (covariance(2 * pair) + covariance(2 * pair + 1)) / variance);
    (2.0 * pairs.take_while(|pair| *pair > 0.0).sum::<f64>() - 1.0).max(1.0)
}

/// The largest l with P(B < l) ≤ [`TAIL`], and the smallest u with P(B ≥ u) ≤ [`TAIL`], B being binomial. No l: 0; no
/// u: above `count`.
///
/// Weights are counted from the middle outwards, each from the one before, and divided by their sum: no factorial, no
/// approximation.
fn binomial_ends(count: u64, quantile: f64) -> (u64, u64) {
    let n = count as f64;
    let spread = DEVIATIONS * (n * quantile * (1.0 - quantile)).sqrt() + DEVIATIONS;
    let from = whole((n * quantile - spread).max(0.0));
    let to = whole(n * quantile + spread).min(count);
    let middle = whole(n * quantile).clamp(from, to);
    let odds = quantile / (1.0 - quantile);
    let mut weights = vec![1.0];
    for k in (from..middle).rev() {
        let above = weights[weights.len() - 1];
        weights.push(above * (k + 1) as f64 / ((count - k) as f64 * odds));
    }
    weights.reverse();
    for k in middle + 1..=to {
        let below = weights[weights.len() - 1];
        weights.push(below * (count - k + 1) as f64 * odds / k as f64);
    }
    let allowed = TAIL * weights.iter().sum::<f64>();
    let within = |weights: &mut dyn Iterator<Item = &f64>| {
        let mut sum = 0.0;
        let inside = |weight: &&f64| {
            sum += **weight;
            sum <= allowed
        };
        weights.take_while(inside).count() as u64
    };
    let below = within(&mut weights.iter());
    let above = within(&mut weights.iter().rev());
    (from + below, to + 1 - above)
}

#[cfg(test)]
mod tests;
