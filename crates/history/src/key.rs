//! Keys of the rows. Stored: never change one without a new [`VERSION`](crate::VERSION).
//!
//! Every key begins with the tenant. Names end with a zero byte, which no name contains: so no
//! name's keys lie under another's prefix, and rows sort as their names do. Numbers are big-endian:
//! they sort as they count.

use model::bounds::{NAME_MAX_BYTES, REACTION_MAX_BYTES};
use model::{ConversationId, DeviceId, InstanceId, MessageId, Reaction, Seq, TenantId, UserId};

const TENANT_BYTES: usize = 2;
const NAME_END: u8 = 0;

/// What a row of the tree of rooms is about: the byte after the tenant.
const ROOM: u8 = b'r';
const MEMBER: u8 = b'm';
const MINE: u8 = b'u';
const CHANGE: u8 = b'c';
const REACTION: u8 = b'l';
const EDIT: u8 = b'e';
const EXPIRED: u8 = b'x';

/// Bytes of the longest key: that of a reaction.
pub(crate) const KEY_MAX_BYTES: usize =
    TENANT_BYTES + 1 + 2 * (NAME_MAX_BYTES + 1) + 8 + REACTION_MAX_BYTES;

/// Builds keys, one after the other, in one buffer.
pub(crate) struct Keys(Vec<u8>);

impl Keys {
    pub(crate) fn new() -> Self {
        Self(Vec::with_capacity(KEY_MAX_BYTES))
    }

    /// `tenant conversation`
    pub(crate) fn head(&mut self, conversation: &ConversationId) -> &[u8] {
        self.tenant();
        self.0.extend_from_slice(conversation.as_str().as_bytes());
        &self.0
    }

    /// `tenant conversation 0`: what its messages begin with.
    pub(crate) fn messages(&mut self, conversation: &ConversationId) -> &[u8] {
        self.tenant();
        self.name(conversation.as_str());
        &self.0
    }

    /// `tenant conversation 0 seq`
    pub(crate) fn message(&mut self, conversation: &ConversationId, seq: Seq) -> &[u8] {
        self.messages(conversation);
        self.number(seq.0);
        &self.0
    }

    /// `tenant conversation 0 sender 0 instance`: what an author's ids begin with.
    pub(crate) fn author(
        &mut self,
        conversation: &ConversationId,
        sender: &UserId,
        instance: InstanceId,
    ) -> &[u8] {
        self.tenant();
        self.name(conversation.as_str());
        self.name(sender.as_str());
        self.number(instance.0);
        &self.0
    }

    /// `tenant conversation 0 sender 0 instance counter`
    pub(crate) fn id(
        &mut self,
        conversation: &ConversationId,
        sender: &UserId,
        id: MessageId,
    ) -> &[u8] {
        self.author(conversation, sender, id.instance);
        self.number(id.counter);
        &self.0
    }

    /// `tenant conversation 0 user 0 device`
    pub(crate) fn cursor(
        &mut self,
        conversation: &ConversationId,
        user: &UserId,
        device: &DeviceId,
    ) -> &[u8] {
        self.tenant();
        self.name(conversation.as_str());
        self.name(user.as_str());
        self.0.extend_from_slice(device.as_str().as_bytes());
        &self.0
    }

    /// `tenant r conversation`
    pub(crate) fn room(&mut self, conversation: &ConversationId) -> &[u8] {
        self.about(ROOM);
        self.0.extend_from_slice(conversation.as_str().as_bytes());
        &self.0
    }

    /// `tenant m conversation 0`: what its members begin with.
    pub(crate) fn members(&mut self, conversation: &ConversationId) -> &[u8] {
        self.about(MEMBER);
        self.name(conversation.as_str());
        &self.0
    }

    /// `tenant m conversation 0 user`
    pub(crate) fn member(&mut self, conversation: &ConversationId, user: &UserId) -> &[u8] {
        self.members(conversation);
        self.0.extend_from_slice(user.as_str().as_bytes());
        &self.0
    }

    /// `tenant u user 0`: what a user's conversations begin with.
    pub(crate) fn all_mine(&mut self, user: &UserId) -> &[u8] {
        self.about(MINE);
        self.name(user.as_str());
        &self.0
    }

