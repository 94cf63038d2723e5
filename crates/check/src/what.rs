//! What a message is, as one text: equal texts mean the same, whoever wrote them down. Of a plain
//! text it is the text itself; of everything else a spelling that no client can say by accident.

use std::fmt::Write as _;

use model::{ConversationId, MessageId, UserId};
use serde::Deserialize;

/// The fields of a message's content, in commands and in frames.
#[derive(Debug, Clone, Default, Deserialize)]
pub(crate) struct Fields {
    pub kind: Option<String>,
    pub body: Option<String>,
    pub reply_to: Option<u64>,
    pub target: Option<u64>,
    pub reaction: Option<String>,
    pub on: Option<bool>,
    pub user: Option<String>,
    pub role: Option<String>,
    pub name: Option<String>,
    pub topic: Option<String>,
    pub public: Option<bool>,
    pub with: Option<String>,
    pub by: Option<u64>,
    pub first: Option<u64>,
}

/// Who says what the house itself says.
pub(crate) const KEEPER: &str = ":keeper";

/// What a message is, as far as rules ask.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum What {
    Text {
        body: String,
        reply_to: Option<u64>,
    },
    Edit {
        target: u64,
        body: String,
    },
    Delete {
        target: u64,
    },
    React {
        target: u64,
        reaction: String,
        on: bool,
    },
    Create {
        name: String,
        topic: String,
        public: bool,
        members: Vec<(String, String)>,
    },
    Member {
        user: String,
        role: String,
    },
    Describe {
        name: String,
        topic: String,
        public: bool,
    },
    /// A text that the event at `by` deleted.
    Gone {
        by: u64,
    },
    /// What stands below is gone.
    Expire {
        first: u64,
    },
    /// This user's texts below are gone.
    Erase {
        user: String,
    },
}

impl Fields {
    /// What they say, of this kind.
    pub(crate) fn what(self, kind: &str, members: Vec<(String, String)>) -> Result<What, String> {
        let missing = |name: &str| format!("missing field `{name}` of kind {kind}");
        let target = self.target.ok_or_else(|| missing("target"));
        let body = self.body.ok_or_else(|| missing("body"));
        match kind {
            "text" => Ok(What::Text { body: body?, reply_to: self.reply_to }),
            "edit" => Ok(What::Edit { target: target?, body: body? }),
            "delete" => Ok(What::Delete { target: target? }),
            "react" => Ok(What::React {
                target: target?,
                reaction: self.reaction.ok_or_else(|| missing("reaction"))?,
                on: self.on.unwrap_or(true),
            }),
            "create" => Ok(What::Create {
                name: self.name.unwrap_or_default(),
                topic: self.topic.unwrap_or_default(),
                public: self.public.unwrap_or(false),
                members,
            }),
            "member" => Ok(What::Member {
                user: self.user.ok_or_else(|| missing("user"))?,
                role: self.role.ok_or_else(|| missing("role"))?,
            }),
            "describe" => Ok(What::Describe {
                name: self.name.unwrap_or_default(),
                topic: self.topic.unwrap_or_default(),
                public: self.public.unwrap_or(false),
            }),
            "expire" => Ok(What::Expire { first: self.first.ok_or_else(|| missing("first"))? }),
            "erase" => Ok(What::Erase { user: self.user.ok_or_else(|| missing("user"))? }),
            "gone" => Ok(What::Gone { by: self.by.ok_or_else(|| missing("by"))? }),
            other => Err(format!("kind {other:?} is none of the protocol's")),
        }
    }
}

/// The conversation that a `create` makes, and who is in it from the beginning.
pub(crate) fn born(
    kind: &str,
    id: MessageId,
    author: &str,
    with: Option<&str>,
    others: &[String],
) -> Option<(String, Vec<(String, String)>)> {
    let (conversation, first, rest) = match kind {
        "group" => (ConversationId::group(id), "owner", "member"),
        "channel" => (ConversationId::channel(id), "owner", "reader"),
        "direct" => {
            let (one, other) = (UserId::new(author).ok()?, UserId::new(with?).ok()?);
            (ConversationId::direct(&one, &other), "member", "member")
        }
        _ => return None,
    };
    let mut members = vec![(author.to_owned(), first.to_owned())];
    for user in with.into_iter().chain(others.iter().map(String::as_str)) {
        if members.iter().all(|(known, _)| known != user) {
            members.push((user.to_owned(), rest.to_owned()));
        }
    }
    Some((conversation.to_string(), members))
}

impl What {
    pub(crate) const fn is_text(&self) -> bool {
        matches!(self, Self::Text { .. } | Self::Gone { .. })
    }

    /// The text it speaks of, to change it.
    pub(crate) const fn target(&self) -> Option<u64> {
        match self {
            Self::Edit { target, .. } | Self::Delete { target } | Self::React { target, .. } => {
                Some(*target)
            }
            Self::Text { .. }
            | Self::Create { .. }
            | Self::Member { .. }
            | Self::Describe { .. }
            | Self::Gone { .. }
            | Self::Expire { .. }
            | Self::Erase { .. } => None,
        }
    }

    /// Whether only the house says it.
    pub(crate) const fn is_of_the_house(&self) -> bool {
        matches!(self, Self::Expire { .. } | Self::Erase { .. })
    }

    /// Whether what was said so may be seen so: as it is, or without its words. Of a text that it is
    /// gone, of the edit of one that its text is.
    pub(crate) fn may_be(&self, seen: &Self) -> bool {
        match (self, seen) {
            (Self::Text { .. }, Self::Gone { .. }) => true,
            (Self::Edit { target, .. }, Self::Delete { target: gone }) => target == gone,
            (said, seen) => said == seen,
        }
    }

    /// Its name, if it is no text.
    pub(crate) const fn kind(&self) -> Option<&'static str> {
        match self {
            Self::Text { .. } | Self::Gone { .. } => None,
            Self::Edit { .. } => Some("edit"),
            Self::Delete { .. } => Some("delete"),
            Self::React { .. } => Some("react"),
            Self::Create { .. } => Some("create"),
            Self::Member { .. } => Some("member"),
            Self::Describe { .. } => Some("describe"),
            Self::Expire { .. } => Some("expire"),
            Self::Erase { .. } => Some("erase"),
        }
    }

    /// Short, for people; never what was said.
    pub(crate) fn shown(&self) -> String {
        let mut text = String::new();
        let _infallible = match self {
            Self::Text { body, .. } => write!(text, "a body of {} bytes", body.len()),
            Self::Edit { target, body } => {
                write!(text, "an edit of {target}, {} bytes", body.len())
            }
            Self::Delete { target } => write!(text, "a deletion of {target}"),
            Self::React { target, reaction, on } => write!(text, "{reaction} {on} of {target}"),
            Self::Create { members, .. } => write!(text, "a create with {} members", members.len()),
            Self::Member { user, role } => write!(text, "{user} as {role}"),
            Self::Describe { .. } => write!(text, "a description"),
            Self::Gone { by } => write!(text, "a text that {by} deleted"),
            Self::Expire { first } => write!(text, "what is below {first} expires"),
            Self::Erase { user } => write!(text, "{user} is erased"),
        };
        text
    }
}
