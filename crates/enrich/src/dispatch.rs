//! Between the enricher and the wire: whether a call is sent at all, to which endpoint of the service, and with which
//! others.
//!
//! A pure room. Each call that comes in goes out as one [`Answer`], whatever happens to it: sent alone or with others,
//! answered from what is known, or withheld. Who waits for the network says with [`Dispatch::handle_reply`] what came
//! of a [`Order::Send`].

mod batch;
mod endpoints;
mod saving;

use std::collections::VecDeque;
use std::time::Duration;

use model::{Body, Mono, Offset, Reason, SeededState, Understanding};
use resilience::Told;

use crate::enricher::{Answer, Failed};
use batch::Batch;
use endpoints::{Ended, Ending, Endpoints};
use saving::{Asked, Lost, Saving};

pub use endpoints::EndpointGauges;

/// What an endpoint is asked when nobody asks, to see that it can be.
const HELLO: &str = "hello";

/// How often, until it has answered.
const HELLO_EVERY: Duration = Duration::from_secs(5);

/// Bytes of a token, in English.
const TOKEN_BYTES: usize = 4;

/// What service there is, and how it is spared.
#[derive(Debug, Clone)]
pub struct DispatchSettings {
    /// How many endpoints it has; at least 1.
    pub endpoints: usize,
    /// Whether each has a circuit breaker of its own.
    pub has_breakers: bool,
    /// An answer that takes longer is slow: half of them open an endpoint's breaker.
    pub slow: Duration,
    /// Requests a minute that an endpoint allows; 0: what its answers say.
    pub requests_per_minute: u64,
    /// Tokens a minute that an endpoint allows; 0: what its answers say.
    pub tokens_per_minute: u64,
    /// Tokens of a text's call beside those of the text.
    pub tokens_per_call: u64,
    /// Bytes of answers that are remembered; 0: none are, and equal texts are not asked about together.
    pub cache_bytes: usize,
    /// Texts of one request; 1: each is asked about alone.
    pub batch_max: usize,
    /// How long the first of several waits for others.
    pub batch_wait: Duration,
    /// Where the dice begin.
    pub seed: u64,
}

/// A call as the enricher knows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Call {
    /// Which message.
    pub target: Offset,
    /// Which of its calls, from 1.
    pub number: u8,
    /// When the enricher wanted it.
    pub sent: Mono,
}

/// What is to be done next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Order {
    /// Ask an endpoint; what comes of it goes to [`Dispatch::handle_reply`].
    Send {
        /// To be handed back.
        ticket: usize,
        /// Which endpoint.
        endpoint: usize,
        /// What about.
        texts: Vec<Body>,
    },
    /// A call has ended: tell the enricher.
    Answer {
        /// Which.
        call: Call,
        /// How.
        answer: Answer,
    },
}

/// What came of asking an endpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// Of each text, in their order; or why there is nothing.
    pub said: Result<Vec<Result<Understanding, Failed>>, Failed>,
    /// What its headers say of its limits.
    pub told: Told,
    /// Tokens that it cost, if it says so.
    pub tokens: Option<u64>,
}

/// What can be seen of it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct DispatchGauges {
    /// Counter: texts sent.
    pub texts: u64,
    /// Counter: tokens of what was answered: as the service says, or by estimate.
    pub tokens: u64,
    /// Counter: calls that were not made, for the answer was known, or was on its way.
    pub saved: [u64; 2],
    /// Counter: tokens that those would have cost.
    pub saved_tokens: u64,
    /// Counter: calls that were not sent, for the service's limits, and for open breakers of all endpoints.
    pub withheld: [u64; 2],
    /// Gauge: answers that are remembered, and bytes of them.
    pub remembered: [usize; 2],
}

/// A call and its text.
#[derive(Debug, Clone)]
struct Item {
    call: Call,
    text: Body,
}

/// A request that is out.
#[derive(Debug)]
struct Flight {
    /// None of a greeting.
    items: Vec<Item>,
    endpoint: usize,
    sent: Mono,
    /// By estimate.
    tokens: u64,
}

