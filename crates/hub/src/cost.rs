//! What things weigh: bytes on the heap, estimated from the sizes of the types. What sits in a
//! growing buffer or a tree counts twice for the slots that stand empty. Held to the content by the
//! tests of `evict`.

use std::mem::size_of;

use model::{Body, ConversationId, CursorMove, DeviceId, Draft, Message, Seq, UserId};

use crate::author::{Author, AuthorKey};
use crate::conversation::Conversation;
use crate::cursor::{Cursor, DeviceKey};
use crate::indexed::Unindexed;
use crate::input::Input;
use crate::lookup::LookupOut;
use crate::tail::{Entry, Waiter};
use crate::undurable::Undurable;
use crate::{GatewayId, Ticket};

/// The two counts of an `Arc`.
const ARC: usize = 2 * size_of::<usize>();
/// A text behind an `Arc` is held by this many words in maps and queues over all conversations.
const KEYS: usize = 4 * size_of::<ConversationId>();

/// A ticket that waits for a load or for a message to become durable.
pub(crate) const WAITER: usize = 2 * size_of::<Waiter>();
const _: () = assert!(size_of::<Ticket>() <= size_of::<Waiter>());

pub(crate) fn conversation(id: &ConversationId) -> usize {
    2 * size_of::<Conversation>() + KEYS + ARC + id.as_str().len()
}

pub(crate) fn author(user: &UserId) -> usize {
    2 * (size_of::<AuthorKey>() + size_of::<Author>()) + ARC + user.as_str().len()
}

/// A message in the tail, with its place among the undurable and the unindexed, and in its author's
/// recent ones. It shares the name of its conversation.
pub(crate) fn entry(sender: &UserId, body: &Body) -> usize {
    let slots = size_of::<Entry>() + size_of::<Undurable>() + size_of::<Unindexed>();
    let recent = size_of::<(u64, Seq)>();
    let texts = 2 * ARC + sender.as_str().len() + body.as_str().len();
    2 * (slots + recent) + ARC + size_of::<Message>() + texts
}

/// With its place in a flush.
pub(crate) fn cursor(user: &UserId, device: &DeviceId) -> usize {
    let slots = size_of::<DeviceKey>() * 2 + size_of::<Cursor>() + size_of::<CursorMove>();
    2 * slots + 2 * ARC + user.as_str().len() + device.as_str().len()
}

pub(crate) fn lookup() -> usize {
    2 * (size_of::<LookupOut>() + size_of::<(u64, u64)>())
}

pub(crate) fn attachment(conversation: &ConversationId) -> usize {
    let slots = size_of::<GatewayId>() + 2 * size_of::<ConversationId>();
    2 * slots + ARC + conversation.as_str().len()
}

/// A draft that waits.
pub(crate) fn draft(draft: &Draft) -> usize {
    let names = draft.conversation.as_str().len() + draft.sender.as_str().len();
    2 * size_of::<Input>() + 3 * ARC + names + draft.body.as_str().len()
}

/// An input that is not a draft and waits, without its names.
pub(crate) const INPUT: usize = 2 * size_of::<Input>();

/// The most a draft may come to weigh in a warm conversation, whatever becomes of it.
pub(crate) fn draft_at_most(given: &Draft) -> usize {
    draft(given) + author(&given.sender) + lookup() + entry(&given.sender, &given.body) + WAITER
}
