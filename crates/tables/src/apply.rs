//! The fold: facts in, rows out, cursor with them.

use model::{BatchNo, Fact, Offset, Wall};

use crate::changes::Changes;
use crate::store::Store;
use crate::{ApplyError, Tables, TablesError};

/// Bytes of changed rows after which the journal batches taken so far are committed: a call of
/// [`Tables::apply`] holds about as much, and one journal batch, in memory.
pub const COMMIT_BYTES: usize = 8 * 1024 * 1024;

/// What the journal's follower hands in, in the journal's order.
#[derive(Debug, Clone, Copy)]
pub enum Item<'a> {
    /// A batch.
    Batch(BatchIn<'a>),
    /// The journal lost its batches up to and including this one: the cursor moves over them.
    Hole {
        /// The last batch that is missing.
        up_to: BatchNo,
    },
}

/// One batch of the journal.
#[derive(Debug, Clone, Copy)]
pub struct BatchIn<'a> {
    /// Its number.
    pub batch: BatchNo,
    /// Its stamp: when its messages were received.
    pub stamp: Wall,
    /// What it holds.
    pub facts: &'a [(Offset, Fact)],
}

impl Tables {
    /// Takes what comes next in the journal. Rows and cursor move together, after every journal
    /// batch or after several (see [`COMMIT_BYTES`]), never within one. Batches at or below the
    /// cursor are ignored. The more batches a call has, the fewer writes a message costs.
    ///
    /// # Errors
    /// [`ApplyError::Gap`] when a batch is neither next nor old; then nothing was applied.
    pub fn apply(&mut self, items: &[Item<'_>]) -> Result<(), ApplyError> {
        refuse_gaps(self.cursor.batch, items)?;
        Ok(self.fold(items)?)
    }

    fn fold(&mut self, items: &[Item<'_>]) -> Result<(), TablesError> {
        let mut at = self.cursor.clone();
        let mut changes = Changes::default();
        for item in items {
            match *item {
                Item::Batch(BatchIn { batch, .. }) if batch <= at.batch => {}
                Item::Batch(BatchIn { batch, stamp, facts }) => {
                    for (offset, fact) in facts {
                        if at.saw(*offset) {
                            take(&self.store, &mut changes, fact, stamp)?;
                        }
                    }
                    at.batch = batch;
                }
                Item::Hole { up_to } => at.batch = at.batch.max(up_to),
            }
            if changes.bytes() >= COMMIT_BYTES {
                self.store.commit(&changes, &self.cursor, &at)?;
                self.cursor.clone_from(&at);
                changes = Changes::default();
            }
        }
        if at.batch > self.cursor.batch {
            self.store.commit(&changes, &self.cursor, &at)?;
            self.cursor = at;
        }
        Ok(())
    }
}

fn refuse_gaps(mut at: BatchNo, items: &[Item<'_>]) -> Result<(), ApplyError> {
    for item in items {
        at = match *item {
            Item::Batch(BatchIn { batch, .. }) if batch > at.next() => {
                return Err(ApplyError::Gap { expected: at.next(), found: batch });
            }
            Item::Batch(BatchIn { batch: up_to, .. }) | Item::Hole { up_to } => at.max(up_to),
        };
    }
    Ok(())
}

fn take(
    store: &Store,
    changes: &mut Changes,
    fact: &Fact,
    stamp: Wall,
) -> Result<(), TablesError> {
    match fact {
        Fact::Message(message) => {
            changes.message(message, stamp);
            Ok(())
        }
        Fact::Enriched(enrichment) => changes.enriched(enrichment, |key| store.chunk(key)),
        // Their record numbers count.
        Fact::Cursors(_) | Fact::EpochStarted(_) => Ok(()),
    }
}
