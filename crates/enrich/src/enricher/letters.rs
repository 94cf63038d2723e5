//! What was given up, and its way back.

use model::{Mono, Offset, Understood};

use crate::Enricher;
use crate::in_hand::{Coming, InHand};
use crate::ledger::Letter;

impl Enricher {
    /// Messages that were given up, those after `after` first.
    pub fn letters(&self, after: Option<Offset>) -> impl Iterator<Item = (Offset, &Letter)> {
        self.ledger.letters(after)
    }

    /// Asks again for one that was given up; `false` if it is none.
    pub fn handle_replay(&mut self, target: Offset) -> bool {
        let Some(letter) = self.ledger.unbury(target) else { return false };
        let dead = Understood::Dead(letter.why);
        let Some(said) = letter.said else { return false };
        let Letter { conversation, seq, batch, .. } = letter;
        let coming = Coming { batch, standing: dead, sweeps: 1, deadline: Mono(0) };
        let message = InHand::without_text(conversation, seq, said, coming);
        self.in_hand.insert(target, message);
        self.append(target, Understood::Pending);
        true
    }
}
