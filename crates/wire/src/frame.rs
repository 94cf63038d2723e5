//! What the server says.

use model::{ConversationId, Epoch, Message, MessageId, Seq, Wall};

use self::encode::Shape;
use crate::Problem;
use crate::shape::json;

mod decode;
mod encode;

pub use decode::{FrameError, decode_frame};

/// What the server says. `reference` is the number that the command carried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Frame {
    /// You are known. Answers `Hello`.
    Welcome {
        /// Of the command.
        reference: Option<u64>,
        /// Who sends nothing for so long, pings; who hears nothing for three times as long, closes.
        heartbeat_ms: u32,
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
    },
    /// Answers `Unsubscribe`.
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

impl Frame {
    /// The text of the frame.
    pub fn encode(&self) -> String {
        json(&Shape::of(self))
    }
}

/// The text of a `message` frame, without a [`Frame`] in between: encode once, send to many.
pub fn encode_message(epoch: Epoch, message: &Message) -> String {
    json(&Shape::message(epoch, message))
}
