//! What a client says.

use model::{
    Body, ConversationId, DeviceId, Draft, InstanceId, MessageId, Position, ReadFrom, Seq, UserId,
    Wall,
};

use self::encode::Shape;
use crate::shape::json;

mod decode;
mod encode;

pub use decode::{decode_command, is_json_object};

/// What a client says. `reference` is a number of its choice that comes back with the answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Who I am. First on every connection; answered by `Welcome`.
    Hello {
        /// Comes back with the answer.
        reference: Option<u64>,
        /// Who.
        user: UserId,
        /// On which of their devices.
        device: DeviceId,
        /// As which of its lives.
        instance: InstanceId,
    },
    /// Say something. Answered by `Sent` or `Problem`, with its id.
    Send {
        /// Comes back with the answer.
        reference: Option<u64>,
        /// What.
        post: Post,
    },
    /// Follow a conversation. Answered by `Subscribed`, then `Message`s; a second one replaces the first.
    Subscribe {
        /// Comes back with the answer.
        reference: Option<u64>,
        /// Which.
        conversation: ConversationId,
        /// From where.
        from: SubscribeFrom,
    },
    /// Follow it no longer. Answered by `Unsubscribed`.
    Unsubscribe {
        /// Comes back with the answer.
        reference: Option<u64>,
        /// Which.
        conversation: ConversationId,
    },
    /// Everything of this subscription up to here is with the device for good. Not answered.
    Ack {
        /// Which conversation.
        conversation: ConversationId,
        /// Up to where.
        position: Position,
    },
    /// Read. Answered by `Page`.
    Read {
        /// Comes back with the answer.
        reference: Option<u64>,
        /// Which conversation.
        conversation: ConversationId,
        /// From where.
        from: ReadFrom,
        /// At most so many: 1 to [`PAGE_MAX_MESSAGES`](model::bounds::PAGE_MAX_MESSAGES).
        limit: u32,
    },
    /// Are you there? Answered by `Pong`.
    Ping {
        /// Comes back with the answer.
        reference: Option<u64>,
    },
}

/// A message as its author says it: a [`Draft`] without its sender, whom the connection knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Post {
    /// Under which id.
    pub id: MessageId,
    /// Where.
    pub conversation: ConversationId,
    /// What.
    pub body: Body,
    /// Counter of the Lamport stamp.
    pub lamport: u64,
    /// The last sequence number of this conversation the author had seen; 0 = none.
    pub seen_seq: Seq,
    /// When, by the author's clock.
    pub sent_at: Wall,
}

/// Where a subscription begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SubscribeFrom {
    /// Everything.
    Start,
    /// After what this user's device has acknowledged.
    Cursor,
    /// The last so many messages.
    Last(u64),
    /// After a position.
    After(Position),
}

impl Post {
    /// The draft it is, said by this user.
    pub fn into_draft(self, sender: UserId) -> Draft {
        let Self { id, conversation, body, lamport, seen_seq, sent_at } = self;
        Draft { conversation, sender, id, body, lamport, seen_seq, sent_at }
    }
}

impl From<&Draft> for Post {
    fn from(draft: &Draft) -> Self {
        Self {
            id: draft.id,
            conversation: draft.conversation.clone(),
            body: draft.body.clone(),
            lamport: draft.lamport,
            seen_seq: draft.seen_seq,
            sent_at: draft.sent_at,
        }
    }
}

impl Command {
    /// The text of the frame.
    pub fn encode(&self) -> String {
        json(&Shape::of(self))
    }
}
