//! What a client is told: texts in, bytes out, as many together as one write takes.

use std::collections::VecDeque;

use axum::extract::ws::Message;
use bytes::Bytes;
use tokio_tungstenite::tungstenite::protocol::frame::FrameHeader;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{Control, Data, OpCode};

use super::CONTROL_MAX_BYTES;

/// The longest head of a frame that has no mask.
const HEAD_MAX_BYTES: usize = 10;

/// Frames that wait to be written. Their contents are shared, not copied.
#[derive(Debug, Clone, Default)]
pub(crate) struct Outlet {
    frames: VecDeque<Out>,
    /// Bytes of the first that are written.
    written: usize,
}

#[derive(Debug, Clone)]
struct Out {
    opcode: OpCode,
    content: Bytes,
}

impl Outlet {
    /// A text or bytes; of what stands between messages there is more to say.
    pub(crate) fn put(&mut self, message: Message) {
        let (data, content) = match message {
            Message::Text(text) => (Data::Text, text.into()),
            Message::Binary(bytes) => (Data::Binary, bytes),
            Message::Ping(_) | Message::Pong(_) | Message::Close(_) => return,
        };
        self.frames.push_back(Out { opcode: OpCode::Data(data), content });
    }

    /// Answers a ping. One that is still to be written is replaced: the last one counts (RFC 6455, 5.5.3).
    pub(crate) fn pong(&mut self, content: &[u8]) {
        let pong = Out {
            opcode: OpCode::Control(Control::Pong),
            content: Bytes::copy_from_slice(&content[..content.len().min(CONTROL_MAX_BYTES)]),
        };
        let begun = usize::from(self.written > 0);
        let waiting = self.frames.iter().skip(begun).position(|out| out.opcode == pong.opcode);
        match waiting.and_then(|at| self.frames.get_mut(begun + at)) {
            Some(waiting) => *waiting = pong,
            None => self.frames.push_back(pong),
        }
    }

    pub(crate) fn close(&mut self, code: Option<u16>, reason: &str) {
        let mut content = Vec::new();
        if let Some(code) = code {
            content.extend_from_slice(&code.to_be_bytes());
            let most = reason.floor_char_boundary(CONTROL_MAX_BYTES - content.len());
            content.extend_from_slice(&reason.as_bytes()[..most]);
        }
        let opcode = OpCode::Control(Control::Close);
        self.frames.push_back(Out { opcode, content: content.into() });
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.frames.is_empty()
    }

    #[cfg(test)]
    pub(super) fn places(&self) -> usize {
        self.frames.capacity()
    }

    /// Appends what is next to be written, until there are about `most` bytes.
    pub(crate) fn fill(&self, into: &mut Vec<u8>, most: usize) {
        let mut skip = self.written;
        for out in &self.frames {
            if into.len() >= most {
                return;
            }
            let head = out.head();
            let written_head = skip.min(head.len());
            into.extend_from_slice(&head[written_head..]);
            let content = &out.content[skip - written_head..];
            into.extend_from_slice(&content[..content.len().min(most)]);
            skip = 0;
        }
    }

    /// So many bytes of it are written.
    pub(crate) fn advance(&mut self, mut bytes: usize) {
        while let Some(first) = self.frames.front() {
            let left = first.head().len() + first.content.len() - self.written;
            if bytes < left {
                self.written += bytes;
                return;
            }
            bytes -= left;
            self.written = 0;
            self.frames.pop_front();
        }
        assert!(bytes == 0, "no more is written than there was");
        // An idle connection holds no memory.
        self.frames = VecDeque::new();
    }
}

impl Out {
    fn head(&self) -> Head {
        let header = FrameHeader { opcode: self.opcode, ..FrameHeader::default() };
        let mut head = Head { bytes: [0; HEAD_MAX_BYTES], len: 0 };
        let mut rest = head.bytes.as_mut_slice();
        let formatted = header.format(self.content.len() as u64, &mut rest);
        assert!(formatted.is_ok(), "a head without a mask fits");
        head.len = HEAD_MAX_BYTES - rest.len();
        head
    }
}

struct Head {
    bytes: [u8; HEAD_MAX_BYTES],
    len: usize,
}

impl std::ops::Deref for Head {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.bytes[..self.len]
    }
}
