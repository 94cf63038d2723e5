//! Who of many is next: deficit round robin between keys (Shreedhar and Varghese, "Efficient Fair Queuing Using Deficit
//! Round Robin", SIGCOMM 1995), in classes.
//!
//! Each key that waits has its turn and in it as much cost as any other, so who floods waits for itself. What is live
//! goes before what is done again, and that before what fills up the past; each lower class has 5 % of all cost
//! nevertheless. A key that is throttled is skipped, not waited for.
//!
//! # Invariants
//!
//! - At most [`FairQueueSettings::count_max`] items and [`FairQueueSettings::bytes_max`] bytes wait. A key holds at most
//!   as much of either as is free (dynamic thresholds; Choudhury and Hahne, 1998): however many flood, there is room
//!   for one who does not.
//! - As many keys are throttled at most.
//! - Amortised, each push and pop is O(log keys).

use std::collections::{BTreeMap, BTreeSet};

use model::Mono;

use crate::fair_queue::class::Lanes;

mod class;

/// What comes first. Each lower class has [`RESERVED_PERCENT`] of what is served while it waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// Somebody waits for it.
    Live,
    /// It was answered once, not fully.
    Again,
    /// The past, filled up.
    Backfill,
}

const CLASSES: [Class; 3] = [Class::Live, Class::Again, Class::Backfill];

/// The share of all cost that each lower class has at least.
pub const RESERVED_PERCENT: u32 = 5;

/// The bounds of a queue.
#[derive(Debug, Clone, Copy)]
pub struct FairQueueSettings {
    /// Items that wait.
    pub count_max: usize,
    /// Their bytes.
    pub bytes_max: usize,
    /// What a key may cost in one turn, and the most that one item may cost.
    pub quantum: u32,
}

/// Why an item is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// Too many wait, or too many of this key.
    Count,
    /// Their bytes are too many.
    Bytes,
    /// It costs more than a turn.
    Cost,
}

/// What waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item<T> {
    /// The caller's.
    pub item: T,
    /// What it costs to serve, in the caller's unit (tokens, say).
    pub cost: u32,
    /// What it holds of memory.
    pub bytes: usize,
}

/// Which of the items of the key whose turn it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// Who came first.
    Oldest,
    /// Who came last: while there is too much for all, they still have time.
    Newest,
}

/// A bounded queue that is fair to its keys.
#[derive(Debug, Clone)]
pub struct FairQueue<K, T> {
    settings: FairQueueSettings,
    classes: [Lanes<K, T>; CLASSES.len()],
    /// What each class has still to get of its share, in hundredths of cost.
    owed: [i64; CLASSES.len()],
    throttled: BTreeMap<K, Mono>,
    wakes: BTreeSet<(Mono, K)>,
    count: usize,
    bytes: usize,
}

impl<K: Ord + Clone, T> FairQueue<K, T> {
    /// An empty one.
    pub fn new(settings: FairQueueSettings) -> Self {
        Self {
            settings,
            classes: [Lanes::new(), Lanes::new(), Lanes::new()],
            owed: [0; CLASSES.len()],
            throttled: BTreeMap::new(),
            wakes: BTreeSet::new(),
            count: 0,
            bytes: 0,
        }
    }

    /// An item of this key waits from now on.
    ///
    /// # Errors
    /// When a bound is met; then nothing has changed.
    pub fn push(&mut self, key: K, class: Class, item: Item<T>) -> Result<(), Refusal> {
        let (count, bytes) = self.classes[class as usize].held(&key);
        if item.cost > self.settings.quantum {
            return Err(Refusal::Cost);
        }
        if count >= self.settings.count_max - self.count {
            return Err(Refusal::Count);
        }
        if bytes.saturating_add(item.bytes) > self.settings.bytes_max - self.bytes {
            return Err(Refusal::Bytes);
        }
        self.count += 1;
        self.bytes += item.bytes;
        let throttled = self.throttled.contains_key(&key);
        self.classes[class as usize].push(key, item, throttled, self.settings.quantum);
        Ok(())
    }

    /// Who is next; none if nobody waits whose key is not throttled.
    pub fn pop(&mut self, now: Mono, end: End) -> Option<(K, Class, T)> {
        self.wake(now);
        let turn = i64::from(self.settings.quantum) * 100;
        let reserved = CLASSES.into_iter().find(|class| self.owed[*class as usize] >= turn);
        for class in reserved.into_iter().chain(CLASSES) {
            let lanes = &mut self.classes[class as usize];
            let Some((key, item)) = lanes.pop(&self.throttled, self.settings.quantum, end) else {
                continue;
            };
            self.count -= 1;
            self.bytes -= item.bytes;
            self.account(class, item.cost, reserved == Some(class));
            return Some((key, class, item.item));
        }
        None
    }

    /// The oldest item of this key and class, out of turn: it is not served, and costs the key nothing.
    pub fn take_oldest(&mut self, key: &K, class: Class) -> Option<T> {
        let item = self.classes[class as usize].take_oldest(key)?;
        self.count -= 1;
        self.bytes -= item.bytes;
        Some(item.item)
    }

    /// Nothing of this key is served before then. As many keys are throttled as items may wait; beyond, the one that
    /// would be served first again is.
    pub fn throttle(&mut self, key: K, until: Mono) {
        if let Some(before) = self.throttled.insert(key.clone(), until) {
            self.wakes.remove(&(before, key.clone()));
        }
        self.wakes.insert((until, key));
        if self.wakes.len() > self.settings.count_max {
            self.wake_first();
        }
    }

    /// When the next throttled key may be served again.
    pub fn poll_timeout(&self) -> Option<Mono> {
        self.wakes.first().map(|(until, _)| *until)
    }

    /// How many wait.
    pub fn len(&self) -> usize {
        self.count
    }

    /// Whether nobody waits.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    fn wake(&mut self, now: Mono) {
        while self.wakes.first().is_some_and(|(until, _)| *until <= now) {
            self.wake_first();
        }
    }

    fn wake_first(&mut self) {
        if let Some((_, key)) = self.wakes.pop_first() {
            self.throttled.remove(&key);
            for lanes in &mut self.classes {
                lanes.wake(&key);
            }
        }
    }

    /// Each lower class that waits earns its share of what is served, and is next when that is a turn's worth; what it is
    /// given then it has had.
    fn account(&mut self, served: Class, cost: u32, reserved: bool) {
        for class in [Class::Again, Class::Backfill] {
            let owed = &mut self.owed[class as usize];
            if class == served && reserved {
                *owed -= i64::from(cost) * i64::from(100 - RESERVED_PERCENT);
            } else if self.classes[class as usize].is_waiting() && class != served {
                *owed += i64::from(cost) * i64::from(RESERVED_PERCENT);
            }
        }
    }
}

#[cfg(test)]
mod tests;
