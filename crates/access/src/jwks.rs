//! A set of published keys (JWKS; RFC 7517, 5): read, and added to.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, DecodingKey};
use serde_json::{Map, Value, json};

use crate::bounds::{
    JWKS_MAX_BYTES, JWKS_MAX_KEYS, KEY_ID_MAX_BYTES, RSA_MODULUS_MAX_BYTES, RSA_MODULUS_MIN_BYTES,
};
use crate::error::KeyError;
use crate::key_pair::KeyPair;
use crate::keys::Key;
use crate::strict::Strict;

/// The members of a private key (RFC 7518, 6.2.2 and 6.3.2; RFC 8037, 2). Every RSA and Ed25519
/// private key has `d`.
const PRIVATE: &str = "d";

/// Bytes of an Ed25519 public key.
const ED25519_BYTES: usize = 32;

/// Published keys, by id. More than one is how keys are changed: the new one is published, then
/// signed with; the old one is retired when its last token has expired.
#[derive(Debug, Clone, Default)]
pub struct Jwks {
    keys: BTreeMap<String, Key>,
    /// As it was read: members and keys that mean nothing here are kept.
    list: Vec<Value>,
}

impl Jwks {
    /// Reads it. Keys for other uses and of other kinds are passed over (RFC 7517, 5).
    ///
    /// # Errors
    /// [`KeyError`]: no JWKS, too large, two keys of one id, a weak key, or a secret in what is
    /// meant to be public.
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        if text.len() > JWKS_MAX_BYTES {
            return Err(KeyError::JwksBytes { bytes: text.len() });
        }
        let no_jwks = |why: String| KeyError::Jwks { why };
        let Strict(json) =
            serde_json::from_str(text).map_err(|why| no_jwks(format!("it is no JSON ({why})")))?;
        let Some(list) = json.get("keys").and_then(Value::as_array) else {
            return Err(no_jwks("it has no array `keys`".to_owned()));
        };
        if list.len() > JWKS_MAX_KEYS {
            return Err(KeyError::JwksKeys { keys: list.len() });
        }
        let mut keys = BTreeMap::new();
        for (index, jwk) in list.iter().enumerate() {
            let wrong = |why| KeyError::Jwk { number: index + 1, why };
            let Some(key) = key(jwk).map_err(wrong)? else { continue };
            let kid = key_id(jwk).map_err(wrong)?;
            if keys.insert(kid.to_owned(), key).is_some() {
                return Err(KeyError::Twice { kid: kid.to_owned() });
            }
        }
        Ok(Self { keys, list: list.clone() })
    }

    /// These, and the public half of a pair.
    ///
    /// # Errors
    /// [`KeyError`]: it is there already, or the set is full.
    pub fn with(&self, pair: &KeyPair) -> Result<Self, KeyError> {
        let list: Vec<Value> = self.list.iter().cloned().chain([pair.jwk()]).collect();
        Self::parse(&json!({ "keys": list }).to_string())
    }

    /// These without the key of this id; `None` if there is none.
    pub fn without(&self, kid: &str) -> Option<Self> {
        let mut rest = self.clone();
        rest.keys.remove(kid)?;
        rest.list.retain(|jwk| jwk["kid"] != kid);
        Some(rest)
    }

    /// Id and algorithm of each key that can be used here, by id.
    pub fn ids(&self) -> impl Iterator<Item = (&str, &'static str)> {
        self.keys.iter().map(|(kid, key)| (kid.as_str(), name(key.algorithm)))
    }

    /// As JSON, for people to read.
    pub fn to_json(&self) -> String {
        let set = json!({ "keys": self.list });
        format!("{set:#}\n")
    }

    pub(crate) fn keys(&self) -> &BTreeMap<String, Key> {
        &self.keys
    }
}

fn name(algorithm: Algorithm) -> &'static str {
    if algorithm == Algorithm::RS256 { "RS256" } else { "EdDSA" }
}

fn key_id(jwk: &Value) -> Result<&str, &'static str> {
    match jwk["kid"].as_str() {
        Some(kid) if (1..=KEY_ID_MAX_BYTES).contains(&kid.len()) => Ok(kid),
        _ => Err("has no kid of 1 to 128 bytes: tokens could not name it"),
    }
}

/// The key, if it is of a kind and for a use that matter here.
fn key(jwk: &Value) -> Result<Option<Key>, &'static str> {
    let Some(members) = jwk.as_object() else { return Err("is no JSON object") };
    let text = |name: &str| members.get(name).and_then(Value::as_str);
    if text("kty") == Some("oct") || members.contains_key(PRIVATE) {
        return Err(
            "is a secret or a private key: take it out, and make a new one, for this file is public",
        );
    }
    if text("use").is_some_and(|purpose| purpose != "sig") || !may_verify(members) {
        return Ok(None);
    }
    match (text("kty"), text("crv"), text("alg")) {
        // A key without an algorithm gets the one that is taken from keys of its kind.
        (Some("OKP"), Some("Ed25519"), None | Some("EdDSA" | "Ed25519")) => {
            ed25519(text("x")).map(Some)
        }
        (Some("RSA"), _, None | Some("RS256")) => rsa(text("n"), text("e")).map(Some),
        _ => Ok(None),
    }
}

/// RFC 7517, 4.3.
fn may_verify(members: &Map<String, Value>) -> bool {
    match members.get("key_ops").and_then(Value::as_array) {
        Some(operations) => operations.iter().any(|operation| operation == "verify"),
        None => true,
    }
}

fn ed25519(x: Option<&str>) -> Result<Key, &'static str> {
    match bytes(x) {
        Some(point) if point.len() == ED25519_BYTES => {
            Ok(Key::new(DecodingKey::from_ed_der(&point), Algorithm::EdDSA))
        }
        _ => Err("is no Ed25519 key: x is 32 bytes in base64url"),
    }
}

fn rsa(n: Option<&str>, e: Option<&str>) -> Result<Key, &'static str> {
    let (Some(n), Some(e)) = (bytes(n), bytes(e)) else {
        return Err("is no RSA key: n and e are numbers in base64url");
    };
    // `ring` takes numbers without leading zeros only; some issuers write one.
    let [n, e] = [&n, &e].map(|number| {
        let zeros = number.iter().take_while(|&&byte| byte == 0).count();
        &number[zeros..]
    });
    if !(RSA_MODULUS_MIN_BYTES..=RSA_MODULUS_MAX_BYTES).contains(&n.len()) {
        return Err("is an RSA key of less than 2048 or more than 8192 bits: use 2048 to 4096");
    }
    Ok(Key::new(DecodingKey::from_rsa_raw_components(n, e), Algorithm::RS256))
}

fn bytes(text: Option<&str>) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text?).ok()
}
