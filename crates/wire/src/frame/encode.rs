//! From what the server says to the text of a frame, borrowing: a body is copied once, into the text.

use model::{ConversationId, Epoch, InstanceId, Message, MessageId, Ordinal, Retry, Seq, Wall};
use serde::Serialize;

use super::Frame;
use crate::Problem;
use crate::shape::Text;

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum Shape<'a> {
    Welcome {
        #[serde(rename = "ref", skip_serializing_if = "Option::is_none")]
        reference: Option<u64>,
        heartbeat_ms: u32,
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
        messages: Vec<MessageShape<'a>>,
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
    body: &'a str,
    lamport: (u64, Text<InstanceId>),
    seen_seq: Seq,
    sent_at: Wall,
    received_at: Wall,
}

impl<'a> From<&'a Message> for MessageShape<'a> {
    fn from(message: &'a Message) -> Self {
        Self {
            seq: message.seq,
            ordinal: message.ordinal,
            id: Text(message.id),
            sender: message.sender.as_str(),
            body: message.body.as_str(),
            lamport: (message.lamport, Text(message.id.instance)),
            seen_seq: message.seen_seq,
            sent_at: message.sent_at,
            received_at: message.received_at,
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
            Frame::Welcome { reference, heartbeat_ms } => Self::Welcome { reference, heartbeat_ms },
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
            Frame::Page { reference, ref conversation, epoch, first, head, ref messages } => {
                Self::Page {
                    reference,
                    conversation: conversation.as_str(),
                    epoch,
                    first,
                    head,
                    messages: messages.iter().map(MessageShape::from).collect(),
                }
            }
            Frame::Unsubscribed { reference, ref conversation } => {
                Self::Unsubscribed { reference, conversation: conversation.as_str() }
            }
            Frame::Pong { reference } => Self::Pong { reference },
            Frame::Problem(ref problem) => Self::problem(problem),
        }
    }
}
