//! Where throughput ends to grow with the number of connections: a hinge, with an interval.
//!
//! The model is asymptotic bounds (Lazowska, Zahorjan, Graham, Sevcik, *Quantitative System Performance*, 1984,
//! section 5.2): throughput is `rate · min(N, knee)`. It is fitted by least squares of logarithms, since noise is
//! relative, on the steps up to the highest throughput and on those after it that have not fallen, since what falls is
//! another effect. Between two steps the best hinge is two means, so the fit is exact and needs no search. The interval
//! is a bootstrap over the batches of each step (Efron, Tibshirani, *An Introduction to the Bootstrap*, 1993, section
//! 13.3: percentile interval).
//!
//! It sees the noise between batches of a step; what moves a whole step it does not see.

use serde::{Deserialize, Serialize};

use crate::dice::Dice;
use crate::round::{place, whole};

/// The fewest steps that a hinge is fitted to.
pub const STEPS_MIN: usize = 3;

/// The fewest batches of a step: with one there is no noise to be seen.
pub const BATCHES_MIN: usize = 3;

/// The plateau is the mean of the steps from this many times the knee on.
pub const PLATEAU_FROM: f64 = 1.5;

/// Steps after the highest belong to the plateau while they have at least this share of it: less is another effect.
pub const FALLEN: f64 = 0.9;

/// How often the batches are drawn again.
pub const BOOTSTRAPS: usize = 400;

/// How much of the bootstrap lies below the interval, and above it: 95 % are inside.
pub const TAIL: f64 = 0.025;

/// Extra steps stand at the knee, and so many times below and above it.
pub const EXTRA: f64 = std::f64::consts::SQRT_2;

/// An extra step nearer to one that was done than this share adds nothing.
pub const NEAR: f64 = 0.1;

/// One step of a ladder.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Point {
    /// Connections, or requests in flight: above 0.
    pub concurrency: f64,
    /// Throughput of each batch of the step, in requests a second, warm-up left out.
    pub batches: Vec<f64>,
}

/// A hinge.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Knee {
    /// The concurrency at which throughput ends to grow.
    pub at: f64,
    /// The lower end of its 95 % interval.
    pub low: f64,
    /// The upper end.
    pub high: f64,
    /// The mean throughput from 1.5 times the knee on, in requests a second; without such a step, the highest.
    pub plateau: f64,
    /// What each connection adds below the knee, in requests a second: the hinge is `rate · min(N, at)`.
    pub rate: f64,
    /// How far the steps are from the hinge, as a share (root mean square of logarithms): far above the noise, this is
    /// no hinge.
    pub misfit: f64,
    /// Whether the ladder went beyond the knee. If not, `at` is the highest step and the knee is above it.
    pub is_reached: bool,
}

/// Too few steps for a hinge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "{steps} steps with throughput in {BATCHES_MIN} batches are too few for a knee: {STEPS_MIN} are the least"
)]
pub struct TooFew {
    /// Steps that could be used.
    pub steps: usize,
}

/// The hinge through these steps, in whatever order. Steps without throughput, or with fewer than [`BATCHES_MIN`]
/// batches, are left out.
///
/// # Errors
/// When fewer than [`STEPS_MIN`] steps are left.
pub fn hinge(points: &[Point], seed: u64) -> Result<Knee, TooFew> {
    let mut points: Vec<&Point> = points.iter().filter(|point| point.is_usable()).collect();
    if points.len() < STEPS_MIN {
        return Err(TooFew { steps: points.len() });
    }
    points.sort_by(|a, b| a.concurrency.total_cmp(&b.concurrency));
    let steps: Vec<Step> = points.iter().map(|point| point.step(mean(&point.batches))).collect();
    let fit = Fit::of(&steps);
    let (low, high) = interval(&points, &mut Dice::new(seed));
    let at = fit.at.exp();
    let highest = points[points.len() - 1].concurrency;
    let (low, high) = (low.min(at), high.max(at));
    Ok(Knee {
        at,
        low,
        high,
        plateau: plateau(&steps, at),
        rate: fit.rate.exp(),
        misfit: fit.misfit,
        is_reached: high < highest * (1.0 - f64::EPSILON.sqrt()),
    })
}

/// Two or three numbers of connections around the knee that are worth a step of their own, ascending.
#[must_use]
pub fn extra_steps(knee: &Knee, done: &[Point]) -> Vec<u64> {
    let near = |step: &f64| done.iter().any(|point| (point.concurrency / step - 1.0).abs() <= NEAR);
    let around = [knee.at / EXTRA, knee.at, knee.at * EXTRA];
    let mut steps: Vec<u64> =
        around.into_iter().filter(|step| !near(step)).map(whole).filter(|step| *step > 0).collect();
    steps.dedup();
    steps
}

