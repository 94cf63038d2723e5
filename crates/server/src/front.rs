//! What of a process is seen from outside, from its first moment to its last: a port that says how it
//! is, serves when everything behind it is true, and tells everyone to go before it closes.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use axum::Router;
use gateway::Gateway;
use tokio::net::TcpSocket;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

use crate::config::Config;
use crate::error::ServeError;
use crate::health::Progress;
use crate::http;
use crate::listen::{self, Port};
use crate::signals::StopSignals;
use crate::stage::Stage;

/// Connections that wait to be accepted (the system has a lower bound of its own, often 4096).
const BACKLOG: u32 = 1024;

/// How long a request that came while the process was draining may take.
const LAST_REQUESTS: Duration = Duration::from_secs(1);

/// The port and its life.
pub(crate) struct Front {
    pub(crate) address: SocketAddr,
    pub(crate) stage: watch::Sender<Stage>,
    open: Arc<OnceLock<Router>>,
    /// Ends with the last connection from before the draining.
    left: mpsc::Receiver<Infallible>,
    serving: JoinHandle<()>,
}

impl Front {
    /// Listens, and says that the process starts.
    pub(crate) fn open(config: &Config, progress: &Arc<Progress>) -> Result<Self, ServeError> {
        let tls = listen::tls(&config.access)?;
        let socket = reserve(config.listen)?;
        let wrong = |why| ServeError::Listen { address: config.listen, why };
        let listener = socket.listen(BACKLOG).map_err(wrong)?;
        let address = listener.local_addr().unwrap_or(config.listen);
        let open = Arc::new(OnceLock::new());
        let starting = http::starting(Arc::clone(progress));
        let (access, traffic) = (&config.access, &config.traffic);
        let port = Port::new(listener, tls, starting, Arc::clone(&open), access, traffic);
        let (stage, at) = watch::channel(Stage::Starting);
        let (early, left) = mpsc::channel(1);
        let serving = tokio::spawn(port.serve(at, early));
        Ok(Self { address, stage, open, left, serving })
    }

    /// From now on everything is served.
    pub(crate) fn serve(&self, router: Router) {
        let first = self.open.set(router).is_ok();
        assert!(first, "a process opens once");
        self.stage.send_replace(Stage::Open);
    }

    /// Tells everyone to go, each with a time of their own to come back, and waits until they have
    /// gone: for `drain_timeout` at most, and no longer than until the process is asked to stop again.
    pub(crate) async fn drain(
        self,
        config: &Config,
        gateway: Option<Gateway>,
        mut signals: StopSignals,
    ) {
        let Self { stage, mut left, mut serving, .. } = self;
        stage.send_replace(Stage::Draining);
        tracing::info!(
            drain_window_ms = config.drain_window.as_millis(),
            drain_timeout_ms = config.drain_timeout.as_millis(),
            "draining: whoever is connected is told to go"
        );
        let (hurry, hurried) = watch::channel(false);
        let gone = async {
            let (mut for_gateway, mut for_requests) = (hurried.clone(), hurried.clone());
            let connections = async {
                if let Some(gateway) = &gateway {
                    gateway
                        .dismiss(async { drop(for_gateway.wait_for(|hurry| *hurry).await) })
                        .await;
                }
            };
            let requests = async {
                tokio::select! {
                    _ = left.recv() => {}
                    _ = for_requests.wait_for(|hurry| *hurry) => {}
                }
            };
            // Side by side: who does not read and who does not end a request cost one wait, not two.
            tokio::join!(connections, requests);
            stage.send_replace(Stage::Closed);
            if timeout(LAST_REQUESTS, &mut serving).await.is_err() {
                serving.abort();
            }
            if let Some(gateway) = &gateway {
                gateway.end().await;
            }
        };
        tokio::pin!(gone);
        tokio::select! {
            () = &mut gone => return,
            () = signals.came() => tracing::warn!("asked to stop again: nobody is waited for any more"),
            () = sleep(config.drain_timeout) => tracing::warn!("some have not gone in time: they are cut off"),
        }
        hurry.send_replace(true);
        gone.await;
    }
}

/// Takes an address.
fn reserve(address: SocketAddr) -> Result<TcpSocket, ServeError> {
    let socket = match address {
        SocketAddr::V4(_) => TcpSocket::new_v4(),
        SocketAddr::V6(_) => TcpSocket::new_v6(),
    };
    let reserved = socket.and_then(|socket| {
        // As every server does: one that has just ended is no reason to wait.
        socket.set_reuseaddr(true)?;
        socket.bind(address)?;
        Ok(socket)
    });
    reserved.map_err(|why| ServeError::Listen { address, why })
}
