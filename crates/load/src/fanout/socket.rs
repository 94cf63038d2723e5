//! A bare WebSocket: reads into one buffer that all share, and looks at frames where they lie.
//!
//! Thousands of listeners of one thread must cost less than the server they measure, so there is no
//! buffer, no copy and no allocation a frame; only a frame that a read cuts in two is kept.

use std::cell::RefCell;
use std::future::poll_fn;
use std::io::Cursor;
use std::pin::Pin;
use std::task::ready;

use anyhow::{Context, Result, bail, ensure};
use tokio::io::{AsyncRead as _, AsyncReadExt as _, AsyncWriteExt as _, ReadBuf};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::protocol::frame::FrameHeader;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{Control, Data, OpCode};

/// Bytes of the buffer that all sockets read into.
const READ_BYTES: usize = 256 * 1024;

/// Bytes of the server's answer to the upgrade.
const ANSWER_MAX_BYTES: usize = 8 * 1024;

/// Bytes of one frame: what is larger is no message of ours.
const FRAME_MAX_BYTES: u64 = 1024 * 1024;

/// What all sockets of a thread read into.
pub(super) type Scratch = RefCell<Box<[u8]>>;

/// An open WebSocket.
#[derive(Debug)]
pub(super) struct Socket {
    stream: TcpStream,
    inbox: Inbox,
    /// Frames may have come with the answer to the upgrade: they are looked at before the first read.
    is_new: bool,
}

/// The beginning of a frame whose end has not come.
#[derive(Debug, Default)]
struct Inbox(Vec<u8>);

pub(super) fn scratch() -> Scratch {
    RefCell::new(vec![0; READ_BYTES].into_boxed_slice())
}

impl Socket {
    /// Connects to `ws://HOST:PORT/PATH` and upgrades.
    pub(super) async fn open(url: &str, protocol: Option<&str>) -> Result<Self> {
        let rest = url.strip_prefix("ws://").context("a URL here begins with ws://")?;
        let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
        let mut stream = TcpStream::connect(host).await.with_context(|| host.to_owned())?;
        stream.set_nodelay(true)?;
        let protocol =
            protocol.map(|name| format!("Sec-WebSocket-Protocol: {name}\r\n")).unwrap_or_default();
        let request = format!(
            "GET /{path} HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
             Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n{protocol}\r\n"
        );
        stream.write_all(request.as_bytes()).await?;
        let mut answer = Vec::new();
        let head = loop {
            if let Some(end) = memchr::memmem::find(&answer, b"\r\n\r\n") {
                break end + 4;
            }
            ensure!(answer.len() < ANSWER_MAX_BYTES, "the answer to the upgrade has no end");
            ensure!(stream.read_buf(&mut answer).await? > 0, "it closed before the upgrade");
        };
        let first = String::from_utf8_lossy(&answer[..head]);
        ensure!(first.starts_with("HTTP/1.1 101"), "no upgrade: {first}");
        Ok(Self { stream, inbox: Inbox(answer.split_off(head)), is_new: true })
    }

    /// Writes texts, all at once.
    pub(super) async fn say<'a>(&mut self, texts: impl IntoIterator<Item = &'a str>) -> Result<()> {
        let mut bytes = Vec::new();
        for text in texts {
            frame(OpCode::Data(Data::Text), text.as_bytes(), &mut bytes)?;
        }
        Ok(self.stream.write_all(&bytes).await?)
    }

    /// Reads once, and shows each text that is whole. Pings are answered. Cancel safe but for those.
    pub(super) async fn read(
        &mut self,
        scratch: &Scratch,
        mut each: impl FnMut(&[u8]),
    ) -> Result<()> {
        let mut pongs = Vec::new();
        if std::mem::take(&mut self.is_new) && self.inbox.take(&[], &mut each, &mut pongs)? > 0 {
            return Ok(self.stream.write_all(&pongs).await?);
        }
        poll_fn(|context| {
            let mut scratch = scratch.borrow_mut();
            let mut into = ReadBuf::new(&mut scratch);
            let read = ready!(Pin::new(&mut self.stream).poll_read(context, &mut into));
            let taken = read.map_err(Into::into).and_then(|()| {
                ensure!(!into.filled().is_empty(), "the server closed it");
                self.inbox.take(into.filled(), &mut each, &mut pongs)
            });
            taken.map(drop).into()
        })
        .await?;
        if !pongs.is_empty() {
            self.stream.write_all(&pongs).await?;
        }
        Ok(())
    }

    /// The next text for which `wanted` gives something.
    pub(super) async fn hear<T>(
        &mut self,
        scratch: &Scratch,
        mut wanted: impl FnMut(&str) -> Option<T>,
    ) -> Result<T> {
        let mut found = None;
        while found.is_none() {
            self.read(scratch, |text| {
                if found.is_none() {
                    found = wanted(&String::from_utf8_lossy(text));
                }
            })
            .await?;
        }
        found.context("nothing was found")
    }
}

impl Inbox {
    /// Goes through what has come; keeps the rest. How many bytes were whole frames.
    fn take(
        &mut self,
        bytes: &[u8],
        each: &mut impl FnMut(&[u8]),
        pongs: &mut Vec<u8>,
    ) -> Result<usize> {
        if self.0.is_empty() {
            let used = frames(bytes, each, pongs)?;
            self.0.extend_from_slice(&bytes[used..]);
            Ok(used)
        } else {
            self.0.extend_from_slice(bytes);
            let used = frames(&self.0, each, pongs)?;
            self.0.drain(..used);
            Ok(used)
        }
    }
}

/// Shows the texts that are whole; how many bytes all whole frames are.
fn frames(bytes: &[u8], each: &mut impl FnMut(&[u8]), pongs: &mut Vec<u8>) -> Result<usize> {
    let mut cursor = Cursor::new(bytes);
    let mut used = 0;
    while let Some((header, length)) = FrameHeader::parse(&mut cursor)? {
        ensure!(length <= FRAME_MAX_BYTES, "a frame of {length} bytes");
        let begin = usize::try_from(cursor.position())?;
        let end = begin + usize::try_from(length)?;
        let Some(payload) = bytes.get(begin..end) else { break };
        match header.opcode {
            OpCode::Data(Data::Text) if header.is_final && !header.rsv1 => each(payload),
            OpCode::Data(_) => bail!("a frame that is binary, compressed or in parts"),
            OpCode::Control(Control::Ping) => {
                frame(OpCode::Control(Control::Pong), payload, pongs)?
            }
            OpCode::Control(Control::Close) => {
                let reason = payload.get(2..).unwrap_or_default();
                let code = payload.first_chunk().map_or(1005, |code| u16::from_be_bytes(*code));
                bail!("the server closed it: {code} {}", String::from_utf8_lossy(reason));
            }
            OpCode::Control(_) => {}
        }
        used = end;
        cursor.set_position(u64::try_from(end)?);
    }
    Ok(used)
}

/// A client's frame has a mask (RFC 6455 §5.3). Ours is zero, which changes nothing: no proxy stands
/// between the two that it could protect.
fn frame(opcode: OpCode, payload: &[u8], into: &mut Vec<u8>) -> Result<()> {
    let header = FrameHeader { opcode, mask: Some([0; 4]), ..FrameHeader::default() };
    header.format(payload.len() as u64, into)?;
    into.extend_from_slice(payload);
    Ok(())
}

#[cfg(test)]
mod tests;
