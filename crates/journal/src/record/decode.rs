//! Bytes as facts. Never panics; allocates only what the bytes at hand fill.

use bytes::Buf;
use model::bounds::CURSOR_MOVES_MAX;
use model::{
    BodyHash, Content, ConversationId, CursorMove, DeviceId, Epoch, EpochStart, Fact, InstanceId,
    Left, Message, MessageId, Offset, Ordinal, PartitionId, RecordNo, Remnant, Seq, TenantId,
    UserId, Wall,
};

use super::{
    COUNTED_HEADER_BYTES, LEFT_EDIT_OF_GONE, LEFT_GONE, LEFT_NOTHING, TAG_CURSORS, TAG_ENRICHED,
    TAG_EPOCH_STARTED, TAG_EVENT, TAG_MESSAGE, TAG_REMNANT, TAG_UNDERSTOOD, content, enrichment,
};
use crate::layout::Malformed;

/// A record whose fact is still bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct RecordRef<'a> {
    pub(crate) offset: Offset,
    pub(crate) tag: u8,
    pub(crate) fact: &'a [u8],
    /// The whole record.
    pub(crate) whole: &'a [u8],
}

/// The records of a payload, one by one; after an error there are no more.
pub(crate) struct Records<'a> {
    rest: &'a [u8],
}

impl<'a> Records<'a> {
    /// `payload` without its padding.
    pub(crate) fn new(payload: &'a [u8]) -> Self {
        Self { rest: payload }
    }

    fn take(&mut self) -> Result<RecordRef<'a>, Malformed> {
        let mut rest = self.rest;
        let length = rest.try_get_u32_le()? as usize;
        if length > rest.len() {
            return Err(Malformed("a record is longer than its batch"));
        }
        if length < COUNTED_HEADER_BYTES {
            return Err(Malformed("a record is shorter than its header"));
        }
        let (whole, rest) = self.rest.split_at(4 + length);
        let mut record = &whole[4..];
        self.rest = rest;
        let partition = PartitionId::new(record.try_get_u16_le()?)
            .ok_or(Malformed("a record of a partition that does not exist"))?;
        let number = RecordNo(record.try_get_u64_le()?);
        if record.try_get_u16_le()? != TenantId::DEFAULT.0 {
            return Err(Malformed("a record of a tenant that does not exist"));
        }
        let tag = record.try_get_u8()?;
        Ok(RecordRef { offset: Offset { partition, record: number }, tag, fact: record, whole })
    }
}

impl<'a> Iterator for Records<'a> {
    type Item = Result<RecordRef<'a>, Malformed>;
    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let taken = self.take();
        if taken.is_err() {
            self.rest = &[];
        }
        Some(taken)
    }
}

/// The fact of a record. `stamp` of its batch becomes a message's `received_at`.
pub(crate) fn fact(record: &RecordRef<'_>, stamp: Wall) -> Result<Fact, Malformed> {
    let mut bytes = record.fact;
    let fact = match record.tag {
        TAG_MESSAGE => {
            let said = |bytes: &mut &[u8]| content::body(bytes).map(Content::from);
            Fact::Message(message(&mut bytes, stamp, said)?)
        }
        TAG_EVENT => Fact::Message(message(&mut bytes, stamp, content::content)?),
        TAG_CURSORS => Fact::Cursors(cursors(&mut bytes)?),
        TAG_ENRICHED => Fact::Enriched(enrichment::get_plain(&mut bytes)?.into()),
        TAG_UNDERSTOOD => Fact::Enriched(enrichment::get(&mut bytes)?.into()),
        TAG_EPOCH_STARTED => Fact::EpochStarted(epoch_start(&mut bytes, record.offset.partition)?),
        TAG_REMNANT => Fact::Remnant(remnant(&mut bytes)?),
        _ => return Err(Malformed("a fact of a kind that this version does not know")),
    };
    if bytes.is_empty() { Ok(fact) } else { Err(Malformed("bytes are left over after a fact")) }
}

