//! What of a series is not steady yet: MSER-5.
//!
//! Of all cuts it takes the one that leaves the mean with the smallest standard error, over means of five (White, Cobb,
//! Spratt, *A comparison of five steady-state truncation heuristics for simulation*, Winter Simulation Conference 2000).
//! It has no parameter to tune. Cuts up to the middle are tried; when the middle is the best, the series is too short.

/// How many values are one mean.
pub const BATCH: usize = 5;

/// The fewest means that are judged: 50 values.
pub const BATCHES_MIN: usize = 10;

/// Why nothing of a series is known to be steady.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unsteady {
    /// Too few values.
    #[error("{0} values are too few to find the end of the warm-up: {min} are the least", min = BATCH * BATCHES_MIN)]
    TooFew(usize),
    /// The best cut is the middle, or would lie after it.
    #[error("it did not become steady: run longer")]
    Never,
}

/// How many values to leave out at the beginning. Throughput or latency, at even distances; a rest of fewer than
/// [`BATCH`] at the end is not looked at.
///
/// # Errors
/// When there are too few values, or when they do not become steady.
pub fn steady_from(values: &[f64]) -> Result<usize, Unsteady> {
    let means: Vec<f64> =
        values.chunks_exact(BATCH).map(|batch| batch.iter().sum::<f64>() / BATCH as f64).collect();
    if means.len() < BATCHES_MIN {
        return Err(Unsteady::TooFew(values.len()));
    }
    let scores = scores(&means);
    let best = (0..scores.len()).min_by(|&a, &b| scores[a].total_cmp(&scores[b])).unwrap_or(0);
    if best + 1 == scores.len() { Err(Unsteady::Never) } else { Ok(best * BATCH) }
}

/// For each cut up to the middle, the squared standard error of the mean of what is left, up to a factor.
fn scores(means: &[f64]) -> Vec<f64> {
    let (mut count, mut mean, mut squares) = (0.0, 0.0, 0.0);
    let mut scores: Vec<f64> = means
        .iter()
        .rev()
        .map(|value| {
            // Welford's update, from the end.
            count += 1.0;
            let from = value - mean;
            mean += from / count;
            squares += from * (value - mean);
            squares / (count * count)
        })
        .collect();
    scores.reverse();
    scores.truncate(means.len() / 2 + 1);
    scores
}

#[cfg(test)]
mod tests;
