//! Which records have their answer, or another common trait: one bit each, in chunks that exist only where a bit is set.

use std::collections::BTreeMap;

use model::{Offset, PartitionId};

const CHUNK_WORDS: usize = 64;
const CHUNK_BITS: u64 = 64 * CHUNK_WORDS as u64;

/// A set of offsets.
#[derive(Debug, Default)]
pub(crate) struct Done {
    chunks: BTreeMap<(PartitionId, u64), Box<[u64; CHUNK_WORDS]>>,
}

impl Done {
    /// Adds one; says whether it was new.
    pub(crate) fn insert(&mut self, offset: Offset) -> bool {
        let (key, word, bit) = place(offset);
        let chunk = self.chunks.entry(key).or_insert_with(|| Box::new([0; CHUNK_WORDS]));
        let new = chunk[word] & bit == 0;
        chunk[word] |= bit;
        new
    }

    /// Takes one out; says whether it was in.
    pub(crate) fn remove(&mut self, offset: Offset) -> bool {
        let (key, word, bit) = place(offset);
        let Some(chunk) = self.chunks.get_mut(&key) else { return false };
        let was_in = chunk[word] & bit != 0;
        chunk[word] &= !bit;
        if was_in && chunk.iter().all(|word| *word == 0) {
            self.chunks.remove(&key);
        }
        was_in
    }

    /// Is it in?
    pub(crate) fn contains(&self, offset: Offset) -> bool {
        let (key, word, bit) = place(offset);
        self.chunks.get(&key).is_some_and(|chunk| chunk[word] & bit != 0)
    }
}

fn place(offset: Offset) -> ((PartitionId, u64), usize, u64) {
    let record = offset.record.0;
    let word = usize::try_from(record % CHUNK_BITS / 64).unwrap_or(0);
    ((offset.partition, record / CHUNK_BITS), word, 1 << (record % 64))
}

#[cfg(test)]
mod tests;
