//! How long something takes, counted in constant memory: a send until it is acknowledged, a page of
//! history until it is read.
//!
//! Buckets of microseconds: exact below 16, from there on eight a doubling, so a value is known to an
//! eighth (as in HdrHistogram, with three bits).

use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

/// Below this each value has its own bucket.
const EXACT: u64 = 16;

/// Doublings above that: up to 134 s; what takes longer stands in the last bucket.
const DOUBLINGS: usize = 23;

/// Buckets of a doubling.
const PARTS: usize = 8;

const BUCKETS: usize = 16 + DOUBLINGS * PARTS;

/// The live counts: many record, and whoever wants to reads.
#[derive(Debug)]
pub struct Latency {
    counts: [AtomicU64; BUCKETS],
    sum_micros: AtomicU64,
}

/// The counts of a moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Latencies {
    counts: Vec<u64>,
    sum_micros: u64,
}

impl Default for Latency {
    fn default() -> Self {
        Self { counts: [const { AtomicU64::new(0) }; BUCKETS], sum_micros: AtomicU64::new(0) }
    }
}

impl Latency {
    /// One more.
    pub fn record(&self, took: Duration) {
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        self.counts[bucket(micros)].fetch_add(1, Relaxed);
        self.sum_micros.fetch_add(micros, Relaxed);
    }

    /// What it has counted so far.
    pub fn read(&self) -> Latencies {
        Latencies {
            counts: self.counts.iter().map(|count| count.load(Relaxed)).collect(),
            sum_micros: self.sum_micros.load(Relaxed),
        }
    }
}

impl Latencies {
    /// How many there were.
    pub fn count(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// All together, microseconds.
    pub fn sum_micros(&self) -> u64 {
        self.sum_micros
    }

    /// How many took less than 2^`power` microseconds, from 4 to 27.
    pub fn below_power(&self, power: u32) -> u64 {
        self.counts[..bucket(1 << power)].iter().sum()
    }

    /// Those that came after `before`.
    pub fn since(&self, before: &Self) -> Self {
        let counts = self.counts.iter().zip(&before.counts);
        Self {
            counts: counts.map(|(now, before)| now.saturating_sub(*before)).collect(),
            sum_micros: self.sum_micros.saturating_sub(before.sum_micros),
        }
    }

    /// The value that this share of them, 0 to 1, does not pass, microseconds: the upper end of its
    /// bucket. `None` = there were none.
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a share of a count, at least one and at most all"
    )]
    pub fn quantile_micros(&self, share: f64) -> Option<u64> {
        let all = self.count();
        let rank = ((all as f64 * share).ceil() as u64).clamp(1, all.max(1));
        let mut passed = 0;
        let found = self.counts.iter().position(|count| {
            passed += count;
            passed >= rank
        });
        found.map(|bucket| upper(bucket) - 1)
    }
}

fn bucket(micros: u64) -> usize {
    if micros < EXACT {
        return usize::try_from(micros).unwrap_or(0);
    }
    let power = micros.ilog2() as usize;
    let part = usize::try_from((micros >> (power - 3)) & 7).unwrap_or(0);
    (16 + (power - 4) * PARTS + part).min(BUCKETS - 1)
}

/// The first value above a bucket.
fn upper(bucket: usize) -> u64 {
    let next = bucket as u64 + 1;
    if next <= EXACT {
        return next;
    }
    let (doubling, part) = ((next - EXACT) / PARTS as u64, (next - EXACT) % PARTS as u64);
    (8 + part) << (doubling + 1)
}

#[cfg(test)]
mod tests;
