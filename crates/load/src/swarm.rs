//! Thousands of real clients in one process: the session of the shipped client, each on a bare socket.
//!
//! What decides is `session`, as in `client`: greeting, signs of life, resending, where a subscription goes on, and how
//! long to wait before connecting again. Only the shell is another: no channel, no buffer, and no lock of its own, so that a client costs
//! a few KB. A [`Part`] is what a client is there for.
//!
//! # Invariants
//!
//! - A network that is cut resets every connection, and refuses every try until it is there again.
//! - Each try that began has one end: the welcome, or why there was none.

mod peer;
mod roster;

use std::sync::atomic::AtomicU32;
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use model::{Mono, Wall};
use session::{Event, Session};
use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

use crate::measure::Refusal;

pub(crate) use peer::Peer;
pub(crate) use roster::{Place, Roster, RosterArgs};

/// How often it is looked at how far they are.
const LOOK: Duration = Duration::from_millis(2);

/// What everyone is told.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Order {
    pub(crate) network: Network,
    pub(crate) act: Act,
}

/// The network between them and the server. It is known how often it was cut: who looks late must not miss a short one.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Network {
    pub(crate) is_up: bool,
    pub(crate) cuts: u32,
    /// When the last cut was.
    pub(crate) cut_at: Instant,
}

/// What everyone is to do besides being there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Act {
    Rest,
    /// Speak from then on.
    Speak(Instant),
    /// Be asked by a ping whether the connection is alive.
    Answer,
}

/// Why a try to connect came to nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Failed {
    /// Nobody listened, or there was no network.
    Unreachable,
    /// The server did not want this connection now.
    TurnedAway,
    /// It ended early, or took too long.
    Broken,
}

/// The moment something happens: on the clock, and as the session counts.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Moment {
    pub(crate) at: Instant,
    pub(crate) mono: Mono,
}

/// What a client is there for.
pub(crate) trait Part: Send + 'static {
    /// A try to connect begins; it was due then.
    fn tries(&mut self, _due: Instant, _now: Moment) {}
    /// It came to nothing.
    fn fails(&mut self, _why: Failed) {}
    /// The other side ended a connection, or a try, and this is what it said.
    fn ends(&mut self, _said: &str) {}
    /// Something happened; the welcome ends a try.
    fn hears(&mut self, event: Event, session: &mut Session, now: Moment);
    /// Everyone is to do this now.
    fn acts(&mut self, _act: Act) {}
    /// The server has answered the ping of [`Act::Answer`].
    fn answers(&mut self) {}
    /// When it wants to be woken.
    fn due(&self) -> Option<Instant> {
        None
    }
    /// That moment has come.
    fn wakes(&mut self, _session: &mut Session, _now: Moment) {}
}

impl Order {
    /// A network that is up, and nothing to do.
    pub(crate) fn rest() -> Self {
        let network = Network { is_up: true, cuts: 0, cut_at: Instant::now() };
        Self { network, act: Act::Rest }
    }
}

impl Network {
    pub(crate) fn cut(&mut self, now: Instant) {
        *self = Self { is_up: false, cuts: self.cuts + 1, cut_at: now };
    }
}

/// What all of them run on.
///
/// # Errors
/// A system that gives none.
pub(crate) fn runtime() -> Result<Runtime, Refusal> {
    let runtime = Builder::new_multi_thread().enable_all().build();
    runtime.map_err(|why| Refusal::io(format!("no runtime: {why}")))
}

/// Begins so many, `at_once` of them at a time: `entered` counts those that are in. Ends when all have begun, or it takes too long.
///
/// # Errors
/// A client that cannot be.
pub(crate) async fn enter<P: Part>(
    clients: &mut JoinSet<()>,
    count: u32,
    entered: &AtomicU32,
    (at_once, until): (u32, Instant),
    mut client: impl FnMut(u32) -> Result<Peer<P>, Refusal>,
) -> Result<(), Refusal> {
    for number in 0..count {
        clients.spawn(client(number)?.run());
        let few = (number + 1).saturating_sub(at_once - 1);
        if !reaches(entered, few, until).await {
            break;
        }
    }
    Ok(())
}

/// Waits until so many have done it; whether they have.
pub(crate) async fn reaches(done: &AtomicU32, wanted: u32, until: Instant) -> bool {
    while done.load(Relaxed) < wanted {
        if Instant::now() >= until {
            return false;
        }
        sleep(LOOK).await;
    }
    true
}

impl Moment {
    /// The wall clock. One that stands before 1970 says 1970.
    #[expect(clippy::unused_self, reason = "the moment is now")]
    pub(crate) fn wall(self) -> Wall {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Wall(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
    }
}
