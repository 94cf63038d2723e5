//! The fold: facts in, rows out, cursor with them.

use analytics::Breadth;
use model::{BatchNo, Fact, Offset, Wall};

use crate::changes::Changes;
use crate::store::Round;
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

impl Item<'_> {
    /// The last batch that it speaks of.
    fn ends_at(&self) -> BatchNo {
        match *self {
            Self::Batch(BatchIn { batch, .. }) => batch,
            Self::Hole { up_to } => up_to,
        }
    }
}

impl Tables {
    /// Takes what comes next in the journal. Rows of all messages and of topics are written with this call; the many
    /// others gather for [`persist`](Self::persist), or until they take [`COMMIT_BYTES`]. Rows and cursor move together,
    /// after every journal batch or after several, never within one. Batches at or below the cursor are ignored. The more
    /// batches a call has, the fewer writes a message costs.
    ///
    /// # Errors
    /// [`ApplyError::Gap`] when a batch is neither next nor old; then nothing was applied. After another error it stands
    /// where it was last made durable: [`cursor`](Self::cursor) says what to hand in next.
    pub fn apply(&mut self, items: &[Item<'_>]) -> Result<(), ApplyError> {
        refuse_gaps(self.at.batch, items)?;
        let mut rest = items;
        while let Some(new) = rest.iter().position(|item| item.ends_at() > self.at.batch) {
            let taken = self.round(&rest[new..]);
            rest = self.or_as_it_was(taken)?;
        }
        Ok(())
    }

    /// Writes the rows that have gathered. Until then a crash makes it ask for their facts again.
    ///
    /// # Errors
    /// [`TablesError`]; then it stands where it was last made durable.
    pub fn persist(&mut self) -> Result<(), TablesError> {
        if self.at == self.kept {
            return Ok(());
        }
        let written = self.write_all();
        self.or_as_it_was(written)
    }

    fn write_all(&mut self) -> Result<(), TablesError> {
        let round = self.store.begin(self.wide)?;
        let Some(mut changes) = self.changes.take() else { return Ok(()) };
        round.commit(&mut changes, &self.at, self.wide.max(self.at.batch), Breadth::Deep)?;
        self.changes = Some(changes);
        self.kept = self.at.clone();
        self.wide = self.wide.max(self.at.batch);
        Ok(())
    }

    /// Nothing was committed: what was only in memory is forgotten.
    fn or_as_it_was<T>(&mut self, result: Result<T, TablesError>) -> Result<T, TablesError> {
        if result.is_err() {
            self.changes = None;
            self.at = self.kept.clone();
        }
        result
    }

    /// Folds and commits the first of the items, which are new, as many as fit; the others are left.
    fn round<'i, 'a>(&mut self, items: &'i [Item<'a>]) -> Result<&'i [Item<'a>], TablesError> {
        let round = self.store.begin(self.wide)?;
        let mut at = self.at.clone();
        let mut changes = match self.changes.take() {
            Some(changes) => changes,
            None => Changes::new(round.fold()?),
        };
        let (mut taken, wrong) = (0, self.wrong);
        for item in items {
            if changes.bytes() >= COMMIT_BYTES {
                break;
            }
            taken += 1;
            if item.ends_at() <= at.batch {
                continue;
            }
            at.batch = item.ends_at();
            changes.fold.count_deep_only(at.batch <= self.wide && !wrong.counts_again());
            match *item {
                Item::Batch(BatchIn { stamp, facts, .. }) => {
                    changes.fold.advance(stamp);
                    for (offset, fact) in facts {
                        if at.saw(*offset) && !wrong.misses(fact) {
                            take(&round, &mut changes, fact, stamp)?;
                        }
                    }
                }
                Item::Hole { .. } => {}
            }
        }
        let wide = self.wide.max(at.batch);
        let is_much = changes.bytes() >= COMMIT_BYTES;
        let breadth = if is_much { Breadth::Deep } else { Breadth::Wide };
        // What is asked for again has been counted as far as it goes here.
        if is_much || wide > self.wide {
            round.commit(&mut changes, &at, wide, breadth)?;
        }
        if is_much {
            self.kept = at.clone();
        }
        self.wide = wide;
        self.changes = Some(changes);
        self.at = at;
        Ok(&items[taken..])
    }
}

fn refuse_gaps(mut at: BatchNo, items: &[Item<'_>]) -> Result<(), ApplyError> {
    for item in items {
        match *item {
            Item::Batch(BatchIn { batch, .. }) if batch > at.next() => {
                return Err(ApplyError::Gap { expected: at.next(), found: batch });
            }
            Item::Batch(_) | Item::Hole { .. } => at = at.max(item.ends_at()),
        }
    }
    Ok(())
}

fn take(
    round: &Round<'_>,
    changes: &mut Changes,
    fact: &Fact,
    stamp: Wall,
) -> Result<(), TablesError> {
    match fact {
        Fact::Message(message) if message.content.is_text() => {
            changes.message(message, stamp, |conversation| round.turn(conversation))
        }
        Fact::Enriched(enrichment) => changes.enriched(enrichment, stamp, |key| round.chunk(key)),
        // Their record numbers count. What is left of a message is none that can be counted: a view
        // that is built after texts had to go counts those that are there.
        Fact::Message(_) | Fact::Cursors(_) | Fact::EpochStarted(_) | Fact::Remnant(_) => Ok(()),
    }
}
