//! Answers, each to the one who waits for it. False = it is an answer to another question, or to none.

use std::sync::Arc;

use link::{EnrichAnswer, RequestId};
use model::{Seq, Standing};

use super::{Owner, Pending, Report, Rows};
use crate::counters::{count, sub};
use crate::mailbox::{Answer, PageCame, SentAt};
use crate::topics::Topic;

impl Owner {
    pub(super) fn sent(&self, request: RequestId, at: SentAt) -> bool {
        match self.take(request) {
            Some(Pending::Send { to, about, .. }) => {
                sub(&self.counts.sends_in_flight, 1);
                to.put(Answer::Sent(about, at));
                true
            }
            other => self.misfit(other),
        }
    }

    pub(super) fn page_came(&self, request: RequestId, page: PageCame) -> bool {
        match self.take(request) {
            Some(Pending::Page { to, number }) => {
                count(&self.counts.pages_total);
                to.put(Answer::Page { number, page: Box::new(page) });
                true
            }
            other => self.misfit(other),
        }
    }

    pub(super) fn cursor_at(&self, request: RequestId, seq: Seq) -> bool {
        match self.take(request) {
            Some(Pending::Cursor { to, number }) => {
                to.put(Answer::Cursor { number, seq });
                true
            }
            other => self.misfit(other),
        }
    }

    pub(super) fn admitted(&self, request: RequestId, standing: Standing) -> bool {
        match self.take(request) {
            Some(Pending::Admit { to, number }) => {
                to.put(Answer::Admitted { number, standing });
                true
            }
            other => self.misfit(other),
        }
    }

    pub(super) fn view_came(&self, request: RequestId, answer: impl FnOnce(u64) -> Answer) -> bool {
        match self.take(request) {
            Some(Pending::View { to, number }) => {
                to.put(answer(number));
                true
            }
            other => self.misfit(other),
        }
    }

    pub(super) fn rows_came(&self, request: RequestId, rows: Rows) -> bool {
        match self.take(request) {
            Some(Pending::Rows { to, .. }) => {
                // Nobody waits any more: it took too long.
                drop(to.send(Ok(rows)));
                true
            }
            other => self.misfit(other),
        }
    }

    pub(super) fn report_came(&self, request: RequestId, report: Report) -> bool {
        match self.take(request) {
            Some(Pending::Report { to, .. }) => {
                drop(to.send(Ok(report)));
                true
            }
            other => self.misfit(other),
        }
    }

    pub(super) fn erased(&self, request: RequestId, conversations: u64) -> bool {
        match self.take(request) {
            Some(Pending::Erase { to, .. }) => {
                drop(to.send(Ok(conversations)));
                true
            }
            other => self.misfit(other),
        }
    }

    pub(super) fn enriching_came(&self, request: RequestId, answer: EnrichAnswer) -> bool {
        match self.take(request) {
            Some(Pending::Enriching { to, .. }) => {
                drop(to.send(Ok(answer)));
                true
            }
            other => self.misfit(other),
        }
    }

    pub(super) fn attached(&self, request: RequestId) -> Option<Arc<Topic>> {
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
