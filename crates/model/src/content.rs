//! What a message says, or does: everything that changes a conversation comes as one.
//!
//! Why so: `docs/adr/0007-everything-that-changes-a-conversation-is-a-message.md`.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::bounds::{PROFILE_NAME_MAX_BYTES, REACTION_MAX_BYTES, TOPIC_MAX_BYTES};
use crate::{Body, Role, Seq, UserId};

/// What a message is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Content {
    /// Something was said. Only this has an [`Ordinal`](crate::Ordinal) of its own.
    Text {
        /// What.
        body: Body,
        /// To which text it answers.
        reply_to: Option<Seq>,
    },
    /// The text at `target` now reads so. The highest sequence number wins.
    Edit {
        /// Which text.
        target: Seq,
        /// How it reads.
        body: Body,
    },
    /// The text at `target` is gone, for good.
    Delete {
        /// Which text.
        target: Seq,
    },
    /// Someone likes the text at `target`, or no longer.
    React {
        /// Which text.
        target: Seq,
        /// How.
        reaction: Reaction,
        /// Or no longer.
        on: bool,
    },
    /// A governed conversation begins: the first of its messages.
    Create {
        /// What it is called; empty of a direct one.
        profile: Profile,
        /// Who is in it from the beginning, its author among them; at most
        /// [`CREATE_MEMBERS_MAX`](crate::bounds::CREATE_MEMBERS_MAX) besides.
        members: Vec<Member>,
    },
    /// Someone comes, goes, or has another role from here on.
    Member {
        /// Who.
        user: UserId,
        /// As what; `None` = no member any more.
        role: Option<Role>,
    },
    /// It is called otherwise from here on.
    Describe {
        /// How.
        profile: Profile,
    },
    /// What stands below `first` is gone: the retention of the house. Only [`UserId::keeper`] says it.
    Expire {
        /// The lowest place that is left.
        first: Seq,
    },
    /// The texts of this user below this event are gone. Only [`UserId::keeper`] says it.
    Erase {
        /// Whose.
        user: UserId,
    },
    /// Here stood a text that the event at `by` deleted or erased. A view's word: nobody sends it, no
    /// journal has it.
    Gone {
        /// The deletion, or the erasing.
        by: Seq,
    },
}

/// A user, and as what they are in a conversation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    /// Who.
    pub user: UserId,
    /// As what.
    pub role: Role,
}

/// What a conversation is called, and who may join it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Profile {
    /// Its name for people: at most [`PROFILE_NAME_MAX_BYTES`] bytes of a line.
    pub name: Line<PROFILE_NAME_MAX_BYTES>,
    /// What it is about: at most [`TOPIC_MAX_BYTES`] bytes of a line.
    pub topic: Line<TOPIC_MAX_BYTES>,
    /// Whoever knows it may join.
    pub public: bool,
}

/// A text of one line, perhaps empty: no control characters. Cheap to clone.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Line<const MOST: usize>(Arc<str>);

/// How someone likes a text: 1 to [`REACTION_MAX_BYTES`] bytes, no space, no control character. Cheap
/// to clone.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Reaction(Arc<str>);

/// Why a text is no line, or no reaction.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum LineError {
    /// Nothing.
    #[error("it is empty: give 1 to {REACTION_MAX_BYTES} bytes")]
    Empty,
    /// Too many bytes.
    #[error("it has {bytes} bytes: the most is {most}")]
    TooLong {
        /// How many it had.
        bytes: usize,
        /// How many it may have.
        most: usize,
    },
    /// A character that may not stand there.
    #[error("it has the character {found:?}, which may not stand there")]
    BadCharacter {
        /// The first one.
        found: char,
    },
}

impl<const MOST: usize> Line<MOST> {
    /// A line, if the text is one.
    ///
    /// # Errors
    /// [`LineError`] when the text is too long or has a control character.
    pub fn new(text: &str) -> Result<Self, LineError> {
        if text.len() > MOST {
            return Err(LineError::TooLong { bytes: text.len(), most: MOST });
        }
        match text.chars().find(|c| c.is_control()) {
            Some(found) => Err(LineError::BadCharacter { found }),
            None => Ok(Self(text.into())),
        }
    }

    /// The text of it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<const MOST: usize> Default for Line<MOST> {
    fn default() -> Self {
        Self("".into())
    }
}

impl<const MOST: usize> TryFrom<String> for Line<MOST> {
    type Error = LineError;
    fn try_from(text: String) -> Result<Self, LineError> {
        Self::new(&text)
    }
}

