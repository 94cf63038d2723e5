//! The conversations that someone here follows: each has one attachment to the owner, one ring, and
//! its listeners.
//!
//! # Invariants
//!
//! - A conversation is in the map exactly while it has a listener; it is attached or wants to be.
//! - What is to be attached and detached stands in one line, which one task works off: for each
//!   conversation the owner hears it in the order of what it means. Whoever leaves before his turn
//!   takes his place away, so the line is bounded by the conversations there are and were attached.
//! - A frame is in the ring before its listeners are woken, and a listener is registered before it
//!   looks: nobody misses one.
//! - Locks are taken in the order map, listeners or state, line.

mod budget;
mod line;

use std::collections::HashMap;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::atomic::{AtomicU64, AtomicUsize};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use model::{Content, ConversationId, Epoch, Seq, Standing, UserId};
use tokio::sync::Notify;
use wire::Frame;

pub(crate) use self::budget::Budget;
pub(crate) use self::line::Want;
use self::line::{Line, Ticket};
use crate::counters::{Counts, add, sub};
use crate::mailbox::Listener;
use crate::pointer::View;
use crate::ring::{Change, NotNext, Ring};
use crate::words::Said;

/// Listeners of a conversation here above which it is not told who types.
const TYPING_LISTENERS_MAX: usize = 200;

/// All conversations that someone here follows.
#[derive(Debug)]
pub(crate) struct Topics {
    map: Mutex<HashMap<ConversationId, Arc<Topic>>>,
    line: Mutex<Line>,
    want: Notify,
    attachments: AtomicU64,
    counts: Arc<Counts>,
}

/// One conversation.
#[derive(Debug)]
pub(crate) struct Topic {
    conversation: ConversationId,
    state: Mutex<State>,
    listeners: Mutex<HashMap<u64, Arc<Listener>>>,
    /// Those of them that hear MessagePack.
    binary_listeners: AtomicUsize,
}

#[derive(Debug, Default)]
struct State {
    /// Its place in the line, while it wants to be attached.
    ticket: Option<Ticket>,
    /// The owner was asked to attach it, on the link that is up now.
    asked: bool,
    attached: Option<Attached>,
    ring: Ring,
}

#[derive(Debug, Clone, Copy)]
struct Attached {
    number: u64,
    epoch: Epoch,
    first: Seq,
}

/// What a message does to the ring it comes into.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Effect<'a> {
    None,
    /// A user is no member any more.
    Removes(&'a UserId),
    /// What stands below is not there any more.
    Expires(Seq),
    /// Texts below it have lost their words: nothing below it is taken from the ring.
    Erases,
}

impl<'a> Effect<'a> {
    pub(crate) fn of(content: &'a Content) -> Self {
        match content {
            Content::Member { user, role: None } => Self::Removes(user),
            Content::Expire { first } => Self::Expires(*first),
            Content::Erase { .. } => Self::Erases,
            Content::Member { role: Some(_), .. }
            | Content::Text { .. }
            | Content::Edit { .. }
            | Content::Delete { .. }
            | Content::React { .. }
            | Content::Create { .. }
            | Content::Describe { .. }
            | Content::Gone { .. } => Self::None,
        }
    }
}

/// A place in a topic's list of listeners.
#[derive(Debug)]
pub(crate) struct Seat {
    topic: Arc<Topic>,
    number: u64,
}

impl Topics {
    /// None yet.
    pub(crate) fn new(counts: Arc<Counts>) -> Arc<Self> {
        Arc::new(Self {
            map: Mutex::default(),
            line: Mutex::default(),
            want: Notify::new(),
            attachments: AtomicU64::new(0),
            counts,
        })
    }

