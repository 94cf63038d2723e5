//! The keys that tokens are verified with. Each has one algorithm, which no token can change
//! (RFC 8725, 3.1).

use std::collections::BTreeMap;

use jsonwebtoken::{Algorithm, DecodingKey, crypto};
use serde_json::{Map, Value};

use crate::bounds::SECRETS_MAX;
use crate::error::{AccessError, KeyError};
use crate::jwks::Jwks;
use crate::parts::{Header, Parts};
use crate::secret::SharedSecret;

/// Shared secrets and published keys.
#[derive(Debug, Clone, Default)]
pub struct Keys {
    secrets: Vec<Key>,
    published: BTreeMap<String, Key>,
}

impl Keys {
    /// These, and a shared secret. Tokens of HS256 name no key: each secret is tried, so that one
    /// can take the place of another while tokens of both are about.
    ///
    /// # Errors
    /// [`KeyError::TooManySecrets`]: [`SECRETS_MAX`] are there already.
    pub fn with_secret(mut self, secret: &SharedSecret) -> Result<Self, KeyError> {
        if self.secrets.len() == SECRETS_MAX {
            return Err(KeyError::TooManySecrets);
        }
        let key = DecodingKey::from_secret(secret.bytes());
        self.secrets.push(Key::new(key, Algorithm::HS256));
        Ok(self)
    }

    /// These, with the published keys of a JWKS in the place of those that were there.
    pub fn with_jwks(mut self, jwks: &Jwks) -> Self {
        self.published = jwks.keys().clone();
        self
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.secrets.is_empty() && self.published.is_empty()
    }

    /// The claims of a token whose signature holds.
    pub(crate) fn open(&self, token: &str) -> Result<Map<String, Value>, AccessError> {
        let token = Parts::of(token)?;
        let signed = self.candidates(token.header()?)?.iter().any(|key| key.signed(&token));
        if signed { token.payload() } else { Err(AccessError::Signature) }
    }

    /// The keys that may have signed it: the one it names, the secrets, or the only one there is.
    fn candidates(&self, header: Header) -> Result<Vec<&Key>, AccessError> {
        if let Some(kid) = header.kid {
            return match self.published.get(&kid) {
                None => Err(AccessError::UnknownKey { kid }),
                Some(key) if key.algorithm != header.algorithm => {
                    Err(AccessError::KeyAlgorithm { kid })
                }
                Some(key) => Ok(vec![key]),
            };
        }
        let fits = |key: &&Key| key.algorithm == header.algorithm;
        let secrets: Vec<&Key> = self.secrets.iter().filter(fits).collect();
        if !secrets.is_empty() {
            return Ok(secrets);
        }
        let mut published = self.published.values().filter(fits);
        match (published.next(), published.next()) {
            (Some(key), None) => Ok(vec![key]),
            _ => Err(AccessError::NoKeyId),
        }
    }
}

/// One key, for one algorithm. What it prints hides the key (`jsonwebtoken` does).
#[derive(Debug, Clone)]
pub(crate) struct Key {
    key: DecodingKey,
    pub(crate) algorithm: Algorithm,
}

impl Key {
    pub(crate) const fn new(key: DecodingKey, algorithm: Algorithm) -> Self {
        Self { key, algorithm }
    }

    /// Whether the token's signature is of this key, by the key's algorithm. (The library's own
    /// `decode` would go on to judge times by a clock of its own.)
    fn signed(&self, token: &Parts<'_>) -> bool {
        let message = token.message.as_bytes();
        crypto::verify(token.signature, message, &self.key, self.algorithm).unwrap_or(false)
    }
}
