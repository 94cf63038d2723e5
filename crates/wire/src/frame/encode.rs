//! From what the server says to the text of a frame, borrowing: a body is copied once, into the text.

use std::collections::BTreeMap;

use model::{
    Change, ConversationId, Counted, Epoch, InstanceId, Listed, Message, MessageId, Ordinal,
    Profile, Retry, Seq, UserId, Wall,
};
use serde::Serialize;

use super::{Frame, Presence};
use crate::Problem;
use crate::content::{ContentShape, MemberShape};
use crate::shape::Text;

#[expect(clippy::large_enum_variant, reason = "it lives for one encoding, on the stack")]
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum Shape<'a> {
    Welcome {
        #[serde(rename = "ref", skip_serializing_if = "Option::is_none")]
        reference: Option<u64>,
        heartbeat_ms: u32,
        #[serde(skip_serializing_if = "Option::is_none")]
        expires_at: Option<Wall>,
    },
    Sent {
        #[serde(rename = "ref", skip_serializing_if = "Option::is_none")]
        reference: Option<u64>,
        id: Text<MessageId>,
        conversation: &'a str,
        epoch: Epoch,
        seq: Seq,
        received_at: Wall,
        duplicate: bool,
    },
    Subscribed {
        #[serde(rename = "ref", skip_serializing_if = "Option::is_none")]
        reference: Option<u64>,
        conversation: &'a str,
        epoch: Epoch,
        recovered: bool,
        next: Seq,
        head: Seq,
    },
    Message {
        conversation: &'a str,
        epoch: Epoch,
        #[serde(flatten)]
        message: MessageShape<'a>,
    },
    Page {
        #[serde(rename = "ref", skip_serializing_if = "Option::is_none")]
        reference: Option<u64>,
        conversation: &'a str,
        epoch: Epoch,
        first: Seq,
        head: Seq,
        as_of: Seq,
        messages: Vec<MessageShape<'a>>,
    },
    Conversations {
        #[serde(rename = "ref", skip_serializing_if = "Option::is_none")]
        reference: Option<u64>,
        conversations: Vec<ListedShape<'a>>,
    },
    Members {
        #[serde(rename = "ref", skip_serializing_if = "Option::is_none")]
        reference: Option<u64>,
        conversation: &'a str,
        count: u32,
        members: Vec<MemberShape<'a>>,
    },
    Typing {
        conversation: &'a str,
        user: &'a str,
    },
    Presence {
        #[serde(rename = "ref", skip_serializing_if = "Option::is_none")]
        reference: Option<u64>,
        users: &'a [Presence],
    },
    Refreshed {
        #[serde(rename = "ref", skip_serializing_if = "Option::is_none")]
        reference: Option<u64>,
        expires_at: Wall,
    },
    Unsubscribed {
        #[serde(rename = "ref", skip_serializing_if = "Option::is_none")]
        reference: Option<u64>,
        conversation: &'a str,
    },
    Pong {
        #[serde(rename = "ref", skip_serializing_if = "Option::is_none")]
        reference: Option<u64>,
    },
    Problem {
        #[serde(rename = "ref", skip_serializing_if = "Option::is_none")]
        reference: Option<u64>,
        #[serde(skip_serializing_if = "Option::is_none")]
        id: Option<Text<MessageId>>,
        #[serde(skip_serializing_if = "Option::is_none")]
        conversation: Option<&'a str>,
        code: &'a str,
        detail: &'a str,
        retry: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        retry_after_ms: Option<u32>,
    },
}

#[derive(Serialize)]
pub(super) struct MessageShape<'a> {
    seq: Seq,
    ordinal: Ordinal,
    id: Text<MessageId>,
    sender: &'a str,
    #[serde(flatten)]
    content: ContentShape<'a>,
    lamport: (u64, Text<InstanceId>),
    seen_seq: Seq,
    sent_at: Wall,
    received_at: Wall,
    #[serde(skip_serializing_if = "Option::is_none")]
    edited: Option<EditedShape<'a>>,
    #[serde(skip_serializing_if = "<[Counted]>::is_empty")]
    reactions: &'a [Counted],
}

#[derive(Serialize)]
struct EditedShape<'a> {
    seq: Seq,
    body: &'a str,
}

#[derive(Serialize)]
pub(super) struct ListedShape<'a> {
    conversation: &'a str,
    role: &'static str,
    name: &'a str,
    topic: &'a str,
    public: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    with: Option<&'a str>,
    members: u32,
    epoch: Epoch,
    head: Seq,
    ordinal: Ordinal,
    read_seq: Seq,
    unread: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    last: Option<MessageShape<'a>>,
}

