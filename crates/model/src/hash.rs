//! A keyed fingerprint of a body, to tell "the same again" from "something else under the same id"
//! without keeping the text.

use serde::{Deserialize, Serialize};
use siphasher::sip128::SipHasher24;

use crate::Body;

/// The secret of a data directory that body fingerprints are keyed with. Drawn at random once.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct BodyKey(pub [u8; 16]);

/// SipHash-2-4-128 of a body (Aumasson and Bernstein, 2012). Keyed, so that a fingerprint that
/// outlives an erased text does not let anyone test guesses of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct BodyHash(pub u128);

impl BodyKey {
    /// The fingerprint of a body under this key.
    pub fn hash(&self, body: &Body) -> BodyHash {
        BodyHash(SipHasher24::new_with_key(&self.0).hash(body.as_str().as_bytes()).as_u128())
    }
}

impl std::fmt::Debug for BodyKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("BodyKey(secret)")
    }
}

#[cfg(test)]
mod tests;
