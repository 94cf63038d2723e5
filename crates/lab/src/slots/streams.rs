//! A slot is a stream: a hundred of them share one HTTP/2 connection, and none needs a thread.
//!
//! A connection allows so many streams and no more, whatever the client would like: with a single connection this pool
//! would be a cap of [`STREAMS`] again. A slot is therefore a place on a certain connection, and there are as many
//! connections as the slots need.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use http_body_util::{BodyExt as _, Full, Limited};
use hyper::Request;
use hyper::body::Bytes;
use hyper::client::conn::http2::{self, SendRequest};
use hyper::header::{CONTENT_TYPE, HOST};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::TcpStream;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::calls::{Answered, CallError, PATH, question};
use super::gauges::{Gauges, Stage};
use super::{ANSWER_MAX_BYTES, CALL_MAX};

/// Streams of a connection: what nearly every service allows.
const STREAMS: u32 = 100;

/// The connections and the places on them.
pub(super) struct Streams {
    outside: SocketAddr,
    free: Arc<Semaphore>,
    /// Connections with a free place, each as often as it has one.
    places: Mutex<Vec<usize>>,
    connections: Vec<Mutex<Option<SendRequest<Full<Bytes>>>>>,
    drivers: Mutex<JoinSet<()>>,
}

/// A slot that is taken. Dropping it gives it back.
pub(super) struct Place {
    streams: Arc<Streams>,
    connection: usize,
    _permit: OwnedSemaphorePermit,
}

impl Streams {
    pub(super) fn new(outside: SocketAddr, slots: u32) -> Self {
        // In turns, so that few calls do not share one connection.
        let count = slots.div_ceil(STREAMS);
        let places = (0..slots).map(|slot| (slot % count) as usize).collect();
        Self {
            outside,
            free: Arc::new(Semaphore::new(slots as usize)),
            places: Mutex::new(places),
            connections: (0..count).map(|_| Mutex::new(None)).collect(),
            drivers: Mutex::new(JoinSet::new()),
        }
    }

    /// Asks about one text.
    pub(super) async fn ask(
        self: &Arc<Self>,
        gauges: &Arc<Gauges>,
        text: &str,
    ) -> Result<Answered, CallError> {
        let stay = gauges.enter(Stage::Pool);
        let place = self.place().await?;
        let pool = stay.end();
        let stay = gauges.enter(Stage::Call);
        gauges.called();
        let body = place.call(question(text)).await?;
        Ok(Answered { body, pool, call: stay.end() })
    }

    /// Waits for a slot.
    pub(super) async fn place(self: &Arc<Self>) -> Result<Place, CallError> {
        let permit = Arc::clone(&self.free).acquire_owned().await;
        let permit = permit.map_err(|_| CallError::NoPlace)?;
        let connection = locked(&self.places).pop().ok_or(CallError::NoPlace)?;
        Ok(Place { streams: Arc::clone(self), connection, _permit: permit })
    }

    /// Cuts the connections off.
    pub(super) async fn close(&self) {
        self.free.close();
        let mut drivers = std::mem::take(&mut *locked(&self.drivers));
        drivers.shutdown().await;
    }

    async fn sender(&self, connection: usize) -> Result<SendRequest<Full<Bytes>>, CallError> {
        let open = locked(&self.connections[connection]).clone();
        if let Some(sender) = open.filter(|sender| !sender.is_closed()) {
            return Ok(sender);
        }
        let stream = TcpStream::connect(self.outside).await?;
        stream.set_nodelay(true)?;
        let (sender, driver) = http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await?;
        // Two may open one at once: both are used by those who wait, and the later one is kept.
        *locked(&self.connections[connection]) = Some(sender.clone());
        let mut drivers = locked(&self.drivers);
        while drivers.try_join_next().is_some() {}
        drivers.spawn(async move {
            // Each call that it breaks says so.
            let _ended = driver.await;
        });
        Ok(sender)
    }
}

impl Place {
    /// Sends a question, and waits for the answer.
    pub(super) async fn call(&self, question: Vec<u8>) -> Result<Bytes, CallError> {
        let called = timeout(CALL_MAX, self.called(question)).await;
        called.unwrap_or(Err(CallError::Late))
    }

    async fn called(&self, question: Vec<u8>) -> Result<Bytes, CallError> {
        let outside = self.streams.outside;
        let request = Request::post(format!("http://{outside}{PATH}"))
            .header(HOST, outside.to_string())
            .header(CONTENT_TYPE, "application/json")
            .body(Full::from(question))
            .map_err(|_| CallError::Wrong("the question is none"))?;
        let mut sender = self.streams.sender(self.connection).await?;
        sender.ready().await?;
        let (head, body) = sender.send_request(request).await?.into_parts();
        let body = Limited::new(body, ANSWER_MAX_BYTES).collect().await;
        let body = body.map_err(|_| CallError::Wrong("cut off, or too long"))?.to_bytes();
        match head.status.as_u16() {
            200 => Ok(body),
            status => Err(CallError::Refused(status)),
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        locked(&self.streams.places).push(self.connection);
    }
}

fn locked<T>(lock: &Mutex<T>) -> MutexGuard<'_, T> {
    lock.lock().unwrap_or_else(PoisonError::into_inner)
}
