//! Who is there, and what may they do.
//!
//! A client shows a token (a JWT, RFC 7519); [`Verifier`] makes of it a [`Grant`], or says why not.
//! The rules are those of RFC 8725: the algorithm belongs to the key and is never taken from the
//! token, what is not understood is refused, and nothing of a token is believed before its
//! signature is. A browser, which cannot send a header with a WebSocket, changes its token for a
//! ticket ([`Tickets`]) that opens one connection.
//!
//! It is told the time and handed its dice. No message of an error holds a token or a secret.
//! The cryptography is `ring`'s; none is made here.

pub mod bounds;
mod capabilities;
mod claims;
mod error;
mod grant;
mod jwks;
mod key_pair;
mod keys;
mod parts;
mod provider;
mod reload;
mod revocations;
mod secret;
mod signer;
mod strict;
mod tickets;
mod token_id;
mod verifier;

pub use capabilities::{Capabilities, Pattern, Permission};
pub use claims::{Claims, Role};
pub use error::{AccessError, KeyError, PatternError, RevocationError};
pub use grant::Grant;
pub use jwks::Jwks;
pub use key_pair::KeyPair;
pub use keys::Keys;
pub use reload::Reload;
pub use revocations::Revocations;
pub use secret::SharedSecret;
pub use signer::Signer;
pub use tickets::Tickets;
pub use token_id::TokenId;
pub use verifier::{Verifier, VerifierConfig};
