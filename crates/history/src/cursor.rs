//! How far the view has come in the journal.

use model::bounds::PARTITIONS;
use model::{BatchNo, Offset, RecordNo};

/// How far the view has come in the journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor {
    /// The last batch it holds; 0 = none.
    pub batch: BatchNo,
    /// The highest record it has seen of each partition; 0 = none. The journal's recovery compares
    /// them with what it still has.
    pub records: Box<[RecordNo; PARTITIONS as usize]>,
}

impl Cursor {
    pub(crate) fn start() -> Self {
        Self { batch: BatchNo(0), records: Box::new([RecordNo(0); PARTITIONS as usize]) }
    }

    pub(crate) fn saw(&mut self, offset: Offset) {
        let highest = &mut self.records[offset.partition.index()];
        *highest = offset.record.max(*highest);
    }
}
