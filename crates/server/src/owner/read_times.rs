//! How long pages of history took: a histogram as Prometheus has them.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

/// Upper bounds of the buckets, microseconds.
pub(crate) const BOUNDS_US: [u64; 10] =
    [50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 50_000, 200_000];

/// Counted by those who read, shown by whoever asks.
#[derive(Debug, Default)]
pub(crate) struct ReadTimes {
    /// By bucket, each without those below it; the last is beyond all bounds.
    counts: [AtomicU64; BOUNDS_US.len() + 1],
    nanos: AtomicU64,
}

impl ReadTimes {
    /// One more.
    pub(crate) fn record(&self, took: Duration) {
        let nanos = u64::try_from(took.as_nanos()).unwrap_or(u64::MAX);
        let bucket = BOUNDS_US.partition_point(|bound| bound * 1_000 < nanos);
        self.counts[bucket].fetch_add(1, Relaxed);
        self.nanos.fetch_add(nanos, Relaxed);
    }

    /// How many took at most as long as each bound, and how many there were.
    pub(crate) fn cumulative(&self) -> [u64; BOUNDS_US.len() + 1] {
        let mut sum = 0;
        self.counts.each_ref().map(|count| {
            sum += count.load(Relaxed);
            sum
        })
    }

    /// All together.
    pub(crate) fn total(&self) -> Duration {
        Duration::from_nanos(self.nanos.load(Relaxed))
    }
}

#[test]
fn a_bound_is_in_its_bucket_and_a_little_more_in_the_next() {
    let times = ReadTimes::default();
    for nanos in [50_000, 50_001, 200_000_000, 200_000_001] {
        times.record(Duration::from_nanos(nanos));
    }
    assert_eq!(times.cumulative(), [1, 2, 2, 2, 2, 2, 2, 2, 2, 3, 4]);
    assert_eq!(times.total(), Duration::from_nanos(400_100_002));
}
