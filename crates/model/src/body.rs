//! What was said.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::bounds::BODY_MAX_BYTES;

/// The text of a message: 1 to [`BODY_MAX_BYTES`] bytes of UTF-8. Cheap to clone; never printed by
/// `Debug`, so that it cannot slip into a log.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Body(Arc<str>);

/// Why a text is not a body.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum BodyError {
    /// Nothing was said.
    #[error("the body is empty: say something, 1 to {BODY_MAX_BYTES} bytes")]
    Empty,
    /// More bytes than [`BODY_MAX_BYTES`].
    #[error("the body has {bytes} bytes: the most is {BODY_MAX_BYTES}; send it in parts")]
    TooLong {
        /// How many it had.
        bytes: usize,
    },
}

impl Body {
    /// A body, if the text is one.
    ///
    /// # Errors
    /// [`BodyError`] when the text is empty or too long.
    pub fn new(text: &str) -> Result<Self, BodyError> {
        match text.len() {
            0 => Err(BodyError::Empty),
            bytes if bytes > BODY_MAX_BYTES => Err(BodyError::TooLong { bytes }),
            _ => Ok(Self(text.into())),
        }
    }

    /// The text of it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Body {
    type Error = BodyError;
    fn try_from(text: String) -> Result<Self, BodyError> {
        Self::new(&text)
    }
}

impl From<Body> for String {
    fn from(body: Body) -> Self {
        body.0.as_ref().to_owned()
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<{} bytes>", self.0.len())
    }
}

#[cfg(test)]
mod tests;
