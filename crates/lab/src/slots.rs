//! A service that asks an outside service once for each request and is slow because of how it waits: the case
//! `docs/cases/slots.md`.
//!
//! A request passes three stages. At the *door* it waits for one of the handlers; in the *pool* it waits for a slot; in
//! the *call* it waits for the outside service. Whoever looks at a handler sees it wait for HTTP in both of the latter.
//! What a slot is, is what the case changes: a thread with a connection of its own, a stream of a shared connection, or a
//! stream that carries up to [`BATCH_MAX`] texts.
//!
//! # Invariants
//!
//! - No more calls are in flight than there are slots, whatever waits.
//! - What is bounded has a name: [`SLOTS_MAX`], [`HANDLERS_MAX`], [`CONNECTIONS_MAX`], [`BODY_MAX_BYTES`],
//!   [`ANSWER_MAX_BYTES`], [`BATCH_MAX`].

mod batches;
mod calls;
mod front;
mod gauges;
mod streams;
mod threads;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use clap::{Args, ValueEnum};
use thiserror::Error;
use tokio::net::{TcpListener, TcpSocket};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use self::calls::Calls;
use self::front::Front;

/// The most slots that may be asked for.
pub const SLOTS_MAX: u32 = 16_384;
/// The most handlers that may be asked for.
pub const HANDLERS_MAX: u32 = 16_384;
/// Connections of clients; more wait to be taken.
pub const CONNECTIONS_MAX: usize = 16_384;
/// Bytes of a request's body.
pub const BODY_MAX_BYTES: usize = 16 * 1024;
/// Bytes of an answer of the outside service: one for each text of a batch.
pub const ANSWER_MAX_BYTES: usize = 64 * 1024;
/// Texts of a call that carries several.
pub const BATCH_MAX: usize = 16;

/// How long a call may take.
const CALL_MAX: Duration = Duration::from_secs(10);
/// Connections that wait to be taken: clients come all at once.
const BACKLOG: u32 = 4_096;
/// After a connection cannot be taken (descriptors have run out), the next is tried so much later.
const ACCEPT_AGAIN: Duration = Duration::from_millis(100);

/// `hubbub lab slots`
#[derive(Debug, Clone, Args)]
pub struct SlotsArgs {
    /// Address to listen on; port 0 = any that is free
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:8095")]
    pub listen: SocketAddr,
    /// The outside service: what `hubbub nlp` listens on
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:8090")]
    pub outside: SocketAddr,
    /// What a slot is
    #[arg(long, value_enum, default_value = "thread")]
    pub slot: Slot,
    /// How many there are: calls in flight at most
    #[arg(long, value_name = "N", default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(1..=i64::from(SLOTS_MAX)))]
    pub slots: u32,
    /// Requests that are worked on at once; more wait at the door
    #[arg(long, value_name = "N", default_value_t = 12_000, value_parser = clap::value_parser!(u32).range(1..=i64::from(HANDLERS_MAX)))]
    pub handlers: u32,
}

/// What holds a call while it waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Slot {
    /// A thread that blocks on a connection of its own, HTTP/1.1
    Thread,
    /// A stream of a shared connection, HTTP/2
    Stream,
    /// The same, with up to sixteen texts that waited
    Batch,
}

/// Why the service does not run.
#[derive(Debug, Error)]
pub enum SlotsError {
    /// The address cannot be had.
    #[error(
        "cannot listen on {address}: {source}; give another address with --listen, or stop what has it"
    )]
    Listen {
        /// The address.
        address: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
    /// A thread cannot be started.
    #[error("cannot start the thread of slot {slot}: {source}; give fewer --slots")]
    Thread {
        /// Which.
        slot: u32,
        /// What the system said.
        source: io::Error,
    },
}

/// A service that has its port and waits to be served.
pub struct Service {
    listener: TcpListener,
    address: SocketAddr,
    front: Arc<Front>,
}

/// Takes the port and starts the slots, within a tokio runtime; those who connect wait until [`Service::serve`].
///
/// # Errors
/// [`SlotsError`]: the address cannot be had, or the threads cannot.
pub fn bind(args: &SlotsArgs) -> Result<Service, SlotsError> {
    let failed = |source| SlotsError::Listen { address: args.listen, source };
    let listener = listen(args.listen).map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;
    let calls = Calls::start(args)?;
    let front = Arc::new(Front::new(args.handlers, calls));
    Ok(Service { listener, address, front })
}

impl Service {
    /// Where it listens, the port included.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves until `shutdown` is ready. Calls that are in flight then are not waited for.
    pub async fn serve(self, shutdown: impl Future<Output = ()> + Send + 'static) {
        let mut connections = JoinSet::new();
        let places = Arc::new(Semaphore::new(CONNECTIONS_MAX));
        let mut shutdown = std::pin::pin!(shutdown);
        loop {
            let taken = tokio::select! {
                () = &mut shutdown => break,
                taken = front::accept(&self.listener, &places) => taken,
                Some(_) = connections.join_next(), if !connections.is_empty() => continue,
            };
            let Ok((place, stream)) = taken else {
                tokio::time::sleep(ACCEPT_AGAIN).await;
                continue;
            };
            let front = Arc::clone(&self.front);
            connections.spawn(async move {
                front::connection(front, stream).await;
                drop(place);
            });
        }
        connections.shutdown().await;
        self.front.close().await;
    }
}

fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    // A port that was used a moment ago can be used again.
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}
