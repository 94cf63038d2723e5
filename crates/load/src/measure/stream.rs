//! HTTP/2, by hyper: many requests at once share a connection.
//!
//! # Invariants
//!
//! - What a request waits for is bounded by its timeout.
//! - A connection that is lost is opened again by the first request that needs it; the others wait for that.

use std::sync::Arc;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::http2::{self, SendRequest};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::sync::Mutex;

use super::clock::Clock;
use super::fault::{Failed, Fault};
use super::http1::BODY_START_MAX;
use super::line::Shared;
use super::queue::Job;
use super::request::Request;
use super::tally::Stamps;

/// A connection that streams share.
#[derive(Default)]
pub(crate) struct Link(Mutex<Option<SendRequest<Full<Bytes>>>>);

/// One request after the other.
pub(crate) struct Stream {
    shared: Shared,
    request: Arc<Request>,
    seat: usize,
    clock: Clock,
    link: Arc<Link>,
}

/// What came of a request.
struct Reply {
    status: u16,
    first_byte_ns: u64,
    body_start: Vec<u8>,
    bytes: u64,
}

impl Link {
    /// What requests are sent by; the connection is opened if there is none.
    pub(crate) async fn sender(&self, shared: &Shared) -> Result<SendRequest<Full<Bytes>>, Failed> {
        let mut sender = self.0.lock().await;
        if let Some(open) = sender.as_ref().filter(|open| !open.is_closed()) {
            return Ok(open.clone());
        }
        if sender.take().is_some() {
            shared.desk().closed();
        }
        let socket = TokioIo::new(shared.connect().await?);
        let greeted = http2::handshake(TokioExecutor::new(), socket).await;
        let (opened, connection) = match greeted {
            Ok(greeted) => greeted,
            Err(why) => {
                shared.desk().closed();
                return Err(Failed::new(Fault::Connect, why));
            }
        };
        // It ends with the connection, and what ended it is told to each request.
        tokio::spawn(connection);
        *sender = Some(opened.clone());
        Ok(opened)
    }
}

impl Stream {
    pub(crate) fn new(
        (shared, request): (Shared, Arc<Request>),
        seat: usize,
        clock: Clock,
        link: Arc<Link>,
    ) -> Self {
        Self { shared, request, seat, clock, link }
    }

    /// Makes requests until there are no more.
    pub(crate) async fn run(self) {
        while let Some((job, sent_ns)) = self.shared.job(self.seat, self.clock).await {
            let reply = tokio::time::timeout(self.shared.timeout, self.perform(&job)).await;
            let reply = reply.unwrap_or_else(|_| {
                let fault = Fault::Timeout;
                Err(Failed::new(fault, fault.name()))
            });
            let done_ns = self.clock.now_ns();
            let first_byte_ns = reply.as_ref().map_or(done_ns, |reply| reply.first_byte_ns);
            let stamps = Stamps { job, sent_ns, first_byte_ns, done_ns };
            let mut desk = self.shared.desk();
            match reply {
                Ok(reply) => {
                    desk.tally.counts.bytes_in += reply.bytes;
                    desk.answered(self.seat, &stamps, reply.status, &reply.body_start);
                }
                Err(failed) => {
                    desk.failed(self.seat, &stamps, &failed);
                }
            }
        }
    }

    async fn perform(&self, job: &Job) -> Result<Reply, Failed> {
        let mut sender = self.link.sender(&self.shared).await?;
        sender.ready().await.map_err(lost)?;
        let request = self.request.whole(job.index);
        let mut response = sender.send_request(request).await.map_err(lost)?;
        let status = response.status().as_u16();
        let first_byte_ns = self.clock.now_ns();
        let (mut body_start, mut bytes) = (Vec::new(), 0);
        while let Some(frame) = response.frame().await {
            if let Some(data) = frame.map_err(lost)?.data_ref() {
                bytes += data.len() as u64;
                let room = BODY_START_MAX - body_start.len();
                body_start.extend_from_slice(&data[..data.len().min(room)]);
            }
        }
        Ok(Reply { status, first_byte_ns, body_start, bytes })
    }
}

fn lost(why: hyper::Error) -> Failed {
    let fault = if why.is_incomplete_message() || why.is_closed() {
        Fault::ClosedEarly
    } else if why.is_parse() {
        Fault::Malformed
    } else {
        Fault::Reset
    };
    Failed::new(fault, why)
}
