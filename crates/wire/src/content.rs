//! The fields of a message's content, as commands and frames have them: those it has not are absent.

use model::{Body, Content, Line, LineError, Member, Profile, Reaction, Role, Seq, UserId};
use serde::{Deserialize, Serialize};

use crate::shape::Number;

/// Content as JSON fields. `kind` is only written in frames: of a command it is the type.
#[derive(Debug, Default, Serialize)]
pub(crate) struct ContentShape<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    kind: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    target: Option<Seq>,
    #[serde(skip_serializing_if = "Option::is_none")]
    body: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reply_to: Option<Seq>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reaction: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    on: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    topic: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    public: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    members: Option<Vec<MemberShape<'a>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    by: Option<Seq>,
    #[serde(skip_serializing_if = "Option::is_none")]
    first: Option<Seq>,
}

/// A member and their role.
#[derive(Debug, Serialize)]
pub(crate) struct MemberShape<'a> {
    user: &'a str,
    role: &'static str,
}

impl<'a> From<&'a Member> for MemberShape<'a> {
    fn from(member: &'a Member) -> Self {
        Self { user: member.user.as_str(), role: member.role.name() }
    }
}

/// The name of "no member".
pub(crate) const NO_ROLE: &str = "none";

impl<'a> ContentShape<'a> {
    /// Of a command.
    pub(crate) fn of(content: &'a Content) -> Self {
        let none = Self::default();
        match content {
            Content::Text { body, reply_to } => {
                Self { body: Some(body.as_str()), reply_to: *reply_to, ..none }
            }
            Content::Edit { target, body } => {
                Self { target: Some(*target), body: Some(body.as_str()), ..none }
            }
            Content::Delete { target } => Self { target: Some(*target), ..none },
            Content::React { target, reaction, on } => Self {
                target: Some(*target),
                reaction: Some(reaction.as_str()),
                on: Some(*on),
                ..none
            },
            Content::Create { profile, members } => Self {
                members: Some(members.iter().map(MemberShape::from).collect()),
                ..Self::profile(profile)
            },
            Content::Member { user, role } => Self {
                user: Some(user.as_str()),
                role: Some(role.map_or(NO_ROLE, Role::name)),
                ..none
            },
            Content::Describe { profile } => Self::profile(profile),
            Content::Expire { first } => Self { first: Some(*first), ..none },
            Content::Erase { user } => Self { user: Some(user.as_str()), ..none },
            Content::Gone { by } => Self { by: Some(*by), ..none },
        }
    }

    /// Of a frame, which says the kind of what is no text.
    pub(crate) fn of_message(content: &'a Content) -> Self {
        Self { kind: kind_of(content), ..Self::of(content) }
    }

    /// Of a profile alone.
    pub(crate) fn profile(profile: &'a Profile) -> Self {
        Self {
            name: Some(profile.name.as_str()),
            topic: Some(profile.topic.as_str()),
            public: Some(profile.public),
            ..Self::default()
        }
    }
}

const fn kind_of(content: &Content) -> Option<&'static str> {
    match content {
        Content::Text { .. } => None,
        Content::Edit { .. } => Some("edit"),
        Content::Delete { .. } => Some("delete"),
        Content::React { .. } => Some("react"),
        Content::Create { .. } => Some("create"),
        Content::Member { .. } => Some("member"),
        Content::Describe { .. } => Some("describe"),
        Content::Expire { .. } => Some("expire"),
        Content::Erase { .. } => Some("erase"),
        Content::Gone { .. } => Some("gone"),
    }
}

/// The same fields of a frame that is read.
#[derive(Debug, Default)]
pub(crate) struct ContentFields {
    pub(crate) kind: Option<String>,
    pub(crate) target: Option<Number>,
    pub(crate) body: Option<Body>,
    pub(crate) reply_to: Option<Number>,
    pub(crate) reaction: Option<Reaction>,
    pub(crate) on: Option<bool>,
    pub(crate) name: Option<String>,
    pub(crate) topic: Option<String>,
    pub(crate) public: Option<bool>,
    pub(crate) members: Option<Vec<MemberFields>>,
    pub(crate) user: Option<UserId>,
    pub(crate) role: Option<String>,
    pub(crate) by: Option<Number>,
    pub(crate) first: Option<Number>,
}

/// A member in a frame that is read.
#[derive(Debug, Deserialize)]
pub(crate) struct MemberFields {
    user: UserId,
    role: String,
}

impl MemberFields {
    pub(crate) fn member(self) -> Result<Member, String> {
        Ok(Member { user: self.user, role: role(&self.role)? })
    }
}

pub(crate) fn role(name: &str) -> Result<Role, String> {
    Role::of_name(name).ok_or_else(|| format!("`role` is {name:?}, which is no role"))
}

fn need<T>(name: &str, field: Option<T>) -> Result<T, String> {
    field.ok_or_else(|| format!("missing field `{name}`"))
}

pub(crate) fn line<const MOST: usize>(name: &str, text: &str) -> Result<Line<MOST>, String> {
    Line::new(text).map_err(|why: LineError| format!("`{name}`: {why}"))
}

impl ContentFields {
    /// What they say.
    pub(crate) fn content(self) -> Result<Content, String> {
        let target = |field: Option<Number>| need("target", field).map(|Number(seq)| Seq(seq));
        match self.kind.as_deref() {
            None => {
                let reply_to = self.reply_to.map(|Number(seq)| Seq(seq));
                Ok(Content::Text { body: need("body", self.body)?, reply_to })
            }
            Some("edit") => {
                Ok(Content::Edit { target: target(self.target)?, body: need("body", self.body)? })
            }
            Some("delete") => Ok(Content::Delete { target: target(self.target)? }),
            Some("react") => Ok(Content::React {
                target: target(self.target)?,
                reaction: need("reaction", self.reaction)?,
                on: need("on", self.on)?,
            }),
            Some("create") => {
                let profile = profile(self.name, self.topic, self.public)?;
                let members = need("members", self.members)?;
                let members = members.into_iter().map(MemberFields::member);
                Ok(Content::Create { profile, members: members.collect::<Result<_, _>>()? })
            }
            Some("member") => {
                let name = need("role", self.role)?;
                let role = if name == NO_ROLE { None } else { Some(role(&name)?) };
                Ok(Content::Member { user: need("user", self.user)?, role })
            }
            Some("describe") => {
                Ok(Content::Describe { profile: profile(self.name, self.topic, self.public)? })
            }
            Some("expire") => {
                need("first", self.first).map(|Number(seq)| Content::Expire { first: Seq(seq) })
            }
            Some("erase") => Ok(Content::Erase { user: need("user", self.user)? }),
            Some("gone") => need("by", self.by).map(|Number(seq)| Content::Gone { by: Seq(seq) }),
            Some(other) => Err(format!("`kind` is {other:?}, which this client does not know")),
        }
    }
}

/// A profile in a frame that is read.
pub(crate) fn profile(
    name: Option<String>,
    topic: Option<String>,
    public: Option<bool>,
) -> Result<Profile, String> {
    Ok(Profile {
        name: line("name", &need("name", name)?)?,
        topic: line("topic", &need("topic", topic)?)?,
        public: need("public", public)?,
    })
}
