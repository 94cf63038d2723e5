//! A hub with a fake journal and a fake history around it. Nothing happens by itself: the test says
//! when a batch is written, when the hub is told, when history reads it, when a load is answered.

use std::collections::{BTreeMap, VecDeque};

use hub::{
    Command, Durable, Found, GatewayId, Head, Hub, Known, Limits, LoadGot, LoadWant, Loaded,
    LookedUp, Reply, Start, Ticket,
};
use model::{
    BatchNo, ConversationId, DeviceId, Draft, Epoch, Fact, InstanceId, Message, MessageId, Mono,
    ReadFrom, SeededState, Seq, Standing, UserId, Wall,
};

use crate::rules;
use crate::words::{EPOCH, HERE, KEY, conversation, device, draft, message, user};

/// What the journal has to tell, in this order.
#[derive(Debug)]
pub(crate) enum Notice {
    Durable(Durable),
    Refused(u64),
}

/// The views: batches up to `cursor`, folded.
#[derive(Debug, Default)]
pub(crate) struct History {
    pub(crate) cursor: usize,
    pub(crate) messages: BTreeMap<ConversationId, Vec<Message>>,
    pub(crate) cursors: BTreeMap<(ConversationId, UserId, DeviceId), Seq>,
    /// Where history is whole from, if not from 1.
    pub(crate) first: BTreeMap<ConversationId, Seq>,
}

#[derive(Debug)]
pub(crate) struct LookupAsked {
    pub(crate) token: u64,
    pub(crate) conversation: ConversationId,
    pub(crate) sender: UserId,
    pub(crate) id: MessageId,
}

#[derive(Debug)]
pub(crate) struct ReadAsked {
    pub(crate) ticket: Ticket,
    pub(crate) conversation: ConversationId,
    pub(crate) from: Seq,
    pub(crate) limit: u32,
    pub(crate) standing: Standing,
}

pub(crate) struct World {
    pub(crate) hub: Hub,
    limits: Limits,
    pub(crate) now: Mono,
    pub(crate) in_flight: VecDeque<Fact>,
    generation: u64,
    pub(crate) batches: Vec<Vec<Fact>>,
    lamport_high: u64,
    pub(crate) notices: VecDeque<Notice>,
    pub(crate) history: History,
    pub(crate) loads: Vec<(ConversationId, LoadWant)>,
    pub(crate) lookups: Vec<LookupAsked>,
    pub(crate) reads: Vec<ReadAsked>,
    /// Everything the hub asked for and [`World::log`] has not given out yet.
    log: Vec<Command>,
    next_request: u64,
}

impl World {
    pub(crate) fn new(limits: Limits) -> Self {
        Self {
            hub: hub(limits.clone(), 0),
            limits,
            now: Mono(1),
            in_flight: VecDeque::new(),
            generation: 0,
            batches: Vec::new(),
            lamport_high: 0,
            notices: VecDeque::new(),
            history: History::default(),
            loads: Vec::new(),
            lookups: Vec::new(),
            reads: Vec::new(),
            log: Vec::new(),
            next_request: 0,
        }
    }

    /// The owner dies and comes back: what is not written is gone, and history has what is.
    pub(crate) fn restart(&mut self) {
        self.index();
        self.hub = hub(self.limits.clone(), self.lamport_high);
        self.generation = 0;
        self.in_flight.clear();
        self.notices.clear();
        self.loads.clear();
        self.lookups.clear();
        self.reads.clear();
        self.log.clear();
    }

    /// Runs what the hub asks for, as far as it needs no waiting.
    pub(crate) fn pump(&mut self) {
        while let Some(command) = self.hub.next_command() {
            match command.clone() {
                Command::Append { generation, fact } if generation == self.generation => {
                    self.in_flight.push_back(fact);
                }
                Command::Append { .. }
                | Command::Reply { .. }
                | Command::Deliver { .. }
                | Command::Typing { .. } => {}
                Command::Load { conversation, want } => self.loads.push((conversation, want)),
                Command::Lookup { token, conversation, sender, id } => {
                    self.lookups.push(LookupAsked { token, conversation, sender, id });
                }
                Command::ReadHistory { ticket, conversation, from, limit, standing, .. } => {
                    self.reads.push(ReadAsked { ticket, conversation, from, limit, standing });
                }
            }
            self.log.push(command);
        }
    }

    /// What the hub asked for since this was last called.
    pub(crate) fn log(&mut self) -> Vec<Command> {
        std::mem::take(&mut self.log)
    }

    /// The answers since the log was last taken.
    pub(crate) fn replies(&mut self) -> Vec<(u64, Reply)> {
        let replies = self.log().into_iter().filter_map(|command| match command {
            Command::Reply { ticket, reply } => Some((ticket.request, reply)),
            Command::Append { .. }
            | Command::Deliver { .. }
            | Command::Typing { .. }
            | Command::Load { .. }
            | Command::Lookup { .. }
            | Command::ReadHistory { .. } => None,
        });
        replies.collect()
    }

