//! The point of sequencing: is it new, is it allowed, and then it gets its place.

use std::sync::Arc;

use model::bounds::{COUNTER_MAX, LAMPORT_JUMP_MAX};
use model::{Content, Draft, Fact, Message, Refusal, Seq, Wall};

use crate::author::AuthorKey;
use crate::books::Books;
use crate::conversation::Conversation;
use crate::judge::Judged;
use crate::limits::Bound;
use crate::tail::{Entry, Original, Waiter};
use crate::undurable::Undurable;
use crate::{Command, Reply, Ticket, cost};

impl Conversation {
    /// A draft in a warm conversation.
    pub(crate) fn offer_draft(&mut self, books: &mut Books, ticket: Ticket, draft: Draft) {
        let key = AuthorKey::of_draft(&draft);
        self.meet(books, &key);
        let known = self.authors.get(&key).filter(|author| author.lane.is_none());
        let Some(author) = known else { return self.wait_in_lane(books, ticket, draft) };
        let counter = draft.id.counter;
        // A lookup that is out goes first: a rollback may have made its id look new meanwhile.
        if let Some(&token) = author.lookups.get(&counter) {
            self.wait_for_lookup(books, token, ticket, draft);
        } else if let Some(&seq) = author.recent.get(&counter) {
            self.repeat(books, seq, ticket, &draft.content);
        } else if counter > author.highest {
            self.sequence(books, ticket, draft);
        } else {
            self.look_up(books, key, ticket, draft);
        }
    }

    /// An id that stands in the tail came again.
    pub(crate) fn repeat(
        &mut self,
        books: &mut Books,
        seq: Seq,
        ticket: Ticket,
        content: &Content,
    ) {
        let durable = seq <= self.tail.head;
        let entry = self.tail.get_mut(seq).expect("an author's recent ones are in the tail");
        let same_body = match (&entry.message.content, content) {
            // What an erased id said cannot be compared any more.
            (Content::Gone { .. }, Content::Text { .. }) => true,
            (Content::Delete { target: said }, Content::Edit { target, .. }) => said == target,
            (said, content) => said == content,
        };
        let waiter = Waiter { ticket, same_body };
        if durable {
            let original = Original::from(&*entry.message);
            self.answer_repeat(books, original, &waiter);
        } else if books.can_wait() {
            entry.waiters.push(waiter);
            books.counts.waiting += 1;
            self.charge(books, cost::WAITER);
        } else {
            books.busy(ticket, Bound::Loads);
        }
    }

    /// Gives a draft its place, if nothing speaks against it.
    pub(crate) fn sequence(&mut self, books: &mut Books, ticket: Ticket, draft: Draft) {
        // First: a stranger learns nothing, not even where the conversation stands.
        match self.judge(&draft) {
            Ok(()) => {}
            Err(Judged::Refused(refusal)) => return books.refuse(ticket, refusal),
            Err(Judged::Wants(want)) => return self.wait_to_be_judged(books, want, ticket, draft),
        }
        if let Some(refusal) = self.never(books, &draft) {
            books.refuse(ticket, refusal);
            return;
        }
        let weight = cost::entry(&draft.sender, &draft.content);
        if let Some(bound) = not_now(books, weight) {
            books.busy(ticket, bound);
            return;
        }
        let key = AuthorKey::of_draft(&draft);
        let message = self.placed(draft);
        let seq = message.seq;
        let author = self.authors.get_mut(&key).expect("a sequenced draft has a known author");
        author.highest = author.highest.max(message.id.counter);
        author.recent.insert(message.id.counter, seq);
        self.charge(books, weight);
        let counts = &mut books.counts;
        counts.sequenced += 1;
        counts.tail_messages += 1;
        counts.tail_bytes += weight;
        books.undurable.push_back(Undurable::Message(self.id.clone()));
        let (generation, fact) = (books.generation, Fact::Message(message.clone()));
        books.commands.push_back(Command::Append { generation, fact });
        let message = Arc::new(message);
        self.enroll(books, &message.content);
        if books.limits.acknowledges_early() {
            self.tell(books, ticket, &message);
        }
        self.tail.push(Entry { message, author: ticket, waiters: Vec::new() });
    }

    /// The oldest undurable message of this conversation became durable.
    pub(crate) fn make_durable(&mut self, books: &mut Books, stamp: Wall) {
        let entry = self.tail.make_durable(stamp);
        let message = Arc::clone(&entry.message);
        let (ticket, waiters) = (entry.author, std::mem::take(&mut entry.waiters));
        self.enrolled_for_good(&message);
        self.obey(books, &message);
        let author = self.authors.get_mut(&AuthorKey::of_message(&message));
        let author = author.expect("the authors of the tail are kept");
        author.durable_highest = author.durable_highest.max(message.id.counter);
        books.counts.durable += 1;
        if !books.limits.acknowledges_early() {
            self.tell(books, ticket, &message);
        }
        books.counts.waiting -= waiters.len();
        self.release(books, waiters.len() * cost::WAITER);
        for waiter in waiters {
            self.answer_repeat(books, Original::from(&*message), &waiter);
        }
        if books.limits.runs_cursors_ahead() {
            self.run_cursors_ahead(books);
        }
    }

    /// What an author is told of an id that was there already.
    pub(crate) fn answer_repeat(&self, books: &mut Books, original: Original, waiter: &Waiter) {
        let Original { id, seq, received_at } = original;
        if waiter.same_body {
            let (epoch, duplicate) = (self.epoch, true);
            books.counts.duplicates += 1;
            books.reply(waiter.ticket, Reply::Sent { id, epoch, seq, received_at, duplicate });
        } else {
            books.refuse(waiter.ticket, Refusal::IdempotencyConflict { id, seq });
        }
    }

    /// The author and everyone attached hear of a message.
    fn tell(&self, books: &mut Books, ticket: Ticket, message: &Arc<Message>) {
        let Message { id, seq, received_at, .. } = **message;
        let (epoch, duplicate) = (self.epoch, false);
        books.reply(ticket, Reply::Sent { id, epoch, seq, received_at, duplicate });
        books.deliver(message);
    }

    /// Why a draft is refused for good.
    fn never(&self, books: &Books, draft: &Draft) -> Option<Refusal> {
        let most = books.lamport_high.saturating_add(LAMPORT_JUMP_MAX).min(COUNTER_MAX);
        let (counter, seen_seq, head) = (draft.lamport, draft.seen_seq, self.tail.head);
        if counter > most {
            Some(Refusal::LamportJump { counter, most })
        } else if seen_seq > head {
            Some(Refusal::SeenAhead { seen_seq, head })
        } else {
            None
        }
    }

    fn placed(&self, draft: Draft) -> Message {
        let (seq, ordinal) = self.tail.next(draft.content.is_text());
        let Draft { sender, id, content, lamport, seen_seq, sent_at, .. } = draft;
        let (conversation, received_at) = (self.id.clone(), Wall(0));
        Message {
            conversation,
            seq,
            ordinal,
            sender,
            id,
            content,
            lamport,
            seen_seq,
            sent_at,
            received_at,
        }
    }
}

/// Why a message that would weigh so much is not taken now.
fn not_now(books: &Books, weight: usize) -> Option<Bound> {
    let (limits, counts) = (&books.limits, &books.counts);
    if books.undurable.len() >= limits.undurable_max {
        Some(Bound::Undurable)
    } else if counts.tail_bytes + weight > limits.tail_max_bytes {
        Some(Bound::ViewBehind)
    } else if !books.fits(weight) {
        Some(Bound::Memory)
    } else if books.is_backlog_full {
        Some(Bound::Backlog)
    } else {
        None
    }
}
