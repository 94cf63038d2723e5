//! The run: lets steps happen to a hub and to the naive model beside it.

use std::collections::BTreeSet;
use std::time::Duration;

use hub::{GatewayId, Gauges, Limits};
use model::bounds::LAMPORT_JUMP_MAX;
use model::{
    Body, Content, ConversationId, Draft, Epoch, InstanceId, Member, MessageId, Profile, Reaction,
    ReadFrom, Role, Seq, Wall,
};

use crate::naive::{Ask, Device, Naive, Verdict};
use crate::steps::{AUTHORS, CONVERSATIONS, Change, FOUNDER, GATEWAYS, Speech, Step};
use crate::words::{EPOCH, conversation, device, user};
use crate::world::{Notice, World};

struct Run {
    world: World,
    naive: Naive,
    limits: Limits,
    /// Every draft that was ever sent.
    drafts: Vec<Draft>,
    kept_back: Vec<Draft>,
    counters: [u64; AUTHORS.len()],
    gateways: [GatewayId; GATEWAYS],
    next_gateway: u64,
    /// Of the hubs that restarts ended.
    ended: Vec<Gauges>,
}

/// Lets all of it happen, comes to rest, and then asks for everything once more. Gives back what
/// each hub of it went through.
pub(crate) fn run(limits: Limits, steps: &[Step]) -> Result<Vec<Gauges>, String> {
    let mut run = Run {
        world: World::new(limits.clone()),
        naive: Naive::default(),
        limits,
        drafts: Vec::new(),
        kept_back: Vec::new(),
        counters: [0; AUTHORS.len()],
        gateways: [GatewayId(1), GatewayId(2)],
        next_gateway: 3,
        ended: Vec::new(),
    };
    for (n, step) in steps.iter().enumerate() {
        run.step(step).and_then(|()| run.check()).map_err(|why| format!("{n}: {step:?}: {why}"))?;
    }
    run.finish().map_err(|why| format!("at the end: {why}"))?;
    run.ended.push(run.world.hub.gauges());
    Ok(run.ended)
}

impl Run {
    fn step(&mut self, step: &Step) -> Verdict {
        match *step {
            Step::Speak(ref speech) => self.speak(speech),
            Step::Attach { gateway, to } => self.attach(self.gateways[gateway], name(to)),
            Step::Detach { gateway, to } => {
                let (gateway, to) = (self.gateways[gateway], name(to));
                self.world.hub.handle_detach(gateway, &to);
                self.naive.detached(gateway, Some(&to));
            }
            Step::GatewayGone(gateway) => {
                let gone = self.another_life(gateway);
                self.world.hub.handle_gateway_gone(gone);
                self.naive.detached(gone, None);
            }
            Step::Read { of, from, limit } => self.read(of, ReadFrom::Seq(Seq(from)), limit.max(1)),
            Step::ReadLatest { of, limit } => self.read(of, ReadFrom::Latest, limit),
            Step::ReadAs { reader, of } => {
                let (ticket, of) = (self.world.ticket(self.gateways[0]), name(of));
                let (reader, from) = (Some(user(AUTHORS[reader].0)), ReadFrom::Seq(Seq(1)));
                self.naive.asked(ticket, Ask::Read(of.clone(), reader.clone(), from, 3));
                self.world.hub.handle_read(ticket, of, reader, from, 3, self.world.now);
            }
            Step::Admit { listener, of } => {
                let (ticket, of) = (self.world.ticket(self.gateways[0]), name(of));
                let listener = user(AUTHORS[listener].0);
                self.naive.asked(ticket, Ask::Admit(of.clone(), listener.clone()));
                self.world.hub.handle_admit(ticket, of, listener, self.world.now);
            }
            Step::FinishRead(index) => return self.finish_read(index),
            Step::GetCursor { of, device: of_device } => self.get_cursor(&acker(of, of_device)),
            Step::MoveCursor { of, device: of_device, back, beyond, epoch } => {
                let key = acker(of, of_device);
                let seq = Seq((self.naive.head(&key.0) + beyond).saturating_sub(back));
                self.move_cursor(key, Epoch(epoch), seq);
            }
            Step::Commit(count) => self.world.commit(count),
            Step::Tell => self.tell(),
            Step::Index => self.world.index(),
            Step::TellIndexed => self.world.tell_indexed(),
            Step::Refuse => self.world.refuse(),
            Step::AnswerLoad(index) => {
                if let Some(index) = index.checked_rem(self.world.loads.len()) {
                    self.world.answer_load(index);
                }
            }
            Step::AnswerLoads => self.world.answer_loads(),
            Step::AnswerLookup(index) => {
                if let Some(index) = index.checked_rem(self.world.lookups.len()) {
                    self.world.answer_lookup(index);
                }
            }
            Step::Elapse(ms) => self.world.elapse(Duration::from_millis(ms)),
            Step::Rest => return self.rest(),
            Step::Restart => self.restart(),
        }
        Ok(())
    }

