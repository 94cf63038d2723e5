//! Connections from the port to HTTP: TLS where it is wanted, limits on whoever takes their time, and
//! an end that waits for what is under way.
//!
//! While the process drains the port stays open, for those who ask how it is: connections from before
//! end with the request they are at, and a new one is good for one request.
//!
//! # Invariants
//!
//! - A connection that has not said its request within [`REQUEST_WITHIN`] is closed (slowloris), and
//!   so is one that has not finished its TLS handshake within [`HANDSHAKE_WITHIN`], and one that takes
//!   nothing of what is written to it for [`WRITE_WITHIN`](crate::sockets::WRITE_WITHIN).
//! - Near the descriptor limit nobody hangs: a socket more than there may be, of all or of one address,
//!   is answered 503 and closed, and when the system itself refuses, accepting pauses for a moment.

use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use gateway::Peer;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tower_service::Service as _;
use tracing::{Instrument as _, info_span};

use crate::config::{AccessConfig, TrafficConfig};
use crate::error::ServeError;
use crate::sockets::{Held, Socket, Sockets};
use crate::stage::Stage;

/// How long the head of a request may take.
const REQUEST_WITHIN: Duration = Duration::from_secs(10);

/// How long a TLS handshake may take.
const HANDSHAKE_WITHIN: Duration = Duration::from_secs(10);

/// How long one that is refused has to read why.
const REFUSED_WITHIN: Duration = Duration::from_secs(1);

/// Bytes of the head of a request.
const HEAD_MAX_BYTES: usize = 32 * 1024;

/// Sockets besides the connections that may be: requests over HTTP, and those that are refused.
const SOCKETS_BESIDES: usize = 500;

/// The same, of one address.
const SOCKETS_OF_ADDRESS_BESIDES: usize = 100;

/// A pause after the system had no descriptor left.
const NO_DESCRIPTOR_PAUSE: Duration = Duration::from_millis(50);

/// What one socket too many is told.
const FULL: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 5\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";

/// The port, once it is open.
pub(crate) struct Port {
    listener: TcpListener,
    tls: Option<TlsAcceptor>,
    /// Before there is anything to ask.
    starting: Router,
    /// Once there is.
    open: Arc<OnceLock<Router>>,
    /// Numbers requests, for the log.
    requests: AtomicU64,
    trusted_proxies: Vec<IpAddr>,
    sockets: Arc<Sockets>,
}

impl Port {
    pub(crate) fn new(
        listener: TcpListener,
        tls: Option<TlsAcceptor>,
        starting: Router,
        open: Arc<OnceLock<Router>>,
        access: &AccessConfig,
        traffic: &TrafficConfig,
    ) -> Self {
        let trusted_proxies = access.trusted_proxies.clone();
        let of_address = traffic.connections_per_address_max;
        let sockets = Arc::new(Sockets::new(
            traffic.connections_max.saturating_add(SOCKETS_BESIDES),
            of_address.saturating_add(SOCKETS_OF_ADDRESS_BESIDES),
        ));
        let requests = AtomicU64::new(0);
        Self { listener, tls, starting, open, requests, trusted_proxies, sockets }
    }

    /// Serves until the stage is the last one, then waits for the requests under way. Who holds the
    /// other end of `early` learns when the last connection from before the draining has ended.
    pub(crate) async fn serve(
        self,
        stage: watch::Receiver<Stage>,
        early: mpsc::Sender<Infallible>,
    ) {
        let port = Arc::new(self);
        let mut serving = JoinSet::new();
        let mut draining = stage.clone();
        let mut closed = stage.clone();
        let mut early = Some(early);
        loop {
            let accepted = tokio::select! {
                accepted = port.listener.accept() => accepted,
                _ = draining.wait_for(|stage| stage.is_ending()), if early.is_some() => {
                    early = None;
                    continue;
                }
                _ = closed.wait_for(|stage| *stage == Stage::Closed) => break,
                Some(_) = serving.join_next() => continue,
            };
            match accepted {
                Ok((socket, from)) => {
                    let (port, stage, early) = (Arc::clone(&port), stage.clone(), early.clone());
                    let held = port.hold(from);
                    serving.spawn(async move {
                        port.connection(socket, from, held, stage).await;
                        drop(early);
                    });
                }
                Err(why) => {
                    tracing::warn!(%why, "a connection could not be accepted");
                    sleep(NO_DESCRIPTOR_PAUSE).await;
                }
            }
        }
        while serving.join_next().await.is_some() {}
    }

