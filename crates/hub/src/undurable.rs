//! What the journal was handed and has not called durable yet: first in, first safe.

use std::collections::BTreeSet;

use model::{BatchNo, ConversationId, CursorMove, Refusal};

use crate::author::AuthorKey;
use crate::books::Books;
use crate::conversation::Conversation;
use crate::cursor::DeviceKey;
use crate::hub::Hub;
use crate::indexed::Released;
use crate::{Durable, cost};

/// One `Append`, as far as its fate concerns the hub.
#[derive(Debug)]
pub(crate) enum Undurable {
    /// The oldest undurable message of this conversation.
    Message(ConversationId),
    /// A flush.
    Cursors(Vec<CursorMove>),
}

impl Hub {
    pub(crate) fn make_durable(&mut self, durable: Durable) {
        let Durable { generation, count, batch, stamp, lamport_high } = durable;
        let books = &mut self.books;
        assert_eq!(generation, books.generation, "a refused generation cannot become durable");
        assert!(count <= books.undurable.len(), "the journal keeps only what it was given");
        books.lamport_high = books.lamport_high.max(lamport_high);
        for _ in 0..count {
            match books.undurable.pop_front() {
                Some(Undurable::Message(id)) => {
                    let conversation = self.conversations.get_mut(&id);
                    let conversation = conversation.expect("one with a tail is not evicted");
                    conversation.make_durable(books, stamp);
                    books.await_index(batch, Released::Message(id));
                }
                Some(Undurable::Cursors(moves)) => {
                    books.await_index(batch, Released::Cursors(moves));
                }
                None => unreachable!("counted above"),
            }
        }
        // History may have read the batch before its notice came here.
        self.release_indexed(BatchNo(0));
    }

    /// Undoes everything undurable: as if it had never come.
    pub(crate) fn roll_back(&mut self, generation: u64) {
        let books = &mut self.books;
        assert!(generation <= books.generation, "generation {generation} has not begun");
        if generation < books.generation {
            return;
        }
        books.generation += 1;
        books.counts.rollbacks += 1;
        let mut touched = BTreeSet::new();
        for undone in std::mem::take(&mut books.undurable) {
            match undone {
                Undurable::Message(id) => {
                    // The first of a conversation undoes them all.
                    if let Some(conversation) = self.conversations.get_mut(&id) {
                        conversation.roll_back(books, &Refusal::DiskFull);
                    }
                    touched.insert(id);
                }
                Undurable::Cursors(moves) => {
                    for CursorMove { conversation: id, user, device, .. } in moves {
                        let conversation = self.conversations.get_mut(&id);
                        let conversation = conversation.expect("one with a flush is not evicted");
                        conversation.cursor_refused(books, DeviceKey { user, device });
                        touched.insert(id);
                    }
                }
            }
        }
        for id in touched {
            if let Some(conversation) = self.conversations.get_mut(&id) {
                conversation.settle(books);
            }
        }
    }
}

impl Conversation {
    /// Takes back everything undurable and tells everyone who rests on it.
    pub(crate) fn roll_back(&mut self, books: &mut Books, refusal: &Refusal) {
        for undone in self.tail.roll_back() {
            let key = AuthorKey::of_message(&undone.message);
            let author = self.authors.get_mut(&key).expect("the authors of the tail are kept");
            author.highest = author.durable_highest;
            author.recent.remove(&undone.message.id.counter);
            self.forget_change(&undone.message.content);
            let weight = cost::entry(&undone.message.sender, &undone.message.content);
            let counts = &mut books.counts;
            counts.tail_messages -= 1;
            counts.tail_bytes -= weight;
            counts.waiting -= undone.waiters.len();
            self.release(books, weight + undone.waiters.len() * cost::WAITER);
            books.refuse(undone.author, refusal.clone());
            for waiter in undone.waiters {
                books.refuse(waiter.ticket, refusal.clone());
            }
        }
        self.roll_back_roster();
    }
}
