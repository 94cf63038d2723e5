//! The room's doors.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use model::{
    BatchNo, Body, Content, Enrichment, Fact, Mono, Offset, Reason, Said, Understanding,
    Understood, Wall,
};
use resilience::Failure;

use crate::Protection;
use crate::dice::Dice;
use crate::in_hand::InHand;
use crate::ledger::{Counts, Ledger, Letter};
use crate::service::{Kind, Service, ServiceGauges, Suppressed};
use crate::settings::Settings;
use crate::sweep::Sweep;

/// Calls of one message in its live stay: the first, and one beside or after it.
const CALLS_MAX: u8 = 2;

/// What the shell must do next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Ask the outside service; the answer goes to [`Enricher::handle_answer`].
    Call {
        /// Which message.
        target: Offset,
        /// Which of its calls in this stay, from 1.
        number: u8,
        /// When, to be handed back with the answer.
        sent: Mono,
        /// Its text.
        text: Body,
    },
    /// Hand this to the journal, after everything asked for before it.
    Append {
        /// A refusal ends a generation, and what is still under way of it.
        generation: u64,
        /// What to write.
        fact: Fact,
    },
}

/// What came of a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// The service answered.
    Got(Understanding),
    /// It did not.
    Failed(Failed),
}

/// How a call failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failed {
    /// No connection, no answer in time, or an error of the service.
    Error,
    /// It takes no more for now.
    Throttled {
        /// Until when, if it says so.
        retry_after: Option<Duration>,
    },
    /// It takes this message never.
    Refused,
    /// It answered in words that are not known.
    Unreadable,
}

/// What time brings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Timer {
    /// A second call, if the first is not answered.
    Hedge,
    /// A guess, if no call is answered.
    Deadline,
    /// What was refused is appended again.
    Append,
}

/// Decides which messages are called for, and what is written of them. See the crate's page for what it promises.
#[derive(Debug)]
pub struct Enricher {
    settings: Settings,
    ledger: Ledger,
    service: Service,
    sweep: Sweep,
    in_hand: BTreeMap<Offset, InHand>,
    /// Those that wait for a place, the first first.
    queue: VecDeque<Offset>,
    timers: BTreeSet<(Mono, Timer, Offset)>,
    /// Our appends that are not durable, in their order, and how the message stands with each.
    undurable: VecDeque<(Offset, Understood)>,
    /// Up to here messages were counted when the past was read.
    past: BatchNo,
    generation: u64,
    dice: Dice,
    commands: VecDeque<Command>,
}

impl Enricher {
    /// One that knows of no message.
    pub fn new(settings: Settings) -> Self {
        Self {
            ledger: Ledger::default(),
            service: Service::new(&settings),
            sweep: Sweep::new(settings.again_after, settings.again_per_s),
            in_hand: BTreeMap::new(),
            queue: VecDeque::new(),
            timers: BTreeSet::new(),
            undurable: VecDeque::new(),
            past: BatchNo(0),
            generation: 0,
            dice: Dice::new(settings.seed ^ 1),
            commands: VecDeque::new(),
            settings,
        }
    }

    /// Shown everything durable at the start, in order, before anything else.
    pub fn handle_past(&mut self, batch: BatchNo, offset: Offset, fact: &Fact) {
        self.past = batch;
        self.ledger.past(batch.0, offset, fact);
    }

    /// All of the past was shown; says after which batch to follow the journal.
    pub fn handle_end_of_past(&mut self) -> BatchNo {
        let first = self.ledger.end_of_past();
        first.map_or(self.past, |first| BatchNo(first.saturating_sub(1)))
    }

    /// How many more messages it takes in hand now.
    pub fn room(&self) -> usize {
        self.settings.in_hand_max.saturating_sub(self.in_hand.len())
    }

    /// The next fact of the journal.
    pub fn handle_fact(
        &mut self,
        batch: BatchNo,
        offset: Offset,
        fact: &Fact,
        now: Mono,
        wall: Wall,
    ) {
        let Fact::Message(message) = fact else { return };
        let Content::Text { body, .. } = &message.content else { return };
        if batch > self.past {
            self.ledger.received();
        }
        if self.ledger.knows(offset) || self.in_hand.contains_key(&offset) {
            return;
        }
        let age = Duration::from_millis(wall.0.saturating_sub(message.received_at.0));
        let left = (self.settings.deadline - self.settings.own).saturating_sub(age);
        let deadline = now + left;
        self.in_hand.insert(
            offset,
            InHand {
                conversation: message.conversation.clone(),
                seq: message.seq,
                said: Said { sender: message.sender.clone(), at: message.received_at },
                text: Some(body.clone()),
                batch: batch.0,
                journal: Understood::Pending,
                last: Understood::Pending,
                unwritten: None,
                undurable: 0,
                calls: 0,
                called: 0,
                sweeps: 0,
                deadline,
                is_queued: false,
            },
        );
        if left.is_zero() && self.service.has(Protection::Deadline) {
            self.degrade(offset, Reason::Overload);
            return;
        }
        if self.service.has(Protection::Deadline) {
            self.timers.insert((deadline, Timer::Deadline, offset));
        }
        self.start(offset, now);
    }

