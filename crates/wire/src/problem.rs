//! What was not done, why, and whether asking again can help.

use std::fmt;
use std::str::FromStr;

use model::{ConversationId, MessageId, Refusal, Retry};

/// Something was not done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The command's `ref`, if it had one that could be read.
    pub reference: Option<u64>,
    /// The message's id, if it is about one.
    pub id: Option<MessageId>,
    /// The conversation, if it is about one.
    pub conversation: Option<ConversationId>,
    /// What kind of problem, for programs.
    pub code: Code,
    /// What was wrong, with which value, and what to do: for people.
    pub detail: String,
    /// When asking again can help.
    pub retry: Retry,
}

/// What an answer is about.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct About {
    /// The command's `ref`.
    pub reference: Option<u64>,
    /// The message's id.
    pub id: Option<MessageId>,
    /// The conversation.
    pub conversation: Option<ConversationId>,
}

macro_rules! codes {
    ($($(#[$doc:meta])* $code:ident = $text:literal,)*) => {
        /// What kind of problem. The texts are the protocol: they never change.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Code {
            $($(#[$doc])* $code,)*
            /// One that this version does not know: act on `retry`.
            Other,
        }

        impl Code {
            /// All that the protocol names.
            pub const ALL: &[Self] = &[$(Self::$code),*];

            /// Its text in a frame.
            pub const fn text(self) -> &'static str {
                match self {
                    $(Self::$code => $text,)*
                    Self::Other => "other",
                }
            }
        }
    };
}

codes! {
    /// Too much is waiting; the detail names the bound.
    Busy = "busy",
    /// The journal has no room; reading goes on.
    DiskFull = "disk_full",
    /// Nobody knows whether it was done: send the same id again.
    OutcomeUnknown = "outcome_unknown",
    /// This id was given to something else.
    IdempotencyConflict = "idempotency_conflict",
    /// The id is so old that nobody knows any more whether it was said.
    Expired = "expired",
    /// The Lamport counter is too far above the highest the server has journaled.
    LamportJump = "lamport_jump",
    /// `seen_seq` lies above the last durable message.
    SeenAhead = "seen_ahead",
    /// Not a frame of this protocol; the detail says which field and why.
    BadFrame = "bad_frame",
    /// The id's instance is not the one of `hello`.
    BadId = "bad_id",
    /// The first frame was not `hello`.
    NoHello = "no_hello",
    /// An `ack` for a conversation that this connection does not follow, or beyond what it was sent.
    NotSubscribed = "not_subscribed",
    /// The limit of subscriptions of a connection.
    TooManySubscriptions = "too_many_subscriptions",
    /// There is no such conversation, or this user is no member of it.
    NotFound = "not_found",
    /// This user's role does not allow it; the detail names the role that does.
    Forbidden = "forbidden",
    /// What it speaks of is no text, or not theirs to change.
    NoSuchMessage = "no_such_message",
    /// The conversation is there already.
    Exists = "exists",
    /// A conversation keeps an owner.
    LastOwner = "last_owner",
    /// The limit of members of a conversation.
    TooManyMembers = "too_many_members",
    /// No token, or one that is not accepted; the detail says why.
    Unauthorized = "unauthorized",
    /// More commands in a second than the limit.
    RateLimited = "rate_limited",
}

impl Code {
    /// The status that a problem of this kind has over HTTP (RFC 9110).
    pub const fn status(self) -> u16 {
        match self {
            Self::Unauthorized => 401,
            Self::Forbidden => 403,
            Self::NotFound | Self::NoSuchMessage => 404,
            Self::IdempotencyConflict | Self::Exists | Self::LastOwner | Self::SeenAhead => 409,
            Self::TooManyMembers | Self::TooManySubscriptions | Self::LamportJump => 422,
            Self::Expired => 410,
            Self::RateLimited => 429,
            Self::Busy | Self::DiskFull | Self::OutcomeUnknown => 503,
            Self::BadFrame | Self::BadId | Self::NoHello | Self::NotSubscribed | Self::Other => 400,
        }
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}

impl FromStr for Code {
    type Err = std::convert::Infallible;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self::ALL.iter().copied().find(|code| code.text() == text).unwrap_or(Self::Other))
    }
}

impl Problem {
    /// A problem that asking again does not mend.
    pub fn never(about: About, code: Code, detail: impl Into<String>) -> Self {
        let About { reference, id, conversation } = about;
        let detail = detail.into();
        Self { reference, id, conversation, code, detail, retry: Retry::Never }
    }
}

impl From<(About, Refusal)> for Problem {
    fn from((about, refusal): (About, Refusal)) -> Self {
        let retry = refusal.retry();
        let mut about = about;
        let (code, detail) = match refusal {
            Refusal::Busy { bound, retry_after_ms } => (
                Code::Busy,
                format!("the bound {bound:?} is reached: try again after {retry_after_ms} ms"),
            ),
            Refusal::DiskFull => (
                Code::DiskFull,
                "the journal has no room on its disk: nothing was done; reading goes on".to_owned(),
            ),
            Refusal::OutcomeUnknown => (
                Code::OutcomeUnknown,
                "nobody knows whether it was done: send the same again, under the same id"
                    .to_owned(),
            ),
            Refusal::IdempotencyConflict { id, seq } => (
                Code::IdempotencyConflict,
                format!(
                    "the id {id} was given to another body, which stands at {seq}: take a new id for a new message"
                ),
            ),
            Refusal::Expired { id } => (
                Code::Expired,
                format!(
                    "the id {id} is older than what is kept of this conversation: if it was said, it has expired; take a new id to say it again"
                ),
            ),
            Refusal::LamportJump { counter, most } => (
                Code::LamportJump,
                format!(
                    "the Lamport counter {counter} is too high: the most is {most}; count on from the highest received"
                ),
            ),
            Refusal::SeenAhead { seen_seq, head } => (
                Code::SeenAhead,
                format!(
                    "`seen_seq` {seen_seq} lies above the last durable message, {head}: no one can have seen it"
                ),
            ),
            Refusal::NotFound => (
                Code::NotFound,
                "there is no such conversation, or you are no member of it".to_owned(),
            ),
            Refusal::Forbidden { needs } => (
                Code::Forbidden,
                format!("your role does not allow it: it takes at least the role {needs}"),
            ),
            Refusal::NoSuchMessage { target } => (
                Code::NoSuchMessage,
                format!("{target} is not the sequence number of a text that you may speak of so"),
            ),
            Refusal::Exists { conversation } => {
                let detail = format!("the conversation {conversation} is there already: use it");
                about.conversation = Some(conversation);
                (Code::Exists, detail)
            }
            Refusal::LastOwner => (
                Code::LastOwner,
                "nobody would own the conversation any more: make another one owner first"
                    .to_owned(),
            ),
            Refusal::TooManyMembers { most } => (
                Code::TooManyMembers,
                format!("the conversation has {most} members, the most there may be"),
            ),
        };
        Self { retry, ..Self::never(about, code, detail) }
    }
}
