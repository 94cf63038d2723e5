//! How big, how many, how long: everything that comes from outside has a bound with a name.

use std::time::Duration;

/// Bytes of a token. A larger one is refused before any of it is decoded.
pub const TOKEN_MAX_BYTES: usize = 8 * 1024;

/// How far the clocks of issuer and verifier may lie apart (RFC 7519, 4.1.4).
pub const LEEWAY: Duration = Duration::from_secs(60);

/// The fewest bytes of a shared secret: as many as the hash has (RFC 7518, 3.2).
pub const SECRET_MIN_BYTES: usize = 32;

/// The most bytes of a shared secret.
pub const SECRET_MAX_BYTES: usize = 1024;

/// Shared secrets that are accepted at once: the one in use, and the one before or after it.
pub const SECRETS_MAX: usize = 2;

/// Bytes of a JWKS.
pub const JWKS_MAX_BYTES: usize = 256 * 1024;

/// Keys of a JWKS.
pub const JWKS_MAX_KEYS: usize = 64;

/// Bytes of a key id.
pub const KEY_ID_MAX_BYTES: usize = 128;

/// The fewest bytes of an RSA modulus: 2,048 bits (RFC 7518, 3.3).
pub const RSA_MODULUS_MIN_BYTES: usize = 256;

/// The most bytes of an RSA modulus: a larger one makes every verification slow.
pub const RSA_MODULUS_MAX_BYTES: usize = 1024;

/// Bytes of a token id (`jti`).
pub const TOKEN_ID_MAX_BYTES: usize = 128;

/// Audiences of a token.
pub const AUDIENCES_MAX: usize = 32;

/// Patterns of the capabilities of a token: each is looked at whenever a conversation is named.
pub const PATTERNS_MAX: usize = 64;

/// Entries of a list of revocations.
pub const REVOCATIONS_MAX: usize = 65_536;

/// Tickets that wait to be redeemed.
pub const TICKETS_MAX: usize = 16_384;

/// How long a ticket may be redeemed.
pub const TICKET_LIFE: Duration = Duration::from_secs(30);

/// How long a set of keys is used before an unknown key id makes it be read again: whoever makes
/// up key ids must not make the shell read its file all day.
pub const RELOAD_INTERVAL: Duration = Duration::from_secs(30);
