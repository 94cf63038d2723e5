//! What is asked again: sweeps along the journal.

use model::{BatchNo, Content, Fact, Mono, Offset, Said};

use crate::Enricher;
use crate::dead::Letter;
use crate::in_hand::{Coming, InHand};
use crate::service::Kind;
use crate::trace::What;

impl Enricher {
    /// Whether to walk along the journal for what is to be asked again, and for letters that there is room for:
    /// after which batch to begin.
    pub fn begin_sweep(&mut self, now: Mono) -> Option<BatchNo> {
        let (ledger, comes_back) = (&self.ledger, self.letters_come_back());
        let first = || {
            let letter = ledger.dead().wanted().filter(|_| comes_back);
            [ledger.first_later(), letter].into_iter().flatten().min()
        };
        let after = self.sweep.begin(first, now)?;
        self.ledger.begin_walk(after.0);
        Some(after)
    }

    /// How many facts the walk may show now; after 0, rest a little.
    pub fn sweep_room(&self, now: Mono) -> usize {
        let room = self.service.room_again().min(self.sweep.room(now));
        if self.waiting.is_empty() {
            self.room().min(usize::try_from(room).unwrap_or(0))
        } else {
            0
        }
    }

    /// The next fact on the walk. `true`: it is asked again, which took some of the room.
    pub fn handle_swept(&mut self, batch: BatchNo, offset: Offset, fact: &Fact, now: Mono) -> bool {
        let Fact::Message(message) = fact else { return false };
        let Content::Text { body, .. } = &message.content else { return false };
        if self.letters_come_back() {
            self.ledger.dead_mut().met(offset, |why| Letter {
                conversation: message.conversation.clone(),
                seq: message.seq,
                said: Some(Said { sender: message.sender.clone(), at: message.received_at }),
                why,
                batch: batch.0,
            });
        } else {
            self.ledger.dead_mut().passed();
        }
        let shown = self.settings.privacy.shown(&message.conversation, body);
        let Some(text) = shown else { return false };
        let Some((standing, sweeps)) = self.ledger.take_later(offset) else { return false };
        let sweep = sweeps.saturating_add(1);
        let coming = Coming { batch: batch.0, standing, sweeps: sweep, deadline: now };
        self.in_hand.insert(offset, InHand::of(message, &text, coming));
        self.sweep.called(now);
        self.trace.now(now);
        match self.service.place(now, Kind::Again) {
            Ok(()) => {
                self.trace.add(offset, What::Swept(sweep));
                self.call(offset, Kind::Again, now);
                return true;
            }
            Err(why) => self.trace.add(offset, What::NotCalled(why)),
        }
        // It was not tried: that is no try of it.
        if let Some(message) = self.in_hand.get_mut(&offset) {
            message.sweeps = sweeps;
        }
        self.sweep.rest(now);
        self.leave(offset);
        true
    }

    /// The walk has come to the journal's end.
    pub fn handle_sweep_end(&mut self, now: Mono) {
        self.ledger.end_walk();
        let dice = self.dice.next();
        self.sweep.end(now, dice);
    }
}
