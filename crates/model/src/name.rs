//! Names that people choose: conversations, users, devices.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::bounds::NAME_MAX_BYTES;

/// Whose data this is. Only [`TenantId::DEFAULT`] exists until tenants do; it is in ids and keys
/// from format version 1, so that nothing has to be rewritten then.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct TenantId(pub u16);

impl TenantId {
    /// The one tenant of today.
    pub const DEFAULT: Self = Self(0);
}

/// Why a text is not a name.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum NameError {
    /// No name at all.
    #[error("the name is empty: give 1 to {NAME_MAX_BYTES} of the characters a-z A-Z 0-9 . _ : -")]
    Empty,
    /// More bytes than [`NAME_MAX_BYTES`].
    #[error("the name has {bytes} bytes: the most is {NAME_MAX_BYTES}")]
    TooLong {
        /// How many it had.
        bytes: usize,
    },
    /// A character outside the alphabet.
    #[error("the name has the character {found:?}: only a-z A-Z 0-9 . _ : - may stand in a name")]
    BadCharacter {
        /// The first one that does not belong.
        found: char,
    },
}

fn check(text: &str) -> Result<(), NameError> {
    if text.is_empty() {
        return Err(NameError::Empty);
    }
    if text.len() > NAME_MAX_BYTES {
        return Err(NameError::TooLong { bytes: text.len() });
    }
    match text.chars().find(|&c| !(c.is_ascii_alphanumeric() || ".:_-".contains(c))) {
        Some(found) => Err(NameError::BadCharacter { found }),
        None => Ok(()),
    }
}

macro_rules! name {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        ///
        /// 1 to [`NAME_MAX_BYTES`] of the characters `a-z A-Z 0-9 . _ : -`. Cheap to clone.
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(Arc<str>);

        impl $name {
            /// A name, if the text is one.
            ///
            /// # Errors
            /// [`NameError`] when the text is empty, too long or has a character outside the alphabet.
            pub fn new(text: &str) -> Result<Self, NameError> {
                check(text)?;
                Ok(Self(text.into()))
            }

            /// The text of it.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = NameError;
            fn try_from(text: String) -> Result<Self, NameError> {
                Self::new(&text)
            }
        }

        impl From<$name> for String {
            fn from(name: $name) -> Self {
                name.0.as_ref().to_owned()
            }
        }

        impl std::str::FromStr for $name {
            type Err = NameError;
            fn from_str(text: &str) -> Result<Self, NameError> {
                Self::new(text)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

name! {
    /// Where people talk. Its messages have one total order.
    ConversationId
}
name! {
    /// Who talks, on however many devices.
    UserId
}
name! {
    /// One of a user's devices: how far it has acknowledged is kept for it.
    DeviceId
}

impl UserId {
    /// No user, but the house itself: what has to go by its rules goes by its word. Nobody may be
    /// called so.
    pub fn keeper() -> Self {
        Self(":keeper".into())
    }

    /// Whether a user may be called so: what begins with a colon is the house's own.
    pub fn is_free(&self) -> bool {
        !self.0.starts_with(':')
    }
}

impl DeviceId {
    /// No device, but how far its user has read, on whatever device. Nobody may be called so.
    pub fn read_mark() -> Self {
        Self(":read".into())
    }

    /// Whether a device may be called so: what begins with a colon is the house's own.
    pub fn is_free(&self) -> bool {
        !self.0.starts_with(':')
    }
}

#[cfg(test)]
mod tests;
