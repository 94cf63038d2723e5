//! The owner, as connections see it: there or not, asked and answered.
//!
//! # Invariants
//!
//! - Every question gets exactly one answer: the owner's, or that the link was lost under it.
//! - What is asked while the link is down is refused at once, so it was not done.
//! - Half of the link's queue is kept free of what can wait or be refused, so a flood of one client
//!   cannot fill it. If it is full all the same, the link is broken whole; nothing is left out of its
//!   middle.

mod answers;
mod drive;
mod questions;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use link::{EnrichAnswer, NotReady, Reason, RequestId, Row, ToOwner};
use model::{Refusal, Sheet};
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore, mpsc, oneshot};
use tokio::time::Instant;

pub(crate) use self::drive::{Drive, retry_after};
use crate::counters::{Counts, count, sub};
use crate::mailbox::{Answer, Mailbox, SendAbout};
use crate::options::ROWS_IN_FLIGHT_MAX;
use crate::topics::Topic;

/// When to try again what found no link.
pub(crate) const LINK_RETRY_MS: u32 = 500;

/// When to try again what found a full bound.
const FULL_RETRY_MS: u32 = 100;

/// Places for questions that are kept while nothing is asked.
const PENDING_KEPT: usize = 1024;

/// Questions, answers, and whether anyone is there.
#[derive(Debug)]
pub(crate) struct Owner {
    state: Mutex<State>,
    broken: Notify,
    send_bytes: Arc<Semaphore>,
    rows: Arc<Semaphore>,
    counts: Arc<Counts>,
}

#[derive(Debug)]
struct State {
    link: Option<mpsc::Sender<ToOwner>>,
    /// It took no more.
    broken: bool,
    /// When it was lost, or never had.
    down_since: Instant,
    not_ready: Vec<NotReady>,
    last_request: u64,
    pending: HashMap<RequestId, Pending>,
}

/// Who waits for an answer.
#[derive(Debug)]
enum Pending {
    Send { to: Arc<Mailbox>, about: SendAbout, _bytes: OwnedSemaphorePermit },
    Page { to: Arc<Mailbox>, number: u64 },
    Cursor { to: Arc<Mailbox>, number: u64 },
    Admit { to: Arc<Mailbox>, number: u64 },
    View { to: Arc<Mailbox>, number: u64 },
    Attach(Arc<Topic>),
    Rows { to: oneshot::Sender<Result<Rows, Refusal>>, _permit: OwnedSemaphorePermit },
    Report { to: oneshot::Sender<Result<Report, Refusal>>, _permit: OwnedSemaphorePermit },
    Erase { to: oneshot::Sender<Result<u64, Refusal>>, _permit: OwnedSemaphorePermit },
    Enriching { to: oneshot::Sender<Result<EnrichAnswer, Refusal>>, _permit: OwnedSemaphorePermit },
}

/// The first rows of a view for people.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// They.
    pub sheet: Sheet,
    /// How many journal batches the tables had not yet counted when they were read.
    pub behind: u64,
}

/// Rows of the per-conversation table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rows {
    /// The rows, by conversation.
    pub rows: Vec<Row>,
    /// How many journal records the table had not yet counted when it was read.
    pub behind: u64,
}

/// Why nothing was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NotAsked {
    /// There is no link: wait for it.
    NoLink,
    /// Its queue is half full: ask a little later.
    Full,
}

fn link_busy() -> Refusal {
    Refusal::Busy { bound: "link".to_owned(), retry_after_ms: LINK_RETRY_MS }
}

fn full(bound: &str) -> Refusal {
    Refusal::Busy { bound: bound.to_owned(), retry_after_ms: FULL_RETRY_MS }
}

impl From<NotAsked> for Refusal {
    fn from(why: NotAsked) -> Self {
        match why {
            NotAsked::NoLink => link_busy(),
            NotAsked::Full => full("link"),
        }
    }
}

impl State {
    fn room(&self) -> Result<(), NotAsked> {
        match &self.link {
            None => Err(NotAsked::NoLink),
            Some(link) if link.capacity() < link.max_capacity() / 2 => Err(NotAsked::Full),
            Some(_) => Ok(()),
        }
    }
}

