//! Pages of durable messages: out of the tail, or else out of history.
//!
//! History has everything below the tail. So a page begins in one of the two, never in between, and
//! what it begins in has something for it.

use model::bounds::PAGE_MAX_MESSAGES;
use model::{ReadFrom, Seq, UserId};

use crate::books::Books;
use crate::conversation::Conversation;
use crate::limits::Bound;
use crate::{Command, Reply, Ticket};

impl Conversation {
    pub(crate) fn read(
        &self,
        books: &mut Books,
        ticket: Ticket,
        reader: Option<UserId>,
        from: ReadFrom,
        limit: u32,
    ) {
        let limit = limit.clamp(1, PAGE_MAX_MESSAGES);
        let (standing, conversation) = (self.standing(), self.id.clone());
        let from = match from {
            ReadFrom::Seq(seq) => seq,
            ReadFrom::Latest => Seq((standing.head.0 + 1).saturating_sub(u64::from(limit))),
        };
        let from = from.max(standing.first);
        if from > standing.head || from >= self.tail.lowest() {
            books.counts.reads_from_tail += 1;
            let messages = match from > standing.head {
                true => Vec::new(),
                false => self.tail.page(from, limit as usize),
            };
            books.reply(ticket, Reply::Page { conversation, standing, messages });
        } else if books.counts.reads_in_flight >= books.limits.reads_in_flight_max {
            books.busy(ticket, Bound::Reads);
        } else {
            books.counts.reads_from_history += 1;
            books.counts.reads_in_flight += 1;
            let read = Command::ReadHistory { ticket, conversation, reader, from, limit, standing };
            books.commands.push_back(read);
        }
    }
}