impl<'a> From<&'a Message> for MessageShape<'a> {
    fn from(message: &'a Message) -> Self {
        Self {
            seq: message.seq,
            ordinal: message.ordinal,
            id: Text(message.id),
            sender: message.sender.as_str(),
            content: ContentShape::of_message(&message.content),
            lamport: (message.lamport, Text(message.id.instance)),
            seen_seq: message.seen_seq,
            sent_at: message.sent_at,
            received_at: message.received_at,
            edited: None,
            reactions: &[],
        }
    }
}

impl<'a> MessageShape<'a> {
    fn changed(message: &'a Message, change: Option<&&'a Change>) -> Self {
        let Some(Change { edited, reactions, .. }) = change else { return message.into() };
        let edited =
            edited.as_ref().map(|(seq, body)| EditedShape { seq: *seq, body: body.as_str() });
        Self { edited, reactions, ..message.into() }
    }
}

impl<'a> From<&'a Listed> for ListedShape<'a> {
    fn from(listed: &'a Listed) -> Self {
        let Profile { name, topic, public } = &listed.profile;
        Self {
            conversation: listed.conversation.as_str(),
            role: listed.role.name(),
            name: name.as_str(),
            topic: topic.as_str(),
            public: *public,
            with: listed.with.as_ref().map(UserId::as_str),
            members: listed.members,
            epoch: listed.standing.epoch,
            head: listed.standing.head,
            ordinal: listed.standing.ordinal,
            read_seq: listed.read_seq,
            unread: listed.unread,
            last: listed.last.as_ref().map(MessageShape::from),
        }
    }
}

impl<'a> Shape<'a> {
    pub(super) fn message(epoch: Epoch, message: &'a Message) -> Self {
        Self::Message {
            conversation: message.conversation.as_str(),
            epoch,
            message: message.into(),
        }
    }

    fn problem(problem: &'a Problem) -> Self {
        let (retry, retry_after_ms) = match problem.retry {
            Retry::Now => ("now", None),
            Retry::After(ms) => ("after", Some(ms)),
            Retry::Never => ("never", None),
        };
        Self::Problem {
            reference: problem.reference,
            id: problem.id.map(Text),
            conversation: problem.conversation.as_ref().map(ConversationId::as_str),
            code: problem.code.text(),
            detail: &problem.detail,
            retry,
            retry_after_ms,
        }
    }

    pub(super) fn of(frame: &'a Frame) -> Self {
        match *frame {
            Frame::Welcome { reference, heartbeat_ms, expires_at } => {
                Self::Welcome { reference, heartbeat_ms, expires_at }
            }
            Frame::Sent { reference, id, ref conversation, epoch, seq, received_at, duplicate } => {
                Self::Sent {
                    reference,
                    id: Text(id),
                    conversation: conversation.as_str(),
                    epoch,
                    seq,
                    received_at,
                    duplicate,
                }
            }
            Frame::Subscribed { reference, ref conversation, epoch, recovered, next, head } => {
                let conversation = conversation.as_str();
                Self::Subscribed { reference, conversation, epoch, recovered, next, head }
            }
            Frame::Message { epoch, ref message } => Self::message(epoch, message),
            Frame::Page {
                reference,
                ref conversation,
                epoch,
                first,
                head,
                ref messages,
                ref changes,
                as_of,
            } => {
                let changes: BTreeMap<Seq, &Change> =
                    changes.iter().map(|change| (change.seq, change)).collect();
                let shape = |message: &'a Message| {
                    MessageShape::changed(message, changes.get(&message.seq))
                };
                Self::Page {
                    reference,
                    conversation: conversation.as_str(),
                    epoch,
                    first,
                    head,
                    as_of,
                    messages: messages.iter().map(shape).collect(),
                }
            }
            Frame::Conversations { reference, ref conversations } => Self::Conversations {
                reference,
                conversations: conversations.iter().map(ListedShape::from).collect(),
            },
            Frame::Members { reference, ref conversation, count, ref members } => Self::Members {
                reference,
                conversation: conversation.as_str(),
                count,
                members: members.iter().map(MemberShape::from).collect(),
            },
            Frame::Typing { ref conversation, ref user } => {
                Self::Typing { conversation: conversation.as_str(), user: user.as_str() }
            }
            Frame::Presence { reference, ref users } => Self::Presence { reference, users },
            Frame::Refreshed { reference, expires_at } => Self::Refreshed { reference, expires_at },
            Frame::Unsubscribed { reference, ref conversation } => {
                Self::Unsubscribed { reference, conversation: conversation.as_str() }
            }
            Frame::Pong { reference } => Self::Pong { reference },
            Frame::Problem(ref problem) => Self::problem(problem),
        }
    }
}
