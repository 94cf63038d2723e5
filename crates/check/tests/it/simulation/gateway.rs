//! A gateway, as small as one can be that keeps the promises: it speaks frames to clients and enums to
//! the owner. A subscription is a pointer to the next message its client is to have.
//!
//! It is a pure room: what is to be done stands in `out` when it has been told something.

mod desk;
mod replay;
mod topics;

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use link::{FromOwner, RequestId, ToOwner};
use model::{ConversationId, Epoch, Message, MessageId, Mono, Position, Refusal, Seq, Standing};
use wire::{About, Frame, Problem, SubscribeFrom};

use super::file::Who;

/// How soon a client may send again what found no link.
const LINK_RETRY_MS: u32 = 30;

/// What a gateway wants done, in this order.
#[derive(Debug)]
pub(crate) enum Out {
    Say(u64, Frame),
    Ask(ToOwner),
    /// Look again after this.
    Again(Duration),
}

/// One life of a gateway.
#[derive(Debug, Default)]
pub(crate) struct Gateway {
    pub(crate) life: u64,
    pub(crate) is_up: bool,
    pub(crate) link: Option<u64>,
    pub(crate) out: Vec<Out>,
    pub(crate) handovers: u64,
    pub(crate) catch_ups: u64,
    /// The owner broke a promise: the link is to be dropped.
    pub(crate) wrong: Option<String>,
    pub(crate) ring_max: usize,
    pub(crate) page: u32,
    now: Mono,
    desks: BTreeMap<u64, Desk>,
    topics: BTreeMap<ConversationId, Topic>,
    pending: BTreeMap<u64, Pending>,
    last_number: u64,
}

/// One connection.
#[derive(Debug, Default)]
struct Desk {
    who: Option<Who>,
    subs: BTreeMap<ConversationId, Sub>,
    /// Its client does not read until then.
    paused_until: Mono,
}

#[derive(Debug)]
struct Sub {
    number: u64,
    reference: Option<u64>,
    from: SubscribeFrom,
    cursor: Option<Seq>,
    standing: Option<Standing>,
    pointer: Option<Pointer>,
    /// The question that is out.
    asked: Option<u64>,
    not_before: Mono,
    /// The highest it was sent.
    sent: Seq,
    /// What is to be passed on.
    ack: Option<Position>,
}

#[derive(Debug)]
struct Pointer {
    next: Seq,
    epoch: Epoch,
    attachment: u64,
    /// The head when it fell below the ring.
    below: Option<Seq>,
    was_in_ring: bool,
}

/// One conversation that someone here follows.
#[derive(Debug)]
struct Topic {
    number: u64,
    asked: bool,
    not_before: Mono,
    attached: Option<Attached>,
}

#[derive(Debug)]
struct Attached {
    number: u64,
    epoch: Epoch,
    first: Seq,
    head: Seq,
    ring: VecDeque<Message>,
}

/// Who waits for an answer.
#[derive(Debug)]
enum Pending {
    Send { conn: u64, reference: Option<u64>, id: MessageId, conversation: ConversationId },
    Read { conn: u64, reference: Option<u64>, conversation: ConversationId },
    Sub { conn: u64, conversation: ConversationId, number: u64 },
    Attach { conversation: ConversationId, number: u64 },
}

impl Gateway {
    pub(crate) fn new(life: u64, ring_max: usize, page: u32) -> Self {
        Self { life, is_up: true, ring_max, page, ..Self::default() }
    }

    /// To be called before anything else is told.
    pub(crate) fn tick(&mut self, now: Mono) {
        self.now = now;
    }

    /// The link stands: who wanted something asks for it.
    pub(crate) fn linked(&mut self, link: u64) {
        self.link = Some(link);
        self.look_at_all();
    }

    /// The link is gone, and with it every answer.
    pub(crate) fn unlinked(&mut self) {
        self.link = None;
        for topic in self.topics.values_mut() {
            (topic.asked, topic.attached) = (false, None);
        }
        for (request, pending) in std::mem::take(&mut self.pending) {
            self.nothing_came(request, pending, None);
        }
    }