impl Owner {
    /// Not there yet.
    pub(crate) fn new(send_bytes_max: usize, counts: Arc<Counts>) -> Arc<Self> {
        Arc::new(Self {
            state: Mutex::new(State {
                link: None,
                broken: false,
                down_since: Instant::now(),
                not_ready: Vec::new(),
                last_request: 0,
                pending: HashMap::new(),
            }),
            broken: Notify::new(),
            send_bytes: Arc::new(Semaphore::new(send_bytes_max.min(Semaphore::MAX_PERMITS))),
            rows: Arc::new(Semaphore::new(ROWS_IN_FLIGHT_MAX)),
            counts,
        })
    }

    /// Says something that has no answer and can be said later. False = it has to be.
    pub(crate) fn tell(&self, what: ToOwner) -> bool {
        let mut state = self.lock();
        state.room().is_ok() && self.say(&mut state, what)
    }

    /// Says what must not be left out: a link that does not take it is broken, and everything of the
    /// kind is said again on the next. Without a link it is said on the next, too.
    pub(crate) fn say_or_break(&self, what: ToOwner) {
        self.say(&mut self.lock(), what);
    }

    fn say(&self, state: &mut State, what: ToOwner) -> bool {
        let told = state.link.as_ref().is_some_and(|link| link.try_send(what).is_ok());
        if !told {
            self.broke(state);
        }
        told
    }

    /// Whether the link has room for what can wait.
    fn has_room(&self) -> bool {
        self.lock().room().is_ok()
    }

    /// How long it has been away.
    pub(crate) fn lost_for(&self) -> Option<Duration> {
        let state = self.lock();
        state.link.is_none().then(|| state.down_since.elapsed())
    }

    /// Why nothing can be done here, if so.
    pub(crate) fn not_ready(&self) -> Vec<NotReady> {
        let state = self.lock();
        if state.link.is_some() {
            return state.not_ready.clone();
        }
        let away = state.down_since.elapsed().as_secs();
        let detail = format!("the link to the owner is down for {away} s");
        vec![NotReady::new(Reason::LinkDown, detail)]
    }

    fn broke(&self, state: &mut State) {
        if state.link.is_some() {
            state.broken = true;
            self.broken.notify_one();
        }
    }

    /// The owner is there.
    fn up(&self, link: mpsc::Sender<ToOwner>) {
        let mut state = self.lock();
        state.link = Some(link);
        state.broken = false;
        let detail = "the owner has not said yet whether it is ready";
        state.not_ready = vec![NotReady::new(Reason::LinkDown, detail)];
    }

    /// The owner is gone: whoever waits for an answer is told.
    fn down(&self) {
        let mut state = self.lock();
        state.link = None;
        state.down_since = Instant::now();
        let pending = std::mem::take(&mut state.pending);
        drop(state);
        for pending in pending.into_values() {
            self.lost(pending);
        }
    }

    fn lost(&self, pending: Pending) {
        match pending {
            Pending::Send { to, about, .. } => {
                sub(&self.counts.sends_in_flight, 1);
                count(&self.counts.outcomes_unknown_total);
                to.put(Answer::NotSent(about, Refusal::OutcomeUnknown));
            }
            Pending::Page { to, number }
            | Pending::Cursor { to, number }
            | Pending::Admit { to, number }
            | Pending::View { to, number } => {
                to.put(Answer::Nothing { number, refusal: None });
            }
            Pending::Rows { to, .. } => drop(to.send(Err(link_busy()))),
            Pending::Report { to, .. } => drop(to.send(Err(link_busy()))),
            Pending::Erase { to, .. } => drop(to.send(Err(link_busy()))),
            Pending::Enriching { to, .. } => drop(to.send(Err(link_busy()))),
            Pending::Attach(_) => {}
        }
    }

    fn take(&self, request: RequestId) -> Option<Pending> {
        let mut state = self.lock();
        let pending = state.pending.remove(&request);
        if state.pending.is_empty() && state.pending.capacity() > PENDING_KEPT {
            state.pending = HashMap::new(); // What a crowd needed that asked all at once.
        }
        pending
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
