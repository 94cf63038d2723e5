//! How large a difference is, with an interval that belongs to the exact test.

use serde::{Deserialize, Serialize};

use super::exact::ways_of_pairs;
use super::{SIGNIFICANT, median};

/// A difference with its 95 % interval, in the scale of the comparison.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Shift {
    /// The estimate.
    pub estimate: f64,
    /// The lower end.
    pub low: f64,
    /// The upper end.
    pub high: f64,
}

/// By how much `b` is above `a`: the median of all differences (Hodges, Lehmann, Annals of Mathematical Statistics 34,
/// 1963). `None` when a side is empty.
#[must_use]
pub fn hodges_lehmann(a: &[f64], b: &[f64]) -> Option<f64> {
    median(&differences(a, b))
}

/// The same with an interval: of all differences in order, so many are left out on each side that the test, at the
/// first that stays, is not significant (Hollander, Wolfe, *Nonparametric Statistical Methods*, section 4.3). With too
/// few runs for 95 % it is as wide as the differences. `None` when a side is empty.
#[must_use]
pub fn shift(a: &[f64], b: &[f64]) -> Option<Shift> {
    let differences = differences(a, b);
    let estimate = median(&differences)?;
    let out = left_out(a.len(), b.len());
    Some(Shift { estimate, low: differences[out], high: differences[differences.len() - 1 - out] })
}

/// Ascending.
fn differences(a: &[f64], b: &[f64]) -> Vec<f64> {
    let mut all: Vec<f64> = a.iter().flat_map(|a| b.iter().map(move |b| b - a)).collect();
    all.sort_by(f64::total_cmp);
    all
}

/// The largest count of pairs the other way round that is still significant, without ties.
fn left_out(a: usize, b: usize) -> usize {
    let ways = ways_of_pairs(a, b);
    let all: f64 = ways.iter().sum();
    let mut sum = 0.0;
    let is_significant = |way: &&f64| {
        sum += **way;
        2.0 * sum / all < SIGNIFICANT
    };
    ways.iter().take_while(is_significant).count().saturating_sub(1)
}
