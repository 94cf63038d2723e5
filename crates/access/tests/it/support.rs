//! Keys, a moment, and tokens of any shape, signed by whoever we like.

use access::{
    AccessError, Grant, Jwks, KeyPair, Keys, SharedSecret, Signer, Verifier, VerifierConfig,
};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use model::{ConversationId, UserId, Wall};
use ring::hmac;
use ring::rand::SystemRandom;
use ring::rsa::{KeyPairComponents, PublicKeyComponents};
use ring::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use serde_json::{Value, json};

use crate::rfc;

/// The moment of the tests, in seconds since 1970.
pub(crate) const NOW: u64 = 1_800_000_000;

pub(crate) const SECRET: &[u8] = b"a secret of thirty-two bytes or more";

pub(crate) fn now() -> Wall {
    at(NOW)
}

pub(crate) fn at(seconds: u64) -> Wall {
    Wall(seconds * 1000)
}

pub(crate) fn user(name: &str) -> UserId {
    UserId::new(name).unwrap()
}

pub(crate) fn conversation(name: &str) -> ConversationId {
    ConversationId::new(name).unwrap()
}

pub(crate) fn secret() -> SharedSecret {
    SharedSecret::new(SECRET).unwrap()
}

pub(crate) fn pair(seed: u8) -> KeyPair {
    KeyPair::from_seed(&[seed; 32])
}

/// The RSA key of RFC 7515, as `rsa-1`, and the Ed25519 key of this seed.
pub(crate) fn jwks(seed: u8) -> Jwks {
    let rsa = json!({"kty": "RSA", "kid": "rsa-1", "n": rfc::RSA_N, "e": "AQAB"});
    Jwks::parse(&json!({ "keys": [rsa] }).to_string()).unwrap().with(&pair(seed)).unwrap()
}

/// Everything that a server may have.
pub(crate) fn keys() -> Keys {
    Keys::default().with_secret(&secret()).unwrap().with_jwks(&jwks(1))
}

pub(crate) fn verifier() -> Verifier {
    Verifier::new(VerifierConfig::new(keys())).unwrap()
}

pub(crate) fn verify(token: &str) -> Result<Grant, AccessError> {
    verifier().verify(token, now())
}

/// Claims of ann that are good for an hour.
pub(crate) fn claims() -> Value {
    json!({"sub": "ann", "exp": NOW + 3600})
}

/// Ann's, with another claim, or another value of it.
pub(crate) fn claims_with(name: &str, value: Value) -> Value {
    let mut claims = claims();
    claims[name] = value;
    claims
}

pub(crate) fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Header and payload as given, valid or not, under an HMAC.
pub(crate) fn hs256(header: &str, payload: &str, secret: &[u8]) -> String {
    authenticated(&format!("{}.{}", encode(header), encode(payload)), secret)
}

/// Header and payload as they are, not encoded.
pub(crate) fn hs256_raw(header: &str, payload: &str) -> String {
    authenticated(&format!("{header}.{payload}"), SECRET)
}

fn authenticated(message: &str, secret: &[u8]) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret);
    let tag = hmac::sign(&key, message.as_bytes());
    format!("{message}.{}", encode(tag))
}

/// These claims under the shared secret.
pub(crate) fn token(claims: &Value) -> String {
    hs256(r#"{"alg":"HS256","typ":"JWT"}"#, &claims.to_string(), SECRET)
}

pub(crate) fn rs256(header: &Value, claims: &Value) -> String {
    let number = |text| URL_SAFE_NO_PAD.decode(text).unwrap();
    let key = RsaKeyPair::from_components(&KeyPairComponents {
        public_key: PublicKeyComponents { n: number(rfc::RSA_N), e: number("AQAB") },
        d: number(rfc::RSA_D),
        p: number(rfc::RSA_P),
        q: number(rfc::RSA_Q),
        dP: number(rfc::RSA_DP),
        dQ: number(rfc::RSA_DQ),
        qInv: number(rfc::RSA_QI),
    });
    let key = key.unwrap();
    let message = format!("{}.{}", encode(header.to_string()), encode(claims.to_string()));
    let mut signature = vec![0; key.public().modulus_len()];
    key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message.as_bytes(), &mut signature).unwrap();
    format!("{message}.{}", encode(signature))
}

/// A token of ann's by the signer of our own.
pub(crate) fn signed(signer: &Signer) -> String {
    signer.sign(&access::Claims::new(user("ann"), at(NOW + 3600))).unwrap()
}