/// Decides where calls go. See the module for what it promises.
#[derive(Debug)]
pub struct Dispatch {
    endpoints: Endpoints,
    saving: Option<Saving>,
    batch: Batch,
    /// Endpoints that are to be greeted, and when.
    greetings: Vec<(Mono, usize)>,
    tokens_per_call: u64,
    /// What is out, by ticket; at most as many as calls that the enricher has out.
    flights: Vec<Option<Flight>>,
    free: Vec<usize>,
    orders: VecDeque<Order>,
    gauges: DispatchGauges,
}

impl Dispatch {
    /// One that has sent nothing.
    pub fn new(settings: &DispatchSettings, now: Mono) -> Self {
        let seeds = SeededState(settings.seed, settings.seed.rotate_left(32) ^ 3);
        Self {
            endpoints: Endpoints::new(settings, now),
            saving: (settings.cache_bytes > 0).then(|| Saving::new(settings.cache_bytes, seeds)),
            batch: Batch::new(settings.batch_max, settings.batch_wait),
            greetings: Vec::new(),
            tokens_per_call: settings.tokens_per_call,
            flights: Vec::new(),
            free: Vec::new(),
            orders: VecDeque::new(),
            gauges: DispatchGauges::default(),
        }
    }

    /// Asks each endpoint once before anyone needs it, and again until it has answered: what is wrong with it is known,
    /// and which one is slow.
    pub fn greet(&mut self, now: Mono) {
        self.greetings = (0..self.endpoints.count()).map(|endpoint| (now, endpoint)).collect();
        self.greet_due(now);
    }

    /// The enricher wants a call.
    pub fn handle_call(&mut self, call: Call, text: Body, now: Mono) {
        let item = Item { call, text };
        let asked = self.saving.as_mut().map_or(Asked::Leads, |saving| saving.ask(&item));
        match asked {
            Asked::Had(understanding, tokens) => {
                self.gauges.saved[0] += 1;
                self.gauges.saved_tokens += tokens;
                self.answer(call, Answer::Had(understanding));
            }
            Asked::Follows => {}
            Asked::Leads => self.gather(item, now),
        }
    }

    /// What came of a [`Order::Send`].
    pub fn handle_reply(&mut self, ticket: usize, reply: Reply, now: Mono) {
        let flight = self.flights.get_mut(ticket).and_then(Option::take);
        let flight = flight.expect("each ticket is handed back once");
        self.free.push(ticket);
        let Flight { items, endpoint, sent, tokens: reserved } = flight;
        if items.is_empty() && reply.said.is_err() {
            self.greetings.push((now + HELLO_EVERY, endpoint));
        }
        let said = match reply.said {
            Ok(said) if said.len() == items.len().max(1) => Ok(said),
            Ok(_) => Err(Failed::Unreadable),
            Err(failed) => Err(failed),
        };
        let used = if said.is_ok() { reply.tokens.unwrap_or(reserved) } else { 0 };
        let ending =
            said.as_ref().map_or_else(|failed| Ending::Failed(*failed), |_| Ending::Answered);
        let ended = Ended { took: now.since(sent), ending, told: reply.told, reserved, used };
        self.endpoints.ended(endpoint, now, &ended);
        self.gauges.tokens += used;
        let each = used / items.len().max(1) as u64;
        match said {
            Ok(said) => {
                for (item, said) in items.into_iter().zip(said) {
                    match said {
                        Ok(understanding) => self.answered(item, understanding, each),
                        Err(failed) => self.failed(item, failed, now),
                    }
                }
            }
            Err(failed) => {
                for item in items {
                    self.failed(item, failed, now);
                }
            }
        }
    }

    /// Time passed.
    pub fn handle_timeout(&mut self, now: Mono) {
        if let Some(items) = self.batch.due(now) {
            self.send(items, now);
        }
        self.greet_due(now);
    }

    /// When to be told the time.
    pub fn poll_timeout(&self) -> Option<Mono> {
        let greetings = self.greetings.iter().map(|(due, _)| *due);
        greetings.chain(self.batch.due_at()).min()
    }

    /// The next thing to do, if any.
    pub fn next_order(&mut self) -> Option<Order> {
        self.orders.pop_front()
    }

    /// How each endpoint stands.
    pub fn endpoints(&self) -> impl Iterator<Item = EndpointGauges> {
        self.endpoints.gauges()
    }

    /// What was sent and what was saved.
    pub fn gauges(&self) -> DispatchGauges {
        let remembered = self.saving.as_ref().map_or([0; 2], Saving::sizes);
        DispatchGauges { remembered, ..self.gauges }
    }

