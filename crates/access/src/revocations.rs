//! Which tokens were called back before their time.
//!
//! A text file, so that a person can do it in a hurry. One entry a line; `#` begins a comment:
//!
//! ```text
//! user mallory issued-through 1767225600
//! token 5f0c6b6e2f5a4c0e9a3d7b1c8e4f2a60 expires-at 1767229200
//! ```
//!
//! All tokens of mallory that were made up to that second are worth nothing; newer ones are. The
//! one token is worth nothing, and once it has expired by itself the line may go. Nothing is ever
//! forgotten to make room: at its bound the list refuses to grow, and says so.

use std::collections::BTreeMap;
use std::fmt;

use model::{UserId, Wall};

use crate::bounds::{LEEWAY, REVOCATIONS_MAX};
use crate::claims::{Claims, later};
use crate::error::RevocationError;
use crate::token_id::TokenId;

/// Users whose tokens up to some second, and tokens that are called back.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Revocations {
    /// The last second, since 1970, of which tokens are revoked.
    users: BTreeMap<UserId, u64>,
    /// The second, since 1970, in which the token expires by itself.
    tokens: BTreeMap<TokenId, u64>,
}

impl Revocations {
    /// Reads a list.
    ///
    /// # Errors
    /// [`RevocationError`]: a line is none, or there are more than [`REVOCATIONS_MAX`].
    pub fn parse(text: &str) -> Result<Self, RevocationError> {
        let mut list = Self::default();
        for (index, line) in text.lines().enumerate() {
            let wrong = |why| RevocationError::Line { line: index + 1, why };
            let words: Vec<&str> =
                line.split('#').next().unwrap_or("").split_whitespace().collect();
            let moment = |seconds: &str| {
                let seconds: Option<u64> = seconds.parse().ok();
                let millis = seconds.and_then(|seconds| seconds.checked_mul(1000));
                millis.map(Wall).ok_or(wrong("has no number of seconds since 1970"))
            };
            match words[..] {
                [] => {}
                ["user", name, "issued-through", seconds] => {
                    let user = UserId::new(name).map_err(|_| wrong("has no name of a user"))?;
                    list.revoke_user(user, moment(seconds)?)?;
                }
                ["token", id, "expires-at", seconds] => {
                    let id = TokenId::new(id).ok_or(wrong("has no id of a token"))?;
                    list.revoke_token(id, moment(seconds)?)?;
                }
                _ => return Err(wrong("is no entry")),
            }
        }
        Ok(list)
    }

    /// Calls back every token of a user that was made up to the second of `through`. Of two times
    /// the later holds.
    ///
    /// # Errors
    /// [`RevocationError::Full`].
    pub fn revoke_user(&mut self, user: UserId, through: Wall) -> Result<(), RevocationError> {
        if !self.users.contains_key(&user) {
            self.has_room()?;
        }
        let held = self.users.entry(user).or_default();
        *held = (*held).max(through.0 / 1000);
        Ok(())
    }

    /// Calls back one token, which expires by itself at `expires_at`.
    ///
    /// # Errors
    /// [`RevocationError::Full`].
    pub fn revoke_token(&mut self, id: TokenId, expires_at: Wall) -> Result<(), RevocationError> {
        if !self.tokens.contains_key(&id) {
            self.has_room()?;
        }
        let held = self.tokens.entry(id).or_default();
        *held = (*held).max(expires_at.0 / 1000);
        Ok(())
    }

    /// Forgets the tokens that nobody would take any more.
    pub fn drop_expired(&mut self, now: Wall) {
        // The token may have expired at any moment of its second.
        let gone = |second: u64| later(Wall((second + 1).saturating_mul(1000)), LEEWAY) <= now;
        self.tokens.retain(|_, second| !gone(*second));
    }

    /// Whether the token was called back. One that does not say when it was made counts as made
    /// before any revocation of its user.
    pub fn is_revoked(&self, claims: &Claims) -> bool {
        let by_user = self.users.get(&claims.user).is_some_and(|through| {
            claims.issued_at.is_none_or(|issued_at| issued_at.0 / 1000 <= *through)
        });
        by_user || claims.token_id.as_ref().is_some_and(|id| self.tokens.contains_key(id))
    }

    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.users.len() + self.tokens.len()
    }

    /// Whether nothing was called back.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn has_room(&self) -> Result<(), RevocationError> {
        if self.len() < REVOCATIONS_MAX { Ok(()) } else { Err(RevocationError::Full) }
    }
}

impl fmt::Display for Revocations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (user, through) in &self.users {
            writeln!(f, "user {user} issued-through {through}")?;
        }
        for (id, expires_at) in &self.tokens {
            writeln!(f, "token {id} expires-at {expires_at}")?;
        }
        Ok(())
    }
}
