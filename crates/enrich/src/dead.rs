//! Messages that were given up, by where they are, by why, and by when they were said.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound::{Excluded, Unbounded};

use model::{ConversationId, LetterId, Offset, Reason, Said, Seq, Wall};

/// A message that was given up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    /// Where it was said.
    pub conversation: ConversationId,
    /// Its place there.
    pub seq: Seq,
    /// Who said it, and when; records of the first version do not say it.
    pub said: Option<Said>,
    /// Why it was given up.
    pub why: Reason,
    /// Its batch.
    pub(crate) batch: u64,
}

impl Letter {
    fn at(&self) -> Wall {
        self.said.as_ref().map_or(Wall(0), |said| said.at)
    }
}

/// All of them.
#[derive(Debug, Default)]
pub(crate) struct Dead {
    letters: BTreeMap<Offset, Letter>,
    /// The same, by why: no reason is there without a letter.
    by_reason: BTreeMap<Reason, BTreeSet<LetterId>>,
}

impl Dead {
    pub(crate) fn insert(&mut self, target: Offset, letter: Letter) {
        self.remove(target);
        let id = LetterId { at: letter.at(), target };
        self.by_reason.entry(letter.why).or_default().insert(id);
        self.letters.insert(target, letter);
    }

    pub(crate) fn remove(&mut self, target: Offset) -> Option<Letter> {
        let letter = self.letters.remove(&target)?;
        if let Some(ids) = self.by_reason.get_mut(&letter.why) {
            ids.remove(&LetterId { at: letter.at(), target });
            if ids.is_empty() {
                self.by_reason.remove(&letter.why);
            }
        }
        Some(letter)
    }

    pub(crate) fn get(&self, target: Offset) -> Option<&Letter> {
        self.letters.get(&target)
    }

    /// The next after `after`, the oldest first: of one reason, or of all.
    pub(crate) fn after(
        &self,
        reason: Option<Reason>,
        after: Option<LetterId>,
    ) -> Option<(LetterId, &Letter)> {
        let from = after.map_or(Unbounded, Excluded);
        let next = |ids: &BTreeSet<LetterId>| ids.range((from, Unbounded)).next().copied();
        let id = self.of(reason).filter_map(|(_, ids)| next(ids)).min()?;
        Some((id, self.letters.get(&id.target)?))
    }

    /// The ids by their reasons: of one, or of all.
    pub(crate) fn of(
        &self,
        reason: Option<Reason>,
    ) -> impl Iterator<Item = (Reason, &BTreeSet<LetterId>)> {
        let is_wanted = move |why: &Reason| reason.is_none_or(|wanted| wanted == *why);
        self.by_reason.iter().map(|(why, ids)| (*why, ids)).filter(move |(why, _)| is_wanted(why))
    }
}
