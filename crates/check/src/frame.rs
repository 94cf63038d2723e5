//! The frames of `docs/protocol.md`, read anew and independently of `wire`: only the fields that a
//! rule needs, and unknown ones are ignored.

use std::borrow::Cow;
use std::collections::BTreeMap;

use model::MessageId;
use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Deserializer};

use crate::what::{Fields, What};

/// What a client said.
#[derive(Debug)]
pub(crate) enum Command {
    Hello(Hello),
    Send(Box<Send>),
    Subscribe(Subscribe),
    Unsubscribe,
    Ack(Ack),
    Other,
}

/// What a server said.
#[derive(Debug)]
pub(crate) enum Answer {
    Sent(Sent),
    Subscribed(Subscribed),
    Message(Message),
    Page(Page),
    Unsubscribed(Unsubscribed),
    Problem(Problem),
    Welcome,
    /// `pong` and what is not kept.
    Idle,
    Unknown,
}

/// Who begins a connection, and with which ticket, if with one.
#[derive(Debug, Deserialize)]
pub(crate) struct Hello {
    #[serde(default)]
    pub ticket: Option<String>,
}

/// Everything that takes a sequence number.
#[derive(Debug)]
pub(crate) struct Send {
    pub reference: Option<u64>,
    pub id: MessageId,
    /// Of a `create`: none yet.
    pub conversation: Option<String>,
    pub what: Said,
    pub lamport: u64,
    pub seen_seq: u64,
    pub sent_at: u64,
}

/// What a client says. A `create` is understood with the name of who says it.
#[derive(Debug)]
pub(crate) enum Said {
    What(What),
    Create(Box<Born>),
}

/// A `create`, as it was said.
#[derive(Debug)]
pub(crate) struct Born {
    pub kind: String,
    pub fields: Fields,
    pub others: Vec<String>,
}

#[derive(Deserialize)]
struct RawSend {
    #[serde(rename = "ref")]
    reference: Option<u64>,
    #[serde(deserialize_with = "id")]
    id: MessageId,
    conversation: Option<String>,
    #[serde(flatten)]
    fields: Fields,
    members: Option<Vec<String>>,
    lamport: u64,
    #[serde(default)]
    seen_seq: u64,
    sent_at: u64,
}

impl RawSend {
    fn said(self, kind: &str) -> Result<Send, String> {
        let what = if kind == "create" {
            let kind = self.fields.kind.clone().ok_or("a create without its kind")?;
            let others = self.members.unwrap_or_default();
            Said::Create(Box::new(Born { kind, fields: self.fields, others }))
        } else {
            let kind = if kind == "send" { "text" } else { kind };
            Said::What(self.fields.what(kind, Vec::new())?)
        };
        Ok(Send {
            reference: self.reference,
            id: self.id,
            conversation: self.conversation,
            what,
            lamport: self.lamport,
            seen_seq: self.seen_seq,
            sent_at: self.sent_at,
        })
    }
}

#[derive(Debug, Deserialize)]
pub(crate) struct Subscribe {
    #[serde(rename = "ref")]
    pub reference: Option<u64>,
    pub conversation: String,
    pub from: From,
}

/// Where a subscription asked to begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum From {
    Start,
    Cursor,
    Last(u64),
    After { epoch: u64, seq: u64 },
}

