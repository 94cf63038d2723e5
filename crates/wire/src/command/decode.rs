//! From a frame to a command, valid or not at all.
//!
//! Every field is read into a [`Value`] first, so that one of the wrong kind can be shown, and `ref`
//! and `id` be given back with the answer.

use model::bounds::{COUNTER_MAX, CREATE_MEMBERS_MAX, PAGE_MAX_MESSAGES};
use model::{Content, ConversationId, Epoch, Position, Profile, ReadFrom, Role, Seq, UserId, Wall};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::{Birth, Command, New, Post, Proof, SubscribeFrom};
use crate::binary::{self, Source};
use crate::content::{NO_ROLE, line};
use crate::field::{
    Field, NAME, body, flag, integer, names, optional, optional_integer, parsed, text, wrong,
};
use crate::{About, Code, PROOF_MAX_BYTES, Problem, WATCHED_MAX};

const TYPES: &str = "hello, send, edit, delete, react, create, member, describe, subscribe, unsubscribe, ack, mark, read, list, members, typing, watch, refresh or ping";
const KINDS: &str = "\"direct\", \"group\" or \"channel\"";
const ROLES: &str = "\"owner\", \"admin\", \"member\", \"reader\" or \"none\"";
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
    decode(Raw::parse(text))
}

/// Reads a frame of a client in MessagePack.
///
/// # Errors
/// As of [`decode_command`].
pub fn decode_binary_command(bytes: &[u8]) -> Result<Command, Problem> {
    decode(Raw::parse_binary(bytes))
}

fn decode(raw: Result<Raw, String>) -> Result<Command, Problem> {
    let raw = raw.map_err(|detail| Problem::never(About::default(), Code::BadFrame, detail))?;
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
    target: Field,
    reply_to: Field,
    reaction: Field,
    on: Field,
    kind: Field,
    with: Field,
    name: Field,
    topic: Field,
    public: Field,
    members: Field,
    role: Field,
    after: Field,
    users: Field,
    token: Field,
    ticket: Field,
}

impl Raw {
    fn parse(text: &str) -> Result<Self, String> {
        // A derived `Deserialize` would take an array of the fields' values as well.
        if !text.trim_start_matches([' ', '\t', '\n', '\r']).starts_with('{') {
            return Err(format!(
                "the frame is no JSON object: give {{\"type\": …}}, one of {TYPES}"
            ));
        }
        Source::Text(text)
            .read()
            .map_err(|why| format!("the frame is no JSON object that can be read: {why}"))
    }

