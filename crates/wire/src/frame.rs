//! What the server says.

use model::{Change, ConversationId, Epoch, Listed, Member, Message, MessageId, Seq, UserId, Wall};

use serde::{Deserialize, Serialize};

use self::encode::Shape;
use crate::shape::json;
use crate::{Problem, binary};

mod decode;
mod encode;

pub use decode::{FrameError, decode_binary_frame, decode_frame};

/// What the server says. `reference` is the number that the command carried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Frame {
    /// You are known. Answers `Hello`.
    Welcome {
        /// Of the command.
        reference: Option<u64>,
        /// Who sends nothing for so long, pings; who hears nothing for three times as long, closes.
        heartbeat_ms: u32,
        /// When the token expires that was shown, if one was.
        expires_at: Option<Wall>,
    },
    /// The message is durable.
    Sent {
        /// Of the command.
        reference: Option<u64>,
        /// Its id.
        id: MessageId,
        /// Where it stands.
        conversation: ConversationId,
        /// The epoch `seq` belongs to.
        epoch: Epoch,
        /// Its place.
        seq: Seq,
        /// The journal's stamp.
        received_at: Wall,
        /// It was so before: this is the original acknowledgement again.
        duplicate: bool,
    },
    /// The first message to come is `next`.
    Subscribed {
        /// Of the command; `None` when history was lost under a running subscription.
        reference: Option<u64>,
        /// Which.
        conversation: ConversationId,
        /// The version of history it speaks of.
        epoch: Epoch,
        /// `false`: forget what you had and go on from `next`.
        recovered: bool,
        /// The first message to come.
        next: Seq,
        /// The last durable one.
        head: Seq,
    },
    /// Of a subscription: dense, ascending, each once.
    Message {
        /// The epoch its place belongs to.
        epoch: Epoch,
        /// What was said.
        message: Message,
    },
    /// Answers `Read`: ascending and dense.
    Page {
        /// Of the command.
        reference: Option<u64>,
        /// Which conversation.
        conversation: ConversationId,
        /// The epoch the places belong to.
        epoch: Epoch,
        /// The first message that is available.
        first: Seq,
        /// The last durable one.
        head: Seq,
        /// What was said; empty = nothing there.
        messages: Vec<Message>,
        /// What became of texts among them, by the events up to `as_of`.
        changes: Vec<Change>,
        /// See `changes`.
        as_of: Seq,
    },
    /// Answers `List`, by name.
    Conversations {
        /// Of the command.
        reference: Option<u64>,
        /// They.
        conversations: Vec<Listed>,
    },
    /// Answers `Members`, by name.
    Members {
        /// Of the command.
        reference: Option<u64>,
        /// Which conversation.
        conversation: ConversationId,
        /// How many there are.
        count: u32,
        /// Some of them.
        members: Vec<Member>,
    },
    /// Someone else types there.
    Typing {
        /// Where.
        conversation: ConversationId,
        /// Who.
        user: UserId,
    },
    /// Who is there, of those watched.
    Presence {
        /// Of the command, in its first answer.
        reference: Option<u64>,
        /// They; of the changes, those that changed.
        users: Vec<Presence>,
    },
    /// Answers `Refresh`.
    Refreshed {
        /// Of the command.
        reference: Option<u64>,
        /// When the new token expires.
        expires_at: Wall,
    },
    /// Answers `Unsubscribe`; without a reference: the user is no longer a member.
    Unsubscribed {
        /// Of the command.
        reference: Option<u64>,
        /// Which.
        conversation: ConversationId,
    },
    /// Answers `Ping`.
    Pong {
        /// Of the command.
        reference: Option<u64>,
    },
    /// Something was not done.
    Problem(Problem),
}

/// Whether a user is there, on whatever device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Presence {
    /// Who.
    pub user: UserId,
    /// Whether.
    pub online: bool,
}

impl Frame {
    /// The text of the frame.
    pub fn encode(&self) -> String {
        json(&Shape::of(self))
    }

    /// The frame in MessagePack.
    pub fn encode_binary(&self) -> Vec<u8> {
        binary::write(&Shape::of(self))
    }
}

/// The text of a `message` frame, without a [`Frame`] in between: encode once, send to many.
pub fn encode_message(epoch: Epoch, message: &Message) -> String {
    json(&Shape::message(epoch, message))
}

/// The same in MessagePack.
pub fn encode_binary_message(epoch: Epoch, message: &Message) -> Vec<u8> {
    binary::write(&Shape::message(epoch, message))
}
