//! The frames of `docs/protocol.md`, read anew and independently of `wire`: only the fields that a
//! rule needs, and unknown ones are ignored.

use std::borrow::Cow;

use model::MessageId;
use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Deserializer};

/// What a client said.
#[derive(Debug)]
pub(crate) enum Command {
    Send(Send),
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
    /// `welcome`, `pong`.
    Idle,
    Unknown,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Send {
    #[serde(rename = "ref")]
    pub reference: Option<u64>,
    #[serde(deserialize_with = "id")]
    pub id: MessageId,
    pub conversation: String,
    pub body: String,
    pub lamport: u64,
    pub seen_seq: u64,
    pub sent_at: u64,
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
    pub messages: Vec<Heard>,
}

/// A message at its place. Two of one place must be equal.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct Heard {
    pub seq: u64,
    pub ordinal: u64,
    #[serde(deserialize_with = "id")]
    pub id: MessageId,
    pub sender: String,
    pub body: String,
    /// `[counter, instance]`
    pub lamport: (u64, String),
    pub seen_seq: u64,
    pub sent_at: u64,
    pub received_at: u64,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Unsubscribed {
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
        "send" => read(text).map(Command::Send),
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
        "welcome" | "pong" => Ok(Answer::Idle),
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
