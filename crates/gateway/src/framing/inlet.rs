//! What a client says: bytes in, messages out.

use std::io::Cursor;

use tokio_tungstenite::tungstenite::protocol::frame::FrameHeader;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{
    CloseCode as WireCode, Control, Data, OpCode,
};
use wire::FRAME_MAX_BYTES;

use super::{Broken, CONTROL_MAX_BYTES};

const UNKNOWN_KIND: Broken = Broken::Protocol("an unknown kind of frame");

/// Bytes that have come and are not heard yet, and the message that is not whole.
#[derive(Debug, Default)]
pub(crate) struct Inlet {
    bytes: Vec<u8>,
    /// What was heard of them.
    heard: usize,
    /// Of a message in several frames.
    parts: Option<Box<Parts>>,
    end: Option<Broken>,
}

#[derive(Debug)]
struct Parts {
    is_text: bool,
    bytes: Vec<u8>,
    /// So many of them are UTF-8.
    checked: usize,
    is_whole: bool,
}

/// One message, or what stands between messages.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Heard<'a> {
    Text(&'a str),
    Binary(&'a [u8]),
    /// To be answered with a pong that says the same.
    Ping(&'a [u8]),
    Pong,
    /// The client closes; with its code, if it says one.
    Close(Option<u16>),
}

impl Inlet {
    /// These have come.
    pub(crate) fn push(&mut self, bytes: &[u8]) {
        if self.end.is_some() {
            return;
        }
        if self.heard > 0 {
            self.bytes.drain(..self.heard);
            self.heard = 0;
        }
        self.bytes.extend_from_slice(bytes);
    }

    /// Nothing is heard any more.
    pub(crate) const fn is_broken(&self) -> bool {
        self.end.is_some()
    }

    /// The next message of what has come; `None` = it is not whole yet.
    ///
    /// # Errors
    /// [`Broken`]; from then on always that.
    pub(crate) fn next(&mut self) -> Result<Option<Heard<'_>>, Broken> {
        match self.end {
            Some(broken) => return Err(broken),
            None if self.parts.as_ref().is_some_and(|parts| parts.is_whole) => self.parts = None,
            None => {}
        }
        match self.advance() {
            Ok(Some(found)) => self.heard(found).map(Some),
            Ok(None) => {
                if self.heard == self.bytes.len() {
                    // An idle connection holds no memory.
                    (self.bytes, self.heard) = (Vec::new(), 0);
                }
                Ok(None)
            }
            Err(broken) => {
                self.end = Some(broken);
                self.bytes = Vec::new();
                Err(broken)
            }
        }
    }
}

#[cfg(test)]
impl Inlet {
    pub(super) fn held_bytes(&self) -> usize {
        self.bytes.capacity()
    }
}

/// A frame, and where its content lies.
struct Frame {
    opcode: OpCode,
    is_final: bool,
    mask: [u8; 4],
    from: usize,
    to: usize,
}

/// Where a message lies.
enum Found {
    /// In the bytes, unmasked.
    Here { opcode: OpCode, from: usize, to: usize },
    /// Put together.
    Parts,
}

impl Inlet {
    /// Goes over frames until something is whole.
    fn advance(&mut self) -> Result<Option<Found>, Broken> {
        loop {
            let Some(frame) = self.frame()? else { return Ok(None) };
            let Frame { opcode, is_final, mask, from, to } = frame;
            unmask(&mut self.bytes[from..to], mask);
            self.heard = to;
            match (opcode, is_final) {
                (OpCode::Control(Control::Reserved(_)), _) => return Err(UNKNOWN_KIND),
                (opcode @ OpCode::Control(_), true) => {
                    return Ok(Some(Found::Here { opcode, from, to }));
                }
                (OpCode::Control(_), false) => {
                    return Err(Broken::Protocol("a control frame in parts"));
                }
                (opcode @ OpCode::Data(Data::Text | Data::Binary), is_final) => {
                    if self.parts.is_some() {
                        return Err(Broken::Protocol("a message within a message"));
                    }
                    if is_final {
                        return Ok(Some(Found::Here { opcode, from, to }));
                    }
                    let is_text = opcode == OpCode::Data(Data::Text);
                    let parts = Parts { is_text, bytes: Vec::new(), checked: 0, is_whole: false };
                    self.parts.insert(Box::new(parts)).add(&self.bytes[from..to])?;
                }
                (OpCode::Data(Data::Continue), is_final) => {
                    let Some(parts) = &mut self.parts else {
                        return Err(Broken::Protocol("the rest of no message"));
                    };
                    parts.add(&self.bytes[from..to])?;
                    parts.is_whole = is_final;
                    if is_final {
                        return Ok(Some(Found::Parts));
                    }
                }
                (OpCode::Data(Data::Reserved(_)), _) => return Err(UNKNOWN_KIND),
            }
        }
    }

    /// The next frame; `None` = it has not come whole.
    fn frame(&self) -> Result<Option<Frame>, Broken> {
        let mut cursor = Cursor::new(&self.bytes[self.heard..]);
        let parsed = FrameHeader::parse(&mut cursor)
            .map_err(|_| Broken::Protocol("a frame with a wrong head"))?;
        let Some((header, length)) = parsed else { return Ok(None) };
        if header.rsv1 || header.rsv2 || header.rsv3 {
            return Err(Broken::Protocol("an extension that was not agreed on"));
        }
        let mask = header.mask.ok_or(Broken::Protocol("a frame without a mask"))?;
        let length = usize::try_from(length).map_err(|_| Broken::TooLarge)?;
        match header.opcode {
            OpCode::Control(_) if length > CONTROL_MAX_BYTES => {
                return Err(Broken::Protocol("a control frame that is too long"));
            }
            OpCode::Control(_) => {}
            OpCode::Data(_) => {
                let before = self.parts.as_ref().map_or(0, |parts| parts.bytes.len());
                if before.saturating_add(length) > FRAME_MAX_BYTES {
                    return Err(Broken::TooLarge);
                }
            }
        }
        let head = usize::try_from(cursor.position()).map_err(|_| Broken::TooLarge)?;
        let from = self.heard + head;
        let to = from + length;
        let (opcode, is_final) = (header.opcode, header.is_final);
        let frame = Frame { opcode, is_final, mask, from, to };
        Ok((to <= self.bytes.len()).then_some(frame))
    }

    fn heard(&mut self, found: Found) -> Result<Heard<'_>, Broken> {
        let (opcode, content) = match (found, &self.parts) {
            (Found::Here { opcode, from, to }, _) => (opcode, &self.bytes[from..to]),
            (Found::Parts, Some(parts)) => {
                let data = if parts.is_text { Data::Text } else { Data::Binary };
                (OpCode::Data(data), parts.bytes.as_slice())
            }
            (Found::Parts, None) => unreachable!("they were put together"),
        };
        let heard = match opcode {
            OpCode::Data(Data::Text) => {
                str::from_utf8(content).map(Heard::Text).map_err(|_| Broken::NotUtf8)
            }
            OpCode::Control(Control::Ping) => Ok(Heard::Ping(content)),
            OpCode::Control(Control::Close) => close_code(content).map(Heard::Close),
            OpCode::Control(Control::Pong | Control::Reserved(_)) => Ok(Heard::Pong),
            OpCode::Data(Data::Binary | Data::Continue | Data::Reserved(_)) => {
                Ok(Heard::Binary(content))
            }
        };
        self.end = heard.as_ref().err().copied();
        heard
    }
}

