//! Lamport timestamps: causality across conversations, kept by each client.
//!
//! Leslie Lamport, "Time, Clocks, and the Ordering of Events in a Distributed System",
//! Communications of the ACM 21(7), 1978. Ties are broken by the sender.

use serde::{Deserialize, Serialize};

use crate::InstanceId;

/// `[counter, sender]`: ordered by counter, ties by sender.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Lamport {
    /// One more than the highest its author had seen or given, in any conversation.
    pub counter: u64,
    /// The client instance that gave it.
    pub sender: InstanceId,
}
