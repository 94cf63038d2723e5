//! The WebSocket of one connection: large reads and writes through buffers that all connections of a
//! thread share, so that one that waits has none of its own.

use std::cell::RefCell;
use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use axum::extract::ws::Message;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _, ReadBuf};

use crate::framing::{Broken, Heard, Inlet, Outlet};

/// Bytes that one read or write takes, at most.
const IO_BYTES: usize = 64 * 1024;

thread_local! {
    static READING: RefCell<Vec<u8>> = RefCell::new(vec![0; IO_BYTES]);
    static WRITING: RefCell<Vec<u8>> = RefCell::default();
}

/// A WebSocket over any stream of bytes.
#[derive(Debug)]
pub(crate) struct Socket<S> {
    stream: S,
    inlet: Inlet,
    outlet: Outlet,
    /// Both have said `close`, or the stream has ended.
    is_over: bool,
    has_closed: bool,
}

/// Why nothing more is heard.
#[derive(Debug)]
pub(crate) enum Lost {
    /// The client has left.
    Gone,
    /// It said what cannot be read.
    Broken(Broken),
}

impl<S: AsyncRead + AsyncWrite + Unpin> Socket<S> {
    pub(crate) fn new(stream: S) -> Self {
        let (inlet, outlet) = (Inlet::default(), Outlet::default());
        Self { stream, inlet, outlet, is_over: false, has_closed: false }
    }

    /// Waits until something has come; [`Socket::next`] tells what. Cancel safe.
    pub(crate) async fn come(&mut self) -> Result<(), Lost> {
        poll_fn(|cx| self.poll_read(cx)).await
    }

    /// The next of what has come. Pings are answered, with the next write.
    pub(crate) fn next(&mut self) -> Result<Option<Heard<'_>>, Lost> {
        if self.is_over {
            return Err(Lost::Gone);
        }
        let heard = match self.inlet.next() {
            Ok(Some(heard)) => heard,
            Ok(None) => return Ok(None),
            Err(broken) => return Err(Lost::Broken(broken)),
        };
        match &heard {
            Heard::Ping(content) => self.outlet.pong(content),
            Heard::Close(code) => {
                self.is_over = true;
                if !self.has_closed {
                    self.has_closed = true;
                    self.outlet.close(*code, "");
                }
            }
            Heard::Text(_) | Heard::Binary(_) | Heard::Pong => {}
        }
        Ok(Some(heard))
    }

    /// Something is to be written: an answer to a ping.
    pub(crate) fn has_words(&self) -> bool {
        !self.outlet.is_empty()
    }

    /// Puts a frame with the next write.
    pub(crate) fn put(&mut self, message: Message) {
        self.outlet.put(message);
    }

    /// Writes a frame, and what waits.
    pub(crate) async fn send(&mut self, message: Message) -> io::Result<()> {
        self.put(message);
        self.flush().await
    }

    /// Writes what waits. Cancel safe.
    pub(crate) async fn flush(&mut self) -> io::Result<()> {
        poll_fn(|cx| self.poll_flush(cx)).await
    }

    /// Says that it ends, and reads on until the client has closed, too: bytes that nobody read would
    /// cut the close frame off.
    pub(crate) async fn close(&mut self, code: u16, reason: &str) -> io::Result<()> {
        if !self.has_closed {
            self.has_closed = true;
            self.outlet.close(Some(code), reason);
        }
        self.flush().await?;
        if self.inlet.is_broken() {
            // Its answer could not be understood: the end of the stream stands for it (RFC 6455, 7.1.7).
            self.stream.shutdown().await?;
        }
        while self.come().await.is_ok() {
            while let Ok(Some(_)) = self.next() {}
        }
        Ok(())
    }

    fn poll_read(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Lost>> {
        if self.is_over {
            return Poll::Ready(Err(Lost::Gone));
        }
        READING.with_borrow_mut(|bytes| {
            let mut read = ReadBuf::new(bytes);
            match ready!(Pin::new(&mut self.stream).poll_read(cx, &mut read)) {
                Ok(()) if !read.filled().is_empty() => {
                    self.inlet.push(read.filled());
                    Poll::Ready(Ok(()))
                }
                Ok(()) | Err(_) => {
                    self.is_over = true;
                    Poll::Ready(Err(Lost::Gone))
                }
            }
        })
    }

    fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.outlet.is_empty() {
            let written = WRITING.with_borrow_mut(|bytes| {
                bytes.clear();
                self.outlet.fill(bytes, IO_BYTES);
                Pin::new(&mut self.stream).poll_write(cx, bytes)
            });
            match ready!(written)? {
                0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                written => self.outlet.advance(written),
            }
        }
        Pin::new(&mut self.stream).poll_flush(cx)
    }
}
