//! Frames where they lie: only one that a read cuts in two is kept.

use std::io::Cursor;

use tokio_tungstenite::tungstenite::protocol::frame::FrameHeader;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{Control, Data, OpCode};

use super::Ended;

/// Bytes of one frame: a page of the largest messages is below.
pub(super) const FRAME_MAX_BYTES: u64 = 32 * 1024 * 1024;

/// Bytes that are kept for the next frame that is cut in two; more are given back.
const KEPT_BYTES: usize = 1024;

/// The beginning of a frame whose end has not come.
#[derive(Debug, Default)]
pub(super) struct Inbox(pub(super) Vec<u8>);

impl Inbox {
    /// Goes through what has come; keeps the rest. How many bytes were whole frames.
    pub(super) fn take(
        &mut self,
        bytes: &[u8],
        each: &mut impl FnMut(&[u8]),
        pongs: &mut Vec<u8>,
    ) -> Result<usize, Ended> {
        if self.0.is_empty() {
            let used = frames(bytes, each, pongs)?;
            self.0.extend_from_slice(&bytes[used..]);
            Ok(used)
        } else {
            self.0.extend_from_slice(bytes);
            let used = frames(&self.0, each, pongs)?;
            self.0.drain(..used);
            if self.0.is_empty() {
                self.0.shrink_to(KEPT_BYTES);
            }
            Ok(used)
        }
    }
}

/// Shows the texts that are whole; how many bytes all whole frames are.
fn frames(bytes: &[u8], each: &mut impl FnMut(&[u8]), pongs: &mut Vec<u8>) -> Result<usize, Ended> {
    let mut cursor = Cursor::new(bytes);
    let mut used = 0;
    let malformed = |why: String| Err(Ended::Malformed(why));
    loop {
        let parsed = FrameHeader::parse(&mut cursor);
        let parsed = parsed.map_err(|why| Ended::Malformed(why.to_string()))?;
        let Some((header, length)) = parsed else { break };
        if length > FRAME_MAX_BYTES {
            return malformed(format!("a frame of {length} bytes"));
        }
        let fits = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
        let begin = fits(cursor.position());
        let end = begin + fits(length);
        let Some(payload) = bytes.get(begin..end) else { break };
        match header.opcode {
            OpCode::Data(Data::Text) if header.is_final && !header.rsv1 => each(payload),
            OpCode::Data(_) => {
                return malformed("a frame that is binary, compressed or in parts".to_owned());
            }
            OpCode::Control(Control::Ping) => frame(OpCode::Control(Control::Pong), payload, pongs),
            OpCode::Control(Control::Close) => {
                let code = payload.first_chunk().map_or(1005, |code| u16::from_be_bytes(*code));
                let reason = payload.get(2..).unwrap_or_default();
                let reason = String::from_utf8_lossy(reason).into_owned();
                return Err(Ended::Closed { code, reason });
            }
            OpCode::Control(_) => {}
        }
        used = end;
        cursor.set_position(end as u64);
    }
    Ok(used)
}

/// A client's frame has a mask (RFC 6455 §5.3). Ours is zero, which changes nothing: no proxy stands
/// between the two that it could protect.
pub(super) fn frame(opcode: OpCode, payload: &[u8], into: &mut Vec<u8>) {
    let header = FrameHeader { opcode, mask: Some([0; 4]), ..FrameHeader::default() };
    header.format(payload.len() as u64, into).expect("a vector takes all");
    into.extend_from_slice(payload);
}
