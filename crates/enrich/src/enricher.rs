//! The room's doors.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use model::{
    Body, Content, ConversationId, Enrichment, Fact, Mono, Offset, Said, Seq, Understanding,
    Understood,
};

use crate::done::Done;

/// How much may be in hand, and how patient to be.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Messages in hand.
    pub outstanding_max: usize,
    /// How long a failed call, or a refused append, waits before the next try.
    pub retry_after: Duration,
}

/// What the shell must do next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Ask the outside service; the answer goes to [`Enricher::handle_answer`].
    Call {
        /// Which message.
        target: Offset,
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
    /// It did not, or not in time, or not in words we know.
    Failed,
}

/// What can be seen from outside.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Gauges {
    /// Gauge: messages in hand.
    pub outstanding: usize,
    /// Gauge: calls that are out.
    pub in_flight: usize,
    /// Counter: calls made.
    pub calls: u64,
    /// Counter: calls that failed.
    pub failures: u64,
    /// Counter: answers that became durable.
    pub enriched: u64,
}

/// A message in hand.
#[derive(Debug)]
struct InHand {
    conversation: ConversationId,
    seq: Seq,
    said: Said,
    text: Body,
    state: State,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum State {
    /// A call is out.
    Calling,
    /// To be called again at the time it is listed under.
    Waiting,
    /// Answered; to be appended at the time it is listed under.
    Unwritten(Understanding),
    /// Handed to the journal.
    Appended(Understanding),
}

/// Decides which messages are called for. See the crate's page for what it promises.
#[derive(Debug)]
pub struct Enricher {
    limits: Limits,
    done: Done,
    in_hand: BTreeMap<Offset, InHand>,
    /// Those `Waiting` or `Unwritten`, by when.
    later: BTreeSet<(Mono, Offset)>,
    /// Those `Appended`, in the order they were.
    undurable: VecDeque<Offset>,
    generation: u64,
    commands: VecDeque<Command>,
    gauges: Gauges,
}

impl Enricher {
    /// One that knows of no message.
    pub fn new(limits: Limits) -> Self {
        Self {
            limits,
            done: Done::default(),
            in_hand: BTreeMap::new(),
            later: BTreeSet::new(),
            undurable: VecDeque::new(),
            generation: 0,
            commands: VecDeque::new(),
            gauges: Gauges::default(),
        }
    }

    /// Shown everything durable at the start, before anything else: which messages have an answer.
    pub fn handle_past(&mut self, fact: &Fact) {
        if let Fact::Enriched(enrichment) = fact {
            self.done.insert(enrichment.target);
        }
    }

    /// How many more messages it takes in hand now.
    pub fn room(&self) -> usize {
        self.limits.outstanding_max.saturating_sub(self.in_hand.len())
    }

    /// The next fact of the journal.
    pub fn handle_fact(&mut self, offset: Offset, fact: &Fact) {
        let Fact::Message(message) = fact else { return };
        let Content::Text { body, .. } = &message.content else { return };
        if self.done.contains(offset) || self.in_hand.contains_key(&offset) {
            return;
        }
        let text = body.clone();
        self.in_hand.insert(
            offset,
            InHand {
                conversation: message.conversation.clone(),
                seq: message.seq,
                said: Said { sender: message.sender.clone(), at: message.received_at },
                text: text.clone(),
                state: State::Calling,
            },
        );
        self.call(offset, text);
    }

    /// A call has ended.
    ///
    /// # Panics
    /// When no call is out for this message: our own bug.
    pub fn handle_answer(&mut self, target: Offset, answer: Answer, now: Mono) {
        let message = self.in_hand.get_mut(&target).expect("answers come for what was called");
        assert_eq!(message.state, State::Calling, "one call of a message at a time");
        self.gauges.in_flight -= 1;
        match answer {
            Answer::Got(outcome) => self.append(target, outcome),
            Answer::Failed => {
                self.gauges.failures += 1;
                message.state = State::Waiting;
                self.later.insert((now + self.limits.retry_after, target));
            }
        }
    }

    /// The oldest `count` of our appends are durable.
    pub fn handle_durable(&mut self, count: usize) {
        for target in self.undurable.drain(..count) {
            self.in_hand.remove(&target);
            self.done.insert(target);
            self.gauges.enriched += 1;
        }
    }

    /// The journal has no room: nothing of this generation that was not durable is written. The
    /// answers are kept and handed over again a little later.
    pub fn handle_append_refused(&mut self, generation: u64, now: Mono) {
        if generation != self.generation {
            return;
        }
        self.generation += 1;
        let at = now + self.limits.retry_after;
        for target in self.undurable.drain(..) {
            let message = self.in_hand.get_mut(&target).expect("what is undurable is in hand");
            if let State::Appended(outcome) = &message.state {
                message.state = State::Unwritten(outcome.clone());
                self.later.insert((at, target));
            }
        }
    }

    /// Time passed.
    pub fn handle_timeout(&mut self, now: Mono) {
        while let Some(&(at, target)) = self.later.first()
            && at <= now
        {
            self.later.pop_first();
            let message = self.in_hand.get_mut(&target).expect("what waits is in hand");
            match std::mem::replace(&mut message.state, State::Calling) {
                State::Unwritten(outcome) => self.append(target, outcome),
                State::Waiting => {
                    let text = message.text.clone();
                    self.call(target, text);
                }
                State::Calling | State::Appended(_) => unreachable!("neither waits for time"),
            }
        }
    }

    /// When to be told the time.
    pub fn poll_timeout(&self) -> Option<Mono> {
        self.later.first().map(|&(at, _)| at)
    }

    /// The next thing to do, if any.
    pub fn next_command(&mut self) -> Option<Command> {
        self.commands.pop_front()
    }

    /// How it stands.
    pub fn gauges(&self) -> Gauges {
        Gauges { outstanding: self.in_hand.len(), ..self.gauges }
    }

    fn call(&mut self, target: Offset, text: Body) {
        self.gauges.calls += 1;
        self.gauges.in_flight += 1;
        self.commands.push_back(Command::Call { target, text });
    }

    fn append(&mut self, target: Offset, outcome: Understanding) {
        let message = self.in_hand.get_mut(&target).expect("what was answered is in hand");
        message.state = State::Appended(outcome.clone());
        let fact = Fact::Enriched(Box::new(Enrichment {
            conversation: message.conversation.clone(),
            seq: message.seq,
            target,
            said: Some(message.said.clone()),
            before: Understood::Pending,
            after: Understood::Full(outcome),
        }));
        self.undurable.push_back(target);
        self.commands.push_back(Command::Append { generation: self.generation, fact });
    }
}

#[cfg(test)]
mod tests;
