//! The names of what can be wrong.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Which promise was broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Acknowledged, but not in a final read under that place, id and body.
    Lost,
    /// One id in two places, or one place twice in one subscription.
    Duplicate,
    /// What should be dense is not: a subscription, a page, a final read.
    Gap,
    /// Two readers saw different things in one place, or two final reads differ.
    OrderSplit,
    /// Delivered, paged or announced, but no final read holds it (a phantom).
    Undurable,
    /// An acknowledgement that contradicts another one, the message, or what was asked.
    WrongAcknowledgement,
    /// `recovered: true` but not from where it was asked; or history lost though none was damaged.
    FalseRecovered,
    /// A device's cursor stood above all it had ever acknowledged.
    CursorAhead,
    /// A Lamport stamp or `seen_seq` that does not fit what its author had been sent before.
    Causality,
    /// One author's messages of one conversation stand in another order than they were said.
    AuthorOrder,
    /// A message that no client said in that way.
    Invented,
    /// A client ended in order, but a message it said was never answered.
    Unanswered,
    /// A subscription had not been sent what its client was told is there.
    Stalled,
    /// A message for a conversation that its connection does not follow.
    Stray,
    /// Someone did what their role did not allow.
    Trespass,
    /// Someone saw something of a conversation that they never were a member of.
    Eavesdrop,
    /// A ticket opened a second connection.
    TicketTwice,
    /// What is told of a text is not what its events made of it: an edit, a reaction, its ordinal.
    WrongState,
    /// A text stands in the journal and has no final result: nobody understands it, nobody gave it up.
    Unresolved,
    /// A result does not follow from the one before it: a text is understood twice, or out of nothing.
    BrokenResult,
    /// The tables do not count what the journal says, or not all of them the same.
    Miscounted,
    /// A line or a server's frame that cannot be read.
    Unreadable,
}

impl Kind {
    /// Its name, as in the report: `lost`, `order_split`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Lost => "lost",
            Self::Duplicate => "duplicate",
            Self::Gap => "gap",
            Self::OrderSplit => "order_split",
            Self::Undurable => "undurable",
            Self::WrongAcknowledgement => "wrong_acknowledgement",
            Self::FalseRecovered => "false_recovered",
            Self::CursorAhead => "cursor_ahead",
            Self::Causality => "causality",
            Self::AuthorOrder => "author_order",
            Self::Invented => "invented",
            Self::Unanswered => "unanswered",
            Self::Stalled => "stalled",
            Self::Stray => "stray",
            Self::Trespass => "trespass",
            Self::Eavesdrop => "eavesdrop",
            Self::TicketTwice => "ticket_twice",
            Self::WrongState => "wrong_state",
            Self::Unresolved => "unresolved",
            Self::BrokenResult => "broken_result",
            Self::Miscounted => "miscounted",
            Self::Unreadable => "unreadable",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// One broken promise, with the shortest explanation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Anomaly {
    /// Which promise.
    pub kind: Kind,
    /// In which conversation, if in one.
    pub conversation: Option<String>,
    /// What was seen: ids, sequence numbers.
    pub text: String,
    /// The lines that show it, as `file:line`.
    pub at: Vec<String>,
}

impl fmt::Display for Anomaly {
    /// One line: `lost: general: … [c3.jsonl:17, final-g1.jsonl:4]`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.kind)?;
        if let Some(conversation) = &self.conversation {
            write!(f, "{conversation}: ")?;
        }
        write!(f, "{} [{}]", self.text, self.at.join(", "))
    }
}
