//! What the journal holds: only what cannot be recomputed.

use serde::{Deserialize, Serialize};

use crate::{
    BodyHash, ConversationId, DeviceId, Enrichment, Epoch, Message, MessageId, Ordinal,
    PartitionId, RecordNo, Seq, TenantId, UserId, Wall,
};

/// One thing that happened and cannot be recomputed. Every other state is a fold over these.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fact {
    /// Something was said.
    Message(Message),
    /// How far devices have acknowledged: conversations of one partition, at most
    /// [`CURSOR_MOVES_MAX`](crate::bounds::CURSOR_MOVES_MAX) moves.
    Cursors(Vec<CursorMove>),
    /// What is understood of a message has changed.
    Enriched(Box<Enrichment>),
    /// History of this partition was lost; what follows is a new version of it. Written by recovery.
    EpochStarted(EpochStart),
    /// What is left of a message whose text had to go. Written where the message stood, when the
    /// journal is thinned.
    Remnant(Remnant),
}

/// A message without what it said: its place, and enough to know it again when it is sent again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Remnant {
    /// Where it was said.
    pub conversation: ConversationId,
    /// Its place.
    pub seq: Seq,
    /// How many texts there were, with it.
    pub ordinal: Ordinal,
    /// Who said it.
    pub sender: UserId,
    /// As which of theirs.
    pub id: MessageId,
    /// Its author's logical time.
    pub lamport: u64,
    /// What its author had seen.
    pub seen_seq: Seq,
    /// When, as its author said.
    pub sent_at: Wall,
    /// The fingerprint of what it said.
    pub body: BodyHash,
    /// What readers see in its place.
    pub left: Left,
}

/// What readers see where something was said that had to go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Left {
    /// Nothing: it stands below what is left of its conversation.
    Nothing,
    /// That a text is gone, by the event at this place.
    Gone(Seq),
    /// The edit of a text that is gone: that it is.
    EditOfGone(Seq),
}

/// A device acknowledged everything of a conversation up to and including `seq`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CursorMove {
    /// In which conversation.
    pub conversation: ConversationId,
    /// Whose device.
    pub user: UserId,
    /// Which device.
    pub device: DeviceId,
    /// Up to where.
    pub seq: Seq,
}

/// A partition lost records `missing_from ..= missing_to`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct EpochStart {
    /// Which partition.
    pub partition: PartitionId,
    /// The new epoch.
    pub epoch: Epoch,
    /// The first record number that is missing.
    pub missing_from: RecordNo,
    /// The last record number that is missing.
    pub missing_to: RecordNo,
}

impl Fact {
    /// The partition this fact belongs to; `None` for an empty list of cursor moves.
    pub fn partition(&self) -> Option<PartitionId> {
        let of = |conversation| Some(PartitionId::of(TenantId::DEFAULT, conversation));
        match self {
            Self::Message(message) => of(&message.conversation),
            Self::Cursors(moves) => moves.first().and_then(|first| of(&first.conversation)),
            Self::Enriched(enrichment) => Some(enrichment.target.partition),
            Self::EpochStarted(start) => Some(start.partition),
            Self::Remnant(remnant) => of(&remnant.conversation),
        }
    }
}
