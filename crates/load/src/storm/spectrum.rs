//! The arrival spectrum: how many try to connect in each tenth of a second after a cut, and how that ends.

use std::time::Duration;

use hdrhistogram::Histogram;
use serde::Serialize;

use crate::quantiles::{self, micros};
use crate::swarm::Failed;

/// A column of the spectrum.
pub(crate) const COLUMN: Duration = Duration::from_millis(COLUMN_MS);
pub(crate) const COLUMN_MS: u64 = 100;

/// Columns of a spectrum, at most: an hour. What comes later is in the last one.
pub(crate) const COLUMNS_MAX: usize = 36_000;

/// What began in a tenth of a second.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Column {
    /// Tries to connect that began in it.
    pub(crate) tries: u64,
    /// Those of them that were let in.
    pub(crate) welcomed: u64,
    /// Those that found nobody.
    pub(crate) unreachable: u64,
    /// Those that the server did not want now.
    pub(crate) turned_away: u64,
    /// Those that ended early or took too long.
    pub(crate) broken: u64,
    /// Clients that were back, with all they had missed.
    pub(crate) back: u64,
}

/// All columns from a cut on, and what follows from single tries.
#[derive(Debug)]
pub(crate) struct Spectrum {
    columns: Vec<Column>,
    /// How long after the cut each was back, in µs.
    back_us: Vec<u64>,
    /// How long after it was due a try began, in µs.
    late_us: Histogram<u64>,
}

/// What a spectrum comes to.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Outline {
    pub(crate) tries: u64,
    pub(crate) welcomed: u64,
    pub(crate) unreachable: u64,
    pub(crate) turned_away: u64,
    pub(crate) broken: u64,
    /// Tries that began in the fullest column, and when it began, seconds after the cut.
    pub(crate) peak_tries: u64,
    pub(crate) peak_at_s: f64,
    /// Those that were let in of the fullest column of these.
    pub(crate) peak_welcomed: u64,
    /// Clients that were back.
    pub(crate) back: u64,
    /// Half of them were back, 99 % of them, all of them: seconds after the cut.
    pub(crate) back_p50_s: f64,
    pub(crate) back_p99_s: f64,
    pub(crate) back_last_s: f64,
}

impl Spectrum {
    /// Nothing yet.
    pub(crate) fn new() -> Self {
        let late_us = quantiles::histogram().expect("its bounds are sound");
        Self { columns: Vec::new(), back_us: Vec::new(), late_us }
    }

    /// A try begins, so long after the cut, and so long after it was due.
    pub(crate) fn begins(&mut self, after: Duration, late: Duration) {
        self.column(after).tries += 1;
        self.late_us.saturating_record(micros(late));
    }

    /// A try that began then was let in.
    pub(crate) fn welcomes(&mut self, after: Duration) {
        self.column(after).welcomed += 1;
    }

    /// A try that began then came to nothing.
    pub(crate) fn fails(&mut self, after: Duration, why: Failed) {
        let column = self.column(after);
        match why {
            Failed::Unreachable => column.unreachable += 1,
            Failed::TurnedAway => column.turned_away += 1,
            Failed::Broken => column.broken += 1,
        }
    }

    /// A client has all it had missed, so long after the cut.
    pub(crate) fn is_back(&mut self, after: Duration) {
        self.column(after).back += 1;
        self.back_us.push(micros(after));
    }

    pub(crate) fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// How late tries began: 99 % of them at most so much.
    pub(crate) fn late_p99(&self) -> Duration {
        Duration::from_micros(self.late_us.value_at_quantile(0.99))
    }

    pub(crate) fn outline(&self) -> Outline {
        let sum = |of: fn(&Column) -> u64| self.columns.iter().map(of).sum();
        let most = |of: fn(&Column) -> u64| self.columns.iter().map(of).max().unwrap_or(0);
        let peak_tries = most(|column| column.tries);
        let peak_at = self.columns.iter().position(|column| column.tries == peak_tries);
        let mut back = self.back_us.clone();
        back.sort_unstable();
        Outline {
            tries: sum(|column| column.tries),
            welcomed: sum(|column| column.welcomed),
            unreachable: sum(|column| column.unreachable),
            turned_away: sum(|column| column.turned_away),
            broken: sum(|column| column.broken),
            peak_tries,
            peak_at_s: peak_at.unwrap_or(0) as f64 * COLUMN.as_secs_f64(),
            peak_welcomed: most(|column| column.welcomed),
            back: back.len() as u64,
            back_p50_s: quantile_s(&back, 0.5),
            back_p99_s: quantile_s(&back, 0.99),
            back_last_s: quantile_s(&back, 1.0),
        }
    }

    fn column(&mut self, after: Duration) -> &mut Column {
        let at = usize::try_from(after.as_millis() / COLUMN.as_millis()).unwrap_or(usize::MAX);
        let at = at.min(COLUMNS_MAX - 1);
        if self.columns.len() <= at {
            self.columns.resize(at + 1, Column::default());
        }
        &mut self.columns[at]
    }
}

/// Of sorted µs, in seconds; 0 of nothing.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a rank is no larger than their count"
)]
fn quantile_s(sorted_us: &[u64], quantile: f64) -> f64 {
    let rank = (sorted_us.len() as f64 * quantile).ceil() as usize;
    sorted_us.get(rank.max(1) - 1).map_or(0.0, |us| *us as f64 / 1e6)
}

#[cfg(test)]
mod tests;
