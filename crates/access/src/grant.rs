//! What a verified token grants.

use std::collections::BTreeSet;
use std::sync::Arc;

use model::{ConversationId, DeviceId, UserId, Wall};

use crate::bounds::LEEWAY;
use crate::capabilities::{Capabilities, Permission};
use crate::claims::{Claims, Role, later};

/// How the names of conversations begin in which membership decides (`docs/protocol.md`).
const GOVERNED: [&str; 3] = ["d:", "g:", "c:"];

/// Who is there, until when, and what they may do. It comes out of a verification, so it is true.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    claims: Claims,
    /// Of a token without capabilities, in open conversations.
    default: Arc<Capabilities>,
}

impl Grant {
    pub(crate) const fn new(claims: Claims, default: Arc<Capabilities>) -> Self {
        Self { claims, default }
    }

    /// For a server without tokens (`--dev`): they are who they say they are, for ever, may do
    /// everything that members may, and have no role.
    pub fn unverified(user: UserId) -> Self {
        Self::new(Claims::new(user, Wall(u64::MAX)), Arc::new(Capabilities::everything()))
    }

    /// Who it is.
    pub const fn user(&self) -> &UserId {
        &self.claims.user
    }

    /// The one device that may use it; none: any.
    pub const fn device(&self) -> Option<&DeviceId> {
        self.claims.device.as_ref()
    }

    /// From when on it is worth nothing; [`LEEWAY`] is in it.
    pub fn expires_at(&self) -> Wall {
        later(self.claims.expires_at, LEEWAY)
    }

    /// Whether the user has this role.
    pub fn has(&self, role: Role) -> bool {
        self.claims.roles.contains(&role)
    }

    /// All roles.
    pub const fn roles(&self) -> &BTreeSet<Role> {
        &self.claims.roles
    }

    /// Whether this device may use it.
    pub fn is_for(&self, device: &DeviceId) -> bool {
        self.claims.device.as_ref().is_none_or(|bound| bound == device)
    }

    /// Whether the token lets its user read there. In a governed conversation membership must
    /// allow it as well.
    pub fn may_read(&self, conversation: &ConversationId) -> bool {
        self.may(conversation, Permission::Read)
    }

    /// Whether the token lets its user speak there. In a governed conversation membership must
    /// allow it as well.
    pub fn may_send(&self, conversation: &ConversationId) -> bool {
        self.may(conversation, Permission::Send)
    }

    /// What the token said: for [`crate::Revocations::is_revoked`], while it is used.
    pub const fn claims(&self) -> &Claims {
        &self.claims
    }

    fn may(&self, conversation: &ConversationId, what: Permission) -> bool {
        match &self.claims.capabilities {
            Some(narrowed) => narrowed.allow(conversation, what),
            None => is_governed(conversation) || self.default.allow(conversation, what),
        }
    }
}

fn is_governed(conversation: &ConversationId) -> bool {
    GOVERNED.iter().any(|kind| conversation.as_str().starts_with(kind))
}