    pub(crate) fn ticket(&mut self, gateway: GatewayId) -> Ticket {
        self.next_request += 1;
        Ticket { gateway, request: self.next_request }
    }

    /// Each of these gives back the number of the question.
    pub(crate) fn send(&mut self, draft: Draft) -> u64 {
        let ticket = self.ticket(HERE);
        self.hub.handle_send(ticket, draft, self.now);
        self.pump();
        ticket.request
    }

    pub(crate) fn attach(&mut self, gateway: GatewayId, to: &str) -> u64 {
        let ticket = self.ticket(gateway);
        self.hub.handle_attach(ticket, conversation(to), self.now);
        self.pump();
        ticket.request
    }

    pub(crate) fn read(&mut self, of: &str, from: ReadFrom, limit: u32) -> u64 {
        let ticket = self.ticket(HERE);
        self.hub.handle_read(ticket, conversation(of), None, from, limit, self.now);
        self.pump();
        ticket.request
    }

    pub(crate) fn read_as(&mut self, reader: &str, of: &ConversationId) -> u64 {
        let ticket = self.ticket(HERE);
        let from = ReadFrom::Seq(Seq(1));
        self.hub.handle_read(ticket, of.clone(), Some(user(reader)), from, 10, self.now);
        self.pump();
        ticket.request
    }

    pub(crate) fn admit(&mut self, listener: &str, of: &ConversationId) -> u64 {
        let ticket = self.ticket(HERE);
        self.hub.handle_admit(ticket, of.clone(), user(listener), self.now);
        self.pump();
        ticket.request
    }

    pub(crate) fn get_cursor(&mut self, of: &str, device_name: &str) -> u64 {
        let ticket = self.ticket(HERE);
        let (user, device) = (user("ada"), device(device_name));
        self.hub.handle_get_cursor(ticket, conversation(of), user, device, self.now);
        self.pump();
        ticket.request
    }

    pub(crate) fn move_cursor(&mut self, of: &str, device_name: &str, epoch: Epoch, seq: Seq) {
        let (user, device) = (user("ada"), device(device_name));
        self.hub.handle_move_cursor(conversation(of), user, device, epoch, seq, self.now);
        self.pump();
    }

    /// The journal writes the oldest `count` of what it was handed as one batch.
    pub(crate) fn commit(&mut self, count: usize) {
        let count = count.min(self.in_flight.len());
        if count == 0 {
            return;
        }
        let batch = BatchNo(self.batches.len() as u64 + 1);
        let stamp = Wall(1_000 + batch.0);
        let facts: Vec<Fact> = self.in_flight.drain(..count).map(|f| stamped(f, stamp)).collect();
        for fact in &facts {
            if let Fact::Message(message) = fact {
                self.lamport_high = self.lamport_high.max(message.lamport);
            }
        }
        self.batches.push(facts);
        let (generation, lamport_high) = (self.generation, self.lamport_high);
        let durable = Durable { generation, count, batch, stamp, lamport_high };
        self.notices.push_back(Notice::Durable(durable));
    }

    /// The journal has no room for what it was handed.
    pub(crate) fn refuse(&mut self) {
        self.in_flight.clear();
        self.notices.push_back(Notice::Refused(self.generation));
        self.generation += 1;
    }

    /// The hub hears the oldest notice.
    pub(crate) fn tell(&mut self) {
        match self.notices.pop_front() {
            Some(Notice::Durable(durable)) => self.hub.handle_durable(durable),
            Some(Notice::Refused(generation)) => self.hub.handle_append_refused(generation),
            None => {}
        }
        self.pump();
    }

    /// History reads what the journal has.
    pub(crate) fn index(&mut self) {
        for fact in self.batches[self.history.cursor..].iter().flatten() {
            match fact {
                Fact::Message(message) => {
                    let kept = self.history.messages.entry(message.conversation.clone());
                    kept.or_default().push(message.clone());
                }
                Fact::Cursors(moves) => {
                    for m in moves {
                        let key = (m.conversation.clone(), m.user.clone(), m.device.clone());
                        let at = self.history.cursors.entry(key).or_default();
                        *at = m.seq.max(*at);
                    }
                }
                Fact::Enriched(_) | Fact::EpochStarted(_) | Fact::Remnant(_) => {}
            }
        }
        self.history.cursor = self.batches.len();
    }

    /// The hub hears how far history is.
    pub(crate) fn tell_indexed(&mut self) {
        self.hub.handle_indexed(BatchNo(self.history.cursor as u64));
        self.pump();
    }