    /// `tenant u user 0 conversation`
    pub(crate) fn mine(&mut self, user: &UserId, conversation: &ConversationId) -> &[u8] {
        self.all_mine(user);
        self.0.extend_from_slice(conversation.as_str().as_bytes());
        &self.0
    }

    /// `tenant c conversation 0 seq`
    pub(crate) fn change(&mut self, conversation: &ConversationId, target: Seq) -> &[u8] {
        self.about(CHANGE);
        self.name(conversation.as_str());
        self.number(target.0);
        &self.0
    }

    /// `tenant e conversation 0 target`: what the edits of a text begin with.
    pub(crate) fn edits(&mut self, conversation: &ConversationId, target: Seq) -> &[u8] {
        self.about(EDIT);
        self.name(conversation.as_str());
        self.number(target.0);
        &self.0
    }

    /// `tenant e conversation 0 target seq`
    pub(crate) fn edit(&mut self, conversation: &ConversationId, target: Seq, seq: Seq) -> &[u8] {
        self.edits(conversation, target);
        self.number(seq.0);
        &self.0
    }

    /// `tenant x conversation 0 sender 0 instance`
    pub(crate) fn expired(
        &mut self,
        conversation: &ConversationId,
        sender: &UserId,
        instance: InstanceId,
    ) -> &[u8] {
        self.about(EXPIRED);
        self.name(conversation.as_str());
        self.name(sender.as_str());
        self.number(instance.0);
        &self.0
    }

    /// `tenant l conversation 0 seq`: what the reactions to a text begin with.
    pub(crate) fn reactions(&mut self, conversation: &ConversationId, target: Seq) -> &[u8] {
        self.about(REACTION);
        self.name(conversation.as_str());
        self.number(target.0);
        &self.0
    }

    /// `tenant conversation 0 sender 0`: what the ids of a user begin with.
    pub(crate) fn ids_of(&mut self, conversation: &ConversationId, sender: &UserId) -> &[u8] {
        self.tenant();
        self.name(conversation.as_str());
        self.name(sender.as_str());
        &self.0
    }

    /// `tenant l conversation 0 seq user 0 reaction`
    pub(crate) fn reaction(
        &mut self,
        conversation: &ConversationId,
        target: Seq,
        user: &UserId,
        reaction: &Reaction,
    ) -> &[u8] {
        self.about(REACTION);
        self.name(conversation.as_str());
        self.number(target.0);
        self.name(user.as_str());
        self.0.extend_from_slice(reaction.as_str().as_bytes());
        &self.0
    }

    fn about(&mut self, what: u8) {
        self.tenant();
        self.0.push(what);
    }

    fn tenant(&mut self) {
        self.0.clear();
        self.0.extend_from_slice(&TenantId::DEFAULT.0.to_be_bytes());
    }

    fn name(&mut self, name: &str) {
        self.0.extend_from_slice(name.as_bytes());
        self.0.push(NAME_END);
    }

    fn number(&mut self, number: u64) {
        self.0.extend_from_slice(&number.to_be_bytes());
    }
}

/// The prefix that all keys of the one tenant of today share.
pub(crate) fn tenant_prefix() -> [u8; TENANT_BYTES] {
    TenantId::DEFAULT.0.to_be_bytes()
}

/// The conversation of a head's key.
pub(crate) fn conversation_of_head(key: &[u8]) -> Option<ConversationId> {
    conversation(key.strip_prefix(&tenant_prefix())?)
}

/// The conversation that the end of a key names.
pub(crate) fn conversation(name: &[u8]) -> Option<ConversationId> {
    ConversationId::new(std::str::from_utf8(name).ok()?).ok()
}

/// The user that the end of a key names.
pub(crate) fn user(name: &[u8]) -> Option<UserId> {
    UserId::new(std::str::from_utf8(name).ok()?).ok()
}

/// The number that a key ends with.
pub(crate) fn last_number(key: &[u8]) -> Option<u64> {
    key.last_chunk().map(|bytes| u64::from_be_bytes(*bytes))
}

#[cfg(test)]
mod tests;
