//! What of a fact is still there: so the journal can let go what history has let go
//! (`docs/adr/0010-the-journal-keeps-what-history-keeps.md`).

use fjall::Readable;
use model::{Content, CursorMove, Fact, Left, Message, Remnant};

use crate::gone::Expired;
use crate::key::Keys;
use crate::{Found, History, HistoryError, value};

/// What is still there of a fact that history has folded in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kept {
    /// All of it.
    Whole,
    /// A message without its words.
    Remnant(Box<Remnant>),
    /// Nothing: a view that never saw it gives the same answers.
    Nothing,
}

impl History {
    /// What is still there of a fact of the journal at or below the view's cursor. A view that is
    /// built from what is kept gives the same answers as this one.
    ///
    /// # Errors
    /// [`HistoryError`]: the store failed.
    pub fn keeps(&self, fact: &Fact) -> Result<Kept, HistoryError> {
        match fact {
            Fact::Message(message) => self.keeps_message(message),
            Fact::Remnant(remnant) => self.keeps_remnant(remnant),
            Fact::Cursors(moves) => {
                for CursorMove { conversation, user, device, seq } in moves {
                    if self.cursor_of(conversation, user, device)? <= *seq {
                        return Ok(Kept::Whole);
                    }
                }
                Ok(Kept::Nothing)
            }
            Fact::Enriched(enriched) => {
                let head = self.head(&enriched.conversation)?;
                let expired = head.is_some_and(|head| enriched.seq < head.first);
                Ok(if expired { Kept::Nothing } else { Kept::Whole })
            }
            Fact::EpochStarted(_) => Ok(Kept::Whole),
        }
    }

    /// Whether a conversation still has words of a user.
    ///
    /// # Errors
    /// [`HistoryError`]: the store failed.
    pub fn has_words_of(
        &self,
        conversation: &model::ConversationId,
        user: &model::UserId,
    ) -> Result<bool, HistoryError> {
        let (store, mut keys) = (&*self.store, Keys::new());
        for row in store.snapshot().prefix(&store.ids, keys.ids_of(conversation, user)) {
            let bytes = row.value().map_err(|error| store.error(error))?;
            let id = value::id(&bytes).ok_or_else(|| store.undecoded("a message id"))?;
            let there = self.read(conversation, id.seq, 1, id.seq)?;
            if there.first().is_some_and(|message| message.content.body().is_some()) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn keeps_message(&self, message: &Message) -> Result<Kept, HistoryError> {
        let Message { conversation, seq, sender, id, content, .. } = message;
        let stays = matches!(
            content,
            Content::Create { .. } | Content::Member { .. } | Content::Describe { .. }
        );
        let first = self.head(conversation)?.map(|head| head.first);
        let left = if stays {
            None
        } else if first.is_some_and(|first| *seq < first) {
            Some(Left::Nothing)
        } else if content.body().is_some() {
            let row = self.read(conversation, *seq, 1, *seq)?.pop();
            row.and_then(|row| match (row.content, content) {
                (Content::Gone { by }, _) => Some(Left::Gone(by)),
                (Content::Delete { target }, Content::Edit { .. }) => {
                    Some(Left::EditOfGone(target))
                }
                _ => None,
            })
        } else {
            None
        };
        let Some(left) = left else { return Ok(Kept::Whole) };
        let found = match left {
            Left::Nothing => self.expired(conversation, sender, *id)?,
            Left::Gone(_) | Left::EditOfGone(_) => self.find_row(conversation, sender, *id)?,
        };
        let Some(Found { body, .. }) = found else { return Ok(Kept::Nothing) };
        Ok(Kept::Remnant(Box::new(Remnant {
            conversation: conversation.clone(),
            seq: *seq,
            ordinal: message.ordinal,
            sender: sender.clone(),
            id: *id,
            lamport: message.lamport,
            seen_seq: message.seen_seq,
            sent_at: message.sent_at,
            body,
            left,
        })))
    }

    fn keeps_remnant(&self, remnant: &Remnant) -> Result<Kept, HistoryError> {
        let Remnant { conversation, seq, sender, id, left, .. } = remnant;
        let first = self.head(conversation)?.map(|head| head.first);
        if first.is_none_or(|first| *seq >= first) {
            Ok(Kept::Whole)
        } else if self.expired(conversation, sender, *id)?.is_none() {
            Ok(Kept::Nothing)
        } else if *left == Left::Nothing {
            Ok(Kept::Whole)
        } else {
            Ok(Kept::Remnant(Box::new(Remnant { left: Left::Nothing, ..remnant.clone() })))
        }
    }

    /// The id, if it is the highest of its author's instance that expired.
    fn expired(
        &self,
        conversation: &model::ConversationId,
        sender: &model::UserId,
        id: model::MessageId,
    ) -> Result<Option<Found>, HistoryError> {
        let mut keys = Keys::new();
        let key = keys.expired(conversation, sender, id.instance);
        let known = self.store.room_row::<Expired>(key)?;
        Ok(known.filter(|known| known.counter == id.counter).map(|known| known.found()))
    }
}
