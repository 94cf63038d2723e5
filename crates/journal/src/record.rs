//! Facts as bytes: `docs/formats.md`, "Record". Written by hand, so that the layout is decided here
//! and not by the shape of a struct.

mod content;
mod decode;
mod enrichment;

use bytes::BufMut;
use model::{
    Body, Content, CursorMove, EpochStart, Fact, Left, Message, Offset, Remnant, Seq, TenantId,
};

pub(crate) use decode::{RecordRef, Records, fact};

/// Bytes of a record around its fact: length, partition, number, tenant, tag.
pub(crate) const RECORD_HEADER_BYTES: usize = 4 + 2 + 8 + 2 + 1;

/// Of those, what the length counts.
const COUNTED_HEADER_BYTES: usize = RECORD_HEADER_BYTES - 4;

/// What kind of fact. Stored: never reuse a number.
pub(crate) const TAG_MESSAGE: u8 = 1;
pub(crate) const TAG_CURSORS: u8 = 2;
pub(crate) const TAG_ENRICHED: u8 = 3;
pub(crate) const TAG_EPOCH_STARTED: u8 = 4;
/// A message whose content is not only a body.
pub(crate) const TAG_EVENT: u8 = 5;

/// What is left of a message.
pub(crate) const TAG_REMNANT: u8 = 6;

/// What is understood of a message, when it is not only language and sentiment.
pub(crate) const TAG_UNDERSTOOD: u8 = 7;

/// What readers see in its place. Stored: never reuse a number.
const LEFT_NOTHING: u8 = 0;
const LEFT_GONE: u8 = 1;
const LEFT_EDIT_OF_GONE: u8 = 2;

/// Bytes of the record of a fact.
pub(crate) fn encoded_len(fact: &Fact) -> usize {
    let name = |name: &str| 1 + name.len();
    RECORD_HEADER_BYTES
        + match fact {
            Fact::Message(m) => {
                let head = name(m.conversation.as_str()) + name(m.sender.as_str()) + 7 * 8;
                head + match plain(&m.content) {
                    Some(body) => 2 + body.as_str().len(),
                    None => content::encoded_len(&m.content),
                }
            }
            Fact::Cursors(moves) => {
                let one = |m: &CursorMove| {
                    name(m.conversation.as_str())
                        + name(m.user.as_str())
                        + name(m.device.as_str())
                        + 8
                };
                2 + moves.iter().map(one).sum::<usize>()
            }
            Fact::Enriched(enrichment) => enrichment::encoded_len(enrichment),
            Fact::EpochStarted(_) => 4 + 8 + 8,
            Fact::Remnant(r) => {
                name(r.conversation.as_str()) + name(r.sender.as_str()) + 7 * 8 + 16 + 1 + 8
            }
        }
}

/// Appends the record of a fact.
///
/// # Panics
/// When the fact breaks a bound of `model`: a list of cursor moves that is too long, a language code
/// of more than a length byte; or when it is no fact, but a view's word.
pub(crate) fn encode(fact: &Fact, offset: Offset, out: &mut Vec<u8>) {
    let start = out.len();
    let tag = match fact {
        Fact::Message(message) if plain(&message.content).is_some() => TAG_MESSAGE,
        Fact::Message(_) => TAG_EVENT,
        Fact::Cursors(_) => TAG_CURSORS,
        Fact::Enriched(of) if enrichment::plain(of).is_some() => TAG_ENRICHED,
        Fact::Enriched(_) => TAG_UNDERSTOOD,
        Fact::EpochStarted(_) => TAG_EPOCH_STARTED,
        Fact::Remnant(_) => TAG_REMNANT,
    };
    out.put_u32_le(0);
    out.put_u16_le(offset.partition.get());
    out.put_u64_le(offset.record.0);
    out.put_u16_le(TenantId::DEFAULT.0);
    out.put_u8(tag);
    match fact {
        Fact::Message(message) => put_message(message, out),
        Fact::Cursors(moves) => put_cursors(moves, out),
        Fact::Enriched(enrichment) => enrichment::put(enrichment, out),
        Fact::EpochStarted(start) => put_epoch_start(start, out),
        Fact::Remnant(remnant) => put_remnant(remnant, out),
    }
    let length = u32::try_from(out.len() - start - 4).expect("the bounds of `model` keep it small");
    out[start..start + 4].copy_from_slice(&length.to_le_bytes());
}

fn put_name(name: &str, out: &mut Vec<u8>) {
    out.put_u8(u8::try_from(name.len()).expect("NAME_MAX_BYTES fits a byte"));
    out.put_slice(name.as_bytes());
}

fn put_message(message: &Message, out: &mut Vec<u8>) {
    put_name(message.conversation.as_str(), out);
    put_name(message.sender.as_str(), out);
    for number in [
        message.id.instance.0,
        message.id.counter,
        message.seq.0,
        message.ordinal.0,
        message.lamport,
        message.seen_seq.0,
        message.sent_at.0,
    ] {
        out.put_u64_le(number);
    }
    match plain(&message.content) {
        Some(body) => put_text(body.as_str(), out),
        None => content::put(&message.content, out),
    }
}

fn put_remnant(remnant: &Remnant, out: &mut Vec<u8>) {
    put_name(remnant.conversation.as_str(), out);
    put_name(remnant.sender.as_str(), out);
    for number in [
        remnant.id.instance.0,
        remnant.id.counter,
        remnant.seq.0,
        remnant.ordinal.0,
        remnant.lamport,
        remnant.seen_seq.0,
        remnant.sent_at.0,
    ] {
        out.put_u64_le(number);
    }
    out.put_u128_le(remnant.body.0);
    let (left, seq) = match remnant.left {
        Left::Nothing => (LEFT_NOTHING, Seq(0)),
        Left::Gone(by) => (LEFT_GONE, by),
        Left::EditOfGone(target) => (LEFT_EDIT_OF_GONE, target),
    };
    out.put_u8(left);
    out.put_u64_le(seq.0);
}

/// The body of a content that is nothing else.
const fn plain(content: &Content) -> Option<&Body> {
    if let Content::Text { body, reply_to: None } = content { Some(body) } else { None }
}

fn put_text(text: &str, out: &mut Vec<u8>) {
    out.put_u16_le(u16::try_from(text.len()).expect("the bounds of `model` fit a u16"));
    out.put_slice(text.as_bytes());
}

fn put_cursors(moves: &[CursorMove], out: &mut Vec<u8>) {
    assert!(moves.len() <= model::bounds::CURSOR_MOVES_MAX, "{} cursor moves", moves.len());
    out.put_u16_le(u16::try_from(moves.len()).expect("CURSOR_MOVES_MAX fits a u16"));
    for cursor in moves {
        put_name(cursor.conversation.as_str(), out);
        put_name(cursor.user.as_str(), out);
        put_name(cursor.device.as_str(), out);
        out.put_u64_le(cursor.seq.0);
    }
}

fn put_epoch_start(start: &EpochStart, out: &mut Vec<u8>) {
    out.put_u32_le(start.epoch.0);
    out.put_u64_le(start.missing_from.0);
    out.put_u64_le(start.missing_to.0);
}

#[cfg(test)]
mod tests;
