//! How long after its arrival a message has its first result: durable in the journal, and visible in the tables.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

/// Upper bounds of the buckets in ms, narrow where the deadline is.
const BOUNDS_MS: [u64; 18] =
    [50, 100, 150, 200, 250, 300, 320, 340, 360, 380, 400, 420, 450, 500, 750, 1_000, 2_000, 5_000];

/// Counts by bucket; the last is of all that took longer.
#[derive(Debug, Default)]
pub(crate) struct Times {
    counts: [AtomicU64; BOUNDS_MS.len() + 1],
    sum_ms: AtomicU64,
}

/// Times as they were counted at a moment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct TimesRead {
    counts: [u64; BOUNDS_MS.len() + 1],
    pub(crate) sum_ms: u64,
}

impl Times {
    pub(crate) fn add(&self, took: Duration) {
        let ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
        let at = BOUNDS_MS.partition_point(|bound| *bound < ms);
        self.counts[at].fetch_add(1, Relaxed);
        self.sum_ms.fetch_add(ms, Relaxed);
    }

    pub(crate) fn read(&self) -> TimesRead {
        TimesRead {
            counts: self.counts.each_ref().map(|count| count.load(Relaxed)),
            sum_ms: self.sum_ms.load(Relaxed),
        }
    }
}

impl TimesRead {
    /// What came after an earlier reading.
    pub(crate) fn since(&self, before: &Self) -> Self {
        let mut counts = self.counts;
        for (now, before) in counts.iter_mut().zip(before.counts) {
            *now = now.saturating_sub(before);
        }
        Self { counts, sum_ms: self.sum_ms.saturating_sub(before.sum_ms) }
    }

    pub(crate) fn count(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// For each bound in ms, how many took at most so long.
    pub(crate) fn below(&self) -> impl Iterator<Item = (u64, u64)> {
        let counts = self.counts.iter().scan(0, |below, count| {
            *below += count;
            Some(*below)
        });
        BOUNDS_MS.into_iter().zip(counts)
    }

    /// How many took longer than this, as far as the bounds tell: those of its own bucket did not.
    pub(crate) fn over(&self, limit_ms: u64) -> u64 {
        let at = BOUNDS_MS.partition_point(|bound| *bound < limit_ms);
        self.counts.iter().skip(at + 1).sum()
    }

    /// How long such a share took at most, in ms: within its bucket they are taken to be even. `None` = there are none.
    #[expect(clippy::cast_precision_loss, reason = "an estimate for people")]
    pub(crate) fn quantile_ms(&self, share: f64) -> Option<f64> {
        let rank = share * self.count() as f64;
        let (mut floor, mut below) = (0, 0);
        for (bound, count) in BOUNDS_MS.into_iter().zip(self.counts) {
            if count > 0 && (below + count) as f64 >= rank {
                let part = (rank - below as f64) / count as f64;
                return Some(floor as f64 + part * (bound - floor) as f64);
            }
            (floor, below) = (bound, below + count);
        }
        (self.count() > 0).then_some(floor as f64)
    }
}

#[cfg(test)]
mod tests;
