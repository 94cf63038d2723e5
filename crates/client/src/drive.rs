//! The loop around the session: 1 run its commands, 2 tell its events, 3 wait for what comes next.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

use model::{Mono, Wall};
use session::{Do, Event, Lost, Session};
use tokio::sync::mpsc;
use wire::{FrameError, decode_frame};

use crate::handle::Request;
use crate::socket::{Socket, Step};
use crate::{Gateway, Handle, Tap};

/// Requests that are taken in one turn.
const REQUESTS_A_TURN: usize = 64;

/// What a client is told at its start.
#[derive(Debug, Clone)]
pub struct Options {
    /// Who speaks, and how much may wait. The number of gateways is filled in.
    pub session: session::Options,
    /// Where to connect to: at least one. The first is drawn, then it goes round.
    pub gateways: Vec<Gateway>,
    /// Requests that wait for the client's turn.
    pub requests_max: usize,
    /// Events that wait to be taken; beyond it the socket is not read.
    pub events_max: usize,
}

impl Options {
    /// With the usual bounds.
    pub fn new(session: session::Options, gateways: Vec<Gateway>) -> Self {
        Self { session, gateways, requests_max: 256, events_max: 1024 }
    }
}

/// A user's connection to the server, made again whenever it is lost.
pub struct Client<T> {
    gateways: Vec<Gateway>,
    session: Session,
    socket: Socket,
    tap: T,
    requests: mpsc::Receiver<Request>,
    events: mpsc::Sender<Event>,
    /// An event that found no room.
    waiting: Option<Event>,
    started: Instant,
    /// The gateway of the connection or of the try.
    gateway: usize,
    /// How many connections have stood; the number of the one that stands.
    connection: u64,
    /// Whether one stands.
    connected: bool,
    stopping: bool,
}

/// A client, the end to ask it with, and the end where its events come out. Nothing happens until
/// [`Client::run`] runs.
///
/// # Panics
/// Without a gateway.
pub fn open<T: Tap>(options: Options, tap: T) -> (Client<T>, Handle, mpsc::Receiver<Event>) {
    let Options { mut session, gateways, requests_max, events_max } = options;
    assert!(!gateways.is_empty(), "a client needs a gateway to connect to");
    session.gateways = gateways.len();
    let (asked, requests) = mpsc::channel(requests_max.max(1));
    let (events, told) = mpsc::channel(events_max.max(1));
    let client = Client {
        gateways,
        session: Session::new(session, Mono(0)),
        socket: Socket::None,
        tap,
        requests,
        events,
        waiting: None,
        started: Instant::now(),
        gateway: 0,
        connection: 0,
        connected: false,
        stopping: false,
    };
    (client, Handle::new(asked), told)
}

impl<T: Tap> Client<T> {
    /// Runs until it is stopped: by [`Handle::stop`], by dropping every handle or the receiver of
    /// events, or by a server that says not to come back. Gives back the tap.
    pub async fn run(mut self) -> T {
        let mut requests = Vec::with_capacity(REQUESTS_A_TURN);
        loop {
            self.run_commands().await;
            let was_stopping = self.stopping;
            self.tell();
            if self.stopping != was_stopping {
                continue;
            }
            if self.session.is_stopped() && self.waiting.is_none() {
                return self.tap;
            }
            let now = self.now();
            let sleep = self.session.poll_timeout().map(|at| at.since(now));
            let reading = self.waiting.is_none();
            tokio::select! {
                step = self.socket.step(reading) => self.on_step(step),
                count = self.requests.recv_many(&mut requests, REQUESTS_A_TURN), if !self.stopping => {
                    if count == 0 {
                        self.stop();
                    }
                    requests.drain(..).for_each(|request| self.on_request(request));
                }
                // The room is taken by `tell`: nobody else sends events.
                () = room(&self.events), if !reading => {
                    let now = self.now();
                    self.session.handle_sign_of_life(now);
                }
                () = tokio::time::sleep(sleep.unwrap_or_default()), if sleep.is_some() => {
                    let now = self.now();
                    if !reading {
                        // Silence means nothing while nobody listens.
                        self.session.handle_sign_of_life(now);
                    }
                    self.session.handle_timeout(now);
                }
            }
        }
    }

