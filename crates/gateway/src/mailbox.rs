//! What waits for one connection: answers to what it asked, and which of its subscriptions have
//! something new.
//!
//! # Invariants
//!
//! - Nothing is lost and nothing blocks: whoever puts something in goes on at once.
//! - Bounded by what the connection itself may have open: an answer is there only for a send, a page
//!   or an opening in flight, and a subscription is on the list at most once.

use std::collections::BTreeMap;
use std::future::poll_fn;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::{AcqRel, Release};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use model::{
    Change, ConversationId, Epoch, Listed, Member, Message, MessageId, Refusal, Seq, Standing,
    UserId, Wall,
};
use smallvec::SmallVec;
use tokio::time::Instant;
use wire::Encoding;

use crate::trace::Begun;
use crate::words::{Said, Words};

/// An answer of the owner, or that there will be none.
#[derive(Debug)]
pub(crate) enum Answer {
    /// To a send: it is durable.
    Sent(SendAbout, SentAt),
    /// To a send: it is not.
    NotSent(SendAbout, Refusal),
    /// To a page, for a replay, an opening or a `read`.
    Page { number: u64, page: Box<PageCame> },
    /// To whether the user may hear a conversation: they may.
    Admitted { number: u64, standing: Standing },
    /// To a list.
    Listed { number: u64, conversations: Vec<Listed> },
    /// To who is in a conversation.
    Members { number: u64, count: u32, members: Vec<Member> },
    /// To a page: none. To a cursor likewise. `None` = the link was lost.
    Nothing { number: u64, refusal: Option<Refusal> },
    /// To a cursor.
    Cursor { number: u64, seq: Seq },
}

/// A page of the owner.
#[derive(Debug)]
pub(crate) struct PageCame {
    pub(crate) standing: Standing,
    pub(crate) messages: Vec<Message>,
    pub(crate) changes: Vec<Change>,
    pub(crate) as_of: Seq,
}

/// Which send.
#[derive(Debug)]
pub(crate) struct SendAbout {
    pub(crate) reference: Option<u64>,
    pub(crate) id: MessageId,
    pub(crate) conversation: ConversationId,
    /// When it was heard.
    pub(crate) heard: Instant,
    /// Its span, if it is traced.
    pub(crate) trace: Option<Box<Begun>>,
}

/// Where a message stands.
#[derive(Debug)]
pub(crate) struct SentAt {
    pub(crate) epoch: Epoch,
    pub(crate) seq: Seq,
    pub(crate) received_at: Wall,
    pub(crate) duplicate: bool,
}

/// Everything that waits, taken at once.
#[derive(Debug, Default)]
pub(crate) struct Mail {
    pub(crate) answers: Vec<Answer>,
    /// Subscriptions, by number.
    pub(crate) woken: SmallVec<[u64; 1]>,
    /// What is no answer and of no consequence: at most [`ASIDES_MAX`], further ones are let go.
    pub(crate) asides: Vec<(UserId, Words)>,
    /// Who came and went, of those watched.
    pub(crate) presence: BTreeMap<UserId, bool>,
}

/// Notices of who types that wait for one connection.
const ASIDES_MAX: usize = 32;

/// Whether anything waits.
#[derive(Debug, Default)]
enum State {
    #[default]
    Empty,
    /// One subscription, and nothing else: what comes most often by far takes no memory.
    Woken(u64),
    /// Boxed: most of the time there is nothing.
    Filled(Box<Mail>),
    /// The connection is gone.
    Closed,
}

/// The mailbox of a connection.
#[derive(Debug, Default)]
pub(crate) struct Mailbox {
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    state: State,
    /// Who waits for something to come: the connection, and nobody else.
    waiting: Option<Waker>,
}

/// One subscription, as its topic knows it.
#[derive(Debug)]
pub(crate) struct Listener {
    number: u64,
    woken: AtomicBool,
    encoding: Encoding,
    mailbox: Arc<Mailbox>,
}

impl Mailbox {
    /// An empty one.
    pub(crate) fn open() -> Arc<Self> {
        Arc::default()
    }

