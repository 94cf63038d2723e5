//! Letters beyond the bound: which they are and why, in a bit each.

use std::collections::BTreeMap;

use model::{Offset, Reason};

use crate::done::Done;

/// All of them.
#[derive(Debug, Default)]
pub(super) struct Beyond {
    /// No reason is there without a letter.
    reasons: BTreeMap<Reason, Marked>,
    /// None of their messages is in a batch before this.
    from: u64,
    /// A walk that runs meets all of those whose messages are in the journal still.
    is_walked: bool,
}

/// Those of one reason.
#[derive(Debug, Default)]
struct Marked {
    which: Done,
    count: u64,
}

impl Beyond {
    pub(super) fn insert(&mut self, target: Offset, why: Reason, batch: u64) {
        self.from = if self.reasons.is_empty() { batch } else { self.from.min(batch) };
        self.is_walked = false;
        let marked = self.reasons.entry(why).or_default();
        marked.count += u64::from(marked.which.insert(target));
    }

    pub(super) fn remove(&mut self, target: Offset) {
        self.reasons.retain(|_, marked| {
            marked.count -= u64::from(marked.which.remove(target));
            marked.count > 0
        });
    }

    pub(super) fn why(&self, target: Offset) -> Option<(Reason, u64)> {
        let (why, _) = self.reasons.iter().find(|(_, marked)| marked.which.contains(target))?;
        Some((*why, self.from))
    }

    pub(super) fn count(&self, reason: Reason) -> u64 {
        self.reasons.get(&reason).map_or(0, |marked| marked.count)
    }

    pub(super) fn first(&self) -> Option<u64> {
        (!self.reasons.is_empty()).then_some(self.from)
    }

    pub(super) fn begin_walk(&mut self, after: u64) {
        self.is_walked = after < self.from.max(1);
    }

    /// The walk may have met one, which stays.
    pub(super) fn passed(&mut self) {
        self.is_walked = false;
    }

    pub(super) fn end_walk(&mut self) -> u64 {
        if !std::mem::take(&mut self.is_walked) {
            return 0;
        }
        std::mem::take(&mut self.reasons).into_values().map(|marked| marked.count).sum()
    }
}
