//! Questions. Each runs on one snapshot, so it sees whole journal batches, and never waits for the
//! fold.

use std::ops::RangeInclusive;

use fjall::{Readable, Snapshot};
use model::bounds::PAGE_MAX_MESSAGES;
use model::{
    BodyHash, ConversationId, DeviceId, InstanceId, Message, MessageId, Seq, UserId, Wall,
};

use crate::gone::Expired;
use crate::key::{self, Keys};
use crate::store::Store;
use crate::{Cursor, Head, History, HistoryError, value};

/// Names of one [`History::conversations`].
pub const CONVERSATIONS_MAX: u32 = 1_000;

/// What history knows of a message id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Found {
    /// Where the message stands.
    pub seq: Seq,
    /// The fingerprint of its body.
    pub body: BodyHash,
    /// The stamp of its batch.
    pub received_at: Wall,
}

/// What history says of an id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Known {
    /// It is the id of this message.
    Found(Found),
    /// A higher one of the same author has expired: whatever this one was is not known any more.
    Expired,
    /// No message has it.
    Not,
}

impl History {
    /// How far the view has come.
    ///
    /// # Errors
    /// [`HistoryError`]: the store failed.
    pub fn cursor(&self) -> Result<Cursor, HistoryError> {
        self.store.cursor()
    }

    /// Where a conversation stands; `None` = nothing was ever said there.
    ///
    /// # Errors
    /// [`HistoryError`]: the store failed.
    pub fn head(&self, conversation: &ConversationId) -> Result<Option<Head>, HistoryError> {
        self.store.head(conversation)
    }

    /// The highest counter of an author's messages in a conversation; 0 = none.
    ///
    /// # Errors
    /// [`HistoryError`]: the store failed.
    pub fn author_highest(
        &self,
        conversation: &ConversationId,
        sender: &UserId,
        instance: InstanceId,
    ) -> Result<u64, HistoryError> {
        let mut keys = Keys::new();
        let prefix = keys.author(conversation, sender, instance);
        let store = &*self.store;
        let there = match store.snapshot().prefix(&store.ids, prefix).next_back() {
            Some(last) => {
                let key = last.key().map_err(|error| store.error(error))?;
                key::last_number(&key).ok_or_else(|| store.undecoded("the key of a message id"))?
            }
            None => 0,
        };
        let expired = store.room_row::<Expired>(keys.expired(conversation, sender, instance))?;
        Ok(there.max(expired.map_or(0, |expired| expired.counter)))
    }

    /// How far a device has acknowledged a conversation; 0 = nothing yet.
    ///
    /// # Errors
    /// [`HistoryError`]: the store failed.
    pub fn cursor_of(
        &self,
        conversation: &ConversationId,
        user: &UserId,
        device: &DeviceId,
    ) -> Result<Seq, HistoryError> {
        self.store.cursor_at(Keys::new().cursor(conversation, user, device))
    }

    /// What is known of an id of an author.
    ///
    /// # Errors
    /// [`HistoryError`]: the store failed.
    pub fn find(
        &self,
        conversation: &ConversationId,
        sender: &UserId,
        id: MessageId,
    ) -> Result<Known, HistoryError> {
        if let Some(found) = self.find_row(conversation, sender, id)? {
            return Ok(Known::Found(found));
        }
        let mut keys = Keys::new();
        let key = keys.expired(conversation, sender, id.instance);
        Ok(match self.store.room_row::<Expired>(key)? {
            Some(expired) if expired.counter == id.counter => Known::Found(expired.found()),
            Some(expired) if expired.counter > id.counter => Known::Expired,
            Some(_) | None => Known::Not,
        })
    }

    pub(crate) fn find_row(
        &self,
        conversation: &ConversationId,
        sender: &UserId,
        id: MessageId,
    ) -> Result<Option<Found>, HistoryError> {
        let store = &*self.store;
        let mut keys = Keys::new();
        let row = store.snapshot().get(&store.ids, keys.id(conversation, sender, id));
        row.map_err(|error| store.error(error))?
            .map(|bytes| value::id(&bytes).ok_or_else(|| store.undecoded("a message id")))
            .transpose()
    }