impl Parts {
    /// A text is checked as far as it has come.
    fn add(&mut self, bytes: &[u8]) -> Result<(), Broken> {
        self.bytes.extend_from_slice(bytes);
        if self.is_text {
            self.checked += match str::from_utf8(&self.bytes[self.checked..]) {
                Ok(text) => text.len(),
                Err(why) if why.error_len().is_none() => why.valid_up_to(),
                Err(_) => return Err(Broken::NotUtf8),
            };
        }
        Ok(())
    }
}

/// The code that a close frame says, if it says one, and nothing is wrong with that or the reason
/// (RFC 6455, 5.5.1 and 7.4).
fn close_code(content: &[u8]) -> Result<Option<u16>, Broken> {
    let Some((code, reason)) = content.split_first_chunk() else {
        let is_plain = content.is_empty();
        return if is_plain { Ok(None) } else { Err(Broken::Protocol("half a close code")) };
    };
    let code = u16::from_be_bytes(*code);
    if !WireCode::from(code).is_allowed() {
        return Err(Broken::Protocol("a close code that may not be sent"));
    }
    str::from_utf8(reason).map_err(|_| Broken::NotUtf8)?;
    Ok(Some(code))
}

/// XOR with the mask, over and over (RFC 6455, 5.3).
fn unmask(bytes: &mut [u8], mask: [u8; 4]) {
    let [a, b, c, d] = mask;
    let wide = u64::from_ne_bytes([a, b, c, d, a, b, c, d]);
    let (words, rest) = bytes.as_chunks_mut::<8>();
    for word in words {
        *word = (u64::from_ne_bytes(*word) ^ wide).to_ne_bytes();
    }
    for (byte, mask) in rest.iter_mut().zip(mask.iter().cycle()) {
        *byte ^= mask;
    }
}
