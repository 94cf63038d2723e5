//! One connection of a session: which subscriptions stand, what each must be sent next, and which
//! answers are due.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::Kind;
use crate::book::{Book, Held, Name, Where};
use crate::frame::{From, Subscribed};

/// A subscription that was asked for and not yet answered.
#[derive(Debug)]
struct Asked {
    reference: Option<u64>,
    conversation: Name,
    from: From,
}

/// A subscription that stands.
#[derive(Debug)]
struct Standing {
    epoch: u64,
    /// The first that was announced.
    first: u64,
    /// The one that must come next.
    next: u64,
    /// Where that which came last, or the announcement, stands.
    at: Where,
}

/// One connection.
#[derive(Debug, Default)]
pub(crate) struct Connection {
    /// The ticket of its `hello`.
    ticket: Option<String>,
    asked: Vec<Asked>,
    standing: BTreeMap<Name, Standing>,
}

impl Connection {
    /// The client says who it is.
    pub(crate) fn hello(&mut self, ticket: Option<String>) {
        self.ticket = ticket;
    }

    /// It is let in: nobody was by the same ticket before.
    pub(crate) fn welcome(&mut self, book: &mut Book, at: Where) {
        let Some(ticket) = self.ticket.take() else { return };
        book.counts.tickets += 1;
        if let Some(before) = book.tickets.insert(ticket, at) {
            let text = "a ticket opened a second connection".to_owned();
            book.found(Kind::TicketTwice, None, text, &[before, at]);
        }
    }

    /// The client asked for a subscription.
    pub(crate) fn ask(&mut self, reference: Option<u64>, conversation: Name, from: From) {
        self.asked.push(Asked { reference, conversation, from });
    }

    /// A subscription was refused. One that stood before goes on.
    pub(crate) fn refused(&mut self, reference: Option<u64>, conversation: Option<&str>) {
        self.take_asked(reference, conversation);
    }

    /// What was asked is taken out by its `ref`; without one it is the oldest of the conversation
    /// that has none either.
    fn take_asked(&mut self, reference: Option<u64>, conversation: Option<&str>) -> Option<Asked> {
        let index = self.asked.iter().position(|asked| {
            asked.reference == reference
                && (reference.is_some() || conversation == Some(asked.conversation.as_ref()))
        })?;
        Some(self.asked.remove(index))
    }

    /// A subscription was answered, or the server says that it has changed. Tells what was asked;
    /// `None` when nothing was.
    pub(crate) fn subscribed(
        &mut self,
        book: &mut Book,
        name: &Name,
        frame: &Subscribed,
        at: Where,
    ) -> Option<From> {
        let asked = self.take_asked(frame.reference, Some(&frame.conversation));
        if asked.is_none() && !self.standing.contains_key(name) {
            book.found(Kind::Stray, Some(name), "subscribed came, but nobody asked", &[at]);
        }
        let hold = |book: &mut Book, kind: Kind, text: String| {
            let (name, first, head) = (Arc::clone(name), frame.next, frame.head);
            book.held.push(Held { name, first, head, kind, text, at });
        };
        if let Some(text) = self.wrong_start(book.options.damaged, &asked, name, frame) {
            hold(book, Kind::FalseRecovered, text);
        }
        if frame.next > frame.head.saturating_add(1) {
            let text = format!("next {} lies beyond head {} + 1", frame.next, frame.head);
            book.found(Kind::Gap, Some(name), text, &[at]);
        }
        let next = frame.next;
        if let Some(Asked { from: From::Last(count), .. }) = asked
            && next > frame.head.saturating_add(1).saturating_sub(count).max(1)
            && !book.options.damaged
        {
            let text =
                format!("asked for the last {count} of {}, but begins with {next}", frame.head);
            hold(book, Kind::Gap, text);
        }
        let standing = Standing { epoch: frame.epoch, first: next, next, at };
        self.standing.insert(Arc::clone(name), standing);
        asked.map(|asked| asked.from)
    }

    /// Why a subscription may not begin where it says it does.
    fn wrong_start(
        &self,
        damaged: bool,
        asked: &Option<Asked>,
        name: &Name,
        frame: &Subscribed,
    ) -> Option<String> {
        let next = frame.next;
        if !frame.recovered {
            return (!damaged)
                .then(|| format!("recovered: false (next {next}), though no history was damaged"));
        }
        let (epoch, due, what) = match asked.as_ref().map(|asked| asked.from) {
            Some(From::Start) => (frame.epoch, 1, "asked from the start".to_owned()),
            Some(From::After { epoch, seq }) => {
                (epoch, seq.saturating_add(1), format!("asked after {seq} of epoch {epoch}"))
            }
            Some(From::Cursor | From::Last(_)) => return None,
            None => {
                let running = self.standing.get(name)?;
                let what = format!("{} of epoch {} was due", running.next, running.epoch);
                (running.epoch, running.next, what)
            }
        };
        (epoch != frame.epoch || due != next).then(|| {
            format!("recovered: true, but {what} and goes on with {next} of epoch {}", frame.epoch)
        })
    }

    /// A message came for a subscription.
    pub(crate) fn message(
        &mut self,
        book: &mut Book,
        name: &Name,
        epoch: u64,
        seq: u64,
        at: Where,
    ) {
        let Some(standing) = self.standing.get_mut(name) else {
            let text = format!("seq {seq} came, but this connection does not follow");
            book.found(Kind::Stray, Some(name), text, &[at]);
            return;
        };
        if epoch != standing.epoch {
            let text = format!(
                "seq {seq} of epoch {epoch} came in a subscription of epoch {}",
                standing.epoch
            );
            book.found(Kind::FalseRecovered, Some(name), text, &[standing.at, at]);
        }
        let due = standing.next;
        let before = std::mem::replace(&mut standing.at, at);
        standing.next = due.max(seq.saturating_add(1));
        if seq > due {
            let text = format!("seq {seq} came, {due} was due");
            book.found(Kind::Gap, Some(name), text, &[before, at]);
        } else if seq < standing.first {
            let text = format!("seq {seq} came, below {} that was announced", standing.first);
            book.found(Kind::Gap, Some(name), text, &[before, at]);
        } else if seq < due {
            let text = format!("seq {seq} came again, or late: {due} was due");
            book.found(Kind::Duplicate, Some(name), text, &[before, at]);
        }
    }

    /// A subscription is over.
    pub(crate) fn unsubscribed(&mut self, name: &Name) {
        self.standing.remove(name);
    }

    /// Each subscription that stands: the conversation, what must come next, and since when.
    pub(crate) fn standing(&self) -> impl Iterator<Item = (&Name, u64, Where)> {
        self.standing.iter().map(|(name, standing)| (name, standing.next, standing.at))
    }
}
