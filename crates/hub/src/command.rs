//! What the hub asks the shell to do. To be run in the order it was asked for.

use std::sync::Arc;

use model::{
    ConversationId, DeviceId, Epoch, Fact, InstanceId, Message, MessageId, Refusal, Seq, Standing,
    UserId, Wall,
};

/// One life of one link to a gateway: a gateway that comes back has another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GatewayId(pub u64);

/// Who asked, and as which question of theirs. The hub gives it back and does not look into
/// `request`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ticket {
    /// Where the answer goes.
    pub gateway: GatewayId,
    /// The gateway's number for it.
    pub request: u64,
}

/// What the shell must do next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Hand this to the journal, after everything asked for before it.
    Append {
        /// The hub's generation: a refusal ends it, and what is still under way of it.
        generation: u64,
        /// What to write.
        fact: Fact,
    },
    /// Answer a question. Each ticket is answered once.
    Reply {
        /// Whose question.
        ticket: Ticket,
        /// The answer.
        reply: Reply,
    },
    /// Something durable was said in a conversation that this gateway is attached to.
    Deliver {
        /// To whom.
        gateway: GatewayId,
        /// What.
        message: Arc<Message>,
    },
    /// Someone types in a conversation that this gateway is attached to.
    Typing {
        /// To whom.
        gateway: GatewayId,
        /// Where.
        conversation: ConversationId,
        /// Who.
        user: UserId,
    },
    /// A point read in history; the answer goes to [`Hub::handle_loaded`](crate::Hub::handle_loaded).
    Load {
        /// Of which conversation.
        conversation: ConversationId,
        /// What of it.
        want: LoadWant,
    },
    /// Does history know this id? The answer goes to
    /// [`Hub::handle_looked_up`](crate::Hub::handle_looked_up).
    Lookup {
        /// Comes back with the answer.
        token: u64,
        /// In which conversation.
        conversation: ConversationId,
        /// From whom.
        sender: UserId,
        /// Which.
        id: MessageId,
    },
    /// Read history from `from` on and answer the ticket with a page: dense, at most `limit`
    /// messages, none above `standing.head`. Then call
    /// [`Hub::handle_history_read`](crate::Hub::handle_history_read).
    ReadHistory {
        /// Whose question.
        ticket: Ticket,
        /// Of which conversation.
        conversation: ConversationId,
        /// Whose own reactions are marked.
        reader: Option<UserId>,
        /// The first message of the page; history has it.
        from: Seq,
        /// At most so many messages; already within bounds.
        limit: u32,
        /// Goes into the page.
        standing: Standing,
    },
}

/// What [`Command::Load`] wants to know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LoadWant {
    /// Where the conversation stands.
    Head,
    /// The highest counter history has of this author.
    Author(UserId, InstanceId),
    /// How far this device has acknowledged.
    Cursor(UserId, DeviceId),
    /// As what this user is a member.
    Member(UserId),
    /// Whose text stands there. History has the place.
    Text(Seq),
}

/// An answer to a ticket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// The message is durable.
    Sent {
        /// Its id.
        id: MessageId,
        /// The epoch `seq` belongs to.
        epoch: Epoch,
        /// Its place.
        seq: Seq,
        /// The journal's stamp.
        received_at: Wall,
        /// It was there already.
        duplicate: bool,
    },
    /// Not done, and why.
    Refused(Refusal),
    /// From `standing.head + 1` on this gateway hears the conversation.
    Attached {
        /// Which.
        conversation: ConversationId,
        /// How it stands.
        standing: Standing,
    },
    /// Durable messages, ascending and dense.
    Page {
        /// Of which conversation.
        conversation: ConversationId,
        /// How it stands.
        standing: Standing,
        /// The messages; empty = there is nothing at or above the place asked for.
        messages: Vec<Arc<Message>>,
    },
    /// Whoever asked may hear the conversation.
    Admitted {
        /// How it stands: what removes them later stands above its head.
        standing: Standing,
    },
    /// How far a device has acknowledged.
    CursorAt {
        /// Up to where; 0 = nothing yet.
        seq: Seq,
    },
}
