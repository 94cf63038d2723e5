//! What all parts of the format share.

use bytes::TryGetError;

/// Batches begin at multiples of this.
pub(crate) const ALIGN: usize = 8;

/// Why bytes are not what should stand there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Malformed(pub(crate) &'static str);

impl From<TryGetError> for Malformed {
    fn from(_: TryGetError) -> Self {
        Self("cut short")
    }
}

/// The next multiple of [`ALIGN`].
pub(crate) const fn aligned(bytes: usize) -> usize {
    bytes.next_multiple_of(ALIGN)
}

/// A length in memory as a place in a file.
pub(crate) const fn wide(bytes: usize) -> u64 {
    bytes as u64
}

/// A length in a file as one in memory. Callers bound it before.
pub(crate) fn narrow(bytes: u64) -> usize {
    usize::try_from(bytes).unwrap_or(usize::MAX)
}
