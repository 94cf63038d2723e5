//! What a connection has asked and not heard.
//!
//! # Invariants
//!
//! - A reference names a slot and how often that was used: an answer that comes after its request was given up finds
//!   nothing.
//! - The next free slot stays the next one until it is taken: the desk knows it as waiting.

use crate::measure::queue::Job;
use crate::measure::run::Act;
use crate::measure::tally::Stamps;

/// Of one connection.
pub(super) struct Slots {
    slots: Box<[Slot]>,
    /// The last is taken next.
    free: Vec<usize>,
}

/// Room for one request.
#[derive(Default)]
struct Slot {
    /// How often it was used.
    turn: u64,
    asked: Option<Asked>,
}

/// A request that is not answered.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked {
    pub(super) job: Job,
    pub(super) sent_ns: u64,
    pub(super) act: Act,
    /// It was handed to the connection, or has one of its own.
    pub(super) is_said: bool,
}

impl Asked {
    /// It was over then.
    pub(super) fn stamps(&self, done_ns: u64) -> Stamps {
        Stamps { job: self.job, sent_ns: self.sent_ns, first_byte_ns: done_ns, done_ns }
    }
}

impl Slots {
    pub(super) fn new(count: u32) -> Self {
        let count = usize::try_from(count).unwrap_or(1);
        let slots = std::iter::repeat_with(Slot::default).take(count).collect();
        Self { slots, free: (0..count).rev().collect() }
    }

    pub(super) fn next_free(&self) -> Option<usize> {
        self.free.last().copied()
    }

    pub(super) fn are_free(&self) -> bool {
        self.free.len() == self.slots.len()
    }

    /// Takes the next free slot, which is there.
    pub(super) fn begin(&mut self, asked: Asked) -> usize {
        let slot = self.free.pop().expect("it was seen free");
        self.slots[slot].asked = Some(asked);
        slot
    }

    pub(super) fn reference(&self, slot: usize) -> u64 {
        self.slots[slot].turn * self.slots.len() as u64 + slot as u64
    }

    pub(super) fn asked(&mut self, slot: usize) -> Option<&mut Asked> {
        self.slots[slot].asked.as_mut()
    }

    /// The slot that a reference is of; nothing if nobody waits for it.
    pub(super) fn slot_of(&self, reference: u64) -> Option<usize> {
        let count = self.slots.len() as u64;
        let slot = usize::try_from(reference % count).ok()?;
        let Slot { turn, asked } = &self.slots[slot];
        (*turn == reference / count && asked.is_some()).then_some(slot)
    }

    /// What an answer is to, which is over then; nothing if nobody waits for it.
    pub(super) fn answered(&mut self, reference: u64) -> Option<(usize, Asked)> {
        let slot = self.slot_of(reference)?;
        self.end(slot).map(|asked| (slot, asked))
    }

    /// Frees a slot; what was asked.
    pub(super) fn end(&mut self, slot: usize) -> Option<Asked> {
        let asked = self.slots[slot].asked.take()?;
        self.slots[slot].turn += 1;
        let before_next = self.free.len().saturating_sub(1);
        self.free.insert(before_next, slot);
        Some(asked)
    }

    /// Those that share the connection.
    pub(super) fn of_connection(&self) -> Vec<usize> {
        self.those(|asked| asked.act != Act::Connect)
    }

    /// Those that wait for a connection.
    pub(super) fn unsaid(&self) -> Vec<usize> {
        self.those(|asked| !asked.is_said && asked.act != Act::Connect)
    }

    /// Those asked at or before a time.
    pub(super) fn said_by(&self, ns: u64) -> Vec<usize> {
        self.those(|asked| asked.sent_ns <= ns)
    }

    /// When the oldest was asked.
    pub(super) fn oldest_ns(&self) -> Option<u64> {
        self.slots.iter().filter_map(|slot| Some(slot.asked.as_ref()?.sent_ns)).min()
    }

    fn those(&self, are_meant: impl Fn(&Asked) -> bool) -> Vec<usize> {
        let slots = self.slots.iter().enumerate();
        let meant = slots.filter(|(_, slot)| slot.asked.as_ref().is_some_and(&are_meant));
        meant.map(|(slot, _)| slot).collect()
    }
}

#[test]
fn an_answer_that_comes_too_late_is_nobodys() {
    let job = Job { index: 7, due_ns: 0, picked_ns: 0 };
    let asked = Asked { job, sent_ns: 5, act: Act::Send, is_said: true };
    let mut slots = Slots::new(2);
    let slot = slots.begin(asked);
    let reference = slots.reference(slot);
    assert_eq!(slots.oldest_ns(), Some(5));
    assert_eq!((slots.said_by(4), slots.said_by(5)), (vec![], vec![slot]));
    slots.end(slot);
    assert!(slots.are_free() && slots.answered(reference).is_none());
    let others = [slots.begin(asked), slots.begin(asked)];
    assert!(slots.next_free().is_none() && slots.answered(reference).is_none());
    let references = others.map(|slot| slots.reference(slot));
    assert!(references.iter().all(|&reference| slots.answered(reference).is_some()));
    assert!(slots.are_free() && references.iter().all(|&one| slots.answered(one).is_none()));
}

#[test]
fn the_next_free_slot_stays_the_next_one_until_it_is_taken() {
    let job = Job { index: 7, due_ns: 0, picked_ns: 0 };
    let asked = Asked { job, sent_ns: 5, act: Act::Send, is_said: true };
    let mut slots = Slots::new(3);
    let first = slots.begin(asked);
    let next = slots.next_free();
    slots.end(first);
    assert_eq!(slots.next_free(), next);
}