    fn greet_due(&mut self, now: Mono) {
        let due: Vec<_> = self.greetings.extract_if(.., |(due, _)| *due <= now).collect();
        for (_, endpoint) in due {
            let hello = Body::new(HELLO).expect("it is a text");
            let tokens = self.tokens(&hello);
            self.endpoints.begin(endpoint);
            let flight = Flight { items: Vec::new(), endpoint, sent: now, tokens };
            let ticket = self.take_off(flight);
            self.orders.push_back(Order::Send { ticket, endpoint, texts: vec![hello] });
        }
    }

    fn gather(&mut self, item: Item, now: Mono) {
        if let Some(items) = self.batch.push(item, now) {
            self.send(items, now);
        }
    }

    fn send(&mut self, items: Vec<Item>, now: Mono) {
        let avoided = self.asked_already(&items);
        let tokens = items.iter().map(|item| self.tokens(&item.text)).sum();
        match self.endpoints.choose(now, tokens, avoided) {
            Ok(endpoint) => {
                self.gauges.texts += items.len() as u64;
                let texts = items.iter().map(|item| item.text.clone()).collect();
                let ticket = self.take_off(Flight { items, endpoint, sent: now, tokens });
                self.orders.push_back(Order::Send { ticket, endpoint, texts });
            }
            Err(why) => {
                for item in items {
                    self.withheld(&item, why);
                }
            }
        }
    }

    /// Tokens of a text's call, by estimate.
    fn tokens(&self, text: &Body) -> u64 {
        text.as_str().len().div_ceil(TOKEN_BYTES) as u64 + self.tokens_per_call
    }

    /// The endpoint that has the first call of a message whose second this is: another may be better.
    fn asked_already(&self, items: &[Item]) -> Option<usize> {
        let [Item { call: Call { target, number: 2.., .. }, .. }] = items else { return None };
        if self.endpoints.count() == 1 {
            return None;
        }
        let mut flights = self.flights.iter().flatten();
        let has = |flight: &&Flight| flight.items.iter().any(|item| item.call.target == *target);
        flights.find(has).map(|flight| flight.endpoint)
    }

    fn take_off(&mut self, flight: Flight) -> usize {
        match self.free.pop() {
            Some(ticket) => {
                self.flights[ticket] = Some(flight);
                ticket
            }
            None => {
                self.flights.push(Some(flight));
                self.flights.len() - 1
            }
        }
    }

    fn answer(&mut self, call: Call, answer: Answer) {
        self.orders.push_back(Order::Answer { call, answer });
    }

    fn answered(&mut self, item: Item, understanding: Understanding, tokens: u64) {
        let Item { call, text } = item;
        if let Some(saving) = &mut self.saving {
            for follower in saving.got(text, &understanding, tokens) {
                self.gauges.saved[1] += 1;
                self.gauges.saved_tokens += tokens;
                let answer = Answer::Had(understanding.clone());
                self.orders.push_back(Order::Answer { call: follower, answer });
            }
        }
        self.answer(call, Answer::Got(understanding));
    }

    fn failed(&mut self, item: Item, failed: Failed, now: Mono) {
        self.answer(item.call, Answer::Failed(failed));
        let Some(saving) = &mut self.saving else { return };
        if failed == Failed::Refused {
            // What is refused is refused to everybody.
            let followers = saving.give_up(&item);
            self.withhold_all(followers, Reason::Refused);
            return;
        }
        match saving.lost(&item) {
            Lost::Nobody => {}
            Lost::LedBy(next) => self.gather(next, now),
            Lost::All(followers) => self.withhold_all(followers, Reason::Failed),
        }
    }

    /// A call that is not sent, and those that hoped for its answer.
    fn withheld(&mut self, item: &Item, why: Reason) {
        self.gauges.withheld[usize::from(why == Reason::Breaker)] += 1;
        self.answer(item.call, Answer::Withheld(why));
        if let Some(saving) = &mut self.saving {
            let followers = saving.give_up(item);
            self.withhold_all(followers, why);
        }
    }

    fn withhold_all(&mut self, calls: impl IntoIterator<Item = Call>, why: Reason) {
        for call in calls {
            self.answer(call, Answer::Withheld(why));
        }
    }
}

#[cfg(test)]
mod tests;
