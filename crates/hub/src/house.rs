//! What the house says is gone, is gone from memory as soon as that is durable.

use model::{Content, Message};

use crate::books::Books;
use crate::conversation::Conversation;

impl Conversation {
    /// A durable word of the house.
    pub(crate) fn obey(&mut self, books: &mut Books, word: &Message) {
        match &word.content {
            Content::Expire { first } => self.tail.first = self.tail.first.max(*first),
            Content::Erase { user } => {
                let freed: usize = self.tail.erase(user, word.seq).sum();
                books.counts.tail_bytes -= freed;
                self.release(books, freed);
            }
            Content::Text { .. }
            | Content::Edit { .. }
            | Content::Delete { .. }
            | Content::React { .. }
            | Content::Create { .. }
            | Content::Member { .. }
            | Content::Describe { .. }
            | Content::Gone { .. } => {}
        }
    }
}
