//! What has to go: texts that were deleted, texts of a user who is erased, whatever expired.
//!
//! # Invariants
//!
//! - No row keeps a word of a text that is gone: not its own, not that of an edit of it.
//! - Of what expired, the highest id of each author's instance is kept ([`Expired`]): an id at or
//!   below it is never taken for a new one.
//! - Gone twice is gone once: all of this changes nothing when it is done again.

use std::collections::BTreeMap;

use fjall::Readable;
use model::{
    BodyHash, Content, ConversationId, Left, Message, MessageId, Remnant, Seq, UserId, Wall,
};
use serde::{Deserialize, Serialize};

use crate::apply::Rows;
use crate::key::{self, Keys};
use crate::{Found, HistoryError, value};

/// The highest id of an author's instance among those that expired.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Expired {
    pub(crate) counter: u64,
    seq: u64,
    body: u128,
    received_at: u64,
}

impl Expired {
    pub(crate) fn found(&self) -> Found {
        let Self { seq, body, received_at, .. } = *self;
        Found { seq: Seq(seq), body: BodyHash(body), received_at: Wall(received_at) }
    }
}

impl Rows<'_> {
    /// A text is gone, and what its edits said.
    pub(crate) fn delete(
        &mut self,
        conversation: &ConversationId,
        target: Seq,
        by: Seq,
    ) -> Result<(), HistoryError> {
        self.take_words(conversation, target, by)?;
        let mut keys = Keys::new();
        for edit in self.rooms.keys_under(keys.edits(conversation, target))? {
            if let Some(seq) = key::last_number(&edit) {
                self.take_words(conversation, Seq(seq), by)?;
            }
        }
        Ok(())
    }

    /// The texts of a user below an event are gone.
    pub(crate) fn erase(
        &mut self,
        conversation: &ConversationId,
        user: &UserId,
        by: Seq,
    ) -> Result<(), HistoryError> {
        for found in self.ids_of(conversation, user)? {
            if found.seq < by && self.take_words(conversation, found.seq, by)? {
                self.rooms.gone(conversation, found.seq, by)?;
            }
        }
        Ok(())
    }

    /// What stands below `first` is gone.
    pub(crate) fn expire(
        &mut self,
        conversation: &ConversationId,
        first: Seq,
    ) -> Result<(), HistoryError> {
        let (mut row, mut id) = (Keys::new(), Keys::new());
        for message in self.messages_below(conversation, first)? {
            let key = id.id(conversation, &message.sender, message.id);
            if let Some(found) = self.id(key)? {
                self.expire_id(&message.conversation, &message.sender, message.id, &found)?;
                self.ids.remove(key);
            }
            self.messages.remove(row.message(conversation, message.seq));
            for prefix in [Keys::edits, Keys::reactions] {
                for key in self.rooms.keys_under(prefix(&mut row, conversation, message.seq))? {
                    self.rooms.take_away(key);
                }
            }
            self.rooms.take_away(row.change(conversation, message.seq).to_vec());
        }
        Ok(())
    }

    /// What the journal kept of a message.
    pub(crate) fn remnant(&mut self, remnant: &Remnant, stamp: Wall) -> Result<(), HistoryError> {
        let Remnant { conversation, seq, sender, id, body, .. } = remnant;
        let found = Found { seq: *seq, body: *body, received_at: stamp };
        let content = match remnant.left {
            Left::Nothing => return self.expire_id(conversation, sender, *id, &found),
            Left::Gone(by) => {
                self.rooms.gone(conversation, *seq, by)?;
                self.has_read(conversation, sender, *seq)?;
                Content::Gone { by }
            }
            Left::EditOfGone(target) => Content::Delete { target },
        };
        let mut keys = Keys::new();
        self.ids.push(keys.id(conversation, sender, *id), |out| value::id_into(&found, out));
        let left = Message {
            conversation: conversation.clone(),
            seq: *seq,
            ordinal: remnant.ordinal,
            sender: sender.clone(),
            id: *id,
            content,
            lamport: remnant.lamport,
            seen_seq: remnant.seen_seq,
            sent_at: remnant.sent_at,
            received_at: stamp,
        };
        self.messages
            .push(keys.message(conversation, *seq), |out| value::message_into(&left, stamp, out));
        Ok(())
    }

    /// Takes the words of what stands there; `true` if it was a text.
    pub(crate) fn take_words(
        &mut self,
        conversation: &ConversationId,
        seq: Seq,
        by: Seq,
    ) -> Result<bool, HistoryError> {
        let mut keys = Keys::new();
        let key = keys.message(conversation, seq);
        let Some(mut message) = self.message_at(conversation, seq, key)? else { return Ok(false) };
        let is_text = matches!(message.content, Content::Text { .. });
        if message.content.body().is_some() {
            message.content = message.content.without_words(by);
            let stamp = message.received_at;
            self.messages.push(key, |out| value::message_into(&message, stamp, out));
        }
        Ok(is_text)
    }

    fn expire_id(
        &mut self,
        conversation: &ConversationId,
        sender: &UserId,
        id: MessageId,
        found: &Found,
    ) -> Result<(), HistoryError> {
        // The house never says anything again.
        if !sender.is_free() {
            return Ok(());
        }
        let key = Keys::new().expired(conversation, sender, id.instance).to_vec();
        let known = self.rooms.get::<Expired>(&key)?;
        if known.is_none_or(|known| known.counter < id.counter) {
            let Found { seq, body, received_at } = *found;
            let (seq, body, received_at) = (seq.0, body.0, received_at.0);
            self.rooms.put(key, &Expired { counter: id.counter, seq, body, received_at });
        }
        Ok(())
    }

    /// In order of their places.
    fn messages_below(
        &self,
        conversation: &ConversationId,
        first: Seq,
    ) -> Result<Vec<Message>, HistoryError> {
        let (store, mut low, mut high) = (self.store, Keys::new(), Keys::new());
        let prefix = low.messages(conversation);
        let range = prefix..high.message(conversation, first);
        let mut rows = BTreeMap::new();
        for row in store.snapshot().range(&store.messages, range.clone()) {
            let (key, bytes) = row.into_inner().map_err(|error| store.error(error))?;
            rows.insert(key.to_vec(), bytes.to_vec());
        }
        for (key, value) in self.messages.under(prefix).filter(|(key, _)| range.contains(key)) {
            match value {
                Some(bytes) => rows.insert(key.to_vec(), bytes.to_vec()),
                None => rows.remove(key),
            };
        }
        let decoded = rows.iter().map(|(key, bytes)| {
            key::last_number(key).and_then(|seq| value::message(conversation, Seq(seq), bytes))
        });
        decoded.collect::<Option<_>>().ok_or_else(|| store.undecoded("a message"))
    }

    fn ids_of(
        &self,
        conversation: &ConversationId,
        user: &UserId,
    ) -> Result<Vec<Found>, HistoryError> {
        let (store, mut keys) = (self.store, Keys::new());
        let prefix = keys.ids_of(conversation, user);
        let mut found = Vec::new();
        let mut take = |bytes: &[u8]| {
            let id = value::id(bytes).ok_or_else(|| store.undecoded("a message id"));
            id.map(|id| found.push(id))
        };
        for row in store.snapshot().prefix(&store.ids, prefix) {
            take(&row.value().map_err(|error| store.error(error))?)?;
        }
        // One that is there twice, or has expired since, has no words to lose any more.
        for (_, value) in self.ids.under(prefix) {
            value.map_or(Ok(()), &mut take)?;
        }
        Ok(found)
    }

    fn id(&self, key: &[u8]) -> Result<Option<Found>, HistoryError> {
        let store = self.store;
        let row = store.snapshot().get(&store.ids, key).map_err(|error| store.error(error))?;
        // A row of an id never changes, and looking through those to come is long.
        let bytes = match row {
            Some(bytes) => Some(bytes.to_vec()),
            None => self.ids.get(key).flatten().map(<[u8]>::to_vec),
        };
        let found = bytes.map(|bytes| value::id(&bytes).ok_or(store.undecoded("a message id")));
        found.transpose()
    }

    fn message_at(
        &self,
        conversation: &ConversationId,
        seq: Seq,
        key: &[u8],
    ) -> Result<Option<Message>, HistoryError> {
        let store = self.store;
        let bytes = match self.messages.get(key) {
            Some(pending) => pending.map(<[u8]>::to_vec),
            None => {
                let row = store.snapshot().get(&store.messages, key);
                row.map_err(|error| store.error(error))?.map(|bytes| bytes.to_vec())
            }
        };
        let decode = |bytes: Vec<u8>| {
            value::message(conversation, seq, &bytes).ok_or_else(|| store.undecoded("a message"))
        };
        bytes.map(decode).transpose()
    }
}