/// Logarithms of a step.
#[derive(Debug, Clone, Copy)]
struct Step {
    concurrency: f64,
    throughput: f64,
}

impl Point {
    /// Concurrency and mean throughput, if both are above 0.
    pub(crate) fn mean(&self) -> Option<(f64, f64)> {
        let positive = |value: f64| value.is_finite() && value > 0.0;
        let throughput = mean(&self.batches);
        (positive(self.concurrency) && positive(throughput))
            .then_some((self.concurrency, throughput))
    }

    fn is_usable(&self) -> bool {
        self.mean().is_some() && self.batches.len() >= BATCHES_MIN
    }

    fn step(&self, throughput: f64) -> Step {
        Step { concurrency: self.concurrency.ln(), throughput: throughput.ln() }
    }

    /// The mean of one batch fewer, drawn again: as many would vary too little, by (n-1)/n (Hesterberg, *What Teachers
    /// Should Know About the Bootstrap*, The American Statistician 69, 2015).
    fn redrawn(&self, dice: &mut Dice) -> f64 {
        let drawn = self.batches.len() - 1;
        let sum: f64 = (0..drawn).map(|_| self.batches[dice.place(self.batches.len())]).sum();
        (sum / drawn as f64).max(f64::MIN_POSITIVE)
    }
}

/// In logarithms.
#[derive(Debug, Clone, Copy)]
struct Fit {
    at: f64,
    rate: f64,
    misfit: f64,
}

impl Fit {
    /// The best hinge over steps in ascending order.
    fn of(steps: &[Step]) -> Self {
        let highest = (0..steps.len())
            .max_by(|&a, &b| steps[a].throughput.total_cmp(&steps[b].throughput))
            .unwrap_or(0);
        let still = steps[highest].throughput + FALLEN.ln();
        let last = (highest..steps.len()).rfind(|&at| steps[at].throughput >= still);
        let rising = &steps[..=last.unwrap_or(highest)];
        (1..=rising.len())
            .map(|below| Self::between(rising, below))
            .min_by(|a, b| a.misfit.total_cmp(&b.misfit))
            .unwrap_or(Self { at: 0.0, rate: 0.0, misfit: 0.0 })
    }

    /// The best hinge with its knee from the last of the first `below` steps to the one after it.
    fn between(steps: &[Step], below: usize) -> Self {
        let (rising, flat) = steps.split_at(below);
        let first = rising[below - 1].concurrency;
        let last = flat.first().map_or(first, |step| step.concurrency);
        let slope = mean_of(rising, |step| step.throughput - step.concurrency);
        let at = match flat {
            [] => first,
            _ => (mean_of(flat, |step| step.throughput) - slope).clamp(first, last),
        };
        // Where the knee is held at a step, the rate is that of all steps under it.
        let rate = mean_of(steps, |step| step.throughput - step.concurrency.min(at));
        let squares =
            mean_of(steps, |step| (step.throughput - rate - step.concurrency.min(at)).powi(2));
        Self { at, rate, misfit: squares.sqrt() }
    }
}

fn interval(points: &[&Point], dice: &mut Dice) -> (f64, f64) {
    let mut knees: Vec<f64> = (0..BOOTSTRAPS)
        .map(|_| {
            let drawn = points.iter().map(|point| point.step(point.redrawn(dice)));
            Fit::of(&drawn.collect::<Vec<_>>()).at.exp()
        })
        .collect();
    knees.sort_by(f64::total_cmp);
    let last = (knees.len() - 1) as f64;
    (knees[place(TAIL * last)], knees[place((1.0 - TAIL) * last)])
}

fn plateau(steps: &[Step], at: f64) -> f64 {
    let from = (PLATEAU_FROM * at).ln();
    let on_it: Vec<f64> = steps
        .iter()
        .filter(|step| step.concurrency >= from)
        .map(|step| step.throughput.exp())
        .collect();
    if on_it.is_empty() {
        return steps.iter().map(|step| step.throughput.exp()).fold(0.0, f64::max);
    }
    mean(&on_it)
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

fn mean_of(steps: &[Step], value: impl Fn(&Step) -> f64) -> f64 {
    steps.iter().map(value).sum::<f64>() / steps.len() as f64
}

#[cfg(test)]
mod tests;
