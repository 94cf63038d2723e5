//! Values of the rows: postcard of private structs. Stored: never change one without a new
//! [`VERSION`](crate::VERSION).

use model::bounds::PARTITIONS;
use model::{
    BatchNo, Body, BodyHash, Content, ConversationId, InstanceId, Line, Member, Message, MessageId,
    Ordinal, Profile, Reaction, RecordNo, Role, Seq, UserId, Wall,
};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::{Cursor, Found, Head};

#[derive(Serialize, Deserialize)]
struct StoredMessage<'a> {
    ordinal: u64,
    sender: &'a str,
    instance: u64,
    counter: u64,
    #[serde(borrow)]
    content: StoredContent<'a>,
    lamport: u64,
    seen_seq: u64,
    sent_at: u64,
    received_at: u64,
}

/// The order of the variants is stored.
#[derive(Serialize, Deserialize)]
enum StoredContent<'a> {
    Text(&'a str),
    Reply(u64, &'a str),
    Edit(u64, &'a str),
    Delete(u64),
    React(u64, &'a str, bool),
    Create(StoredProfile<'a>, #[serde(borrow)] Vec<(&'a str, u8)>),
    /// The role 0 is no member.
    Member(&'a str, u8),
    Describe(StoredProfile<'a>),
    /// Here stood a text; by what it went.
    Gone(u64),
    Expire(u64),
    Erase(&'a str),
}

#[derive(Serialize, Deserialize)]
struct StoredProfile<'a> {
    name: &'a str,
    topic: &'a str,
    public: bool,
}

#[derive(Serialize, Deserialize)]
struct StoredId {
    seq: u64,
    body_hash: [u8; 16],
    received_at: u64,
}

#[derive(Serialize, Deserialize)]
struct StoredHead {
    next_seq: u64,
    next_ordinal: u64,
    first: u64,
}

#[derive(Serialize, Deserialize)]
struct StoredCursor {
    batch: u64,
    records: Vec<u64>,
}

/// Appends what is stored of a message; its conversation and seq are in the key. `received_at` is
/// the stamp of its batch, whatever the message says.
pub(crate) fn message_into(message: &Message, received_at: Wall, out: Vec<u8>) -> Vec<u8> {
    let stored = StoredMessage {
        ordinal: message.ordinal.0,
        sender: message.sender.as_str(),
        instance: message.id.instance.0,
        counter: message.id.counter,
        content: StoredContent::of(&message.content),
        lamport: message.lamport,
        seen_seq: message.seen_seq.0,
        sent_at: message.sent_at.0,
        received_at: received_at.0,
    };
    encode(&stored, out)
}

pub(crate) fn message(conversation: &ConversationId, seq: Seq, bytes: &[u8]) -> Option<Message> {
    let stored: StoredMessage<'_> = decode(bytes)?;
    Some(Message {
        conversation: conversation.clone(),
        seq,
        ordinal: Ordinal(stored.ordinal),
        sender: UserId::new(stored.sender).ok()?,
        id: MessageId { instance: InstanceId(stored.instance), counter: stored.counter },
        content: stored.content.content()?,
        lamport: stored.lamport,
        seen_seq: Seq(stored.seen_seq),
        sent_at: Wall(stored.sent_at),
        received_at: Wall(stored.received_at),
    })
}

impl<'a> StoredContent<'a> {
    fn of(content: &'a Content) -> Self {
        match content {
            Content::Text { body, reply_to: None } => Self::Text(body.as_str()),
            Content::Text { body, reply_to: Some(target) } => Self::Reply(target.0, body.as_str()),
            Content::Edit { target, body } => Self::Edit(target.0, body.as_str()),
            Content::Delete { target } => Self::Delete(target.0),
            Content::React { target, reaction, on } => {
                Self::React(target.0, reaction.as_str(), *on)
            }
            Content::Create { profile, members } => {
                let member = |member: &'a Member| (member.user.as_str(), member.role.stored());
                Self::Create(StoredProfile::of(profile), members.iter().map(member).collect())
            }
            Content::Member { user, role } => {
                Self::Member(user.as_str(), role.map_or(0, Role::stored))
            }
            Content::Describe { profile } => Self::Describe(StoredProfile::of(profile)),
            Content::Gone { by } => Self::Gone(by.0),
            Content::Expire { first } => Self::Expire(first.0),
            Content::Erase { user } => Self::Erase(user.as_str()),
        }
    }

    fn content(self) -> Option<Content> {
        Some(match self {
            Self::Text(body) => Content::from(Body::new(body).ok()?),
            Self::Reply(target, body) => {
                Content::Text { body: Body::new(body).ok()?, reply_to: Some(Seq(target)) }
            }
            Self::Edit(target, body) => {
                Content::Edit { target: Seq(target), body: Body::new(body).ok()? }
            }
            Self::Delete(target) => Content::Delete { target: Seq(target) },
            Self::React(target, reaction, on) => {
                let reaction = Reaction::new(reaction).ok()?;
                Content::React { target: Seq(target), reaction, on }
            }
            Self::Create(profile, members) => {
                let member = |(user, role)| {
                    Some(Member { user: UserId::new(user).ok()?, role: Role::of_stored(role)? })
                };
                let members = members.into_iter().map(member).collect::<Option<_>>()?;
                Content::Create { profile: profile.profile()?, members }
            }
            Self::Member(user, 0) => Content::Member { user: UserId::new(user).ok()?, role: None },
            Self::Member(user, role) => {
                let role = Some(Role::of_stored(role)?);
                Content::Member { user: UserId::new(user).ok()?, role }
            }
            Self::Describe(profile) => Content::Describe { profile: profile.profile()? },
            Self::Gone(by) => Content::Gone { by: Seq(by) },
            Self::Expire(first) => Content::Expire { first: Seq(first) },
            Self::Erase(user) => Content::Erase { user: UserId::new(user).ok()? },
        })
    }
}

impl<'a> StoredProfile<'a> {
    fn of(profile: &'a Profile) -> Self {
        let Profile { name, topic, public } = profile;
        Self { name: name.as_str(), topic: topic.as_str(), public: *public }
    }

    fn profile(self) -> Option<Profile> {
        let (name, topic) = (Line::new(self.name).ok()?, Line::new(self.topic).ok()?);
        Some(Profile { name, topic, public: self.public })
    }
}

pub(crate) fn id_into(found: &Found, out: Vec<u8>) -> Vec<u8> {
    let stored = StoredId {
        seq: found.seq.0,
        body_hash: found.body.0.to_le_bytes(),
        received_at: found.received_at.0,
    };
    encode(&stored, out)
}

pub(crate) fn id(bytes: &[u8]) -> Option<Found> {
    let stored: StoredId = decode(bytes)?;
    Some(Found {
        seq: Seq(stored.seq),
        body: BodyHash(u128::from_le_bytes(stored.body_hash)),
        received_at: Wall(stored.received_at),
    })
}

pub(crate) fn head_into(head: &Head, out: Vec<u8>) -> Vec<u8> {
    let stored = StoredHead {
        next_seq: head.next_seq.0,
        next_ordinal: head.next_ordinal.0,
        first: head.first.0,
    };
    encode(&stored, out)
}

pub(crate) fn head(bytes: &[u8]) -> Option<Head> {
    let stored: StoredHead = decode(bytes)?;
    Some(Head {
        next_seq: Seq(stored.next_seq),
        next_ordinal: Ordinal(stored.next_ordinal),
        first: Seq(stored.first),
    })
}

pub(crate) fn seq_into(seq: Seq, out: Vec<u8>) -> Vec<u8> {
    encode(&seq.0, out)
}

pub(crate) fn seq(bytes: &[u8]) -> Option<Seq> {
    decode(bytes).map(Seq)
}

pub(crate) fn cursor_into(cursor: &Cursor, out: Vec<u8>) -> Vec<u8> {
    let records = cursor.records.iter().map(|record| record.0).collect();
    encode(&StoredCursor { batch: cursor.batch.0, records }, out)
}

pub(crate) fn cursor(bytes: &[u8]) -> Option<Cursor> {
    let stored: StoredCursor = decode(bytes)?;
    let records: Box<[u64; PARTITIONS as usize]> = stored.records.try_into().ok()?;
    Some(Cursor { batch: BatchNo(stored.batch), records: Box::new(records.map(RecordNo)) })
}

pub(crate) fn encode<T: Serialize>(value: &T, out: Vec<u8>) -> Vec<u8> {
    postcard::to_extend(value, out).expect("writing into memory cannot fail")
}

/// All of `bytes` as one value, or nothing.
fn decode<'a, T: Deserialize<'a>>(bytes: &'a [u8]) -> Option<T> {
    match postcard::take_from_bytes(bytes) {
        Ok((value, [])) => Some(value),
        Ok(_) | Err(_) => None,
    }
}

/// As [`decode`], of what borrows nothing.
pub(crate) fn decode_owned<T: DeserializeOwned>(bytes: &[u8]) -> Option<T> {
    decode(bytes)
}

#[cfg(test)]
mod tests;
