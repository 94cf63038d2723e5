//! What was asked of a chat, and what its listeners heard.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Marks;

/// What one client asks and is answered.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, clap::ValueEnum,
)]
#[serde(rename_all = "lowercase")]
pub enum Act {
    /// Send a message, until it is durable
    Send,
    /// Ask whether the server is there
    Ping,
    /// Read the last page of a conversation
    Read,
    /// Come in on a connection of its own, be welcomed, and leave
    Connect,
}

/// Of whom and what.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ChatPlan {
    /// How often each act is, beside the others.
    pub acts: BTreeMap<Act, u32>,
    /// Conversations that acts are in.
    pub conversations: u32,
    /// Which part of them has which part of all acts; nothing if all have as much.
    pub busiest: Option<Busiest>,
    /// Who listens to each conversation.
    pub listeners: u32,
    /// Connections that listen.
    pub listening: u32,
    /// Bytes of a message.
    pub body_bytes: u32,
    /// Messages of a page, at most.
    pub page_messages: u32,
}

/// Conversations by a power law, so that a part of them carries a part of all.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Busiest {
    /// Share of the conversations.
    pub share: f64,
    /// Share of the acts in them.
    pub carry: f64,
}

impl Act {
    /// As it is written.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Send => "send",
            Self::Ping => "ping",
            Self::Read => "read",
            Self::Connect => "connect",
        }
    }
}

/// What became of one act of a mixture.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActTotals {
    /// Answered well.
    pub done: u64,
    /// Not.
    pub failed: u64,
    /// From due to answered.
    pub response: Marks,
}

/// What those who listen heard, of what was sent and acknowledged.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reach {
    /// Messages acknowledged, each as often as somebody listens to its conversation.
    pub expected: u64,
    /// Messages heard.
    pub heard: u64,
    /// Connections that listened and ended early.
    pub lost: u64,
}

impl Reach {
    /// Which share of what should be heard was; nothing if nothing should be.
    #[must_use]
    pub fn share(&self) -> Option<f64> {
        (self.expected > 0).then(|| self.heard as f64 / self.expected as f64)
    }

    /// Everything was heard.
    pub(crate) fn is_all(&self) -> bool {
        self.heard >= self.expected
    }

    /// Counts all of another, too.
    pub(crate) fn add(&mut self, other: Self) {
        self.expected += other.expected;
        self.heard += other.heard;
        self.lost += other.lost;
    }
}
