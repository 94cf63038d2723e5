//! The two vocabularies: [`ToOwner`] and [`FromOwner`].
//!
//! The order of the variants is their number on the socket: a change of it is a change of
//! [`VERSION`](crate::VERSION).

use model::{
    Change, ConversationId, DeviceId, Draft, Epoch, Listed, Member, Message, MessageId, ReadFrom,
    Refusal, Seq, Sheet, Standing, TraceContext, UserId, Wall,
};
use serde::{Deserialize, Serialize};

use crate::enriching::{EnrichAnswer, EnrichAsk};

/// A gateway's own number for a question, given back with the answer. The owner does not look into
/// it. Unique on its link.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RequestId(pub u64);

/// What a gateway says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum ToOwner {
    /// First on every link.
    Hello {
        /// [`VERSION`](crate::VERSION) of the gateway; another one is refused by closing the link.
        version: u32,
        /// For logs and metrics.
        gateway: String,
    },
    /// Someone speaks. Answered by `Sent` or `Refused`.
    Send {
        /// Comes back with the answer.
        request: RequestId,
        /// What they say.
        draft: Draft,
        /// The span that its steps belong to, if it is traced.
        trace: Option<TraceContext>,
    },
    /// From now on this gateway wants to hear this conversation. Answered by `Attached` or `Refused`.
    Attach {
        /// Comes back with the answer.
        request: RequestId,
        /// Which conversation.
        conversation: ConversationId,
    },
    /// No longer. Not answered; `Deliver`s that were under way may still come.
    Detach {
        /// Which conversation.
        conversation: ConversationId,
    },
    /// Durable messages from a place on, ascending. Answered by `Page` or `Refused`.
    Read {
        /// Comes back with the answer.
        request: RequestId,
        /// Which conversation.
        conversation: ConversationId,
        /// Who wants to know; `None` = a subscription that was admitted.
        reader: Option<UserId>,
        /// From where.
        from: ReadFrom,
        /// At most so many, and never more than
        /// [`PAGE_MAX_MESSAGES`](model::bounds::PAGE_MAX_MESSAGES).
        limit: u32,
    },
    /// How far has this device acknowledged? Answered by `CursorAt` or `Refused`.
    GetCursor {
        /// Comes back with the answer.
        request: RequestId,
        /// Which conversation.
        conversation: ConversationId,
        /// Whose device.
        user: UserId,
        /// Which device.
        device: DeviceId,
    },
    /// A device acknowledged everything up to and including `seq`. Not answered; a cursor never
    /// goes back, nor past the last durable message.
    MoveCursor {
        /// Which conversation.
        conversation: ConversationId,
        /// Whose device.
        user: UserId,
        /// Which device.
        device: DeviceId,
        /// The epoch `seq` belongs to; a move of another epoch is ignored.
        epoch: Epoch,
        /// Up to where.
        seq: Seq,
    },
    /// May this user hear a conversation? Answered by `Admitted` or `Refused`.
    Admit {
        /// Comes back with the answer.
        request: RequestId,
        /// Which conversation.
        conversation: ConversationId,
        /// Who.
        user: UserId,
    },
    /// Which governed conversations is a user in? Answered by `List` or `Refused`.
    GetList {
        /// Comes back with the answer.
        request: RequestId,
        /// Who.
        user: UserId,
        /// Only those after this one, by name.
        after: Option<ConversationId>,
        /// At most so many.
        limit: u32,
    },
    /// Who is in a conversation? Answered by `Members` or `Refused`.
    GetMembers {
        /// Comes back with the answer.
        request: RequestId,
        /// Which conversation.
        conversation: ConversationId,
        /// Who asks: only members are told.
        asker: UserId,
        /// Only those after this one, by name.
        after: Option<UserId>,
        /// At most so many.
        limit: u32,
    },
    /// Someone types, who was admitted. Not answered; passed on to all gateways that are attached.
    Typing {
        /// Where.
        conversation: ConversationId,
        /// Who.
        user: UserId,
    },
    /// Users have their first connection here, or no longer any. Not answered.
    Present {
        /// Who; at most [`USERS_MAX`](crate::USERS_MAX).
        users: Vec<UserId>,
        /// Whether they are here.
        here: bool,
    },
    /// From now on this gateway wants to hear whether users are there, or no longer. Answered at once
    /// and at every change by `Presence`.
    Watch {
        /// Whom; at most [`USERS_MAX`](crate::USERS_MAX).
        users: Vec<UserId>,
        /// Or no longer.
        on: bool,
    },
    /// Rows of the per-conversation table. Answered by `Rows` or `Refused`.
    GetRows {
        /// Comes back with the answer.
        request: RequestId,
        /// Which rows.
        query: RowQuery,
    },
    /// The first rows of a view for people, without governed conversations. Answered by `Report` or `Refused`.
    GetReport {
        /// Comes back with the answer.
        request: RequestId,
        /// Its name.
        view: String,
        /// At most so many, and never more than
        /// [`REPORT_MAX_ROWS`](model::bounds::REPORT_MAX_ROWS).
        limit: u32,
    },
    /// Take the words of a user from every conversation. Answered by `Erased` or `Refused`.
    Erase {
        /// Comes back with the answer.
        request: RequestId,
        /// Whose.
        user: UserId,
    },
    /// An operator asks about enriching. Answered by `Enriching` or `Refused`.
    Enriching {
        /// Comes back with the answer.
        request: RequestId,
        /// What.
        ask: EnrichAsk,
    },
    /// Are you there? Answered by `Pong`.
    Ping,
}

