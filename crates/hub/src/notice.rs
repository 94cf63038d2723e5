//! What the journal and history tell the hub.

use model::{
    BatchNo, BodyHash, ConversationId, DeviceId, InstanceId, Ordinal, Role, Seq, UserId, Wall,
};

use crate::Whose;

/// The oldest `count` of this hub's appends that were not yet durable now are, all in one batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Durable {
    /// The generation they were appended under.
    pub generation: u64,
    /// How many.
    pub count: usize,
    /// In which batch.
    pub batch: BatchNo,
    /// The batch's stamp.
    pub stamp: Wall,
    /// The highest Lamport counter journaled, up to and including this batch.
    pub lamport_high: u64,
}

/// The answer to [`Command::Load`](crate::Command::Load).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Loaded {
    /// Of which conversation.
    pub conversation: ConversationId,
    /// What history has.
    pub got: LoadGot,
}

/// What history has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LoadGot {
    /// Where the conversation stands; `None` = nothing was ever said in it.
    Head(Option<Head>),
    /// The highest counter of an author; 0 = none.
    Author(UserId, InstanceId, u64),
    /// How far a device has acknowledged; 0 = nothing.
    Cursor(UserId, DeviceId, Seq),
    /// As what a user is a member; `None` = not.
    Member(UserId, Option<Role>),
    /// Whose text stands in a place; `None` = nothing stands there.
    Text(Seq, Option<Whose>),
}

/// Where a conversation stands in history.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// The sequence number of what is said next.
    pub next_seq: Seq,
    /// The ordinal of the message that is said next.
    pub next_ordinal: Ordinal,
    /// The lowest sequence number from which history is whole.
    pub first: Seq,
    /// Of a governed conversation that was created.
    pub summary: Option<Summary>,
}

/// What the hub keeps of a governed conversation as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Summary {
    /// Whoever knows it may join.
    pub public: bool,
    /// How many are in it.
    pub members: u32,
    /// How many of them own it.
    pub owners: u32,
}

/// The answer to [`Command::Lookup`](crate::Command::Lookup).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LookedUp {
    /// Of the question.
    pub token: u64,
    /// What history's index has under the id.
    pub known: Known,
}

/// What history knows of an id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Known {
    /// It is the id of this message.
    Found(Found),
    /// A higher one of the same author has expired: what became of this one is not known any more.
    Expired,
    /// No message has it.
    Not,
}

/// A message, as history's index of ids knows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Found {
    /// Its place.
    pub seq: Seq,
    /// The keyed fingerprint of its body.
    pub body: BodyHash,
    /// The journal's stamp.
    pub received_at: Wall,
}
