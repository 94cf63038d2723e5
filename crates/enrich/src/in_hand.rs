//! Messages in hand.

use model::{Body, ConversationId, Message, Mono, Said, Seq, Understood};

/// A message in hand.
#[derive(Debug)]
pub(crate) struct InHand {
    pub(crate) conversation: ConversationId,
    pub(crate) seq: Seq,
    pub(crate) said: Said,
    /// None of what is only to be asked again later.
    pub(crate) text: Option<Body>,
    /// Which batch of the journal it is in, for a sweep to find it.
    pub(crate) batch: u64,
    /// How it stands in the journal, durably.
    pub(crate) journal: Understood,
    /// The same, with what was appended and is not durable yet.
    pub(crate) last: Understood,
    /// What is to be appended again after a refusal.
    pub(crate) unwritten: Option<Understood>,
    /// Facts of it that are appended and not durable.
    pub(crate) undurable: u8,
    /// Calls that are out.
    pub(crate) calls: u8,
    /// Calls made since it came in hand.
    pub(crate) called: u8,
    /// Of sweeps, with this one; 0 in its first, live, stay.
    pub(crate) sweeps: u8,
    /// When there must be an answer.
    pub(crate) deadline: Mono,
    /// It waits for a place.
    pub(crate) is_queued: bool,
}

/// What is to be done with a message, and how it stood when it came in hand.
pub(crate) struct Coming {
    pub(crate) batch: u64,
    pub(crate) standing: Understood,
    pub(crate) sweeps: u8,
    pub(crate) deadline: Mono,
}

impl InHand {
    /// A message to be called for.
    pub(crate) fn of(message: &Message, body: &Body, coming: Coming) -> Self {
        let said = Said { sender: message.sender.clone(), at: message.received_at };
        let text = Some(body.clone());
        Self { text, ..Self::without_text(message.conversation.clone(), message.seq, said, coming) }
    }

    /// One that is only to be asked again later.
    pub(crate) fn without_text(
        conversation: ConversationId,
        seq: Seq,
        said: Said,
        coming: Coming,
    ) -> Self {
        let Coming { batch, standing, sweeps, deadline } = coming;
        Self {
            conversation,
            seq,
            said,
            text: None,
            batch,
            journal: standing.clone(),
            last: standing,
            unwritten: None,
            undurable: 0,
            calls: 0,
            called: 0,
            sweeps,
            deadline,
            is_queued: false,
        }
    }

    /// Whether nothing more is expected of it in this stay.
    pub(crate) fn is_settled(&self) -> bool {
        let has_standing = self.sweeps > 0 || self.last != Understood::Pending;
        has_standing
            && self.calls == 0
            && self.undurable == 0
            && self.unwritten.is_none()
            && !self.is_queued
    }

    /// Whether an answer is still wanted before the deadline.
    pub(crate) fn is_live(&self) -> bool {
        self.sweeps == 0 && self.wanted() == &Understood::Pending
    }

    /// How it will stand once all that is decided is durable.
    pub(crate) fn wanted(&self) -> &Understood {
        self.unwritten.as_ref().unwrap_or(&self.last)
    }
}
