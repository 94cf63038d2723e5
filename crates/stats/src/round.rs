//! From real numbers to whole ones. It stands in one place, so that each rounding is the same.

/// The nearest whole number; 0 for what is negative or no number, the largest for what is too large.
#[expect(clippy::cast_possible_truncation, reason = "`as` saturates, which is what is wanted here")]
pub(crate) fn whole(value: f64) -> u64 {
    value.round() as u64
}

/// The nearest place in a list; saturates as [`whole`] does.
pub(crate) fn place(value: f64) -> usize {
    usize::try_from(whole(value)).unwrap_or(usize::MAX)
}
