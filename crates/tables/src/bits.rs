//! How each message stands: two bits for each record of a partition, in chunks of a fixed size.

use analytics::State;
use model::{Offset, PartitionId};

/// Records whose states lie in one chunk: half a kibibyte, an eighth of a page of the file.
pub const CHUNK_RECORDS: u64 = 4 * CHUNK_BYTES as u64;

const CHUNK_BYTES: usize = 512;

/// Names a chunk; in the order of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct ChunkKey {
    pub(crate) partition: PartitionId,
    pub(crate) chunk: u64,
}

impl ChunkKey {
    pub(crate) fn of(offset: Offset) -> Self {
        Self { partition: offset.partition, chunk: offset.record.0 / CHUNK_RECORDS }
    }
}

/// The states of one chunk. Record `r` has bits `2 (r % 4)` and the next (from the lowest) of byte
/// `r % CHUNK_RECORDS / 4`.
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

    pub(crate) fn get(&self, offset: Offset) -> State {
        let (at, shift) = place(offset);
        match self.0[at] >> shift & 3 {
            0 => State::Pending,
            1 => State::Full,
            2 => State::Degraded,
            _ => State::Dead,
        }
    }

    pub(crate) fn put(&mut self, offset: Offset, state: State) {
        let (at, shift) = place(offset);
        self.0[at] = self.0[at] & !(3 << shift) | (state as u8) << shift;
    }
}

/// Which byte, and how far up in it.
fn place(offset: Offset) -> (usize, u32) {
    let at = offset.record.0 % CHUNK_RECORDS;
    (usize::try_from(at / 4).expect("below CHUNK_BYTES"), (at % 4) as u32 * 2)
}

#[cfg(test)]
mod tests;
