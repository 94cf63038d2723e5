//! One of the crowd: follows a conversation, acknowledges what it hears, and speaks when all do.

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use model::{Body, ConversationId, Mono, Seq};
use session::{Event, Session};
use tokio::time::Instant;
use wire::SubscribeFrom;

use super::Tally;
use crate::swarm::{Act, Moment, Part};

/// The body of every message: 100 bytes.
const BODY: &str = "One of the messages that the crowd says while someone looks at what each of its connections costs.  ";

/// One that waits.
pub(super) struct Member {
    conversation: ConversationId,
    tally: Arc<Tally>,
    /// The last message that was there when it came.
    head: Option<Seq>,
    /// Messages that it says, and hears.
    messages: u32,
    durable: u32,
    heard: u32,
    is_open: bool,
    has_spoken: bool,
    speaks_at: Option<Instant>,
}

/// One that says a first message in every conversation.
pub(super) struct Opener {
    tally: Arc<Tally>,
}

impl Member {
    /// Follows a conversation from its cursor.
    pub(super) fn join(
        mut options: session::Options,
        conversation: ConversationId,
        messages: u32,
        tally: &Arc<Tally>,
    ) -> (Session, Self) {
        options.acknowledge_on_hearing = true;
        let mut session = Session::new(options, Mono(0));
        session.subscribe(conversation.clone(), SubscribeFrom::Cursor).expect("it is the only one");
        let member = Self {
            conversation,
            tally: Arc::clone(tally),
            head: None,
            messages,
            durable: 0,
            heard: 0,
            is_open: false,
            has_spoken: false,
            speaks_at: None,
        };
        (session, member)
    }

    fn hears_message(&mut self, seq: Seq) {
        if self.is_open {
            self.heard += 1;
        } else {
            self.opens(Some(seq));
        }
    }

    /// It is there once it has heard what was said before.
    fn opens(&mut self, heard: Option<Seq>) {
        if !self.is_open && self.head.is_some_and(|head| heard >= Some(head)) {
            self.is_open = true;
            self.tally.open.fetch_add(1, Relaxed);
        }
    }

    fn say(&self, session: &mut Session, now: Moment) {
        say(session, self.conversation.clone(), now);
    }
}

impl Opener {
    /// Says one message in each of these.
    pub(super) fn join(
        mut options: session::Options,
        conversations: &[ConversationId],
        tally: &Arc<Tally>,
    ) -> (Session, Self) {
        options.outbox_max = conversations.len();
        let mut session = Session::new(options, Mono(0));
        let now = Moment { at: Instant::now(), mono: Mono(0) };
        conversations.iter().for_each(|name| say(&mut session, name.clone(), now));
        (session, Self { tally: Arc::clone(tally) })
    }
}

impl Part for Member {
    fn hears(&mut self, event: Event, session: &mut Session, now: Moment) {
        match event {
            Event::Subscribed { head, next, .. } => {
                self.head = Some(head);
                self.opens(next.0.checked_sub(1).map(Seq));
            }
            Event::Heard { message, .. } => self.hears_message(message.seq),
            Event::Said { .. } => {
                self.durable += 1;
                if self.durable < self.messages {
                    self.say(session, now);
                }
            }
            Event::Disconnected { .. } if self.is_open => {
                self.tally.lost.fetch_add(1, Relaxed);
            }
            Event::Failed { problem, .. } | Event::Problem(problem) => {
                // The first one is told; the others are like it.
                let _ = self.tally.refused.set(format!("{}: {}", problem.code, problem.detail));
            }
            Event::Welcomed { .. }
            | Event::Disconnected { .. }
            | Event::Stopped
            | Event::Gap { .. }
            | Event::Unsubscribed { .. }
            | Event::Page { .. } => {}
        }
        let has_all = self.durable >= self.messages && self.heard >= self.messages;
        if self.messages > 0 && has_all && !std::mem::replace(&mut self.has_spoken, true) {
            self.tally.spoken.fetch_add(1, Relaxed);
        }
    }

    fn acts(&mut self, act: Act) {
        if let Act::Speak(from) = act {
            self.speaks_at = Some(from);
        }
    }

    fn answers(&mut self) {
        self.tally.answered.fetch_add(1, Relaxed);
    }

    fn due(&self) -> Option<Instant> {
        self.speaks_at
    }

    fn wakes(&mut self, session: &mut Session, now: Moment) {
        self.speaks_at = None;
        self.say(session, now);
    }
}

impl Part for Opener {
    fn hears(&mut self, event: Event, _: &mut Session, _: Moment) {
        if matches!(event, Event::Said { .. }) {
            self.tally.begun.fetch_add(1, Relaxed);
        }
    }
}

fn say(session: &mut Session, conversation: ConversationId, now: Moment) {
    let body = Body::new(BODY).expect("it is short, and has no control characters");
    session
        .say(conversation, body, now.mono, now.wall())
        .expect("its outbox has room for what it says");
}
