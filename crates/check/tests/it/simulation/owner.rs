//! One life of an owner: hubs over one journal, with the real rooms and their drives as turns. What the
//! drives of `server` do in threads, happens here one turn after the other, as late as dice say.

mod start;
mod views;
mod writer;

use std::collections::{BTreeSet, VecDeque};
use std::time::Duration;

use hub::{Command, Durable, GatewayId, Hub, Loaded, LookedUp, Reply, Ticket};
use journal::{Follower, Reader};
use link::{FromOwner, RequestId, ToOwner};
use model::{BatchNo, ConversationId, Mono, PartitionId, Seq, TenantId};

use super::fate::{Event, Fate};
use super::network::Network;
use super::shape::Shape;
pub(crate) use start::open;
pub(crate) use views::{Task, Views};
use writer::Writer;
pub(crate) use writer::{Armed, Written};

/// Events that a hub takes in one turn, at most.
const EVENTS_PER_TURN: usize = 6;

/// What a hub is told.
#[derive(Debug)]
pub(crate) enum HubEvent {
    Said { link: u64, what: ToOwner },
    LinkDown(u64),
    Durable(Durable),
    LamportHigh(u64),
    AppendRefused(u64),
    Poisoned,
    Loaded(Loaded),
    LookedUp(LookedUp),
    HistoryRead { link: u64, answer: FromOwner },
    Indexed(BatchNo),
}

pub(crate) struct Owner {
    pub(crate) life: u64,
    hubs: Vec<Seat>,
    pub(crate) writer: Writer,
    pub(crate) reader: Reader,
    follower: Follower,
    following: bool,
    links: BTreeSet<u64>,
    turn: Duration,
    answer: Duration,
    follow: Duration,
}

/// A hub and its inbox.
struct Seat {
    hub: Hub,
    inbox: VecDeque<HubEvent>,
    /// When it takes its turn, if one is due.
    turn_at: Option<Mono>,
}

impl Owner {
    pub(crate) fn link_up(&mut self, link: u64) {
        self.links.insert(link);
    }

    pub(crate) fn link_down(&mut self, fate: &mut Fate, link: u64) {
        self.links.remove(&link);
        for hub in 0..self.hubs.len() {
            self.put(fate, hub, HubEvent::LinkDown(link));
        }
    }

    /// A gateway says something to the hub of the conversation.
    pub(crate) fn hears(&mut self, fate: &mut Fate, link: u64, what: ToOwner) {
        let hub = match &what {
            ToOwner::Send { draft, .. } => self.hub_of(&draft.conversation),
            ToOwner::Attach { conversation, .. }
            | ToOwner::Detach { conversation }
            | ToOwner::Admit { conversation, .. }
            | ToOwner::Read { conversation, .. }
            | ToOwner::GetCursor { conversation, .. }
            | ToOwner::MoveCursor { conversation, .. } => self.hub_of(conversation),
            _ => return,
        };
        self.put(fate, hub, HubEvent::Said { link, what });
    }

    pub(crate) fn put(&mut self, fate: &mut Fate, hub: usize, event: HubEvent) {
        self.hubs[hub].inbox.push_back(event);
        let when = fate.now + fate.dice.delay(self.turn);
        self.wake(fate, hub, when);
    }

