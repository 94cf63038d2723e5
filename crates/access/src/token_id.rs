//! The name of one token.

use std::fmt;

use crate::bounds::TOKEN_ID_MAX_BYTES;

/// The id of a token (`jti`; RFC 7519, 4.1.7): one word of visible ASCII, so that a line of the
/// list of revocations can name it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TokenId(Box<str>);

impl TokenId {
    /// An id, if the text is one: 1 to [`TOKEN_ID_MAX_BYTES`] visible characters of ASCII.
    pub fn new(text: &str) -> Option<Self> {
        let visible = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic());
        (visible && text.len() <= TOKEN_ID_MAX_BYTES).then(|| Self(text.into()))
    }

    /// Of 128 random bits.
    pub fn random(dice: u128) -> Self {
        Self(format!("{dice:032x}").into())
    }

    /// The text of it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for TokenId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for TokenId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
