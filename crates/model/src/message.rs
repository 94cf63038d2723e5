//! A message, before and after it has its place.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::bounds::COUNTER_MAX;
use crate::{Content, ConversationId, Lamport, Ordinal, Seq, UserId, Wall};

/// One life of one client: drawn at random (64 bits) when a client starts with an empty outbox, and
/// kept with the outbox. It is the author of message ids and of Lamport stamps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct InstanceId(pub u64);

impl fmt::Display for InstanceId {
    /// 16 hexadecimal digits.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

impl FromStr for InstanceId {
    type Err = MessageIdError;
    fn from_str(text: &str) -> Result<Self, MessageIdError> {
        let well_formed = text.len() == 16 && text.bytes().all(|b| b.is_ascii_hexdigit());
        let parsed = u64::from_str_radix(text, 16).ok().filter(|_| well_formed);
        parsed
            .map(Self)
            .ok_or_else(|| MessageIdError::Instance { text: text.chars().take(40).collect() })
    }
}

/// Who made a message and as which of theirs: sending again under the same id is harmless for the
/// life of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct MessageId {
    /// The client instance that made it.
    pub instance: InstanceId,
    /// Counts that instance's messages, over all conversations, from 1.
    pub counter: u64,
}

/// Why a text is not an id.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum MessageIdError {
    /// The instance part is not 16 hexadecimal digits.
    #[error("instance {text:?}: it is written with 16 hexadecimal digits")]
    Instance {
        /// What stood there.
        text: String,
    },
    /// The counter part is not a number from 1 to [`COUNTER_MAX`].
    #[error(
        "message id {text:?}: it is written <instance>-<counter>, the counter from 1 to {COUNTER_MAX}"
    )]
    Counter {
        /// What stood there.
        text: String,
    },
}

impl fmt::Display for MessageId {
    /// `<instance>-<counter>`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.instance, self.counter)
    }
}

impl FromStr for MessageId {
    type Err = MessageIdError;
    fn from_str(text: &str) -> Result<Self, MessageIdError> {
        let bad = || MessageIdError::Counter { text: text.chars().take(40).collect() };
        let (instance, counter) = text.split_once('-').ok_or_else(bad)?;
        let digits = !counter.is_empty() && counter.bytes().all(|b| b.is_ascii_digit());
        let counter = counter.parse::<u64>().ok().filter(|_| digits).ok_or_else(bad)?;
        if counter == 0 || counter > COUNTER_MAX {
            return Err(bad());
        }
        Ok(Self { instance: instance.parse()?, counter })
    }
}

/// What a client asks to have said: everything about a message but its place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Draft {
    /// Where.
    pub conversation: ConversationId,
    /// By whom.
    pub sender: UserId,
    /// Under which id. Its instance is the sender of the Lamport stamp.
    pub id: MessageId,
    /// What.
    pub content: Content,
    /// Counter of the Lamport stamp; at most [`COUNTER_MAX`].
    pub lamport: u64,
    /// The last sequence number of this conversation its author had seen; 0 = none.
    pub seen_seq: Seq,
    /// When, by the client's clock.
    pub sent_at: Wall,
}

/// What was said, at its place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// Where.
    pub conversation: ConversationId,
    /// Its place among what readers see.
    pub seq: Seq,
    /// Its place among the texts; of what is no text, that of the last one.
    pub ordinal: Ordinal,
    /// By whom.
    pub sender: UserId,
    /// Under which id.
    pub id: MessageId,
    /// What.
    pub content: Content,
    /// Counter of its Lamport stamp; the stamp's sender is `id.instance`.
    pub lamport: u64,
    /// The last sequence number of this conversation its author had seen; 0 = none.
    pub seen_seq: Seq,
    /// When, by the client's clock.
    pub sent_at: Wall,
    /// When, by the journal's stamp: never goes back. 0 until the message is journaled.
    pub received_at: Wall,
}

impl Message {
    /// Its Lamport stamp.
    pub fn stamp(&self) -> Lamport {
        Lamport { counter: self.lamport, sender: self.id.instance }
    }
}

#[cfg(test)]
mod tests;