    /// A hub's turn: some of its inbox, then the time, then what it wants done.
    pub(crate) fn take_turn(&mut self, fate: &mut Fate, net: &mut Network, hub: usize) {
        let now = fate.now;
        if self.hubs[hub].turn_at != Some(now) {
            return; // It was put forward.
        }
        self.hubs[hub].turn_at = None;
        for _ in 0..fate.dice.count(1, EVENTS_PER_TURN) {
            let Some(event) = self.hubs[hub].inbox.pop_front() else { break };
            let room = &mut self.hubs[hub].hub;
            let (kind, before) = (waiters_end(&event), room.gauges());
            if let Some((link, answer)) = tell(room, event, now) {
                self.say(fate, net, link, answer);
            }
            if let Some(kind) = kind {
                let now = self.hubs[hub].hub.gauges().waiting;
                fate.met.add(kind, before.waiting.saturating_sub(now) as u64);
            }
        }
        let room = &mut self.hubs[hub].hub;
        if room.poll_timeout().is_some_and(|due| due <= now) {
            room.handle_timeout(now);
        }
        while let Some(command) = self.hubs[hub].hub.next_command() {
            self.execute(fate, net, hub, command);
        }
        if !self.hubs[hub].inbox.is_empty() {
            let when = now + fate.dice.delay(self.turn);
            self.wake(fate, hub, when);
        } else if let Some(due) = self.hubs[hub].hub.poll_timeout() {
            self.wake(fate, hub, due);
        }
    }

    /// How a life ends, whatever ends it.
    pub(crate) fn count(&self, fate: &mut Fate) {
        let gauges: Vec<_> = self.hubs.iter().map(|seat| seat.hub.gauges()).collect();
        gauges.iter().for_each(|gauges| fate.met.hub(gauges));
        let untold = |event: &HubEvent| matches!(event, HubEvent::Durable(_));
        if self.hubs.iter().flat_map(|seat| &seat.inbox).any(untold) {
            fate.met.count("deaths with durable facts untold");
        }
        if gauges.iter().any(|gauges| gauges.undurable > 0) {
            fate.met.count("deaths with facts not durable");
        }
        fate.met.add("segments rolled", self.reader.stats().segments - 1);
    }

    fn wake(&mut self, fate: &mut Fate, hub: usize, when: Mono) {
        let seat = &mut self.hubs[hub];
        if seat.turn_at.is_none_or(|at| when < at) {
            seat.turn_at = Some(when.max(fate.now));
            fate.at(when, Event::HubTurn { life: self.life, hub });
        }
    }

    fn hub_of(&self, conversation: &ConversationId) -> usize {
        PartitionId::of(TenantId::DEFAULT, conversation).index() % self.hubs.len()
    }

    fn execute(&mut self, fate: &mut Fate, net: &mut Network, hub: usize, command: Command) {
        let task = match command {
            Command::Append { generation, fact } => {
                return self.writer.put(fate, self.life, (hub, generation, fact));
            }
            Command::Reply { ticket, reply } => {
                let answer = answer(RequestId(ticket.request), reply);
                return self.say(fate, net, ticket.gateway.0, answer);
            }
            Command::Deliver { gateway, message } => {
                let message = (*message).clone();
                return self.say(fate, net, gateway.0, FromOwner::Deliver { message });
            }
            Command::Typing { .. } => return,
            Command::Load { conversation, want } => Task::Load { conversation, want },
            Command::Lookup { token, conversation, sender, id } => {
                Task::Lookup { token, conversation, sender, id }
            }
            Command::ReadHistory { ticket, conversation, from, limit, standing, .. } => {
                let (link, request) = (ticket.gateway.0, RequestId(ticket.request));
                Task::Read { link, request, conversation, from, limit, standing }
            }
        };
        let (life, task) = (self.life, Box::new(task));
        fate.within(self.answer, Event::Answer { life, hub, task });
    }

    fn say(&self, fate: &mut Fate, net: &mut Network, link: u64, what: FromOwner) {
        if self.links.contains(&link) {
            net.tell_linked(fate, link, what);
        }
    }
}

/// What those who wait for an undurable message meet when this event ends their wait.
fn waiters_end(event: &HubEvent) -> Option<&'static str> {
    match event {
        HubEvent::Durable(_) => Some("repeats that waited"),
        HubEvent::AppendRefused(_) => Some("repeats that waited, rolled back"),
        HubEvent::Said { .. }
        | HubEvent::LinkDown(_)
        | HubEvent::LamportHigh(_)
        | HubEvent::Poisoned
        | HubEvent::Loaded(_)
        | HubEvent::LookedUp(_)
        | HubEvent::HistoryRead { .. }
        | HubEvent::Indexed(_) => None,
    }
}

