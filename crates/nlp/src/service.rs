//! The shell: a socket, its connections, and until when they are served.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use thiserror::Error;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use crate::answer::Reading;
use crate::http::{Desk, Door};
use crate::options::{Options, OptionsError};

/// Connections; more wait to be taken.
pub const CONNECTIONS_MAX: usize = 16_384;

/// Connections that wait to be taken: pools open many at once.
const BACKLOG: u32 = 4_096;

/// How long what is in flight is served when the service is asked to end.
pub const DRAIN_MAX: Duration = Duration::from_secs(5);

/// After a connection cannot be taken (descriptors have run out), the next is tried so much later.
const ACCEPT_AGAIN: Duration = Duration::from_millis(100);

/// Why the service does not run.
#[derive(Debug, Error)]
pub enum NlpError {
    /// An option is wrong.
    #[error(transparent)]
    Options(#[from] OptionsError),
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
}

/// A service that has its port and waits to be served.
pub struct Service {
    listener: TcpListener,
    address: SocketAddr,
    streams: u32,
    http1: bool,
    desk: Arc<Desk>,
    closing: watch::Sender<bool>,
}

/// Checks the options, loads the small model if it is asked for, and takes the port; those who connect wait until [`Service::serve`].
///
/// # Errors
/// [`NlpError`]: an option is wrong, or the address cannot be had.
pub async fn bind(options: &Options) -> Result<Service, NlpError> {
    options.check()?;
    let reading = Reading::of(options)?;
    let address = options.listen;
    let failed = |source| NlpError::Listen { address, source };
    let listener = listen(address).map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;
    let (closing, closes) = watch::channel(false);
    let desk = Arc::new(Desk::new(options, reading, closes));
    let (streams, http1) = (options.streams, options.http1);
    Ok(Service { listener, address, streams, http1, desk, closing })
}

/// Binds and serves.
///
/// # Errors
/// [`NlpError`], as for [`bind`].
pub async fn serve(
    options: &Options,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<(), NlpError> {
    bind(options).await?.serve(shutdown).await;
    Ok(())
}

impl Service {
    /// Where it listens, the port included.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves HTTP/1.1 and, where that is wanted, HTTP/2 (by prior knowledge) until `shutdown` is ready, and then for
    /// [`DRAIN_MAX`] what is in flight.
    pub async fn serve(self, shutdown: impl Future<Output = ()> + Send + 'static) {
        let mut connections = JoinSet::new();
        let mut builder = auto::Builder::new(TokioExecutor::new());
        builder.http2().max_concurrent_streams(self.streams);
        if self.http1 {
            builder = builder.http1_only();
        }
        let places = Arc::new(Semaphore::new(CONNECTIONS_MAX));
        let mut shutdown = std::pin::pin!(shutdown);
        loop {
            let taken = tokio::select! {
                () = &mut shutdown => break,
                taken = accept(&self.listener, &places) => taken,
                Some(_) = connections.join_next(), if !connections.is_empty() => continue,
            };
            let Ok((place, stream, peer)) = taken else {
                sleep(ACCEPT_AGAIN).await;
                continue;
            };
            let goodbye = Arc::new(Notify::new());
            let is_loopback = peer.ip().to_canonical().is_loopback();
            let door = Door::new(Arc::clone(&self.desk), is_loopback, Arc::clone(&goodbye));
            let served =
                connection(builder.clone(), stream, door, goodbye, self.closing.subscribe());
            connections.spawn(async move {
                served.await;
                drop(place);
            });
        }
        // Nobody listens when there is no connection.
        let _ = self.closing.send(true);
        drop(self.listener);
        let all = async { while connections.join_next().await.is_some() {} };
        if timeout(DRAIN_MAX, all).await.is_err() {
            connections.shutdown().await;
        }
    }
}

fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    // A port that was used a moment ago can be used again.
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

async fn accept(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> io::Result<(OwnedSemaphorePermit, TcpStream, SocketAddr)> {
    let place = Arc::clone(places).acquire_owned().await.map_err(io::Error::other)?;
    let (stream, peer) = listener.accept().await?;
    // Answers are small and awaited: they do not wait for more to go with them.
    stream.set_nodelay(true)?;
    Ok((place, stream, peer))
}

async fn connection(
    builder: auto::Builder<TokioExecutor>,
    stream: TcpStream,
    door: Door,
    goodbye: Arc<Notify>,
    mut closing: watch::Receiver<bool>,
) {
    let door = Arc::new(door);
    let service = service_fn(|request| {
        let door = Arc::clone(&door);
        async move { Ok::<_, std::convert::Infallible>(door.answer(request).await) }
    });
    let mut served = std::pin::pin!(builder.serve_connection(TokioIo::new(stream), service));
    tokio::select! {
        // A client that goes away is none of this service's business.
        _ = &mut served => return,
        () = goodbye.notified() => door.said_goodbye(),
        _ = closing.wait_for(|closing| *closing) => {}
    }
    served.as_mut().graceful_shutdown();
    let _ = served.await;
}
