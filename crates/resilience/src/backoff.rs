//! How long to wait before the next try: exponential backoff with full jitter.
//!
//! `U(0, min(cap, base * 2^n))`: of the jitters the one with the fewest calls in all and the flattest
//! (M. Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015). What the service itself asked for
//! (`Retry-After`, RFC 9110 section 10.2.3) wins over it.

use std::time::Duration;

use crate::dice;

/// The longest `Retry-After` that is believed.
pub const RETRY_AFTER_MAX: Duration = Duration::from_secs(300);

/// What a service asked for, within reason.
pub(crate) fn believed(retry_after: Option<Duration>) -> Option<Duration> {
    retry_after.map(|asked| asked.min(RETRY_AFTER_MAX))
}

/// Exponential backoff with full jitter.
#[derive(Debug, Clone, Copy)]
pub struct Backoff {
    base: Duration,
    cap: Duration,
}

impl Backoff {
    /// The first wait is below `base`, each next one below the double, none above `cap`.
    pub const fn new(base: Duration, cap: Duration) -> Self {
        Self { base, cap }
    }

    /// How long to wait after the try numbered `attempt`, from 0, has failed. `dice` is uniform over `u64`.
    pub fn delay(&self, attempt: u32, retry_after: Option<Duration>, dice: u64) -> Duration {
        believed(retry_after).unwrap_or_else(|| dice::span(self.ceiling(attempt), dice))
    }

    /// `min(cap, base * 2^attempt)`.
    pub(crate) fn ceiling(&self, attempt: u32) -> Duration {
        let factor = 2_u32.saturating_pow(attempt);
        self.base.checked_mul(factor).map_or(self.cap, |span| span.min(self.cap))
    }
}

#[cfg(test)]
mod tests;