/// What the owner says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum FromOwner {
    /// First on every link, after `Hello`.
    Welcome {
        /// [`VERSION`](crate::VERSION) of the owner.
        version: u32,
    },
    /// The message is durable, under this place.
    Sent {
        /// Of the `Send`.
        request: RequestId,
        /// Its id.
        id: MessageId,
        /// The epoch `seq` belongs to.
        epoch: Epoch,
        /// Its place.
        seq: Seq,
        /// The journal's stamp.
        received_at: Wall,
        /// It was there already: this is the original acknowledgement once more.
        duplicate: bool,
    },
    /// Not done, and why.
    Refused {
        /// Of the question.
        request: RequestId,
        /// Why.
        refusal: Refusal,
    },
    /// The gateway hears this conversation from `head + 1` on.
    Attached {
        /// Of the `Attach`.
        request: RequestId,
        /// Which conversation.
        conversation: ConversationId,
        /// How its history stands.
        standing: Standing,
    },
    /// Durable messages, ascending and dense.
    Page {
        /// Of the `Read`.
        request: RequestId,
        /// Which conversation.
        conversation: ConversationId,
        /// How its history stands, at the time of the reading or later.
        standing: Standing,
        /// The messages; empty = there is nothing at or above the place asked for.
        messages: Vec<Message>,
        /// What became of texts among them, by the events up to `as_of`.
        changes: Vec<Change>,
        /// See `changes`.
        as_of: Seq,
    },
    /// The user may hear the conversation.
    Admitted {
        /// Of the `Admit`.
        request: RequestId,
        /// How its history stands.
        standing: Standing,
    },
    /// The governed conversations of a user, by name.
    List {
        /// Of the `GetList`.
        request: RequestId,
        /// They.
        conversations: Vec<Listed>,
    },
    /// Who is in a conversation, by name.
    Members {
        /// Of the `GetMembers`.
        request: RequestId,
        /// How many there are.
        count: u32,
        /// Some of them.
        members: Vec<Member>,
    },
    /// Someone types in an attached conversation.
    Typing {
        /// Where.
        conversation: ConversationId,
        /// Who.
        user: UserId,
    },
    /// Whether a watched user is there.
    Presence {
        /// Who.
        user: UserId,
        /// Whether.
        online: bool,
    },
    /// How far a device has acknowledged.
    CursorAt {
        /// Of the `GetCursor`.
        request: RequestId,
        /// Up to where; 0 = nothing yet.
        seq: Seq,
    },
    /// Something was said in an attached conversation, and is durable.
    Deliver {
        /// What.
        message: Message,
    },
    /// Rows of the per-conversation table.
    Rows {
        /// Of the `GetRows`.
        request: RequestId,
        /// The rows, by conversation.
        rows: Vec<Row>,
        /// How many journal batches the table had not yet counted when it was read.
        behind: u64,
    },
    /// The first rows of a view for people.
    Report {
        /// Of the `GetReport`.
        request: RequestId,
        /// They.
        sheet: Sheet,
        /// How many journal batches the tables had not yet counted when they were read.
        behind: u64,
    },
    /// The words of a user are gone.
    Erased {
        /// Of the `Erase`.
        request: RequestId,
        /// From how many conversations.
        conversations: u64,
    },
    /// How enriching stands.
    Enriching {
        /// Of the `Enriching`.
        request: RequestId,
        /// What was asked for.
        answer: EnrichAnswer,
    },
    /// The owner is there.
    Pong {
        /// Why it is not ready, if it is not; empty = ready.
        not_ready: Vec<NotReady>,
    },
}

/// Why a process cannot do its work now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NotReady {
    /// In a word, for machines.
    #[serde(rename = "code")]
    pub reason: Reason,
    /// For people.
    pub detail: String,
}

/// What may be in the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// It opens its files.
    Starting,
    /// Its views replay the journal.
    Replaying,
    /// It was asked to stop.
    Draining,
    /// A write or a sync of the journal failed.
    Poisoned,
    /// No room for sends.
    DiskFull,
    /// A view is so late that sends are refused.
    ViewBehind,
    /// Hardly a place for another connection is left.
    ConnectionsFull,
    /// A gateway has no owner.
    LinkDown,
}

impl NotReady {
    /// Why, in a word and for people.
    pub fn new(reason: Reason, detail: impl Into<String>) -> Self {
        Self { reason, detail: detail.into() }
    }
}

/// Which rows of the per-conversation table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowQuery {
    /// Only this conversation; `None` = all.
    pub conversation: Option<ConversationId>,
    /// Only those after this one, by name.
    pub after: Option<ConversationId>,
    /// At most so many, and never more than
    /// [`PAGE_MAX_MESSAGES`](model::bounds::PAGE_MAX_MESSAGES).
    pub limit: u32,
}

/// One conversation, counted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// Which.
    pub conversation: ConversationId,
    /// Messages.
    pub messages: u64,
    /// Different senders.
    pub speakers: u64,
    /// Messages that the service answered.
    pub enriched: u64,
    /// Messages that have our own guess so far.
    pub degraded: u64,
    /// Messages that were given up. What is neither of the three is pending.
    pub dead: u64,
    /// Sum of the sentiments of `enriched` and `degraded`, in millionths.
    pub sentiment_sum_micros: i64,
    /// The journal's stamp of the last message.
    pub last_at: Wall,
}
