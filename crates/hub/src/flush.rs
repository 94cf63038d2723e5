//! From moved cursors to records: all of them every `cursor_flush`, in one record a partition, or
//! sooner those of conversations whose memory is wanted.

use model::bounds::CURSOR_MOVES_MAX;
use model::{ConversationId, CursorMove, Fact, Mono, PartitionId};

use crate::Command;
use crate::books::Books;
use crate::conversation::Conversation;
use crate::hub::Hub;
use crate::undurable::Undurable;

impl Books {
    /// A cursor of this conversation moved.
    pub(crate) fn mark_dirty(&mut self, partition: PartitionId, conversation: &ConversationId) {
        self.dirty.insert((partition, conversation.clone()));
        let due = self.now + self.limits.cursor_flush;
        self.flush_at.get_or_insert(due);
    }

    /// One partition's moves, in as few records as they fit.
    fn append_moves(&mut self, moves: &mut Vec<CursorMove>) {
        for record in moves.chunks(CURSOR_MOVES_MAX) {
            self.counts.cursor_records += 1;
            self.counts.cursor_moves_journaled += record.len() as u64;
            self.undurable.push_back(Undurable::Cursors(record.to_vec()));
            let (generation, fact) = (self.generation, Fact::Cursors(record.to_vec()));
            self.commands.push_back(Command::Append { generation, fact });
        }
        moves.clear();
    }
}

impl Conversation {
    /// Moves its moved cursors into `moves`; whether some have to wait for the next flush.
    fn flush_into(&mut self, moves: &mut Vec<CursorMove>) -> bool {
        let moved = self.take_moved();
        moves.extend(moved.into_iter().map(|(key, seq)| CursorMove {
            conversation: self.id.clone(),
            user: key.user,
            device: key.device,
            seq,
        }));
        !self.dirty.is_empty()
    }
}

impl Hub {
    pub(crate) fn flush_if_due(&mut self, now: Mono) {
        if self.books.flush_at.is_none_or(|due| due > now) {
            return;
        }
        self.books.flush_at = None;
        let mut moves = Vec::new();
        let mut of = None;
        for (partition, id) in std::mem::take(&mut self.books.dirty) {
            if of.replace(partition) != Some(partition) {
                self.books.append_moves(&mut moves);
            }
            if self.flush_conversation(&id, &mut moves) {
                self.books.mark_dirty(partition, &id);
            }
        }
        self.books.append_moves(&mut moves);
    }

    /// Flushes one conversation by itself, so that it can be evicted.
    pub(crate) fn flush_early(&mut self, id: &ConversationId) {
        let mut moves = Vec::new();
        self.flush_conversation(id, &mut moves);
        self.books.append_moves(&mut moves);
        self.books.dirty.remove(&(PartitionId::of(model::TenantId::DEFAULT, id), id.clone()));
        if self.books.dirty.is_empty() {
            self.books.flush_at = None;
        }
    }

    fn flush_conversation(&mut self, id: &ConversationId, moves: &mut Vec<CursorMove>) -> bool {
        let conversation = self.conversations.get_mut(id);
        let conversation = conversation.expect("a conversation with moved cursors is kept");
        let some_wait = conversation.flush_into(moves);
        conversation.settle(&mut self.books);
        some_wait
    }
}
