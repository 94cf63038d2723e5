//! What to make of a random number that was handed in: uniform over all of `u64`.

use std::time::Duration;

use crate::round::nanos;

/// Uniform in `[0, below)`.
pub(crate) fn span(below: Duration, dice: u64) -> Duration {
    let part = (u128::from(nanos(below)) * u128::from(dice)) >> u64::BITS;
    Duration::from_nanos(u64::try_from(part).unwrap_or(u64::MAX))
}

/// True for `percent` of all dice.
pub(crate) fn falls(percent: u32, dice: u64) -> bool {
    (u128::from(dice) * 100) >> u64::BITS < u128::from(percent)
}
