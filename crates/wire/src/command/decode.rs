//! From the text of a frame to a command, valid or not at all.
//!
//! Every field is read into a [`Value`] first, so that one of the wrong kind can be shown, and `ref`
//! and `id` be given back with the answer.

use model::bounds::{COUNTER_MAX, PAGE_MAX_MESSAGES};
use model::{ConversationId, Epoch, Position, ReadFrom, Seq, Wall};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::{Command, Post, SubscribeFrom};
use crate::field::{Field, NAME, body, integer, optional_integer, parsed, wrong};
use crate::{About, Code, Problem};

const TYPES: &str = "hello, send, subscribe, unsubscribe, ack, read or ping";
const INSTANCE: &str = "16 hexadecimal digits";
const ID: &str =
    "<instance>-<counter>: 16 hexadecimal digits, and a number from 1 to 9007199254740991";
const SUBSCRIBE_FROM: &str =
    r#""start", "cursor", {"last": n} or {"after": {"epoch": e, "seq": s}}"#;
const POSITION: &str = r#"{"epoch": e, "seq": s}"#;

/// Reads a frame of a client.
///
/// # Errors
/// A [`Problem`] to answer with: `bad_frame`, which names the field, its value and what is right.
pub fn decode_command(text: &str) -> Result<Command, Problem> {
    let raw = Raw::parse(text)
        .map_err(|detail| Problem::never(About::default(), Code::BadFrame, detail))?;
    raw.command().map_err(|detail| Problem::never(raw.about(), Code::BadFrame, detail))
}

/// Whether a text is a JSON object at all. For the rare case after a [`Problem`]: ten that are not
/// close the connection.
pub fn is_json_object(text: &str) -> bool {
    serde_json::from_str::<Map<String, Value>>(text).is_ok()
}

/// All fields of all commands. `null` is the same as not there; unknown ones are skipped.
#[derive(Deserialize)]
struct Raw {
    r#type: Field,
    r#ref: Field,
    user: Field,
    device: Field,
    instance: Field,
    id: Field,
    conversation: Field,
    body: Field,
    lamport: Field,
    seen_seq: Field,
    sent_at: Field,
    from: Field,
    epoch: Field,
    seq: Field,
    limit: Field,
}

impl Raw {
    fn parse(text: &str) -> Result<Self, String> {
        // A derived `Deserialize` would take an array of the fields' values as well.
        if !text.trim_start_matches([' ', '\t', '\n', '\r']).starts_with('{') {
            return Err(format!(
                "the frame is no JSON object: give {{\"type\": …}}, one of {TYPES}"
            ));
        }
        serde_json::from_str(text)
            .map_err(|why| format!("the frame is no JSON object that can be read: {why}"))
    }

    /// What an answer can refer to, as far as it can be read.
    fn about(&self) -> About {
        About {
            reference: self.reference().ok().flatten(),
            id: parsed("id", &self.id, ID).ok(),
            conversation: self.conversation().ok(),
        }
    }

    fn command(&self) -> Result<Command, String> {
        let reference = self.reference()?;
        match self.r#type.as_ref().and_then(Value::as_str) {
            Some("send") => Ok(Command::Send { reference, post: self.post()? }),
            Some("ack") => Ok(Command::Ack {
                conversation: self.conversation()?,
                position: position("", &self.epoch, &self.seq)?,
            }),
            Some("hello") => Ok(Command::Hello {
                reference,
                user: parsed("user", &self.user, NAME)?,
                device: parsed("device", &self.device, NAME)?,
                instance: parsed("instance", &self.instance, INSTANCE)?,
            }),
            Some("subscribe") => Ok(Command::Subscribe {
                reference,
                conversation: self.conversation()?,
                from: self.subscribe_from()?,
            }),
            Some("unsubscribe") => {
                Ok(Command::Unsubscribe { reference, conversation: self.conversation()? })
            }
            Some("read") => Ok(Command::Read {
                reference,
                conversation: self.conversation()?,
                from: self.read_from()?,
                limit: self.limit()?,
            }),
            Some("ping") => Ok(Command::Ping { reference }),
            Some(_) | None => Err(wrong("type", &self.r#type, TYPES)),
        }
    }

    fn reference(&self) -> Result<Option<u64>, String> {
        optional_integer("ref", &self.r#ref, 0..=COUNTER_MAX)
    }

    fn conversation(&self) -> Result<ConversationId, String> {
        parsed("conversation", &self.conversation, NAME)
    }

    fn post(&self) -> Result<Post, String> {
        Ok(Post {
            id: parsed("id", &self.id, ID)?,
            conversation: self.conversation()?,
            body: body("body", &self.body)?,
            lamport: integer("lamport", &self.lamport, 0..=COUNTER_MAX)?,
            seen_seq: Seq(integer("seen_seq", &self.seen_seq, 0..=COUNTER_MAX)?),
            sent_at: Wall(integer("sent_at", &self.sent_at, 0..=COUNTER_MAX)?),
        })
    }

    fn subscribe_from(&self) -> Result<SubscribeFrom, String> {
        let bad = || wrong("from", &self.from, SUBSCRIBE_FROM);
        match self.from.as_ref().ok_or_else(bad)? {
            Value::String(word) if word == "start" => Ok(SubscribeFrom::Start),
            Value::String(word) if word == "cursor" => Ok(SubscribeFrom::Cursor),
            Value::Object(fields) => match (fields.get("last"), fields.get("after")) {
                (Some(last), None) => {
                    let last = integer("from.last", &Some(last.clone()), 0..=COUNTER_MAX)?;
                    Ok(SubscribeFrom::Last(last))
                }
                (None, Some(Value::Object(after))) => {
                    let (epoch, seq) = (after.get("epoch").cloned(), after.get("seq").cloned());
                    Ok(SubscribeFrom::After(position("from.after.", &epoch, &seq)?))
                }
                (None, Some(after)) => Err(wrong("from.after", &Some(after.clone()), POSITION)),
                (None, None) | (Some(_), Some(_)) => Err(bad()),
            },
            Value::Null
            | Value::Bool(_)
            | Value::Number(_)
            | Value::String(_)
            | Value::Array(_) => Err(bad()),
        }
    }

    fn read_from(&self) -> Result<ReadFrom, String> {
        if self.from.as_ref().and_then(Value::as_str) == Some("latest") {
            return Ok(ReadFrom::Latest);
        }
        let seq = integer("from", &self.from, 0..=COUNTER_MAX)
            .map_err(|detail| format!("{detail}, or \"latest\""))?;
        Ok(ReadFrom::Seq(Seq(seq)))
    }

    fn limit(&self) -> Result<u32, String> {
        let limit = integer("limit", &self.limit, 1..=u64::from(PAGE_MAX_MESSAGES))?;
        Ok(u32::try_from(limit).unwrap_or(PAGE_MAX_MESSAGES))
    }
}

fn position(prefix: &str, epoch: &Field, seq: &Field) -> Result<Position, String> {
    let epoch = integer(&format!("{prefix}epoch"), epoch, 0..=u64::from(u32::MAX))?;
    let seq = integer(&format!("{prefix}seq"), seq, 0..=COUNTER_MAX)?;
    Ok(Position { epoch: Epoch(u32::try_from(epoch).unwrap_or(u32::MAX)), seq: Seq(seq) })
}
