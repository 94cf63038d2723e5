//! The conversations that someone here follows: each has one attachment to the owner, one ring, and
//! its listeners.
//!
//! # Invariants
//!
//! - A conversation is in the map exactly while it has a listener; it is attached or wants to be.
//! - `Attach` and `Detach` of a conversation go to the owner under the map's lock, so they arrive in
//!   the order of what they mean.
//! - A frame is in the ring before its listeners are woken, and a listener is registered before it
//!   looks: nobody misses one.
//! - Locks are taken in the order map, state; listeners' lock is taken alone or under the map's.

mod budget;

use std::collections::{HashMap, VecDeque};
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::extract::ws::Utf8Bytes;
use model::{ConversationId, Epoch, Seq, Standing};
use tokio::sync::Notify;

pub(crate) use self::budget::Budget;
use crate::counters::{Counts, add, sub};
use crate::mailbox::Listener;
use crate::pointer::View;
use crate::ring::{Change, NotNext, Ring};

/// All conversations that someone here follows.
#[derive(Debug)]
pub(crate) struct Topics {
    map: Mutex<HashMap<ConversationId, Arc<Topic>>>,
    wanted: Mutex<VecDeque<Arc<Topic>>>,
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
}

#[derive(Debug, Default)]
struct State {
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
            wanted: Mutex::default(),
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
            lock(&self.wanted).push_back(Arc::clone(&topic));
            self.want.notify_one();
            topic
        });
        lock(&topic.listeners).insert(number, listener);
        Seat { topic: Arc::clone(topic), number }
    }

    /// Takes a listener off. With the last one the conversation goes; `detach` tells the owner.
    pub(crate) fn leave(&self, seat: &Seat, detach: impl FnOnce(&ConversationId)) {
        let topic = &seat.topic;
        let mut map = lock(&self.map);
        let mut listeners = lock(&topic.listeners);
        listeners.remove(&seat.number);
        if !listeners.is_empty() {
            return;
        }
        drop(listeners);
        map.remove(&topic.conversation);
        let mut state = lock(&topic.state);
        if state.asked {
            detach(&topic.conversation);
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

    /// Something may want to be attached. Cancel safe.
    pub(crate) async fn wanting(&self) {
        self.want.notified().await;
    }

    /// Takes the next one that wants to be attached and lets `ask` tell the owner. `None` = no one
    /// wants to; `Some(false)` = `ask` could not.
    pub(crate) fn ask_next(&self, ask: impl FnOnce(&Arc<Topic>) -> bool) -> Option<bool> {
        loop {
            let topic = lock(&self.wanted).pop_front()?;
            let map = lock(&self.map);
            let alive = map.get(&topic.conversation).is_some_and(|now| Arc::ptr_eq(now, &topic));
            let mut state = lock(&topic.state);
            if alive && !state.asked {
                state.asked = ask(&topic);
                return Some(state.asked);
            }
        }
    }

    /// The owner refused to attach it: it wants to once more.
    pub(crate) fn want_again(&self, topic: Arc<Topic>) {
        lock(&topic.state).asked = false;
        lock(&self.wanted).push_back(topic);
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
        frame: impl FnOnce(Epoch) -> Utf8Bytes,
    ) -> Result<bool, NotNext> {
        let mut state = lock(&topic.state);
        let Some(attached) = state.attached else { return Ok(false) };
        let next = state.ring.next();
        match seq.cmp(&next) {
            std::cmp::Ordering::Less => return Ok(false),
            std::cmp::Ordering::Greater => return Err(NotNext { expected: next }),
            std::cmp::Ordering::Equal => {}
        }
        let change = state.ring.push(seq, frame(attached.epoch))?;
        self.changed(change);
        Ok(true)
    }

    /// The link is gone: no conversation is attached, the rings are dropped, all want to be
    /// attached again.
    pub(crate) fn detach_all(&self) {
        let map = lock(&self.map);
        let mut wanted = lock(&self.wanted);
        wanted.clear();
        for topic in map.values() {
            self.clear(&mut lock(&topic.state));
            wanted.push_back(Arc::clone(topic));
        }
        self.want.notify_one();
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
        Arc::new(Self { conversation, state: Mutex::default(), listeners: Mutex::default() })
    }

    /// Its name.
    pub(crate) fn conversation(&self) -> &ConversationId {
        &self.conversation
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
