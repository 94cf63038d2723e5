//! A thread with its own runtime, its own part of the schedule and its own connections: workers share nothing that is
//! written for each request.

use std::io;
use std::sync::Arc;
use std::sync::mpsc::SyncSender;
use std::thread::JoinHandle;

use futures_util::stream::{FuturesUnordered, StreamExt as _};
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::chat::Company;
use super::clock::Clock;
use super::fault::Failed;
use super::line::{Asked, Line, Shared};
use super::pacer::{self, Timer};
use super::request::Request;
use super::socket::Socket;
use super::stream::{Link, Stream};

/// Connections of one worker that are opened at the same time, before the run.
const OPENING_MAX: usize = 64;

/// What all workers are at.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Phase {
    /// Open connections.
    Connect,
    /// Make requests.
    Go(Clock),
    /// Leave everything.
    Stop,
}

/// What came of opening connections.
#[derive(Debug)]
pub(crate) struct Opened {
    pub(crate) first_failure: Option<Failed>,
    /// Why one does not listen who should.
    pub(crate) no_listener: Option<Failed>,
}

/// A running one.
pub(crate) struct Worker {
    pub(crate) shared: Shared,
    thread: JoinHandle<io::Result<()>>,
}

impl Worker {
    /// Starts a thread that opens its connections, tells `opened`, and waits for what is next.
    ///
    /// # Errors
    /// No thread can be started.
    pub(crate) fn begin(
        number: u32,
        shared: Shared,
        connections: usize,
        phase: watch::Receiver<Phase>,
        opened: SyncSender<Opened>,
    ) -> io::Result<Self> {
        let own = shared.clone();
        let thread =
            std::thread::Builder::new().name(format!("load-{number}")).spawn(move || {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
                runtime.block_on(work(own, connections, phase, opened))
            })?;
        Ok(Self { shared, thread })
    }

    /// Whether it has nothing left to do.
    pub(crate) fn is_finished(&self) -> bool {
        self.thread.is_finished()
    }

    /// Waits for its end.
    ///
    /// # Errors
    /// What ended it early.
    pub(crate) fn join(self) -> io::Result<()> {
        self.thread.join().unwrap_or_else(|_| Err(io::Error::other("a worker panicked")))
    }
}

async fn work(
    shared: Shared,
    connections: usize,
    mut phase: watch::Receiver<Phase>,
    opened: SyncSender<Opened>,
) -> io::Result<()> {
    let timer = Timer::new()?;
    let (links, all) = Links::open(&shared, connections).await;
    // Nobody listens any more: then it is over.
    let _ = opened.send(all);
    drop(opened);
    let Some(clock) = begun(&mut phase).await else { return Ok(()) };
    // Until then the clock stands: what was done in it would have taken no time.
    tokio::time::sleep_until(clock.beginning().into()).await;
    let mut lines = links.begin(&shared, clock);
    tokio::select! {
        () = async { while lines.join_next().await.is_some() {} } => Ok(()),
        ended = pacer::pace(timer, shared.desk.clone(), clock) => ended,
        () = stopped(&mut phase) => Ok(()),
    }
}

/// Opens all connections, unless each serves one request only. One that fails is opened again with its first request.
async fn open(shared: &Shared, connections: usize) -> (Vec<Option<Socket>>, Option<Failed>) {
    let mut sockets: Vec<Option<Socket>> =
        std::iter::repeat_with(|| None).take(connections).collect();
    let mut first_failure = None;
    if !shared.reuse {
        return (sockets, first_failure);
    }
    let mut opening = FuturesUnordered::new();
    let mut seats = 0..connections;
    loop {
        while opening.len() < OPENING_MAX {
            let Some(seat) = seats.next() else { break };
            opening.push(async move { (seat, shared.connect().await) });
        }
        match opening.next().await {
            Some((seat, Ok(socket))) => sockets[seat] = Some(socket),
            Some((_, Err(failed))) => first_failure = first_failure.or(Some(failed)),
            None => return (sockets, first_failure),
        }
    }
}

/// Connections of either kind.
enum Links {
    Http1(Vec<Option<Socket>>, Arc<Request>),
    Http2(Vec<Arc<Link>>, Arc<Request>, usize),
    Chat(Company),
}

impl Links {
    async fn open(shared: &Shared, connections: usize) -> (Self, Opened) {
        let request = match &shared.asked {
            Asked::Http(request) => Arc::clone(request),
            Asked::Chat(chat) => {
                let (company, opened) = Company::open(shared, chat, connections).await;
                return (Self::Chat(company), opened);
            }
        };
        let Some(streams) = shared.streams else {
            let (sockets, first_failure) = open(shared, connections).await;
            return (Self::Http1(sockets, request), Opened { first_failure, no_listener: None });
        };
        let (mut links, mut first_failure) = (Vec::new(), None);
        for _ in 0..connections {
            let link = Arc::new(Link::default());
            first_failure = first_failure.or(link.sender(shared).await.err());
            links.push(link);
        }
        let streams = usize::try_from(streams).unwrap_or(1);
        (Self::Http2(links, request, streams), Opened { first_failure, no_listener: None })
    }

    fn begin(self, shared: &Shared, clock: Clock) -> JoinSet<()> {
        let mut lines = JoinSet::new();
        match self {
            Self::Http1(sockets, request) => {
                for (seat, socket) in sockets.into_iter().enumerate() {
                    let both = (shared.clone(), Arc::clone(&request));
                    lines.spawn(Line::new(both, seat, clock, socket).run());
                }
            }
            Self::Http2(links, request, streams) => {
                let of_each = links.iter().flat_map(|link| std::iter::repeat_n(link, streams));
                for (seat, link) in of_each.enumerate() {
                    let both = (shared.clone(), Arc::clone(&request));
                    lines.spawn(Stream::new(both, seat, clock, Arc::clone(link)).run());
                }
            }
            Self::Chat(company) => company.begin(shared, clock, &mut lines),
        }
        lines
    }
}

async fn begun(phase: &mut watch::Receiver<Phase>) -> Option<Clock> {
    let next = phase.wait_for(|phase| !matches!(phase, Phase::Connect)).await.ok()?;
    match *next {
        Phase::Go(clock) => Some(clock),
        Phase::Connect | Phase::Stop => None,
    }
}

async fn stopped(phase: &mut watch::Receiver<Phase>) {
    // If who could say so is gone, it is over, too.
    let _ = phase.wait_for(|phase| matches!(phase, Phase::Stop)).await;
}
