//! What was said and is not acknowledged yet: kept exactly as first stamped, sent in order.
//!
//! # Invariants
//!
//! - A lane holds the messages of one conversation. While it *flows*, everything up to `sent_to` is
//!   in flight, and new ones follow at once.
//! - After a lost connection it *resends*: what had been sent goes again, the lowest counter first,
//!   and nothing new until all of it is through.
//! - After a refusal it is *careful*: the same, but one message at a time, and not before the server
//!   said so.
//! - At most `in_flight_max` messages are in flight, over all lanes; the lowest counter that may be
//!   sent goes first.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use model::{ConversationId, Draft, Mono, Retry};
use wire::Post;

/// The wait before a message that is refused with "retry now" again and again is sent once more:
/// the first time at once, then after this.
const RETRY_NOW_AGAIN: Duration = Duration::from_millis(100);

#[derive(Debug)]
pub(crate) struct Outbox {
    lanes: BTreeMap<ConversationId, Lane>,
    /// In which lane a counter is.
    places: BTreeMap<u64, ConversationId>,
    /// The next message of each lane that may send now.
    ready: BTreeSet<(u64, ConversationId)>,
    /// The lanes that must wait, and until when.
    waiting: BTreeSet<(Mono, ConversationId)>,
    in_flight: usize,
    in_flight_max: usize,
}

#[derive(Debug, Default)]
struct Lane {
    entries: BTreeMap<u64, Entry>,
    mode: Mode,
    /// The highest counter that was ever sent.
    sent_to: u64,
    not_before: Mono,
    /// Its entry in `ready`.
    ready: Option<u64>,
    /// Its entry in `waiting`.
    waiting: Option<Mono>,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Mode {
    #[default]
    Flows,
    Resends,
    Careful,
}

#[derive(Debug)]
struct Entry {
    draft: Draft,
    in_flight: bool,
    refusals: u32,
}

impl Outbox {
    pub(crate) fn new(in_flight_max: usize) -> Self {
        Self {
            lanes: BTreeMap::new(),
            places: BTreeMap::new(),
            ready: BTreeSet::new(),
            waiting: BTreeSet::new(),
            in_flight: 0,
            in_flight_max: in_flight_max.max(1),
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.places.len()
    }

    pub(crate) fn in_flight(&self) -> usize {
        self.in_flight
    }

    /// A new message: its counter is above every other.
    pub(crate) fn push(&mut self, draft: Draft, now: Mono) {
        let conversation = draft.conversation.clone();
        let counter = draft.id.counter;
        self.places.insert(counter, conversation.clone());
        let lane = self.lanes.entry(conversation.clone()).or_default();
        lane.entries.insert(counter, Entry { draft, in_flight: false, refusals: 0 });
        self.refresh(&conversation, now);
    }

    /// The next to send, if one may be sent now. It is in flight from then on.
    pub(crate) fn next_post(&mut self, now: Mono) -> Option<Post> {
        if self.in_flight >= self.in_flight_max {
            return None;
        }
        let (counter, conversation) = self.ready.first()?.clone();
        let lane = self.lanes.get_mut(&conversation).expect("a lane that is ready is there");
        let entry = lane.entries.get_mut(&counter).expect("what is ready is there");
        entry.in_flight = true;
        lane.sent_to = lane.sent_to.max(counter);
        let post = Post::from(&entry.draft);
        self.in_flight += 1;
        self.refresh(&conversation, now);
        Some(post)
    }

    /// It is through, or never will be: it is kept no longer. `false` if it was not here.
    pub(crate) fn remove(&mut self, counter: u64, now: Mono) -> bool {
        let Some(conversation) = self.places.remove(&counter) else { return false };
        let lane = self.lanes.get_mut(&conversation).expect("a place names a lane");
        let entry = lane.entries.remove(&counter).expect("a place names an entry");
        self.in_flight -= usize::from(entry.in_flight);
        if lane.entries.first_key_value().is_none_or(|(&first, _)| first > lane.sent_to) {
            lane.mode = Mode::Flows;
        }
        self.refresh(&conversation, now);
        true
    }

    /// It was refused, and may be sent again. `false` if it was not in flight.
    pub(crate) fn refused(&mut self, counter: u64, retry: Retry, now: Mono) -> bool {
        let Some(conversation) = self.places.get(&counter).cloned() else { return false };
        let lane = self.lanes.get_mut(&conversation).expect("a place names a lane");
        let entry = lane.entries.get_mut(&counter).expect("a place names an entry");
        if !std::mem::take(&mut entry.in_flight) {
            return false;
        }
        self.in_flight -= 1;
        entry.refusals = entry.refusals.saturating_add(1);
        let wait = match retry {
            Retry::After(ms) => Duration::from_millis(ms.into()),
            Retry::Now if entry.refusals > 1 => RETRY_NOW_AGAIN,
            Retry::Now | Retry::Never => Duration::ZERO,
        };
        lane.mode = Mode::Careful;
        lane.not_before = lane.not_before.max(now + wait);
        self.refresh(&conversation, now);
        true
    }

    /// The connection is gone, and with it every answer that was awaited.
    pub(crate) fn disconnected(&mut self, now: Mono) {
        self.in_flight = 0;
        let conversations = self.lanes.keys().cloned().collect::<Vec<_>>();
        for conversation in conversations {
            let lane = self.lanes.get_mut(&conversation).expect("its own key");
            lane.entries.values_mut().for_each(|entry| entry.in_flight = false);
            let sent =
                lane.entries.first_key_value().is_some_and(|(&first, _)| first <= lane.sent_to);
            if sent && lane.mode == Mode::Flows {
                lane.mode = Mode::Resends;
            }
            self.refresh(&conversation, now);
        }
    }

    pub(crate) fn handle_timeout(&mut self, now: Mono) {
        while let Some((_, conversation)) = self.waiting.first().filter(|(at, _)| *at <= now) {
            let conversation = conversation.clone();
            self.refresh(&conversation, now);
        }
    }

    pub(crate) fn poll_timeout(&self) -> Option<Mono> {
        self.waiting.first().map(|&(at, _)| at)
    }

    /// Puts a lane where it belongs after a change: ready, waiting, neither, or gone.
    fn refresh(&mut self, conversation: &ConversationId, now: Mono) {
        let lane = self.lanes.get_mut(conversation).expect("only lanes that are there change");
        if let Some(counter) = lane.ready.take() {
            self.ready.remove(&(counter, conversation.clone()));
        }
        if let Some(at) = lane.waiting.take() {
            self.waiting.remove(&(at, conversation.clone()));
        }
        if lane.entries.is_empty() {
            self.lanes.remove(conversation);
            return;
        }
        let Some(next) = lane.next() else { return };
        if lane.not_before > now {
            lane.waiting = Some(lane.not_before);
            self.waiting.insert((lane.not_before, conversation.clone()));
        } else {
            lane.ready = Some(next);
            self.ready.insert((next, conversation.clone()));
        }
    }
}

impl Lane {
    /// The counter that may be sent next.
    fn next(&self) -> Option<u64> {
        let mut entries = match self.mode {
            Mode::Flows => self.entries.range(self.sent_to + 1..),
            Mode::Resends | Mode::Careful => self.entries.range(..=self.sent_to),
        };
        match self.mode {
            Mode::Flows => entries.next(),
            Mode::Resends => entries.find(|(_, entry)| !entry.in_flight),
            Mode::Careful => entries.next().filter(|(_, entry)| !entry.in_flight),
        }
        .map(|(&counter, _)| counter)
    }
}