    async fn run_commands(&mut self) {
        while let Some(doing) = self.session.next_command() {
            match doing {
                Do::Connect { gateway } => {
                    self.gateway = gateway;
                    self.socket = Socket::connect(&self.gateways[gateway]);
                }
                Do::Send(command) => {
                    let frame = command.encode();
                    self.tap.outgoing(self.connection, &frame);
                    if let Err(why) = self.socket.send(frame) {
                        self.lost(Lost::Broken, &why);
                    }
                }
                Do::Close if self.stopping => {
                    let (tap, connection) = (&mut self.tap, self.connection);
                    self.socket.close(|frame| tap.incoming(connection, frame)).await;
                    self.lost(Lost::Broken, "stopped");
                }
                Do::Close => self.lost(Lost::Broken, "given up: too long silent"),
            }
        }
    }

    /// Tells what there is room for.
    fn tell(&mut self) {
        while let Some(event) = self.waiting.take().or_else(|| self.session.next_event()) {
            match self.events.try_send(event) {
                Ok(()) => {}
                Err(mpsc::error::TrySendError::Full(event)) => {
                    self.waiting = Some(event);
                    return;
                }
                Err(mpsc::error::TrySendError::Closed(_)) => self.stop(),
            }
        }
    }

    fn on_step(&mut self, step: Step) {
        let now = self.now();
        match step {
            Step::Connected => {
                self.connection += 1;
                self.connected = true;
                self.tap.opened(self.connection, self.gateways[self.gateway].name());
                self.session.handle_connected(now);
            }
            Step::Text(text) => {
                self.tap.incoming(self.connection, &text);
                match decode_frame(&text) {
                    Ok(frame) => self.session.handle_frame(frame, now),
                    Err(FrameError::Unknown { .. }) => self.session.handle_sign_of_life(now),
                    Err(why @ FrameError::Bad { .. }) => self.lost(Lost::Broken, &why.to_string()),
                }
            }
            Step::Alive => self.session.handle_sign_of_life(now),
            Step::Lost { lost, why } => self.lost(lost, &why),
        }
    }

    fn on_request(&mut self, request: Request) {
        let now = self.now();
        // Who does not wait for the answer any more does not need it.
        match request {
            Request::Create(what, answer) => {
                let _ = answer.send(self.session.create(what, now, wall()));
            }
            Request::Say(conversation, content, sent_at, answer) => {
                let sent_at = sent_at.unwrap_or_else(wall);
                let _ = answer.send(self.session.say(conversation, content, now, sent_at));
            }
            Request::Subscribe(conversation, from, answer) => {
                let _ = answer.send(self.session.subscribe(conversation, from));
            }
            Request::Unsubscribe(conversation) => self.session.unsubscribe(&conversation),
            Request::Acknowledge(conversation, seq) => {
                self.session.acknowledge(&conversation, seq, now);
            }
            Request::Read(conversation, from, limit, answer) => {
                let _ = answer.send(self.session.read(conversation, from, limit));
            }
            Request::OutboxLen(answer) => {
                let _ = answer.send(self.session.outbox_len());
            }
            Request::Cut => {
                self.socket.cut();
                self.lost(Lost::Broken, "cut");
            }
            Request::Stop => self.stop(),
        }
    }

    /// The socket, or the try to open one, is gone.
    fn lost(&mut self, lost: Lost, why: &str) {
        self.socket = Socket::None;
        if std::mem::take(&mut self.connected) {
            self.tap.closed(self.connection, why);
        }
        self.session.handle_disconnected(lost, self.now());
    }

    fn stop(&mut self) {
        self.stopping = true;
        self.session.stop();
    }

    fn now(&self) -> Mono {
        Mono(u64::try_from(self.started.elapsed().as_nanos()).unwrap_or(u64::MAX))
    }
}

/// Returns once there is room, or nobody listens any more.
async fn room(events: &mpsc::Sender<Event>) {
    drop(events.reserve().await);
}

/// The wall clock. One that stands before 1970 says 1970.
fn wall() -> Wall {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Wall(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}
