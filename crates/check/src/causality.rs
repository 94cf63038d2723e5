//! What an author had been sent when it spoke: Lamport stamps and `seen_seq`, across all its
//! conversations.
//!
//! A client stamps a message when its user says it; the frame may go out later, after a reconnect for
//! example, and what came meanwhile does not count. A history shows when a message was first sent,
//! not when it was said. But it shows when it was said *at the earliest*: not before its author had
//! been sent the message that its `seen_seq` names, and not before the messages of its lower counters.
//! By that moment:
//!
//! - its Lamport counter is above every stamp its author had been sent, in any conversation, and above
//!   every one it gave with a lower counter;
//! - its `seen_seq` is not below what its author had been sent of that conversation;
//! - and the moment is not after the message was sent.

use std::collections::BTreeMap;
use std::sync::Arc;

use model::MessageId;

use crate::Kind;
use crate::book::{Book, Name, Where};

/// Something that only rises: the lines of the file at which it did.
#[derive(Debug, Default)]
struct Rising(Vec<(u32, u64)>);

impl Rising {
    fn raise(&mut self, line: u32, value: u64) {
        if self.0.last().is_none_or(|(_, highest)| *highest < value) {
            self.0.push((line, value));
        }
    }

    /// The highest up to this line, and where it came.
    fn at(&self, line: u32) -> Option<(u32, u64)> {
        let after = self.0.partition_point(|(at, _)| *at <= line);
        after.checked_sub(1).map(|index| self.0[index])
    }

    /// The first line at which it was so high.
    fn reached(&self, value: u64) -> Option<u32> {
        let index = self.0.partition_point(|(_, highest)| *highest < value);
        self.0.get(index).map(|(line, _)| *line)
    }
}

/// A message as its author said it.
#[derive(Debug)]
struct Said {
    id: MessageId,
    conversation: Name,
    lamport: u64,
    seen_seq: u64,
    /// The line of its first sending.
    sent: u32,
}

/// What one author was sent, and what it said.
#[derive(Debug, Default)]
pub(crate) struct Author {
    /// The highest Lamport counter that came.
    stamps: Rising,
    /// The highest message that came, by conversation.
    heard: BTreeMap<Name, Rising>,
    /// The same, or told of: its own messages when they were acknowledged, what was lost.
    told: BTreeMap<Name, Rising>,
    said: BTreeMap<u64, Said>,
}

impl Author {
    /// A message came.
    pub(crate) fn hear(&mut self, name: &Name, seq: u64, lamport: u64, at: Where) {
        self.stamps.raise(at.line, lamport);
        self.heard.entry(Arc::clone(name)).or_default().raise(at.line, seq);
        self.tell(name, seq, at);
    }

    /// It knows of a message.
    pub(crate) fn tell(&mut self, name: &Name, seq: u64, at: Where) {
        self.told.entry(Arc::clone(name)).or_default().raise(at.line, seq);
    }

    /// It sent a message for the first time.
    pub(crate) fn say(
        &mut self,
        id: MessageId,
        conversation: Name,
        (lamport, seen_seq): (u64, u64),
        at: Where,
    ) {
        self.said.insert(id.counter, Said { id, conversation, lamport, seen_seq, sent: at.line });
    }

    /// Judges all that it said, in the order it said it.
    pub(crate) fn judge(&self, book: &mut Book, file: u32) {
        let place = |line: u32| Where { file, line };
        // The line before which nothing more was said, and the last stamp given.
        let (mut earliest, mut given): (u32, Option<(u64, u32)>) = (0, None);
        for said in self.said.values() {
            let (id, name, seen) = (said.id, &said.conversation, said.seen_seq);
            let heard = self.heard.get(name).and_then(|heard| heard.at(earliest));
            if let Some((line, highest)) = heard
                && seen < highest
                && !book.options.damaged
            {
                let text = format!("id {id} has seen_seq {seen}, but it had been sent {highest}");
                let at = [place(line), place(said.sent)];
                book.found(Kind::Causality, Some(name), text, &at);
            }
            let reached = match seen {
                0 => Some(0),
                _ => self.told.get(name).and_then(|told| told.reached(seen)),
            };
            match reached.filter(|line| *line <= said.sent) {
                Some(line) => earliest = earliest.max(line),
                None => {
                    let told = self.told.get(name).and_then(|told| told.at(said.sent));
                    let most = told.map_or(0, |(_, seq)| seq);
                    let text =
                        format!("id {id} has seen_seq {seen}, but {most} was the last it was sent");
                    book.found(Kind::Causality, Some(name), text, &[place(said.sent)]);
                }
            }
            let received = self.stamps.at(earliest).map(|(line, stamp)| (stamp, line));
            if let Some((stamp, line)) = received.max(given)
                && said.lamport <= stamp
            {
                let lamport = said.lamport;
                let text = format!("id {id} has Lamport counter {lamport}, not above {stamp}");
                let at = [place(line), place(said.sent)];
                book.found(Kind::Causality, Some(name), text, &at);
            }
            given = given.max(Some((said.lamport, said.sent)));
        }
    }
}