    /// Messages from `from` to `up_to`, ascending and dense, deleted texts as `gone`: the answer ends before the first that
    /// is missing, so it is empty when `from` itself is. At most `limit`, and never more than
    /// [`PAGE_MAX_MESSAGES`].
    ///
    /// # Errors
    /// [`HistoryError`]: the store failed.
    pub fn read(
        &self,
        conversation: &ConversationId,
        from: Seq,
        limit: u32,
        up_to: Seq,
    ) -> Result<Vec<Message>, HistoryError> {
        let store = &*self.store;
        store.read(&store.snapshot(), conversation, from..=up_to, limit)
    }

    /// The conversations there are, by name, after `after`. At most `limit`, and never more than
    /// [`CONVERSATIONS_MAX`].
    ///
    /// # Errors
    /// [`HistoryError`]: the store failed.
    pub fn conversations(
        &self,
        after: Option<&ConversationId>,
        limit: u32,
    ) -> Result<Vec<ConversationId>, HistoryError> {
        let store = &*self.store;
        let mut keys = Keys::new();
        let from = match after {
            // No name is between a name and the same with a zero byte.
            Some(name) => [keys.head(name), &[0]].concat(),
            None => key::tenant_prefix().to_vec(),
        };
        let rows = store.snapshot().range(&store.heads, from..);
        rows.take(limit.min(CONVERSATIONS_MAX) as usize)
            .map(|row| {
                let key = row.key().map_err(|error| store.error(error))?;
                key::conversation_of_head(&key).ok_or_else(|| store.undecoded("the key of a head"))
            })
            .collect()
    }
}

impl Store {
    /// See [`History::read`].
    pub(crate) fn read(
        &self,
        snapshot: &Snapshot,
        conversation: &ConversationId,
        places: RangeInclusive<Seq>,
        limit: u32,
    ) -> Result<Vec<Message>, HistoryError> {
        let (from, up_to) = places.into_inner();
        let mut next = from.max(Seq(1));
        if next > up_to {
            return Ok(Vec::new());
        }
        let (mut low, mut high) = (Keys::new(), Keys::new());
        let range = low.message(conversation, next)..=high.message(conversation, up_to);
        let rows = snapshot.range(&self.messages, range);
        let mut messages = Vec::new();
        for row in rows.take(limit.min(PAGE_MAX_MESSAGES) as usize) {
            let (key, bytes) = row.into_inner().map_err(|error| self.error(error))?;
            if key::last_number(&key) != Some(next.0) {
                break;
            }
            let message = value::message(conversation, next, &bytes)
                .ok_or_else(|| self.undecoded("a message"))?;
            messages.push(message);
            next = next.next();
        }
        Ok(messages)
    }

    pub(crate) fn head(&self, conversation: &ConversationId) -> Result<Option<Head>, HistoryError> {
        self.head_in(&self.snapshot(), conversation)
    }

    pub(crate) fn head_in(
        &self,
        snapshot: &Snapshot,
        conversation: &ConversationId,
    ) -> Result<Option<Head>, HistoryError> {
        let mut keys = Keys::new();
        let row = snapshot.get(&self.heads, keys.head(conversation));
        let Some(bytes) = row.map_err(|error| self.error(error))? else { return Ok(None) };
        let head = value::head(&bytes).ok_or_else(|| self.undecoded("a head"))?;
        let mut messages = snapshot.prefix(&self.messages, keys.messages(conversation));
        let last = match messages.next_back() {
            Some(row) => {
                let (key, bytes) = row.into_inner().map_err(|error| self.error(error))?;
                let message = key::last_number(&key)
                    .and_then(|seq| value::message(conversation, Seq(seq), &bytes))
                    .ok_or_else(|| self.undecoded("a message"))?;
                Some((message.seq, message.ordinal))
            }
            None => None,
        };
        Ok(Some(head.after(last)))
    }

    pub(crate) fn cursor_at(&self, key: &[u8]) -> Result<Seq, HistoryError> {
        let row = self.snapshot().get(&self.cursors, key).map_err(|error| self.error(error))?;
        row.map_or(Ok(Seq(0)), |bytes| {
            value::seq(&bytes).ok_or_else(|| self.undecoded("a delivery cursor"))
        })
    }

    pub(crate) fn undecoded(&self, what: &str) -> HistoryError {
        HistoryError::damaged(&self.dir, format!("{what} does not decode"))
    }
}