impl<const MOST: usize> From<Line<MOST>> for String {
    fn from(line: Line<MOST>) -> Self {
        line.0.as_ref().to_owned()
    }
}

impl<const MOST: usize> fmt::Debug for Line<MOST> {
    /// Without the text, which is people's.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<{} bytes>", self.0.len())
    }
}

impl Reaction {
    /// A reaction, if the text is one.
    ///
    /// # Errors
    /// [`LineError`] when the text is empty, too long, or has a space or a control character.
    pub fn new(text: &str) -> Result<Self, LineError> {
        if text.is_empty() {
            return Err(LineError::Empty);
        }
        if text.len() > REACTION_MAX_BYTES {
            return Err(LineError::TooLong { bytes: text.len(), most: REACTION_MAX_BYTES });
        }
        match text.chars().find(|c| c.is_control() || c.is_whitespace()) {
            Some(found) => Err(LineError::BadCharacter { found }),
            None => Ok(Self(text.into())),
        }
    }

    /// The text of it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Reaction {
    type Error = LineError;
    fn try_from(text: String) -> Result<Self, LineError> {
        Self::new(&text)
    }
}

impl From<Reaction> for String {
    fn from(reaction: Reaction) -> Self {
        reaction.0.as_ref().to_owned()
    }
}

impl From<Body> for Content {
    /// Said, in answer to nothing.
    fn from(body: Body) -> Self {
        Self::Text { body, reply_to: None }
    }
}

impl Content {
    /// Whether it is counted among what was said.
    pub const fn is_text(&self) -> bool {
        matches!(self, Self::Text { .. } | Self::Gone { .. })
    }

    /// Whether only the house says it.
    pub const fn is_of_the_house(&self) -> bool {
        matches!(self, Self::Expire { .. } | Self::Erase { .. })
    }

    /// What it says, if it says something.
    pub const fn body(&self) -> Option<&Body> {
        match self {
            Self::Text { body, .. } | Self::Edit { body, .. } => Some(body),
            Self::Delete { .. }
            | Self::React { .. }
            | Self::Create { .. }
            | Self::Member { .. }
            | Self::Describe { .. }
            | Self::Expire { .. }
            | Self::Erase { .. }
            | Self::Gone { .. } => None,
        }
    }

    /// What readers see in its place when the event at `by` took its words: of a text that it is gone,
    /// of the edit of one that its text is. What has no words of its author's stays as it is.
    #[must_use]
    pub fn without_words(&self, by: Seq) -> Self {
        match self {
            Self::Text { .. } => Self::Gone { by },
            Self::Edit { target, .. } => Self::Delete { target: *target },
            Self::Delete { .. }
            | Self::React { .. }
            | Self::Create { .. }
            | Self::Member { .. }
            | Self::Describe { .. }
            | Self::Expire { .. }
            | Self::Erase { .. }
            | Self::Gone { .. } => self.clone(),
        }
    }

    /// The text it speaks of, if it speaks of one.
    pub const fn target(&self) -> Option<Seq> {
        match self {
            Self::Text { reply_to: target, .. } => *target,
            Self::Edit { target, .. } | Self::Delete { target } | Self::React { target, .. } => {
                Some(*target)
            }
            Self::Create { .. }
            | Self::Member { .. }
            | Self::Describe { .. }
            | Self::Expire { .. }
            | Self::Erase { .. }
            | Self::Gone { .. } => None,
        }
    }

    /// Bytes of the texts in it: what it weighs beside its own size.
    pub fn text_bytes(&self) -> usize {
        match self {
            Self::Text { body, .. } | Self::Edit { body, .. } => body.as_str().len(),
            Self::React { reaction, .. } => reaction.as_str().len(),
            Self::Create { profile, members } => {
                let user = |member: &Member| member.user.as_str().len() + size_of::<Member>();
                profile.text_bytes() + members.iter().map(user).sum::<usize>()
            }
            Self::Member { user, .. } | Self::Erase { user } => user.as_str().len(),
            Self::Describe { profile } => profile.text_bytes(),
            Self::Delete { .. } | Self::Expire { .. } | Self::Gone { .. } => 0,
        }
    }
}

impl Profile {
    /// Bytes of its texts.
    pub fn text_bytes(&self) -> usize {
        self.name.as_str().len() + self.topic.as_str().len()
    }
}

#[cfg(test)]
mod tests;
