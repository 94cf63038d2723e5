//! The subscriptions of one connection.

use std::collections::VecDeque;
use std::sync::Arc;

use model::{ConversationId, Epoch, Position, Seq};
use tokio::time::Instant;
use wire::SubscribeFrom;

use crate::mailbox::Listener;
use crate::opening::Known;
use crate::pointer::Pointer;
use crate::small_map::SmallMap;
use crate::topics::Seat;

/// All of them.
#[derive(Debug, Default)]
pub(super) struct Subs {
    by_number: SmallMap<u64, Box<Sub>>,
    by_conversation: SmallMap<ConversationId, u64>,
    /// Those that may have something to write or to ask, each at most once.
    ready: VecDeque<u64>,
}

/// One.
#[derive(Debug)]
pub(super) struct Sub {
    pub(super) seat: Seat,
    pub(super) listener: Arc<Listener>,
    pub(super) stage: Stage,
    /// It is in the list of those that are ready.
    ready: bool,
    /// It asks the owner again at this time, and is left alone until then.
    pub(super) retry: Option<Instant>,
    /// It waits for its page.
    pub(super) queued: bool,
    /// The highest it was sent, by one that it replaced or before its history was lost.
    pub(super) sent_before: Position,
    /// The last acknowledgement that was passed on.
    pub(super) acked: Option<Position>,
    /// One that is to be passed on.
    pub(super) ack: Option<Position>,
    /// Of a governed conversation: the head when the user was found to be a member. What removes them
    /// stands above it.
    pub(super) admitted: Option<Seq>,
    /// What removes the user: it is the last that this subscription gives.
    pub(super) ends_at: Option<Seq>,
    /// When it was last passed on that the user types there.
    pub(super) typed: Option<Instant>,
}

/// Where it is.
#[derive(Debug)]
pub(super) enum Stage {
    /// Not begun: its place is not known yet.
    Opening {
        reference: Option<u64>,
        from: SubscribeFrom,
        known: Known,
        /// The number of the question that is out.
        asked: Option<u64>,
    },
    /// Begun.
    Running(Pointer),
}

impl Sub {
    pub(super) fn new(
        seat: Seat,
        listener: Arc<Listener>,
        reference: Option<u64>,
        from: SubscribeFrom,
    ) -> Self {
        let known = Known::default();
        Self {
            seat,
            listener,
            stage: Stage::Opening { reference, from, known, asked: None },
            ready: false,
            retry: None,
            queued: false,
            sent_before: Position { epoch: Epoch(0), seq: Seq(0) },
            acked: None,
            ack: None,
            admitted: None,
            ends_at: None,
            typed: None,
        }
    }

    /// The highest it was sent, or said it had, in which epoch.
    pub(super) fn sent(&self) -> Position {
        match &self.stage {
            Stage::Opening { .. } => self.sent_before,
            Stage::Running(pointer) => {
                let now = Position { epoch: pointer.epoch(), seq: Seq(pointer.next().0 - 1) };
                let before = self.sent_before;
                if before.epoch == now.epoch && now.seq < before.seq { before } else { now }
            }
        }
    }
}

impl Subs {
    pub(super) fn len(&self) -> usize {
        self.by_number.len()
    }

    pub(super) fn get_mut(&mut self, number: u64) -> Option<&mut Sub> {
        self.by_number.get_mut(&number).map(Box::as_mut)
    }

    pub(super) fn number_of(&self, conversation: &ConversationId) -> Option<u64> {
        self.by_conversation.get(conversation).copied()
    }

    pub(super) fn insert(&mut self, number: u64, sub: Sub) {
        self.by_conversation.insert(sub.seat.conversation().clone(), number);
        self.by_number.insert(number, Box::new(sub));
        self.ready(number);
    }

    pub(super) fn remove(&mut self, number: u64) -> Option<Box<Sub>> {
        let sub = self.by_number.remove(&number)?;
        if self.number_of(sub.seat.conversation()) == Some(number) {
            self.by_conversation.remove(sub.seat.conversation());
        }
        Some(sub)
    }

    pub(super) fn numbers(&self) -> Vec<u64> {
        self.by_number.keys().copied().collect()
    }

    /// Puts it on the list of those that are ready.
    pub(super) fn ready(&mut self, number: u64) {
        if let Some(sub) = self.by_number.get_mut(&number)
            && !std::mem::replace(&mut sub.ready, true)
        {
            self.ready.push_back(number);
        }
    }

    /// Whether one is on that list.
    pub(super) fn any_ready(&self) -> bool {
        !self.ready.is_empty()
    }

    /// Takes the next one off that list.
    pub(super) fn next_ready(&mut self) -> Option<u64> {
        loop {
            let number = self.ready.pop_front()?;
            if self.ready.is_empty() {
                self.ready = VecDeque::new(); // An idle connection holds no memory.
            }
            if let Some(sub) = self.by_number.get_mut(&number) {
                sub.ready = false;
                return Some(number);
            }
        }
    }
}
