//! What a session asks of its shell, tells its application, and refuses.

use std::time::Duration;

use model::{Change, ConversationId, Epoch, Message, MessageId, Position, Seq, Wall};
use thiserror::Error;
use wire::{CloseCode, Command, Problem};

/// What the shell is to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Do {
    /// Connect to this gateway; then `handle_connected` or `handle_disconnected`.
    Connect {
        /// Which, from 0.
        gateway: usize,
    },
    /// Send this on the connection.
    Send(Command),
    /// Give up the connection, or the try; then `handle_disconnected`.
    Close,
}

/// What the application is to know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// The server knows us.
    Welcomed {
        /// Its heartbeat.
        heartbeat: Duration,
    },
    /// There is no connection. What is in the outbox and which conversations are followed is kept.
    Disconnected {
        /// When the next try comes.
        again_in: Duration,
    },
    /// There will be no other connection: the last event.
    Stopped,
    /// A message of ours is durable.
    Said {
        /// Which.
        id: MessageId,
        /// Where.
        conversation: ConversationId,
        /// The epoch `seq` belongs to.
        epoch: Epoch,
        /// Its place.
        seq: Seq,
        /// The journal's stamp.
        received_at: Wall,
        /// It was so before: an earlier acknowledgement was lost.
        duplicate: bool,
    },
    /// A message of ours will never be said. It has left the outbox.
    Failed {
        /// Which.
        id: MessageId,
        /// Why.
        problem: Problem,
    },
    /// A subscription begins or goes on.
    Subscribed {
        /// Which.
        conversation: ConversationId,
        /// The version of history.
        epoch: Epoch,
        /// `false`: forget what you had of it.
        recovered: bool,
        /// The first message to be heard.
        next: Seq,
        /// The last durable one.
        head: Seq,
    },
    /// A subscription has ended.
    Unsubscribed {
        /// Which.
        conversation: ConversationId,
        /// As asked; else the user is no member any more.
        asked: bool,
    },
    /// Something was said in a conversation that is followed.
    Heard {
        /// The epoch its place belongs to.
        epoch: Epoch,
        /// What.
        message: Message,
    },
    /// The server broke its promise: a subscription skipped messages. It goes on after them.
    Gap {
        /// Where.
        conversation: ConversationId,
        /// The place that should have come.
        expected: Position,
        /// The place that came.
        found: Position,
    },
    /// What a read found.
    Page {
        /// Which read.
        read: ReadId,
        /// Where.
        conversation: ConversationId,
        /// The epoch the places belong to.
        epoch: Epoch,
        /// The first message that is available.
        first: Seq,
        /// The last durable one.
        head: Seq,
        /// The messages, ascending and dense.
        messages: Vec<Message>,
        /// What became of texts among them, by the events up to `as_of`.
        changes: Vec<Change>,
        /// See `changes`.
        as_of: Seq,
    },
    /// Something else was not done, and will not be tried again: a subscription or a read (`reference`
    /// is its number), an acknowledgement.
    Problem(Problem),
}

/// The number of a read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ReadId(pub u64);

/// How a connection, or a try to make one, ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lost {
    /// It broke, or never stood.
    Broken,
    /// The server answered the try, and not with a connection.
    Refused {
        /// It asks to wait at least so long, milliseconds.
        retry_after_ms: Option<u32>,
    },
    /// The server closed it.
    Closed {
        /// Why.
        code: CloseCode,
        /// The server asks to wait at least so long, milliseconds.
        retry_after_ms: Option<u32>,
    },
}

/// Nothing more can be said until something is acknowledged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the outbox holds {most} messages, and no more: wait until one is acknowledged")]
pub struct OutboxFull {
    /// How many there may be.
    pub most: usize,
}

/// No other conversation can be followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("{most} conversations are followed, and no more: unsubscribe from one")]
pub struct TooManySubscriptions {
    /// How many there may be.
    pub most: usize,
}

/// No other read can wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("{most} reads wait for their page, and no more: wait for one")]
pub struct TooManyReads {
    /// How many there may be.
    pub most: usize,
}
