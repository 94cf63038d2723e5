//! The latest frames of one conversation, encoded once an encoding and shared by all who listen here.
//!
//! # Invariants
//!
//! - Dense: the frames stand for `start ..= head`, in order.
//! - At most [`RING_FRAMES_MAX`] frames and [`RING_BYTES_MAX`] bytes; the oldest go first, even the
//!   newest one when it alone is too much. Who falls out below reads pages from the owner.

use std::collections::VecDeque;

use model::{Seq, UserId};
use wire::Encoding;

use crate::words::{Said, Words};

/// Frames of one ring.
pub const RING_FRAMES_MAX: usize = 256;

/// Bytes of one ring: of each frame its encodings and what it costs besides.
pub const RING_BYTES_MAX: usize = 256 * 1024;

/// What a frame costs beside its encodings: its places in the ring and in the queue of what goes first.
pub(crate) const FRAME_OVERHEAD_BYTES: usize = 128;

/// The latest frames of a conversation.
#[derive(Debug, Default)]
pub(crate) struct Ring {
    start: Seq,
    frames: VecDeque<Said>,
    bytes: usize,
    /// Whom which of the frames removes.
    removals: VecDeque<(Seq, UserId)>,
}

/// What a change did to a ring's size.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Change {
    pub(crate) frames_added: usize,
    pub(crate) bytes_added: usize,
    pub(crate) frames_freed: usize,
    pub(crate) bytes_freed: usize,
}

/// A frame came that is not the next one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NotNext {
    pub(crate) expected: Seq,
}

fn cost(frame: &Said) -> usize {
    frame.len() + FRAME_OVERHEAD_BYTES
}

impl Ring {
    /// An empty ring that will begin with `start`.
    pub(crate) fn starting_at(start: Seq) -> Self {
        Self { start, frames: VecDeque::new(), bytes: 0, removals: VecDeque::new() }
    }

    /// The lowest sequence number it has, or will have.
    pub(crate) fn start(&self) -> Seq {
        self.start
    }

    /// The one after the highest it has.
    pub(crate) fn next(&self) -> Seq {
        Seq(self.start.0 + self.frames.len() as u64)
    }

    pub(crate) fn len(&self) -> usize {
        self.frames.len()
    }

    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Appends the frame of `seq`.
    pub(crate) fn push(&mut self, seq: Seq, frame: Said) -> Result<Change, NotNext> {
        if seq != self.next() {
            return Err(NotNext { expected: self.next() });
        }
        let bytes_added = cost(&frame);
        self.bytes += bytes_added;
        self.frames.push_back(frame);
        let mut change = Change { frames_added: 1, bytes_added, ..Change::default() };
        while self.frames.len() > RING_FRAMES_MAX || self.bytes > RING_BYTES_MAX {
            self.drop_oldest(&mut change);
        }
        Ok(change)
    }

    /// The frame that was pushed last removes this user.
    pub(crate) fn removes(&mut self, user: &UserId) {
        if let Some(last) = self.next().0.checked_sub(1).filter(|_| !self.frames.is_empty()) {
            self.removals.push_back((Seq(last), user.clone()));
        }
    }

    /// The first frame from `from` on that removes this user.
    pub(crate) fn removal(&self, user: &UserId, from: Seq) -> Option<Seq> {
        let mut theirs = self.removals.iter().filter(|(seq, of)| *seq >= from && of == user);
        theirs.next().map(|(seq, _)| *seq)
    }

    /// Lets everything up to and including `seq` go.
    pub(crate) fn drop_through(&mut self, seq: Seq) -> Change {
        let mut change = Change::default();
        while self.start <= seq && !self.frames.is_empty() {
            self.drop_oldest(&mut change);
        }
        if self.frames.is_empty() {
            self.frames = VecDeque::new(); // A quiet conversation holds no memory.
        }
        change
    }

    /// Frames from `from` on: at most `frames_max`, and none after more than `bytes_max` bytes.
    pub(crate) fn copy_from(
        &self,
        from: Seq,
        frames_max: usize,
        bytes_max: usize,
        encoding: Encoding,
        into: &mut Vec<Words>,
    ) -> usize {
        let Some(skip) = from.0.checked_sub(self.start.0) else { return 0 };
        let Ok(skip) = usize::try_from(skip) else { return 0 };
        let mut bytes = 0;
        let before = into.len();
        for frame in self.frames.iter().skip(skip).take(frames_max) {
            if bytes > bytes_max {
                break;
            }
            let words = frame.words(encoding);
            bytes += words.len();
            into.push(words);
        }
        into.len() - before
    }

    fn drop_oldest(&mut self, change: &mut Change) {
        if let Some(frame) = self.frames.pop_front() {
            self.start = self.start.next();
            while self.removals.front().is_some_and(|(seq, _)| *seq < self.start) {
                self.removals.pop_front();
            }
            self.bytes -= cost(&frame);
            change.frames_freed += 1;
            change.bytes_freed += cost(&frame);
        }
    }
}

#[cfg(test)]
mod tests;
