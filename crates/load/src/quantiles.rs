//! Latencies: kept in histograms of constant size, told as quantiles.

use std::fmt;
use std::time::Duration;

use anyhow::Result;
use hdrhistogram::Histogram;
use serde_json::{Value, json};

/// The longest latency told apart; longer ones count as this.
pub(crate) const LATENCY_MAX: Duration = Duration::from_secs(600);

/// Significant digits of a latency.
const DIGITS: u8 = 3;

/// Of one histogram, in milliseconds.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Quantiles {
    p50: f64,
    p90: f64,
    pub(crate) p99: f64,
    p999: f64,
    pub(crate) max: f64,
}

/// An empty one, of microseconds.
pub(crate) fn histogram() -> Result<Histogram<u64>> {
    Ok(Histogram::new_with_bounds(1, micros(LATENCY_MAX), DIGITS)?)
}

pub(crate) fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

/// 0 of no time.
#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
pub(crate) fn per_second(count: u64, time: Duration) -> f64 {
    if time.is_zero() { 0.0 } else { count as f64 / time.as_secs_f64() }
}

impl Quantiles {
    /// Of a histogram of microseconds.
    pub(crate) fn of(histogram: &Histogram<u64>) -> Self {
        let at = |quantile| millis(histogram.value_at_quantile(quantile));
        Self {
            p50: at(0.5),
            p90: at(0.9),
            p99: at(0.99),
            p999: at(0.999),
            max: millis(histogram.max()),
        }
    }

    pub(crate) fn to_json(self) -> Value {
        let Self { p50, p90, p99, p999, max } = self;
        json!({ "p50": p50, "p90": p90, "p99": p99, "p99.9": p999, "max": max })
    }
}

impl fmt::Display for Quantiles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { p50, p90, p99, p999, max } = self;
        write!(f, "p50 {p50:.2}  p90 {p90:.2}  p99 {p99:.2}  p99.9 {p999:.2}  max {max:.2} ms")
    }
}

#[expect(clippy::cast_precision_loss, reason = "latencies are far below 2^53 µs")]
fn millis(micros: u64) -> f64 {
    micros as f64 / 1e3
}
