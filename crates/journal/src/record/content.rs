//! What a message is, as bytes, where it is not only a body: `docs/formats.md`, "Content".

use bytes::{Buf, BufMut};
use model::bounds::CREATE_MEMBERS_MAX;
use model::{Body, Content, Line, Member, Profile, Reaction, Role, Seq};

use super::decode::{short, text, user};
use super::{put_name, put_text};
use crate::layout::Malformed;

/// What it is. Stored: never reuse a number.
const TEXT: u8 = 1;
const EDIT: u8 = 2;
const DELETE: u8 = 3;
const REACT: u8 = 4;
const CREATE: u8 = 5;
const MEMBER: u8 = 6;
const DESCRIBE: u8 = 7;
const EXPIRE: u8 = 8;
const ERASE: u8 = 9;

/// The author of a `create`, and those it names besides.
const MEMBERS_MAX: usize = CREATE_MEMBERS_MAX + 1;

pub(super) fn encoded_len(content: &Content) -> usize {
    let name = |name: &str| 1 + name.len();
    let text = |text: &str| 2 + text.len();
    let profile = |p: &Profile| text(p.name.as_str()) + text(p.topic.as_str()) + 1;
    1 + match content {
        Content::Text { body, .. } | Content::Edit { body, .. } => 8 + text(body.as_str()),
        Content::Delete { .. } | Content::Expire { .. } | Content::Gone { .. } => 8,
        Content::React { reaction, .. } => 8 + name(reaction.as_str()) + 1,
        Content::Create { profile: about, members } => {
            let member = |member: &Member| name(member.user.as_str()) + 1;
            profile(about) + 1 + members.iter().map(member).sum::<usize>()
        }
        Content::Member { user, .. } => name(user.as_str()) + 1,
        Content::Describe { profile: about } => profile(about),
        Content::Erase { user } => name(user.as_str()),
    }
}

pub(super) fn put(content: &Content, out: &mut Vec<u8>) {
    match content {
        Content::Text { body, reply_to } => {
            out.put_u8(TEXT);
            out.put_u64_le(reply_to.map_or(0, |seq| seq.0));
            put_text(body.as_str(), out);
        }
        Content::Edit { target, body } => {
            out.put_u8(EDIT);
            out.put_u64_le(target.0);
            put_text(body.as_str(), out);
        }
        Content::Delete { target } => {
            out.put_u8(DELETE);
            out.put_u64_le(target.0);
        }
        Content::React { target, reaction, on } => {
            out.put_u8(REACT);
            out.put_u64_le(target.0);
            put_name(reaction.as_str(), out);
            out.put_u8(u8::from(*on));
        }
        Content::Create { profile, members } => {
            out.put_u8(CREATE);
            put_profile(profile, out);
            assert!(members.len() <= MEMBERS_MAX, "{} members", members.len());
            out.put_u8(u8::try_from(members.len()).expect("MEMBERS_MAX fits a byte"));
            for Member { user, role } in members {
                put_name(user.as_str(), out);
                out.put_u8(role.stored());
            }
        }
        Content::Member { user, role } => {
            out.put_u8(MEMBER);
            put_name(user.as_str(), out);
            out.put_u8(role.map_or(0, Role::stored));
        }
        Content::Describe { profile } => {
            out.put_u8(DESCRIBE);
            put_profile(profile, out);
        }
        Content::Expire { first } => {
            out.put_u8(EXPIRE);
            out.put_u64_le(first.0);
        }
        Content::Erase { user } => {
            out.put_u8(ERASE);
            put_name(user.as_str(), out);
        }
        Content::Gone { .. } => panic!("`gone` is a view's word: no journal has it"),
    }
}

fn put_profile(profile: &Profile, out: &mut Vec<u8>) {
    put_text(profile.name.as_str(), out);
    put_text(profile.topic.as_str(), out);
    out.put_u8(u8::from(profile.public));
}

pub(super) fn content(bytes: &mut &[u8]) -> Result<Content, Malformed> {
    match bytes.try_get_u8()? {
        TEXT => {
            let reply_to = Some(Seq(bytes.try_get_u64_le()?)).filter(|seq| seq.0 > 0);
            Ok(Content::Text { body: body(bytes)?, reply_to })
        }
        EDIT => Ok(Content::Edit { target: seq(bytes)?, body: body(bytes)? }),
        DELETE => Ok(Content::Delete { target: seq(bytes)? }),
        REACT => Ok(Content::React {
            target: seq(bytes)?,
            reaction: Reaction::new(short(bytes)?).map_err(|_| Malformed("not a reaction"))?,
            on: flag(bytes)?,
        }),
        CREATE => {
            let profile = profile(bytes)?;
            let count = usize::from(bytes.try_get_u8()?);
            if count > MEMBERS_MAX {
                return Err(Malformed("more members than one `create` may have"));
            }
            let mut members = Vec::new();
            for _ in 0..count {
                let user = user(bytes)?;
                let role = role(bytes)?.ok_or(Malformed("a member without a role"))?;
                members.push(Member { user, role });
            }
            Ok(Content::Create { profile, members })
        }
        MEMBER => Ok(Content::Member { user: user(bytes)?, role: role(bytes)? }),
        DESCRIBE => Ok(Content::Describe { profile: profile(bytes)? }),
        EXPIRE => Ok(Content::Expire { first: seq(bytes)? }),
        ERASE => Ok(Content::Erase { user: user(bytes)? }),
        _ => Err(Malformed("content of a kind that this version does not know")),
    }
}

pub(super) fn body(bytes: &mut &[u8]) -> Result<Body, Malformed> {
    Body::new(long(bytes)?).map_err(|_| Malformed("not a body"))
}

fn long<'a>(bytes: &mut &'a [u8]) -> Result<&'a str, Malformed> {
    let length = usize::from(bytes.try_get_u16_le()?);
    text(bytes, length)
}

fn seq(bytes: &mut &[u8]) -> Result<Seq, Malformed> {
    Ok(Seq(bytes.try_get_u64_le()?))
}

fn flag(bytes: &mut &[u8]) -> Result<bool, Malformed> {
    match bytes.try_get_u8()? {
        0 => Ok(false),
        1 => Ok(true),
        _ => Err(Malformed("neither yes nor no")),
    }
}

/// `None` is 0: no member.
fn role(bytes: &mut &[u8]) -> Result<Option<Role>, Malformed> {
    match bytes.try_get_u8()? {
        0 => Ok(None),
        number => Role::of_stored(number).map(Some).ok_or(Malformed("a role that does not exist")),
    }
}

fn profile(bytes: &mut &[u8]) -> Result<Profile, Malformed> {
    Ok(Profile { name: line(bytes)?, topic: line(bytes)?, public: flag(bytes)? })
}

fn line<const MOST: usize>(bytes: &mut &[u8]) -> Result<Line<MOST>, Malformed> {
    Line::new(long(bytes)?).map_err(|_| Malformed("not a line"))
}
