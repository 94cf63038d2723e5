//! Who leaves memory when memory is wanted: the one not used for longest, of those that history can
//! give back whole.
//!
//! # Invariants
//!
//! - A conversation is idle when it is loaded, its tail is empty, nothing waits for it and nothing
//!   of it is on its way; clean when no cursor moved either. Only a clean one is evicted.
//! - The idle ones stand in order of use, so that finding the oldest looks at no other.

use std::collections::BTreeMap;

use model::ConversationId;

use crate::author::AuthorKey;
use crate::books::Books;
use crate::conversation::Conversation;
use crate::cost;
use crate::cursor::DeviceKey;
use crate::hub::Hub;
use crate::input::Input;

/// How many conversations are flushed at a time when nothing clean is left.
const FLUSHED_AT_ONCE: usize = 16;

/// Idle conversations by when they were last used.
#[derive(Debug, Default)]
pub(crate) struct Idle {
    clean: BTreeMap<u64, ConversationId>,
    /// Idle but for moved cursors.
    dirty: BTreeMap<u64, ConversationId>,
    /// Counts uses.
    tick: u64,
}

/// Where a conversation stands in [`Idle`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// Nowhere: it is in use.
    Busy,
    /// Under this tick among the clean.
    Clean(u64),
    /// Under this tick among the dirty.
    Dirty(u64),
}

impl Conversation {
    /// It is about to be used: from now on it cannot be evicted.
    pub(crate) fn leave_idle(&mut self, books: &mut Books) {
        match std::mem::replace(&mut self.place, Place::Busy) {
            Place::Busy => {}
            Place::Clean(tick) => {
                books.idle.clean.remove(&tick);
            }
            Place::Dirty(tick) => {
                books.idle.dirty.remove(&tick);
            }
        }
    }

    /// It was used: it may be idle now.
    pub(crate) fn settle(&mut self, books: &mut Books) {
        self.leave_idle(books);
        let idle = &mut books.idle;
        if !self.loaded || self.pending > 0 || !self.waiting.is_empty() || !self.tail.is_empty() {
            return;
        }
        idle.tick += 1;
        let tick = idle.tick;
        if self.dirty.is_empty() {
            self.place = Place::Clean(tick);
            idle.clean.insert(tick, self.id.clone());
        } else {
            self.place = Place::Dirty(tick);
            idle.dirty.insert(tick, self.id.clone());
        }
    }

    /// Forgets what can be loaded again, but for whom the input is about: who was just loaded for it
    /// would be loaded for ever.
    fn forget_all_but(&mut self, books: &mut Books, input: &Input) {
        let (draft, listener, device) = match input {
            Input::Send { draft, .. } => (Some(draft), None, None),
            Input::GetCursor { user, device, .. } | Input::MoveCursor { user, device, .. } => {
                (None, None, Some(DeviceKey { user: user.clone(), device: device.clone() }))
            }
            Input::Admit { user, .. } => (None, Some(user), None),
            Input::Read { reader, .. } => (None, reader.as_ref(), None),
            Input::Attach { .. } => (None, None, None),
        };
        self.forget_authors(books, draft.map(AuthorKey::of_draft).as_ref());
        self.forget_cursors(books, device.as_ref());
        self.forget_members(books, draft, listener);
        self.forget_texts(books, draft.and_then(|draft| draft.content.target()));
    }

    /// What a clean one weighs: recounted, to hold the running count to it.
    fn weigh(&self) -> usize {
        let authors = self.authors.keys().map(|key| cost::author(&key.user));
        let cursors = self.cursors.keys().map(|key| cost::cursor(&key.user, &key.device));
        cost::conversation(&self.id) + authors.chain(cursors).sum::<usize>() + self.roster.weigh()
    }
}

impl Hub {
    /// Evicts until so many bytes fit; `false` when they do not, however many are evicted. Then
    /// cursors that keep conversations in memory are on their way to the journal.
    pub(crate) fn make_room(&mut self, bytes: usize) -> bool {
        while !self.books.fits(bytes) {
            if !self.evict_oldest() {
                self.flush_oldest();
                return false;
            }
        }
        true
    }

    /// As [`make_room`](Self::make_room), for what is about to be handed to a conversation. That is
    /// in use and is not evicted itself: if it fills the memory alone, those of its authors and
    /// cursors go that can be loaded again.
    pub(crate) fn make_room_for(
        &mut self,
        id: &ConversationId,
        input: &Input,
        bytes: usize,
    ) -> bool {
        self.make_room(bytes)
            || self.conversations.get_mut(id).is_some_and(|conversation| {
                conversation.forget_all_but(&mut self.books, input);
                self.books.fits(bytes)
            })
    }

    fn evict_oldest(&mut self) -> bool {
        let Some((_, id)) = self.books.idle.clean.pop_first() else { return false };
        let evicted = self.conversations.remove(&id).expect("idle conversations are kept");
        debug_assert_eq!(evicted.bytes, evicted.weigh(), "the count of {id} has drifted");
        self.books.counts.bytes -= evicted.bytes;
        self.books.counts.evictions += 1;
        true
    }

    fn flush_oldest(&mut self) {
        for _ in 0..FLUSHED_AT_ONCE {
            let Some((_, id)) = self.books.idle.dirty.first_key_value() else { return };
            let id = id.clone();
            self.flush_early(&id);
        }
    }
}

#[cfg(test)]
mod tests;
