//! Answers of HTTP/1.1, read as they come: no body is kept, no header either.
//!
//! # Invariants
//!
//! - How the bytes are cut into pieces changes nothing.
//! - A head is at most [`HEAD_BYTES_MAX`]; a body may have any length and is counted only, but for its start.

mod chunks;
mod head;

use chunks::Chunks;
use head::{Head, Length};

/// Longer heads of answers are refused.
pub(crate) const HEAD_BYTES_MAX: usize = 64 * 1024;

/// So much of a failure's body is kept.
pub(crate) const BODY_START_MAX: usize = 256;

/// What is wrong with an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Broken {
    /// It is no HTTP/1.
    #[error("the answer is no HTTP/1.1")]
    Malformed,
    /// Its head is too long.
    #[error("the head of the answer is above {HEAD_BYTES_MAX} bytes")]
    HeadTooLong,
    /// Its length cannot be told.
    #[error("the answer has no length that can be told")]
    Length,
    /// A chunk is none.
    #[error("a chunk of the answer's body is none")]
    Chunk,
    /// It goes on after its end.
    #[error("there are bytes after the end of the answer")]
    Surplus,
}

/// An answer, whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Answer {
    /// Its status.
    pub(crate) status: u16,
    /// Whether the connection may serve another request.
    pub(crate) keeps_alive: bool,
}

/// Whether it wants more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fed {
    /// The answer goes on.
    More,
    /// This was its last byte.
    Whole(Answer),
}

/// Reads one answer after the other.
#[derive(Debug)]
pub(crate) struct Reader {
    /// The beginning of a head that came in pieces; empty nearly always.
    partial: Vec<u8>,
    state: State,
    to_head_request: bool,
    /// The start of a body of status 400 and above.
    body_start: Vec<u8>,
}

#[derive(Debug)]
enum State {
    Head,
    Fixed { head: Head, left: u64 },
    Chunked { head: Head, chunks: Chunks },
    UntilClose { head: Head },
}

impl Reader {
    /// `to_head_request`: answers to HEAD have no body, whatever they say.
    pub(crate) fn new(to_head_request: bool) -> Self {
        Self { partial: Vec::new(), state: State::Head, to_head_request, body_start: Vec::new() }
    }

    /// Reads on.
    ///
    /// # Errors
    /// What is no answer; the reader is of no use afterwards.
    pub(crate) fn feed(&mut self, bytes: &[u8]) -> Result<Fed, Broken> {
        if !matches!(self.state, State::Head) {
            return self.body(bytes);
        }
        if self.partial.is_empty() {
            return self.heads(bytes);
        }
        self.partial.extend_from_slice(bytes);
        let all = std::mem::take(&mut self.partial);
        self.heads(&all)
    }

    /// The other side has closed.
    ///
    /// Nothing, if the answer was not whole by then.
    pub(crate) fn end(&mut self) -> Option<Answer> {
        match &self.state {
            State::UntilClose { head } => {
                let answer = Answer { status: head.status, keeps_alive: false };
                self.state = State::Head;
                Some(answer)
            }
            State::Head | State::Fixed { .. } | State::Chunked { .. } => None,
        }
    }

    /// Whether nothing of an answer has come.
    pub(crate) fn is_fresh(&self) -> bool {
        matches!(self.state, State::Head) && self.partial.is_empty()
    }

    /// The start of the last answer's body, if its status was 400 or above.
    pub(crate) fn body_start(&self) -> &[u8] {
        &self.body_start
    }

    fn heads(&mut self, mut bytes: &[u8]) -> Result<Fed, Broken> {
        loop {
            let Some((head, length)) = Head::parse(bytes)? else {
                if bytes.len() >= HEAD_BYTES_MAX {
                    return Err(Broken::HeadTooLong);
                }
                self.partial = bytes.to_vec();
                return Ok(Fed::More);
            };
            bytes = &bytes[head.bytes..];
            if head.is_interim() {
                if bytes.is_empty() {
                    return Ok(Fed::More);
                }
                continue;
            }
            self.body_start.clear();
            let has_body = !self.to_head_request && head.may_have_body();
            self.state = match length {
                _ if !has_body => State::Fixed { head, left: 0 },
                Length::Fixed(left) => State::Fixed { head, left },
                Length::Chunked => State::Chunked { head, chunks: Chunks::default() },
                Length::UntilClose => State::UntilClose { head },
            };
            return self.body(bytes);
        }
    }

    fn body(&mut self, bytes: &[u8]) -> Result<Fed, Broken> {
        let (head, used, is_whole) = match &mut self.state {
            State::Head => return Ok(Fed::More),
            State::Fixed { head, left } => {
                let used = bytes.len().min(usize::try_from(*left).unwrap_or(usize::MAX));
                *left -= used as u64;
                keep_start(&mut self.body_start, head.status, &bytes[..used]);
                (*head, used, *left == 0)
            }
            State::Chunked { head, chunks } => {
                let (start, status) = (&mut self.body_start, head.status);
                let used = chunks.feed(bytes, |data| keep_start(start, status, data))?;
                (*head, used, chunks.is_whole())
            }
            State::UntilClose { head } => {
                keep_start(&mut self.body_start, head.status, bytes);
                (*head, bytes.len(), false)
            }
        };
        if !is_whole {
            return Ok(Fed::More);
        }
        if used < bytes.len() {
            return Err(Broken::Surplus);
        }
        self.state = State::Head;
        Ok(Fed::Whole(Answer { status: head.status, keeps_alive: head.keeps_alive }))
    }
}

fn keep_start(start: &mut Vec<u8>, status: u16, data: &[u8]) {
    if status >= 400 {
        let room = BODY_START_MAX - start.len();
        start.extend_from_slice(&data[..data.len().min(room)]);
    }
}

#[cfg(test)]
mod tests;
