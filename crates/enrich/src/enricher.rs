//! The room's doors.

mod again;
mod letters;
mod live;
mod why;
mod written;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use model::{BatchNo, Body, Content, Fact, Mono, Offset, Reason, Understanding, Understood, Wall};
use resilience::Failure;

use crate::Protection;
use crate::dice::Dice;
use crate::in_hand::{Coming, InHand};
use crate::ledger::{Counts, Ledger};
use crate::service::{Service, ServiceGauges};
use crate::settings::Settings;
use crate::sweep::Sweep;
use crate::trace::{self, Trace, What};
use crate::waiting::Waiting;

pub use letters::{NoReplay, Preview, REPLAY_PER_S_MAX, Replay};
pub use why::Standing;

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
    /// It did to another who asked the same: that says nothing of how it is now.
    Had(Understanding),
    /// It did not.
    Failed(Failed),
    /// It was not asked: that says nothing of it.
    Withheld(Reason),
}

/// A call that has ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answered {
    /// Of which message: as its command said, like the next two.
    pub target: Offset,
    /// Which of its calls.
    pub number: u8,
    /// When it was made.
    pub sent: Mono,
    /// When its answer came: before it is handled, and by how much says nothing of the service.
    pub came: Mono,
    /// What came of it.
    pub answer: Answer,
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
    replay: Option<Replay>,
    in_hand: BTreeMap<Offset, InHand>,
    /// Those that wait for a place.
    waiting: Waiting,
    timers: BTreeSet<(Mono, Timer, Offset)>,
    /// Our appends that are not durable, in their order, and how the message stands with each.
    undurable: VecDeque<(Offset, Understood)>,
    /// Up to here messages were counted when the past was read.
    past: BatchNo,
    generation: u64,
    trace: Trace,
    dice: Dice,
    commands: VecDeque<Command>,
}

impl Enricher {
    /// One that knows of no message.
    pub fn new(settings: Settings) -> Self {
        Self {
            ledger: Ledger::new(settings.letters_max),
            service: Service::new(&settings),
            sweep: Sweep::new(settings.again_after, settings.again_per_s),
            replay: None,
            in_hand: BTreeMap::new(),
            waiting: Waiting::new(
                settings.in_hand_max,
                !settings.without.contains(&Protection::Fairness),
            ),
            timers: BTreeSet::new(),
            undurable: VecDeque::new(),
            past: BatchNo(0),
            generation: 0,
            trace: Trace::new(),
            dice: Dice::new(settings.seed ^ 1),
            commands: VecDeque::new(),
            settings,
        }
    }

    /// Shown everything durable at the start, in order, before anything else.
    pub fn handle_past(&mut self, batch: BatchNo, offset: Offset, fact: &Fact) {
        self.past = batch;
        if self.settings.asks_twice() && matches!(fact, Fact::Enriched(_)) {
            return;
        }
        if let Fact::Message(message) = fact
            && self.settings.privacy.is_closed(&message.conversation)
        {
            if message.content.is_text() {
                self.ledger.private();
            }
            return;
        }
        self.ledger.past(batch.0, offset, fact);
    }

    /// All of the past was shown; says after which batch to follow the journal.
    pub fn handle_end_of_past(&mut self) -> BatchNo {
        let first = self.ledger.end_of_past().filter(|_| !self.settings.forgets_pending());
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
        let shown = self.settings.privacy.shown(&message.conversation, body);
        if batch > self.past {
            match shown {
                Some(_) => self.ledger.received(),
                None => self.ledger.private(),
            }
        }
        let Some(text) = shown else { return };
        if self.ledger.knows(offset) || self.in_hand.contains_key(&offset) {
            return;
        }
        self.trace.now(now);
        self.trace.add(offset, What::Arrived(trace::key(message.id)));
        let age = Duration::from_millis(wall.0.saturating_sub(message.received_at.0));
        let left = (self.settings.deadline - self.settings.own).saturating_sub(age);
        let deadline = now + left;
        let coming = Coming { batch: batch.0, standing: Understood::Pending, sweeps: 0, deadline };
        self.in_hand.insert(offset, InHand::of(message, &text, coming));
        if left.is_zero() && self.service.has(Protection::Deadline) {
            self.not_called(offset, Reason::Overload);
            return;
        }
        if self.service.has(Protection::Deadline) {
            self.timers.insert((deadline, Timer::Deadline, offset));
        }
        self.start(offset, now);
    }

    /// A call has ended.
    pub fn handle_answer(&mut self, answered: Answered, now: Mono) {
        let Answered { target, number, sent, came, answer } = answered;
        let took = came.since(sent);
        self.trace.now(now);
        match &answer {
            Answer::Got(_) => self.service.answered(came, took),
            Answer::Failed(Failed::Error | Failed::Unreadable) => {
                self.service.failed(came, took, Failure::Error, None);
            }
            Answer::Failed(Failed::Throttled { retry_after }) => {
                self.service.failed(came, took, Failure::Throttled, *retry_after);
            }
            Answer::Failed(Failed::Refused) => self.service.refused(came, took),
            Answer::Had(_) | Answer::Withheld(_) => self.service.unsent(),
        }
        // One that was full before this answer may have left.
        let Some(message) = self.in_hand.get_mut(&target) else { return };
        message.calls -= 1;
        let won = number > 1 && message.calls > 0 && matches!(answer, Answer::Got(_));
        let what = match &answer {
            Answer::Got(_) | Answer::Had(_) => What::Answered { number, won },
            Answer::Failed(how) => What::Failed { number, how: (*how).into() },
            Answer::Withheld(why) => What::Withheld { number, why: *why },
        };
        self.trace.add(target, what);
        let is_full = matches!(message.wanted(), Understood::Full(_));
        match answer {
            Answer::Got(understanding) | Answer::Had(understanding) if !is_full => {
                if won {
                    self.service.hedge_won();
                }
                if message.sweeps > 0 {
                    self.sweep.got();
                }
                self.append(target, Understood::Full(understanding));
            }
            Answer::Failed(how) if !is_full => self.handle_failed(target, how, now),
            Answer::Withheld(why) if !is_full => self.handle_withheld(target, why, now),
            Answer::Got(_) | Answer::Had(_) | Answer::Failed(_) | Answer::Withheld(_) => {}
        }
        self.release(target);
        self.start_queued(now);
    }

    /// Time passed.
    pub fn handle_timeout(&mut self, now: Mono) {
        self.trace.now(now);
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
        self.go_on_replaying(now);
        self.start_queued(now);
    }

    /// When to be told the time.
    pub fn poll_timeout(&self) -> Option<Mono> {
        let timer = self.timers.first().map(|&(at, ..)| at);
        [timer, self.replay_at()].into_iter().flatten().min()
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
        [self.in_hand.len(), self.waiting.len(), self.ledger.later()]
    }

    /// The most that may be in hand, and to be asked again.
    pub fn sizes_max(&self) -> [usize; 2] {
        [self.settings.in_hand_max, self.settings.backlog_max]
    }

    /// Whether so many wait to be asked again that senders must slow down.
    pub fn is_full(&self) -> bool {
        self.ledger.later() >= self.settings.backlog_max
    }
}
