//! What a token may do in which conversations.

use std::str::FromStr;

use model::ConversationId;

use crate::bounds::PATTERNS_MAX;
use crate::error::PatternError;

/// Something one may do in a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Permission {
    /// Subscribe, and read pages.
    Read,
    /// Say something, and change what one said.
    Send,
}

impl Permission {
    /// All there are.
    pub const ALL: [Self; 2] = [Self::Read, Self::Send];

    /// As it stands in a token.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Send => "send",
        }
    }

    /// What stands in a token; `None` is one that is not known here, and allows nothing.
    pub fn named(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|permission| permission.as_str() == text)
    }
}

/// Which conversations: `*` (all), a prefix and `*`, or one name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Pattern {
    /// Every conversation.
    All,
    /// Those whose names begin so.
    Prefix(ConversationId),
    /// This one.
    Name(ConversationId),
}

impl Pattern {
    fn fits(&self, conversation: &ConversationId) -> bool {
        match self {
            Self::All => true,
            Self::Prefix(prefix) => conversation.as_str().starts_with(prefix.as_str()),
            Self::Name(name) => conversation == name,
        }
    }
}

impl FromStr for Pattern {
    type Err = PatternError;

    fn from_str(text: &str) -> Result<Self, PatternError> {
        match text.strip_suffix('*') {
            Some("") => Ok(Self::All),
            Some(prefix) if !prefix.contains('*') => Ok(Self::Prefix(ConversationId::new(prefix)?)),
            None if !text.contains('*') => Ok(Self::Name(ConversationId::new(text)?)),
            _ => Err(PatternError::Star),
        }
    }
}

impl std::fmt::Display for Pattern {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::All => f.write_str("*"),
            Self::Prefix(prefix) => write!(f, "{prefix}*"),
            Self::Name(name) => write!(f, "{name}"),
        }
    }
}

/// What is allowed where. Whatever no pattern allows is forbidden; where several fit, each adds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Capabilities(Vec<(Pattern, Vec<Permission>)>);

impl Capabilities {
    /// Everything, everywhere.
    pub fn everything() -> Self {
        Self(vec![(Pattern::All, Permission::ALL.to_vec())])
    }

    /// Nothing, nowhere.
    pub fn nothing() -> Self {
        Self::default()
    }

    /// These, and what is allowed where this pattern fits.
    ///
    /// # Errors
    /// [`PatternError::TooMany`]: [`PATTERNS_MAX`] are there already.
    pub fn with(mut self, pattern: Pattern, may: Vec<Permission>) -> Result<Self, PatternError> {
        if self.0.len() == PATTERNS_MAX {
            return Err(PatternError::TooMany);
        }
        self.0.push((pattern, may));
        Ok(self)
    }

    /// These, and what a text such as `lobby-*=read,send` allows.
    ///
    /// # Errors
    /// [`PatternError`]: it is not written so, or one pattern too many.
    pub fn with_text(self, text: &str) -> Result<Self, PatternError> {
        let form = |why| PatternError::Form { why };
        let (pattern, may) = text.rsplit_once('=').ok_or(form("there is no ="))?;
        let unknown = form("only read and send may be allowed");
        let may: Option<Vec<Permission>> = may.split(',').map(Permission::named).collect();
        self.with(pattern.parse()?, may.ok_or(unknown)?)
    }

    /// Whether this is allowed there.
    pub fn allow(&self, conversation: &ConversationId, what: Permission) -> bool {
        self.0.iter().any(|(pattern, may)| may.contains(&what) && pattern.fits(conversation))
    }

    pub(crate) fn entries(&self) -> &[(Pattern, Vec<Permission>)] {
        &self.0
    }
}