    /// Registers a listener. A conversation that nobody followed wants to be attached from now on.
    pub(crate) fn join(&self, conversation: &ConversationId, listener: Arc<Listener>) -> Seat {
        // Any number that no other listener has; the attachments' counter gives such, too.
        let number = self.attachments.fetch_add(1, Relaxed);
        let mut map = lock(&self.map);
        let topic = map.entry(conversation.clone()).or_insert_with(|| {
            let topic = Topic::new(conversation.clone());
            self.want_attachment(&topic);
            topic
        });
        if listener.is_binary() {
            topic.binary_listeners.fetch_add(1, Relaxed);
        }
        lock(&topic.listeners).insert(number, listener);
        Seat { topic: Arc::clone(topic), number }
    }

    /// Takes a listener off. With the last one the conversation goes.
    pub(crate) fn leave(&self, seat: &Seat) {
        let topic = &seat.topic;
        let mut map = lock(&self.map);
        let mut listeners = lock(&topic.listeners);
        if listeners.remove(&seat.number).is_some_and(|gone| gone.is_binary()) {
            topic.binary_listeners.fetch_sub(1, Relaxed);
        }
        if !listeners.is_empty() {
            return;
        }
        drop(listeners);
        map.remove(&topic.conversation);
        let mut state = lock(&topic.state);
        if let Some(ticket) = state.ticket.take() {
            lock(&self.line).leave(ticket);
        } else if state.asked {
            lock(&self.line).join(Want::Detach(topic.conversation.clone()));
            self.want.notify_one();
        }
        self.clear(&mut state);
    }

    /// The conversation of that name, if someone here follows it.
    pub(crate) fn get(&self, conversation: &ConversationId) -> Option<Arc<Topic>> {
        lock(&self.map).get(conversation).cloned()
    }

    /// How many conversations someone here follows.
    pub(crate) fn count(&self) -> usize {
        lock(&self.map).len()
    }

    /// Something may stand in the line. Cancel safe.
    pub(crate) async fn wanting(&self) {
        self.want.notified().await;
    }

    /// Takes the first in the line and lets `ask` tell the owner. `None` = nobody stands there;
    /// `Some(false)` = `ask` could not, because the link is gone.
    pub(crate) fn ask_next(&self, ask: impl FnOnce(&Want) -> bool) -> Option<bool> {
        loop {
            let want = lock(&self.line).next()?;
            let Want::Attach(topic) = &want else { return Some(ask(&want)) };
            let map = lock(&self.map);
            let alive = map.get(&topic.conversation).is_some_and(|now| Arc::ptr_eq(now, topic));
            let mut state = lock(&topic.state);
            if alive && !state.asked {
                state.ticket = None;
                state.asked = ask(&want);
                return Some(state.asked);
            }
        }
    }

    /// The owner refused to attach it: it wants to once more, unless everyone has left.
    pub(crate) fn want_again(&self, topic: &Arc<Topic>) {
        let map = lock(&self.map);
        if map.get(&topic.conversation).is_some_and(|now| Arc::ptr_eq(now, topic)) {
            lock(&topic.state).asked = false;
            self.want_attachment(topic);
        }
    }

    /// Under the map's lock.
    fn want_attachment(&self, topic: &Arc<Topic>) {
        let ticket = lock(&self.line).join(Want::Attach(Arc::clone(topic)));
        lock(&topic.state).ticket = Some(ticket);
        self.want.notify_one();
    }

    /// The owner has attached it: the ring begins after the head.
    pub(crate) fn attached(&self, topic: &Topic, standing: &Standing) {
        let mut state = lock(&topic.state);
        if !state.asked {
            return; // Everyone has left meanwhile.
        }
        self.clear(&mut state);
        let number = self.attachments.fetch_add(1, Relaxed);
        let Standing { epoch, first, head, ordinal: _ } = *standing;
        state.asked = true;
        state.attached = Some(Attached { number, epoch, first });
        state.ring = Ring::starting_at(head.next());
    }

