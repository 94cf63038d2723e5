//! What a client says.

use std::fmt;

use model::{
    Content, ConversationId, DeviceId, Draft, InstanceId, Member, MessageId, Position, Profile,
    ReadFrom, Role, Seq, UserId, Wall,
};

use self::encode::Shape;
use crate::shape::json;
use crate::{About, binary};

mod decode;
mod encode;

pub use decode::{decode_binary_command, decode_command, is_json_object};

/// What a client says. `reference` is a number of its choice that comes back with the answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Who I am. First on every connection; answered by `Welcome`.
    Hello {
        /// Comes back with the answer.
        reference: Option<u64>,
        /// Who.
        user: UserId,
        /// On which of their devices.
        device: DeviceId,
        /// As which of its lives.
        instance: InstanceId,
        /// What shows that it is so.
        proof: Option<Proof>,
    },
    /// Say something, or change what was said or who is there. Answered by `Sent` or `Problem`, with
    /// its id.
    Send {
        /// Comes back with the answer.
        reference: Option<u64>,
        /// What.
        post: Post,
    },
    /// Make a governed conversation. Answered as `Send` is.
    Create {
        /// Comes back with the answer.
        reference: Option<u64>,
        /// What.
        birth: Birth,
    },
    /// Follow a conversation. Answered by `Subscribed`, then `Message`s; a second one replaces the first.
    Subscribe {
        /// Comes back with the answer.
        reference: Option<u64>,
        /// Which.
        conversation: ConversationId,
        /// From where.
        from: SubscribeFrom,
    },
    /// Follow it no longer. Answered by `Unsubscribed`.
    Unsubscribe {
        /// Comes back with the answer.
        reference: Option<u64>,
        /// Which.
        conversation: ConversationId,
    },
    /// Everything of this subscription up to here is with the device for good. Not answered.
    Ack {
        /// Which conversation.
        conversation: ConversationId,
        /// Up to where.
        position: Position,
    },
    /// Read. Answered by `Page`.
    Read {
        /// Comes back with the answer.
        reference: Option<u64>,
        /// Which conversation.
        conversation: ConversationId,
        /// From where.
        from: ReadFrom,
        /// At most so many: 1 to [`PAGE_MAX_MESSAGES`](model::bounds::PAGE_MAX_MESSAGES).
        limit: u32,
    },
    /// The user has read everything up to here, on whatever device. Not answered.
    Mark {
        /// Which conversation.
        conversation: ConversationId,
        /// Up to where.
        position: Position,
    },
    /// Which governed conversations am I a member of? Answered by `Conversations`.
    List {
        /// Comes back with the answer.
        reference: Option<u64>,
        /// Only those after this one, by name.
        after: Option<ConversationId>,
        /// At most so many: 1 to [`PAGE_MAX_MESSAGES`](model::bounds::PAGE_MAX_MESSAGES).
        limit: u32,
    },
    /// Who is in it? Answered by `Members`.
    Members {
        /// Comes back with the answer.
        reference: Option<u64>,
        /// Which conversation.
        conversation: ConversationId,
        /// Only those after this one, by name.
        after: Option<UserId>,
        /// At most so many: 1 to [`PAGE_MAX_MESSAGES`](model::bounds::PAGE_MAX_MESSAGES).
        limit: u32,
    },
    /// The user types there. Not answered.
    Typing {
        /// Where.
        conversation: ConversationId,
    },
    /// Are these users there? Answered by `Presence`, now and at every change.
    Watch {
        /// Comes back with the first answer.
        reference: Option<u64>,
        /// Who; at most [`WATCHED_MAX`](crate::WATCHED_MAX). Those watched before are not any more.
        users: Vec<UserId>,
    },
    /// A new token for this connection. Answered by `Refreshed`.
    Refresh {
        /// Comes back with the answer.
        reference: Option<u64>,
        /// It.
        token: Proof,
    },
    /// Are you there? Answered by `Pong`.
    Ping {
        /// Comes back with the answer.
        reference: Option<u64>,
    },
}

/// What shows who one is. Never printed by `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub enum Proof {
    /// A token.
    Token(String),
    /// A ticket of `POST /v1/connect`.
    Ticket(String),
}

impl fmt::Debug for Proof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Token(_) => "Token(secret)",
            Self::Ticket(_) => "Ticket(secret)",
        })
    }
}

/// A governed conversation that is to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Birth {
    /// Under which id it is made.
    pub id: MessageId,
    /// What is made.
    pub what: New,
    /// Counter of the Lamport stamp.
    pub lamport: u64,
    /// When, by the author's clock.
    pub sent_at: Wall,
}

