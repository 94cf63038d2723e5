//! Messages that were given up, by where they are, by why, and by when they were said.
//!
//! So many letters are kept. Of those beyond, which they are and why is known, in a bit each: what else there is to say
//! of them the journal has, and a walk along it brings them back as soon as there is room.

mod beyond;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound::{Excluded, Unbounded};

use model::{ConversationId, LetterId, Offset, Reason, Said, Seq, Wall};

use beyond::Beyond;

/// Letters that are kept, some 250 bytes each.
pub const LETTERS_MAX: usize = 100_000;

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
#[derive(Debug)]
pub(crate) struct Dead {
    max: usize,
    letters: BTreeMap<Offset, Letter>,
    /// The same, by why: no reason is there without a letter.
    by_reason: BTreeMap<Reason, BTreeSet<LetterId>>,
    beyond: Beyond,
}

impl Dead {
    /// Keeps up to so many.
    pub(crate) fn new(max: usize) -> Self {
        Self {
            max,
            letters: BTreeMap::new(),
            by_reason: BTreeMap::new(),
            beyond: Beyond::default(),
        }
    }

    pub(crate) fn insert(&mut self, target: Offset, letter: Letter) {
        self.remove(target);
        if self.has_room() {
            self.keep(target, letter);
        } else {
            self.beyond.insert(target, letter.why, letter.batch);
        }
    }

    pub(crate) fn remove(&mut self, target: Offset) {
        let Some(letter) = self.letters.remove(&target) else {
            self.beyond.remove(target);
            return;
        };
        if let Some(ids) = self.by_reason.get_mut(&letter.why) {
            ids.remove(&LetterId { at: letter.at(), target });
            if ids.is_empty() {
                self.by_reason.remove(&letter.why);
            }
        }
    }

    /// One that is kept.
    pub(crate) fn get(&self, target: Offset) -> Option<&Letter> {
        self.letters.get(&target)
    }

    /// Why one was given up, and a batch that its message is not before.
    pub(crate) fn why(&self, target: Offset) -> Option<(Reason, u64)> {
        let kept = self.letters.get(&target).map(|letter| (letter.why, letter.batch));
        kept.or_else(|| self.beyond.why(target))
    }

    /// Of those that are kept the next after `after`, the oldest first: of one reason, or of all.
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

    /// The ids of those that are kept, by their reasons: of one, or of all.
    pub(crate) fn of(
        &self,
        reason: Option<Reason>,
    ) -> impl Iterator<Item = (Reason, &BTreeSet<LetterId>)> {
        let is_wanted = move |why: &Reason| reason.is_none_or(|wanted| wanted == *why);
        self.by_reason.iter().map(|(why, ids)| (*why, ids)).filter(move |(why, _)| is_wanted(why))
    }

    /// How many there are of a reason, those beyond too.
    pub(crate) fn count(&self, reason: Reason) -> u64 {
        let kept = self.by_reason.get(&reason).map_or(0, |ids| ids.len() as u64);
        kept + self.beyond.count(reason)
    }

    /// A batch before which none of those beyond is, if there are any and one could be kept.
    pub(crate) fn wanted(&self) -> Option<u64> {
        self.beyond.first().filter(|_| self.has_room())
    }

    /// A walk along the journal begins after this batch.
    pub(crate) fn begin_walk(&mut self, after: u64) {
        self.beyond.begin_walk(after);
    }

    /// The walk has met a message: it is kept, if it is one of those beyond and there is room. `letter` makes its letter.
    pub(crate) fn met(&mut self, target: Offset, letter: impl FnOnce(Reason) -> Letter) {
        let Some((why, _)) = self.beyond.why(target) else { return };
        if self.has_room() {
            self.beyond.remove(target);
            self.keep(target, letter(why));
        } else {
            self.passed();
        }
    }

    /// The walk has met a message that may be one of those beyond, and it stays one.
    pub(crate) fn passed(&mut self) {
        self.beyond.passed();
    }

    /// The walk has come to the end: how many of those beyond are not in the journal any more, and are forgotten.
    pub(crate) fn end_walk(&mut self) -> u64 {
        self.beyond.end_walk()
    }

    fn has_room(&self) -> bool {
        self.letters.len() < self.max
    }

    fn keep(&mut self, target: Offset, letter: Letter) {
        let id = LetterId { at: letter.at(), target };
        self.by_reason.entry(letter.why).or_default().insert(id);
        self.letters.insert(target, letter);
    }
}
