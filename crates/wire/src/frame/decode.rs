//! From a frame to what the server says. The type is read first, without allocating,
//! then the shape of that type: a tagged enum would buffer every field.

mod lists;
mod messages;

use std::borrow::Cow;

use model::{ConversationId, Epoch, MessageId, Retry, Seq, UserId, Wall};
use serde::Deserialize;
use thiserror::Error;

use self::lists::{Conversations, Members};
use self::messages::{MessageShape, Page};
use super::{Frame, Presence};
use crate::binary::{self, Source};
use crate::field::shown;
use crate::shape::{Number, Text};
use crate::{Code, Problem};

/// Why a text is no frame of a server.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum FrameError {
    /// A frame of a later version: it may be skipped.
    #[error("the server says {kind:?}, which this client does not know")]
    Unknown {
        /// Its type.
        kind: String,
    },
    /// What it says cannot be relied on: connect again.
    #[error("the server's {kind:?} cannot be read: {why}")]
    Bad {
        /// Its type, if it had one.
        kind: String,
        /// What is wrong.
        why: String,
    },
}

/// Reads a frame of a server.
///
/// # Errors
/// [`FrameError`] says which type of frame, and what is wrong with it.
pub fn decode_frame(text: &str) -> Result<Frame, FrameError> {
    decode(Source::Text(text))
}

/// Reads a frame of a server in MessagePack.
///
/// # Errors
/// [`FrameError`] says which type of frame, and what is wrong with it.
pub fn decode_binary_frame(bytes: &[u8]) -> Result<Frame, FrameError> {
    binary::check(bytes).map_err(|why| FrameError::Bad { kind: String::new(), why })?;
    decode(Source::Binary(bytes))
}

fn decode(source: Source<'_>) -> Result<Frame, FrameError> {
    let kind = match source.read::<Kind<'_>>() {
        Ok(Kind { kind }) => kind,
        Err(why) => return Err(FrameError::Bad { kind: String::new(), why }),
    };
    let frame = match kind.as_ref() {
        "message" => source.read::<MessageShape>().and_then(MessageShape::frame),
        "sent" => source.read::<Sent>().map(Frame::from),
        "page" => source.read::<Page>().and_then(Page::frame),
        "subscribed" => source.read::<Subscribed>().map(Frame::from),
        "problem" => source.read::<ProblemShape>().and_then(ProblemShape::frame),
        "pong" => source.read::<Pong>().map(|shape| Frame::Pong { reference: number(shape.r#ref) }),
        "welcome" => source.read::<Welcome>().map(|shape| Frame::Welcome {
            reference: number(shape.r#ref),
            heartbeat_ms: shape.heartbeat_ms,
            expires_at: shape.expires_at.map(|Number(at)| Wall(at)),
        }),
        "typing" => source.read::<Typing>().map(Frame::from),
        "presence" => source.read::<PresenceShape>().map(Frame::from),
        "conversations" => source.read::<Conversations>().and_then(Conversations::frame),
        "members" => source.read::<Members>().and_then(Members::frame),
        "refreshed" => source.read::<Refreshed>().map(Frame::from),
        "unsubscribed" => source.read::<Unsubscribed>().map(|shape| Frame::Unsubscribed {
            reference: number(shape.r#ref),
            conversation: shape.conversation,
        }),
        other => return Err(FrameError::Unknown { kind: shown(other) }),
    };
    frame.map_err(|why| FrameError::Bad { kind: kind.into_owned(), why })
}

fn number(number: Option<Number>) -> Option<u64> {
    number.map(|Number(number)| number)
}

#[derive(Deserialize)]
struct Kind<'a> {
    #[serde(rename = "type", borrow)]
    kind: Cow<'a, str>,
}

#[derive(Deserialize)]
struct Welcome {
    r#ref: Option<Number>,
    heartbeat_ms: u32,
    expires_at: Option<Number>,
}

#[derive(Deserialize)]
struct Refreshed {
    r#ref: Option<Number>,
    expires_at: Number,
}

impl From<Refreshed> for Frame {
    fn from(shape: Refreshed) -> Self {
        let expires_at = Wall(shape.expires_at.0);
        Self::Refreshed { reference: number(shape.r#ref), expires_at }
    }
}

#[derive(Deserialize)]
struct Typing {
    conversation: ConversationId,
    user: UserId,
}

impl From<Typing> for Frame {
    fn from(Typing { conversation, user }: Typing) -> Self {
        Self::Typing { conversation, user }
    }
}

#[derive(Deserialize)]
struct PresenceShape {
    r#ref: Option<Number>,
    users: Vec<Presence>,
}

impl From<PresenceShape> for Frame {
    fn from(shape: PresenceShape) -> Self {
        Self::Presence { reference: number(shape.r#ref), users: shape.users }
    }
}

#[derive(Deserialize)]
struct Pong {
    r#ref: Option<Number>,
}

#[derive(Deserialize)]
struct Unsubscribed {
    r#ref: Option<Number>,
    conversation: ConversationId,
}

#[derive(Deserialize)]
struct Sent {
    r#ref: Option<Number>,
    id: Text<MessageId>,
    conversation: ConversationId,
    epoch: Epoch,
    seq: Number,
    received_at: Number,
    duplicate: bool,
}

impl From<Sent> for Frame {
    fn from(shape: Sent) -> Self {
        Self::Sent {
            reference: number(shape.r#ref),
            id: shape.id.0,
            conversation: shape.conversation,
            epoch: shape.epoch,
            seq: Seq(shape.seq.0),
            received_at: Wall(shape.received_at.0),
            duplicate: shape.duplicate,
        }
    }
}

#[derive(Deserialize)]
struct Subscribed {
    r#ref: Option<Number>,
    conversation: ConversationId,
    epoch: Epoch,
    recovered: bool,
    next: Number,
    head: Number,
}

impl From<Subscribed> for Frame {
    fn from(shape: Subscribed) -> Self {
        Self::Subscribed {
            reference: number(shape.r#ref),
            conversation: shape.conversation,
            epoch: shape.epoch,
            recovered: shape.recovered,
            next: Seq(shape.next.0),
            head: Seq(shape.head.0),
        }
    }
}

#[derive(Deserialize)]
struct ProblemShape {
    r#ref: Option<Number>,
    id: Option<Text<MessageId>>,
    conversation: Option<ConversationId>,
    code: Text<Code>,
    detail: String,
    retry: RetryShape,
    retry_after_ms: Option<u32>,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum RetryShape {
    Now,
    After,
    Never,
}

impl ProblemShape {
    fn frame(self) -> Result<Frame, String> {
        let retry = match (self.retry, self.retry_after_ms) {
            (RetryShape::Now, _) => Retry::Now,
            (RetryShape::Never, _) => Retry::Never,
            (RetryShape::After, Some(ms)) => Retry::After(ms),
            (RetryShape::After, None) => {
                return Err("`retry` is \"after\", and `retry_after_ms` is missing".to_owned());
            }
        };
        Ok(Frame::Problem(Problem {
            reference: number(self.r#ref),
            id: self.id.map(|Text(id)| id),
            conversation: self.conversation,
            code: self.code.0,
            detail: self.detail,
            retry,
        }))
    }
}
