//! What happened to messages of late: a ring of steps, each of the same size.
//!
//! A step costs a few dozen bytes written in order, and nothing is allocated for it; who asks about a message looks
//! through all of them.

use std::collections::VecDeque;

use model::{MessageId, Mono, Offset, Reason, Understood};

use crate::Failed;
use crate::service::{Kind, Suppressed};

/// Steps that are kept: of some 50,000 messages.
pub const STEPS_MAX: usize = 1 << 18;

/// Something happened to a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    /// To which.
    pub target: Offset,
    /// When.
    pub at: Mono,
    /// What.
    pub what: What,
}

/// What happens to messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// It was read from the journal; the number follows from its id.
    Arrived(u64),
    /// It waits for a place, behind so many.
    Waits(u32),
    /// It is called for.
    Called {
        /// Which of its calls in this stay, from 1.
        number: u8,
        /// Why.
        kind: Kind,
        /// The breaker: 0 closed, 1 half open, 2 open.
        breaker: u8,
        /// Calls that were out, this one too.
        in_flight: u16,
        /// Calls that might be out.
        limit: u16,
    },
    /// It is not called for, or not any more: there is no call that this is of.
    NotCalled(Reason),
    /// It is not called for a second time.
    Suppressed(Suppressed),
    /// A call was not sent: for the service's limits, for its breakers, or with another of the same text.
    Withheld {
        /// Which.
        number: u8,
        /// Why.
        why: Reason,
    },
    /// A call was answered.
    Answered {
        /// Which.
        number: u8,
        /// Another of its calls was out still: this one was faster.
        won: bool,
    },
    /// A call failed.
    Failed {
        /// Which.
        number: u8,
        /// How.
        how: Failure,
    },
    /// Its result was decided and handed to the journal.
    Decided(Decided),
    /// A result of it is durable.
    Durable,
    /// The journal did not take its result: it is handed over again.
    Unwritten,
    /// It comes in hand to be asked again, for the how-manieth time.
    Swept(u8),
}

/// How a call failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// With an error, or without an answer.
    Error,
    /// The service takes no more for now.
    Throttled,
    /// It takes this message never.
    Refused,
    /// Its answer has no meaning.
    Unreadable,
}

/// A result, without what was understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decided {
    /// It is to be asked again.
    Pending,
    /// The service's answer.
    Full,
    /// A guess of our own.
    Degraded(Reason),
    /// It is given up.
    Dead(Reason),
}

/// The ring.
#[derive(Debug)]
pub(crate) struct Trace {
    steps: VecDeque<Step>,
    now: Mono,
}

impl Trace {
    pub(crate) fn new() -> Self {
        Self { steps: VecDeque::with_capacity(STEPS_MAX), now: Mono(0) }
    }

    /// It is so late: steps are stamped with this from now on.
    pub(crate) fn now(&mut self, now: Mono) {
        self.now = now;
    }

    pub(crate) fn add(&mut self, target: Offset, what: What) {
        if self.steps.len() == STEPS_MAX {
            self.steps.pop_front();
        }
        self.steps.push_back(Step { target, at: self.now, what });
    }

    /// All that is known of a message, in order.
    pub(crate) fn of(&self, target: Offset) -> impl Iterator<Item = Step> {
        self.steps.iter().filter(move |step| step.target == target).copied()
    }

    /// The message of this id that arrived last.
    pub(crate) fn target_of(&self, id: MessageId) -> Option<Offset> {
        let arrived = What::Arrived(key(id));
        self.steps.iter().rev().find(|step| step.what == arrived).map(|step| step.target)
    }
}

/// An id in eight bytes: instances are drawn from as many, so two of them are the same hardly ever.
pub(crate) fn key(id: MessageId) -> u64 {
    id.instance.0 ^ id.counter.wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

impl From<&Understood> for Decided {
    fn from(understood: &Understood) -> Self {
        match understood {
            Understood::Pending => Self::Pending,
            Understood::Full(_) => Self::Full,
            Understood::Degraded { why, .. } => Self::Degraded(*why),
            Understood::Dead(why) => Self::Dead(*why),
        }
    }
}

impl From<Failed> for Failure {
    fn from(how: Failed) -> Self {
        match how {
            Failed::Error => Self::Error,
            Failed::Throttled { .. } => Self::Throttled,
            Failed::Refused => Self::Refused,
            Failed::Unreadable => Self::Unreadable,
        }
    }
}

#[cfg(test)]
mod tests;
