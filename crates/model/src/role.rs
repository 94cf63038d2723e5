//! What kinds of conversation there are, and as what one can be in them.

use std::fmt;

use serde::{Deserialize, Serialize};
use siphasher::sip128::SipHasher24;

use crate::{ConversationId, MessageId, UserId};

/// Of what kind a conversation is. Its name says it, so nobody has to be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Whoever may connect may read and speak; it comes into being when someone does.
    Open,
    /// Two members, for good.
    Direct,
    /// Members speak.
    Group,
    /// Few speak, many listen.
    Channel,
}

/// As what a user is in a governed conversation; the higher may what the lower may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Role {
    /// Reads, and reacts.
    Reader,
    /// Speaks.
    Member,
    /// Invites, removes, describes.
    Admin,
    /// Makes others owner and admin.
    Owner,
}

impl Role {
    /// All of them, the lowest first.
    pub const ALL: [Self; 4] = [Self::Reader, Self::Member, Self::Admin, Self::Owner];

    /// Its name on the wire.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Reader => "reader",
            Self::Member => "member",
            Self::Admin => "admin",
            Self::Owner => "owner",
        }
    }

    /// The role of that name.
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.name() == name)
    }

    /// Its number where it is stored: never reuse one.
    pub const fn stored(self) -> u8 {
        match self {
            Self::Reader => 1,
            Self::Member => 2,
            Self::Admin => 3,
            Self::Owner => 4,
        }
    }

    /// The role that was stored under a number.
    pub fn of_stored(number: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.stored() == number)
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Kind {
    /// Its name on the wire; an open one is never made by name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Direct => "direct",
            Self::Group => "group",
            Self::Channel => "channel",
        }
    }
}

impl ConversationId {
    /// Of what kind it is: `d:`, `g:`, `c:`, or open.
    pub fn kind(&self) -> Kind {
        match self.as_str().as_bytes() {
            [b'd', b':', ..] => Kind::Direct,
            [b'g', b':', ..] => Kind::Group,
            [b'c', b':', ..] => Kind::Channel,
            _ => Kind::Open,
        }
    }

    /// The group that this `create` makes: `g:` and its id.
    pub fn group(id: MessageId) -> Self {
        Self::made(&format!("g:{id}"))
    }

    /// The channel that this `create` makes: `c:` and its id.
    pub fn channel(id: MessageId) -> Self {
        Self::made(&format!("c:{id}"))
    }

    /// The one direct conversation of two users: `d:` and SipHash-2-4-128 with a zero key over the
    /// lower name, a zero byte and the higher one. Stored data depends on it: never change it.
    pub fn direct(one: &UserId, other: &UserId) -> Self {
        let (low, high) = if one <= other { (one, other) } else { (other, one) };
        let both = [low.as_str().as_bytes(), &[0], high.as_str().as_bytes()].concat();
        Self::made(&format!("d:{:032x}", SipHasher24::new().hash(&both).as_u128()))
    }

    fn made(name: &str) -> Self {
        Self::new(name).unwrap_or_else(|_| unreachable!("{name} is short and of the alphabet"))
    }
}

#[cfg(test)]
mod tests;
