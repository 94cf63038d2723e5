//! Who waits to be attached or detached, first come first served.

use std::collections::BTreeMap;
use std::sync::Arc;

use model::ConversationId;

use super::Topic;

/// What the owner is to be told.
#[derive(Debug)]
pub(crate) enum Want {
    /// This conversation is followed here.
    Attach(Arc<Topic>),
    /// No longer.
    Detach(ConversationId),
}

/// A place in the line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Ticket(u64);

/// The line.
#[derive(Debug, Default)]
pub(super) struct Line {
    last: u64,
    wants: BTreeMap<Ticket, Want>,
}

impl Line {
    pub(super) fn join(&mut self, want: Want) -> Ticket {
        self.last += 1;
        let ticket = Ticket(self.last);
        self.wants.insert(ticket, want);
        ticket
    }

    pub(super) fn leave(&mut self, ticket: Ticket) {
        self.wants.remove(&ticket);
    }

    pub(super) fn next(&mut self) -> Option<Want> {
        self.wants.pop_first().map(|(_, want)| want)
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.wants.len()
    }
}
