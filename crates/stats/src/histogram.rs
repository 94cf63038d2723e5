//! Latencies in constant memory: histograms of microseconds, exact to three digits.
//!
//! High dynamic range (Gil Tene, HdrHistogram): about 180 KB each, merged without loss.

use hdrhistogram::Histogram;

/// The smallest latency that is told apart from nothing, in microseconds.
pub const LEAST_US: u64 = 1;

/// The largest latency, one hour, in microseconds. What is longer is recorded as this.
pub const MOST_US: u64 = 3_600_000_000;

/// How many decimal digits of a latency are kept.
pub const DIGITS: u8 = 3;

/// An empty histogram of latencies in microseconds.
#[must_use]
pub fn latencies() -> Histogram<u64> {
    Histogram::new_with_bounds(LEAST_US, MOST_US, DIGITS)
        .expect("the bounds are constants, and fit")
}

/// A quantile (0 to 1) in microseconds; `None` when nothing was recorded.
#[must_use]
pub fn quantile_us(latencies: &Histogram<u64>, quantile: f64) -> Option<u64> {
    (!latencies.is_empty()).then(|| latencies.value_at_quantile(quantile))
}

/// The value of that rank (1 is the smallest) in microseconds; `None` when there are fewer.
///
/// By counting, so that no rounding of a quantile comes in between.
#[must_use]
pub fn at_rank_us(latencies: &Histogram<u64>, rank: u64) -> Option<u64> {
    let mut seen = 0;
    latencies.iter_recorded().find_map(|step| {
        seen += step.count_since_last_iteration();
        (rank >= 1 && seen >= rank).then(|| step.value_iterated_to())
    })
}

#[cfg(test)]
mod tests;