    /// A call has ended: `sent` and `number` are those of its command.
    pub fn handle_answer(
        &mut self,
        target: Offset,
        number: u8,
        sent: Mono,
        answer: Answer,
        now: Mono,
    ) {
        let took = now.since(sent);
        match &answer {
            Answer::Got(_) => self.service.answered(now, took),
            Answer::Failed(Failed::Error | Failed::Unreadable) => {
                self.service.failed(now, took, Failure::Error, None);
            }
            Answer::Failed(Failed::Throttled { retry_after }) => {
                self.service.failed(now, took, Failure::Throttled, *retry_after);
            }
            Answer::Failed(Failed::Refused) => self.service.refused(now, took),
        }
        // One that was full before this answer may have left.
        let Some(message) = self.in_hand.get_mut(&target) else { return };
        message.calls -= 1;
        let is_full = matches!(message.wanted(), Understood::Full(_));
        match answer {
            Answer::Got(understanding) if !is_full => {
                if number > 1 && message.calls > 0 {
                    self.service.hedge_won();
                }
                if message.sweeps > 0 {
                    self.sweep.got();
                }
                self.append(target, Understood::Full(understanding));
            }
            Answer::Failed(how) if !is_full => self.handle_failed(target, how, now),
            Answer::Got(_) | Answer::Failed(_) => {}
        }
        self.release(target);
        self.start_queued(now);
    }

    /// The oldest `count` of our appends are durable.
    pub fn handle_durable(&mut self, count: usize) {
        for (target, standing) in self.undurable.drain(..count).collect::<Vec<_>>() {
            let Some(message) = self.in_hand.get_mut(&target) else { continue };
            self.ledger.moved(&message.journal, &standing);
            message.journal = standing;
            message.undurable -= 1;
            self.release(target);
        }
    }

    /// The journal has no room: nothing of this generation that was not durable is written. What was decided is
    /// kept and handed over again a little later.
    pub fn handle_append_refused(&mut self, generation: u64, now: Mono) {
        if generation != self.generation {
            return;
        }
        self.generation += 1;
        let at = now + self.settings.append_again_after;
        for (target, standing) in std::mem::take(&mut self.undurable) {
            if let Some(message) = self.in_hand.get_mut(&target) {
                message.undurable = 0;
                message.last = message.journal.clone();
                message.unwritten = Some(standing);
                self.timers.insert((at, Timer::Append, target));
            }
        }
    }

    /// Time passed.
    pub fn handle_timeout(&mut self, now: Mono) {
        while let Some(&(at, timer, target)) = self.timers.first()
            && at <= now
        {
            self.timers.pop_first();
            match timer {
                Timer::Hedge => self.hedge(target, now),
                Timer::Deadline => self.handle_deadline(target),
                Timer::Append => self.append_again(target),
            }
        }
        self.start_queued(now);
    }

    /// When to be told the time.
    pub fn poll_timeout(&self) -> Option<Mono> {
        self.timers.first().map(|&(at, ..)| at)
    }

    /// Whether to walk along the journal for what is to be asked again: after which batch to begin.
    pub fn begin_sweep(&mut self, now: Mono) -> Option<BatchNo> {
        let ledger = &self.ledger;
        self.sweep.begin(|| ledger.first_later(), now)
    }

    /// How many facts the walk may show now; after 0, rest a little.
    pub fn sweep_room(&self, now: Mono) -> usize {
        let room = self.service.room_again().min(self.sweep.room(now));
        if self.queue.is_empty() { self.room().min(usize::try_from(room).unwrap_or(0)) } else { 0 }
    }

