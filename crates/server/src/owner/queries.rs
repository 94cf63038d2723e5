//! The threads that ask the views, so that no hub ever waits for a disk.
//!
//! They put their answers into the inbox of the hub that asked and wait for nobody.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::{Duration, Instant};

use crossbeam_channel::Receiver;
use gateway::Latency;
use history::{History, HistoryError, Mine};
use hub::{Found, Head, Known, LoadGot, LoadWant, Loaded, LookedUp, Summary, Ticket, Whose};
use link::{FromOwner, RequestId, Row, RowQuery, ToOwner};
use model::{
    Content, ConversationId, Epoch, Kind, Listed, MessageId, PartitionId, Refusal, Seq, Standing,
    TenantId, UserId,
};
use tables::TablesError;

use super::hub_drive::HubEvent;
use super::links::LinkSender;
use super::{Fatal, FollowError};
use crate::error::ServeError;
use crate::inbox::Inbox;

/// Questions that may wait before a hub waits with them.
pub(crate) const QUESTIONS_MAX: usize = 4096;

/// How long the thread of the views waits before it looks whether to stop.
const PATIENCE: Duration = Duration::from_millis(100);

/// How long a question waits at most for history to have what was durable when it was answered.
const FRESH_WITHIN: Duration = Duration::from_millis(200);

/// How often it looks meanwhile.
const LOOK_AGAIN: Duration = Duration::from_millis(5);

/// What is asked, and who wants to know.
#[derive(Debug)]
pub(crate) struct Question {
    pub(crate) task: Task,
    pub(crate) to: Arc<Inbox<HubEvent>>,
    pub(crate) asked: Instant,
}

/// What is asked.
#[derive(Debug)]
pub(crate) enum Task {
    Load {
        conversation: ConversationId,
        want: LoadWant,
    },
    Lookup {
        token: u64,
        conversation: ConversationId,
        sender: UserId,
        id: MessageId,
    },
    Read {
        ticket: Ticket,
        conversation: ConversationId,
        reader: Option<UserId>,
        from: Seq,
        limit: u32,
        standing: Standing,
    },
}

/// A question about views, from a gateway.
#[derive(Debug)]
pub(crate) struct ViewQuestion {
    request: RequestId,
    task: ViewTask,
    to: LinkSender,
    asked: Instant,
}

/// What is asked of views.
#[derive(Debug)]
pub(crate) enum ViewTask {
    Rows(RowQuery),
    List { user: UserId, after: Option<ConversationId>, limit: u32 },
    Members { conversation: ConversationId, asker: UserId, after: Option<UserId>, limit: u32 },
}

/// The views that gateways ask, and what their answers are held against.
pub(crate) struct Views {
    pub(crate) tables: tables::Reader,
    pub(crate) history: History,
    pub(crate) journal: journal::Reader,
    pub(crate) epochs: [Epoch; 256],
}

impl ViewQuestion {
    pub(crate) fn new(request: RequestId, task: ViewTask, to: LinkSender) -> Self {
        Self { request, task, to, asked: Instant::now() }
    }
}

impl ViewTask {
    /// Of what a gateway says, if it is one.
    pub(crate) fn of(what: ToOwner) -> Option<(RequestId, Self)> {
        match what {
            ToOwner::GetRows { request, query } => Some((request, Self::Rows(query))),
            ToOwner::GetList { request, user, after, limit } => {
                Some((request, Self::List { user, after, limit }))
            }
            ToOwner::GetMembers { request, conversation, asker, after, limit } => {
                Some((request, Self::Members { conversation, asker, after, limit }))
            }
            ToOwner::Hello { .. }
            | ToOwner::Send { .. }
            | ToOwner::Attach { .. }
            | ToOwner::Detach { .. }
            | ToOwner::Read { .. }
            | ToOwner::GetCursor { .. }
            | ToOwner::MoveCursor { .. }
            | ToOwner::Admit { .. }
            | ToOwner::Typing { .. }
            | ToOwner::Present { .. }
            | ToOwner::Watch { .. }
            | ToOwner::GetReport { .. }
            | ToOwner::Erase { .. }
            | ToOwner::Enriching { .. }
            | ToOwner::Ping => None,
        }
    }
}

impl Views {
    /// Answers until nobody can ask any more, or it is told to stop.
    pub(crate) fn run(&self, questions: &Receiver<ViewQuestion>, stop: &AtomicBool, fatal: &Fatal) {
        while !stop.load(Relaxed) {
            let Ok(ViewQuestion { request, task, to, asked }) = questions.recv_timeout(PATIENCE)
            else {
                continue;
            };
            match self.answer(request, task, asked) {
                Ok(answer) => {
                    to.tell(answer);
                }
                Err(why) => return fatal.raise(why),
            }
        }
    }

