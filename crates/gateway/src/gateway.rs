//! The gateway as a whole: made once a process, mounted by the shell that listens, closed at the end.

use std::future::ready;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::extract::ws::WebSocketUpgrade;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use link::RowQuery;
use model::Refusal;
use serde_json::json;
use tokio::sync::{Notify, Semaphore, watch};
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tracing::{Instrument as _, debug_span, warn};

use crate::connection::serve;
use crate::counters::{Counters, Counts, count, sub};
use crate::options::Options;
use crate::owner::{Drive, Owner, Rows};
use crate::people::People;
use crate::topics::{Budget, Topics};
use crate::transport::OwnerLink;

/// Bytes that one read of a socket asks for: most frames are small, and every connection has one.
const READ_BUFFER_BYTES: usize = 2048;

/// Bytes of frames that go into one write of a socket.
const WRITE_BUFFER_BYTES: usize = 4096;

/// When to try again what found too many connections.
const CONNECTIONS_RETRY_S: u32 = 5;

/// The door. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Gateway {
    shared: Arc<Shared>,
    drive: Arc<Mutex<Option<JoinHandle<()>>>>,
    stop: Arc<watch::Sender<bool>>,
}

/// What connections share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) options: Options,
    pub(crate) counts: Arc<Counts>,
    pub(crate) owner: Arc<Owner>,
    pub(crate) topics: Arc<Topics>,
    pub(crate) people: Arc<People>,
    pub(crate) pages: Arc<Semaphore>,
    /// True = everyone is to leave.
    pub(crate) closing: watch::Sender<bool>,
    left: Notify,
}

/// One of the places for connections.
struct Place(Arc<Shared>);

impl Gateway {
    /// Makes it and begins to look for the owner. Must be called inside a runtime.
    pub fn new(options: Options, owner: OwnerLink) -> Self {
        let counts = Arc::new(Counts::default());
        let topics = Topics::new(Arc::clone(&counts));
        let asked = Owner::new(options.send_bytes_max, Arc::clone(&counts));
        let (stop, stopped) = watch::channel(false);
        let people = Arc::new(People::default());
        let drive = Drive {
            name: options.name.clone(),
            link: owner,
            owner: Arc::clone(&asked),
            topics: Arc::clone(&topics),
            budget: Budget::new(options.ring_bytes_max),
            people: Arc::clone(&people),
            counts: Arc::clone(&counts),
            stop: stopped,
        };
        let pages = Arc::new(Semaphore::new(options.pages_max));
        let (closing, left) = (watch::Sender::new(false), Notify::new());
        let shared = Shared { options, counts, owner: asked, topics, people, pages, closing, left };
        Self {
            shared: Arc::new(shared),
            drive: Arc::new(Mutex::new(Some(tokio::spawn(drive.run())))),
            stop: Arc::new(stop),
        }
    }

    /// The routes of clients: `/v1/ws` and nothing else.
    pub fn router(&self) -> Router {
        Router::new().route(wire::PATH, get(upgrade)).with_state(Arc::clone(&self.shared))
    }

    /// Whether clients can be served.
    ///
    /// # Errors
    /// Why not, for people.
    pub fn readiness(&self) -> Result<(), Vec<String>> {
        let mut why = self.shared.owner.not_ready();
        if *self.shared.closing.borrow() {
            why.push("the gateway is closing".to_owned());
        }
        if why.is_empty() { Ok(()) } else { Err(why) }
    }

    /// Everything that is counted, now.
    pub fn counters(&self) -> Counters {
        Counters {
            conversations: self.shared.topics.count() as u64,
            link_up: u64::from(self.shared.owner.lost_for().is_none()),
            ..self.shared.counts.read()
        }
    }

    /// Rows of the per-conversation table.
    ///
    /// # Errors
    /// The owner's refusal, or `busy` when it is not there or takes too long.
    pub async fn rows(&self, query: RowQuery) -> Result<Rows, Refusal> {
        self.shared.owner.rows(query).await
    }

    /// Takes no more connections, lets what is under way be answered, closes all with 1001, says the
    /// last words to the owner and ends the link. What is not done by the deadline is cut off.
    pub async fn close(&self, deadline: Duration) {
        self.shared.closing.send_replace(true);
        if timeout(deadline, self.everyone_left()).await.is_err() {
            let left = self.shared.counts.connections.load(Relaxed);
            warn!(left, "connections were still there at the deadline");
        }
        self.stop.send_replace(true);
        let drive = self.drive.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(drive) = drive
            && let Err(error) = drive.await
        {
            warn!(%error, "the link's task has failed");
        }
    }

    async fn everyone_left(&self) {
        loop {
            let left = self.shared.left.notified();
            if self.shared.counts.connections.load(Relaxed) == 0 {
                return;
            }
            left.await;
        }
    }
}

impl Place {
    /// A place, if there is one.
    fn take(shared: &Arc<Shared>) -> Option<Self> {
        let most = shared.options.connections_max as u64;
        let one_more = |now: u64| (now < most).then_some(now + 1);
        let connections = &shared.counts.connections;
        connections.fetch_update(Relaxed, Relaxed, one_more).ok()?;
        Some(Self(Arc::clone(shared)))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        sub(&self.0.counts.connections, 1);
        self.0.left.notify_waiters();
    }
}

/// A handshake: taken if there is a place, else 503.
fn upgrade(
    State(shared): State<Arc<Shared>>,
    ws: WebSocketUpgrade,
) -> std::future::Ready<Response> {
    let place = if *shared.closing.borrow() { None } else { Place::take(&shared) };
    let Some(place) = place else {
        count(&shared.counts.connections_refused_total);
        return ready(too_busy(&shared));
    };
    let number = shared.counts.connections_total.fetch_add(1, Relaxed);
    ready(
        ws.read_buffer_size(READ_BUFFER_BYTES)
            .write_buffer_size(WRITE_BUFFER_BYTES)
            .max_message_size(wire::FRAME_MAX_BYTES)
            .max_frame_size(wire::FRAME_MAX_BYTES)
            .protocols([wire::SUBPROTOCOL])
            .on_upgrade(move |socket| {
                // Boxed: axum keeps it by value, and it is as large as its largest wait.
                let span = debug_span!("connection", number);
                Box::pin(async move {
                    serve(Arc::clone(&place.0), number, socket).await;
                    drop(place);
                })
                .instrument(span)
            }),
    )
}

/// RFC 9457, with RFC 9110's `Retry-After`.
fn too_busy(shared: &Shared) -> Response {
    let detail = if *shared.closing.borrow() {
        "this server is going away: connect again".to_owned()
    } else {
        let most = shared.options.connections_max;
        format!("all {most} places for connections are taken: connect again later")
    };
    let body = json!({
        "type": "about:blank",
        "title": "Service Unavailable",
        "status": 503,
        "detail": detail,
        "code": "busy",
        "retry": "after",
        "retry_after_ms": CONNECTIONS_RETRY_S * 1000,
    });
    let headers = [
        (header::CONTENT_TYPE, "application/problem+json".to_owned()),
        (header::RETRY_AFTER, CONNECTIONS_RETRY_S.to_string()),
    ];
    (StatusCode::SERVICE_UNAVAILABLE, headers, body.to_string()).into_response()
}
