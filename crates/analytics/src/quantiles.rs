//! How long most of them took: counts in buckets whose widths grow with their values.
//!
//! Values below 64 are exact; above, a bucket is a 32nd of a power of two wide, so that a quantile errs
//! by at most 1.6 %. Only buckets that have something are kept.
#![expect(clippy::cast_possible_truncation, reason = "buckets and sevens of bits fit")]

/// The longest that is told from longer ones: 2^24 − 1 ms, a little over four and a half hours.
const LONGEST_MS: u64 = (1 << 24) - 1;

const EXACT: u64 = 64;
const SUB_BITS: u32 = 5;

/// Counts of durations, in milliseconds. What is kept does not depend on the order of additions.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Quantiles {
    /// Bucket and count, sorted; no count is 0.
    buckets: Vec<(u16, u64)>,
}

impl Quantiles {
    /// Counts a duration.
    pub fn add(&mut self, ms: u64) {
        self.add_to(bucket(ms.min(LONGEST_MS)), 1);
    }

    /// Counts what the other counted.
    pub fn merge(&mut self, other: &Self) {
        for (bucket, count) in &other.buckets {
            self.add_to(*bucket, *count);
        }
    }

    /// How many there are.
    pub fn count(&self) -> u64 {
        self.buckets.iter().map(|(_, count)| count).sum()
    }

    /// The duration that so many percent do not exceed: the middle of its bucket. `None` when there is none.
    pub fn percentile(&self, percent: u64) -> Option<u64> {
        let rank = (self.count() * percent).div_ceil(100).max(1);
        let mut below = 0;
        self.buckets.iter().find_map(|(bucket, count)| {
            below += count;
            (below >= rank).then(|| middle(*bucket))
        })
    }

    /// As it is stored: for each bucket the distance from the one before and the count, each in seven
    /// bits a byte, the lowest first, the highest bit set when more follow.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(3 * self.buckets.len());
        let mut before = 0;
        for (bucket, count) in &self.buckets {
            put(&mut bytes, u64::from(bucket - before));
            put(&mut bytes, *count);
            before = *bucket;
        }
        bytes
    }

    /// `None` for bytes that [`to_bytes`](Self::to_bytes) does not make.
    pub fn from_bytes(mut bytes: &[u8]) -> Option<Self> {
        let mut buckets: Vec<(u16, u64)> = Vec::new();
        while !bytes.is_empty() {
            let (distance, count) = (take(&mut bytes)?, take(&mut bytes)?);
            let before = buckets.last().map(|(bucket, _)| u64::from(*bucket));
            let at = before.unwrap_or(0).checked_add(distance)?;
            if count == 0 || before == Some(at) || at > u64::from(bucket(LONGEST_MS)) {
                return None;
            }
            buckets.push((u16::try_from(at).ok()?, count));
        }
        Some(Self { buckets })
    }

    fn add_to(&mut self, bucket: u16, count: u64) {
        match self.buckets.binary_search_by_key(&bucket, |(bucket, _)| *bucket) {
            Ok(place) => self.buckets[place].1 += count,
            Err(place) => self.buckets.insert(place, (bucket, count)),
        }
    }
}

fn bucket(ms: u64) -> u16 {
    if ms < EXACT {
        return ms as u16;
    }
    let power = ms.ilog2();
    let sub = ms >> (power - SUB_BITS) & ((1 << SUB_BITS) - 1);
    (EXACT + (u64::from(power - EXACT.ilog2()) << SUB_BITS) + sub) as u16
}

fn middle(bucket: u16) -> u64 {
    let bucket = u64::from(bucket);
    if bucket < EXACT {
        return bucket;
    }
    let above = bucket - EXACT;
    let shift = (above >> SUB_BITS) + u64::from(EXACT.ilog2() - SUB_BITS);
    let low = ((1 << SUB_BITS) + (above & ((1 << SUB_BITS) - 1))) << shift;
    low + ((1 << shift) >> 1)
}

fn put(bytes: &mut Vec<u8>, mut number: u64) {
    while number > 0x7f {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

fn take(bytes: &mut &[u8]) -> Option<u64> {
    let mut number = 0;
    for shift in (0..63).step_by(7) {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        number |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}

#[cfg(test)]
mod tests;