pub(super) fn text<'a>(bytes: &mut &'a [u8], length: usize) -> Result<&'a str, Malformed> {
    let (text, rest) = bytes.split_at_checked(length).ok_or(Malformed("cut short"))?;
    *bytes = rest;
    std::str::from_utf8(text).map_err(|_| Malformed("a text is not UTF-8"))
}

pub(super) fn short<'a>(bytes: &mut &'a [u8]) -> Result<&'a str, Malformed> {
    let length = usize::from(bytes.try_get_u8()?);
    text(bytes, length)
}

pub(super) fn conversation(bytes: &mut &[u8]) -> Result<ConversationId, Malformed> {
    ConversationId::new(short(bytes)?).map_err(|_| Malformed("not a conversation's name"))
}

pub(super) fn user(bytes: &mut &[u8]) -> Result<UserId, Malformed> {
    UserId::new(short(bytes)?).map_err(|_| Malformed("not a user's name"))
}

fn message(
    bytes: &mut &[u8],
    stamp: Wall,
    content: impl FnOnce(&mut &[u8]) -> Result<Content, Malformed>,
) -> Result<Message, Malformed> {
    Ok(Message {
        conversation: conversation(bytes)?,
        sender: user(bytes)?,
        id: MessageId {
            instance: InstanceId(bytes.try_get_u64_le()?),
            counter: bytes.try_get_u64_le()?,
        },
        seq: Seq(bytes.try_get_u64_le()?),
        ordinal: Ordinal(bytes.try_get_u64_le()?),
        lamport: bytes.try_get_u64_le()?,
        seen_seq: Seq(bytes.try_get_u64_le()?),
        sent_at: Wall(bytes.try_get_u64_le()?),
        content: content(bytes)?,
        received_at: stamp,
    })
}

fn remnant(bytes: &mut &[u8]) -> Result<Remnant, Malformed> {
    Ok(Remnant {
        conversation: conversation(bytes)?,
        sender: user(bytes)?,
        id: MessageId {
            instance: InstanceId(bytes.try_get_u64_le()?),
            counter: bytes.try_get_u64_le()?,
        },
        seq: Seq(bytes.try_get_u64_le()?),
        ordinal: Ordinal(bytes.try_get_u64_le()?),
        lamport: bytes.try_get_u64_le()?,
        seen_seq: Seq(bytes.try_get_u64_le()?),
        sent_at: Wall(bytes.try_get_u64_le()?),
        body: BodyHash(bytes.try_get_u128_le()?),
        left: match (bytes.try_get_u8()?, Seq(bytes.try_get_u64_le()?)) {
            (LEFT_NOTHING, Seq(0)) => Left::Nothing,
            (LEFT_GONE, by) => Left::Gone(by),
            (LEFT_EDIT_OF_GONE, target) => Left::EditOfGone(target),
            _ => return Err(Malformed("what is left of a message is of no known kind")),
        },
    })
}

fn cursors(bytes: &mut &[u8]) -> Result<Vec<CursorMove>, Malformed> {
    let count = usize::from(bytes.try_get_u16_le()?);
    if count == 0 || count > CURSOR_MOVES_MAX {
        return Err(Malformed("a count of cursor moves out of bounds"));
    }
    let mut moves = Vec::new();
    for _ in 0..count {
        moves.push(CursorMove {
            conversation: conversation(bytes)?,
            user: user(bytes)?,
            device: DeviceId::new(short(bytes)?).map_err(|_| Malformed("not a device's name"))?,
            seq: Seq(bytes.try_get_u64_le()?),
        });
    }
    Ok(moves)
}

fn epoch_start(bytes: &mut &[u8], partition: PartitionId) -> Result<EpochStart, Malformed> {
    Ok(EpochStart {
        partition,
        epoch: Epoch(bytes.try_get_u32_le()?),
        missing_from: RecordNo(bytes.try_get_u64_le()?),
        missing_to: RecordNo(bytes.try_get_u64_le()?),
    })
}
