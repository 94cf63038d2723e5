//! One client: 1 run what its session commands, 2 tell its part what happened, 3 wait for what comes next.

use std::future::{pending, poll_fn};
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use model::Mono;
use session::{Do, Event, Lost, Session};
use tokio::net::{TcpSocket, TcpStream};
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};
use wire::{CloseCode, Command, Frame, FrameError, decode_frame, retry_after_of};

use super::{Act, Failed, Moment, Order, Part, Roster};
use crate::measure::Refusal;
use crate::websocket::{Ended, Upgrade, Websocket};

/// The `ref` of the ping that asks for an answer: sessions number theirs from 1.
const ARE_YOU_THERE: u64 = 0;

/// A client and what it is there for.
pub(crate) struct Peer<P> {
    roster: Arc<Roster>,
    number: u32,
    session: Session,
    part: P,
    orders: watch::Receiver<Order>,
    line: Line,
    started: Instant,
    /// When its connection, or its try, was lost; when the next try is due.
    lost_at: Instant,
    try_at: Instant,
    is_trying: bool,
    /// Cuts of the network that it has felt.
    cuts: u32,
}

type Connecting = Pin<Box<dyn Future<Output = Result<Websocket, Unopened>> + Send>>;

/// Its connection.
enum Line {
    Down,
    Connecting(Connecting),
    Up(Websocket),
}

enum Unopened {
    Unreachable(io::Error),
    Ended(Ended),
}

/// What happened.
enum Woken {
    Opened(Result<Websocket, Unopened>),
    Read(Result<(), Ended>),
    Ordered(Order),
    /// Nobody gives orders any more.
    Dismissed,
    Time,
}

impl<P: Part> Peer<P> {
    /// One that connects as soon as it runs. `ready` may subscribe.
    ///
    /// # Errors
    /// A name that is none; a system without randomness.
    pub(crate) fn new(
        roster: &Arc<Roster>,
        number: u32,
        orders: watch::Receiver<Order>,
        ready: impl FnOnce(session::Options) -> (Session, P),
    ) -> Result<Self, Refusal> {
        let (session, part) = ready(roster.options(number)?);
        let now = Instant::now();
        let cuts = orders.borrow().network.cuts;
        Ok(Self {
            roster: Arc::clone(roster),
            number,
            session,
            part,
            orders,
            line: Line::Down,
            started: now,
            lost_at: now,
            try_at: now,
            is_trying: false,
            cuts,
        })
    }

    /// Until nobody gives orders any more, or the server says not to come back.
    #[expect(
        clippy::manual_async_fn,
        reason = "an async fn keeps a second place for `self`: a KB in each client"
    )]
    pub(crate) fn run(mut self) -> impl Future<Output = ()> + Send {
        async move { self.go().await }
    }

    async fn go(&mut self) {
        loop {
            self.obey();
            if self.session.is_stopped() {
                return;
            }
            match self.wait().await {
                Woken::Opened(Ok(socket)) => {
                    self.line = Line::Up(socket);
                    self.session.handle_connected(self.now().mono);
                }
                Woken::Opened(Err(Unopened::Unreachable(why))) => {
                    self.part.ends(&why.to_string());
                    self.lost(Lost::Broken, Failed::Unreachable);
                }
                Woken::Opened(Err(Unopened::Ended(why))) | Woken::Read(Err(why)) => {
                    self.part.ends(&why.to_string());
                    let (lost, failed) = ending(&why);
                    self.lost(lost, failed);
                }
                Woken::Read(Ok(())) => {}
                Woken::Ordered(order) => self.ordered(order),
                Woken::Dismissed => return,
                Woken::Time => {
                    let now = self.now();
                    self.session.handle_timeout(now.mono);
                    if self.part.due().is_some_and(|due| due <= now.at) {
                        self.part.wakes(&mut self.session, now);
                    }
                }
            }
        }
    }

    /// Runs commands and tells events until there are none.
    fn obey(&mut self) {
        loop {
            while let Some(event) = self.session.next_event() {
                self.tell(event);
            }
            match self.session.next_command() {
                None => return,
                Some(Do::Connect { .. }) => self.connect(),
                Some(Do::Send(command)) => {
                    if let Line::Up(socket) = &mut self.line {
                        socket.put(&command.encode());
                    }
                }
                Some(Do::Close) => self.lost(Lost::Broken, Failed::Broken),
            }
        }
    }

    fn tell(&mut self, event: Event) {
        let now = self.now();
        if let Event::Disconnected { again_in } = &event {
            self.try_at = self.lost_at + *again_in;
        }
        if matches!(event, Event::Welcomed { .. }) {
            self.is_trying = false;
        }
        self.part.hears(event, &mut self.session, now);
    }

    fn connect(&mut self) {
        self.part.tries(self.try_at, self.now());
        self.is_trying = true;
        if !self.orders.borrow().network.is_up {
            self.lost(Lost::Broken, Failed::Unreachable);
        } else {
            let (roster, number) = (Arc::clone(&self.roster), self.number);
            self.line = Line::Connecting(Box::pin(open(roster, number)));
        }
    }

    fn lost(&mut self, lost: Lost, failed: Failed) {
        self.lost_then(lost, failed, Instant::now());
    }

    fn lost_then(&mut self, lost: Lost, failed: Failed, at: Instant) {
        self.line = Line::Down;
        self.lost_at = at;
        if std::mem::take(&mut self.is_trying) {
            self.part.fails(failed);
        }
        self.session.handle_disconnected(lost, mono(self.started, at));
    }

    fn ordered(&mut self, order: Order) {
        let network = order.network;
        if self.cuts != network.cuts {
            self.cuts = network.cuts;
            if let Line::Up(socket) = std::mem::replace(&mut self.line, Line::Down) {
                socket.reset();
            }
            self.lost_then(Lost::Broken, Failed::Unreachable, network.cut_at);
        }
        if let (Act::Answer, Line::Up(socket)) = (order.act, &mut self.line) {
            socket.put(&Command::Ping { reference: Some(ARE_YOU_THERE) }.encode());
        }
        self.part.acts(order.act);
    }

    async fn wait(&mut self) -> Woken {
        let started = self.started;
        let part_at = self.part.due();
        let session_at = self.session.poll_timeout().map(|at| started + at.since(Mono(0)));
        let wake_at = [part_at, session_at].into_iter().flatten().min();
        let Self { line, session, part, orders, .. } = self;
        let mut is_bad = false;
        let hear = |text: &[u8]| {
            let mono = mono(started, Instant::now());
            match std::str::from_utf8(text).map(decode_frame) {
                Ok(Ok(frame)) => {
                    if let Frame::Pong { reference: Some(ARE_YOU_THERE) } = frame {
                        part.answers();
                    }
                    session.handle_frame(frame, mono);
                }
                Ok(Err(FrameError::Unknown { .. })) => session.handle_sign_of_life(mono),
                Ok(Err(FrameError::Bad { .. })) | Err(_) => is_bad = true,
            }
        };
        let woken = tokio::select! {
            woken = step(line, hear) => woken,
            changed = orders.changed() => match changed {
                Ok(()) => Woken::Ordered(*orders.borrow_and_update()),
                Err(_) => Woken::Dismissed,
            },
            () = sleep_until(wake_at.unwrap_or(started)), if wake_at.is_some() => Woken::Time,
        };
        if is_bad {
            return Woken::Read(Err(Ended::Malformed("a frame that is none".to_owned())));
        }
        woken
    }

    fn now(&self) -> Moment {
        let at = Instant::now();
        Moment { at, mono: mono(self.started, at) }
    }
}

