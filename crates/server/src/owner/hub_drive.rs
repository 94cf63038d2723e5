//! The numbered loop around one hub: 1 run its commands, 2 take events, 3 tell it the time.
//!
//! The drive decides nothing. It owns its hub; everyone else has the inbox.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crossbeam_channel::Sender;
use hub::{Command, GatewayId, Gauges, Hub, Loaded, LookedUp, Presence, Reply, Ticket, Told};
use link::{FromOwner, RequestId, ToOwner};
use model::{BatchNo, Mono, Seq};

use super::journal_drive::{JournalEvent, Notice};
use super::links::LinkSender;
use super::queries::{Question, Task};
use super::ways::Ways;
use crate::clock::Clock;
use crate::inbox::Inbox;

/// Events of one round: a bound on how long commands wait behind events.
const EVENTS_PER_ROUND: usize = 1024;

/// The longest sleep of an idle drive.
const IDLE: Duration = Duration::from_millis(500);

/// After a round with work the drive lets company gather for so long: under load one round serves
/// many, and none of them has to wake it. Who comes to an idle drive does not wait, nor does what
/// became durable.
const GATHER: Duration = Duration::from_micros(150);

/// The same after a round of so many events: where many speak at once, fewer rounds also make fewer
/// and larger writes of all who follow.
const GATHER_BUSY: Duration = Duration::from_micros(600);
const BUSY_EVENTS: usize = 4;

/// Later than anything a hub waits for.
const FAR_FUTURE: Duration = Duration::from_secs(3600);

/// What a hub drive is told.
#[derive(Debug)]
pub(crate) enum HubEvent {
    /// A gateway is there.
    LinkUp { gateway: GatewayId, to: LinkSender },
    /// It is gone.
    LinkDown(GatewayId),
    /// It says something.
    Said { gateway: GatewayId, what: ToOwner },
    /// The journal tells.
    Noticed(Notice),
    /// History answers.
    Loaded(Loaded),
    /// History answers.
    LookedUp(LookedUp),
    /// History answers a gateway.
    Answered { gateway: GatewayId, answer: FromOwner },
    /// History has everything up to here.
    Indexed(BatchNo),
    /// Too many messages wait to be understood, or not any more.
    Backlog(bool),
    /// End.
    Stop,
}

/// The drive: [`run`](Self::run) is its thread.
#[derive(Debug)]
pub(crate) struct HubDrive {
    pub(crate) index: usize,
    pub(crate) hub: Hub,
    pub(crate) presence: Presence,
    pub(crate) inbox: Arc<Inbox<HubEvent>>,
    pub(crate) journal: Arc<Inbox<JournalEvent>>,
    pub(crate) questions: Sender<Question>,
    pub(crate) links: BTreeMap<GatewayId, LinkSender>,
    pub(crate) gauges: Arc<Mutex<Gauges>>,
    /// Where messages are traced.
    pub(crate) ways: Option<Arc<Ways>>,
    pub(crate) clock: Clock,
}

impl HubDrive {
    /// Runs until it is told to stop.
    pub(crate) fn run(mut self) {
        let mut events = Vec::new();
        let mut worked = 0;
        loop {
            // 1: what the hub wants done.
            while let Some(command) = self.hub.next_command() {
                self.execute(command);
            }
            while let Some(Told { gateway, user, online }) = self.presence.next_told() {
                self.tell(gateway, FromOwner::Presence { user, online });
            }
            *self.gauges.lock().unwrap_or_else(PoisonError::into_inner) = self.hub.gauges();
            // 2: what happened.
            match worked {
                0 | EVENTS_PER_ROUND => {}
                ..BUSY_EVENTS => self.inbox.gather(GATHER),
                _ => self.inbox.gather(GATHER_BUSY),
            }
            let now = self.clock.mono();
            let wait = self.due().map_or(IDLE, |then| then.since(now).min(IDLE));
            self.inbox.take(&mut events, EVENTS_PER_ROUND, wait);
            worked = events.len();
            for event in events.drain(..) {
                if !self.handle(event) {
                    return self.finish();
                }
            }
            // 3: how late it is.
            let now = self.clock.mono();
            if self.hub.poll_timeout().is_some_and(|then| then <= now) {
                self.hub.handle_timeout(now);
            }
            if self.presence.poll_timeout().is_some_and(|then| then <= now) {
                self.presence.handle_timeout(now);
            }
        }
    }

    fn due(&self) -> Option<Mono> {
        self.hub.poll_timeout().into_iter().chain(self.presence.poll_timeout()).min()
    }

    /// Journals the cursors that would have waited for their turn: a clean end repeats nothing.
    fn finish(&mut self) {
        self.hub.handle_timeout(self.clock.mono() + FAR_FUTURE);
        while let Some(command) = self.hub.next_command() {
            self.execute(command);
        }
    }

    /// `false`: the drive ends.
    fn handle(&mut self, event: HubEvent) -> bool {
        let now = self.clock.mono();
        match event {
            HubEvent::LinkUp { gateway, to } => {
                self.links.insert(gateway, to);
            }
            HubEvent::LinkDown(gateway) => {
                self.links.remove(&gateway);
                self.hub.handle_gateway_gone(gateway);
                self.presence.handle_gateway_gone(gateway, now);
            }
            HubEvent::Said { gateway, what } => self.hear(gateway, what),
            HubEvent::Noticed(Notice::Durable(durable)) => self.hub.handle_durable(durable),
            HubEvent::Noticed(Notice::LamportHigh(high)) => self.hub.handle_lamport_high(high),
            HubEvent::Noticed(Notice::Refused { generation }) => {
                self.hub.handle_append_refused(generation);
            }
            HubEvent::Noticed(Notice::Poisoned) => self.hub.handle_poisoned(),
            HubEvent::Loaded(loaded) => self.hub.handle_loaded(loaded, now),
            HubEvent::LookedUp(found) => self.hub.handle_looked_up(found, now),
            HubEvent::Answered { gateway, answer } => {
                self.hub.handle_history_read();
                self.tell(gateway, answer);
            }
            HubEvent::Indexed(batch) => self.hub.handle_indexed(batch),
            HubEvent::Backlog(is_full) => self.hub.handle_backlog(is_full),
            HubEvent::Stop => return false,
        }
        true
    }

