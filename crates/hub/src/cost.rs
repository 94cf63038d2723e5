//! What things weigh: bytes on the heap, estimated from the sizes of the types. What sits in a
//! growing buffer or a tree counts twice for the slots that stand empty. Held to the content by the
//! tests of `evict`.

use std::mem::size_of;

use model::{Content, ConversationId, CursorMove, DeviceId, Draft, Message, Role, Seq, UserId};

use crate::author::{Author, AuthorKey};
use crate::conversation::Conversation;
use crate::cursor::{Cursor, DeviceKey};
use crate::indexed::Unindexed;
use crate::input::Input;
use crate::lookup::LookupOut;
use crate::roster::Whose;
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
pub(crate) fn entry(sender: &UserId, content: &Content) -> usize {
    let slots = size_of::<Entry>() + size_of::<Undurable>() + size_of::<Unindexed>();
    let recent = size_of::<(u64, Seq)>();
    let texts = 4 * ARC + sender.as_str().len() + content.text_bytes();
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
    2 * size_of::<Input>() + 5 * ARC + names + draft.content.text_bytes()
}

/// An input that is not a draft and waits, without its names.
pub(crate) const INPUT: usize = 2 * size_of::<Input>();

/// The most a draft may come to weigh in a warm conversation, whatever becomes of it.
pub(crate) fn draft_at_most(given: &Draft) -> usize {
    let through = lookup() + entry(&given.sender, &given.content) + WAITER;
    let judged = member(&given.sender) + TEXT_MOST;
    let named = if let Content::Create { members, .. } = &given.content {
        members.iter().map(|m| member(&m.user)).sum()
    } else if let Content::Member { user, .. } = &given.content {
        member(user)
    } else {
        0
    };
    draft(given) + author(&given.sender) + through + judged + named
}

/// A member of a governed conversation, with someone who waits for their load.
pub(crate) fn member(user: &UserId) -> usize {
    let slots = 2 * size_of::<UserId>() + 2 * size_of::<Option<Role>>() + size_of::<usize>();
    2 * slots + 2 * ARC + 2 * user.as_str().len() + WAITER
}

/// What is known of a text that is not in the tail.
pub(crate) fn whose(whose: Option<&Whose>) -> usize {
    whose.map_or(NO_TEXT, |whose| text(&whose.author))
}

/// A text of this author.
pub(crate) fn text(author: &UserId) -> usize {
    NO_TEXT + ARC + author.as_str().len()
}

/// A place where no text stands.
pub(crate) const NO_TEXT: usize = 2 * (size_of::<Seq>() + size_of::<Option<Whose>>()) + WAITER;

/// A text of the author with the longest name: what a load of one may come to weigh.
pub(crate) const TEXT_MOST: usize = NO_TEXT + ARC + model::bounds::NAME_MAX_BYTES;
