//! A pair of Ed25519 keys (RFC 8032): what is kept, and what is published.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use pem::{EncodeConfig, LineEnding, Pem};
use ring::digest;
use ring::signature::{Ed25519KeyPair, KeyPair as _};
use serde_json::{Value, json};
use zeroize::Zeroizing;

use crate::error::KeyError;

/// PKCS#8 of an Ed25519 key up to its 32 bytes of seed, which end it: version 0, the algorithm
/// 1.3.101.112, an octet string in an octet string (RFC 8410, 7 and 10.3).
const PKCS8_PREFIX: [u8; 16] = [
    0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20,
];

/// What stands in the frame of a PKCS#8 private key (RFC 7468, 10).
const PEM_TAG: &str = "PRIVATE KEY";

/// A private key and its public half. Its id is the thumbprint of the public half (RFC 7638), so
/// two makers of keys never give one id to two keys.
pub struct KeyPair {
    pkcs8: Zeroizing<Vec<u8>>,
    public: [u8; 32],
}

impl KeyPair {
    /// Of 32 random bytes. They are the private key: draw them from the system, and forget them.
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        let pkcs8 = Zeroizing::new([PKCS8_PREFIX.as_slice(), seed].concat());
        Self::from_pkcs8(pkcs8).expect("every 32 bytes are a seed (RFC 8032, 5.1.5)")
    }

    /// Of a PEM file with a private key in PKCS#8, as this one or OpenSSL writes it.
    ///
    /// # Errors
    /// [`KeyError::PrivateKey`]: something else.
    pub fn from_pem(text: &str) -> Result<Self, KeyError> {
        let wrong = |why| KeyError::PrivateKey { why };
        let pem = pem::parse(text).map_err(|_| wrong("it is no PEM"))?;
        if pem.tag() != PEM_TAG {
            return Err(wrong("its PEM is not of a PRIVATE KEY (PKCS#8)"));
        }
        Self::from_pkcs8(Zeroizing::new(pem.into_contents()))
    }

    fn from_pkcs8(pkcs8: Zeroizing<Vec<u8>>) -> Result<Self, KeyError> {
        // "Maybe unchecked": the public half is computed where the file does not have it.
        let no_ed25519 = |_| KeyError::PrivateKey { why: "it is no Ed25519 key" };
        let pair = Ed25519KeyPair::from_pkcs8_maybe_unchecked(&pkcs8).map_err(no_ed25519)?;
        let public = pair.public_key().as_ref().try_into();
        Ok(Self { public: public.expect("an Ed25519 public key has 32 bytes"), pkcs8 })
    }

    /// The private key, PKCS#8 in PEM. Write it where only its owner can read it.
    pub fn to_pem(&self) -> Zeroizing<String> {
        let pem = Pem::new(PEM_TAG, self.pkcs8.as_slice());
        let config = EncodeConfig::new().set_line_ending(LineEnding::LF);
        Zeroizing::new(pem::encode_config(&pem, config))
    }

    /// Its id: the thumbprint of the public half (RFC 7638; RFC 8037, A.3).
    pub fn id(&self) -> String {
        // The required members in the order of their names, without spaces: that is the rule.
        let text = format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{}"}}"#, self.x());
        URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, text.as_bytes()))
    }

    /// The public half as a JWK (RFC 8037, 2).
    pub fn jwk(&self) -> Value {
        json!({
            "kty": "OKP", "crv": "Ed25519", "x": self.x(),
            "kid": self.id(), "alg": "EdDSA", "use": "sig",
        })
    }

    pub(crate) fn pkcs8(&self) -> &[u8] {
        &self.pkcs8
    }

    fn x(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.public)
    }
}

impl fmt::Debug for KeyPair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyPair({}, hidden)", self.id())
    }
}
