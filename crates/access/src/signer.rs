//! Makes tokens.

use std::fmt;

use jsonwebtoken::{Algorithm, EncodingKey, Header};

use crate::bounds::TOKEN_MAX_BYTES;
use crate::claims::Claims;
use crate::error::AccessError;
use crate::key_pair::KeyPair;
use crate::provider;
use crate::secret::SharedSecret;

/// Signs claims with one key.
pub struct Signer {
    key: EncodingKey,
    header: Header,
}

impl Signer {
    /// HS256, with a shared secret.
    pub fn shared(secret: &SharedSecret) -> Self {
        Self::new(EncodingKey::from_secret(secret.bytes()), Header::new(Algorithm::HS256))
    }

    /// EdDSA, with a private key; its tokens name it.
    pub fn ed25519(pair: &KeyPair) -> Self {
        let header = Header { kid: Some(pair.id()), ..Header::new(Algorithm::EdDSA) };
        Self::new(EncodingKey::from_ed_der(pair.pkcs8()), header)
    }

    fn new(key: EncodingKey, header: Header) -> Self {
        provider::install();
        Self { key, header }
    }

    /// A token that says this.
    ///
    /// # Errors
    /// [`AccessError::TooLarge`]: no verifier would take it.
    pub fn sign(&self, claims: &Claims) -> Result<String, AccessError> {
        let token = jsonwebtoken::encode(&self.header, &claims.to_json(), &self.key)
            .expect("the key is one of the header's algorithm, and claims are JSON");
        if token.len() > TOKEN_MAX_BYTES {
            return Err(AccessError::TooLarge { bytes: token.len() });
        }
        Ok(token)
    }
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Signer({:?}, hidden)", self.header.alg)
    }
}
