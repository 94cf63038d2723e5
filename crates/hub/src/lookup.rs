//! Ids at or below their author's highest counter that the tail does not have: history's index
//! knows whether they were sequenced, or refused before they could be.
//!
//! All sends of one id wait for one lookup; nobody else does, and no other id of the same author.

use model::{ConversationId, Draft, MessageId, Refusal};

use crate::author::AuthorKey;
use crate::books::Books;
use crate::conversation::Conversation;
use crate::limits::Bound;
use crate::tail::{Original, Waiter};
use crate::{Command, Found, Known, Ticket, cost};

#[derive(Debug)]
pub(crate) struct LookupOut {
    pub(crate) conversation: ConversationId,
    pub(crate) author: AuthorKey,
    pub(crate) id: MessageId,
    /// In the order they came.
    pub(crate) waiting: Vec<(Ticket, Draft)>,
}

impl LookupOut {
    fn cost(&self) -> usize {
        cost::lookup() + self.waiting.iter().map(|(_, draft)| cost::draft(draft)).sum::<usize>()
    }
}

impl Conversation {
    /// Asks history whether it knows this id.
    pub(crate) fn look_up(
        &mut self,
        books: &mut Books,
        author: AuthorKey,
        ticket: Ticket,
        draft: Draft,
    ) {
        if !books.can_wait() {
            books.busy(ticket, Bound::Loads);
            return;
        }
        let token = books.next_token;
        books.next_token += 1;
        let (conversation, sender, id) = (self.id.clone(), draft.sender.clone(), draft.id);
        books.commands.push_back(Command::Lookup { token, conversation, sender, id });
        books.counts.lookups += 1;
        let known = self.authors.get_mut(&author).expect("a lookup is of a known author");
        known.lookups.insert(id.counter, token);
        self.pending += 1;
        self.charge(books, cost::lookup());
        let conversation = self.id.clone();
        books.lookups.insert(token, LookupOut { conversation, author, id, waiting: Vec::new() });
        self.wait_for_lookup(books, token, ticket, draft);
    }

    pub(crate) fn wait_for_lookup(
        &mut self,
        books: &mut Books,
        token: u64,
        ticket: Ticket,
        draft: Draft,
    ) {
        if !books.can_wait() {
            books.busy(ticket, Bound::Loads);
            return;
        }
        books.counts.waiting += 1;
        self.charge(books, cost::draft(&draft));
        let out = books.lookups.get_mut(&token).expect("an author's lookups are out");
        out.waiting.push((ticket, draft));
    }

    /// The lookup is back: what waited for it no longer does.
    pub(crate) fn end_lookup(&mut self, books: &mut Books, out: &LookupOut) {
        let author = self.authors.get_mut(&out.author).expect("an author with a lookup is kept");
        author.lookups.remove(&out.id.counter);
        self.pending -= 1;
        books.counts.waiting -= out.waiting.len();
        self.release(books, out.cost());
    }

    /// One of those that waited. History not knowing the id means that it was refused before: it is
    /// sequenced now, unless another that waited was just before it.
    pub(crate) fn looked_up(
        &mut self,
        books: &mut Books,
        ticket: Ticket,
        draft: Draft,
        known: Known,
    ) {
        match known {
            Known::Found(Found { seq, body, received_at }) => {
                let same_body = books.body_key.hash(&draft.content) == body;
                let original = Original { id: draft.id, seq, received_at };
                return self.answer_repeat(books, original, &Waiter { ticket, same_body });
            }
            Known::Expired => return books.refuse(ticket, Refusal::Expired { id: draft.id }),
            Known::Not => {}
        }
        let author = self.authors.get(&AuthorKey::of_draft(&draft));
        let author =
            author.expect("the author of a lookup is kept until all its drafts are through");
        match author.recent.get(&draft.id.counter) {
            Some(&seq) => self.repeat(books, seq, ticket, &draft.content),
            None => self.sequence(books, ticket, draft),
        }
    }
}