#[derive(Debug, Deserialize)]
pub(crate) struct Ack {
    pub conversation: String,
    pub seq: u64,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Sent {
    #[serde(rename = "ref")]
    pub reference: Option<u64>,
    #[serde(deserialize_with = "id")]
    pub id: MessageId,
    pub conversation: String,
    pub epoch: u64,
    pub seq: u64,
    pub received_at: u64,
    pub duplicate: bool,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Subscribed {
    #[serde(rename = "ref")]
    pub reference: Option<u64>,
    pub conversation: String,
    pub epoch: u64,
    pub recovered: bool,
    pub next: u64,
    pub head: u64,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Message {
    pub conversation: String,
    pub epoch: u64,
    #[serde(flatten)]
    pub said: Heard,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Page {
    pub conversation: String,
    pub epoch: u64,
    pub first: u64,
    pub head: u64,
    #[serde(default)]
    pub as_of: u64,
    pub messages: Vec<Heard>,
}

/// A message at its place. Two of one place must be equal, but that a text may be gone, and an edit of it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "RawHeard")]
pub(crate) struct Heard {
    pub seq: u64,
    pub ordinal: u64,
    pub id: MessageId,
    pub sender: String,
    pub what: What,
    /// `[counter, instance]`
    pub lamport: (u64, String),
    pub seen_seq: u64,
    pub sent_at: u64,
    pub received_at: u64,
    /// Of a page: by which edit, and how it reads.
    pub edited: Option<(u64, String)>,
    /// Of a page.
    pub reactions: BTreeMap<String, u64>,
}

#[derive(Deserialize)]
struct RawHeard {
    seq: u64,
    ordinal: u64,
    #[serde(deserialize_with = "id")]
    id: MessageId,
    sender: String,
    #[serde(flatten)]
    fields: Fields,
    members: Option<Vec<RawMember>>,
    lamport: (u64, String),
    seen_seq: u64,
    sent_at: u64,
    received_at: u64,
    edited: Option<RawEdited>,
    reactions: Option<Vec<RawReaction>>,
}

#[derive(Deserialize)]
struct RawMember {
    user: String,
    role: String,
}

#[derive(Deserialize)]
struct RawEdited {
    seq: u64,
    body: String,
}

#[derive(Deserialize)]
struct RawReaction {
    reaction: String,
    count: u64,
}

impl TryFrom<RawHeard> for Heard {
    type Error = String;
    fn try_from(raw: RawHeard) -> Result<Self, String> {
        let kind = raw.fields.kind.clone().unwrap_or_else(|| "text".to_owned());
        let members = raw.members.into_iter().flatten().map(|m| (m.user, m.role)).collect();
        let reactions = raw.reactions.into_iter().flatten();
        Ok(Self {
            seq: raw.seq,
            ordinal: raw.ordinal,
            id: raw.id,
            sender: raw.sender,
            what: raw.fields.what(&kind, members)?,
            lamport: raw.lamport,
            seen_seq: raw.seen_seq,
            sent_at: raw.sent_at,
            received_at: raw.received_at,
            edited: raw.edited.map(|edited| (edited.seq, edited.body)),
            reactions: reactions.map(|counted| (counted.reaction, counted.count)).collect(),
        })
    }
}

impl Heard {
    /// Whether two readers saw the same: for one of them the words may be gone.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        let gone = |heard: &Self| matches!(heard.what, What::Gone { .. });
        let what = self.what.may_be(&other.what)
            || other.what.may_be(&self.what)
            || (gone(self) && gone(other));
        let plain = |heard: &Self| Self {
            what: What::Gone { by: 0 },
            edited: None,
            reactions: BTreeMap::new(),
            ..heard.clone()
        };
        what && plain(self) == plain(other)
    }
}

#[derive(Debug, Deserialize)]
pub(crate) struct Unsubscribed {
    #[serde(rename = "ref")]
    pub reference: Option<u64>,
    pub conversation: String,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Problem {
    #[serde(rename = "ref")]
    pub reference: Option<u64>,
    /// A text, for it may be the very id that was refused because it is none.
    pub id: Option<String>,
    pub conversation: Option<String>,
    pub code: String,
    pub retry: String,
}

#[derive(Deserialize)]
struct Tag<'a> {
    #[serde(rename = "type", borrow)]
    kind: Cow<'a, str>,
}

/// What a client said. What is no command of the protocol is `Other`: clients may try anything.
pub(crate) fn command(text: &str) -> Command {
    let Ok(tag) = serde_json::from_str::<Tag<'_>>(text) else { return Command::Other };
    let parsed = match tag.kind.as_ref() {
        kind @ ("send" | "edit" | "delete" | "react" | "create" | "member" | "describe") => {
            read::<RawSend>(text)
                .and_then(|raw| raw.said(kind))
                .map(|send| Command::Send(Box::new(send)))
        }
        "hello" => read(text).map(Command::Hello),
        "subscribe" => read(text).map(Command::Subscribe),
        "unsubscribe" => Ok(Command::Unsubscribe),
        "ack" => read(text).map(Command::Ack),
        _ => Ok(Command::Other),
    };
    parsed.unwrap_or(Command::Other)
}

/// What a server said, or why it cannot be read.
pub(crate) fn answer(text: &str) -> Result<Answer, String> {
    let tag: Tag<'_> = serde_json::from_str(text).map_err(|e| e.to_string())?;
    match tag.kind.as_ref() {
        "sent" => read(text).map(Answer::Sent),
        "subscribed" => read(text).map(Answer::Subscribed),
        "message" => read(text).map(Answer::Message),
        "page" => read(text).map(Answer::Page),
        "unsubscribed" => read(text).map(Answer::Unsubscribed),
        "problem" => read(text).map(Answer::Problem),
        "welcome" => Ok(Answer::Welcome),
        "pong" | "typing" | "presence" | "conversations" | "members" | "refreshed" => {
            Ok(Answer::Idle)
        }
        _ => Ok(Answer::Unknown),
    }
}

fn read<T: DeserializeOwned>(text: &str) -> Result<T, String> {
    serde_json::from_str(text).map_err(|e| e.to_string())
}

fn id<'de, D: Deserializer<'de>>(deserializer: D) -> Result<MessageId, D::Error> {
    String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
}

impl<'de> Deserialize<'de> for From {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Position {
            epoch: u64,
            seq: u64,
        }
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Raw {
            Word(String),
            After { after: Position },
            Last { last: u64 },
        }
        match Raw::deserialize(deserializer)? {
            Raw::Word(word) if word == "start" => Ok(Self::Start),
            Raw::Word(word) if word == "cursor" => Ok(Self::Cursor),
            Raw::Word(word) => Err(D::Error::custom(format!("from {word:?}"))),
            Raw::Last { last } => Ok(Self::Last(last)),
            Raw::After { after } => Ok(Self::After { epoch: after.epoch, seq: after.seq }),
        }
    }
}
