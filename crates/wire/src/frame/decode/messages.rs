//! Messages, alone and in pages, with what became of them.

use model::{
    Body, Change, ConversationId, Counted, Epoch, InstanceId, Message, MessageId, Ordinal,
    Reaction, Seq, UserId, Wall,
};
use serde::Deserialize;

use super::number;
use crate::Frame;
use crate::content::{ContentFields, MemberFields};
use crate::shape::{Number, Text};

/// Of a `message` frame, or of a page, which names conversation and epoch once for all.
#[derive(Deserialize)]
pub(super) struct MessageShape {
    conversation: Option<ConversationId>,
    epoch: Option<Epoch>,
    seq: Number,
    ordinal: Number,
    id: Text<MessageId>,
    sender: UserId,
    // What `ContentFields` holds, spelled out: flattened, every field would be buffered.
    kind: Option<String>,
    target: Option<Number>,
    body: Option<Body>,
    reply_to: Option<Number>,
    reaction: Option<Reaction>,
    on: Option<bool>,
    name: Option<String>,
    topic: Option<String>,
    public: Option<bool>,
    members: Option<Vec<MemberFields>>,
    user: Option<UserId>,
    role: Option<String>,
    by: Option<Number>,
    first: Option<Number>,
    lamport: (Number, Text<InstanceId>),
    seen_seq: Number,
    sent_at: Number,
    received_at: Number,
    edited: Option<EditedFields>,
    reactions: Option<Vec<CountedFields>>,
}

#[derive(Deserialize)]
struct EditedFields {
    seq: Number,
    body: Body,
}

#[derive(Deserialize)]
struct CountedFields {
    reaction: Reaction,
    count: u32,
    me: bool,
}

impl MessageShape {
    /// With what became of it.
    pub(super) fn message(
        self,
        conversation: ConversationId,
    ) -> Result<(Message, Option<Change>), String> {
        let (Number(lamport), Text(instance)) = self.lamport;
        let Text(id) = self.id;
        if instance != id.instance {
            return Err(format!("`lamport` is of {instance}, but `id` is {id}"));
        }
        let seq = Seq(self.seq.0);
        let edited = self.edited.map(|edited| (Seq(edited.seq.0), edited.body));
        let counted = |fields: CountedFields| {
            let CountedFields { reaction, count, me } = fields;
            Counted { reaction, count, me }
        };
        let reactions: Vec<Counted> = self.reactions.into_iter().flatten().map(counted).collect();
        let changed = edited.is_some() || !reactions.is_empty();
        let change = changed.then_some(Change { seq, edited, reactions });
        let content = ContentFields {
            kind: self.kind,
            target: self.target,
            body: self.body,
            reply_to: self.reply_to,
            reaction: self.reaction,
            on: self.on,
            name: self.name,
            topic: self.topic,
            public: self.public,
            members: self.members,
            user: self.user,
            role: self.role,
            by: self.by,
            first: self.first,
        };
        let message = Message {
            conversation,
            seq,
            ordinal: Ordinal(self.ordinal.0),
            sender: self.sender,
            id,
            content: content.content()?,
            lamport,
            seen_seq: Seq(self.seen_seq.0),
            sent_at: Wall(self.sent_at.0),
            received_at: Wall(self.received_at.0),
        };
        Ok((message, change))
    }

    pub(super) fn frame(mut self) -> Result<Frame, String> {
        let conversation = self.conversation.take().ok_or("missing field `conversation`")?;
        let epoch = self.epoch.ok_or("missing field `epoch`")?;
        Ok(Frame::Message { epoch, message: self.message(conversation)?.0 })
    }
}

#[derive(Deserialize)]
pub(super) struct Page {
    r#ref: Option<Number>,
    conversation: ConversationId,
    epoch: Epoch,
    first: Number,
    head: Number,
    as_of: Number,
    messages: Vec<MessageShape>,
}

impl Page {
    pub(super) fn frame(self) -> Result<Frame, String> {
        let (mut messages, mut changes) = (Vec::new(), Vec::new());
        for shape in self.messages {
            let (message, change) = shape.message(self.conversation.clone())?;
            messages.push(message);
            changes.extend(change);
        }
        Ok(Frame::Page {
            reference: number(self.r#ref),
            epoch: self.epoch,
            first: Seq(self.first.0),
            head: Seq(self.head.0),
            as_of: Seq(self.as_of.0),
            messages,
            changes,
            conversation: self.conversation,
        })
    }
}
