//! How far devices have acknowledged.
//!
//! # Invariants
//!
//! - A cursor never goes back, and never past the last durable message: a move that would is
//!   ignored, not clamped, because whoever sent it is mistaken about more than the number.
//! - It is loaded before it is told; moves that come meanwhile are kept as their highest.
//! - It is on its way to history in at most one record.

use model::{DeviceId, Seq, UserId};

use crate::books::Books;
use crate::conversation::{Conversation, SWEEP_AT};
use crate::limits::Bound;
use crate::{LoadWant, Reply, Ticket, cost};

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct DeviceKey {
    pub(crate) user: UserId,
    pub(crate) device: DeviceId,
}

#[derive(Debug)]
pub(crate) struct Cursor {
    /// The highest acknowledged; while its load is out, of the moves since.
    at: Seq,
    /// Who waits to be told, while its load is out. A load counts among what waits, once for itself
    /// or else once for each who asks.
    asking: Option<Vec<Ticket>>,
    /// It moved since it was last handed to the journal.
    dirty: bool,
    /// It was handed to the journal, and is not in history yet.
    in_flight: bool,
}

impl Cursor {
    /// History can tell everything there is to know of it.
    const fn can_be_forgotten(&self) -> bool {
        self.asking.is_none() && !self.dirty && !self.in_flight
    }

    /// Those who asked and will not be told.
    pub(crate) fn stop_asking(&mut self) -> Vec<Ticket> {
        self.asking.take().unwrap_or_default()
    }
}

impl Conversation {
    pub(crate) fn get_cursor(&mut self, books: &mut Books, ticket: Ticket, key: DeviceKey) {
        let cursor = match self.cursors.get_mut(&key) {
            Some(cursor) => cursor,
            None if books.can_wait() => self.open_cursor(books, &key),
            None => return books.busy(ticket, Bound::Loads),
        };
        let Some(asking) = &mut cursor.asking else {
            let seq = cursor.at;
            return books.reply(ticket, Reply::CursorAt { seq });
        };
        if !asking.is_empty() {
            if !books.can_wait() {
                return books.busy(ticket, Bound::Loads);
            }
            books.counts.waiting += 1;
        }
        asking.push(ticket);
        self.charge(books, cost::WAITER);
    }

    pub(crate) fn move_cursor(&mut self, books: &mut Books, key: DeviceKey, seq: Seq) {
        if seq > self.tail.head {
            books.counts.cursor_moves_beyond_head += 1;
            return;
        }
        let cursor = match self.cursors.get_mut(&key) {
            Some(cursor) => cursor,
            None if books.can_wait() => self.open_cursor(books, &key),
            None => {
                books.counts.cursor_moves_dropped += 1;
                return;
            }
        };
        if seq > cursor.at {
            cursor.at = seq;
            if cursor.asking.is_none() {
                self.mark_dirty(books, key);
            }
        }
    }

    /// History told how far a device had acknowledged.
    pub(crate) fn load_cursor(&mut self, books: &mut Books, key: DeviceKey, loaded: Seq) {
        let cursor = self.cursors.get_mut(&key).expect("a cursor being loaded is kept");
        let asking = cursor.asking.take().expect("a cursor is loaded once");
        let moved = cursor.at > loaded;
        cursor.at = cursor.at.max(loaded);
        let seq = cursor.at;
        self.pending -= 1;
        books.counts.waiting -= asking.len().max(1);
        self.release(books, asking.len() * cost::WAITER);
        for ticket in asking {
            books.reply(ticket, Reply::CursorAt { seq });
        }
        if moved {
            self.mark_dirty(books, key);
        }
    }

    /// History has what was handed to the journal.
    pub(crate) fn cursor_indexed(&mut self, key: &DeviceKey) {
        let cursor = self.cursors.get_mut(key).expect("a cursor in flight is kept");
        assert!(cursor.in_flight, "a cursor is in one record at most");
        cursor.in_flight = false;
        self.pending -= 1;
    }

    /// The journal refused what was handed to it.
    pub(crate) fn cursor_refused(&mut self, books: &mut Books, key: DeviceKey) {
        self.cursor_indexed(&key);
        self.mark_dirty(books, key);
    }

    /// The moved cursors that may be handed to the journal now: they are in flight from here on.
    /// Those that still are stay moved.
    pub(crate) fn take_moved(&mut self) -> Vec<(DeviceKey, Seq)> {
        let mut moved = Vec::with_capacity(self.dirty.len());
        for key in std::mem::take(&mut self.dirty) {
            let cursor = self.cursors.get_mut(&key).expect("a moved cursor is kept");
            if cursor.in_flight {
                self.dirty.push(key);
                continue;
            }
            cursor.dirty = false;
            cursor.in_flight = true;
            self.pending += 1;
            moved.push((key, cursor.at));
        }
        moved
    }

    /// Mutant: what was delivered counts as acknowledged.
    pub(crate) fn run_cursors_ahead(&mut self, books: &mut Books) {
        let head = self.tail.head;
        let known = self.cursors.iter().filter(|(_, cursor)| cursor.asking.is_none());
        let keys: Vec<_> = known.map(|(key, _)| key.clone()).collect();
        for key in keys {
            self.move_cursor(books, key, head);
        }
    }

    /// The caller has seen that one more may wait.
    fn open_cursor(&mut self, books: &mut Books, key: &DeviceKey) -> &mut Cursor {
        self.sweep_cursors(books);
        self.charge(books, cost::cursor(&key.user, &key.device));
        self.pending += 1;
        books.counts.waiting += 1;
        books.load(&self.id, LoadWant::Cursor(key.user.clone(), key.device.clone()));
        let opened =
            Cursor { at: Seq(0), asking: Some(Vec::new()), dirty: false, in_flight: false };
        self.cursors.entry(key.clone()).or_insert(opened)
    }

    fn mark_dirty(&mut self, books: &mut Books, key: DeviceKey) {
        let cursor = self.cursors.get_mut(&key).expect("only kept cursors move");
        if !std::mem::replace(&mut cursor.dirty, true) {
            self.dirty.push(key);
            books.mark_dirty(self.partition, &self.id);
        }
    }

    /// As for authors: forgets those that can be loaded again, when they have become many.
    fn sweep_cursors(&mut self, books: &mut Books) {
        if self.cursors.len() >= self.cursors_sweep_at {
            self.forget_cursors(books, None);
            self.cursors_sweep_at = SWEEP_AT.max(2 * self.cursors.len());
        }
    }

    /// Forgets those that can be loaded again, but for one.
    pub(crate) fn forget_cursors(&mut self, books: &mut Books, but: Option<&DeviceKey>) {
        let mut freed = 0;
        self.cursors.retain(|key, cursor| {
            let keep = !cursor.can_be_forgotten() || Some(key) == but;
            freed += if keep { 0 } else { cost::cursor(&key.user, &key.device) };
            keep
        });
        self.release(books, freed);
    }
}
