//! The fold: facts in, rows out, cursor with them.

use std::collections::BTreeMap;

use model::{BatchNo, BodyKey, CursorMove, DeviceId, Fact, Kind, Message, Offset, Seq, Wall};

use crate::heads::Heads;
use crate::key::Keys;
use crate::rooms::RoomRows;
use crate::store::Store;
use crate::{ApplyError, Cursor, Found, History, HistoryError, value};

/// Bytes of keys and values after which the journal batches taken so far are committed: a call of
/// [`History::apply`] holds no more than this and one journal batch in memory.
pub const COMMIT_BYTES: usize = 4 * 1024 * 1024;

/// What the journal's follower hands in, in the journal's order.
#[derive(Debug, Clone, Copy)]
pub enum Item<'a> {
    /// A batch.
    Batch(BatchIn<'a>),
    /// The journal lost its batches up to and including this one: the cursor moves over them.
    Hole {
        /// The last batch that is missing.
        up_to: BatchNo,
    },
}

/// One batch of the journal.
#[derive(Debug, Clone, Copy)]
pub struct BatchIn<'a> {
    /// Its number.
    pub batch: BatchNo,
    /// Its stamp: when its messages were received.
    pub stamp: Wall,
    /// What it holds.
    pub facts: &'a [(Offset, Fact)],
}

/// What the one who writes keeps between calls.
pub(crate) struct Writer {
    cursor: Cursor,
    heads: Heads,
}

impl Writer {
    pub(crate) fn new(cursor: Cursor) -> Self {
        Self { cursor, heads: Heads::default() }
    }
}

