//! A bare WebSocket: reads into the one buffer of its thread, and looks at frames where they lie.
//!
//! Thousands of clients of one thread must cost less than the server they measure, so there is no buffer, no copy and no
//! allocation a frame that comes.

mod inbox;

use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead as _, AsyncReadExt as _, AsyncWrite as _, AsyncWriteExt as _, ReadBuf};
use tokio_tungstenite::tungstenite::protocol::frame::coding::{Control, Data, OpCode};

use crate::measure::socket::{Socket, with_scratch};
use inbox::{Inbox, frame};

/// Bytes of the server's answer to the upgrade.
const ANSWER_MAX_BYTES: usize = 8 * 1024;

/// Bytes that are kept for what is said next; more are given back.
const KEPT_BYTES: usize = 1024;

/// "Nothing is wrong, I go" (RFC 6455 §7.4.1).
const CLOSE_NORMAL: u16 = 1000;

/// An open WebSocket.
#[derive(Debug)]
pub(crate) struct Websocket {
    socket: Socket,
    inbox: Inbox,
    /// Frames may have come with the answer to the upgrade: they are looked at before the first read.
    is_new: bool,
    /// Said, and from `written` on not yet written.
    out: Vec<u8>,
    written: usize,
    /// The last of it is not known to be on its way (TLS).
    is_unflushed: bool,
}

/// What is asked for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Upgrade<'a> {
    /// Host and port.
    pub(crate) authority: &'a str,
    /// From the first slash on.
    pub(crate) path: &'a str,
    pub(crate) protocol: Option<&'a str>,
}

/// Why it ended, or did not begin.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Ended {
    #[error("{0}")]
    Io(#[from] io::Error),
    #[error("the server closed it: {code} {reason}")]
    Closed { code: u16, reason: String },
    /// The answer to the upgrade, as it came.
    #[error("no upgrade: {text}")]
    Refused { status: u16, text: String },
    #[error("{0}")]
    Malformed(String),
}

impl Websocket {
    /// Upgrades an open connection.
    ///
    /// # Errors
    /// What the network says, and what the server answers instead.
    pub(crate) async fn upgrade(mut socket: Socket, asked: Upgrade<'_>) -> Result<Self, Ended> {
        let Upgrade { authority, path, protocol } = asked;
        let protocol =
            protocol.map(|name| format!("Sec-WebSocket-Protocol: {name}\r\n")).unwrap_or_default();
        let request = format!(
            "GET {path} HTTP/1.1\r\nHost: {authority}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
             Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n{protocol}\r\n"
        );
        socket.write_all(request.as_bytes()).await?;
        socket.flush().await?;
        let mut answer = Vec::new();
        let head = loop {
            if let Some(end) = memchr::memmem::find(&answer, b"\r\n\r\n") {
                break end + 4;
            }
            if answer.len() >= ANSWER_MAX_BYTES {
                let why = "the answer to the upgrade has no end";
                return Err(Ended::Malformed(why.to_owned()));
            }
            if socket.read_buf(&mut answer).await? == 0 {
                return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
            }
        };
        if !answer.starts_with(b"HTTP/1.1 101") {
            let text = String::from_utf8_lossy(&answer).into_owned();
            let status = text.get(9..12).and_then(|status| status.parse().ok());
            let none = || Ended::Malformed(format!("no answer to the upgrade: {text}"));
            let status = status.ok_or_else(none)?;
            return Err(Ended::Refused { status, text });
        }
        let inbox = Inbox(answer.split_off(head));
        let (out, written, is_unflushed) = (Vec::new(), 0, false);
        Ok(Self { socket, inbox, is_new: true, out, written, is_unflushed })
    }

    /// Says a text with the next [`Websocket::poll_flush`].
    pub(crate) fn put(&mut self, text: &str) {
        frame(OpCode::Data(Data::Text), text.as_bytes(), &mut self.out);
    }

    /// Says farewell with the next [`Websocket::poll_flush`].
    pub(crate) fn put_close(&mut self) {
        frame(OpCode::Control(Control::Close), &CLOSE_NORMAL.to_be_bytes(), &mut self.out);
    }

    /// Drops it without a farewell: the other side sees a reset, as of a network that is gone.
    pub(crate) fn reset(self) {
        if let Socket::Plain(tcp) = self.socket {
            // Where it cannot be set, the connection is broken already.
            let _ = tcp.set_zero_linger();
        }
    }

    /// Writes what was said.
    pub(crate) fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while self.written < self.out.len() {
            let unwritten = &self.out[self.written..];
            let written = ready!(Pin::new(&mut self.socket).poll_write(cx, unwritten))?;
            if written == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.written += written;
            self.is_unflushed = matches!(self.socket, Socket::Tls(_));
        }
        if self.is_unflushed {
            ready!(Pin::new(&mut self.socket).poll_flush(cx))?;
            self.is_unflushed = false;
        }
        self.out.clear();
        self.out.shrink_to(KEPT_BYTES);
        self.written = 0;
        Poll::Ready(Ok(()))
    }

    /// Reads once, and shows each text that is whole; how many bytes came. Answers to pings are said with the next
    /// [`Websocket::poll_flush`].
    pub(crate) fn poll_read(
        &mut self,
        cx: &mut Context<'_>,
        each: &mut impl FnMut(&[u8]),
    ) -> Poll<Result<usize, Ended>> {
        let Self { socket, inbox, is_new, out, .. } = self;
        if std::mem::take(is_new) {
            let used = inbox.take(&[], each, out)?;
            if used > 0 {
                return Poll::Ready(Ok(used));
            }
        }
        with_scratch(|scratch| {
            let mut into = ReadBuf::new(scratch);
            ready!(Pin::new(socket).poll_read(cx, &mut into))?;
            let came = into.filled();
            if came.is_empty() {
                let end = io::Error::new(io::ErrorKind::UnexpectedEof, "the server closed it");
                return Poll::Ready(Err(end.into()));
            }
            inbox.take(came, each, out)?;
            Poll::Ready(Ok(came.len()))
        })
    }

    /// Says texts, all at once.
    ///
    /// # Errors
    /// What the network says.
    pub(crate) async fn say<'a>(
        &mut self,
        texts: impl IntoIterator<Item = &'a str>,
    ) -> io::Result<()> {
        texts.into_iter().for_each(|text| self.put(text));
        poll_fn(|cx| self.poll_flush(cx)).await
    }

    /// Says farewell.
    ///
    /// # Errors
    /// What the network says.
    pub(crate) async fn farewell(&mut self) -> io::Result<()> {
        self.put_close();
        poll_fn(|cx| self.poll_flush(cx)).await
    }

    /// Reads once, and shows each text that is whole. Pings are answered. Cancel safe.
    ///
    /// # Errors
    /// Why it ended.
    pub(crate) async fn read(&mut self, mut each: impl FnMut(&[u8])) -> Result<(), Ended> {
        poll_fn(|cx| self.poll_read(cx, &mut each)).await?;
        Ok(poll_fn(|cx| self.poll_flush(cx)).await?)
    }

    /// The next text for which `wanted` gives something.
    ///
    /// # Errors
    /// Why it ended.
    pub(crate) async fn hear<T>(
        &mut self,
        mut wanted: impl FnMut(&[u8]) -> Option<T>,
    ) -> Result<T, Ended> {
        let mut found = None;
        loop {
            if let Some(found) = found {
                return Ok(found);
            }
            let each = |text: &[u8]| {
                if found.is_none() {
                    found = wanted(text);
                }
            };
            self.read(each).await?;
        }
    }
}

#[cfg(test)]
mod tests;
