//! Did it keep what was asked: `p99<300ms`, `error_rate<1%`, `rps>=5000`, `slip.p99<1ms`.
//!
//! The grammar is that of k6's thresholds in one string, `METRIC RELATION LIMIT [abort [AFTER]]`. Unlike there, an
//! objective without data has failed (grafana/k6#4283): nothing was shown.

mod read;

use std::fmt;

use hdrhistogram::Histogram;
use serde::{Deserialize, Serialize};

use crate::histogram::quantile_us;

pub use read::{BadSlo, parse};

const US_PER_MS: f64 = 1_000.0;

/// Which part of a request's time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// From due to done: what who asks feels. The one meant when none is named.
    Response,
    /// From due to picked: the generator's own lateness.
    Slip,
    /// From picked to sent: no connection was free.
    Wait,
    /// From sent to the last byte.
    Service,
}

/// Which figure of many latencies.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Of {
    /// A percentile, between 0 and 100.
    Percentile(f64),
    /// The mean.
    Mean,
    /// The largest.
    Max,
}

/// What is measured.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Metric {
    /// A latency, in milliseconds.
    Latency(Part, Of),
    /// Failed of all that were done, from 0 to 1.
    ErrorRate,
    /// Requests that were done in a second.
    Rps,
}

/// How what is measured has to stand to the limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Relation {
    /// `<`
    Below,
    /// `<=`
    AtMost,
    /// `>`
    Above,
    /// `>=`
    AtLeast,
}

/// When a run is ended early because an objective has failed.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Abort {
    /// Once it has failed for so many milliseconds on end.
    pub after_ms: f64,
}

/// One objective.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Slo {
    /// As it was given.
    pub text: String,
    /// What is measured.
    pub metric: Metric,
    /// How it has to stand to the limit.
    pub relation: Relation,
    /// In the unit of the metric: milliseconds, a share from 0 to 1, or requests a second.
    pub limit: f64,
    /// Whether and when it ends a run.
    pub abort: Option<Abort>,
}

/// What was measured, of a run or of a moment of it. What is `None` was not measured.
#[derive(Debug, Clone, Copy, Default)]
pub struct Figures<'a> {
    /// From due to done, in microseconds.
    pub response: Option<&'a Histogram<u64>>,
    /// From due to picked, in microseconds.
    pub slip: Option<&'a Histogram<u64>>,
    /// From picked to sent, in microseconds.
    pub wait: Option<&'a Histogram<u64>>,
    /// From sent to done, in microseconds.
    pub service: Option<&'a Histogram<u64>>,
    /// Failed of all that were done, from 0 to 1.
    pub error_rate: Option<f64>,
    /// Requests that were done in a second.
    pub rps: Option<f64>,
}

/// An objective, judged.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Judged {
    /// The objective.
    pub slo: Slo,
    /// In the unit of the metric; `None`: no data, and so failed.
    pub measured: Option<f64>,
    /// Whether it was kept.
    pub passed: bool,
    /// How far from the limit, as a share of it; negative on the wrong side. `None` without data or with a limit of 0.
    pub margin: Option<f64>,
}

impl Slo {
    /// Whether what was measured keeps it. No data is a failure.
    #[must_use]
    pub fn judge(&self, figures: &Figures<'_>) -> Judged {
        let measured = figures.of(self.metric).filter(|value| value.is_finite());
        let passed = measured.is_some_and(|value| self.relation.holds(value, self.limit));
        let margin = measured
            .filter(|_| self.limit > 0.0)
            .map(|value| self.relation.room(value, self.limit) / self.limit);
        Judged { slo: self.clone(), measured, passed, margin }
    }
}

impl Figures<'_> {
    fn of(&self, metric: Metric) -> Option<f64> {
        match metric {
            Metric::ErrorRate => self.error_rate,
            Metric::Rps => self.rps,
            Metric::Latency(part, of) => {
                let latencies = match part {
                    Part::Response => self.response,
                    Part::Slip => self.slip,
                    Part::Wait => self.wait,
                    Part::Service => self.service,
                };
                latencies.filter(|latencies| !latencies.is_empty()).and_then(|some| of.ms(some))
            }
        }
    }
}

impl Of {
    fn ms(self, latencies: &Histogram<u64>) -> Option<f64> {
        let micros = match self {
            Self::Percentile(percent) => quantile_us(latencies, percent / 100.0)? as f64,
            Self::Mean => latencies.mean(),
            Self::Max => latencies.max() as f64,
        };
        Some(micros / US_PER_MS)
    }
}

impl Relation {
    fn holds(self, value: f64, limit: f64) -> bool {
        match self {
            Self::Below => value < limit,
            Self::AtMost => value <= limit,
            Self::Above => value > limit,
            Self::AtLeast => value >= limit,
        }
    }

    /// How much is left to the limit.
    fn room(self, value: f64, limit: f64) -> f64 {
        match self {
            Self::Below | Self::AtMost => limit - value,
            Self::Above | Self::AtLeast => value - limit,
        }
    }
}

impl Metric {
    fn told(self, value: f64) -> String {
        match self {
            Self::Latency(..) => format!("{value:.3} ms"),
            Self::ErrorRate => format!("{:.3} %", value * 100.0),
            Self::Rps => format!("{value:.1}/s"),
        }
    }
}

impl fmt::Display for Judged {
    /// One line: `pass p99<300ms: 212.000 ms, 29 % to spare`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verdict = if self.passed { "pass" } else { "FAIL" };
        write!(f, "{verdict} {}: ", self.slo.text)?;
        let Some(measured) = self.measured else { return write!(f, "no data") };
        write!(f, "{}", self.slo.metric.told(measured))?;
        match self.margin {
            Some(margin) if margin >= 0.0 => write!(f, ", {:.0} % to spare", margin * 100.0),
            Some(margin) => write!(f, ", {:.0} % beyond the limit", -margin * 100.0),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests;
