//! Questions about conversations as people see them: pages with what became of their texts, who is
//! in a conversation, in which ones a user is.

use std::collections::BTreeMap;

use fjall::{Readable, Snapshot};
use model::bounds::PAGE_MAX_MESSAGES;
use model::{
    Change, Content, ConversationId, Counted, Member, Message, Ordinal, Profile, Reaction, Role,
    Seq, UserId,
};

use crate::key::{self, Keys};
use crate::rooms::StoredChange;
use crate::store::Store;
use crate::{History, HistoryError, Membership, Room};

/// How many of the last events are looked at for the last text of a conversation.
const LAST_TEXT_WITHIN: u64 = 32;

/// A page, and what became of its texts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// Ascending and dense; a deleted text is [`Content::Gone`].
    pub messages: Vec<Message>,
    /// What became of texts among them.
    pub changes: Vec<Change>,
    /// By the events up to here.
    pub as_of: Seq,
}

/// One of a user's conversations, as far as history knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mine {
    /// Which.
    pub conversation: ConversationId,
    /// As what the user is in it.
    pub role: Role,
    /// What it is called.
    pub profile: Profile,
    /// Of a direct one, the other.
    pub with: Option<UserId>,
    /// How many are in it.
    pub members: u32,
    /// The last event.
    pub head: Seq,
    /// The last text's ordinal.
    pub ordinal: Ordinal,
    /// How far the user has read.
    pub read_seq: Seq,
    /// Texts after that.
    pub unread: u64,
    /// The last text, if it is among the last events.
    pub last: Option<Message>,
}

impl History {
    /// As [`read`](Self::read), with what became of the texts, `reader`'s own reactions marked.
    ///
    /// # Errors
    /// [`HistoryError`]: the store failed.
    pub fn page(
        &self,
        conversation: &ConversationId,
        from: Seq,
        limit: u32,
        up_to: Seq,
        reader: Option<&UserId>,
    ) -> Result<Page, HistoryError> {
        let store = &*self.store;
        let snapshot = store.snapshot();
        let head = store.head_in(&snapshot, conversation)?;
        let as_of = head.map_or(Seq(0), |head| Seq(head.next_seq.0 - 1));
        let messages = store.read(&snapshot, conversation, from..=up_to, limit)?;
        let mut changes = Vec::new();
        let (Some(first), Some(last)) = (messages.first(), messages.last()) else {
            return Ok(Page { messages, changes, as_of });
        };
        for (seq, stored) in store.changes(&snapshot, conversation, first.seq, last.seq)? {
            let edited = stored.edited();
            let mut reactions = Vec::new();
            for (text, count) in stored.reactions {
                let Ok(reaction) = Reaction::new(&text) else { continue };
                let me = match reader {
                    Some(user) => store.reacted(&snapshot, conversation, seq, user, &reaction)?,
                    None => false,
                };
                reactions.push(Counted { reaction, count, me });
            }
            if edited.is_some() || !reactions.is_empty() {
                changes.push(Change { seq, edited, reactions });
            }
        }
        Ok(Page { messages, changes, as_of })
    }

    /// A governed conversation as a whole; `None` = it was never created.
    ///
    /// # Errors
    /// [`HistoryError`]: the store failed.
    pub fn room(&self, conversation: &ConversationId) -> Result<Option<Room>, HistoryError> {
        self.store.room(conversation)
    }

    /// A user in a governed conversation; `None` = no member.
    ///
    /// # Errors
    /// [`HistoryError`]: the store failed.
    pub fn membership(
        &self,
        conversation: &ConversationId,
        user: &UserId,
    ) -> Result<Option<Membership>, HistoryError> {
        self.store.membership(conversation, user)
    }

    /// Who is in a conversation, by name, after `after`; never more than [`PAGE_MAX_MESSAGES`].
    ///
    /// # Errors
    /// [`HistoryError`]: the store failed.
    pub fn members(
        &self,
        conversation: &ConversationId,
        after: Option<&UserId>,
        limit: u32,
    ) -> Result<Vec<Member>, HistoryError> {
        let store = &*self.store;
        let (mut keys, mut prefix) = (Keys::new(), Keys::new());
        let prefix = prefix.members(conversation);
        let from = after.map_or_else(
            || prefix.to_vec(),
            |user| [keys.member(conversation, user), &[0]].concat(),
        );
        let mut members = Vec::new();
        for row in store.snapshot().range(&store.rooms, from..) {
            let (key, bytes) = row.into_inner().map_err(|error| store.error(error))?;
            let Some(name) = key.strip_prefix(prefix) else { break };
            if members.len() >= limit.min(PAGE_MAX_MESSAGES) as usize {
                break;
            }
            let user = key::user(name).ok_or_else(|| store.undecoded("the key of a member"))?;
            members.push(Member { user, role: store.membership_of(&bytes)?.role });
        }
        Ok(members)
    }

