//! The secret that issuer and verifier share, for HS256.

use std::fmt;

use zeroize::Zeroizing;

use crate::bounds::{SECRET_MAX_BYTES, SECRET_MIN_BYTES};
use crate::error::KeyError;

/// A shared secret of at least [`SECRET_MIN_BYTES`] bytes. Whoever has it can make tokens: where
/// the issuer is someone else, use Ed25519.
#[derive(Clone)]
pub struct SharedSecret(Zeroizing<Vec<u8>>);

impl SharedSecret {
    /// The bytes as they are.
    ///
    /// # Errors
    /// [`KeyError::SecretLength`]: shorter than the hash it keys (RFC 7518, 3.2), or absurdly long.
    pub fn new(bytes: &[u8]) -> Result<Self, KeyError> {
        if (SECRET_MIN_BYTES..=SECRET_MAX_BYTES).contains(&bytes.len()) {
            Ok(Self(Zeroizing::new(bytes.to_vec())))
        } else {
            Err(KeyError::SecretLength { bytes: bytes.len() })
        }
    }

    /// Of a file: the line end that editors put behind it is not part of it.
    ///
    /// # Errors
    /// As [`SharedSecret::new`].
    pub fn from_file(bytes: &[u8]) -> Result<Self, KeyError> {
        let line = bytes.strip_suffix(b"\n").unwrap_or(bytes);
        Self::new(line.strip_suffix(b"\r").unwrap_or(line))
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for SharedSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SharedSecret(hidden)")
    }
}
