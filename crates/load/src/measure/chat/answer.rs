//! What the server says, as far as a generator has to know it.
//!
//! The server's frames begin with their type, and answers go on with `ref`: that much is read where it lies, for parsing
//! every frame would cost more than all else that a client does. What looks different is parsed whole.

use wire::{Frame, decode_frame};

/// A frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Heard {
    /// The server knows who this is.
    Welcome,
    /// The answer to the command of this reference, with the status that it has over HTTP.
    Answer { reference: u64, status: u16 },
    /// Something was not done, and it is not said what.
    Problem { status: u16 },
    /// Not an answer.
    Other,
}

/// What every frame of hubbub begins with.
const HEAD: &[u8] = b"{\"type\":\"";

/// What follows the type of an answer.
const REFERENCE: &[u8] = b",\"ref\":";

/// The status of what was done.
pub(super) const DONE: u16 = 200;

/// Understands a frame.
pub(super) fn heard(frame: &[u8]) -> Heard {
    let typed = frame.strip_prefix(HEAD).and_then(|rest| {
        let end = memchr::memchr(b'"', rest)?;
        Some((&rest[..end], &rest[end + 1..]))
    });
    match typed {
        Some((b"welcome", _)) => Heard::Welcome,
        Some((b"message", _)) => Heard::Other,
        Some((b"sent" | b"pong" | b"page" | b"subscribed", rest)) => {
            let reference = rest.strip_prefix(REFERENCE).and_then(number);
            let answer = |reference| Heard::Answer { reference, status: DONE };
            reference.map_or(Heard::Other, answer)
        }
        Some(_) | None => parsed(frame),
    }
}

fn parsed(frame: &[u8]) -> Heard {
    let decoded = std::str::from_utf8(frame).ok().and_then(|text| decode_frame(text).ok());
    let done = |reference: Option<u64>| {
        reference.map_or(Heard::Other, |reference| Heard::Answer { reference, status: DONE })
    };
    match decoded {
        Some(Frame::Welcome { .. }) => Heard::Welcome,
        Some(
            Frame::Sent { reference, .. }
            | Frame::Subscribed { reference, .. }
            | Frame::Page { reference, .. }
            | Frame::Pong { reference },
        ) => done(reference),
        Some(Frame::Problem(problem)) => {
            let status = problem.code.status();
            match problem.reference {
                Some(reference) => Heard::Answer { reference, status },
                None => Heard::Problem { status },
            }
        }
        Some(
            Frame::Message { .. }
            | Frame::Conversations { .. }
            | Frame::Members { .. }
            | Frame::Typing { .. }
            | Frame::Presence { .. }
            | Frame::Refreshed { .. }
            | Frame::Unsubscribed { .. },
        )
        | None => Heard::Other,
    }
}

/// The digits that it begins with.
fn number(text: &[u8]) -> Option<u64> {
    let end = text.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(text.len());
    std::str::from_utf8(&text[..end]).ok()?.parse().ok()
}

#[cfg(test)]
mod tests;