/// Hands a hub one event; what comes back is said as it is.
fn tell(hub: &mut Hub, event: HubEvent, now: Mono) -> Option<(u64, FromOwner)> {
    match event {
        HubEvent::Said { link, what } => said(hub, GatewayId(link), what, now),
        HubEvent::LinkDown(link) => hub.handle_gateway_gone(GatewayId(link)),
        HubEvent::Durable(durable) => hub.handle_durable(durable),
        HubEvent::LamportHigh(high) => hub.handle_lamport_high(high),
        HubEvent::AppendRefused(generation) => hub.handle_append_refused(generation),
        HubEvent::Poisoned => hub.handle_poisoned(),
        HubEvent::Loaded(loaded) => hub.handle_loaded(loaded, now),
        HubEvent::LookedUp(looked_up) => hub.handle_looked_up(looked_up, now),
        HubEvent::Indexed(batch) => hub.handle_indexed(batch),
        HubEvent::HistoryRead { link, answer } => {
            hub.handle_history_read();
            return Some((link, answer));
        }
    }
    None
}

fn said(hub: &mut Hub, gateway: GatewayId, what: ToOwner, now: Mono) {
    let ticket = |request: RequestId| Ticket { gateway, request: request.0 };
    match what {
        ToOwner::Send { request, draft, .. } => hub.handle_send(ticket(request), draft, now),
        ToOwner::Attach { request, conversation } => {
            hub.handle_attach(ticket(request), conversation, now);
        }
        ToOwner::Detach { conversation } => hub.handle_detach(gateway, &conversation),
        ToOwner::Read { request, conversation, reader, from, limit } => {
            hub.handle_read(ticket(request), conversation, reader, from, limit, now);
        }
        ToOwner::GetCursor { request, conversation, user, device } => {
            hub.handle_get_cursor(ticket(request), conversation, user, device, now);
        }
        ToOwner::MoveCursor { conversation, user, device, epoch, seq } => {
            hub.handle_move_cursor(conversation, user, device, epoch, seq, now);
        }
        ToOwner::Admit { request, conversation, user } => {
            hub.handle_admit(ticket(request), conversation, user, now);
        }
        _ => {}
    }
}

fn answer(request: RequestId, reply: Reply) -> FromOwner {
    match reply {
        Reply::Sent { id, epoch, seq, received_at, duplicate } => {
            FromOwner::Sent { request, id, epoch, seq, received_at, duplicate }
        }
        Reply::Refused(refusal) => FromOwner::Refused { request, refusal },
        Reply::Attached { conversation, standing } => {
            FromOwner::Attached { request, conversation, standing }
        }
        Reply::Page { conversation, standing, messages } => {
            let messages: Vec<_> = messages.iter().map(|message| (**message).clone()).collect();
            let as_of = messages.first().map_or(standing.head, |first| Seq(first.seq.0 - 1));
            let changes = Vec::new();
            FromOwner::Page { request, conversation, standing, messages, changes, as_of }
        }
        Reply::Admitted { standing } => FromOwner::Admitted { request, standing },
        Reply::CursorAt { seq } => FromOwner::CursorAt { request, seq },
    }
}

impl Owner {
    /// What is under way here, if anything; the views may be behind, too.
    pub(crate) fn unrest(&self, views: &Views, shape: &Shape) -> Option<String> {
        let reasons = [
            ("a gateway is not linked", self.links.len() != shape.gateways),
            ("an inbox is full", self.hubs.iter().any(|seat| !seat.inbox.is_empty())),
            ("a hub waits", self.hubs.iter().any(|seat| seat.hub.gauges().waiting > 0)),
            ("the journal writes", !self.writer.is_idle()),
            ("the views are behind", views.cursor != self.reader.durable()),
        ];
        reasons.into_iter().find_map(|(why, holds)| holds.then(|| why.to_owned()))
    }
}