    fn speak(&mut self, speech: &Speech) {
        match *speech {
            Speech::Say { author, to, bytes } => {
                let draft = self.draft(author, to, bytes);
                self.send(draft);
            }
            Speech::KeepBack { author, to } => {
                let draft = self.draft(author, to, 5);
                self.kept_back.push(draft);
            }
            Speech::SayKeptBack(index) => {
                if let Some(index) = index.checked_rem(self.kept_back.len()) {
                    let draft = self.kept_back.swap_remove(index);
                    self.send(draft);
                }
            }
            Speech::Create { which, public } => self.create(which, public),
            Speech::Change { author, to, ref what } => {
                let draft = self.draft(author, to, 1);
                self.send(Draft { content: content(what), ..draft });
            }
            Speech::Resend(index) => self.resend(index, |_| ()),
            Speech::Conflict(index) => {
                self.resend(index, |draft| {
                    draft.content = Body::new("something else").unwrap().into();
                });
            }
            Speech::Jump { author, to, beyond } => {
                let lamport = self.naive.lamport_high + LAMPORT_JUMP_MAX + beyond;
                let draft = Draft { lamport, ..self.draft(author, to, 3) };
                self.send(draft);
            }
            Speech::SeeAhead { author, to, beyond } => {
                let draft = self.draft(author, to, 3);
                let seen_seq = Seq(self.naive.head(&draft.conversation) + beyond);
                self.send(Draft { seen_seq, ..draft });
            }
        }
    }

    fn create(&mut self, which: usize, public: bool) {
        let profile = Profile { public, ..Profile::default() };
        let member = |name, role| Member { user: user(name), role };
        let (founder, instance) = FOUNDER;
        let draft = |of: usize, counter, members| Draft {
            conversation: name(of),
            sender: user(founder),
            id: MessageId { instance: InstanceId(instance), counter },
            content: Content::Create { profile: profile.clone(), members },
            lamport: 1,
            seen_seq: Seq(0),
            sent_at: Wall(1),
        };
        let draft = match which {
            0 => draft(5, 1, vec![member("ada", Role::Owner), member("ben", Role::Member)]),
            1 => draft(6, 2, vec![member("ada", Role::Owner), member("cy", Role::Reader)]),
            _ => {
                let both = vec![member("ada", Role::Member), member("ben", Role::Member)];
                let content = Content::Create { profile: Profile::default(), members: both };
                Draft { content, ..self.draft(0, 7, 1) }
            }
        };
        self.send(draft);
    }

    /// Holds what the hub asked for to the model, and what it keeps to its bounds.
    fn check(&mut self) -> Verdict {
        self.world.pump();
        self.naive.moves_dropped = self.world.hub.gauges().cursor_moves_dropped > 0;
        for command in self.world.log() {
            self.naive.check(&command)?;
        }
        self.naive.refusing = false;
        let (held, most) = (self.world.hub.gauges(), &self.limits);
        let cursors = CONVERSATIONS * 2;
        let within = held.bytes <= most.memory_bytes
            && held.undurable <= most.undurable_max + cursors
            && held.tail_bytes <= most.tail_max_bytes
            && held.waiting <= most.loads_waiting_max
            && held.reads_in_flight <= most.reads_in_flight_max;
        if within { Ok(()) } else { Err(format!("beyond its bounds: {held:?}")) }
    }

    fn attach(&mut self, gateway: GatewayId, of: ConversationId) {
        let ticket = self.world.ticket(gateway);
        self.naive.asked(ticket, Ask::Attach { gateway, of: of.clone(), live: true });
        self.world.hub.handle_attach(ticket, of, self.world.now);
    }

