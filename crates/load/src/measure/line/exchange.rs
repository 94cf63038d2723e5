//! One request on an open connection: write and read as either can, until the answer is whole or time is up.

use std::future::Future as _;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Instant;

use super::Line;
use crate::measure::clock::Clock;
use crate::measure::fault::{Failed, Fault};
use crate::measure::http1::{Answer, Fed, Reader};
use crate::measure::queue::Job;
use crate::measure::socket::{Socket, with_scratch};

/// What an exchange has come to.
struct Progress<'a> {
    unwritten: &'a [u8],
    /// The last of it is not known to be on its way (TLS).
    is_unflushed: bool,
    has_begun: bool,
    first_byte_ns: &'a mut u64,
    bytes_in: u64,
}

impl Line {
    /// Writes a request and reads its answer; that, and when it was whole.
    pub(super) async fn exchange(
        &mut self,
        job: &Job,
        deadline: Instant,
        first_byte_ns: &mut u64,
    ) -> Result<(Answer, u64), Failed> {
        let Self { shared, request, clock, socket, reader, room, alarm, .. } = self;
        let socket = socket.as_mut().expect("it was just opened, or seen open");
        let unwritten = request.bytes(job.index, room);
        let is_unflushed = matches!(socket, Socket::Tls(_));
        let mut progress =
            Progress { unwritten, is_unflushed, has_begun: false, first_byte_ns, bytes_in: 0 };
        let ended = std::future::poll_fn(|cx| {
            if let Poll::Ready(ended) = progress.poll(cx, socket, reader, *clock) {
                return Poll::Ready(ended);
            }
            while alarm.as_mut().poll(cx).is_ready() {
                if Instant::now() >= deadline {
                    let fault = Fault::Timeout;
                    return Poll::Ready(Err(Failed::new(fault, fault.name())));
                }
                alarm.as_mut().reset(deadline);
            }
            Poll::Pending
        })
        .await;
        shared.desk().tally.counts.bytes_in += progress.bytes_in;
        ended
    }
}

impl Progress<'_> {
    fn poll(
        &mut self,
        cx: &mut Context<'_>,
        socket: &mut Socket,
        reader: &mut Reader,
        clock: Clock,
    ) -> Poll<Result<(Answer, u64), Failed>> {
        // An answer may come before all is written, and a server that does not want the rest closes: then what it said
        // counts, not that writing failed.
        let unwritable = match self.poll_write(cx, socket) {
            Poll::Ready(Err(why)) => Some(why),
            Poll::Ready(Ok(())) | Poll::Pending => None,
        };
        let read = with_scratch(|scratch| self.poll_read(cx, socket, reader, clock, scratch));
        match (read, unwritable) {
            (Poll::Ready(ended), _) => Poll::Ready(ended),
            (Poll::Pending, Some(why)) => {
                Poll::Ready(Err(Failed::new(Fault::of_talking(&why), why)))
            }
            (Poll::Pending, None) => Poll::Pending,
        }
    }

    fn poll_write(
        &mut self,
        cx: &mut Context<'_>,
        socket: &mut Socket,
    ) -> Poll<Result<(), std::io::Error>> {
        while !self.unwritten.is_empty() {
            let written = ready!(Pin::new(&mut *socket).poll_write(cx, self.unwritten))?;
            self.unwritten = &self.unwritten[written..];
        }
        if self.is_unflushed {
            ready!(Pin::new(socket).poll_flush(cx))?;
            self.is_unflushed = false;
        }
        Poll::Ready(Ok(()))
    }

    fn poll_read(
        &mut self,
        cx: &mut Context<'_>,
        socket: &mut Socket,
        reader: &mut Reader,
        clock: Clock,
        scratch: &mut [u8],
    ) -> Poll<Result<(Answer, u64), Failed>> {
        loop {
            let mut buffer = ReadBuf::new(scratch);
            let read = ready!(Pin::new(&mut *socket).poll_read(cx, &mut buffer));
            if let Err(why) = read {
                return Poll::Ready(Err(Failed::new(Fault::of_talking(&why), why)));
            }
            let bytes = buffer.filled();
            let now_ns = clock.now_ns();
            if !self.has_begun && !bytes.is_empty() {
                self.has_begun = true;
                *self.first_byte_ns = now_ns;
            }
            self.bytes_in += bytes.len() as u64;
            if bytes.is_empty() {
                let fault = Fault::ClosedEarly;
                let early = || Failed::new(fault, fault.name());
                return Poll::Ready(reader.end().map(|answer| (answer, now_ns)).ok_or_else(early));
            }
            if let Fed::Whole(mut answer) = reader.feed(bytes)? {
                // What was not written will never be: the connection is of no further use.
                answer.keeps_alive &= self.unwritten.is_empty();
                return Poll::Ready(Ok((answer, now_ns)));
            }
        }
    }
}
