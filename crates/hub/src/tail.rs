//! The recent messages of one conversation: everything history may not have yet.
//!
//! # Invariants
//!
//! - Entries are dense: durable ones up to `head`, then the undurable ones up to `next_seq - 1`.
//! - What stands below the lowest entry is in history.

use std::collections::VecDeque;
use std::sync::Arc;

use model::{Message, MessageId, Ordinal, Seq, UserId, Wall};

use crate::{Head, Ticket};

/// A slot count that an emptied tail may keep; more is given back.
const SPARE_SLOTS: usize = 16;

#[derive(Debug)]
pub(crate) struct Tail {
    /// History is whole from here on.
    pub(crate) first: Seq,
    /// The last durable message.
    pub(crate) head: Seq,
    /// Its ordinal.
    pub(crate) ordinal: Ordinal,
    entries: VecDeque<Entry>,
    /// How many at the end are not durable.
    undurable: usize,
    /// How many of those are texts.
    undurable_texts: u64,
}

#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) message: Arc<Message>,
    /// Who is told when it is durable.
    pub(crate) author: Ticket,
    /// Who sent the same id meanwhile.
    pub(crate) waiters: Vec<Waiter>,
}

/// Someone whose answer rests on an undurable message.
#[derive(Debug)]
pub(crate) struct Waiter {
    pub(crate) ticket: Ticket,
    /// They sent the same body: a duplicate; else a conflict.
    pub(crate) same_body: bool,
}

/// What the first acknowledgement of an id said.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Original {
    pub(crate) id: MessageId,
    pub(crate) seq: Seq,
    pub(crate) received_at: Wall,
}

impl From<&Message> for Original {
    fn from(message: &Message) -> Self {
        Self { id: message.id, seq: message.seq, received_at: message.received_at }
    }
}

impl Tail {
    /// Of a conversation in which nothing was ever said: also that of one not loaded yet.
    pub(crate) const fn new() -> Self {
        Self {
            first: Seq(1),
            head: Seq(0),
            ordinal: Ordinal(0),
            entries: VecDeque::new(),
            undurable: 0,
            undurable_texts: 0,
        }
    }

    /// Of a conversation that history knows.
    pub(crate) fn after(head: Head) -> Self {
        assert!(head.next_seq.0 > 0 && head.next_ordinal.0 > 0, "both count from 1: {head:?}");
        Self {
            first: head.first,
            head: Seq(head.next_seq.0 - 1),
            ordinal: Ordinal(head.next_ordinal.0 - 1),
            ..Self::new()
        }
    }

    /// What the next message gets.
    pub(crate) fn next(&self, is_text: bool) -> (Seq, Ordinal) {
        let texts = self.undurable_texts + u64::from(is_text);
        (self.next_seq(), Ordinal(self.ordinal.0 + texts))
    }

    const fn next_seq(&self) -> Seq {
        Seq(self.head.0 + self.undurable as u64 + 1)
    }

    /// The lowest message that is here; the next one if none is.
    pub(crate) fn lowest(&self) -> Seq {
        let durable = (self.entries.len() - self.undurable) as u64;
        Seq(self.head.0 + 1 - durable)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    pub(crate) fn push(&mut self, entry: Entry) {
        assert_eq!(entry.message.seq, self.next_seq(), "the tail is dense");
        self.undurable_texts += u64::from(entry.message.content.is_text());
        self.entries.push_back(entry);
        self.undurable += 1;
    }

    pub(crate) fn get(&self, seq: Seq) -> Option<&Entry> {
        let index = seq.0.checked_sub(self.lowest().0)?;
        self.entries.get(usize::try_from(index).ok()?)
    }

    pub(crate) fn get_mut(&mut self, seq: Seq) -> Option<&mut Entry> {
        let index = seq.0.checked_sub(self.lowest().0)?;
        self.entries.get_mut(usize::try_from(index).ok()?)
    }

    /// The oldest undurable message is durable now.
    pub(crate) fn make_durable(&mut self, stamp: Wall) -> &mut Entry {
        let index = self.entries.len() - self.undurable;
        assert!(self.undurable > 0, "the journal keeps only what it was given");
        self.undurable -= 1;
        let entry = &mut self.entries[index];
        self.undurable_texts -= u64::from(entry.message.content.is_text());
        Arc::make_mut(&mut entry.message).received_at = stamp;
        self.head = entry.message.seq;
        self.ordinal = entry.message.ordinal;
        entry
    }

    /// The texts of this user below the event `by` lose their words. The bytes that each gives back.
    pub(crate) fn erase(&mut self, user: &UserId, by: Seq) -> impl Iterator<Item = usize> {
        let theirs = self.entries.iter_mut().filter(move |entry| {
            let Message { seq, sender, content, .. } = &*entry.message;
            *seq < by && sender == user && content.body().is_some()
        });
        theirs.map(move |entry| {
            let message = Arc::make_mut(&mut entry.message);
            let freed = message.content.text_bytes();
            message.content = message.content.without_words(by);
            freed
        })
    }

    /// History has the oldest one.
    pub(crate) fn release(&mut self) -> Entry {
        assert!(self.entries.len() > self.undurable, "history has only what is durable");
        let entry = self.entries.pop_front().expect("longer than its undurable part");
        self.give_back();
        entry
    }

    /// The journal refused everything that is not durable.
    pub(crate) fn roll_back(&mut self) -> VecDeque<Entry> {
        let undone = self.entries.split_off(self.entries.len() - self.undurable);
        self.undurable = 0;
        self.undurable_texts = 0;
        self.give_back();
        undone
    }

    /// At most `limit` durable messages from `from` on; `from` is not below the lowest.
    pub(crate) fn page(&self, from: Seq, limit: usize) -> Vec<Arc<Message>> {
        let skip = usize::try_from(from.0 - self.lowest().0).unwrap_or(usize::MAX);
        let durable = self.entries.len() - self.undurable;
        let end = skip.saturating_add(limit).min(durable);
        let entries = self.entries.range(skip.min(end)..end);
        entries.map(|entry| Arc::clone(&entry.message)).collect()
    }

    fn give_back(&mut self) {
        if self.entries.is_empty() && self.entries.capacity() > SPARE_SLOTS {
            self.entries = VecDeque::new();
        }
    }
}

#[cfg(test)]
mod tests;