    /// A gateway's link is made anew; the life it had before.
    fn another_life(&mut self, gateway: usize) -> GatewayId {
        self.next_gateway += 1;
        std::mem::replace(&mut self.gateways[gateway], GatewayId(self.next_gateway))
    }

    fn restart(&mut self) {
        while let Some(notice) = self.world.notices.pop_front() {
            self.foresee(&notice);
        }
        self.ended.push(self.world.hub.gauges());
        self.world.restart();
        self.naive.restarted(self.world.history.cursors.clone());
        for gateway in 0..GATEWAYS {
            self.another_life(gateway);
        }
    }

    fn draft(&mut self, author: usize, to: usize, bytes: usize) -> Draft {
        self.counters[author] += 1;
        let (sender, instance) = AUTHORS[author];
        let counter = self.counters[author];
        Draft {
            conversation: name(to),
            sender: user(sender),
            id: MessageId { instance: InstanceId(instance), counter },
            content: Body::new(&"x".repeat(bytes)).unwrap().into(),
            lamport: counter,
            seen_seq: Seq(0),
            sent_at: Wall(counter),
        }
    }

    fn send(&mut self, draft: Draft) {
        let ticket = self.world.ticket(self.gateways[0]);
        self.naive.asked(ticket, Ask::Send(draft.clone()));
        self.drafts.push(draft.clone());
        self.world.hub.handle_send(ticket, draft, self.world.now);
    }

    fn resend(&mut self, index: usize, change: impl Fn(&mut Draft)) {
        if let Some(index) = index.checked_rem(self.drafts.len()) {
            let mut draft = self.drafts[index].clone();
            change(&mut draft);
            self.send(draft);
        }
    }

    fn read(&mut self, of: usize, from: ReadFrom, limit: u32) {
        let (ticket, of) = (self.world.ticket(self.gateways[0]), name(of));
        self.naive.asked(ticket, Ask::Read(of.clone(), None, from, limit));
        self.world.hub.handle_read(ticket, of, None, from, limit, self.world.now);
    }

    fn finish_read(&mut self, index: usize) -> Verdict {
        let Some(index) = index.checked_rem(self.world.reads.len()) else { return Ok(()) };
        let (read, page) = self.world.finish_read(index);
        let Some(Ask::Read(_, _, from, limit)) = self.naive.asks.remove(&read.ticket.request)
        else {
            return Err(format!("nobody asked for {read:?}"));
        };
        self.naive.check_page(from, limit, read.standing.head, page.iter(), false)
    }

    fn get_cursor(&mut self, key: &Device) {
        let ticket = self.world.ticket(self.gateways[0]);
        let acked = self.naive.acked.get(key).copied().unwrap_or_default();
        self.naive.asked(ticket, Ask::Cursor(key.clone(), acked));
        let (of, user, device) = key.clone();
        self.world.hub.handle_get_cursor(ticket, of, user, device, self.world.now);
    }

    fn move_cursor(&mut self, key: Device, epoch: Epoch, seq: Seq) {
        if epoch == EPOCH {
            self.naive.moved(key.clone(), seq);
        }
        let (of, user, device) = key;
        self.world.hub.handle_move_cursor(of, user, device, epoch, seq, self.world.now);
    }

    fn tell(&mut self) {
        if let Some(notice) = self.world.notices.pop_front() {
            self.foresee(&notice);
            self.naive.refusing = matches!(notice, Notice::Refused(_));
            self.world.notices.push_front(notice);
            self.world.tell();
        }
    }

    /// What a notice makes true.
    fn foresee(&mut self, notice: &Notice) {
        match notice {
            Notice::Durable(d) => self.naive.durable(d.count, d.stamp, d.lamport_high),
            Notice::Refused(_) => self.naive.refused(),
        }
    }

