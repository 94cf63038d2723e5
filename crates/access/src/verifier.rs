//! From a token to a grant.

use std::sync::Arc;

use model::Wall;

use crate::bounds::LEEWAY;
use crate::capabilities::Capabilities;
use crate::claims::{Claims, later};
use crate::error::{AccessError, KeyError};
use crate::grant::Grant;
use crate::keys::Keys;
use crate::provider;
use crate::revocations::Revocations;

/// Whom a verifier believes, and what it gives.
#[derive(Debug, Clone)]
pub struct VerifierConfig {
    /// With what tokens are signed.
    pub keys: Keys,
    /// Who makes them: `iss` must be this. None: whoever has a key.
    pub issuer: Option<String>,
    /// Who we are: `aud` must name it. None: tokens that are made for someone are refused, for we
    /// are not known to be that one (RFC 7519, 4.1.3).
    pub audience: Option<String>,
    /// What a token without capabilities may do in open conversations.
    pub default_capabilities: Capabilities,
    /// What was called back.
    pub revocations: Revocations,
}

impl VerifierConfig {
    /// With these keys; nothing else is asked of a token, and everything is allowed.
    pub fn new(keys: Keys) -> Self {
        Self {
            keys,
            issuer: None,
            audience: None,
            default_capabilities: Capabilities::everything(),
            revocations: Revocations::default(),
        }
    }
}

/// Verifies tokens. To change keys or revocations, put another in its place
/// ([`Verifier::with_keys`], [`Verifier::with_revocations`]): one that is in use does not change.
#[derive(Debug, Clone)]
pub struct Verifier {
    config: VerifierConfig,
    /// Of the configuration, shared by all grants.
    default: Arc<Capabilities>,
}

impl Verifier {
    /// A verifier, if it has something to verify with.
    ///
    /// # Errors
    /// [`KeyError::NoKeys`].
    pub fn new(config: VerifierConfig) -> Result<Self, KeyError> {
        if config.keys.is_empty() {
            return Err(KeyError::NoKeys);
        }
        provider::install();
        let default = Arc::new(config.default_capabilities.clone());
        Ok(Self { config, default })
    }

    /// The same with other keys.
    ///
    /// # Errors
    /// [`KeyError::NoKeys`]: keep the ones you have.
    pub fn with_keys(&self, keys: Keys) -> Result<Self, KeyError> {
        Self::new(VerifierConfig { keys, ..self.config.clone() })
    }

    /// The same with another list of revocations.
    pub fn with_revocations(&self, revocations: Revocations) -> Self {
        Self {
            config: VerifierConfig { revocations, ..self.config.clone() },
            default: Arc::clone(&self.default),
        }
    }

    /// What was called back: to look again at grants that are in use.
    pub const fn revocations(&self) -> &Revocations {
        &self.config.revocations
    }

    /// What the token grants. Nothing of it is believed before its signature holds; then its times,
    /// its issuer and its audience are judged, and whether it was called back.
    ///
    /// # Errors
    /// [`AccessError`]: why it is refused.
    pub fn verify(&self, token: &str, now: Wall) -> Result<Grant, AccessError> {
        let claims = Claims::read(&self.config.keys.open(token)?)?;
        judge_times(&claims, now)?;
        self.judge_parties(&claims)?;
        if self.config.revocations.is_revoked(&claims) {
            return Err(AccessError::Revoked);
        }
        Ok(Grant::new(claims, Arc::clone(&self.default)))
    }

    fn judge_parties(&self, claims: &Claims) -> Result<(), AccessError> {
        if let Some(trusted) = &self.config.issuer {
            let issuer = claims.issuer.as_ref().ok_or(AccessError::Missing { claim: "iss" })?;
            if issuer != trusted {
                return Err(AccessError::Issuer);
            }
        }
        match &self.config.audience {
            Some(_) if claims.audience.is_empty() => Err(AccessError::Missing { claim: "aud" }),
            Some(us) if claims.audience.contains(us) => Ok(()),
            None if claims.audience.is_empty() => Ok(()),
            Some(_) | None => Err(AccessError::Audience),
        }
    }
}

/// `exp`: on or after it, the token must not be accepted; `nbf`: before it (RFC 7519, 4.1.4 and
/// 4.1.5); each with [`LEEWAY`]. A token from the future is no token: it would outlive a
/// revocation of everything made until now.
fn judge_times(claims: &Claims, now: Wall) -> Result<(), AccessError> {
    if now >= later(claims.expires_at, LEEWAY) {
        return Err(AccessError::Expired { expires_at: claims.expires_at, now });
    }
    let early = |from: &Wall| later(now, LEEWAY) < *from;
    match claims.not_before.filter(early).or(claims.issued_at.filter(early)) {
        Some(from) => Err(AccessError::NotYet { from, now }),
        None => Ok(()),
    }
}
