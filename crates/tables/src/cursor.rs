//! How far the view has come in the journal, and the bytes of it.

use model::bounds::PARTITIONS;
use model::{BatchNo, Offset, RecordNo};

/// How far the view has come in the journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor {
    /// The last batch it counts; 0 = none.
    pub batch: BatchNo,
    /// The highest record it has seen of each partition; 0 = none. The journal's recovery compares
    /// them with what it still has; their sum says how far the view is behind.
    pub records: Box<[RecordNo; PARTITIONS as usize]>,
}

/// The batch, then the record of each partition: little-endian, eight bytes each.
const BYTES: usize = 8 * (1 + PARTITIONS as usize);

impl Cursor {
    pub(crate) fn start() -> Self {
        Self { batch: BatchNo(0), records: Box::new([RecordNo(0); PARTITIONS as usize]) }
    }

    /// Whether this record is new; from now on it is not.
    pub(crate) fn saw(&mut self, offset: Offset) -> bool {
        let highest = &mut self.records[offset.partition.index()];
        let new = offset.record > *highest;
        *highest = offset.record.max(*highest);
        new
    }

    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let numbers = [self.batch.0].into_iter().chain(self.records.iter().map(|record| record.0));
        numbers.flat_map(u64::to_le_bytes).collect()
    }

    /// `None` for bytes that are no cursor.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        if bytes.len() != BYTES {
            return None;
        }
        let (numbers, _) = bytes.as_chunks::<8>();
        let mut numbers = numbers.iter().map(|number| u64::from_le_bytes(*number));
        let mut cursor = Self::start();
        cursor.batch = BatchNo(numbers.next()?);
        for (record, number) in cursor.records.iter_mut().zip(numbers) {
            *record = RecordNo(number);
        }
        Some(cursor)
    }
}

#[cfg(test)]
mod tests;
