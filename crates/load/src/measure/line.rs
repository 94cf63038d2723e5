//! One connection of HTTP/1.1: takes a request from the desk, writes it, reads the answer, hands it in, and again.
//!
//! Two system calls a request: one write, one read. No buffer is held while nothing comes in: all connections of a
//! thread read through one.
//!
//! # Invariants
//!
//! - What a request waits for is bounded by its timeout.
//! - A request is sent a second time only if its connection turned out closed before any byte of an answer came, and
//!   sending it twice does no harm.

mod exchange;

use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, ReadBuf};
use tokio::time::{Instant, Sleep};

use super::chat::Chat;
use super::clock::Clock;
use super::desk::Desk;
use super::fault::{Failed, Fault};
use super::http1::{Answer, Reader};
use super::queue::Job;
use super::request::Request;
use super::socket::{Dial, Socket};
use super::tally::Stamps;

/// What all connections of a worker share.
#[derive(Clone)]
pub(crate) struct Shared {
    pub(crate) desk: Arc<Mutex<Desk>>,
    pub(crate) dial: Dial,
    pub(crate) asked: Asked,
    pub(crate) share: Share,
    pub(crate) timeout: Duration,
    /// Whether a connection serves more than one request.
    pub(crate) reuse: bool,
    /// Requests that a connection of HTTP/2 or chat may have in flight; nothing for HTTP/1.1.
    pub(crate) streams: Option<u32>,
}

/// What is asked.
#[derive(Clone)]
pub(crate) enum Asked {
    Http(Arc<Request>),
    Chat(Arc<Chat>),
}

/// Which of the connections are a worker's: they are dealt out as cards are.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Share {
    pub(crate) worker: u32,
    pub(crate) workers: u32,
    /// Of all workers.
    pub(crate) connections: u32,
}

/// A connection.
pub(crate) struct Line {
    shared: Shared,
    request: Arc<Request>,
    seat: usize,
    clock: Clock,
    socket: Option<Socket>,
    reader: Reader,
    /// A request that differs from the last is written here.
    room: Vec<u8>,
    /// Rings at or before the end of the request's time: it is set anew only when it rings.
    alarm: Pin<Box<Sleep>>,
}

impl Share {
    /// The number of one of a worker's connections among those of all.
    pub(crate) fn number(self, own: usize) -> u32 {
        let own = u32::try_from(own).unwrap_or(u32::MAX);
        own.saturating_mul(self.workers).saturating_add(self.worker)
    }

    /// How many of so many are the worker's.
    pub(crate) fn of(self, all: u32) -> usize {
        let more = u32::from(self.worker < all % self.workers);
        usize::try_from(all / self.workers + more).unwrap_or(0)
    }
}

impl Shared {
    pub(crate) fn desk(&self) -> MutexGuard<'_, Desk> {
        self.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next request for a seat, and when it was taken; nothing once all is done.
    pub(crate) async fn job(&self, seat: usize, clock: Clock) -> Option<(Job, u64)> {
        let mut has_waited = false;
        std::future::poll_fn(|cx| self.poll_job(seat, clock, &mut has_waited, cx)).await
    }

    fn poll_job(
        &self,
        seat: usize,
        clock: Clock,
        has_waited: &mut bool,
        cx: &mut Context<'_>,
    ) -> Poll<Option<(Job, u64)>> {
        let now_ns = clock.now_ns();
        let job = self.desk().poll_job(seat, now_ns, *has_waited, cx.waker());
        *has_waited = true;
        job.map(|job| job.map(|job| (job, now_ns)))
    }

    /// Opens a connection, within the time that a request may take.
    pub(crate) async fn connect(&self) -> Result<Socket, Failed> {
        match tokio::time::timeout(self.timeout, self.dial.connect()).await {
            Ok(Ok(socket)) => {
                self.desk().opened();
                Ok(socket)
            }
            Ok(Err(why)) => Err(Failed::new(Fault::of_connecting(&why), why)),
            Err(_) => Err(Failed::new(Fault::ConnectTimeout, "no answer to a SYN, or to TLS")),
        }
    }
}

impl Line {
    pub(crate) fn new(
        (shared, request): (Shared, Arc<Request>),
        seat: usize,
        clock: Clock,
        socket: Option<Socket>,
    ) -> Self {
        let to_head_request = request.method == http::Method::HEAD;
        let alarm = Box::pin(tokio::time::sleep(shared.timeout));
        let reader = Reader::new(to_head_request);
        Self { shared, request, seat, clock, socket, reader, room: Vec::new(), alarm }
    }

    /// Makes requests until there are no more.
    pub(crate) async fn run(mut self) {
        while let Some(job) = self.job().await {
            let sent_ns = job.1;
            let job = job.0;
            let mut first_byte_ns = sent_ns;
            let answer = self.perform(&job, &mut first_byte_ns).await;
            let done_ns = match &answer {
                Ok((_, done_ns)) => *done_ns,
                Err(_) => self.clock.now_ns(),
            };
            let stamps = Stamps { job, sent_ns, first_byte_ns, done_ns };
            self.hand_in(&stamps, answer.map(|(answer, _)| answer));
        }
        self.hang_up();
    }

    /// The next request, and when it was taken. Meanwhile a connection that the other side closes is let go.
    async fn job(&mut self) -> Option<(Job, u64)> {
        let mut has_waited = false;
        std::future::poll_fn(|cx| {
            let job = self.shared.poll_job(self.seat, self.clock, &mut has_waited, cx);
            if job.is_pending() && self.is_closed_while_idle(cx) {
                self.hang_up();
            }
            job
        })
        .await
    }

    /// Whether the other side closed, or said what nobody asked for.
    fn is_closed_while_idle(&mut self, cx: &mut Context<'_>) -> bool {
        let Some(socket) = &mut self.socket else { return false };
        let mut byte = [0];
        Pin::new(socket).poll_read(cx, &mut ReadBuf::new(&mut byte)).is_ready()
    }

    /// Makes a request; its answer and when that was whole.
    async fn perform(
        &mut self,
        job: &Job,
        first_byte_ns: &mut u64,
    ) -> Result<(Answer, u64), Failed> {
        let deadline = Instant::now() + self.shared.timeout;
        if self.socket.is_some() {
            match self.exchange(job, deadline, first_byte_ns).await {
                Err(failed) if self.may_be_sent_again(&failed) => self.hang_up(),
                ended => return ended,
            }
        }
        self.socket = Some(self.shared.connect().await?);
        self.reader = Reader::new(self.request.method == http::Method::HEAD);
        self.exchange(job, deadline, first_byte_ns).await
    }

    fn may_be_sent_again(&self, failed: &Failed) -> bool {
        let closed = matches!(failed.fault, Fault::Reset | Fault::ClosedEarly);
        closed && self.reader.is_fresh() && self.request.is_idempotent()
    }

    fn hand_in(&mut self, stamps: &Stamps, answer: Result<Answer, Failed>) {
        let keeps = matches!(&answer, Ok(answer) if answer.keeps_alive && self.shared.reuse);
        let mut desk = self.shared.desk();
        match answer {
            Ok(answer) => {
                desk.answered(self.seat, stamps, answer.status, self.reader.body_start());
            }
            Err(failed) => {
                desk.failed(self.seat, stamps, &failed);
            }
        }
        drop(desk);
        if !keeps {
            self.hang_up();
        }
    }

    fn hang_up(&mut self) {
        if self.socket.take().is_some() {
            self.shared.desk().closed();
        }
    }
}
