//! The percentiles of a run, for programs that read no histograms.

use serde::{Deserialize, Serialize};

use super::{Distribution, Histograms};

/// Of each histogram, in µs; zeros of an empty one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Percentiles {
    /// From due to the last byte.
    pub response: Marks,
    /// From sent to the last byte.
    pub service: Marks,
    /// From noticed to sent.
    pub wait: Marks,
    /// From due to noticed.
    pub slip: Marks,
    /// From due to heard.
    pub delivery: Marks,
}

/// Of one histogram, in µs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the names say it")]
pub struct Marks {
    pub p50_us: u64,
    pub p90_us: u64,
    pub p99_us: u64,
    pub p999_us: u64,
    pub max_us: u64,
}

impl From<&Histograms> for Percentiles {
    fn from(all: &Histograms) -> Self {
        Self {
            response: Marks::from(&all.response),
            service: Marks::from(&all.service),
            wait: Marks::from(&all.wait),
            slip: Marks::from(&all.slip),
            delivery: Marks::from(&all.delivery),
        }
    }
}

impl From<&Distribution> for Marks {
    fn from(times: &Distribution) -> Self {
        Self {
            p50_us: times.at_us(0.5),
            p90_us: times.at_us(0.9),
            p99_us: times.at_us(0.99),
            p999_us: times.at_us(0.999),
            max_us: times.0.max(),
        }
    }
}
