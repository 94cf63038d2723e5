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

impl Times {
    pub(crate) fn add(&self, took: Duration) {
        let ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
        let at = BOUNDS_MS.partition_point(|bound| *bound < ms);
        self.counts[at].fetch_add(1, Relaxed);
        self.sum_ms.fetch_add(ms, Relaxed);
    }

    /// For each bound in ms, how many took at most so long; how many there are; and the sum, in ms.
    pub(crate) fn read(&self) -> (Vec<(u64, u64)>, u64, u64) {
        let mut below = 0;
        let mut counts = self.counts.iter().map(|count| {
            below += count.load(Relaxed);
            below
        });
        let bounds: Vec<_> = BOUNDS_MS.into_iter().zip(counts.by_ref()).collect();
        let all = counts.next().unwrap_or(0);
        (bounds, all, self.sum_ms.load(Relaxed))
    }
}

#[test]
fn each_time_is_in_the_bucket_of_its_bound() {
    let times = Times::default();
    for ms in [0, 50, 51, 400, 401, 5_000, 5_001] {
        times.add(Duration::from_millis(ms));
    }
    let (bounds, all, sum_ms) = times.read();
    let below = |ms| bounds.iter().find(|(bound, _)| *bound == ms).map(|(_, count)| *count);
    assert_eq!([below(50), below(100), below(400), below(420)], [2, 3, 4, 5].map(Some));
    assert_eq!((below(5_000), all, sum_ms), (Some(6), 7, 10_903));
}
