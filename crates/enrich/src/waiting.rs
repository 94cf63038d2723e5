//! Who waits for a place: in turns between those who send, and not for long.

use std::collections::BTreeMap;

use model::{Mono, Offset, UserId};
use resilience::{Class, Codel, End, FairQueue, FairQueueSettings, Item};

/// Messages that a sender has in one turn, and what each costs of it.
const TURN: u32 = 1;

/// Messages that wait for a place within the concurrency limit.
#[derive(Debug)]
pub(crate) struct Waiting {
    /// By sender; all under one key when turns are switched off.
    turns: FairQueue<Option<UserId>, (Mono, Offset)>,
    /// The same messages by when they came.
    by_age: BTreeMap<(Mono, Offset), Option<UserId>>,
    codel: Codel,
    is_fair: bool,
}

/// Who waits no longer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Next {
    /// It is its turn.
    Served(Offset),
    /// It waited for too long while more came.
    Sloughed(Offset),
}

impl Waiting {
    /// Nobody waits; at most so many will.
    pub(crate) fn new(count_max: usize, is_fair: bool) -> Self {
        let settings = FairQueueSettings { count_max, bytes_max: usize::MAX, quantum: TURN };
        Self {
            turns: FairQueue::new(settings),
            by_age: BTreeMap::new(),
            codel: Codel::new(),
            is_fair,
        }
    }

    /// A message of this sender waits from now on; `false`: too many do, or too many of this sender.
    pub(crate) fn push(&mut self, target: Offset, sender: &UserId, now: Mono) -> bool {
        let key = self.is_fair.then(|| sender.clone());
        let item = Item { item: (now, target), cost: TURN, bytes: 0 };
        let is_taken = self.turns.push(key.clone(), Class::Live, item).is_ok();
        if is_taken {
            self.by_age.insert((now, target), key);
        }
        is_taken
    }

    /// Who waits no longer, if there is room for a call (or for none).
    pub(crate) fn next(&mut self, now: Mono, has_room: bool) -> Option<Next> {
        let (&(since, oldest), key) = self.by_age.first_key_value()?;
        if self.codel.sloughs(now, now.since(since)) {
            self.turns.take_oldest(key, Class::Live);
            self.by_age.pop_first();
            return Some(Next::Sloughed(oldest));
        }
        if !has_room {
            return None;
        }
        let end = if self.codel.is_overloaded() { End::Newest } else { End::Oldest };
        let (_, _, (since, target)) = self.turns.pop(now, end)?;
        self.by_age.remove(&(since, target));
        Some(Next::Served(target))
    }

    /// How many wait.
    pub(crate) fn len(&self) -> usize {
        self.by_age.len()
    }

    /// Whether nobody waits.
    pub(crate) fn is_empty(&self) -> bool {
        self.by_age.is_empty()
    }
}

#[cfg(test)]
mod tests;
