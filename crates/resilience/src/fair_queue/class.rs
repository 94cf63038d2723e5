//! The keys of one class, each with its lane, and whose turn it is.

use std::collections::{BTreeMap, VecDeque};

use model::Mono;

use crate::fair_queue::{End, Item};

#[derive(Debug, Clone)]
struct Lane<T> {
    items: VecDeque<Item<T>>,
    bytes: usize,
    /// What it may still cost in this turn.
    deficit: u32,
    /// Whether it is in the round; a throttled one falls out when its turn comes.
    in_round: bool,
}

/// Lanes, and the round of those that are not known to be throttled. A lane that has become empty goes when its turn
/// comes.
#[derive(Debug, Clone)]
pub(super) struct Lanes<K, T> {
    lanes: BTreeMap<K, Lane<T>>,
    round: VecDeque<K>,
}

impl<K: Ord + Clone, T> Lanes<K, T> {
    pub(super) fn new() -> Self {
        Self { lanes: BTreeMap::new(), round: VecDeque::new() }
    }

    /// How many items a key has, and how many bytes.
    pub(super) fn held(&self, key: &K) -> (usize, usize) {
        self.lanes.get(key).map_or((0, 0), |lane| (lane.items.len(), lane.bytes))
    }

    /// Whether there is a key to serve, as far as is known.
    pub(super) fn is_waiting(&self) -> bool {
        !self.round.is_empty()
    }

    pub(super) fn push(&mut self, key: K, item: Item<T>, throttled: bool, quantum: u32) {
        let round = &mut self.round;
        let lane = self.lanes.entry(key).or_insert_with_key(|key| {
            if !throttled {
                round.push_back(key.clone());
            }
            Lane { items: VecDeque::new(), bytes: 0, deficit: quantum, in_round: !throttled }
        });
        lane.bytes += item.bytes;
        lane.items.push_back(item);
    }

    pub(super) fn wake(&mut self, key: &K) {
        if let Some(lane) = self.lanes.get_mut(key)
            && !lane.in_round
        {
            lane.in_round = true;
            self.round.push_back(key.clone());
        }
    }

    /// The oldest item of a key, out of turn: it costs nothing.
    pub(super) fn take_oldest(&mut self, key: &K) -> Option<Item<T>> {
        let lane = self.lanes.get_mut(key)?;
        let item = lane.items.pop_front()?;
        lane.bytes -= item.bytes;
        Some(item)
    }

    /// An item of the lane whose turn it is, from this end of it. A lane whose deficit is too small is given another turn's worth and
    /// goes to the end: as no item costs more than that, it is served when it comes to the front again.
    pub(super) fn pop(
        &mut self,
        throttled: &BTreeMap<K, Mono>,
        quantum: u32,
        end: End,
    ) -> Option<(K, Item<T>)> {
        loop {
            let key = self.round.pop_front()?;
            let lane = self.lanes.get_mut(&key).expect("a key in the round has a lane");
            if throttled.contains_key(&key) {
                lane.in_round = false;
                continue;
            }
            let next = match end {
                End::Oldest => lane.items.pop_front(),
                End::Newest => lane.items.pop_back(),
            };
            let Some(item) = next else {
                self.lanes.remove(&key);
                continue;
            };
            if item.cost > lane.deficit {
                lane.deficit += quantum;
                match end {
                    End::Oldest => lane.items.push_front(item),
                    End::Newest => lane.items.push_back(item),
                }
                self.round.push_back(key);
                continue;
            }
            lane.deficit -= item.cost;
            lane.bytes -= item.bytes;
            if lane.items.is_empty() {
                self.lanes.remove(&key);
            } else {
                self.round.push_front(key.clone());
            }
            return Some((key, item));
        }
    }
}