/// What is made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum New {
    /// With this user.
    Direct(UserId),
    /// With these members besides the author, who owns it.
    Group(Profile, Vec<UserId>),
    /// With these readers besides the author, who owns it.
    Channel(Profile, Vec<UserId>),
}

impl Birth {
    /// The post that makes it, said by this user.
    pub fn into_post(self, author: &UserId) -> Post {
        let Self { id, what, lamport, sent_at } = self;
        let all = |first: Role, role: Role, others: Vec<UserId>| {
            let author_first = Member { user: author.clone(), role: first };
            let mut members = vec![author_first];
            for user in others {
                if members.iter().all(|member| member.user != user) {
                    members.push(Member { user, role });
                }
            }
            members
        };
        let (conversation, profile, members) = match what {
            New::Direct(with) => (
                ConversationId::direct(author, &with),
                Profile::default(),
                all(Role::Member, Role::Member, vec![with]),
            ),
            New::Group(profile, others) => {
                (ConversationId::group(id), profile, all(Role::Owner, Role::Member, others))
            }
            New::Channel(profile, others) => {
                (ConversationId::channel(id), profile, all(Role::Owner, Role::Reader, others))
            }
        };
        let content = Content::Create { profile, members };
        Post { id, conversation, content, lamport, seen_seq: Seq(0), sent_at }
    }
}

/// A message as its author says it: a [`Draft`] without its sender, whom the connection knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Post {
    /// Under which id.
    pub id: MessageId,
    /// Where.
    pub conversation: ConversationId,
    /// What.
    pub content: Content,
    /// Counter of the Lamport stamp.
    pub lamport: u64,
    /// The last sequence number of this conversation the author had seen; 0 = none.
    pub seen_seq: Seq,
    /// When, by the author's clock.
    pub sent_at: Wall,
}

/// Where a subscription begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SubscribeFrom {
    /// Everything.
    Start,
    /// After what this user's device has acknowledged.
    Cursor,
    /// The last so many messages.
    Last(u64),
    /// After a position.
    After(Position),
}

impl Post {
    /// The draft it is, said by this user.
    pub fn into_draft(self, sender: UserId) -> Draft {
        let Self { id, conversation, content, lamport, seen_seq, sent_at } = self;
        Draft { conversation, sender, id, content, lamport, seen_seq, sent_at }
    }
}

impl From<&Draft> for Post {
    fn from(draft: &Draft) -> Self {
        Self {
            id: draft.id,
            conversation: draft.conversation.clone(),
            content: draft.content.clone(),
            lamport: draft.lamport,
            seen_seq: draft.seen_seq,
            sent_at: draft.sent_at,
        }
    }
}

impl Command {
    /// The same under another reference; what is not answered has none.
    #[must_use]
    pub fn with_reference(mut self, number: u64) -> Self {
        match &mut self {
            Self::Hello { reference, .. }
            | Self::Send { reference, .. }
            | Self::Create { reference, .. }
            | Self::Subscribe { reference, .. }
            | Self::Unsubscribe { reference, .. }
            | Self::Read { reference, .. }
            | Self::List { reference, .. }
            | Self::Members { reference, .. }
            | Self::Watch { reference, .. }
            | Self::Refresh { reference, .. }
            | Self::Ping { reference } => *reference = Some(number),
            Self::Ack { .. } | Self::Mark { .. } | Self::Typing { .. } => {}
        }
        self
    }

    /// What an answer to it refers to.
    pub fn about(&self) -> About {
        let of = |reference: &Option<u64>, conversation: Option<&ConversationId>| About {
            reference: *reference,
            id: None,
            conversation: conversation.cloned(),
        };
        match self {
            Self::Send { reference, post } => {
                About { id: Some(post.id), ..of(reference, Some(&post.conversation)) }
            }
            Self::Create { reference, birth } => {
                About { id: Some(birth.id), ..of(reference, None) }
            }
            Self::Subscribe { reference, conversation, .. }
            | Self::Unsubscribe { reference, conversation }
            | Self::Read { reference, conversation, .. }
            | Self::Members { reference, conversation, .. } => of(reference, Some(conversation)),
            Self::Hello { reference, .. }
            | Self::List { reference, .. }
            | Self::Watch { reference, .. }
            | Self::Refresh { reference, .. }
            | Self::Ping { reference } => of(reference, None),
            Self::Ack { conversation, .. }
            | Self::Mark { conversation, .. }
            | Self::Typing { conversation } => of(&None, Some(conversation)),
        }
    }

    /// The text of the frame.
    pub fn encode(&self) -> String {
        json(&Shape::of(self))
    }

    /// The frame in MessagePack.
    pub fn encode_binary(&self) -> Vec<u8> {
        binary::write(&Shape::of(self))
    }
}
