//! The threads that ask the views, so that no hub ever waits for a disk.
//!
//! They put their answers into the inbox of the hub that asked and wait for nobody.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Duration;

use crossbeam_channel::Receiver;
use history::{History, HistoryError};
use hub::{Found, Head, LoadGot, LoadWant, Loaded, LookedUp, Ticket};
use link::{FromOwner, RequestId, Row, RowQuery};
use model::{ConversationId, MessageId, Seq, Standing, UserId};

use super::hub_drive::HubEvent;
use super::links::LinkSender;
use super::{Fatal, FollowError};
use crate::inbox::Inbox;

/// Questions that may wait before a hub waits with them.
pub(crate) const QUESTIONS_MAX: usize = 4096;

/// How long the rows thread waits before it looks whether to stop.
const PATIENCE: Duration = Duration::from_millis(100);

/// What is asked, and who wants to know.
#[derive(Debug)]
pub(crate) struct Question {
    pub(crate) task: Task,
    pub(crate) to: Arc<Inbox<HubEvent>>,
}

/// What is asked.
#[derive(Debug)]
pub(crate) enum Task {
    Load { conversation: ConversationId, want: LoadWant },
    Lookup { token: u64, conversation: ConversationId, sender: UserId, id: MessageId },
    Read { ticket: Ticket, conversation: ConversationId, from: Seq, limit: u32, standing: Standing },
}

/// A question about the tables, from a gateway.
#[derive(Debug)]
pub(crate) struct RowsQuestion {
    pub(crate) request: RequestId,
    pub(crate) query: RowQuery,
    pub(crate) to: LinkSender,
}

/// Answers questions about the tables until nobody can ask any more.
pub(crate) fn run_rows(
    questions: &Receiver<RowsQuestion>,
    tables: &tables::Reader,
    journal: &journal::Reader,
    stop: &AtomicBool,
    fatal: &Fatal,
) {
    while !stop.load(Relaxed) {
        let Ok(RowsQuestion { request, query, to }) = questions.recv_timeout(PATIENCE) else {
            continue;
        };
        match rows(request, &query, tables, journal) {
            Ok(answer) => {
                to.tell(answer);
            }
            Err(why) => return fatal.raise(FollowError::from(why).into()),
        }
    }
}

fn rows(
    request: RequestId,
    query: &RowQuery,
    tables: &tables::Reader,
    journal: &journal::Reader,
) -> Result<FromOwner, tables::TablesError> {
    let behind = journal.durable().0.saturating_sub(tables.cursor()?.batch.0);
    let rows = tables.rows(query.conversation.as_ref(), query.after.as_ref(), query.limit)?;
    let rows = rows.into_iter().map(|row| Row {
        conversation: row.conversation,
        messages: row.messages,
        speakers: row.speakers,
        enriched: row.enriched,
        sentiment_sum_micros: row.sentiment_sum_micros,
        last_at: row.last_at,
    });
    Ok(FromOwner::Rows { request, rows: rows.collect(), behind })
}

/// Answers questions until nobody can ask any more. A view that fails is the end of the process:
/// without it nobody knows what was said before.
pub(crate) fn run(questions: &Receiver<Question>, history: &History, fatal: &Fatal) {
    for Question { task, to } in questions {
        match answer(task, history) {
            Ok(event) => to.answer(event),
            Err(why) => return fatal.raise(why.into()),
        }
    }
}

fn answer(task: Task, history: &History) -> Result<HubEvent, HistoryError> {
    match task {
        Task::Load { conversation, want } => {
            let got = match want {
                LoadWant::Head => LoadGot::Head(history.head(&conversation)?.map(|head| Head {
                    next_seq: head.next_seq,
                    next_ordinal: head.next_ordinal,
                    first: head.first,
                })),
                LoadWant::Author(sender, instance) => {
                    let highest = history.author_highest(&conversation, &sender, instance)?;
                    LoadGot::Author(sender, instance, highest)
                }
                LoadWant::Cursor(user, device) => {
                    let seq = history.cursor_of(&conversation, &user, &device)?;
                    LoadGot::Cursor(user, device, seq)
                }
            };
            Ok(HubEvent::Loaded(Loaded { conversation, got }))
        }
        Task::Lookup { token, conversation, sender, id } => {
            let found = history.find(&conversation, &sender, id)?.map(|found| Found {
                seq: found.seq,
                body: found.body,
                received_at: found.received_at,
            });
            Ok(HubEvent::LookedUp(LookedUp { token, found }))
        }
        Task::Read { ticket, conversation, from, limit, standing } => {
            let messages = history.read(&conversation, from, limit, standing.head)?;
            let request = RequestId(ticket.request);
            let answer = FromOwner::Page { request, conversation, standing, messages };
            Ok(HubEvent::Answered { gateway: ticket.gateway, answer })
        }
    }
}