/// The next thing that happens on its connection. May be dropped and called again.
async fn step(line: &mut Line, mut hear: impl FnMut(&[u8])) -> Woken {
    match line {
        Line::Down => pending().await,
        Line::Connecting(connecting) => Woken::Opened(connecting.await),
        Line::Up(socket) => Woken::Read(poll_fn(|cx| poll_turn(socket, cx, &mut hear)).await),
    }
}

/// Writes what waits, and reads once.
fn poll_turn(
    socket: &mut Websocket,
    cx: &mut Context<'_>,
    hear: &mut impl FnMut(&[u8]),
) -> Poll<Result<(), Ended>> {
    let flushed = socket.poll_flush(cx);
    // What the server said last tells more than that nothing can be written any more.
    match (socket.poll_read(cx, hear), flushed) {
        (Poll::Ready(read), _) => Poll::Ready(read.map(drop)),
        (Poll::Pending, Poll::Ready(Err(why))) => Poll::Ready(Err(why.into())),
        (Poll::Pending, Poll::Ready(Ok(())) | Poll::Pending) => Poll::Pending,
    }
}

async fn open(roster: Arc<Roster>, number: u32) -> Result<Websocket, Unopened> {
    let place = roster.place(number);
    let tcp = connect(place.address, &roster, number).await.map_err(Unopened::Unreachable)?;
    let protocol = Some(wire::Encoding::Json.subprotocol());
    let asked = Upgrade { authority: &place.authority, path: &place.path, protocol };
    let socket = place.dress(tcp).await.map_err(|why| Unopened::Ended(why.into()))?;
    Websocket::upgrade(socket, asked).await.map_err(Unopened::Ended)
}

async fn connect(to: SocketAddr, roster: &Roster, number: u32) -> io::Result<TcpStream> {
    let socket = if to.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    socket.set_nodelay(true)?;
    if let Some(source) = roster.source(number) {
        socket.bind(SocketAddr::new(source, 0))?;
    }
    socket.connect(to).await
}

/// How the session is to take it, and what it was if it was a try.
fn ending(why: &Ended) -> (Lost, Failed) {
    match why {
        Ended::Closed { code, reason } => {
            let code = CloseCode(*code);
            let says_when = matches!(code, CloseCode::TOO_BUSY | CloseCode::GOING_AWAY);
            let retry_after_ms = retry_after_of(reason).filter(|_| says_when);
            let failed = if says_when { Failed::TurnedAway } else { Failed::Broken };
            (Lost::Closed { code, retry_after_ms }, failed)
        }
        Ended::Refused { .. } => (Lost::Broken, Failed::TurnedAway),
        Ended::Io(_) | Ended::Malformed(_) => (Lost::Broken, Failed::Broken),
    }
}

fn mono(started: Instant, at: Instant) -> Mono {
    Mono(u64::try_from((at - started).as_nanos()).unwrap_or(u64::MAX))
}
