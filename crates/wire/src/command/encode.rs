//! From a command to the text of its frame.

use model::{
    Content, ConversationId, Epoch, InstanceId, Kind, Member, MessageId, Position, ReadFrom, Seq,
    UserId, Wall,
};
use serde::{Serialize, Serializer};

use super::{Birth, Command, New, Post, Proof, SubscribeFrom};
use crate::content::ContentShape;
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
        #[serde(skip_serializing_if = "Option::is_none")]
        token: Option<&'a str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        ticket: Option<&'a str>,
    },
    Send(PostShape<'a>),
    Edit(PostShape<'a>),
    Delete(PostShape<'a>),
    React(PostShape<'a>),
    Create(BirthShape<'a>),
    Member(PostShape<'a>),
    Describe(PostShape<'a>),
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
    Mark {
        conversation: &'a str,
        epoch: Epoch,
        seq: Seq,
    },
    List {
        #[serde(rename = "ref", skip_serializing_if = "Option::is_none")]
        reference: Option<u64>,
        #[serde(skip_serializing_if = "Option::is_none")]
        after: Option<&'a str>,
        limit: u32,
    },
    Members {
        #[serde(rename = "ref", skip_serializing_if = "Option::is_none")]
        reference: Option<u64>,
        conversation: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        after: Option<&'a str>,
        limit: u32,
    },
    Typing {
        conversation: &'a str,
    },
    Watch {
        #[serde(rename = "ref", skip_serializing_if = "Option::is_none")]
        reference: Option<u64>,
        users: &'a [UserId],
    },
    Refresh {
        #[serde(rename = "ref", skip_serializing_if = "Option::is_none")]
        reference: Option<u64>,
        token: &'a str,
    },
    Ping {
        #[serde(rename = "ref", skip_serializing_if = "Option::is_none")]
        reference: Option<u64>,
    },
}

/// What takes a sequence number: its stamp, and the fields of its content.
#[derive(Serialize)]
pub(super) struct PostShape<'a> {
    #[serde(rename = "ref", skip_serializing_if = "Option::is_none")]
    reference: Option<u64>,
    id: Text<MessageId>,
    conversation: &'a str,
    #[serde(flatten)]
    content: ContentShape<'a>,
    lamport: u64,
    seen_seq: Seq,
    sent_at: Wall,
}

/// A conversation that is to be made: it has no name yet.
#[derive(Serialize)]
pub(super) struct BirthShape<'a> {
    #[serde(rename = "ref", skip_serializing_if = "Option::is_none")]
    reference: Option<u64>,
    id: Text<MessageId>,
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    with: Option<&'a UserId>,
    #[serde(flatten)]
    profile: ContentShape<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    members: Option<Vec<&'a UserId>>,
    lamport: u64,
    sent_at: Wall,
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

impl<'a> PostShape<'a> {
    fn new(reference: Option<u64>, post: &'a Post) -> Self {
        Self {
            reference,
            id: Text(post.id),
            conversation: post.conversation.as_str(),
            content: ContentShape::of(&post.content),
            lamport: post.lamport,
            seen_seq: post.seen_seq,
            sent_at: post.sent_at,
        }
    }
}

impl<'a> BirthShape<'a> {
    fn new(reference: Option<u64>, birth: &'a Birth) -> Self {
        let (kind, with, profile, members) = match &birth.what {
            New::Direct(with) => (Kind::Direct, Some(with), None, None),
            New::Group(profile, users) => (Kind::Group, None, Some(profile), Some(users)),
            New::Channel(profile, users) => (Kind::Channel, None, Some(profile), Some(users)),
        };
        Self {
            reference,
            id: Text(birth.id),
            kind: kind.name(),
            with,
            profile: profile.map(ContentShape::profile).unwrap_or_default(),
            members: members.map(|users| users.iter().collect()),
            lamport: birth.lamport,
            sent_at: birth.sent_at,
        }
    }

    /// Of a post that makes a conversation: its author stands first among the members.
    fn of_post(reference: Option<u64>, post: &'a Post) -> Self {
        let (profile, members) = if let Content::Create { profile, members } = &post.content {
            (Some(profile), members.as_slice())
        } else {
            (None, [].as_slice())
        };
        let mut others = members.iter().skip(1).map(|Member { user, .. }| user);
        let kind = post.conversation.kind();
        let direct = kind == Kind::Direct;
        Self {
            reference,
            id: Text(post.id),
            kind: kind.name(),
            with: if direct { others.next() } else { None },
            profile: profile.filter(|_| !direct).map(ContentShape::profile).unwrap_or_default(),
            members: (!direct).then(|| others.collect()),
            lamport: post.lamport,
            sent_at: post.sent_at,
        }
    }
}

impl<'a> Shape<'a> {
    fn post(reference: Option<u64>, post: &'a Post) -> Self {
        let shape = PostShape::new(reference, post);
        match &post.content {
            // No client says one of the last three.
            Content::Text { .. }
            | Content::Expire { .. }
            | Content::Erase { .. }
            | Content::Gone { .. } => Self::Send(shape),
            Content::Edit { .. } => Self::Edit(shape),
            Content::Delete { .. } => Self::Delete(shape),
            Content::React { .. } => Self::React(shape),
            Content::Create { .. } => Self::Create(BirthShape::of_post(reference, post)),
            Content::Member { .. } => Self::Member(shape),
            Content::Describe { .. } => Self::Describe(shape),
        }
    }

    pub(super) fn of(command: &'a Command) -> Self {
        match *command {
            Command::Hello { reference, ref user, ref device, instance, ref proof } => {
                let (token, ticket) = match proof {
                    None => (None, None),
                    Some(Proof::Token(token)) => (Some(token.as_str()), None),
                    Some(Proof::Ticket(ticket)) => (None, Some(ticket.as_str())),
                };
                Self::Hello {
                    reference,
                    user: user.as_str(),
                    device: device.as_str(),
                    instance: Text(instance),
                    token,
                    ticket,
                }
            }
            Command::Send { reference, ref post } => Self::post(reference, post),
            Command::Create { reference, ref birth } => {
                Self::Create(BirthShape::new(reference, birth))
            }
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
            Command::Mark { ref conversation, position: Position { epoch, seq } } => {
                Self::Mark { conversation: conversation.as_str(), epoch, seq }
            }
            Command::List { reference, ref after, limit } => {
                Self::List { reference, after: after.as_ref().map(ConversationId::as_str), limit }
            }
            Command::Members { reference, ref conversation, ref after, limit } => Self::Members {
                reference,
                conversation: conversation.as_str(),
                after: after.as_ref().map(UserId::as_str),
                limit,
            },
            Command::Typing { ref conversation } => {
                Self::Typing { conversation: conversation.as_str() }
            }
            Command::Watch { reference, ref users } => Self::Watch { reference, users },
            Command::Refresh {
                reference,
                token: Proof::Token(ref token) | Proof::Ticket(ref token),
            } => Self::Refresh { reference, token },
            Command::Ping { reference } => Self::Ping { reference },
        }
    }
}
