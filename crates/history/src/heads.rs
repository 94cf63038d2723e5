//! Where each conversation stands, and the heads that the fold has at hand.

use std::collections::HashMap;

use model::{ConversationId, Message, Ordinal, Remnant, Seq};

/// Heads kept at hand between commits; above it all of them are forgotten and read again.
pub const HEADS_MAX: usize = 65_536;

/// Where a conversation stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// What the next fact that readers see is numbered.
    pub next_seq: Seq,
    /// What the next message is counted.
    pub next_ordinal: Ordinal,
    /// The lowest place from which history is whole up to the head; 1 unless history was lost, or has
    /// expired.
    pub first: Seq,
}

impl Head {
    pub(crate) const NEW: Self = Self { next_seq: Seq(1), next_ordinal: Ordinal(1), first: Seq(1) };

    /// A message that jumps says that what stood before it was lost. One below the head is here
    /// already.
    fn take(&mut self, seq: Seq, ordinal: Ordinal) {
        if seq > self.next_seq {
            self.first = seq;
        }
        if seq >= self.next_seq {
            self.next_seq = seq.next();
            self.next_ordinal = ordinal.next();
        }
    }

    /// Where the conversation stands, by its row and its last message.
    pub(crate) fn after(mut self, last: Option<(Seq, Ordinal)>) -> Self {
        if let Some((seq, ordinal)) = last
            && seq >= self.next_seq
        {
            self.next_seq = seq.next();
            self.next_ordinal = ordinal.next();
        }
        self
    }

    /// A device can only have acknowledged what was there: above the head, it was lost since. Its
    /// places are not given again, or a cursor that stands there would skip what takes them.
    fn acknowledged(&mut self, seq: Seq) {
        if seq >= self.next_seq {
            let lost = seq.0 - self.next_seq.0 + 1;
            self.next_seq = seq.next();
            self.next_ordinal = Ordinal(self.next_ordinal.0 + lost);
            self.first = self.next_seq;
        }
    }
}

/// Heads at hand. The store's row of a conversation is a floor, and the conversation's last message
/// says the rest ([`Head::after`]): so a message that only follows on the one before it writes no
/// row. The next commit writes those that are new or lost something.
#[derive(Default)]
pub(crate) struct Heads {
    at_hand: HashMap<ConversationId, Entry>,
    changed: Vec<ConversationId>,
}

struct Entry {
    head: Head,
    /// What the row says is first; `None` = there is no row.
    row_first: Option<Seq>,
    changed: bool,
}

impl Heads {
    pub(crate) fn take<E>(
        &mut self,
        message: &Message,
        load: impl FnOnce() -> Result<Option<Head>, E>,
    ) -> Result<(), E> {
        let Message { conversation, seq, ordinal, .. } = message;
        self.change(conversation, load, |head| head.take(*seq, *ordinal))
    }

    /// As [`take`](Self::take), of what is left of one.
    pub(crate) fn take_remnant<E>(
        &mut self,
        remnant: &Remnant,
        load: impl FnOnce() -> Result<Option<Head>, E>,
    ) -> Result<(), E> {
        self.change(&remnant.conversation, load, |head| head.take(remnant.seq, remnant.ordinal))
    }

    /// What stands below `first` is gone.
    pub(crate) fn expired<E>(
        &mut self,
        conversation: &ConversationId,
        first: Seq,
        load: impl FnOnce() -> Result<Option<Head>, E>,
    ) -> Result<(), E> {
        self.change(conversation, load, |head| head.first = head.first.max(first))
    }

    pub(crate) fn acknowledged<E>(
        &mut self,
        conversation: &ConversationId,
        seq: Seq,
        load: impl FnOnce() -> Result<Option<Head>, E>,
    ) -> Result<(), E> {
        self.change(conversation, load, |head| head.acknowledged(seq))
    }

    /// Hands out the heads whose rows do not say what they should, to be written; then they count as written.
    pub(crate) fn drain_changed(&mut self, mut write: impl FnMut(&ConversationId, &Head)) {
        self.changed.sort_unstable();
        for conversation in self.changed.drain(..) {
            if let Some(entry) = self.at_hand.get_mut(&conversation) {
                entry.changed = false;
                entry.row_first = Some(entry.head.first);
                write(&conversation, &entry.head);
            }
        }
        if self.at_hand.len() > HEADS_MAX {
            self.at_hand.clear();
        }
    }

    /// After a failed commit nobody knows what the store holds.
    pub(crate) fn forget(&mut self) {
        *self = Self::default();
    }

    fn change<E>(
        &mut self,
        conversation: &ConversationId,
        load: impl FnOnce() -> Result<Option<Head>, E>,
        change: impl FnOnce(&mut Head),
    ) -> Result<(), E> {
        if !self.at_hand.contains_key(conversation) {
            let known = load()?;
            let (head, row_first) = (known.unwrap_or(Head::NEW), known.map(|head| head.first));
            self.at_hand.insert(conversation.clone(), Entry { head, row_first, changed: false });
        }
        if let Some(entry) = self.at_hand.get_mut(conversation) {
            change(&mut entry.head);
            if entry.row_first != Some(entry.head.first) && !entry.changed {
                entry.changed = true;
                self.changed.push(conversation.clone());
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
