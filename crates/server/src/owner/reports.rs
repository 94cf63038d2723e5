//! The thread that reads reports from the tables, so that no list of a client waits behind one.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Duration;

use crossbeam_channel::Receiver;
use link::{FromOwner, RequestId};
use model::Refusal;
use model::bounds::REPORT_MAX_ROWS;
use tables::{Report, TablesError};

use super::Fatal;
use super::follow::FollowError;
use super::links::LinkSender;

/// Reports that may wait.
pub(crate) const REPORTS_MAX: usize = 64;

/// How long the thread waits before it looks whether to stop.
const PATIENCE: Duration = Duration::from_millis(100);

/// What is asked, and who wants to know.
#[derive(Debug)]
pub(crate) struct ReportQuestion {
    pub(crate) request: RequestId,
    pub(crate) view: String,
    pub(crate) limit: u32,
    pub(crate) to: LinkSender,
}

/// The tables, and what their answers are held against.
pub(crate) struct Reports {
    pub(crate) tables: tables::Reader,
    pub(crate) journal: journal::Reader,
}

impl Reports {
    /// Answers until nobody can ask any more, or it is told to stop.
    pub(crate) fn run(
        &self,
        questions: &Receiver<ReportQuestion>,
        stop: &AtomicBool,
        fatal: &Arc<Fatal>,
    ) {
        while !stop.load(Relaxed) {
            let Ok(question) = questions.recv_timeout(PATIENCE) else { continue };
            match self.answer(&question) {
                Ok(answer) => {
                    question.to.tell(answer);
                }
                Err(why) => return fatal.raise(FollowError::from(why).into()),
            }
        }
    }

    fn answer(&self, asked: &ReportQuestion) -> Result<FromOwner, TablesError> {
        let request = asked.request;
        let Some(report) = Report::of_view(&asked.view) else {
            return Ok(FromOwner::Refused { request, refusal: Refusal::NotFound });
        };
        let behind = self.journal.durable().0.saturating_sub(self.tables.cursor()?.batch.0);
        let sheet = self.tables.open_report(report, asked.limit.min(REPORT_MAX_ROWS))?;
        Ok(FromOwner::Report { request, sheet, behind })
    }
}
