//! Where something stands: in a conversation (`Seq`), in a partition (`RecordNo`), in the journal
//! (`BatchNo`). They are different types because mixing them up is the classic bug of a log.

use std::fmt;

use serde::{Deserialize, Serialize};
use siphasher::sip::SipHasher24;

use crate::bounds::PARTITIONS;
use crate::{ConversationId, TenantId, UserId};

macro_rules! number {
    ($(#[$doc:meta])* $name:ident($inner:ty)) => {
        $(#[$doc])*
        #[derive(
            Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
        )]
        #[serde(transparent)]
        pub struct $name(pub $inner);

        impl $name {
            /// The one after.
            #[must_use]
            pub const fn next(self) -> Self {
                Self(self.0 + 1)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

number! {
    /// Sequence number: the place of a fact in what a conversation's readers see. Dense, from 1;
    /// 0 stands before the first.
    Seq(u64)
}
number! {
    /// Which version of a partition's history a position speaks of. It changes only when history
    /// was lost. From 1.
    Epoch(u32)
}
number! {
    /// The how-manieth message of its conversation this is, from 1: unread counts are a subtraction.
    Ordinal(u64)
}
number! {
    /// The place of a record in its partition. Dense, from 1.
    RecordNo(u64)
}
number! {
    /// The place of a batch in the journal: all that one sync made durable. Dense, from 1; 0 stands
    /// before the first.
    BatchNo(u64)
}
number! {
    /// Changes at each move of ownership; appends are fenced by it. Internal: clients never see it.
    Term(u64)
}

/// One of the [`PARTITIONS`] parts a data directory is cut into.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "u16", into = "u16")]
pub struct PartitionId(u16);

impl PartitionId {
    /// A partition, if the number is below [`PARTITIONS`].
    pub const fn new(number: u16) -> Option<Self> {
        if number < PARTITIONS { Some(Self(number)) } else { None }
    }

    /// The partition of a conversation: SipHash-2-4 with a zero key over tenant and name, modulo
    /// [`PARTITIONS`]. Stored data depends on it: never change it.
    pub fn of(tenant: TenantId, conversation: &ConversationId) -> Self {
        Self::hashed(tenant, conversation.as_str())
    }

    fn hashed(tenant: TenantId, name: &str) -> Self {
        let mut bytes = Vec::with_capacity(2 + name.len());
        bytes.extend_from_slice(&tenant.0.to_le_bytes());
        bytes.extend_from_slice(name.as_bytes());
        let part = SipHasher24::new().hash(&bytes) % u64::from(PARTITIONS);
        Self(u16::try_from(part).unwrap_or_else(|_| unreachable!("below PARTITIONS")))
    }

    /// The partition in which a user as a whole lives: as [`of`](Self::of), over their name.
    pub fn of_user(tenant: TenantId, user: &UserId) -> Self {
        Self::hashed(tenant, user.as_str())
    }

    /// All of them, in order.
    pub fn all() -> impl Iterator<Item = Self> {
        (0..PARTITIONS).map(Self)
    }

    /// Its number, below [`PARTITIONS`].
    pub const fn get(self) -> u16 {
        self.0
    }

    /// Its number as an index into a table of [`PARTITIONS`] entries.
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

impl TryFrom<u16> for PartitionId {
    type Error = String;
    fn try_from(number: u16) -> Result<Self, String> {
        Self::new(number)
            .ok_or_else(|| format!("partition {number}: the highest is {}", PARTITIONS - 1))
    }
}

impl From<PartitionId> for u16 {
    fn from(partition: PartitionId) -> Self {
        partition.0
    }
}

impl fmt::Display for PartitionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Where a record stands. Never a byte position: segments may be rewritten.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Offset {
    /// The partition.
    pub partition: PartitionId,
    /// The record's number in it.
    pub record: RecordNo,
}

/// How far a reader of a conversation has come: the last [`Seq`] it has, in which [`Epoch`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Position {
    /// The version of history that `seq` belongs to.
    pub epoch: Epoch,
    /// The last sequence number the reader has; 0 = nothing yet.
    pub seq: Seq,
}

#[cfg(test)]
mod tests;
