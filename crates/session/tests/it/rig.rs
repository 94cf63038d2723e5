//! A session and the hand that plays its shell and server.

use std::time::Duration;

use model::{
    Body, ConversationId, Epoch, InstanceId, Message, MessageId, Mono, Ordinal, Retry, Seq, Wall,
};
use session::{Do, Event, Lost, Options, Session};
use wire::{About, Code, Command, Frame, Problem};

pub(crate) const ME: InstanceId = InstanceId(1);
pub(crate) const OTHER: InstanceId = InstanceId(2);
pub(crate) const EPOCH: Epoch = Epoch(1);

pub(crate) fn options() -> Options {
    Options::new("ann".parse().unwrap(), "phone".parse().unwrap(), ME, 7)
}

pub(crate) fn tea() -> ConversationId {
    "tea".parse().unwrap()
}

pub(crate) fn body(text: &str) -> Body {
    Body::new(text).unwrap()
}

pub(crate) fn mine(counter: u64) -> MessageId {
    MessageId { instance: ME, counter }
}

/// What someone else said.
pub(crate) fn message(conversation: ConversationId, seq: u64, lamport: u64) -> Message {
    Message {
        conversation,
        seq: Seq(seq),
        ordinal: Ordinal(seq),
        sender: "bob".parse().unwrap(),
        id: MessageId { instance: OTHER, counter: seq },
        content: body("hello").into(),
        lamport,
        seen_seq: Seq(0),
        sent_at: Wall(0),
        received_at: Wall(0),
    }
}

pub(crate) fn sent(counter: u64, seq: u64) -> Frame {
    Frame::Sent {
        reference: None,
        id: mine(counter),
        conversation: tea(),
        epoch: EPOCH,
        seq: Seq(seq),
        received_at: Wall(0),
        duplicate: false,
    }
}

pub(crate) fn refused(counter: u64, retry: Retry) -> Frame {
    let about = About { id: Some(mine(counter)), ..About::default() };
    Frame::Problem(Problem { retry, ..Problem::never(about, Code::Busy, "too much") })
}

pub(crate) struct Rig {
    pub(crate) session: Session,
    pub(crate) now: Mono,
}

impl Rig {
    pub(crate) fn new(options: Options) -> Self {
        Self { session: Session::new(options, Mono(0)), now: Mono(0) }
    }

    /// A session that was welcomed.
    pub(crate) fn open(options: Options) -> Self {
        let mut rig = Self::new(options);
        rig.connect();
        rig
    }

    pub(crate) fn connect(&mut self) {
        assert!(matches!(self.doings()[..], [Do::Connect { .. }]), "a try to connect");
        self.session.handle_connected(self.now);
        assert!(matches!(self.commands()[..], [Command::Hello { .. }]), "hello comes first");
        self.frame(Frame::Welcome { reference: None, heartbeat_ms: 1_000, expires_at: None });
        assert!(matches!(self.events()[..], [.., Event::Welcomed { .. }]));
    }

    pub(crate) fn frame(&mut self, frame: Frame) {
        self.session.handle_frame(frame, self.now);
    }

    pub(crate) fn lose(&mut self) -> Duration {
        self.session.handle_disconnected(Lost::Broken, self.now);
        match self.events().pop() {
            Some(Event::Disconnected { again_in }) => again_in,
            other => panic!("{other:?} is no loss"),
        }
    }

    /// Loses the connection, waits, and is welcomed on another.
    pub(crate) fn reconnect(&mut self) {
        let wait = self.lose();
        self.wait(wait);
        self.connect();
    }

    pub(crate) fn wait(&mut self, span: Duration) {
        self.now = self.now + span;
        self.session.handle_timeout(self.now);
    }

    pub(crate) fn wait_ms(&mut self, ms: u64) {
        self.wait(Duration::from_millis(ms));
    }

    pub(crate) fn say(&mut self, text: &str) -> MessageId {
        self.session.say(tea(), body(text), self.now, Wall(1_000)).unwrap()
    }

    pub(crate) fn doings(&mut self) -> Vec<Do> {
        std::iter::from_fn(|| self.session.next_command()).collect()
    }

    /// What it says; it must not do anything else.
    pub(crate) fn commands(&mut self) -> Vec<Command> {
        let said = |doing| match doing {
            Do::Send(command) => command,
            Do::Connect { .. } | Do::Close => panic!("{doing:?} was not expected"),
        };
        self.doings().into_iter().map(said).collect()
    }

    /// The counters of the messages it sends; it must not say anything else.
    pub(crate) fn counters(&mut self) -> Vec<u64> {
        let counter = |command| {
            let Command::Send { post, .. } = command else { panic!("{command:?}") };
            post.id.counter
        };
        self.commands().into_iter().map(counter).collect()
    }

    pub(crate) fn events(&mut self) -> Vec<Event> {
        std::iter::from_fn(|| self.session.next_event()).collect()
    }
}