    /// Puts an answer in; without effect when the connection is gone.
    pub(crate) fn put(&self, answer: Answer) {
        self.with(|mail| mail.answers.push(answer));
    }

    /// Puts in what another user does that is of no consequence.
    pub(crate) fn aside(&self, by: &UserId, words: Words) {
        self.with(|mail| {
            if mail.asides.len() < ASIDES_MAX {
                mail.asides.push((by.clone(), words));
            }
        });
    }

    /// A watched user came or went.
    pub(crate) fn presence(&self, user: &UserId, online: bool) {
        self.with(|mail| {
            mail.presence.insert(user.clone(), online);
        });
    }

    /// Takes everything. The memory goes with it, so that an idle connection holds none.
    pub(crate) fn take(&self) -> Mail {
        let state = &mut self.lock().state;
        match std::mem::take(state) {
            State::Woken(number) => Mail { woken: SmallVec::from([number]), ..Mail::default() },
            State::Filled(mail) => *mail,
            State::Empty => Mail::default(),
            State::Closed => {
                *state = State::Closed;
                Mail::default()
            }
        }
    }

    /// Something has come since the last [`Mailbox::take`]. Cancel safe. One may wait at a time.
    pub(crate) async fn filled(&self) {
        poll_fn(|cx| self.poll_filled(cx)).await;
    }

    fn poll_filled(&self, cx: &mut Context<'_>) -> Poll<()> {
        let mut inner = self.lock();
        if matches!(inner.state, State::Woken(_) | State::Filled(_)) {
            return Poll::Ready(());
        }
        match &mut inner.waiting {
            Some(waiting) => waiting.clone_from(cx.waker()),
            waiting @ None => *waiting = Some(cx.waker().clone()),
        }
        Poll::Pending
    }

    /// From now on nothing is taken in.
    pub(crate) fn close(&self) {
        *self.lock() = Inner { state: State::Closed, waiting: None };
    }

    /// A subscription has something new.
    fn wake(&self, number: u64) {
        let mut inner = self.lock();
        if !matches!(inner.state, State::Empty) {
            return fill(inner, |mail| mail.woken.push(number));
        }
        inner.state = State::Woken(number);
        let waiting = inner.waiting.take();
        drop(inner);
        waiting.into_iter().for_each(Waker::wake);
    }

    fn with(&self, put: impl FnOnce(&mut Mail)) {
        fill(self.lock(), put);
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Puts something in, and wakes who waits.
fn fill(mut inner: MutexGuard<'_, Inner>, put: impl FnOnce(&mut Mail)) {
    match &mut inner.state {
        State::Filled(mail) => put(mail),
        State::Closed => return,
        State::Empty | State::Woken(_) => {
            let mut mail = Box::<Mail>::default();
            if let State::Woken(number) = inner.state {
                mail.woken.push(number);
            }
            put(&mut mail);
            inner.state = State::Filled(mail);
        }
    }
    // Nobody waits for what follows the first: it was woken by that, or has not looked yet.
    let waiting = inner.waiting.take();
    drop(inner);
    waiting.into_iter().for_each(Waker::wake);
}

impl Listener {
    /// Another user does something of no consequence.
    pub(crate) fn aside(&self, by: &UserId, said: &Said) {
        self.mailbox.aside(by, said.words(self.encoding));
    }

    /// The subscription of this number, of the connection with this encoding and mailbox.
    pub(crate) fn new(number: u64, encoding: Encoding, mailbox: &Arc<Mailbox>) -> Arc<Self> {
        let mailbox = Arc::clone(mailbox);
        Arc::new(Self { number, woken: AtomicBool::new(false), encoding, mailbox })
    }

    /// Whether it hears MessagePack.
    pub(crate) fn is_binary(&self) -> bool {
        self.encoding == Encoding::MessagePack
    }

    /// There is something new for it.
    pub(crate) fn wake(&self) {
        if !self.woken.swap(true, AcqRel) {
            self.mailbox.wake(self.number);
        }
    }

    /// Its connection is about to look: what comes from now on wakes it again.
    pub(crate) fn looking(&self) {
        self.woken.store(false, Release);
    }
}
