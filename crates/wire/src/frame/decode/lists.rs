//! Lists: of a user's conversations, and of a conversation's members.

use model::{ConversationId, Epoch, Listed, Ordinal, Seq, Standing, UserId};
use serde::Deserialize;

use super::messages::MessageShape;
use super::number;
use crate::Frame;
use crate::content::{MemberFields, profile, role};
use crate::shape::Number;

#[derive(Deserialize)]
pub(super) struct Members {
    r#ref: Option<Number>,
    conversation: ConversationId,
    count: u32,
    members: Vec<MemberFields>,
}

impl Members {
    pub(super) fn frame(self) -> Result<Frame, String> {
        let members = self.members.into_iter().map(MemberFields::member);
        Ok(Frame::Members {
            reference: number(self.r#ref),
            conversation: self.conversation,
            count: self.count,
            members: members.collect::<Result<_, _>>()?,
        })
    }
}

#[derive(Deserialize)]
pub(super) struct Conversations {
    r#ref: Option<Number>,
    conversations: Vec<ListedFields>,
}

impl Conversations {
    pub(super) fn frame(self) -> Result<Frame, String> {
        let conversations = self.conversations.into_iter().map(ListedFields::listed);
        Ok(Frame::Conversations {
            reference: number(self.r#ref),
            conversations: conversations.collect::<Result<_, _>>()?,
        })
    }
}

#[derive(Deserialize)]
struct ListedFields {
    conversation: ConversationId,
    role: String,
    name: Option<String>,
    topic: Option<String>,
    public: Option<bool>,
    with: Option<UserId>,
    members: u32,
    epoch: Epoch,
    head: Number,
    ordinal: Number,
    read_seq: Number,
    unread: Number,
    last: Option<MessageShape>,
}

impl ListedFields {
    fn listed(self) -> Result<Listed, String> {
        let last = match self.last {
            Some(last) => Some(last.message(self.conversation.clone())?.0),
            None => None,
        };
        Ok(Listed {
            role: role(&self.role)?,
            profile: profile(self.name, self.topic, self.public)?,
            with: self.with,
            members: self.members,
            standing: Standing {
                epoch: self.epoch,
                // A list does not say it.
                first: Seq(1),
                head: Seq(self.head.0),
                ordinal: Ordinal(self.ordinal.0),
            },
            read_seq: Seq(self.read_seq.0),
            unread: self.unread.0,
            last,
            conversation: self.conversation,
        })
    }
}
