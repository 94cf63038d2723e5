//! Is one set of runs different from another?
//!
//! The unit is the **run**. Latencies within one are alike, and runs differ by what no single run can see: on raw
//! latencies, a Mann-Whitney test called 39 of 45 pairs of identical runs different. So each run gives one figure a
//! metric, runs are interleaved (A/B/A/B), and a difference is called only when an exact test finds it, after a
//! correction for the number of metrics, *and* it is larger than the noise floor. Everything else is `~`.

mod exact;
mod holm;
mod shift;
mod within_run;

use std::fmt;

use serde::{Deserialize, Serialize};

pub use exact::{mann_whitney_exact, smallest_p};
pub use holm::holm;
pub use shift::{Shift, hodges_lehmann, shift};
pub use within_run::{BATCHES_MIN, CAUTION, WithinRun, within_run};

/// The fewest runs on each side: 3 + 3 could not reach a p below 0.1.
pub const RUNS_MIN: usize = 5;

/// The most runs on each side. It bounds the work of the exact test.
pub const RUNS_MAX: usize = 40;

/// A difference is called when p, corrected, is below this.
pub const SIGNIFICANT: f64 = 0.05;

/// The noise floor of ratios when none was measured: 3 %.
pub const NOISE: f64 = 0.03;

/// The noise floor of shares (error rates) when none was measured: a tenth of a percentage point.
pub const NOISE_OF_SHARES: f64 = 0.001;

/// Which way is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Better {
    /// As of throughput.
    Higher,
    /// As of latency.
    Lower,
}

/// How two values are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scale {
    /// By their ratio: throughput, latency. Each is above 0.
    Ratio,
    /// By their difference: shares, which may be 0.
    Difference,
}

/// One metric of both sets: a figure from each run.
#[derive(Debug, Clone, PartialEq)]
pub struct Metric {
    /// Its name, as `p99`.
    pub name: String,
    /// Which way is better.
    pub better: Better,
    /// How two values are compared.
    pub scale: Scale,
    /// Differences up to this are no differences: a share of the value, or for [`Scale::Difference`] in its unit.
    pub noise: f64,
    /// Of the runs that are compared with.
    pub before: Vec<f64>,
    /// Of the runs that are judged.
    pub after: Vec<f64>,
}

/// What became of a metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// No difference that is both certain and large enough.
    Same,
    /// Better.
    Better,
    /// Worse: a regression.
    Worse,
    /// Too few runs, or none with such a figure: nothing could have been found.
    TooFew,
}

/// One metric, compared.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Comparison {
    /// The metric.
    pub name: String,
    /// How two values were compared.
    pub scale: Scale,
    /// The median of the runs before; `None` without runs.
    pub before: Option<f64>,
    /// The median of the runs after; `None` without runs.
    pub after: Option<f64>,
    /// After over before, or after less before; `None` when it could not be said.
    pub change: Option<Shift>,
    /// The chance of such a difference between runs of the same thing.
    pub p: f64,
    /// The same, corrected for the number of metrics.
    pub p_corrected: f64,
    /// Differences up to this are no differences.
    pub noise: f64,
    /// What became of it.
    pub verdict: Verdict,
}

/// Compares all metrics of two sets of runs. They are corrected together, so give them together.
#[must_use]
pub fn compare(metrics: &[Metric]) -> Vec<Comparison> {
    let enough: Vec<bool> = metrics.iter().map(|metric| metric.is_enough(metrics.len())).collect();
    let p: Vec<f64> = metrics
        .iter()
        .zip(&enough)
        .map(
            |(metric, enough)| {
                if *enough { mann_whitney_exact(&metric.before, &metric.after) } else { 1.0 }
            },
        )
        .collect();
    let corrected = holm(&p);
    metrics
        .iter()
        .enumerate()
        .map(|(at, metric)| metric.comparison(enough[at], p[at], corrected[at]))
        .collect()
}

/// The noise floor that runs of one thing show: how far the change between two sets of them may be from nothing.
///
/// In the unit of [`Metric::noise`]. `None` with fewer than [`RUNS_MIN`] runs on a side: measure it, or use the default.
#[must_use]
pub fn noise_floor(scale: Scale, a: &[f64], again: &[f64]) -> Option<f64> {
    if a.len().min(again.len()) < RUNS_MIN {
        return None;
    }
    let change = scale.change(a, again)?;
    Some((change.low - scale.nothing()).abs().max((change.high - scale.nothing()).abs()))
}

impl Metric {
    /// Enough runs that the smallest p they could reach, corrected, is significant.
    fn is_enough(&self, metrics: usize) -> bool {
        let (fewest, most) =
            (self.before.len().min(self.after.len()), self.before.len().max(self.after.len()));
        let usable =
            |value: &f64| value.is_finite() && (self.scale == Scale::Difference || *value > 0.0);
        (RUNS_MIN..=RUNS_MAX).contains(&fewest)
            && most <= RUNS_MAX
            && self.before.iter().chain(&self.after).all(usable)
            && smallest_p(self.before.len(), self.after.len()) * (metrics as f64) < SIGNIFICANT
    }

    fn comparison(&self, enough: bool, p: f64, p_corrected: f64) -> Comparison {
        let change = if enough { self.scale.change(&self.before, &self.after) } else { None };
        let verdict = match &change {
            Some(change) => self.verdict(change.estimate - self.scale.nothing(), p_corrected),
            None => Verdict::TooFew,
        };
        Comparison {
            name: self.name.clone(),
            scale: self.scale,
            before: median(&self.before),
            after: median(&self.after),
            change,
            p,
            p_corrected,
            noise: self.noise,
            verdict,
        }
    }

    fn verdict(&self, change: f64, p_corrected: f64) -> Verdict {
        if p_corrected >= SIGNIFICANT || change.abs() <= self.noise {
            return Verdict::Same;
        }
        let is_better = match self.better {
            Better::Higher => change > 0.0,
            Better::Lower => change < 0.0,
        };
        if is_better { Verdict::Better } else { Verdict::Worse }
    }
}

impl Scale {
    /// The change that is none.
    const fn nothing(self) -> f64 {
        match self {
            Self::Ratio => 1.0,
            Self::Difference => 0.0,
        }
    }

    fn change(self, before: &[f64], after: &[f64]) -> Option<Shift> {
        match self {
            Self::Difference => shift(before, after),
            Self::Ratio => {
                let ln = |values: &[f64]| values.iter().map(|value| value.ln()).collect::<Vec<_>>();
                let Shift { estimate, low, high } = shift(&ln(before), &ln(after))?;
                Some(Shift { estimate: estimate.exp(), low: low.exp(), high: high.exp() })
            }
        }
    }
}

impl fmt::Display for Verdict {
    /// `~` for what is the same.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Same => "~",
            Self::Better => "better",
            Self::Worse => "worse",
            Self::TooFew => "too few runs",
        })
    }
}

/// `None` of nothing.
fn median(values: &[f64]) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    match sorted.len() {
        0 => None,
        odd if odd % 2 == 1 => Some(sorted[middle]),
        _ => Some(f64::midpoint(sorted[middle - 1], sorted[middle])),
    }
}

#[cfg(test)]
mod tests;
