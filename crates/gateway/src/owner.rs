//! The owner, as connections see it: there or not, asked and answered.
//!
//! # Invariants
//!
//! - Every question gets exactly one answer: the owner's, or that the link was lost under it.
//! - What is asked while the link is down is refused at once, so it was not done.
//! - Half of the link's queue is kept free of what can wait or be refused, so a flood of one client
//!   cannot fill it. If it is full all the same, the link is broken whole; nothing is left out of its
//!   middle.

mod drive;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use link::{EnrichAnswer, EnrichAsk, NotReady, Reason, RequestId, Row, RowQuery, ToOwner};
use model::{Draft, Refusal, Seq, Sheet, Standing, UserId};
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore, mpsc, oneshot};
use tokio::time::{Instant, timeout};

pub(crate) use self::drive::{Drive, retry_after};
use crate::counters::{Counts, count, sub};
use crate::mailbox::{Answer, Mailbox, PageCame, SendAbout, SentAt};
use crate::options::{ROWS_IN_FLIGHT_MAX, SEND_OVERHEAD_BYTES};
use crate::topics::Topic;

/// When to try again what found no link.
pub(crate) const LINK_RETRY_MS: u32 = 500;

/// When to try again what found a full bound.
const FULL_RETRY_MS: u32 = 100;

/// Places for questions that are kept while nothing is asked.
const PENDING_KEPT: usize = 1024;