    pub(crate) fn answer_load(&mut self, index: usize) {
        let (conversation, want) = self.loads.remove(index);
        let got = match want {
            LoadWant::Head => LoadGot::Head(self.history.head(&conversation)),
            LoadWant::Author(user, instance) => {
                let highest = self.history.highest(&conversation, &user, instance);
                LoadGot::Author(user, instance, highest)
            }
            LoadWant::Cursor(user, device) => {
                let key = (conversation.clone(), user.clone(), device.clone());
                let at = self.history.cursors.get(&key).copied().unwrap_or_default();
                LoadGot::Cursor(user, device, at)
            }
            LoadWant::Member(user) => {
                let said = self.history.messages.get(&conversation).into_iter().flatten();
                let role = rules::roster(said).and_then(|r| r.roles.get(&user).copied());
                LoadGot::Member(user, role)
            }
            LoadWant::Text(seq) => {
                let said = self.history.messages.get(&conversation).map_or(&[][..], Vec::as_slice);
                LoadGot::Text(seq, rules::whose(said, seq))
            }
        };
        self.hub.handle_loaded(Loaded { conversation, got }, self.now);
        self.pump();
    }

    pub(crate) fn answer_lookup(&mut self, index: usize) {
        let LookupAsked { token, conversation, sender, id } = self.lookups.remove(index);
        let kept = self.history.messages.get(&conversation).into_iter().flatten();
        let mut kept = kept.filter(|message| message.sender == sender && message.id == id);
        let known = kept.next().map_or(Known::Not, |message| {
            Known::Found(Found {
                seq: message.seq,
                body: KEY.hash(&message.content),
                received_at: message.received_at,
            })
        });
        self.hub.handle_looked_up(LookedUp { token, known }, self.now);
        self.pump();
    }

    /// The shell answers a read of history; what it finds.
    pub(crate) fn finish_read(&mut self, index: usize) -> (ReadAsked, Vec<Message>) {
        let read = self.reads.remove(index);
        let kept = self.history.messages.get(&read.conversation).into_iter().flatten();
        let kept = kept.filter(|m| (read.from..=read.standing.head).contains(&m.seq));
        let page = kept.take(read.limit as usize).cloned().collect();
        self.hub.handle_history_read();
        self.pump();
        (read, page)
    }

    /// Everything is written, told, indexed and answered until nothing is left to do.
    pub(crate) fn rest(&mut self) {
        loop {
            self.commit(usize::MAX);
            let busy =
                !self.notices.is_empty() || !self.loads.is_empty() || !self.lookups.is_empty();
            while !self.notices.is_empty() {
                self.tell();
            }
            self.index();
            self.tell_indexed();
            while !self.loads.is_empty() {
                self.answer_load(0);
            }
            while !self.lookups.is_empty() {
                self.answer_lookup(0);
            }
            if !busy && self.in_flight.is_empty() {
                return;
            }
        }
    }

    /// All loads, also those that follow from loads.
    pub(crate) fn answer_loads(&mut self) {
        while !self.loads.is_empty() {
            self.answer_load(0);
        }
    }

    /// The journal writes all and the hub hears it; history does not.
    pub(crate) fn make_durable(&mut self) {
        self.commit(usize::MAX);
        while !self.notices.is_empty() {
            self.tell();
        }
    }

    /// A send that is through but for the journal: its loads are answered.
    pub(crate) fn said(&mut self, draft: Draft) -> u64 {
        let request = self.send(draft);
        self.answer_loads();
        request
    }

    /// Messages that were there before this hub: one a sequence number, from `first` on.
    pub(crate) fn before(&mut self, to: &str, first: u64, last: u64) {
        let id = conversation(to);
        let said = (first..=last).map(|n| {
            let mut said = message(&draft(to, n, "before"), n);
            said.received_at = Wall(n);
            said
        });
        self.history.messages.entry(id.clone()).or_default().extend(said);
        self.history.first.insert(id, Seq(first));
    }

    pub(crate) fn elapse(&mut self, span: std::time::Duration) {
        self.now = self.now + span;
        if self.hub.poll_timeout().is_some_and(|due| due <= self.now) {
            self.hub.handle_timeout(self.now);
        }
        self.pump();
    }
}

impl History {
    fn head(&self, conversation: &ConversationId) -> Option<Head> {
        let last = self.messages.get(conversation)?.last()?;
        let first = self.first.get(conversation).copied().unwrap_or(Seq(1));
        let summary = rules::roster(self.messages.get(conversation)?).map(|r| rules::summary(&r));
        Some(Head { next_seq: last.seq.next(), next_ordinal: last.ordinal.next(), first, summary })
    }

    fn highest(&self, of: &ConversationId, sender: &UserId, instance: InstanceId) -> u64 {
        let kept = self.messages.get(of).into_iter().flatten();
        let theirs = kept.filter(|m| m.sender == *sender && m.id.instance == instance);
        theirs.map(|m| m.id.counter).max().unwrap_or(0)
    }
}

fn hub(limits: Limits, lamport_high: u64) -> Hub {
    Hub::new(Start {
        limits,
        epochs: [EPOCH; 256],
        lamport_high,
        body_key: KEY,
        map_seed: SeededState(1, 2),
    })
}

fn stamped(fact: Fact, stamp: Wall) -> Fact {
    match fact {
        Fact::Message(message) => Fact::Message(Message { received_at: stamp, ..message }),
        other @ (Fact::Cursors(_)
        | Fact::Enriched(_)
        | Fact::EpochStarted(_)
        | Fact::Remnant(_)) => other,
    }
}