    /// The governed conversations that a user is in, by name, after `after`; never more than
    /// [`PAGE_MAX_MESSAGES`].
    ///
    /// # Errors
    /// [`HistoryError`]: the store failed.
    pub fn mine(
        &self,
        user: &UserId,
        after: Option<&ConversationId>,
        limit: u32,
    ) -> Result<Vec<Mine>, HistoryError> {
        let store = &*self.store;
        let (mut keys, mut prefix) = (Keys::new(), Keys::new());
        let prefix = prefix.all_mine(user);
        let from =
            after.map_or_else(|| prefix.to_vec(), |name| [keys.mine(user, name), &[0]].concat());
        let mut mine = Vec::new();
        for row in store.snapshot().range(&store.rooms, from..) {
            let (key, bytes) = row.into_inner().map_err(|error| store.error(error))?;
            let Some(name) = key.strip_prefix(prefix) else { break };
            if mine.len() >= limit.min(PAGE_MAX_MESSAGES) as usize {
                break;
            }
            let conversation =
                key::conversation(name).ok_or_else(|| store.undecoded("the key of a room"))?;
            let membership = store.membership_of(&bytes)?;
            mine.extend(self.one_of_mine(user, conversation, membership)?);
        }
        Ok(mine)
    }

    fn one_of_mine(
        &self,
        user: &UserId,
        conversation: ConversationId,
        membership: Membership,
    ) -> Result<Option<Mine>, HistoryError> {
        let (Some(room), Some(head)) = (self.room(&conversation)?, self.head(&conversation)?)
        else {
            return Ok(None);
        };
        let (last_seq, ordinal) = (Seq(head.next_seq.0 - 1), Ordinal(head.next_ordinal.0 - 1));
        let mark = self.cursor_of(&conversation, user, &model::DeviceId::read_mark())?;
        // What expired unread is not there to be read any more.
        let expired = Seq(head.first.0 - 1);
        let read_seq = mark.max(membership.since).max(expired);
        let from = read_seq.max(head.first);
        let read = self.read(&conversation, from, 1, from)?;
        let read_ordinal = read.first().map_or(ordinal, |message| {
            let unread = from > read_seq && message.content.is_text();
            Ordinal(message.ordinal.0 - u64::from(unread))
        });
        let with = match conversation.kind() {
            model::Kind::Direct => self.members(&conversation, None, 2)?,
            model::Kind::Open | model::Kind::Group | model::Kind::Channel => Vec::new(),
        };
        let with = with.into_iter().map(|member| member.user).find(|other| other != user);
        Ok(Some(Mine {
            role: membership.role,
            profile: room.profile,
            with,
            members: room.members,
            head: last_seq,
            ordinal,
            read_seq,
            unread: ordinal.0.saturating_sub(read_ordinal.0),
            last: self.last_text(&conversation, last_seq)?,
            conversation,
        }))
    }

    fn last_text(
        &self,
        conversation: &ConversationId,
        head: Seq,
    ) -> Result<Option<Message>, HistoryError> {
        let from = Seq(head.0.saturating_sub(LAST_TEXT_WITHIN - 1).max(1));
        let page = self.page(conversation, from, PAGE_MAX_MESSAGES, head, None)?;
        let texts = page.messages.into_iter().rev();
        let mut texts = texts.filter(|m| matches!(m.content, Content::Text { .. }));
        let Some(mut last) = texts.next() else { return Ok(None) };
        let change = page.changes.into_iter().find(|change| change.seq == last.seq);
        if let Some((_, body)) = change.and_then(|change| change.edited) {
            last.content = body.into();
        }
        Ok(Some(last))
    }
}

impl Store {
    /// What became of the texts from `first` to `last`.
    pub(crate) fn changes(
        &self,
        snapshot: &Snapshot,
        conversation: &ConversationId,
        first: Seq,
        last: Seq,
    ) -> Result<BTreeMap<Seq, StoredChange>, HistoryError> {
        let (mut low, mut high) = (Keys::new(), Keys::new());
        let range = low.change(conversation, first)..=high.change(conversation, last);
        let mut changes = BTreeMap::new();
        for row in snapshot.range(&self.rooms, range) {
            let (key, bytes) = row.into_inner().map_err(|error| self.error(error))?;
            let seq =
                key::last_number(&key).ok_or_else(|| self.undecoded("the key of a change"))?;
            changes.insert(Seq(seq), self.room_value(&bytes)?);
        }
        Ok(changes)
    }

    fn reacted(
        &self,
        snapshot: &Snapshot,
        conversation: &ConversationId,
        seq: Seq,
        user: &UserId,
        reaction: &Reaction,
    ) -> Result<bool, HistoryError> {
        let mut keys = Keys::new();
        let row = snapshot.get(&self.rooms, keys.reaction(conversation, seq, user, reaction));
        Ok(row.map_err(|error| self.error(error))?.is_some())
    }
}
