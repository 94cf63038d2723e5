//! What some batches change, coalesced: each row that they touch is written once.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use analytics::{Change, Fold, State, Turn};
use model::bounds::NAME_MAX_BYTES;
use model::{ConversationId, Enrichment, Message, UserId, Wall};

use crate::TablesError;
use crate::bits::{Chunk, ChunkKey};

/// What one conversation's row gets added.
#[derive(Debug, Default)]
pub(crate) struct Delta {
    pub(crate) messages: u64,
    /// Messages of each sender.
    pub(crate) speakers: BTreeMap<UserId, u64>,
    pub(crate) enriched: i64,
    pub(crate) degraded: i64,
    pub(crate) dead: i64,
    pub(crate) sentiment_sum_micros: i64,
    /// The highest stamp of a message; 0 = no message.
    pub(crate) last_at: Wall,
    /// Who has the word, once it is known or someone spoke.
    pub(crate) turn: Option<Turn>,
}

impl Delta {
    fn count(&mut self, state: State, by: i64) {
        match state {
            State::Pending => {}
            State::Full => self.enriched += by,
            State::Degraded => self.degraded += by,
            State::Dead => self.dead += by,
        }
    }
}

/// What goes into the next commit of all rows. In the order of the tables, so that neighbouring rows are written
/// one after the other.
#[derive(Debug, Default)]
pub(crate) struct Changes {
    /// What is to be added to windows.
    pub(crate) fold: Fold,
    pub(crate) conversations: BTreeMap<ConversationId, Delta>,
    /// Whole chunks, those that are in the file already included.
    pub(crate) chunks: BTreeMap<ChunkKey, Chunk>,
    bytes: usize,
}

impl Changes {
    /// Nothing changed yet; the fold goes on from there.
    pub(crate) fn new(fold: Fold) -> Self {
        Self { fold, ..Self::default() }
    }

    /// At most so many bytes of memory, roughly.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes + self.fold.bytes()
    }

    /// The rows of conversations are written.
    pub(crate) fn written(&mut self) {
        self.conversations.clear();
        self.chunks.clear();
        self.bytes = 0;
    }

    /// `load` reads from the file who has the word in the conversation.
    pub(crate) fn message(
        &mut self,
        message: &Message,
        stamp: Wall,
        load: impl FnOnce(&ConversationId) -> Result<Option<Turn>, TablesError>,
    ) -> Result<(), TablesError> {
        let delta = self.delta(&message.conversation);
        if delta.messages == 0 {
            delta.turn = load(&message.conversation)?;
        }
        let response = Turn::said(&mut delta.turn, &message.sender, stamp);
        delta.messages += 1;
        delta.last_at = stamp.max(delta.last_at);
        match delta.speakers.entry(message.sender.clone()) {
            Entry::Occupied(mut known) => *known.get_mut() += 1,
            Entry::Vacant(new) => {
                new.insert(1);
                self.bytes += NAME_MAX_BYTES + size_of::<(UserId, u64)>();
            }
        }
        self.fold.message(message, stamp, response);
        Ok(())
    }

    /// What is counted of a message is taken off, and how it stands now is added. A first answer to a message
    /// of which something is understood is a repetition and changes nothing; what was lost with a hole is not taken off.
    ///
    /// `load` reads the chunk from the file; `None` = it has none yet.
    pub(crate) fn enriched(
        &mut self,
        enrichment: &Enrichment,
        stamp: Wall,
        load: impl FnOnce(ChunkKey) -> Result<Option<Chunk>, TablesError>,
    ) -> Result<(), TablesError> {
        let key = ChunkKey::of(enrichment.target);
        let chunk = match self.chunks.entry(key) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(new) => {
                let chunk = load(key)?.unwrap_or_else(Chunk::empty);
                self.bytes += size_of::<(ChunkKey, Chunk)>() + chunk.bytes().len();
                new.insert(chunk)
            }
        };
        let (was, is) = (chunk.get(enrichment.target), State::of(&enrichment.after));
        let before = enrichment.before.understanding();
        if was.is_understood() && before.is_none() {
            return Ok(());
        }
        chunk.put(enrichment.target, is);
        let delta = self.delta(&enrichment.conversation);
        delta.count(was, -1);
        delta.count(is, 1);
        if let Some(before) = before.filter(|_| was.is_understood()) {
            delta.sentiment_sum_micros -= i64::from(before.sentiment_micros);
        }
        if let Some(after) = enrichment.after.understanding() {
            delta.sentiment_sum_micros += i64::from(after.sentiment_micros);
        }
        self.fold.changed(&Change { enrichment, was, at: stamp });
        Ok(())
    }

    fn delta(&mut self, conversation: &ConversationId) -> &mut Delta {
        match self.conversations.entry(conversation.clone()) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(new) => {
                self.bytes += NAME_MAX_BYTES + size_of::<(ConversationId, Delta)>();
                new.insert(Delta::default())
            }
        }
    }
}