    fn parse_binary(bytes: &[u8]) -> Result<Self, String> {
        binary::check(bytes).map_err(|why| {
            format!("the frame is no MessagePack map: {why}; give {{\"type\": …}}, one of {TYPES}")
        })?;
        Source::Binary(bytes)
            .read()
            .map_err(|why| format!("the frame is no MessagePack map that can be read: {why}"))
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
            Some("send") => self.send(reference, self.said()?),
            Some("edit") => {
                self.send(reference, Content::Edit { target: self.target()?, body: self.body()? })
            }
            Some("delete") => self.send(reference, Content::Delete { target: self.target()? }),
            Some("react") => self.send(reference, self.reaction()?),
            Some("member") => self.send(reference, self.membership()?),
            Some("describe") => {
                self.send(reference, Content::Describe { profile: self.profile()? })
            }
            Some("create") => Ok(Command::Create { reference, birth: self.birth()? }),
            Some("mark") => Ok(Command::Mark {
                conversation: self.conversation()?,
                position: position("", &self.epoch, &self.seq)?,
            }),
            Some("list") => Ok(Command::List {
                reference,
                after: optional(&self.after, |after| parsed("after", after, NAME))?,
                limit: self.limit()?,
            }),
            Some("members") => Ok(Command::Members {
                reference,
                conversation: self.conversation()?,
                after: optional(&self.after, |after| parsed("after", after, NAME))?,
                limit: self.limit()?,
            }),
            Some("typing") => Ok(Command::Typing { conversation: self.conversation()? }),
            Some("watch") => {
                Ok(Command::Watch { reference, users: names("users", &self.users, WATCHED_MAX)? })
            }
            Some("refresh") => {
                let token = text("token", &self.token, PROOF_MAX_BYTES)?;
                Ok(Command::Refresh { reference, token: Proof::Token(token) })
            }
            Some("ack") => Ok(Command::Ack {
                conversation: self.conversation()?,
                position: position("", &self.epoch, &self.seq)?,
            }),
            Some("hello") => Ok(Command::Hello {
                reference,
                user: parsed("user", &self.user, NAME)?,
                device: parsed("device", &self.device, NAME)?,
                instance: parsed("instance", &self.instance, INSTANCE)?,
                proof: self.proof()?,
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

    fn send(&self, reference: Option<u64>, content: Content) -> Result<Command, String> {
        let post = Post {
            id: parsed("id", &self.id, ID)?,
            conversation: self.conversation()?,
            content,
            lamport: integer("lamport", &self.lamport, 0..=COUNTER_MAX)?,
            seen_seq: Seq(integer("seen_seq", &self.seen_seq, 0..=COUNTER_MAX)?),
            sent_at: Wall(integer("sent_at", &self.sent_at, 0..=COUNTER_MAX)?),
        };
        Ok(Command::Send { reference, post })
    }

    fn said(&self) -> Result<Content, String> {
        let reply_to = optional_integer("reply_to", &self.reply_to, 1..=COUNTER_MAX)?;
        Ok(Content::Text { body: self.body()?, reply_to: reply_to.map(Seq) })
    }

    fn body(&self) -> Result<model::Body, String> {
        body("body", &self.body)
    }

    fn target(&self) -> Result<Seq, String> {
        integer("target", &self.target, 1..=COUNTER_MAX).map(Seq)
    }

    fn reaction(&self) -> Result<Content, String> {
        let reaction = text("reaction", &self.reaction, usize::MAX)?;
        let reaction = reaction.try_into().map_err(|why| format!("`reaction`: {why}"))?;
        let on = flag("on", &self.on, true)?;
        Ok(Content::React { target: self.target()?, reaction, on })
    }

    fn membership(&self) -> Result<Content, String> {
        let user = parsed("user", &self.user, NAME)?;
        let role = match self.role.as_ref().and_then(Value::as_str) {
            Some(NO_ROLE) => None,
            Some(name) if Role::of_name(name).is_some() => Role::of_name(name),
            Some(_) | None => return Err(wrong("role", &self.role, ROLES)),
        };
        Ok(Content::Member { user, role })
    }

    fn profile(&self) -> Result<Profile, String> {
        let topic = optional(&self.topic, |topic| text("topic", topic, usize::MAX))?;
        let name = text("name", &self.name, usize::MAX)?;
        if name.is_empty() {
            return Err("`name` is empty: give a name for people".to_owned());
        }
        Ok(Profile {
            name: line("name", &name)?,
            topic: line("topic", &topic.unwrap_or_default())?,
            public: flag("public", &self.public, false)?,
        })
    }

    fn birth(&self) -> Result<Birth, String> {
        let others = || -> Result<Vec<UserId>, String> {
            let given =
                optional(&self.members, |field| names("members", field, CREATE_MEMBERS_MAX))?;
            Ok(given.unwrap_or_default())
        };
        let what = match self.kind.as_ref().and_then(Value::as_str) {
            Some("direct") => New::Direct(parsed("with", &self.with, NAME)?),
            Some("group") => New::Group(self.profile()?, others()?),
            Some("channel") => New::Channel(self.profile()?, others()?),
            Some(_) | None => return Err(wrong("kind", &self.kind, KINDS)),
        };
        Ok(Birth {
            id: parsed("id", &self.id, ID)?,
            what,
            lamport: integer("lamport", &self.lamport, 0..=COUNTER_MAX)?,
            sent_at: Wall(integer("sent_at", &self.sent_at, 0..=COUNTER_MAX)?),
        })
    }

    fn proof(&self) -> Result<Option<Proof>, String> {
        let read =
            |name: &str, field: &Field| optional(field, |field| text(name, field, PROOF_MAX_BYTES));
        match (read("token", &self.token)?, read("ticket", &self.ticket)?) {
            (Some(_), Some(_)) => Err("both `token` and `ticket` are there: give one".to_owned()),
            (token, ticket) => Ok(token.map(Proof::Token).or(ticket.map(Proof::Ticket))),
        }
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
