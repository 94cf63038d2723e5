//! What each client does: it follows one conversation, now and then says something in it, and marks when it is back.

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use model::{Body, ConversationId, Seq};
use session::{Event, Session};
use tokio::time::Instant;
use wire::SubscribeFrom;

use super::board::{Board, Try};
use crate::swarm::{Act, Failed, Moment, Part};

/// One of the storm.
pub(super) struct Member {
    number: u32,
    clients: u32,
    /// Messages a second of all together; 0 = none.
    rate: u32,
    conversation: u32,
    name: ConversationId,
    board: Arc<Board>,
    tried: Option<Try>,
    heard: u64,
    /// What it has to hear to be back, and after which cut.
    wanted: Option<(u64, u32)>,
    back_after: Option<u32>,
    /// When its next message is due.
    speaks_at: Option<Instant>,
    spoken: u32,
}

impl Member {
    /// Follows its conversation from the beginning.
    pub(super) fn join(
        options: session::Options,
        (number, clients, rate): (u32, u32, u32),
        (conversation, name): (u32, ConversationId),
        board: &Arc<Board>,
    ) -> (Session, Self) {
        let mut session = Session::new(options, model::Mono(0));
        session.subscribe(name.clone(), SubscribeFrom::Start).expect("it is the only one");
        let member = Self {
            number,
            clients,
            rate,
            conversation,
            name,
            board: Arc::clone(board),
            tried: None,
            heard: 0,
            wanted: None,
            back_after: None,
            speaks_at: None,
            spoken: 0,
        };
        (session, member)
    }

    fn hears_message(&mut self, seq: u64) {
        if seq <= self.heard {
            self.board.doubled.fetch_add(1, Relaxed);
            return;
        }
        if seq > self.heard + 1 {
            self.board.gaps.fetch_add(1, Relaxed);
        }
        self.heard = seq;
        self.board.hears(self.number, self.conversation, seq);
    }

    fn looks_whether_it_is_back(&mut self, now: Moment) {
        if let Some((_, cut)) = self.wanted.filter(|(head, _)| self.heard >= *head) {
            self.wanted = None;
            if self.back_after != Some(cut) {
                self.back_after = Some(cut);
                self.board.is_back(cut, now.at);
            }
        }
    }

    /// From the first message of all to that of this number.
    fn until(&self, number: u32) -> Duration {
        Duration::from_nanos(u64::from(number) * 1_000_000_000 / u64::from(self.rate.max(1)))
    }
}

impl Part for Member {
    fn tries(&mut self, due: Instant, now: Moment) {
        self.tried = Some(self.board.tries(due, now.at));
    }

    fn fails(&mut self, why: Failed) {
        if let Some(tried) = self.tried.take() {
            self.board.fails(tried, why);
        }
    }

    fn ends(&mut self, said: &str) {
        self.board.ends(said);
    }

    fn hears(&mut self, event: Event, _: &mut Session, now: Moment) {
        match event {
            Event::Welcomed { .. } => {
                if let Some(tried) = self.tried.take() {
                    self.board.welcomes(tried);
                }
            }
            Event::Subscribed { head: Seq(head), .. } => {
                self.wanted = Some((head, self.board.cut()));
            }
            Event::Heard { message, .. } => self.hears_message(message.seq.0),
            Event::Said { seq, .. } => {
                self.board.settled.fetch_add(1, Relaxed);
                self.board.stands(self.conversation, seq.0);
            }
            Event::Failed { .. } => {
                self.board.settled.fetch_add(1, Relaxed);
                self.board.failed.fetch_add(1, Relaxed);
            }
            Event::Gap { .. } => {
                self.board.gaps.fetch_add(1, Relaxed);
            }
            Event::Disconnected { .. } => self.wanted = None,
            Event::Stopped => {
                self.board.given_up.fetch_add(1, Relaxed);
            }
            Event::Unsubscribed { .. } | Event::Page { .. } | Event::Problem(_) => {}
        }
        self.looks_whether_it_is_back(now);
    }

    fn acts(&mut self, act: Act) {
        match act {
            Act::Rest | Act::Answer => self.speaks_at = None,
            Act::Speak(from) if self.speaks_at.is_none() => {
                self.speaks_at = Some(from + self.until(self.number));
            }
            Act::Speak(_) => {}
        }
    }

    fn due(&self) -> Option<Instant> {
        self.speaks_at
    }

    fn wakes(&mut self, session: &mut Session, now: Moment) {
        let Some(due) = self.speaks_at else { return };
        self.spoken += 1;
        // All take turns, in the order of their numbers.
        self.speaks_at = Some(due + self.until(self.clients));
        let body = format!("message {} of {}", self.spoken, self.number);
        let body = Body::new(&body).expect("it is short, and has no control characters");
        // A full outbox is an answer, too: what was not said is not waited for.
        if session.say(self.name.clone(), body, now.mono, now.wall()).is_ok() {
            self.board.said.fetch_add(1, Relaxed);
        }
    }
}
