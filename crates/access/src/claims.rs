//! What a token says, in our words.

use std::collections::BTreeSet;
use std::time::Duration;

use model::{DeviceId, UserId, Wall};
use serde_json::{Map, Value, json};

use crate::capabilities::{Capabilities, Permission};
use crate::token_id::TokenId;

mod read;

/// What someone is to the house as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// May do what operators do.
    Admin,
    /// May see summaries over everyone.
    Analyst,
}

impl Role {
    /// All there are.
    pub const ALL: [Self; 2] = [Self::Admin, Self::Analyst];

    /// As it stands in a token.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::Analyst => "analyst",
        }
    }

    /// What stands in a token; `None` is one that is not known here, and gives nothing.
    pub fn named(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == text)
    }
}

/// The claims of a token. In a token, times are seconds since 1970 (RFC 7519, 2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claims {
    /// Who it is for (`sub`).
    pub user: UserId,
    /// From when on it does not hold (`exp`).
    pub expires_at: Wall,
    /// From when on it holds (`nbf`).
    pub not_before: Option<Wall>,
    /// When it was made (`iat`).
    pub issued_at: Option<Wall>,
    /// Who made it (`iss`).
    pub issuer: Option<String>,
    /// Whom it is shown to (`aud`).
    pub audience: Vec<String>,
    /// The one device that may use it (`device`).
    pub device: Option<DeviceId>,
    /// Its name, to revoke it by (`jti`).
    pub token_id: Option<TokenId>,
    /// What the user is (`roles`).
    pub roles: BTreeSet<Role>,
    /// What it may do where (`caps`); none: whatever the server allows its users.
    pub capabilities: Option<Capabilities>,
}

impl Claims {
    /// For this user, until then, and nothing else.
    pub const fn new(user: UserId, expires_at: Wall) -> Self {
        Self {
            user,
            expires_at,
            not_before: None,
            issued_at: None,
            issuer: None,
            audience: Vec::new(),
            device: None,
            token_id: None,
            roles: BTreeSet::new(),
            capabilities: None,
        }
    }

    pub(crate) fn to_json(&self) -> Map<String, Value> {
        let seconds = |moment: Wall| Value::from(moment.0 / 1000);
        let mut json = Map::new();
        json.insert("sub".to_owned(), self.user.as_str().into());
        json.insert("exp".to_owned(), seconds(self.expires_at));
        let optional = [
            ("nbf", self.not_before.map(seconds)),
            ("iat", self.issued_at.map(seconds)),
            ("iss", self.issuer.as_deref().map(Value::from)),
            ("aud", (!self.audience.is_empty()).then(|| self.audience.clone().into())),
            ("device", self.device.as_ref().map(|device| device.as_str().into())),
            ("jti", self.token_id.as_ref().map(|id| id.as_str().into())),
            ("roles", (!self.roles.is_empty()).then(|| self.roles.iter().map(role).collect())),
            ("caps", self.capabilities.as_ref().map(capabilities)),
        ];
        for (name, value) in optional {
            json.extend(value.map(|value| (name.to_owned(), value)));
        }
        json
    }
}

fn role(role: &Role) -> Value {
    role.as_str().into()
}

/// One member a pattern; a pattern that stands twice adds up.
fn capabilities(capabilities: &Capabilities) -> Value {
    let mut json = Map::new();
    for (pattern, may) in capabilities.entries() {
        let listed = json.entry(pattern.to_string()).or_insert_with(|| json!([]));
        if let Value::Array(listed) = listed {
            listed.extend(may.iter().copied().map(Permission::as_str).map(Value::from));
        }
    }
    json.into()
}

/// A moment this much later; at the end of time, that.
pub(crate) fn later(moment: Wall, span: Duration) -> Wall {
    let span_ms = u64::try_from(span.as_millis()).unwrap_or(u64::MAX);
    Wall(moment.0.saturating_add(span_ms))
}
