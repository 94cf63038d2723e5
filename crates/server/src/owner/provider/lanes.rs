//! Connections of HTTP/2 to one service. One alone has as many calls in flight as the service allows streams on it,
//! often a hundred: at 200 ms a call that is 500 a second, whatever the processors do.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::Duration;

use axum::body::Bytes;
use axum::http::{Request, Response, Uri};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::client::conn::http2::{self, SendRequest};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use tokio::sync::Mutex;

use super::dial::{Dial, May};
use super::trouble::Wrong;

/// Calls that a connection is planned for: what services usually allow.
const STREAMS: usize = 100;

/// More connections than calls in flight need: streams are not evenly used.
const SPARE_PERCENT: usize = 130;

/// A silent connection is asked whether it lives, and is given up without an answer.
const PING_EVERY: Duration = Duration::from_secs(10);
const PING_WITHIN: Duration = Duration::from_secs(5);

/// Of the connections.
pub(super) struct Lanes {
    lanes: Vec<Lane>,
    next: AtomicUsize,
    dial: Dial,
}

/// One connection, made when it is first needed and again when it has ended.
#[derive(Default)]
struct Lane {
    in_flight: AtomicUsize,
    /// Calls that the service allows on it; 0 while it is not open.
    streams: Arc<AtomicUsize>,
    sender: Mutex<Option<SendRequest<Full<Bytes>>>>,
}

/// How many connections so many calls need.
pub(super) fn connections(in_flight_max: usize) -> usize {
    (in_flight_max * SPARE_PERCENT).div_ceil(100 * STREAMS).max(1)
}

impl Lanes {
    pub(super) fn new(in_flight_max: usize, dial: Dial) -> Self {
        let lanes = (0..connections(in_flight_max)).map(|_| Lane::default()).collect();
        Self { lanes, next: AtomicUsize::new(0), dial }
    }

    /// Connections that may be open, and calls that they take at once by what the service allows each; 0 while it has
    /// not said so.
    pub(super) fn carried(&self) -> (usize, usize) {
        let streams = self.lanes.iter().map(|lane| lane.streams.load(Relaxed));
        let open: Vec<usize> = streams.filter(|streams| *streams > 0).collect();
        let all = open.iter().fold(0_usize, |all, streams| all.saturating_add(*streams));
        let connections = self.lanes.len();
        (connections, all.saturating_mul(connections) / open.len().max(1))
    }

    /// Sends one request on the less used of two connections (Mitzenmacher, "The Power of Two Choices in Randomized
    /// Load Balancing", 2001; here the two take turns).
    pub(super) async fn send(
        &self,
        at: &Uri,
        request: Request<Full<Bytes>>,
    ) -> Result<Response<Incoming>, Wrong> {
        let count = self.lanes.len();
        let turn = self.next.fetch_add(1, Relaxed);
        let (one, other) =
            (&self.lanes[turn % count], &self.lanes[(turn / count + turn * 7) % count]);
        let lane =
            if other.in_flight.load(Relaxed) < one.in_flight.load(Relaxed) { other } else { one };
        let _place = Place::of(lane);
        let sender = lane.sender(at, &self.dial).await;
        let mut sender = sender.map_err(|why| Wrong::unreachable(&why))?;
        sender.send_request(request).await.map_err(|why| Wrong::for_now(why.to_string()))
    }

    /// Makes so many of the connections, before anyone waits for them.
    pub(super) async fn warm_up(&self, at: &Uri, count: usize) {
        for lane in self.lanes.iter().take(count) {
            // Who needs it later says what is wrong.
            lane.sender(at, &self.dial).await.ok();
        }
    }
}

impl Lane {
    /// The connection; those who need it while it is made wait for the same one.
    async fn sender(&self, at: &Uri, dial: &Dial) -> Result<SendRequest<Full<Bytes>>, String> {
        let mut held = self.sender.lock().await;
        if let Some(sender) = held.as_ref().filter(|sender| !sender.is_closed()) {
            return Ok(sender.clone());
        }
        let sender = connect(at, dial, &self.streams).await?;
        *held = Some(sender.clone());
        Ok(sender)
    }
}

/// A call that counts on its connection.
struct Place<'a>(&'a AtomicUsize);

impl<'a> Place<'a> {
    fn of(lane: &'a Lane) -> Self {
        lane.in_flight.fetch_add(1, Relaxed);
        Self(&lane.in_flight)
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Relaxed);
    }
}

/// Whether HTTP/2 is spoken there: with TLS that is agreed on, without it is known before (RFC 9113, section 3.3) or tried.
pub(super) async fn speaks_http2(at: &Uri, dial: &Dial, within: Duration) -> Result<bool, String> {
    if at.scheme_str() == Some("https") {
        return dial.line(at, May::Http2).await.map(|line| line.is_http2);
    }
    let asked = async {
        let mut sender = connect(at, dial, &Arc::default()).await?;
        let request =
            Request::get(health(at)).body(Full::default()).map_err(|why| why.to_string())?;
        // Whatever it answers: it answered.
        Ok(sender.send_request(request).await.is_ok())
    };
    tokio::time::timeout(within, asked)
        .await
        .unwrap_or_else(|_| Err(format!("no answer within {within:?}")))
}

fn health(at: &Uri) -> String {
    format!("http://{}/healthz", at.authority().map_or("", |authority| authority.as_str()))
}

/// A connection, and from then on how many streams the service allows on it.
async fn connect(
    at: &Uri,
    dial: &Dial,
    streams: &Arc<AtomicUsize>,
) -> Result<SendRequest<Full<Bytes>>, String> {
    let line = dial.line(at, May::Http2).await?;
    let (sender, connection) = http2::Builder::new(TokioExecutor::new())
        .timer(TokioTimer::new())
        .keep_alive_interval(PING_EVERY)
        .keep_alive_timeout(PING_WITHIN)
        .handshake(line.pipe)
        .await
        .map_err(|why| why.to_string())?;
    // It ends with the connection, which ends when no one can send on it any more.
    let streams = Arc::clone(streams);
    tokio::spawn(async move {
        let mut connection = std::pin::pin!(connection);
        let ended = std::future::poll_fn(|cx| {
            let polled = connection.as_mut().poll(cx);
            streams.store(connection.current_max_send_streams(), Relaxed);
            polled
        });
        if let Err(why) = ended.await {
            tracing::debug!(%why, "a connection to the NLP service ended");
        }
        streams.store(0, Relaxed);
    });
    Ok(sender)
}
