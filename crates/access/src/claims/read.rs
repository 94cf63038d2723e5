//! From JSON to claims, each valid or the token refused. Claims that are not known are ignored
//! (RFC 7519, 4), and so are roles and permissions: what is not understood gives nothing.

use std::collections::BTreeSet;
use std::time::Duration;

use model::{DeviceId, UserId, Wall};
use serde_json::{Map, Value};

use super::{Claims, Role};
use crate::bounds::AUDIENCES_MAX;
use crate::capabilities::{Capabilities, Permission};
use crate::error::AccessError;
use crate::token_id::TokenId;

impl Claims {
    pub(crate) fn read(json: &Map<String, Value>) -> Result<Self, AccessError> {
        let moment = |name| json.get(name).map(|value| time(name, value)).transpose();
        let required = |name| json.get(name).ok_or(AccessError::Missing { claim: name });
        Ok(Self {
            user: user(required("sub")?)?,
            expires_at: time("exp", required("exp")?)?,
            not_before: moment("nbf")?,
            issued_at: moment("iat")?,
            issuer: json
                .get("iss")
                .map(|value| text("iss", value).map(str::to_owned))
                .transpose()?,
            audience: json.get("aud").map(audience).transpose()?.unwrap_or_default(),
            device: json.get("device").map(device).transpose()?,
            token_id: json.get("jti").map(token_id).transpose()?,
            roles: json.get("roles").map(roles).transpose()?.unwrap_or_default(),
            capabilities: json.get("caps").map(capabilities).transpose()?,
        })
    }
}

fn wrong(claim: &'static str, why: impl Into<String>) -> AccessError {
    AccessError::Claim { claim, why: why.into() }
}

fn text<'a>(claim: &'static str, value: &'a Value) -> Result<&'a str, AccessError> {
    value.as_str().ok_or_else(|| wrong(claim, "is no text"))
}

fn list<'a>(claim: &'static str, value: &'a Value) -> Result<&'a Vec<Value>, AccessError> {
    value.as_array().ok_or_else(|| wrong(claim, "is no array"))
}

fn user(value: &Value) -> Result<UserId, AccessError> {
    let name = UserId::new(text("sub", value)?);
    name.map_err(|why| wrong("sub", format!("is no user: {why}")))
}

fn device(value: &Value) -> Result<DeviceId, AccessError> {
    let name = DeviceId::new(text("device", value)?);
    name.map_err(|why| wrong("device", format!("is no device: {why}")))
}

fn token_id(value: &Value) -> Result<TokenId, AccessError> {
    let right = "is not 1 to 128 visible characters of ASCII: it could not be revoked";
    TokenId::new(text("jti", value)?).ok_or_else(|| wrong("jti", right))
}

/// Seconds since 1970, of which fractions are allowed (RFC 7519, 2).
fn time(claim: &'static str, value: &Value) -> Result<Wall, AccessError> {
    let since_1970 = match (value.as_u64(), value.as_f64()) {
        (Some(seconds), _) => Some(Duration::from_secs(seconds)),
        (None, Some(seconds)) => Duration::try_from_secs_f64(seconds).ok(),
        (None, None) => None,
    };
    let since_1970 = since_1970.ok_or_else(|| wrong(claim, "is no time: seconds since 1970"))?;
    Ok(Wall(u64::try_from(since_1970.as_millis()).unwrap_or(u64::MAX)))
}

/// One text, or an array of them (RFC 7519, 4.1.3).
fn audience(value: &Value) -> Result<Vec<String>, AccessError> {
    if let Some(one) = value.as_str() {
        return Ok(vec![one.to_owned()]);
    }
    let many = list("aud", value)?;
    if many.len() > AUDIENCES_MAX {
        return Err(wrong("aud", format!("has {}: the most is {AUDIENCES_MAX}", many.len())));
    }
    many.iter().map(|one| text("aud", one).map(str::to_owned)).collect()
}

fn roles(value: &Value) -> Result<BTreeSet<Role>, AccessError> {
    let named = list("roles", value)?.iter().map(|role| text("roles", role).map(Role::named));
    Ok(named.collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect())
}

fn capabilities(value: &Value) -> Result<Capabilities, AccessError> {
    let Some(json) = value.as_object() else { return Err(wrong("caps", "is no object")) };
    let mut capabilities = Capabilities::nothing();
    for (pattern, may) in json {
        let named = list("caps", may)?.iter().map(|one| text("caps", one).map(Permission::named));
        let may = named.collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect();
        capabilities = pattern
            .parse()
            .and_then(|pattern| capabilities.with(pattern, may))
            .map_err(|why| wrong("caps", format!("cannot be used: {why}")))?;
    }
    Ok(capabilities)
}