    pub(crate) fn hears_owner(&mut self, what: FromOwner) {
        match what {
            FromOwner::Deliver { message } => self.delivered(message),
            FromOwner::Sent { request, id, epoch, seq, received_at, duplicate } => {
                let pending = self.pending.remove(&request.0);
                if let Some(Pending::Send { conn, reference, conversation, .. }) = pending {
                    let sent = Frame::Sent {
                        reference,
                        id,
                        conversation,
                        epoch,
                        seq,
                        received_at,
                        duplicate,
                    };
                    self.say(conn, sent);
                }
            }
            FromOwner::Refused { request: RequestId(request), refusal } => {
                if let Some(pending) = self.pending.remove(&request) {
                    self.nothing_came(request, pending, Some(refusal));
                }
            }
            FromOwner::Attached { request, conversation: _, standing } => {
                let pending = self.pending.remove(&request.0);
                if let Some(Pending::Attach { conversation, number }) = pending {
                    self.attached(&conversation, number, &standing);
                }
            }
            FromOwner::Page { request, standing, messages, changes, as_of, .. } => {
                self.page_came(request.0, standing, messages, (changes, as_of));
            }
            FromOwner::CursorAt { request: RequestId(request), seq } => {
                if let Some(Pending::Sub { conn, conversation, number }) =
                    self.pending.remove(&request)
                {
                    if let Some(sub) = self.asking(conn, &conversation, number, request) {
                        sub.cursor = Some(seq);
                    }
                    self.look(conn, &conversation);
                }
            }
            _ => {}
        }
    }

    /// There will be no answer; no refusal: the link was lost.
    fn nothing_came(&mut self, request: u64, pending: Pending, refusal: Option<Refusal>) {
        let wait = refusal.as_ref().map_or(Duration::ZERO, wait);
        let again = self.now + wait;
        match pending {
            Pending::Send { conn, reference, id, conversation } => {
                let about = About { reference, id: Some(id), conversation: Some(conversation) };
                let why = refusal.unwrap_or(Refusal::OutcomeUnknown);
                self.say(conn, Frame::Problem(Problem::from((about, why))));
            }
            Pending::Read { conn, reference, conversation } => {
                let about = About { reference, id: None, conversation: Some(conversation) };
                let why = refusal.unwrap_or_else(no_link);
                self.say(conn, Frame::Problem(Problem::from((about, why))));
            }
            Pending::Sub { conn, conversation, number } => {
                if let Some(sub) = self.asking(conn, &conversation, number, request) {
                    sub.not_before = again;
                    self.out.push(Out::Again(wait));
                }
            }
            Pending::Attach { conversation, number } => {
                let topic = self.topics.get_mut(&conversation);
                if let Some(topic) = topic.filter(|topic| topic.number == number) {
                    (topic.asked, topic.not_before) = (false, again);
                    self.out.push(Out::Again(wait));
                }
            }
        }
    }

    /// The question goes out, unless there is no link; its number.
    fn ask(&mut self, pending: Pending, say: impl FnOnce(RequestId) -> ToOwner) -> Option<u64> {
        self.link?;
        let request = self.number();
        self.pending.insert(request, pending);
        self.out.push(Out::Ask(say(RequestId(request))));
        Some(request)
    }

    fn say(&mut self, conn: u64, frame: Frame) {
        self.out.push(Out::Say(conn, frame));
    }

    fn number(&mut self) -> u64 {
        self.last_number += 1;
        self.last_number
    }
}

fn no_link() -> Refusal {
    Refusal::Busy { bound: "link".to_owned(), retry_after_ms: LINK_RETRY_MS }
}

fn wait(refusal: &Refusal) -> Duration {
    match refusal.retry() {
        model::Retry::After(ms) => Duration::from_millis(ms.into()),
        model::Retry::Now | model::Retry::Never => Duration::from_millis(20),
    }
}