    /// The next fact on the walk. `true`: it is asked again, which took some of the room.
    pub fn handle_swept(&mut self, batch: BatchNo, offset: Offset, fact: &Fact, now: Mono) -> bool {
        let Fact::Message(message) = fact else { return false };
        let Content::Text { body, .. } = &message.content else { return false };
        let Some((standing, sweeps)) = self.ledger.take_later(offset) else { return false };
        self.in_hand.insert(
            offset,
            InHand {
                conversation: message.conversation.clone(),
                seq: message.seq,
                said: Said { sender: message.sender.clone(), at: message.received_at },
                text: Some(body.clone()),
                batch: batch.0,
                journal: standing.clone(),
                last: standing,
                unwritten: None,
                undurable: 0,
                calls: 0,
                called: 0,
                sweeps: sweeps.saturating_add(1),
                deadline: now,
                is_queued: false,
            },
        );
        self.sweep.called(now);
        if self.service.place(now, Kind::Again).is_ok() {
            self.call(offset, now);
            return true;
        }
        // It was not tried: that is no try of it.
        if let Some(message) = self.in_hand.get_mut(&offset) {
            message.sweeps = sweeps;
        }
        self.sweep.rest(now);
        self.leave(offset);
        true
    }

    /// The walk has come to the journal's end.
    pub fn handle_sweep_end(&mut self, now: Mono) {
        let dice = self.dice.next();
        self.sweep.end(now, dice);
    }

    /// Messages that were given up, those after `after` first.
    pub fn letters(&self, after: Option<Offset>) -> impl Iterator<Item = (Offset, &Letter)> {
        self.ledger.letters(after)
    }

    /// Asks again for one that was given up; `false` if it is none.
    pub fn handle_replay(&mut self, target: Offset) -> bool {
        let Some(letter) = self.ledger.unbury(target) else { return false };
        let dead = Understood::Dead(letter.why);
        let Some(said) = letter.said else { return false };
        self.in_hand.insert(
            target,
            InHand {
                conversation: letter.conversation,
                seq: letter.seq,
                said,
                text: None,
                batch: letter.batch,
                journal: dead.clone(),
                last: dead,
                unwritten: None,
                undurable: 0,
                calls: 0,
                called: 0,
                sweeps: 1,
                deadline: Mono(0),
                is_queued: false,
            },
        );
        self.append(target, Understood::Pending);
        true
    }

    /// The next thing to do, if any.
    pub fn next_command(&mut self) -> Option<Command> {
        self.commands.pop_front()
    }

    /// Where the messages are.
    pub fn counts(&self) -> Counts {
        self.ledger.counts()
    }

    /// What is known of the service.
    pub fn service(&mut self, now: Mono) -> ServiceGauges {
        self.service.gauges(now)
    }

    /// The concurrency limit to begin with next time.
    pub fn last_good_limit(&self) -> Option<u32> {
        self.service.last_good()
    }

    /// Messages in hand, those that wait for a place, and those that are to be asked again.
    pub fn sizes(&self) -> [usize; 3] {
        [self.in_hand.len(), self.queue.len(), self.ledger.later()]
    }

    /// Whether so many wait to be asked again that senders must slow down.
    pub fn is_full(&self) -> bool {
        self.ledger.later() >= self.settings.backlog_max
    }

    /// A first call, or a place in the queue, or a guess.
    fn start(&mut self, target: Offset, now: Mono) {
        if !self.queue.is_empty() && !self.service.has_room() {
            self.wait(target);
            return;
        }
        match self.service.place(now, Kind::First) {
            Ok(()) => self.first_call(target, now),
            Err(Reason::Breaker) => self.degrade(target, Reason::Breaker),
            Err(_) => self.wait(target),
        }
    }

    fn wait(&mut self, target: Offset) {
        let Some(message) = self.in_hand.get_mut(&target) else { return };
        message.is_queued = true;
        self.queue.push_back(target);
    }

    /// Those that wait, as many as there are places.
    fn start_queued(&mut self, now: Mono) {
        while self.service.has_room()
            && let Some(target) = self.queue.pop_front()
        {
            let Some(message) = self.in_hand.get_mut(&target) else { continue };
            message.is_queued = false;
            if message.is_live() {
                self.start(target, now);
                // The breaker may have let it go, or it waits again, and then so do the others.
                if self.in_hand.get(&target).is_some_and(|message| message.is_queued) {
                    return;
                }
            } else {
                self.release(target);
            }
        }
    }

    fn first_call(&mut self, target: Offset, now: Mono) {
        let Some(message) = self.in_hand.get(&target) else { return };
        let left = message.deadline.since(now);
        if let Some(after) = self.service.hedge_after(left, Duration::ZERO) {
            self.timers.insert((now + after, Timer::Hedge, target));
        }
        self.call(target, now);
    }

