//! From durations and fractions to whole numbers and back, without surprises at the ends.

use std::time::Duration;

/// In nanoseconds; those of 584 years at most.
pub(crate) fn nanos(span: Duration) -> u64 {
    u64::try_from(span.as_nanos()).unwrap_or(u64::MAX)
}

/// The nearest whole number; what is below 0 is 0, what is above the most is the most.
#[expect(clippy::cast_possible_truncation, reason = "`as` saturates, which is what is meant")]
pub(crate) fn whole(value: f64) -> u32 {
    value.round() as u32
}

/// At least that many: the place of a quantile among so many.
#[expect(clippy::cast_possible_truncation, reason = "`as` saturates, which is what is meant")]
pub(crate) fn at_least(value: f64) -> u64 {
    value.ceil() as u64
}
