//! Why a message is as it is: what happened to it of late, and how it stands now.

use model::{MessageId, Offset, Reason};

use crate::Enricher;
use crate::trace::{Decided, Step};

/// How a message stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// In hand: how its last result is, as decided, calls that are out, and whether it waits for a place.
    InHand {
        /// Its result so far.
        result: Decided,
        /// Calls that are out.
        calls: u8,
        /// It waits for a place.
        waits: bool,
    },
    /// It is to be asked again.
    Later {
        /// Its result so far.
        result: Decided,
        /// How often it was swept.
        sweeps: u8,
    },
    /// The service's answer is durable: nothing more happens.
    Full,
    /// Given up.
    Dead(Reason),
    /// It was not read yet, or is no text.
    Unknown,
}

impl Enricher {
    /// What happened to a message, as far as it is remembered.
    pub fn steps(&self, target: Offset) -> impl Iterator<Item = Step> {
        self.trace.of(target)
    }

    /// The message of this id, if it arrived lately.
    pub fn target_of(&self, id: MessageId) -> Option<Offset> {
        self.trace.target_of(id)
    }

    /// How a message stands.
    pub fn standing(&self, target: Offset) -> Standing {
        if let Some(message) = self.in_hand.get(&target) {
            return Standing::InHand {
                result: Decided::from(message.wanted()),
                calls: message.calls,
                waits: message.is_queued,
            };
        }
        self.ledger.standing(target)
    }
}
