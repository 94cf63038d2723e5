//! What became of conversations and texts: who is in them, what they are called, how texts read now.
//!
//! One tree, whose keys begin with what a row is about. A row is read, changed and written back; what
//! one commit changes more than once is at hand.

use std::collections::{BTreeMap, BTreeSet};

use fjall::Readable;
use model::bounds::REACTIONS_COUNTED_MAX;
use model::{Body, Content, ConversationId, Member, Message, Profile, Reaction, Role, Seq, UserId};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::key::Keys;
use crate::store::Store;
use crate::{HistoryError, value};

/// A governed conversation as a whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Room {
    /// What it is called.
    pub profile: Profile,
    /// How many are in it.
    pub members: u32,
    /// How many of them own it.
    pub owners: u32,
}

/// A user in a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Membership {
    /// As what.
    pub role: Role,
    /// Since which event they are in it without a break.
    pub since: Seq,
}

#[derive(Serialize, Deserialize)]
struct StoredRoom {
    name: String,
    topic: String,
    public: bool,
    members: u32,
    owners: u32,
}

#[derive(Serialize, Deserialize)]
struct StoredMembership {
    role: u8,
    since: u64,
}

/// What became of a text.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct StoredChange {
    /// By which event it was deleted; 0 = it was not.
    pub(crate) gone_by: u64,
    /// The latest edit, and how it reads.
    pub(crate) edited: Option<(u64, String)>,
    /// How many like it in which way, in the order of the texts.
    pub(crate) reactions: BTreeMap<String, u32>,
}

/// Rows of the tree that the next commit writes; `None` = takes away.
pub(crate) struct RoomRows<'s> {
    store: &'s Store,
    changed: BTreeMap<Vec<u8>, Option<Vec<u8>>>,
    bytes: usize,
}

impl<'s> RoomRows<'s> {
    pub(crate) const fn new(store: &'s Store) -> Self {
        Self { store, changed: BTreeMap::new(), bytes: 0 }
    }

    pub(crate) const fn bytes(&self) -> usize {
        self.bytes
    }

    pub(crate) fn into_changed(self) -> BTreeMap<Vec<u8>, Option<Vec<u8>>> {
        self.changed
    }

    /// What a message changes. Said again, it changes nothing.
    pub(crate) fn take(&mut self, message: &Message) -> Result<(), HistoryError> {
        let Message { conversation, seq, sender, content, .. } = message;
        match content {
            Content::Text { .. }
            | Content::Expire { .. }
            | Content::Erase { .. }
            | Content::Gone { .. } => Ok(()),
            Content::Edit { target, body } => {
                self.put(Keys::new().edit(conversation, *target, *seq).to_vec(), &());
                self.change(conversation, *target, |change| {
                    if change.edited.as_ref().is_none_or(|(by, _)| *by < seq.0) {
                        change.edited = Some((seq.0, body.as_str().to_owned()));
                    }
                })
            }
            Content::Delete { target } => self.gone(conversation, *target, *seq),
            Content::React { target, reaction, on } => {
                self.react(conversation, *target, sender, reaction, *on)
            }
            Content::Create { profile, members } => {
                let key = Keys::new().room(conversation).to_vec();
                if self.get::<StoredRoom>(&key)?.is_none() {
                    self.put(key, &stored_room(profile, 0, 0));
                    for Member { user, role } in members {
                        self.set_role(conversation, *seq, user, Some(*role))?;
                    }
                }
                Ok(())
            }
            Content::Member { user, role } => self.set_role(conversation, *seq, user, *role),
            Content::Describe { profile } => {
                let key = Keys::new().room(conversation).to_vec();
                if let Some(room) = self.get::<StoredRoom>(&key)? {
                    self.put(key, &stored_room(profile, room.members, room.owners));
                }
                Ok(())
            }
        }
    }

    fn set_role(
        &mut self,
        conversation: &ConversationId,
        seq: Seq,
        user: &UserId,
        role: Option<Role>,
    ) -> Result<(), HistoryError> {
        let mut keys = Keys::new();
        let room_key = keys.room(conversation).to_vec();
        let Some(mut room) = self.get::<StoredRoom>(&room_key)? else { return Ok(()) };
        let key = keys.member(conversation, user).to_vec();
        let before = self.get::<StoredMembership>(&key)?;
        let owns = |role: Option<u8>| u32::from(role == Some(Role::Owner.stored()));
        let (was, is) = (before.as_ref().map(|b| b.role), role.map(Role::stored));
        room.members = room.members + u32::from(is.is_some()) - u32::from(was.is_some());
        room.owners = room.owners + owns(is) - owns(was);
        let mine = keys.mine(user, conversation).to_vec();
        match role {
            Some(role) => {
                let since = before.map_or(seq.0, |before| before.since);
                let stored = StoredMembership { role: role.stored(), since };
                self.put(key, &stored);
                self.put(mine, &stored);
            }
            None => {
                self.take_away(key);
                self.take_away(mine);
            }
        }
        self.put(room_key, &room);
        Ok(())
    }

    /// The text at `target` is gone, by the event at `by`: for good, and by the first that says so.
    pub(crate) fn gone(
        &mut self,
        conversation: &ConversationId,
        target: Seq,
        by: Seq,
    ) -> Result<(), HistoryError> {
        self.change(conversation, target, |change| {
            *change = StoredChange { gone_by: by.0, ..StoredChange::default() };
        })
    }

    /// By which event a text is gone.
    pub(crate) fn gone_by(
        &self,
        conversation: &ConversationId,
        target: Seq,
    ) -> Result<Option<Seq>, HistoryError> {
        let stored = self.get::<StoredChange>(Keys::new().change(conversation, target))?;
        Ok(stored.map(|stored| Seq(stored.gone_by)).filter(|by| by.0 > 0))
    }