    /// A place for a socket; of an address, where that is one of a client.
    fn hold(&self, from: SocketAddr) -> Option<Held> {
        let address = from.ip().to_canonical();
        let is_client = !address.is_loopback() && !self.trusted_proxies.contains(&address);
        Sockets::hold(&self.sockets, is_client.then_some(address))
    }

    async fn connection(
        &self,
        socket: TcpStream,
        from: SocketAddr,
        held: Option<Held>,
        stage: watch::Receiver<Stage>,
    ) {
        let Some(held) = held else {
            drop(timeout(REFUSED_WITHIN, refuse(socket)).await);
            return;
        };
        // Without it a small answer can wait 40 ms for the acknowledgement of the one before (RFC 1122
        // §4.2.3.2 against RFC 896).
        if let Err(why) = socket.set_nodelay(true) {
            tracing::debug!(%why, "a connection without TCP_NODELAY");
        }
        match &self.tls {
            None => self.http(Socket::new(socket, held), from, stage).await,
            Some(tls) => match timeout(HANDSHAKE_WITHIN, tls.accept(socket)).await {
                Ok(Ok(socket)) => self.http(Socket::new(socket, held), from, stage).await,
                Ok(Err(why)) => tracing::debug!(%why, "a TLS handshake failed"),
                Err(_) => tracing::debug!("a TLS handshake took too long"),
            },
        }
    }

    async fn http<S>(&self, socket: Socket<S>, from: SocketAddr, mut stage: watch::Receiver<Stage>)
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let peer = from.ip().to_canonical();
        let is_trusted = self.trusted_proxies.contains(&peer);
        let service = service_fn(move |mut request: Request<Incoming>| {
            let forwarded = if is_trusted { forwarded(&request) } else { None };
            request.extensions_mut().insert(Peer(forwarded.unwrap_or(peer)));
            let span = info_span!("request", number = self.requests.fetch_add(1, Relaxed), %peer,
                method = %request.method(), path = request.uri().path());
            let answering = self.open.get().unwrap_or(&self.starting).clone().call(request);
            async move {
                let answer = answering.await;
                let status = answer.as_ref().map_or(0, |answer| answer.status().as_u16());
                tracing::debug!(status, "answered");
                answer
            }
            .instrument(span)
        });
        let serving = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(REQUEST_WITHIN)
            .keep_alive(!stage.borrow().is_ending())
            .max_buf_size(HEAD_MAX_BYTES)
            .serve_connection(TokioIo::new(socket), service)
            .with_upgrades();
        tokio::pin!(serving);
        tokio::select! {
            served = &mut serving => {
                if let Err(why) = served {
                    tracing::debug!(%why, "a connection ended");
                }
                return;
            }
            () = must_end(&mut stage) => {}
        }
        serving.as_mut().graceful_shutdown();
        if let Err(why) = serving.await {
            tracing::debug!(%why, "a connection ended");
        }
    }
}

/// For a connection from before the draining, its beginning; for one of later, never.
async fn must_end(stage: &mut watch::Receiver<Stage>) {
    if stage.borrow().is_ending() {
        return std::future::pending().await;
    }
    drop(stage.wait_for(|stage| stage.is_ending()).await);
}

/// Says that there is no place, and reads on until the other side has closed, too: bytes that nobody
/// read would cut the answer off.
async fn refuse(mut socket: TcpStream) -> std::io::Result<()> {
    socket.write_all(FULL).await?;
    socket.shutdown().await?;
    let mut unread = [0; 1024];
    while socket.read(&mut unread).await? > 0 {}
    Ok(())
}

/// The address that the nearest proxy saw: the last of the list, which it wrote itself.
fn forwarded(request: &Request<Incoming>) -> Option<IpAddr> {
    let all = request.headers().get_all("x-forwarded-for").iter().next_back()?;
    all.to_str()
        .ok()?
        .rsplit(',')
        .next()?
        .trim()
        .parse::<IpAddr>()
        .ok()
        .map(|from| from.to_canonical())
}

/// TLS as the files say.
pub(crate) fn tls(access: &AccessConfig) -> Result<Option<TlsAcceptor>, ServeError> {
    let Some((cert_file, key_file)) = &access.tls else { return Ok(None) };
    let bad = |key: &'static str, path: &Path, why: String| ServeError::Keys {
        key,
        path: path.to_owned(),
        why,
    };
    let certs = CertificateDer::pem_file_iter(cert_file)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|why| bad("tls_cert", cert_file, why.to_string()))?;
    let key = PrivateKeyDer::from_pem_file(key_file)
        .map_err(|why| bad("tls_key", key_file, why.to_string()))?;
    let mut config = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(certs, key)
        .map_err(|why| bad("tls_cert", cert_file, why.to_string()))?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Some(TlsAcceptor::from(Arc::new(config))))
}
