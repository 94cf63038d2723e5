//! The end: the journal failed a write or a sync, and nobody knows what of it is on the disk.

use model::Refusal;

use crate::books::Books;
use crate::conversation::Conversation;

impl Conversation {
    /// Everyone who waits for anything of this conversation is refused.
    pub(crate) fn give_up(&mut self, books: &mut Books, refusal: &Refusal) {
        self.roll_back(books, refusal);
        for input in self.waiting.drain(..) {
            input.refuse(books, refusal.clone());
        }
        for input in self.roster.drain_waiting() {
            input.refuse(books, refusal.clone());
        }
        for author in self.authors.values_mut() {
            for (ticket, _) in author.lane.take().into_iter().flatten() {
                books.refuse(ticket, refusal.clone());
            }
        }
        for ticket in self.cursors.values_mut().flat_map(|cursor| cursor.stop_asking()) {
            books.refuse(ticket, refusal.clone());
        }
    }
}

impl Books {
    /// Refuses what waits for history's index, and forgets what will never happen now.
    pub(crate) fn close(&mut self) {
        for (_, lookup) in std::mem::take(&mut self.lookups) {
            for (ticket, _) in lookup.waiting {
                self.refuse(ticket, Refusal::OutcomeUnknown);
            }
        }
        self.undurable.clear();
        self.unindexed.clear();
        self.idle = Default::default();
        self.dirty.clear();
        self.flush_at = None;
        self.attachments.clear();
        let counts = &mut self.counts;
        (counts.bytes, counts.waiting, counts.attachments) = (0, 0, 0);
        (counts.tail_messages, counts.tail_bytes) = (0, 0);
    }
}
