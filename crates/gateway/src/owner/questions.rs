//! What the owner is asked, and who waits for each answer.

use std::sync::Arc;
use std::time::Duration;

use link::{EnrichAnswer, EnrichAsk, RequestId, RowQuery, ToOwner};
use model::{Draft, Refusal, UserId};
use tokio::sync::{OwnedSemaphorePermit, oneshot};
use tokio::time::timeout;

use super::{NotAsked, Owner, Pending, Report, Rows, State, full, link_busy};
use crate::counters::count;
use crate::mailbox::{Mailbox, SendAbout};
use crate::options::SEND_OVERHEAD_BYTES;

/// How long a table query may take.
const ROWS_TIMEOUT: Duration = Duration::from_secs(5);

impl Owner {
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
        let pending = |to, permit| Pending::Rows { to, _permit: permit };
        let answer = self.few(pending, |request| ToOwner::GetRows { request, query })?;
        in_time(answer, "rows").await
    }

    /// Asks about enriching and waits for the answer.
    pub(crate) async fn enriching(&self, ask: EnrichAsk) -> Result<EnrichAnswer, Refusal> {
        let pending = |to, permit| Pending::Enriching { to, _permit: permit };
        let answer = self.few(pending, |request| ToOwner::Enriching { request, ask })?;
        in_time(answer, "enriching").await
    }

    /// Asks for a report and waits for it.
    pub(crate) async fn report(&self, view: String, limit: u32) -> Result<Report, Refusal> {
        let pending = |to, permit| Pending::Report { to, _permit: permit };
        let answer = self.few(pending, |request| ToOwner::GetReport { request, view, limit })?;
        in_time(answer, "rows").await
    }

    /// Has a user erased and waits for it: from how many conversations.
    pub(crate) async fn erase(&self, user: UserId) -> Result<u64, Refusal> {
        let pending = |to, permit| Pending::Erase { to, _permit: permit };
        let answer = self.few(pending, |request| ToOwner::Erase { request, user })?;
        answer.await.unwrap_or_else(|_| Err(link_busy()))
    }

    /// Asks what only so many ask at once.
    fn few<T>(
        &self,
        pending: impl FnOnce(oneshot::Sender<Result<T, Refusal>>, OwnedSemaphorePermit) -> Pending,
        say: impl FnOnce(RequestId) -> ToOwner,
    ) -> Result<oneshot::Receiver<Result<T, Refusal>>, Refusal> {
        let permit = Arc::clone(&self.rows).try_acquire_owned().map_err(|_| full("rows"))?;
        let (to, answer) = oneshot::channel();
        self.ask(&mut self.lock(), pending(to, permit), say).map_err(|_| link_busy())?;
        Ok(answer)
    }

    pub(super) fn ask(
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
}

async fn in_time<T>(
    answer: oneshot::Receiver<Result<T, Refusal>>,
    bound: &str,
) -> Result<T, Refusal> {
    match timeout(ROWS_TIMEOUT, answer).await {
        Ok(Ok(answer)) => answer,
        Ok(Err(_)) => Err(link_busy()),
        Err(_) => Err(full(bound)),
    }
}
