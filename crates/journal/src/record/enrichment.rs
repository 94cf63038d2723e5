//! What is understood of messages, as bytes: `docs/formats.md`, tags 3 and 7.

use bytes::{Buf, BufMut};
use model::{
    Enrichment, Offset, PartitionId, Reason, RecordNo, Said, Seq, Understanding, Understood, Wall,
};

use super::decode::{conversation, short, user};
use super::put_name;
use crate::layout::Malformed;

/// How enriching ended, of tag 3. Stored: never reuse a number.
const OUTCOME_FULL: u8 = 1;

/// How a message stands, of tag 7. Stored: never reuse a number.
const PENDING: u8 = 0;
const FULL: u8 = 1;
const DEGRADED: u8 = 2;
const DEAD: u8 = 3;

/// Language and sentiment, if that is all it says: tag 3.
pub(super) fn plain(enrichment: &Enrichment) -> Option<(&str, i32)> {
    let Enrichment { said: None, before: Understood::Pending, after, .. } = enrichment else {
        return None;
    };
    let Understood::Full(Understanding {
        language,
        sentiment_micros,
        topic,
        toxicity_micros: 0,
        urgency_micros: 0,
    }) = after
    else {
        return None;
    };
    topic.is_empty().then_some((language, *sentiment_micros))
}

pub(super) fn encoded_len(enrichment: &Enrichment) -> usize {
    let head = 1 + enrichment.conversation.as_str().len() + 8 + 2 + 8;
    if let Some((language, _)) = plain(enrichment) {
        return head + 1 + 1 + language.len() + 4;
    }
    let said = enrichment.said.as_ref().map_or(0, |said| 1 + said.sender.as_str().len() + 8);
    head + 1 + said + understood_len(&enrichment.before) + understood_len(&enrichment.after)
}

fn understood_len(understood: &Understood) -> usize {
    let understanding = |u: &Understanding| 1 + u.language.len() + 1 + u.topic.len() + 3 * 4;
    1 + match understood {
        Understood::Pending => 0,
        Understood::Full(full) => understanding(full),
        Understood::Degraded { guess, .. } => 1 + understanding(guess),
        Understood::Dead(_) => 1,
    }
}

pub(super) fn put(enrichment: &Enrichment, out: &mut Vec<u8>) {
    put_name(enrichment.conversation.as_str(), out);
    out.put_u64_le(enrichment.seq.0);
    out.put_u16_le(enrichment.target.partition.get());
    out.put_u64_le(enrichment.target.record.0);
    if let Some((language, sentiment_micros)) = plain(enrichment) {
        out.put_u8(OUTCOME_FULL);
        put_name(language, out);
        out.put_i32_le(sentiment_micros);
        return;
    }
    out.put_u8(u8::from(enrichment.said.is_some()));
    if let Some(said) = &enrichment.said {
        put_name(said.sender.as_str(), out);
        out.put_u64_le(said.at.0);
    }
    put_understood(&enrichment.before, out);
    put_understood(&enrichment.after, out);
}

fn put_understood(understood: &Understood, out: &mut Vec<u8>) {
    match understood {
        Understood::Pending => out.put_u8(PENDING),
        Understood::Full(full) => {
            out.put_u8(FULL);
            put_understanding(full, out);
        }
        Understood::Degraded { why, guess } => {
            out.put_slice(&[DEGRADED, why.number()]);
            put_understanding(guess, out);
        }
        Understood::Dead(why) => out.put_slice(&[DEAD, why.number()]),
    }
}

fn put_understanding(understanding: &Understanding, out: &mut Vec<u8>) {
    put_name(&understanding.language, out);
    put_name(&understanding.topic, out);
    out.put_i32_le(understanding.sentiment_micros);
    out.put_u32_le(understanding.toxicity_micros);
    out.put_u32_le(understanding.urgency_micros);
}

/// Tag 3.
pub(super) fn get_plain(bytes: &mut &[u8]) -> Result<Enrichment, Malformed> {
    let mut enrichment = head(bytes)?;
    if bytes.try_get_u8()? != OUTCOME_FULL {
        return Err(Malformed("an outcome of a kind that this version does not know"));
    }
    let language = short(bytes)?.to_owned();
    let sentiment_micros = bytes.try_get_i32_le()?;
    let read = Understanding { language, sentiment_micros, ..Understanding::default() };
    enrichment.after = Understood::Full(checked(read)?);
    Ok(enrichment)
}

/// Tag 7.
pub(super) fn get(bytes: &mut &[u8]) -> Result<Enrichment, Malformed> {
    let mut enrichment = head(bytes)?;
    if bytes.try_get_u8()? != 0 {
        let sender = user(bytes)?;
        enrichment.said = Some(Said { sender, at: Wall(bytes.try_get_u64_le()?) });
    }
    enrichment.before = understood(bytes)?;
    enrichment.after = understood(bytes)?;
    Ok(enrichment)
}

fn head(bytes: &mut &[u8]) -> Result<Enrichment, Malformed> {
    let conversation = conversation(bytes)?;
    let seq = Seq(bytes.try_get_u64_le()?);
    let partition = PartitionId::new(bytes.try_get_u16_le()?)
        .ok_or(Malformed("an enrichment's target is in a partition that does not exist"))?;
    let target = Offset { partition, record: RecordNo(bytes.try_get_u64_le()?) };
    let (before, after) = (Understood::Pending, Understood::Pending);
    Ok(Enrichment { conversation, seq, target, said: None, before, after })
}

fn understood(bytes: &mut &[u8]) -> Result<Understood, Malformed> {
    Ok(match bytes.try_get_u8()? {
        PENDING => Understood::Pending,
        FULL => Understood::Full(understanding(bytes)?),
        DEGRADED => Understood::Degraded { why: reason(bytes)?, guess: understanding(bytes)? },
        DEAD => Understood::Dead(reason(bytes)?),
        _ => return Err(Malformed("a message stands in a way that this version does not know")),
    })
}

fn reason(bytes: &mut &[u8]) -> Result<Reason, Malformed> {
    Reason::of(bytes.try_get_u8()?).ok_or(Malformed("a reason that this version does not know"))
}

fn understanding(bytes: &mut &[u8]) -> Result<Understanding, Malformed> {
    let language = short(bytes)?.to_owned();
    let topic = short(bytes)?.to_owned();
    let read = Understanding {
        language,
        topic,
        sentiment_micros: bytes.try_get_i32_le()?,
        toxicity_micros: bytes.try_get_u32_le()?,
        urgency_micros: bytes.try_get_u32_le()?,
    };
    checked(read)
}

fn checked(read: Understanding) -> Result<Understanding, Malformed> {
    read.checked().map_err(|_| Malformed("an understanding that breaks its bounds"))
}