    fn hear(&mut self, gateway: GatewayId, what: ToOwner) {
        let now = self.clock.mono();
        let ticket = |request: RequestId| Ticket { gateway, request: request.0 };
        match what {
            ToOwner::Send { request, draft, trace } => {
                if let (Some(ways), Some(trace)) = (&self.ways, trace) {
                    ways.heard(draft.id, trace);
                }
                self.hub.handle_send(ticket(request), draft, now);
            }
            ToOwner::Attach { request, conversation } => {
                self.hub.handle_attach(ticket(request), conversation, now);
            }
            ToOwner::Detach { conversation } => self.hub.handle_detach(gateway, &conversation),
            ToOwner::Read { request, conversation, reader, from, limit } => {
                self.hub.handle_read(ticket(request), conversation, reader, from, limit, now);
            }
            ToOwner::Admit { request, conversation, user } => {
                self.hub.handle_admit(ticket(request), conversation, user, now);
            }
            ToOwner::Typing { conversation, user } => {
                self.hub.handle_typing(&conversation, &user);
            }
            ToOwner::Present { users, here } => {
                for user in users {
                    self.presence.handle_present(gateway, user, here, now);
                }
            }
            ToOwner::Watch { users, on } => {
                for user in users {
                    self.presence.handle_watch(gateway, user, on);
                }
            }
            ToOwner::GetCursor { request, conversation, user, device } => {
                self.hub.handle_get_cursor(ticket(request), conversation, user, device, now);
            }
            ToOwner::MoveCursor { conversation, user, device, epoch, seq } => {
                self.hub.handle_move_cursor(conversation, user, device, epoch, seq, now);
            }
            // Answered by the link itself; never handed to a hub.
            ToOwner::Hello { .. }
            | ToOwner::Ping
            | ToOwner::GetRows { .. }
            | ToOwner::GetReport { .. }
            | ToOwner::GetList { .. }
            | ToOwner::GetMembers { .. }
            | ToOwner::Erase { .. }
            | ToOwner::Enriching { .. } => {}
        }
    }

    fn execute(&mut self, command: Command) {
        let to = Arc::clone(&self.inbox);
        let task = match command {
            Command::Append { generation, fact } => {
                if let Some(ways) = &self.ways {
                    ways.sequenced(&fact);
                }
                self.journal.answer(JournalEvent::Append { author: self.index, generation, fact });
                return;
            }
            Command::Reply { ticket, reply } => return self.reply(ticket, reply),
            Command::Deliver { gateway, message } => {
                self.tell(gateway, FromOwner::Deliver { message: (*message).clone() });
                if let Some(ways) = &self.ways {
                    ways.delivered(message.id, gateway);
                }
                return;
            }
            Command::Typing { gateway, conversation, user } => {
                return self.tell(gateway, FromOwner::Typing { conversation, user });
            }
            Command::Load { conversation, want } => Task::Load { conversation, want },
            Command::Lookup { token, conversation, sender, id } => {
                Task::Lookup { token, conversation, sender, id }
            }
            Command::ReadHistory { ticket, conversation, reader, from, limit, standing } => {
                Task::Read { ticket, conversation, reader, from, limit, standing }
            }
        };
        // Waiting here is safe: those who answer questions never wait for this drive.
        if self.questions.send(Question { task, to, asked: Instant::now() }).is_err() {
            tracing::debug!("a question after the end of those who answer");
        }
    }

    fn reply(&mut self, ticket: Ticket, reply: Reply) {
        let request = RequestId(ticket.request);
        if let (Some(ways), Reply::Sent { id, .. }) = (&self.ways, &reply) {
            ways.acknowledged(*id);
        }
        let answer = match reply {
            Reply::Sent { id, epoch, seq, received_at, duplicate } => {
                FromOwner::Sent { request, id, epoch, seq, received_at, duplicate }
            }
            Reply::Refused(refusal) => FromOwner::Refused { request, refusal },
            Reply::Attached { conversation, standing } => {
                FromOwner::Attached { request, conversation, standing }
            }
            Reply::Page { conversation, standing, messages } => FromOwner::Page {
                request,
                conversation,
                standing,
                // What became of texts in the tail stands in the tail, after them.
                as_of: messages.first().map_or(standing.head, |first| Seq(first.seq.0 - 1)),
                changes: Vec::new(),
                messages: messages.iter().map(|message| (**message).clone()).collect(),
            },
            Reply::Admitted { standing } => FromOwner::Admitted { request, standing },
            Reply::CursorAt { seq } => FromOwner::CursorAt { request, seq },
        };
        self.tell(ticket.gateway, answer);
    }

    /// A gateway that does not keep up is dropped whole: it comes back and resubscribes.
    fn tell(&mut self, gateway: GatewayId, what: FromOwner) {
        let Some(link) = self.links.get(&gateway) else { return };
        if !link.tell(what) {
            self.links.remove(&gateway);
            self.hub.handle_gateway_gone(gateway);
            self.presence.handle_gateway_gone(gateway, self.clock.mono());
        }
    }
}