    /// As [`World::rest`], with the model beside it.
    fn rest(&mut self) -> Verdict {
        loop {
            self.world.commit(usize::MAX);
            let world = &self.world;
            let (told, loaded) = (world.notices.is_empty(), world.loads.is_empty());
            let quiet = told && loaded && world.lookups.is_empty() && world.reads.is_empty();
            while !self.world.notices.is_empty() {
                self.tell();
                self.check()?;
            }
            self.world.index();
            self.world.tell_indexed();
            while !self.world.loads.is_empty() {
                self.world.answer_load(0);
                self.check()?;
            }
            while !self.world.lookups.is_empty() {
                self.world.answer_lookup(0);
                self.check()?;
            }
            while !self.world.reads.is_empty() {
                self.finish_read(0)?;
                self.check()?;
            }
            if quiet && self.world.in_flight.is_empty() {
                return Ok(());
            }
        }
    }

    fn finish(&mut self) -> Verdict {
        self.rest()?;
        if let Some(left) = self.naive.asks.first_key_value() {
            return Err(format!("never answered: {left:?}"));
        }
        let held = self.world.hub.gauges();
        if (held.waiting, held.undurable, held.tail_messages, held.tail_bytes) != (0, 0, 0, 0) {
            return Err(format!("at rest, and it holds {held:?}"));
        }
        for ((gateway, of), heard) in &self.naive.heard {
            if *heard != Some(Seq(self.naive.head(of))) {
                return Err(format!("{gateway:?} heard {heard:?} of {of}, not all"));
            }
        }
        self.world.elapse(self.limits.cursor_flush);
        self.check()?;
        self.rest()?;
        if !self.naive.moves_dropped && self.world.history.cursors != self.naive.acked_above_zero()
        {
            return Err(format!("cursors in history: {:?}", self.world.history.cursors));
        }
        self.say_everything_again()
    }

    /// Each id twice more, the second time with another body; and every cursor.
    fn say_everything_again(&mut self) -> Verdict {
        let again: BTreeSet<_> =
            self.drafts.iter().map(|d| (d.id, d.sender.clone(), d.conversation.clone())).collect();
        for (id, sender, of) in again {
            let said = self.naive.said.get(&of).into_iter().flatten();
            let Some(said) = said.clone().find(|m| m.id == id && m.sender == sender) else {
                continue;
            };
            let (content, lamport) = (said.content.clone(), said.lamport);
            let (seen_seq, sent_at) = (Seq(0), said.sent_at);
            let other = Content::from(Body::new("another body altogether").unwrap());
            for content in [content, other] {
                let (conversation, sender) = (of.clone(), sender.clone());
                self.send(Draft { conversation, sender, id, content, lamport, seen_seq, sent_at });
                self.check()?;
                self.rest()?;
            }
        }
        for key in self.naive.acked.keys().cloned().collect::<Vec<_>>() {
            self.get_cursor(&key);
            self.check()?;
            self.rest()?;
        }
        Ok(())
    }
}

impl Naive {
    fn acked_above_zero(&self) -> std::collections::BTreeMap<Device, Seq> {
        let acked = self.acked.iter().filter(|(_, seq)| seq.0 > 0);
        acked.map(|(key, seq)| (key.clone(), *seq)).collect()
    }
}

/// The last three are governed.
fn name(index: usize) -> ConversationId {
    let made = |counter| MessageId { instance: InstanceId(FOUNDER.1), counter };
    match index {
        5 => ConversationId::group(made(1)),
        6 => ConversationId::channel(made(2)),
        7 => ConversationId::direct(&user("ada"), &user("ben")),
        _ => conversation(&format!("room{index}")),
    }
}

fn content(what: &Change) -> Content {
    let body = || Body::new("so").unwrap();
    match *what {
        Change::Reply(to) => Content::Text { body: body(), reply_to: Some(Seq(to)) },
        Change::Edit(target) => Content::Edit { target: Seq(target), body: body() },
        Change::Delete(target) => Content::Delete { target: Seq(target) },
        Change::React(target, on) => {
            let reaction = Reaction::new("+").unwrap();
            Content::React { target: Seq(target), reaction, on }
        }
        Change::Member { user: index, role } => {
            let user = user(["ada", "ben", "cy", "dee"][index]);
            Content::Member { user, role: Role::ALL.get(role).copied() }
        }
        Change::Describe { public } => {
            Content::Describe { profile: Profile { public, ..Profile::default() } }
        }
    }
}

fn acker(of: usize, index: usize) -> Device {
    (name(of), user("ada"), device(["phone", "desk"][index]))
}
