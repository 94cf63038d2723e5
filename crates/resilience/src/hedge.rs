//! When to send a second call beside a first that is slow.
//!
//! After `q(1 - extra load)`, so that about that share of calls is sent twice (Finagle's `BackupRequestFilter`;
//! Dean and Barroso, "The Tail at Scale", CACM 2013), and not so late that the second has no time to answer.
//! The caller asks the budget besides, and does not hedge while the breaker is not closed or the limiter is
//! nearly full.

use std::time::Duration;

use crate::quantile::Quantiles;

/// The share of calls meant to be sent twice.
pub const EXTRA_LOAD: f64 = 0.05;
/// The shortest wait before a second call.
pub const DELAY_MIN: Duration = Duration::from_millis(1);

/// How long after the first call a second is sent: `clamp(q(1 - extra load), 1 ms, left - q50 - own)`.
///
/// `left` is the time until the event's deadline when the first is sent, `own` what we need ourselves after an
/// answer. None if nothing is known of latencies, or no second call is worth it: it would have less time than half
/// of all calls need, or, to have it, be sent so early that more than twice the extra load were sent.
pub fn delay(latencies: &Quantiles, left: Duration, own: Duration) -> Option<Duration> {
    let latest = left.checked_sub(latencies.at(0.5)? + own)?;
    let wanted = latencies.at(1.0 - EXTRA_LOAD)?;
    let earliest = latencies.at(1.0 - 2.0 * EXTRA_LOAD)?.max(DELAY_MIN);
    (latest >= earliest).then(|| wanted.clamp(DELAY_MIN, latest))
}

#[cfg(test)]
mod tests;
