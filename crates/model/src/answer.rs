//! What an owner answers about a conversation: how its history stands, or why not.

use serde::{Deserialize, Serialize};

use crate::{Epoch, MessageId, Ordinal, Seq};

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
        /// `undurable`, `view_behind`, `loads`, `reads`, `memory`, `gateway_bytes`, `link`.
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
            | Self::SeenAhead { .. } => Retry::Never,
        }
    }
}
