//! Why someone is not let in, and why a key, a pattern or a list is none.
//!
//! What is printed here may reach logs and strangers: never a token, never a secret, and of what
//! the token says only what is short and escaped.

use model::{NameError, Wall};
use thiserror::Error;

use crate::bounds::{
    JWKS_MAX_BYTES, JWKS_MAX_KEYS, PATTERNS_MAX, REVOCATIONS_MAX, SECRET_MAX_BYTES,
    SECRET_MIN_BYTES, SECRETS_MAX, TOKEN_MAX_BYTES,
};

/// Why a token is refused.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum AccessError {
    /// Longer than [`TOKEN_MAX_BYTES`]; nothing of it was decoded.
    #[error("the token has {bytes} bytes: the most is {TOKEN_MAX_BYTES}; leave claims out of it")]
    TooLarge {
        /// How many it had.
        bytes: usize,
    },
    /// Not a token at all (RFC 7515, 5.2).
    #[error("the {part} of the token cannot be read: {why}")]
    Malformed {
        /// Which part.
        part: &'static str,
        /// What is wrong with it.
        why: &'static str,
    },
    /// Its header has something that must be understood, or is of another kind of token.
    #[error("the token's header {what}")]
    Header {
        /// What, and what would be right.
        what: &'static str,
    },
    /// An algorithm that is never accepted; `none` is one.
    #[error("the token's algorithm is not accepted: sign with HS256, EdDSA or RS256")]
    Algorithm,
    /// The key is there, but for another algorithm: a key has one, whatever the token says.
    #[error("the token's algorithm is not the one of its key {kid:?}")]
    KeyAlgorithm {
        /// Which key.
        kid: String,
    },
    /// No key of this id. It may be newer than the keys at hand: see [`AccessError::is_unknown_key`].
    #[error("the token's key {kid:?} is not known here: it was retired, or was not published")]
    UnknownKey {
        /// Which key.
        kid: String,
    },
    /// No key id, and more or fewer than one key that it could be.
    #[error("the token names no key (kid), and there is not exactly one for its algorithm")]
    NoKeyId,
    /// It was not signed with the key, or was changed since.
    #[error("the token's signature does not hold: it was changed, or signed with another key")]
    Signature,
    /// A claim that must be there is not.
    #[error("the token has no claim {claim}: it must have one")]
    Missing {
        /// Which one.
        claim: &'static str,
    },
    /// A claim is not what it has to be.
    #[error("the token's claim {claim} {why}")]
    Claim {
        /// Which one.
        claim: &'static str,
        /// What is wrong, and what would be right.
        why: String,
    },
    /// Past its time.
    #[error("the token expired at {} s: get a new one; it is {} s now", expires_at.0 / 1000, now.0 / 1000)]
    Expired {
        /// From when on, as it says.
        expires_at: Wall,
        /// When it was looked at.
        now: Wall,
    },
    /// Before its time.
    #[error("the token holds from {} s on, and it is {} s now: compare the clocks", from.0 / 1000, now.0 / 1000)]
    NotYet {
        /// From when on, as it says.
        from: Wall,
        /// When it was looked at.
        now: Wall,
    },
    /// From someone else.
    #[error("the token's issuer (iss) is not the one that is trusted here")]
    Issuer,
    /// For someone else.
    #[error("the token's audience (aud) is not this server: it was made for another")]
    Audience,
    /// Called back.
    #[error("the token was revoked: get a new one")]
    Revoked,
}

impl AccessError {
    /// Whether newer keys might change the answer: ask [`crate::Reload`], read the keys again.
    pub const fn is_unknown_key(&self) -> bool {
        matches!(self, Self::UnknownKey { .. })
    }
}

/// Why a key, or a set of keys, cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum KeyError {
    /// Fewer or more bytes than a secret has.
    #[error(
        "the secret has {bytes} bytes: it must have {SECRET_MIN_BYTES} to {SECRET_MAX_BYTES}; make one with `hubbub keys secret FILE`"
    )]
    SecretLength {
        /// How many it had.
        bytes: usize,
    },
    /// More secrets than [`SECRETS_MAX`].
    #[error("there are more than {SECRETS_MAX} secrets: leave the oldest out")]
    TooManySecrets,
    /// Nothing to verify with.
    #[error("there is no key: give a shared secret, or a JWKS with an Ed25519 or RSA key")]
    NoKeys,
    /// Not a private key of ours.
    #[error("this is no private key: {why}; make one with `hubbub keys new --dir DIR`")]
    PrivateKey {
        /// What is wrong.
        why: &'static str,
    },
    /// Not a JWKS (RFC 7517, 5).
    #[error("this is no JWKS: {why}")]
    Jwks {
        /// What is wrong, and where.
        why: String,
    },
    /// More bytes than [`JWKS_MAX_BYTES`].
    #[error("the JWKS has {bytes} bytes: the most is {JWKS_MAX_BYTES}; take old keys out")]
    JwksBytes {
        /// How many it had.
        bytes: usize,
    },
    /// More keys than [`JWKS_MAX_KEYS`].
    #[error("the JWKS has {keys} keys: the most is {JWKS_MAX_KEYS}; take old ones out")]
    JwksKeys {
        /// How many it had.
        keys: usize,
    },
    /// A key of a JWKS that must not be there, or is none.
    #[error("key {number} of the JWKS {why}")]
    Jwk {
        /// Which one, from 1.
        number: usize,
        /// What is wrong, and what to do.
        why: &'static str,
    },
    /// Two keys of one id.
    #[error("the JWKS has the key {kid:?} twice: take one out")]
    Twice {
        /// Which one.
        kid: String,
    },
}

/// Why a text is no capability.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum PatternError {
    /// A `*` somewhere else than at the end.
    #[error("the pattern has a * that is not its end: write *, a prefix and *, or a whole name")]
    Star,
    /// What stands before the `*`, or instead of it, is no part of a name.
    #[error("the pattern names no conversation: {0}")]
    Name(#[from] NameError),
    /// More than [`PATTERNS_MAX`].
    #[error("there are more than {PATTERNS_MAX} patterns: use prefixes")]
    TooMany,
    /// Not of the form that the command line takes.
    #[error("it is written PATTERN=read,send: {why}")]
    Form {
        /// What is wrong.
        why: &'static str,
    },
}

/// Why a list of revocations cannot be read or grow.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum RevocationError {
    /// At its bound. Nothing was forgotten to make room: a forgotten revocation lets someone in.
    #[error(
        "the list of revocations is full ({REVOCATIONS_MAX} entries): drop entries of tokens that have expired, or rotate the keys"
    )]
    Full,
    /// A line that is none.
    #[error(
        "line {line} of the list of revocations {why}: write `user NAME issued-through SECONDS` or `token ID expires-at SECONDS`"
    )]
    Line {
        /// Which one, from 1.
        line: usize,
        /// What is wrong with it.
        why: &'static str,
    },
}
