//! A journal that goes on from an older state of itself, as one does that was restored.
//!
//! What was written behind that state is not known here, but clients have seen it. So every partition
//! begins a new epoch, as if records were missing, and none that an earlier life can have given.

use model::bounds::COUNTER_MAX;
use model::{Epoch, EpochStart, Fact, PartitionId, RecordNo, Wall};

use super::{AppendError, Journal};

/// Lamport counters that the life which is lost may have given: clients that lived on hold them, and
/// would be refused as lying if the bound of their jumps began where the backup ends. Three and a half
/// years of ten thousand messages a second; room for eight thousand restores one behind another.
const LOST_LAMPORTS: u64 = 1 << 40;

impl Journal {
    /// Begins a new epoch in every partition, in one batch: `at_least` this one, and above all that
    /// the journal knows. All share it. Of what is missing nothing is known, so each names no record:
    /// its `missing_to` stands before its `missing_from`. The epoch.
    ///
    /// # Errors
    /// As [`Journal::append`].
    pub fn begin_again(&mut self, at_least: Epoch, now: Wall) -> Result<Epoch, AppendError> {
        let epoch = self.fold.epoch_high.next().max(at_least);
        let lost = self.fold.lamport_high.saturating_add(LOST_LAMPORTS);
        self.fold.lamport_high = lost.min(COUNTER_MAX);
        let facts: Vec<Fact> = PartitionId::all()
            .map(|partition| {
                let next = self.fold.next[partition.index()];
                let (missing_from, missing_to) = (next, RecordNo(next.0 - 1));
                Fact::EpochStarted(EpochStart { partition, epoch, missing_from, missing_to })
            })
            .collect();
        self.append(&facts, now)?;
        Ok(epoch)
    }
}
