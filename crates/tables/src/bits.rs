//! Which messages are enriched: one bit for each record of a partition, in chunks of a fixed size.

use model::{Offset, PartitionId};

/// Records whose bits lie in one chunk: half a kibibyte, an eighth of a page of the file.
pub const CHUNK_BITS: u64 = 8 * CHUNK_BYTES as u64;

const CHUNK_BYTES: usize = 512;

/// Names a chunk; in the order of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct ChunkKey {
    pub(crate) partition: PartitionId,
    pub(crate) chunk: u64,
}

impl ChunkKey {
    pub(crate) fn of(offset: Offset) -> Self {
        Self { partition: offset.partition, chunk: offset.record.0 / CHUNK_BITS }
    }
}

/// The bits of one chunk. Record `r` is bit `r % 8` (from the lowest) of byte `r % CHUNK_BITS / 8`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Chunk(Box<[u8; CHUNK_BYTES]>);

impl Chunk {
    pub(crate) fn empty() -> Self {
        Self(Box::new([0; CHUNK_BYTES]))
    }

    /// `None` for bytes that are no chunk.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        Some(Self(Box::new(bytes.try_into().ok()?)))
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        self.0.as_slice()
    }

    /// Sets the bit of this record or clears it, and says how it was before.
    pub(crate) fn put(&mut self, offset: Offset, is_set: bool) -> bool {
        let at = offset.record.0 % CHUNK_BITS;
        let byte = &mut self.0[usize::try_from(at / 8).expect("below CHUNK_BYTES")];
        let bit = 1 << (at % 8);
        let was_set = *byte & bit != 0;
        if is_set {
            *byte |= bit
        } else {
            *byte &= !bit
        }
        was_set
    }
}

#[cfg(test)]
mod tests;
