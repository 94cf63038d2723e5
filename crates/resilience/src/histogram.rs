//! Latencies in constant memory: log-linear buckets of microseconds, with a binary indexed tree over them.
//!
//! Below 128 us each microsecond has its bucket; above, each octave has 64, so a value is told within 1/128
//! (0.8 %) of itself, the layout of HdrHistogram. The tree (Fenwick, 1994) makes both recording and asking for a
//! quantile O(log buckets).

use std::time::Duration;

use crate::round::at_least;

const SUB_BITS: u32 = 6;
const SUBS: u64 = 1 << SUB_BITS;
/// Whole octaves above the linear part: up to 2^26 us, which is 67 s; what is longer is told as that.
const OCTAVES: usize = 20;
const BUCKETS: usize = (1 << SUB_BITS) * (OCTAVES + 1);
/// The highest power of two in a tree of so many.
const TOP: usize = 1 << BUCKETS.ilog2();
/// The longest that is told apart, in microseconds.
const MOST_US: u64 = (1 << (SUB_BITS as usize + OCTAVES)) - 1;

/// Counts of latencies.
#[derive(Debug, Clone)]
pub(crate) struct Histogram {
    /// A binary indexed tree, from 1.
    tree: Box<[u32; BUCKETS + 1]>,
    count: u64,
}

impl Histogram {
    pub(crate) fn new() -> Self {
        Self { tree: Box::new([0; BUCKETS + 1]), count: 0 }
    }

    pub(crate) fn record(&mut self, latency: Duration) {
        let mut place = bucket(latency) + 1;
        while place <= BUCKETS {
            self.tree[place] = self.tree[place].saturating_add(1);
            place += place & place.wrapping_neg();
        }
        self.count += 1;
    }

    pub(crate) fn clear(&mut self) {
        self.tree.fill(0);
        self.count = 0;
    }

    pub(crate) fn count(&self) -> u64 {
        self.count
    }

    /// The quantile `q`, of 0 to 1; none if it is empty.
    pub(crate) fn at(&self, q: f64) -> Option<Duration> {
        quantile(&[self], q)
    }
}

/// The quantile `q`, of 0 to 1, of several together; none if all are empty.
pub(crate) fn quantile(parts: &[&Histogram], q: f64) -> Option<Duration> {
    let count: u64 = parts.iter().map(|part| part.count).sum();
    if count == 0 {
        return None;
    }
    let mut below = at_least(q * count as f64).clamp(1, count) - 1;
    let mut place = 0;
    let mut step = TOP;
    while step > 0 {
        let next = place + step;
        if next <= BUCKETS {
            let here: u64 = parts.iter().map(|part| u64::from(part.tree[next])).sum();
            if here <= below {
                place = next;
                below -= here;
            }
        }
        step /= 2;
    }
    Some(middle(place.min(BUCKETS - 1)))
}

/// The bucket of a latency, from 0.
fn bucket(latency: Duration) -> usize {
    let us = u64::try_from(latency.as_micros()).unwrap_or(u64::MAX).min(MOST_US);
    let octave = (us | SUBS).ilog2() - SUB_BITS;
    let place = u64::from(octave) * SUBS + (us >> octave);
    usize::try_from(place).unwrap_or(BUCKETS - 1)
}

/// The middle of a bucket.
fn middle(bucket: usize) -> Duration {
    let bucket = bucket as u64;
    if bucket < 2 * SUBS {
        return Duration::from_micros(bucket);
    }
    let octave = bucket / SUBS - 1;
    let low = (SUBS + bucket % SUBS) << octave;
    Duration::from_micros(low + (1 << octave) / 2)
}

#[cfg(test)]
mod tests;