impl History {
    /// Takes what comes next in the journal. Rows and cursor move together, after every journal
    /// batch or after several (see [`COMMIT_BYTES`]), never within one. Batches at or below the
    /// cursor are ignored.
    ///
    /// # Errors
    /// [`ApplyError::Gap`] when a batch is neither next nor old; then nothing was applied.
    pub fn apply(&self, items: &[Item<'_>], body_key: &BodyKey) -> Result<(), ApplyError> {
        let mut writer = self.writer.lock().unwrap_or_else(|poisoned| {
            // A panic while folding: the heads at hand may be half changed.
            let mut writer = poisoned.into_inner();
            writer.heads.forget();
            writer
        });
        refuse_gaps(writer.cursor.batch, items)?;
        let done = fold(&self.store, &mut writer, items, body_key);
        if done.is_err() {
            writer.heads.forget();
        }
        Ok(done?)
    }
}

fn refuse_gaps(mut at: BatchNo, items: &[Item<'_>]) -> Result<(), ApplyError> {
    for item in items {
        at = match *item {
            Item::Batch(BatchIn { batch, .. }) if batch > at.next() => {
                return Err(ApplyError::Gap { expected: at.next(), found: batch });
            }
            Item::Batch(BatchIn { batch: up_to, .. }) | Item::Hole { up_to } => at.max(up_to),
        };
    }
    Ok(())
}

fn fold(
    store: &Store,
    writer: &mut Writer,
    items: &[Item<'_>],
    body_key: &BodyKey,
) -> Result<(), HistoryError> {
    let mut at = writer.cursor.clone();
    let mut rows = Rows::new(store);
    for item in items {
        match *item {
            Item::Batch(BatchIn { batch, .. }) if batch <= at.batch => {}
            Item::Batch(BatchIn { batch, stamp, facts }) => {
                for (offset, fact) in facts {
                    at.saw(*offset);
                    rows.take(&mut writer.heads, fact, stamp, body_key)?;
                }
                at.batch = batch;
            }
            Item::Hole { up_to } => at.batch = at.batch.max(up_to),
        }
        if rows.bytes() >= COMMIT_BYTES {
            rows.commit(&mut writer.heads, &at)?;
            writer.cursor.clone_from(&at);
            rows = Rows::new(store);
        }
    }
    if at.batch > writer.cursor.batch {
        rows.commit(&mut writer.heads, &at)?;
        writer.cursor = at;
    }
    Ok(())
}

/// What goes into one commit.
struct Rows<'s> {
    store: &'s Store,
    messages: Unsorted,
    ids: Unsorted,
    /// Delivery cursors by key: a device's moves become one row.
    moved: BTreeMap<Vec<u8>, Seq>,
    moved_bytes: usize,
    rooms: RoomRows<'s>,
    keys: Keys,
}

impl<'s> Rows<'s> {
    fn new(store: &'s Store) -> Self {
        Self {
            store,
            messages: Unsorted::default(),
            ids: Unsorted::default(),
            moved: BTreeMap::new(),
            moved_bytes: 0,
            rooms: RoomRows::new(store),
            keys: Keys::new(),
        }
    }

    fn bytes(&self) -> usize {
        let sorted = self.messages.bytes.len() + self.ids.bytes.len();
        sorted + self.moved_bytes + self.rooms.bytes()
    }

    fn take(
        &mut self,
        heads: &mut Heads,
        fact: &Fact,
        stamp: Wall,
        body_key: &BodyKey,
    ) -> Result<(), HistoryError> {
        match fact {
            Fact::Message(message) => self.message(heads, message, stamp, body_key),
            Fact::Cursors(moves) => {
                moves.iter().try_for_each(|moved| self.cursor_move(heads, moved))
            }
            // Their record numbers count; a lost message shows in the next one's seq.
            Fact::Enriched(_) | Fact::EpochStarted(_) => Ok(()),
        }
    }

    fn message(
        &mut self,
        heads: &mut Heads,
        message: &Message,
        stamp: Wall,
        body_key: &BodyKey,
    ) -> Result<(), HistoryError> {
        let Message { conversation, seq, sender, id, content, .. } = message;
        heads.take(message, || self.store.head(conversation))?;
        self.messages.push(self.keys.message(conversation, *seq), |out| {
            value::message_into(message, stamp, out)
        });
        self.rooms.take(message)?;
        if conversation.kind() != Kind::Open && content.is_text() {
            // Whoever says something has read what stands before it.
            let (conversation, user) = (conversation.clone(), sender.clone());
            let device = DeviceId::read_mark();
            self.move_to(&CursorMove { conversation, user, device, seq: *seq })?;
        }
        let found = Found { seq: *seq, body: body_key.hash(content), received_at: stamp };
        self.ids.push(self.keys.id(conversation, sender, *id), |out| value::id_into(&found, out));
        Ok(())
    }

    fn cursor_move(&mut self, heads: &mut Heads, moved: &CursorMove) -> Result<(), HistoryError> {
        let CursorMove { conversation, seq, .. } = moved;
        heads.acknowledged(conversation, *seq, || self.store.head(conversation))?;
        self.move_to(moved)
    }

    fn move_to(&mut self, moved: &CursorMove) -> Result<(), HistoryError> {
        let CursorMove { conversation, user, device, seq } = moved;
        let key = self.keys.cursor(conversation, user, device);
        if let Some(known) = self.moved.get_mut(key) {
            *known = (*known).max(*seq);
            return Ok(());
        }
        let known = self.store.cursor_at(key)?;
        self.moved_bytes += key.len() + size_of::<Seq>();
        self.moved.insert(key.to_vec(), known.max(*seq));
        Ok(())
    }

    fn commit(mut self, heads: &mut Heads, cursor: &Cursor) -> Result<(), HistoryError> {
        let store = self.store;
        let mut batch = store.begin();
        self.messages.drain_sorted(|key, value| batch.insert(&store.messages, key, value));
        self.ids.drain_sorted(|key, value| batch.insert(&store.ids, key, value));
        for (key, seq) in self.moved {
            batch.insert(&store.cursors, key, value::seq_into(seq, Vec::new()));
        }
        for (key, value) in self.rooms.into_changed() {
            match value {
                Some(value) => batch.insert(&store.rooms, key, value),
                None => batch.remove(&store.rooms, key),
            }
        }
        heads.drain_changed(|conversation, head| {
            let value = value::head_into(head, Vec::new());
            batch.insert(&store.heads, self.keys.head(conversation), value);
        });
        store.commit(batch, cursor)
    }
}

/// Rows to be written in key order. The engine keeps what is new in a skip list, and neighbours in
/// it are found in warm cache lines: twice as fast as in order of arrival
/// (`examples/history_rebuild.rs`). Sorting is cheap while all keys lie in one piece of memory.
#[derive(Default)]
struct Unsorted {
    bytes: Vec<u8>,
    rows: Vec<Row>,
}

/// Where a row's key and value lie: one after the other.
struct Row {
    key: usize,
    value: usize,
    end: usize,
}

impl Unsorted {
    fn push(&mut self, key: &[u8], value: impl FnOnce(Vec<u8>) -> Vec<u8>) {
        let start = self.bytes.len();
        self.bytes.extend_from_slice(key);
        let middle = self.bytes.len();
        self.bytes = value(std::mem::take(&mut self.bytes));
        self.rows.push(Row { key: start, value: middle, end: self.bytes.len() });
    }

    /// Of two rows with one key the later one comes last.
    fn drain_sorted(mut self, mut write: impl FnMut(&[u8], &[u8])) {
        let bytes = &self.bytes;
        self.rows
            .sort_by(|left, right| bytes[left.key..left.value].cmp(&bytes[right.key..right.value]));
        for row in &self.rows {
            write(&bytes[row.key..row.value], &bytes[row.value..row.end]);
        }
    }
}