/// How long a table query may take.
const ROWS_TIMEOUT: Duration = Duration::from_secs(5);

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

    /// Hands a draft over; its answer comes to the mailbox. `Err` = it was not handed over.
    pub(crate) fn send(
        &self,
        to: &Arc<Mailbox>,
        about: SendAbout,
        draft: Draft,
    ) -> Result<(), (SendAbout, Refusal)> {
        let bytes = draft.content.text_bytes() + SEND_OVERHEAD_BYTES;
        let permits = u32::try_from(bytes).unwrap_or(u32::MAX);
        let Ok(permit) = Arc::clone(&self.send_bytes).try_acquire_many_owned(permits) else {
            return Err((about, full("gateway_bytes")));
        };
        let mut state = self.lock();
        if let Err(why) = state.room() {
            return Err((about, why.into()));
        }
        let trace = about.trace.as_ref().map(|begun| begun.context);
        let pending = Pending::Send { to: Arc::clone(to), about, _bytes: permit };
        let asked =
            self.ask(&mut state, pending, |request| ToOwner::Send { request, draft, trace });
        match asked {
            Ok(()) => {
                count(&self.counts.sends_total);
                count(&self.counts.sends_in_flight);
                Ok(())
            }
            Err(Pending::Send { about, .. }) => Err((about, link_busy())),
            Err(
                Pending::Page { .. }
                | Pending::Cursor { .. }
                | Pending::Admit { .. }
                | Pending::View { .. }
                | Pending::Attach(_)
                | Pending::Rows { .. }
                | Pending::Report { .. }
                | Pending::Erase { .. }
                | Pending::Enriching { .. },
            ) => unreachable!("it gives back what it was given"),
        }
    }

    /// Asks for a page; its answer comes to the mailbox under this number.
    pub(crate) fn page(
        &self,
        to: &Arc<Mailbox>,
        number: u64,
        say: impl FnOnce(RequestId) -> ToOwner,
    ) -> Result<(), NotAsked> {
        self.ask_if_room(Pending::Page { to: Arc::clone(to), number }, say)
    }

    /// Asks for a cursor; its answer comes to the mailbox under this number.
    pub(crate) fn cursor(
        &self,
        to: &Arc<Mailbox>,
        number: u64,
        say: impl FnOnce(RequestId) -> ToOwner,
    ) -> Result<(), NotAsked> {
        self.ask_if_room(Pending::Cursor { to: Arc::clone(to), number }, say)
    }

    /// Asks whether someone may hear a conversation; the answer comes to the mailbox.
    pub(crate) fn admit(
        &self,
        to: &Arc<Mailbox>,
        number: u64,
        say: impl FnOnce(RequestId) -> ToOwner,
    ) -> Result<(), NotAsked> {
        self.ask_if_room(Pending::Admit { to: Arc::clone(to), number }, say)
    }

    /// Asks for a list or for members; the answer comes to the mailbox.
    pub(crate) fn view(
        &self,
        to: &Arc<Mailbox>,
        number: u64,
        say: impl FnOnce(RequestId) -> ToOwner,
    ) -> Result<(), NotAsked> {
        self.ask_if_room(Pending::View { to: Arc::clone(to), number }, say)
    }

    fn ask_if_room(
        &self,
        pending: Pending,
        say: impl FnOnce(RequestId) -> ToOwner,
    ) -> Result<(), NotAsked> {
        let mut state = self.lock();
        state.room()?;
        self.ask(&mut state, pending, say).map_err(|_| NotAsked::NoLink)
    }

    /// Asks for rows and waits for them.
    pub(crate) async fn rows(&self, query: RowQuery) -> Result<Rows, Refusal> {
        let permit = Arc::clone(&self.rows).try_acquire_owned().map_err(|_| full("rows"))?;
        let (to, answer) = oneshot::channel();
        let pending = Pending::Rows { to, _permit: permit };
        self.ask(&mut self.lock(), pending, |request| ToOwner::GetRows { request, query })
            .map_err(|_| link_busy())?;
        match timeout(ROWS_TIMEOUT, answer).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(_)) => Err(link_busy()),
            Err(_) => Err(full("rows")),
        }
    }

    /// Asks about enriching and waits for the answer.
    pub(crate) async fn enriching(&self, ask: EnrichAsk) -> Result<EnrichAnswer, Refusal> {
        let permit = Arc::clone(&self.rows).try_acquire_owned().map_err(|_| full("rows"))?;
        let (to, answer) = oneshot::channel();
        let pending = Pending::Enriching { to, _permit: permit };
        self.ask(&mut self.lock(), pending, |request| ToOwner::Enriching { request, ask })
            .map_err(|_| link_busy())?;
        match timeout(ROWS_TIMEOUT, answer).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(_)) => Err(link_busy()),
            Err(_) => Err(full("enriching")),
        }
    }

    /// Asks for a report and waits for it.
    pub(crate) async fn report(&self, view: String, limit: u32) -> Result<Report, Refusal> {
        let permit = Arc::clone(&self.rows).try_acquire_owned().map_err(|_| full("rows"))?;
        let (to, answer) = oneshot::channel();
        let pending = Pending::Report { to, _permit: permit };
        self.ask(&mut self.lock(), pending, |request| ToOwner::GetReport { request, view, limit })
            .map_err(|_| link_busy())?;
        match timeout(ROWS_TIMEOUT, answer).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(_)) => Err(link_busy()),
            Err(_) => Err(full("rows")),
        }
    }

    /// Has a user erased and waits for it: from how many conversations.
    pub(crate) async fn erase(&self, user: UserId) -> Result<u64, Refusal> {
        let permit = Arc::clone(&self.rows).try_acquire_owned().map_err(|_| full("rows"))?;
        let (to, answer) = oneshot::channel();
        let pending = Pending::Erase { to, _permit: permit };
        self.ask(&mut self.lock(), pending, |request| ToOwner::Erase { request, user })
            .map_err(|_| link_busy())?;
        answer.await.unwrap_or_else(|_| Err(link_busy()))
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

    fn ask(
        &self,
        state: &mut State,
        pending: Pending,
        say: impl FnOnce(RequestId) -> ToOwner,
    ) -> Result<(), Pending> {
        let Some(link) = &state.link else { return Err(pending) };
        state.last_request += 1;
        let request = RequestId(state.last_request);
        if link.try_send(say(request)).is_err() {
            self.broke(state);
            return Err(pending);
        }
        state.pending.insert(request, pending);
        Ok(())
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

/// Answers, each to the one who waits for it. False = it is an answer to another question, or to none.
impl Owner {
    fn sent(&self, request: RequestId, at: SentAt) -> bool {
        match self.take(request) {
            Some(Pending::Send { to, about, .. }) => {
                sub(&self.counts.sends_in_flight, 1);
                to.put(Answer::Sent(about, at));
                true
            }
            other => self.misfit(other),
        }
    }

    fn page_came(&self, request: RequestId, page: PageCame) -> bool {
        match self.take(request) {
            Some(Pending::Page { to, number }) => {
                count(&self.counts.pages_total);
                to.put(Answer::Page { number, page: Box::new(page) });
                true
            }
            other => self.misfit(other),
        }
    }

    fn cursor_at(&self, request: RequestId, seq: Seq) -> bool {
        match self.take(request) {
            Some(Pending::Cursor { to, number }) => {
                to.put(Answer::Cursor { number, seq });
                true
            }
            other => self.misfit(other),
        }
    }

    fn admitted(&self, request: RequestId, standing: Standing) -> bool {
        match self.take(request) {
            Some(Pending::Admit { to, number }) => {
                to.put(Answer::Admitted { number, standing });
                true
            }
            other => self.misfit(other),
        }
    }

    fn view_came(&self, request: RequestId, answer: impl FnOnce(u64) -> Answer) -> bool {
        match self.take(request) {
            Some(Pending::View { to, number }) => {
                to.put(answer(number));
                true
            }
            other => self.misfit(other),
        }
    }

    fn rows_came(&self, request: RequestId, rows: Rows) -> bool {
        match self.take(request) {
            Some(Pending::Rows { to, .. }) => {
                // Nobody waits any more: it took too long.
                drop(to.send(Ok(rows)));
                true
            }
            other => self.misfit(other),
        }
    }

    fn report_came(&self, request: RequestId, report: Report) -> bool {
        match self.take(request) {
            Some(Pending::Report { to, .. }) => {
                drop(to.send(Ok(report)));
                true
            }
            other => self.misfit(other),
        }
    }

    fn erased(&self, request: RequestId, conversations: u64) -> bool {
        match self.take(request) {
            Some(Pending::Erase { to, .. }) => {
                drop(to.send(Ok(conversations)));
                true
            }
            other => self.misfit(other),
        }
    }

    fn enriching_came(&self, request: RequestId, answer: EnrichAnswer) -> bool {
        match self.take(request) {
            Some(Pending::Enriching { to, .. }) => {
                drop(to.send(Ok(answer)));
                true
            }
            other => self.misfit(other),
        }
    }

    fn attached(&self, request: RequestId) -> Option<Arc<Topic>> {
        match self.take(request) {
            Some(Pending::Attach(topic)) => Some(topic),
            other => {
                self.misfit(other);
                None
            }
        }
    }

    /// Whoever had asked something else is told that there will be no answer: the link breaks.
    fn misfit(&self, pending: Option<Pending>) -> bool {
        if let Some(pending) = pending {
            self.lost(pending);
        }
        false
    }
}

#[cfg(test)]
mod tests;