    fn answer(
        &self,
        request: RequestId,
        task: ViewTask,
        asked: Instant,
    ) -> Result<FromOwner, ServeError> {
        match task {
            ViewTask::Rows(query) => Ok(self.rows(request, &query).map_err(FollowError::from)?),
            ViewTask::List { user, after, limit } => {
                self.wait_for_history(asked)?;
                let mine = self.history.mine(&user, after.as_ref(), limit)?;
                let conversations = mine.into_iter().map(|mine| self.listed(mine)).collect();
                Ok(FromOwner::List { request, conversations })
            }
            ViewTask::Members { conversation, asker, after, limit } => {
                self.wait_for_history(asked)?;
                let room = self.history.room(&conversation)?;
                let asks = self.history.membership(&conversation, &asker)?;
                let (Some(room), Some(_)) = (room, asks) else {
                    return Ok(FromOwner::Refused { request, refusal: Refusal::NotFound });
                };
                let members = self.history.members(&conversation, after.as_ref(), limit)?;
                Ok(FromOwner::Members { request, count: room.members, members })
            }
        }
    }

    /// Who has just changed something wants to see it: for a while the view is waited for.
    fn wait_for_history(&self, asked: Instant) -> Result<(), ServeError> {
        let wanted = self.journal.durable();
        while self.history.cursor()?.batch < wanted && asked.elapsed() < FRESH_WITHIN {
            std::thread::sleep(LOOK_AGAIN);
        }
        Ok(())
    }

    fn listed(&self, mine: Mine) -> Listed {
        let partition = PartitionId::of(TenantId::DEFAULT, &mine.conversation);
        Listed {
            role: mine.role,
            profile: mine.profile,
            with: mine.with,
            members: mine.members,
            standing: Standing {
                epoch: self.epochs[partition.index()],
                first: Seq(1),
                head: mine.head,
                ordinal: mine.ordinal,
            },
            read_seq: mine.read_seq,
            unread: mine.unread,
            last: mine.last,
            conversation: mine.conversation,
        }
    }

    fn rows(&self, request: RequestId, query: &RowQuery) -> Result<FromOwner, TablesError> {
        let behind = self.journal.durable().0.saturating_sub(self.tables.cursor()?.batch.0);
        let (one, after) = (query.conversation.as_ref(), query.after.as_ref());
        let rows = self.tables.rows(one, after, query.limit)?;
        let rows = rows.into_iter().map(|row| Row {
            conversation: row.conversation,
            messages: row.messages,
            speakers: row.speakers,
            enriched: row.enriched,
            degraded: row.degraded,
            dead: row.dead,
            sentiment_sum_micros: row.sentiment_sum_micros,
            last_at: row.last_at,
        });
        Ok(FromOwner::Rows { request, rows: rows.collect(), behind })
    }
}

/// Answers questions until nobody can ask any more. A view that fails is the end of the process:
/// without it nobody knows what was said before.
pub(crate) fn run(
    questions: &Receiver<Question>,
    history: &History,
    times: &Latency,
    fatal: &Fatal,
) {
    for Question { task, to, asked } in questions {
        let is_page = matches!(task, Task::Read { .. });
        match answer(task, history) {
            Ok(event) => to.answer(event),
            Err(why) => return fatal.raise(why.into()),
        }
        if is_page {
            times.record(asked.elapsed());
        }
    }
}

fn answer(task: Task, history: &History) -> Result<HubEvent, HistoryError> {
    match task {
        Task::Load { conversation, want } => {
            let got = match want {
                LoadWant::Head => LoadGot::Head(head(history, &conversation)?),
                LoadWant::Member(user) => {
                    let role = history.membership(&conversation, &user)?.map(|known| known.role);
                    LoadGot::Member(user, role)
                }
                LoadWant::Text(seq) => {
                    let found = history.read(&conversation, seq, 1, seq)?.pop();
                    let whose = found.map(|message| Whose {
                        is_text: matches!(message.content, Content::Text { .. }),
                        author: message.sender,
                    });
                    LoadGot::Text(seq, whose)
                }
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
            let known = match history.find(&conversation, &sender, id)? {
                history::Known::Found(history::Found { seq, body, received_at }) => {
                    Known::Found(Found { seq, body, received_at })
                }
                history::Known::Expired => Known::Expired,
                history::Known::Not => Known::Not,
            };
            Ok(HubEvent::LookedUp(LookedUp { token, known }))
        }
        Task::Read { ticket, conversation, reader, from, limit, standing } => {
            // What expired since it was asked for is no page any more.
            let first = history.head(&conversation)?.map_or(standing.first, |head| head.first);
            let standing = Standing { first: standing.first.max(first), ..standing };
            let from = from.max(first);
            let page = history.page(&conversation, from, limit, standing.head, reader.as_ref())?;
            let request = RequestId(ticket.request);
            let answer = FromOwner::Page {
                request,
                conversation,
                standing,
                messages: page.messages,
                changes: page.changes,
                as_of: page.as_of,
            };
            Ok(HubEvent::Answered { gateway: ticket.gateway, answer })
        }
    }
}

/// Open conversations have no room to look for.
fn head(history: &History, of: &ConversationId) -> Result<Option<Head>, HistoryError> {
    let Some(head) = history.head(of)? else { return Ok(None) };
    let room = if of.kind() == Kind::Open { None } else { history.room(of)? };
    Ok(Some(Head {
        next_seq: head.next_seq,
        next_ordinal: head.next_ordinal,
        first: head.first,
        summary: room.map(|room| Summary {
            public: room.profile.public,
            members: room.members,
            owners: room.owners,
        }),
    }))
}
