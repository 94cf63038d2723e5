//! The parts of a token: header, payload, signature (RFC 7515, 7.1), and what the header says
//! before anything of the token is believed: which key, and whether it asks for something that
//! nobody here understands.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::Algorithm;
use serde_json::{Map, Value};

use crate::bounds::{KEY_ID_MAX_BYTES, TOKEN_MAX_BYTES};
use crate::error::AccessError;
use crate::strict::Strict;

/// Kinds of token that are taken (`typ`, without `application/`): JWT, and the access tokens of
/// RFC 9068. Other kinds of one issuer, such as its logout tokens, are none (RFC 8725, 3.11).
const TYPES: &[&str] = &["jwt", "at+jwt"];

/// A token, taken apart; nothing of it is decoded yet.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Parts<'a> {
    header: &'a str,
    payload: &'a str,
    /// What is signed: header, dot, payload.
    pub(crate) message: &'a str,
    pub(crate) signature: &'a str,
}

/// The part of a header that is looked at. Keys and addresses of keys in a header (`jwk`, `jku`,
/// `x5u`) are never followed (RFC 8725, 3.10).
#[derive(Debug)]
pub(crate) struct Header {
    pub(crate) algorithm: Algorithm,
    pub(crate) kid: Option<String>,
}

impl<'a> Parts<'a> {
    pub(crate) fn of(token: &'a str) -> Result<Self, AccessError> {
        if token.len() > TOKEN_MAX_BYTES {
            return Err(AccessError::TooLarge { bytes: token.len() });
        }
        let parts = || {
            let (message, signature) = token.rsplit_once('.')?;
            let (header, payload) = message.split_once('.')?;
            (!payload.contains('.')).then_some(Self { header, payload, message, signature })
        };
        let why = "it has three parts with dots between them";
        parts().ok_or(AccessError::Malformed { part: "text", why })
    }

    pub(crate) fn header(&self) -> Result<Header, AccessError> {
        Header::read(&object("header", self.header)?)
    }

    /// For a token whose signature holds.
    pub(crate) fn payload(&self) -> Result<Map<String, Value>, AccessError> {
        object("payload", self.payload)
    }
}

impl Header {
    fn read(json: &Map<String, Value>) -> Result<Self, AccessError> {
        // Every extension that is named here must be understood, and none is (RFC 7515, 4.1.11).
        if json.contains_key("crit") {
            return Err(AccessError::Header { what: "has crit: no extension is understood here" });
        }
        if !json.get("typ").is_none_or(is_ours) {
            return Err(AccessError::Header { what: "has a typ that is not JWT or at+jwt" });
        }
        let algorithm = match json.get("alg").and_then(Value::as_str) {
            Some("HS256") => Algorithm::HS256,
            Some("EdDSA") => Algorithm::EdDSA,
            Some("RS256") => Algorithm::RS256,
            _ => return Err(AccessError::Algorithm),
        };
        let kid = match json.get("kid") {
            None => None,
            Some(Value::String(kid)) if kid.len() <= KEY_ID_MAX_BYTES => Some(kid.clone()),
            Some(_) => {
                return Err(AccessError::Header { what: "has a kid that is no text, or too long" });
            }
        };
        Ok(Self { algorithm, kid })
    }
}

fn is_ours(typ: &Value) -> bool {
    let typ = typ.as_str().unwrap_or_default().to_ascii_lowercase();
    TYPES.contains(&typ.strip_prefix("application/").unwrap_or(&typ))
}

fn object(part: &'static str, text: &str) -> Result<Map<String, Value>, AccessError> {
    let malformed = |why| AccessError::Malformed { part, why };
    let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| malformed("it is not base64url"))?;
    match serde_json::from_slice(&bytes) {
        Ok(Strict(Value::Object(members))) => Ok(members),
        Ok(Strict(_)) | Err(_) => {
            Err(malformed("it is no JSON object in which every name stands once"))
        }
    }
}
