//! How often someone may ask: a rate with a burst, as the generic cell rate algorithm has it (ITU-T
//! I.371, annex A, virtual scheduling). One number of state, so that it can stand in every connection.

use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

/// A limit: so many a second on average, and so many at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RateLimit {
    /// A second; 0 = as many as one likes.
    pub per_second: u32,
    /// At once, after a quiet time.
    pub burst: u32,
}

/// What was asked of one limit. Shared by those it is for.
#[derive(Debug, Default)]
pub(crate) struct Rate {
    /// When the next would be due, were all evenly spaced: nanoseconds of whatever clock asks.
    due: AtomicU64,
}

impl Rate {
    /// One more, now (nanoseconds of a clock that never goes back).
    ///
    /// # Errors
    /// How long to wait.
    pub(crate) fn take(&self, limit: RateLimit, now: u64) -> Result<(), Duration> {
        if limit.per_second == 0 {
            return Ok(());
        }
        let spacing = 1_000_000_000 / u64::from(limit.per_second);
        let ahead_max = spacing * u64::from(limit.burst.max(1) - 1);
        let step = |due: u64| {
            let from = due.max(now);
            (from - now <= ahead_max).then_some(from + spacing)
        };
        match self.due.fetch_update(Relaxed, Relaxed, step) {
            Ok(_) => Ok(()),
            Err(due) => Err(Duration::from_nanos((due - now).saturating_sub(ahead_max))),
        }
    }
}

#[cfg(test)]
mod tests;