    /// Appends the frame of a message, if the conversation is attached. `frame` gets the epoch.
    pub(crate) fn deliver(
        &self,
        topic: &Topic,
        seq: Seq,
        effect: Effect<'_>,
        frame: impl FnOnce(Epoch) -> Said,
    ) -> Result<bool, NotNext> {
        let mut state = lock(&topic.state);
        let State { attached: Some(attached), ring, .. } = &mut *state else { return Ok(false) };
        let next = ring.next();
        match seq.cmp(&next) {
            std::cmp::Ordering::Less => return Ok(false),
            std::cmp::Ordering::Greater => return Err(NotNext { expected: next }),
            std::cmp::Ordering::Equal => {}
        }
        match effect {
            Effect::Expires(first) => {
                attached.first = attached.first.max(first);
                self.changed(ring.drop_through(Seq(first.0 - 1)));
            }
            Effect::Erases => self.changed(ring.drop_through(Seq(seq.0 - 1))),
            Effect::None | Effect::Removes(_) => {}
        }
        self.changed(ring.push(seq, frame(attached.epoch))?);
        if let Effect::Removes(user) = effect {
            ring.removes(user);
        }
        Ok(true)
    }

    /// The link is gone: no conversation is attached, the rings are dropped, all want to be
    /// attached again.
    pub(crate) fn detach_all(&self) {
        let map = lock(&self.map);
        *lock(&self.line) = Line::default();
        for topic in map.values() {
            self.clear(&mut lock(&topic.state));
            self.want_attachment(topic);
        }
    }

    /// Frames up to and including this one are kept no longer.
    fn let_go(&self, topic: &Topic, seq: Seq) {
        let change = lock(&topic.state).ring.drop_through(seq);
        self.changed(change);
    }

    fn clear(&self, state: &mut State) {
        let frames_freed = state.ring.len();
        let bytes_freed = state.ring.bytes();
        *state = State::default();
        self.changed(Change { frames_freed, bytes_freed, ..Change::default() });
    }

    fn changed(&self, change: Change) {
        add(&self.counts.ring_frames, change.frames_added as u64);
        add(&self.counts.ring_bytes, change.bytes_added as u64);
        sub(&self.counts.ring_frames, change.frames_freed as u64);
        sub(&self.counts.ring_bytes, change.bytes_freed as u64);
    }
}

impl Topic {
    fn new(conversation: ConversationId) -> Arc<Self> {
        Arc::new(Self {
            conversation,
            state: Mutex::default(),
            listeners: Mutex::default(),
            binary_listeners: AtomicUsize::new(0),
        })
    }

    /// Its name.
    pub(crate) fn conversation(&self) -> &ConversationId {
        &self.conversation
    }

    /// Whether someone hears MessagePack. Whoever joins right now translates for itself.
    pub(crate) fn wants_binary(&self) -> bool {
        self.binary_listeners.load(Relaxed) > 0
    }

    /// Tells everyone who listens that someone types; in a crowd nobody is told.
    pub(crate) fn typing(&self, user: &UserId) {
        let listeners = lock(&self.listeners);
        if listeners.len() > TYPING_LISTENERS_MAX {
            return;
        }
        let (conversation, typist) = (self.conversation.clone(), user.clone());
        let frame = Frame::Typing { conversation, user: typist };
        let mut said = Said::new(frame.encode());
        if self.wants_binary() {
            said = said.with_binary(frame.encode_binary());
        }
        for listener in listeners.values() {
            listener.aside(user, &said);
        }
    }

    /// Wakes everyone who listens.
    pub(crate) fn wake(&self) {
        for listener in lock(&self.listeners).values() {
            listener.wake();
        }
    }
}

impl Seat {
    /// What the conversation is called.
    pub(crate) fn conversation(&self) -> &ConversationId {
        &self.topic.conversation
    }

    /// Looks at the conversation, and at its ring in the same moment.
    pub(crate) fn look<R>(&self, look: impl FnOnce(Option<&View>, &Ring) -> R) -> R {
        let state = lock(&self.topic.state);
        let view = state.attached.map(|Attached { number, epoch, first }| View {
            attachment: number,
            epoch,
            first,
            start: state.ring.start(),
            head: Seq(state.ring.next().0 - 1),
        });
        look(view.as_ref(), &state.ring)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
