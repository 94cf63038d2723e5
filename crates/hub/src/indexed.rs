//! What is durable and history does not have yet; it leaves memory in the order of its batches.

use model::{BatchNo, ConversationId, CursorMove};

use crate::author::AuthorKey;
use crate::books::Books;
use crate::conversation::Conversation;
use crate::cost;
use crate::cursor::DeviceKey;
use crate::hub::Hub;

/// Slots that the emptied queue may keep; more are given back.
const SPARE_SLOTS: usize = 1024;

/// Something durable that history is to take over.
#[derive(Debug)]
pub(crate) struct Unindexed {
    /// Where the journal has it.
    batch: BatchNo,
    what: Released,
}

#[derive(Debug)]
pub(crate) enum Released {
    /// The lowest message in the tail of this conversation.
    Message(ConversationId),
    /// A flush.
    Cursors(Vec<CursorMove>),
}

impl Books {
    pub(crate) fn await_index(&mut self, batch: BatchNo, what: Released) {
        debug_assert!(self.unindexed.back().is_none_or(|last| last.batch <= batch), "in order");
        self.unindexed.push_back(Unindexed { batch, what });
    }
}

impl Hub {
    /// History has everything up to this batch.
    pub(crate) fn release_indexed(&mut self, batch: BatchNo) {
        let books = &mut self.books;
        books.indexed = books.indexed.max(batch);
        while books.unindexed.front().is_some_and(|oldest| oldest.batch <= books.indexed) {
            match books.unindexed.pop_front().map(|oldest| oldest.what) {
                Some(Released::Message(id)) => {
                    let conversation = self.conversations.get_mut(&id);
                    let conversation = conversation.expect("one with a tail is not evicted");
                    conversation.release_oldest(books);
                    conversation.settle(books);
                }
                Some(Released::Cursors(moves)) => {
                    for CursorMove { conversation: id, user, device, .. } in moves {
                        let conversation = self.conversations.get_mut(&id);
                        let conversation = conversation.expect("one with a flush is not evicted");
                        conversation.cursor_indexed(&DeviceKey { user, device });
                        conversation.settle(books);
                    }
                }
                None => unreachable!("there is a front"),
            }
        }
        if books.unindexed.is_empty() && books.unindexed.capacity() > SPARE_SLOTS {
            books.unindexed.shrink_to(SPARE_SLOTS);
        }
    }
}

impl Conversation {
    fn release_oldest(&mut self, books: &mut Books) {
        let released = self.tail.release().message;
        let author = self.authors.get_mut(&AuthorKey::of_message(&released));
        author.expect("the authors of the tail are kept").recent.remove(&released.id.counter);
        self.forget_change(&released.content);
        let weight = cost::entry(&released.sender, &released.content);
        books.counts.tail_messages -= 1;
        books.counts.tail_bytes -= weight;
        self.release(books, weight);
    }
}
