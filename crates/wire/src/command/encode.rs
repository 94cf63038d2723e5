//! From a command to the text of its frame.

use model::{Epoch, InstanceId, MessageId, Position, ReadFrom, Seq, Wall};
use serde::{Serialize, Serializer};

use super::{Command, SubscribeFrom};
use crate::shape::Text;

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum Shape<'a> {
    Hello {
        #[serde(rename = "ref", skip_serializing_if = "Option::is_none")]
        reference: Option<u64>,
        user: &'a str,
        device: &'a str,
        instance: Text<InstanceId>,
    },
    Send {
        #[serde(rename = "ref", skip_serializing_if = "Option::is_none")]
        reference: Option<u64>,
        id: Text<MessageId>,
        conversation: &'a str,
        body: &'a str,
        lamport: u64,
        seen_seq: Seq,
        sent_at: Wall,
    },
    Subscribe {
        #[serde(rename = "ref", skip_serializing_if = "Option::is_none")]
        reference: Option<u64>,
        conversation: &'a str,
        from: FromShape,
    },
    Unsubscribe {
        #[serde(rename = "ref", skip_serializing_if = "Option::is_none")]
        reference: Option<u64>,
        conversation: &'a str,
    },
    Ack {
        conversation: &'a str,
        epoch: Epoch,
        seq: Seq,
    },
    Read {
        #[serde(rename = "ref", skip_serializing_if = "Option::is_none")]
        reference: Option<u64>,
        conversation: &'a str,
        #[serde(serialize_with = "read_from")]
        from: ReadFrom,
        limit: u32,
    },
    Ping {
        #[serde(rename = "ref", skip_serializing_if = "Option::is_none")]
        reference: Option<u64>,
    },
}

#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum FromShape {
    Start,
    Cursor,
    Last(u64),
    After { epoch: Epoch, seq: Seq },
}

fn read_from<S: Serializer>(from: &ReadFrom, to: S) -> Result<S::Ok, S::Error> {
    match from {
        ReadFrom::Seq(seq) => seq.serialize(to),
        ReadFrom::Latest => to.serialize_str("latest"),
    }
}

impl From<SubscribeFrom> for FromShape {
    fn from(from: SubscribeFrom) -> Self {
        match from {
            SubscribeFrom::Start => Self::Start,
            SubscribeFrom::Cursor => Self::Cursor,
            SubscribeFrom::Last(messages) => Self::Last(messages),
            SubscribeFrom::After(Position { epoch, seq }) => Self::After { epoch, seq },
        }
    }
}

impl<'a> Shape<'a> {
    pub(super) fn of(command: &'a Command) -> Self {
        match *command {
            Command::Hello { reference, ref user, ref device, instance } => Self::Hello {
                reference,
                user: user.as_str(),
                device: device.as_str(),
                instance: Text(instance),
            },
            Command::Send { reference, ref post } => Self::Send {
                reference,
                id: Text(post.id),
                conversation: post.conversation.as_str(),
                body: post.body.as_str(),
                lamport: post.lamport,
                seen_seq: post.seen_seq,
                sent_at: post.sent_at,
            },
            Command::Subscribe { reference, ref conversation, from } => Self::Subscribe {
                reference,
                conversation: conversation.as_str(),
                from: from.into(),
            },
            Command::Unsubscribe { reference, ref conversation } => {
                Self::Unsubscribe { reference, conversation: conversation.as_str() }
            }
            Command::Ack { ref conversation, position: Position { epoch, seq } } => {
                Self::Ack { conversation: conversation.as_str(), epoch, seq }
            }
            Command::Read { reference, ref conversation, from, limit } => {
                Self::Read { reference, conversation: conversation.as_str(), from, limit }
            }
            Command::Ping { reference } => Self::Ping { reference },
        }
    }
}
