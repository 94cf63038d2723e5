//! The dice of the process: the system's.

/// 64 random bits.
///
/// # Panics
/// When the system has no randomness: nothing secret can be made then.
pub(crate) fn u64() -> u64 {
    getrandom::u64().expect("the system gives random numbers")
}

/// 128 random bits.
///
/// # Panics
/// As [`u64`].
pub(crate) fn u128() -> u128 {
    (u128::from(u64()) << 64) | u128::from(u64())
}
