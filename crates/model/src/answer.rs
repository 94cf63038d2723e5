//! What an owner answers about a conversation: how its history stands, or why not.

use serde::{Deserialize, Serialize};

use crate::{
    Body, ConversationId, Epoch, Message, MessageId, Ordinal, Profile, Reaction, Role, Seq, UserId,
};

/// How the history of a conversation stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    /// The version of history; positions of another one cannot be recovered.
    pub epoch: Epoch,
    /// The first message from which history is whole up to `head`; 1 unless history was lost.
    pub first: Seq,
    /// The last durable message; `first - 1` when there is none.
    pub head: Seq,
    /// Ordinal of the message at `head`; 0 when there is none.
    pub ordinal: Ordinal,
}

/// What became of a text by later events.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// Which text.
    pub seq: Seq,
    /// How it reads now, and by which edit.
    pub edited: Option<(Seq, Body)>,
    /// How people like it, in the order of the reactions' texts; at most
    /// [`REACTIONS_COUNTED_MAX`](crate::bounds::REACTIONS_COUNTED_MAX).
    pub reactions: Vec<Counted>,
}

/// How many like a text in one way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counted {
    /// In which way.
    pub reaction: Reaction,
    /// How many.
    pub count: u32,
    /// Whoever asked is among them.
    pub me: bool,
}

/// One of a user's governed conversations, as a list shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listed {
    /// Which.
    pub conversation: ConversationId,
    /// As what the user is in it.
    pub role: Role,
    /// What it is called.
    pub profile: Profile,
    /// Of a direct one, the other.
    pub with: Option<UserId>,
    /// How many are in it.
    pub members: u32,
    /// How its history stands.
    pub standing: Standing,
    /// How far the user has read, on whatever device.
    pub read_seq: Seq,
    /// Texts after that.
    pub unread: u64,
    /// The last text.
    pub last: Option<Message>,
}

/// Where a read begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum ReadFrom {
    /// At this place; below [`Standing::first`] it begins there.
    Seq(Seq),
    /// So that the page ends at the last durable message.
    Latest,
}

/// Why something was not done, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Refusal {
    /// Too much is waiting: the name of the bound says what.
    Busy {
        /// `undurable`, `view_behind`, `loads`, `reads`, `memory`, `backlog`, `gateway_bytes`, `link`.
        bound: String,
        /// How long to wait, milliseconds.
        retry_after_ms: u32,
    },
    /// The journal has no room on its disk. Reads go on.
    DiskFull,
    /// Nobody knows whether it was done: send the same id again.
    OutcomeUnknown,
    /// This id was given to another body.
    IdempotencyConflict {
        /// The id.
        id: MessageId,
        /// Where that other one stands.
        seq: Seq,
    },
    /// The Lamport counter is too far above the highest the owner has journaled.
    LamportJump {
        /// What the draft said.
        counter: u64,
        /// The most that is taken now.
        most: u64,
    },
    /// `seen_seq` lies above the last durable message: its author cannot have seen it.
    SeenAhead {
        /// What the draft said.
        seen_seq: Seq,
        /// The last durable message.
        head: Seq,
    },
    /// There is no such conversation, or whoever asked is no member of it: which of the two is not
    /// told.
    NotFound,
    /// Their role does not allow it.
    Forbidden {
        /// The lowest role that does.
        needs: Role,
    },
    /// What the message speaks of is no text, or not theirs to change.
    NoSuchMessage {
        /// Where it should have been.
        target: Seq,
    },
    /// The conversation is there already.
    Exists {
        /// Which.
        conversation: ConversationId,
    },
    /// Then nobody would own it any more.
    LastOwner,
    /// It has as many members as it may have.
    TooManyMembers {
        /// How many.
        most: u32,
    },
    /// The id is so old that nobody knows any more whether it was said: what stood there has expired.
    Expired {
        /// Which.
        id: MessageId,
    },
}

/// When asking again can help.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Retry {
    /// At once.
    Now,
    /// After this many milliseconds.
    After(u32),
    /// Never, as it stands.
    Never,
}

impl Refusal {
    /// When asking again can help.
    pub const fn retry(&self) -> Retry {
        match self {
            Self::Busy { retry_after_ms, .. } => Retry::After(*retry_after_ms),
            Self::DiskFull => Retry::After(5_000),
            Self::OutcomeUnknown => Retry::Now,
            Self::IdempotencyConflict { .. }
            | Self::LamportJump { .. }
            | Self::SeenAhead { .. }
            | Self::NotFound
            | Self::Forbidden { .. }
            | Self::NoSuchMessage { .. }
            | Self::Exists { .. }
            | Self::LastOwner
            | Self::TooManyMembers { .. }
            | Self::Expired { .. } => Retry::Never,
        }
    }
}
