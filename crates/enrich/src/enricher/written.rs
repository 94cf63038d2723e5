//! What is written of a message, until it is durable; and then it leaves the hand.

use model::{Enrichment, Fact, Mono, Offset, Understood};

use super::{Command, Timer};
use crate::Enricher;
use crate::dead::Letter;
use crate::in_hand::InHand;
use crate::trace::{Decided, What};

impl Enricher {
    /// The oldest `count` of our appends are durable.
    pub fn handle_durable(&mut self, count: usize, now: Mono) {
        self.trace.now(now);
        for (target, standing) in self.undurable.drain(..count).collect::<Vec<_>>() {
            let Some(message) = self.in_hand.get_mut(&target) else { continue };
            self.ledger.moved(&message.journal, &standing);
            message.journal = standing;
            message.undurable -= 1;
            self.trace.add(target, What::Durable);
            self.release(target);
        }
    }

    /// The journal has no room: nothing of this generation that was not durable is written. What was decided is
    /// kept and handed over again a little later.
    pub fn handle_append_refused(&mut self, generation: u64, now: Mono) {
        if generation != self.generation {
            return;
        }
        self.generation += 1;
        let at = now + self.settings.append_again_after;
        for (target, standing) in std::mem::take(&mut self.undurable) {
            if let Some(message) = self.in_hand.get_mut(&target) {
                message.undurable = 0;
                message.last = message.journal.clone();
                message.unwritten = Some(standing);
                self.timers.insert((at, Timer::Append, target));
                self.trace.add(target, What::Unwritten);
            }
        }
    }

    pub(super) fn append_again(&mut self, target: Offset) {
        let Some(message) = self.in_hand.get_mut(&target) else { return };
        if let Some(standing) = message.unwritten.take() {
            self.append(target, standing);
        }
    }

    pub(super) fn append(&mut self, target: Offset, after: Understood) {
        let Some(message) = self.in_hand.get_mut(&target) else { return };
        message.unwritten = None;
        message.undurable += 1;
        self.trace.add(target, What::Decided(Decided::from(&after)));
        let before = std::mem::replace(&mut message.last, after.clone());
        let fact = Fact::Enriched(Box::new(Enrichment {
            conversation: message.conversation.clone(),
            seq: message.seq,
            target,
            said: Some(message.said.clone()),
            before,
            after: after.clone(),
        }));
        self.undurable.push_back((target, after));
        self.commands.push_back(Command::Append { generation: self.generation, fact });
    }

    /// One of which nothing more is expected leaves the hand.
    pub(super) fn release(&mut self, target: Offset) {
        if self.in_hand.get(&target).is_some_and(InHand::is_settled) {
            self.leave(target);
        }
    }

    pub(super) fn leave(&mut self, target: Offset) {
        let Some(message) = self.in_hand.remove(&target) else { return };
        let InHand { conversation, seq, said, batch, journal, sweeps, .. } = message;
        if let Understood::Dead(why) = journal {
            let said = Some(said);
            self.ledger.bury(target, Letter { conversation, seq, said, why, batch });
        } else {
            self.ledger.put(target, &journal, batch, sweeps);
        }
    }
}
