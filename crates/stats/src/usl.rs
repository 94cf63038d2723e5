//! Why throughput ends to grow: the Universal Scalability Law, `X(N) = λN / (1 + σ(N-1) + κN(N-1))`.
//!
//! σ is contention (waiting for one another), κ is coherency (agreeing with one another); with κ there is a peak, after
//! which more is less (Gunther, *Guerrilla Capacity Planning*, 2007, chapters 4 and 5). It names the reason and
//! predicts the peak. It does not find the knee: the [hinge](crate::knee) does.
//!
//! `N/X` is linear in `1/λ`, `σ/λ`, `κ/λ`, so relative least squares needs no iteration; what comes out negative is set
//! to nothing and the rest fitted again, the best of the possible sets being kept.

use serde::{Deserialize, Serialize};

use crate::knee::Point;

/// The fewest steps that the three parameters are fitted to.
pub const STEPS_MIN: usize = 6;

/// The law, fitted.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Usl {
    /// Throughput of one, in requests a second.
    pub lambda: f64,
    /// Contention, the part that waits for one another: 0 or more.
    pub sigma: f64,
    /// Coherency, the cost of agreeing: 0 or more.
    pub kappa: f64,
    /// The concurrency of the highest throughput; `None` without coherency: it never falls.
    pub peak: Option<f64>,
    /// How far the steps are from the law, as a share (root mean square).
    pub misfit: f64,
}

/// What holds throughput.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// It grows in proportion, for what was seen.
    Nothing,
    /// Waiting for one another: a lock, a pool, one processor.
    Contention,
    /// Agreeing with one another: shared data, caches, context switches.
    Coherency,
}

/// Too few steps for three parameters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "{steps} steps with throughput are too few for the scalability law: {STEPS_MIN} are the least"
)]
pub struct TooFew {
    /// Steps with throughput.
    pub steps: usize,
}

/// How many parameters: 1/λ, σ/λ, κ/λ.
const TERMS: usize = 3;

/// Which of them may be other than 0; the first always is.
const SETS: [[bool; TERMS]; 4] =
    [[true, true, true], [true, true, false], [true, false, true], [true, false, false]];

/// Fits the law to steps. Those without throughput are left out.
///
/// # Errors
/// When fewer than [`STEPS_MIN`] steps are left.
pub fn fit(points: &[Point]) -> Result<Usl, TooFew> {
    let steps: Vec<(f64, f64)> = points.iter().filter_map(Point::mean).collect();
    if steps.len() < STEPS_MIN {
        return Err(TooFew { steps: steps.len() });
    }
    let rows: Vec<[f64; TERMS]> =
        steps.iter().map(|(n, x)| [1.0, n - 1.0, n * (n - 1.0)].map(|term| term * x / n)).collect();
    let best = SETS
        .iter()
        .filter_map(|set| solve(&rows, set))
        .filter(|terms| terms[0] > 0.0 && terms.iter().all(|term| *term >= 0.0))
        .map(|terms| (misfit(&rows, &terms), terms))
        .min_by(|a, b| a.0.total_cmp(&b.0));
    // The mean alone is always a solution above 0.
    let (misfit, [one, contention, coherency]) = best.ok_or(TooFew { steps: steps.len() })?;
    let (sigma, kappa) = (contention / one, coherency / one);
    let has_peak = kappa > 0.0 && sigma < 1.0;
    let peak = has_peak.then(|| ((1.0 - sigma) / kappa).sqrt());
    Ok(Usl { lambda: 1.0 / one, sigma, kappa, peak, misfit })
}

impl Usl {
    /// Throughput at a concurrency, in requests a second.
    #[must_use]
    pub fn throughput(&self, concurrency: f64) -> f64 {
        let (contention, coherency) = self.costs(concurrency);
        self.lambda * concurrency / (1.0 + contention + coherency)
    }

    /// What costs most at a concurrency; nothing while both together cost less than the work itself.
    #[must_use]
    pub fn reason(&self, concurrency: f64) -> Reason {
        let (contention, coherency) = self.costs(concurrency);
        if contention + coherency < 1.0 {
            Reason::Nothing
        } else if contention >= coherency {
            Reason::Contention
        } else {
            Reason::Coherency
        }
    }

    fn costs(&self, n: f64) -> (f64, f64) {
        (self.sigma * (n - 1.0), self.kappa * n * (n - 1.0))
    }
}

/// Least squares of `rows · terms = 1` for the terms of a set, by the normal equations.
fn solve(rows: &[[f64; TERMS]], set: &[bool; TERMS]) -> Option<[f64; TERMS]> {
    let sum = |value: &dyn Fn(&[f64; TERMS]) -> f64| rows.iter().map(value).sum::<f64>();
    let mut system = [[0.0; TERMS + 1]; TERMS];
    for (i, row) in system.iter_mut().enumerate() {
        if !set[i] {
            row[i] = 1.0;
            continue;
        }
        for (j, cell) in row.iter_mut().take(TERMS).enumerate().filter(|(j, _)| set[*j]) {
            *cell = sum(&|terms| terms[i] * terms[j]);
        }
        row[TERMS] = sum(&|terms| terms[i]);
    }
    eliminate(system)
}

/// Gauss and Jordan. The matrix is symmetric and has no negative eigenvalues, so it needs no exchange of rows.
fn eliminate(mut system: [[f64; TERMS + 1]; TERMS]) -> Option<[f64; TERMS]> {
    for pivot in 0..TERMS {
        let by = system[pivot][pivot];
        if by <= 0.0 || !by.is_finite() {
            return None;
        }
        let row = system[pivot].map(|cell| cell / by);
        system[pivot] = row;
        for other in (0..TERMS).filter(|other| *other != pivot) {
            let times = system[other][pivot];
            for (cell, from) in system[other].iter_mut().zip(row) {
                *cell -= times * from;
            }
        }
    }
    Some(system.map(|row| row[TERMS]))
}

fn misfit(rows: &[[f64; TERMS]], terms: &[f64; TERMS]) -> f64 {
    let miss = |row: &[f64; TERMS]| {
        let fitted: f64 = row.iter().zip(terms).map(|(cell, term)| cell * term).sum();
        (fitted - 1.0).powi(2)
    };
    (rows.iter().map(miss).sum::<f64>() / rows.len() as f64).sqrt()
}

#[cfg(test)]
mod tests;
