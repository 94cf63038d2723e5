//! One connection of HTTP/2 (RFC 9113), without the layers that a client for everything has: a call is one task, and
//! what it sends waits with the others' for one write.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::time::Duration;

use axum::body::Bytes;
use axum::http::{HeaderMap, Method, Request, Uri, Version, header, response};
use h2::client::{Builder, Connection, SendRequest};
use h2::{Ping, PingPong, RecvStream};
use tokio::time::{sleep, timeout};

use super::ANSWER_MAX_BYTES;
use super::dial::{Dial, Io, May};
use super::trouble::Wrong;

/// A connection on which calls are out is asked whether it lives, and is given up without an answer.
const PING_EVERY: Duration = Duration::from_secs(10);
const PING_WITHIN: Duration = Duration::from_secs(5);

/// What the service may send on a stream, and on the connection, before we have read it.
const STREAM_WINDOW: u32 = 256 * 1024;
const CONNECTION_WINDOW: u32 = 4 * 1024 * 1024;

/// What others see of a connection.
#[derive(Debug, Default)]
pub(super) struct Use {
    /// Calls on it.
    pub(super) in_flight: AtomicUsize,
    /// Calls that the service allows on it; 0 while it is not open.
    pub(super) streams: AtomicUsize,
}

/// One connection. It ends when nobody can send on it any more.
#[derive(Clone)]
pub(super) struct Line {
    sender: SendRequest<Bytes>,
    is_over: Arc<AtomicBool>,
}

impl Line {
    /// Makes the connection. Must run in a runtime.
    pub(super) async fn connect(at: &Uri, dial: &Dial, used: Arc<Use>) -> Result<Self, String> {
        Self::over(dial.line(at, May::Http2).await?.io, used).await
    }

    async fn over(io: Box<dyn Io>, used: Arc<Use>) -> Result<Self, String> {
        let made = Builder::new()
            .enable_push(false)
            .initial_window_size(STREAM_WINDOW)
            .initial_connection_window_size(CONNECTION_WINDOW)
            .handshake(io)
            .await;
        let (sender, connection) = made.map_err(|why| why.to_string())?;
        let is_over = Arc::new(AtomicBool::new(false));
        let line = Self { sender, is_over: Arc::clone(&is_over) };
        tokio::spawn(async move {
            run(connection, &used).await;
            is_over.store(true, Relaxed);
            used.streams.store(0, Relaxed);
        });
        Ok(line)
    }

    /// One that takes another call; none if the service has closed it, or is about to (GOAWAY).
    pub(super) async fn ready(&self) -> Option<Self> {
        if self.is_over.load(Relaxed) {
            return None;
        }
        let sender = self.sender.clone().ready().await.ok()?;
        Some(Self { sender, is_over: Arc::clone(&self.is_over) })
    }

    /// Asks: the answer's head, and all of its body.
    pub(super) async fn post(
        mut self,
        at: &Uri,
        headers: &HeaderMap,
        question: Bytes,
    ) -> Result<(response::Parts, Bytes), Wrong> {
        let mut request = Request::new(());
        *request.method_mut() = Method::POST;
        *request.uri_mut() = at.clone();
        *request.version_mut() = Version::HTTP_2;
        request.headers_mut().clone_from(headers);
        request.headers_mut().insert(header::CONTENT_LENGTH, question.len().into());
        let failed = |why: h2::Error| Wrong::for_now(why.to_string());
        let (answer, mut body) = self.sender.send_request(request, false).map_err(failed)?;
        body.send_data(question, true).map_err(failed)?;
        let (head, body) = answer.await.map_err(failed)?.into_parts();
        let body = whole(body).await;
        let body = body.map_err(|why| Wrong::for_now(format!("its answer broke off: {why}")))?;
        Ok((head, body))
    }

    /// Whether it answers a question of no consequence.
    pub(super) async fn answers(mut self, at: &Uri) -> Result<bool, String> {
        let request = Request::get(health(at)).version(Version::HTTP_2).body(());
        let request = request.map_err(|why| why.to_string())?;
        let Ok((answer, _)) = self.sender.send_request(request, true) else { return Ok(false) };
        // Whatever it answers: it answered.
        Ok(answer.await.is_ok())
    }
}

fn health(at: &Uri) -> String {
    format!("http://{}/healthz", at.authority().map_or("", |authority| authority.as_str()))
}

/// All of a body.
async fn whole(mut body: RecvStream) -> Result<Bytes, String> {
    let mut all = Vec::new();
    while let Some(piece) = body.data().await {
        let piece = piece.map_err(|why| why.to_string())?;
        body.flow_control().release_capacity(piece.len()).map_err(|why| why.to_string())?;
        if all.len() + piece.len() > ANSWER_MAX_BYTES {
            return Err(format!("it is longer than {ANSWER_MAX_BYTES} bytes"));
        }
        all.extend_from_slice(&piece);
    }
    Ok(all.into())
}

/// Until the connection ends.
async fn run(mut connection: Connection<Box<dyn Io>, Bytes>, used: &Use) {
    let ping = connection.ping_pong();
    let mut connection = std::pin::pin!(connection);
    let ended = std::future::poll_fn(|cx| {
        let polled = connection.as_mut().poll(cx);
        used.streams.store(connection.max_concurrent_send_streams(), Relaxed);
        polled
    });
    tokio::select! {
        ended = ended => if let Err(why) = ended {
            tracing::debug!(%why, "a connection to the NLP service ended");
        },
        () = silence(ping, used) => {
            tracing::debug!("a connection to the NLP service is silent: it is given up");
        }
    }
}

/// Until it no longer answers.
async fn silence(ping: Option<PingPong>, used: &Use) {
    let Some(mut ping) = ping else { return std::future::pending().await };
    loop {
        sleep(PING_EVERY).await;
        if used.in_flight.load(Relaxed) > 0
            && !matches!(timeout(PING_WITHIN, ping.ping(Ping::opaque())).await, Ok(Ok(_)))
        {
            return;
        }
    }
}

#[cfg(test)]
mod tests;