    fn change(
        &mut self,
        conversation: &ConversationId,
        target: Seq,
        change: impl FnOnce(&mut StoredChange),
    ) -> Result<(), HistoryError> {
        let key = Keys::new().change(conversation, target).to_vec();
        let mut stored = self.get::<StoredChange>(&key)?.unwrap_or_default();
        // What is gone stays gone.
        if stored.gone_by == 0 {
            change(&mut stored);
            self.put(key, &stored);
        }
        Ok(())
    }

    fn react(
        &mut self,
        conversation: &ConversationId,
        target: Seq,
        user: &UserId,
        reaction: &Reaction,
        on: bool,
    ) -> Result<(), HistoryError> {
        let key = Keys::new().reaction(conversation, target, user, reaction).to_vec();
        let is_on = self.get::<()>(&key)?.is_some();
        if is_on == on {
            return Ok(());
        }
        let mut counted = false;
        self.change(conversation, target, |change| {
            let text = reaction.as_str();
            let known = change.reactions.get(text).copied().unwrap_or(0);
            let room = known > 0 || change.reactions.len() < REACTIONS_COUNTED_MAX;
            counted = !on || room;
            match (on, known) {
                (true, _) if room => drop(change.reactions.insert(text.to_owned(), known + 1)),
                (false, 0 | 1) => drop(change.reactions.remove(text)),
                (false, _) => drop(change.reactions.insert(text.to_owned(), known - 1)),
                (true, _) => {}
            }
        })?;
        match (on, counted) {
            (true, true) => self.put(key, &()),
            (false, _) => self.take_away(key),
            (true, false) => {}
        }
        Ok(())
    }

    pub(crate) fn get<T: DeserializeOwned>(&self, key: &[u8]) -> Result<Option<T>, HistoryError> {
        match self.changed.get(key) {
            Some(Some(bytes)) => self.store.room_value(bytes).map(Some),
            Some(None) => Ok(None),
            None => self.store.room_row(key),
        }
    }

    pub(crate) fn put<T: Serialize>(&mut self, key: Vec<u8>, row: &T) {
        let value = value::encode(row, Vec::new());
        self.bytes += key.len() + value.len();
        self.changed.insert(key, Some(value));
    }

    /// The keys of the rows that begin so.
    pub(crate) fn keys_under(&self, prefix: &[u8]) -> Result<BTreeSet<Vec<u8>>, HistoryError> {
        let mut keys = BTreeSet::new();
        for row in self.store.snapshot().prefix(&self.store.rooms, prefix) {
            keys.insert(row.key().map_err(|error| self.store.error(error))?.to_vec());
        }
        let changed = self.changed.range(prefix.to_vec()..);
        for (key, value) in changed.take_while(|(key, _)| key.starts_with(prefix)) {
            match value {
                Some(_) => keys.insert(key.clone()),
                None => keys.remove(key),
            };
        }
        Ok(keys)
    }

    pub(crate) fn take_away(&mut self, key: Vec<u8>) {
        self.bytes += key.len();
        self.changed.insert(key, None);
    }
}

impl Store {
    /// A row of the tree.
    pub(crate) fn room_row<T: DeserializeOwned>(
        &self,
        key: &[u8],
    ) -> Result<Option<T>, HistoryError> {
        let row = self.snapshot_row(key)?;
        row.map(|bytes| self.room_value(&bytes)).transpose()
    }

    pub(crate) fn room_value<T: DeserializeOwned>(&self, bytes: &[u8]) -> Result<T, HistoryError> {
        value::decode_owned(bytes)
            .ok_or_else(|| HistoryError::damaged(&self.dir, "a row of a room does not decode"))
    }

    pub(crate) fn room(&self, conversation: &ConversationId) -> Result<Option<Room>, HistoryError> {
        let Some(stored) = self.room_row::<StoredRoom>(Keys::new().room(conversation))? else {
            return Ok(None);
        };
        let bad = || HistoryError::damaged(&self.dir, "the name of a room does not decode");
        let profile = Profile {
            name: stored.name.try_into().map_err(|_| bad())?,
            topic: stored.topic.try_into().map_err(|_| bad())?,
            public: stored.public,
        };
        Ok(Some(Room { profile, members: stored.members, owners: stored.owners }))
    }

    pub(crate) fn membership(
        &self,
        conversation: &ConversationId,
        user: &UserId,
    ) -> Result<Option<Membership>, HistoryError> {
        let stored = self.room_row::<StoredMembership>(Keys::new().member(conversation, user))?;
        stored.map(|stored| self.known_membership(&stored)).transpose()
    }

    /// The membership that a row of the tree holds.
    pub(crate) fn membership_of(&self, bytes: &[u8]) -> Result<Membership, HistoryError> {
        self.known_membership(&self.room_value(bytes)?)
    }

    fn known_membership(&self, stored: &StoredMembership) -> Result<Membership, HistoryError> {
        let role = Role::of_stored(stored.role)
            .ok_or_else(|| HistoryError::damaged(&self.dir, "a role does not exist"))?;
        Ok(Membership { role, since: Seq(stored.since) })
    }
}

impl StoredChange {
    /// How the text reads now.
    pub(crate) fn edited(&self) -> Option<(Seq, Body)> {
        let (by, text) = self.edited.as_ref()?;
        Some((Seq(*by), Body::new(text).ok()?))
    }
}

fn stored_room(profile: &Profile, members: u32, owners: u32) -> StoredRoom {
    StoredRoom {
        name: profile.name.as_str().to_owned(),
        topic: profile.topic.as_str().to_owned(),
        public: profile.public,
        members,
        owners,
    }
}