    fn call(&mut self, target: Offset, now: Mono) {
        let Some(message) = self.in_hand.get_mut(&target) else { return };
        let Some(text) = message.text.clone() else { return };
        message.calls += 1;
        message.called += 1;
        let number = message.called;
        self.commands.push_back(Command::Call { target, number, sent: now, text });
    }

    /// The first call is slow.
    fn hedge(&mut self, target: Offset, now: Mono) {
        let Some(message) = self.in_hand.get(&target) else { return };
        if message.is_live()
            && message.calls == 1
            && message.called < CALLS_MAX
            && self.service.second(now, Kind::Hedge).is_ok()
        {
            self.call(target, now);
        }
    }

    /// There is no answer in time.
    fn handle_deadline(&mut self, target: Offset) {
        let Some(message) = self.in_hand.get(&target) else { return };
        if message.is_live() {
            let why = if message.calls > 0 { Reason::Deadline } else { Reason::Limit };
            self.degrade(target, why);
        }
    }

    fn handle_failed(&mut self, target: Offset, how: Failed, now: Mono) {
        if how == Failed::Refused {
            self.append(target, Understood::Dead(Reason::Refused));
            return;
        }
        let Some(message) = self.in_hand.get(&target) else { return };
        if message.is_live() {
            if message.calls == 0 {
                self.after_failure(target, how, now);
            }
        } else if message.sweeps >= self.settings.tries_max && message.calls == 0 {
            let unreadable = how == Failed::Unreadable;
            let why = if unreadable { Reason::Unreadable } else { Reason::Exhausted };
            self.append(target, Understood::Dead(why));
        }
    }

    /// Its first call failed, and there is time left: a second at once, or a guess.
    fn after_failure(&mut self, target: Offset, how: Failed, now: Mono) {
        let Some(message) = self.in_hand.get(&target) else { return };
        let left = message.deadline.since(now);
        let has_deadline = self.service.has(Protection::Deadline);
        let why = match how {
            Failed::Throttled { .. } => Reason::RateLimit,
            Failed::Unreadable => Reason::Unreadable,
            Failed::Error | Failed::Refused => Reason::Failed,
        };
        if has_deadline && (message.called >= CALLS_MAX || !self.service.is_enough(left)) {
            self.service.suppress(Suppressed::Time);
            self.degrade(target, why);
            return;
        }
        match self.service.second(now, Kind::Retry) {
            Ok(()) => self.call(target, now),
            Err(Suppressed::Budget) => self.degrade(target, Reason::Budget),
            Err(_) => self.degrade(target, why),
        }
    }

    /// Our own guess, for the time being.
    fn degrade(&mut self, target: Offset, why: Reason) {
        let text = self.in_hand.get(&target).and_then(|message| message.text.as_ref());
        let Some(text) = text else { return };
        let guess = lexicon::guess(text.as_str());
        self.append(target, Understood::Degraded { why, guess });
    }

    fn append_again(&mut self, target: Offset) {
        let Some(message) = self.in_hand.get_mut(&target) else { return };
        if let Some(standing) = message.unwritten.take() {
            self.append(target, standing);
        }
    }

    fn append(&mut self, target: Offset, after: Understood) {
        let Some(message) = self.in_hand.get_mut(&target) else { return };
        message.unwritten = None;
        message.undurable += 1;
        let before = std::mem::replace(&mut message.last, after.clone());
        let fact = Fact::Enriched(Box::new(Enrichment {
            conversation: message.conversation.clone(),
            seq: message.seq,
            target,
            said: Some(message.said.clone()),
            before,
            after: after.clone(),
        }));
        self.undurable.push_back((target, after));
        self.commands.push_back(Command::Append { generation: self.generation, fact });
    }

    /// One of which nothing more is expected leaves the hand.
    fn release(&mut self, target: Offset) {
        if self.in_hand.get(&target).is_some_and(InHand::is_settled) {
            self.leave(target);
        }
    }

    fn leave(&mut self, target: Offset) {
        let Some(message) = self.in_hand.remove(&target) else { return };
        let InHand { conversation, seq, said, batch, journal, sweeps, .. } = message;
        if let Understood::Dead(why) = journal {
            let said = Some(said);
            self.ledger.bury(target, Letter { conversation, seq, said, why, batch });
        } else {
            self.ledger.put(target, &journal, batch, sweeps);
        }
    }
}
