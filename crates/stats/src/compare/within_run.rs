//! A single pair of runs: all that can be said is what varies inside them.
//!
//! A moving-block bootstrap (Künsch, Annals of Statistics 17, 1989) over figures a second: blocks keep what is alike
//! together. It cannot see what differs from run to run, which is often more, so it gives an interval and never a
//! verdict.

use serde::{Deserialize, Serialize};

use crate::dice::Dice;
use crate::round::place;

/// Stands beside every figure of this kind.
pub const CAUTION: &str = "within-run only; cannot see run-to-run drift";

/// The fewest figures in each run.
pub const BATCHES_MIN: usize = 10;

/// How often the blocks are drawn again.
const BOOTSTRAPS: usize = 1_000;

/// How much of the bootstrap lies below the interval, and above it: 95 % are inside.
const TAIL: f64 = 0.025;

/// The ratio of means of two runs. To be shown with [`CAUTION`].
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct WithinRun {
    /// After over before.
    pub ratio: f64,
    /// The lower end of the 95 % interval, of what varies inside the runs.
    pub low: f64,
    /// The upper end.
    pub high: f64,
}

/// The ratio of the means of two runs, each of figures of a second, in order. `None` with fewer than [`BATCHES_MIN`] in
/// one, or when a mean is not above 0.
#[must_use]
pub fn within_run(before: &[f64], after: &[f64], seed: u64) -> Option<WithinRun> {
    if before.len().min(after.len()) < BATCHES_MIN {
        return None;
    }
    let (was, is) = (mean(before), mean(after));
    if !(was > 0.0 && is > 0.0 && (is / was).is_finite()) {
        return None;
    }
    let mut dice = Dice::new(seed);
    let mut ratios: Vec<f64> =
        (0..BOOTSTRAPS).map(|_| redrawn(after, &mut dice) / redrawn(before, &mut dice)).collect();
    ratios.sort_by(f64::total_cmp);
    let last = (ratios.len() - 1) as f64;
    let at = |share: f64| ratios[place(share * last)];
    Some(WithinRun { ratio: is / was, low: at(TAIL), high: at(1.0 - TAIL) })
}

/// The mean of as many figures, drawn in blocks. A block has n^(1/3) of them, rounded up, twice: the rate that is best
/// for a variance (Hall, Horowitz, Jing, Biometrika 82, 1995), and enough for what is alike over some seconds.
fn redrawn(values: &[f64], dice: &mut Dice) -> f64 {
    let block = 2 * place((values.len() as f64).cbrt().ceil());
    let starts = values.len() - block + 1;
    let mut drawn = Vec::with_capacity(values.len() + block);
    while drawn.len() < values.len() {
        let start = dice.place(starts);
        drawn.extend_from_slice(&values[start..start + block]);
    }
    drawn.truncate(values.len());
    mean(&drawn)
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}
