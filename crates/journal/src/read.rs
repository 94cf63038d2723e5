//! Following the journal: every batch after a place, in order, each once, up to what is durable.
//!
//! Invariant: what a follower gives tiles the batch numbers: each is in a batch or in a hole.

use std::io;
use std::sync::Arc;

use model::{BatchNo, Fact, Offset, Term, Wall};
use thiserror::Error;

use crate::batch::BatchHeader;
use crate::layout::{ALIGN, wide};
use crate::record::{Records, fact};
use crate::scan::{Span, Window, batch_at, next_batch};
use crate::segment::SEGMENT_HEADER_BYTES;
use crate::shared::{Segment, Shared};

/// What comes next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Batch {
    /// Facts.
    Facts(BatchView),
    /// Batches that are not there.
    Hole(HoleView),
}

/// A batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BatchView {
    /// Its number.
    pub batch: BatchNo,
    /// The term of the owner that wrote it.
    pub term: Term,
    /// When: `received_at` of its messages.
    pub stamp: Wall,
    /// Its facts, each with its place.
    pub facts: Vec<(Offset, Fact)>,
}

/// Batches `from ..= to` are not there: what stood in them is gone on purpose, as a thinned segment
/// says, or it is lost, and then the epoch of each partition that lost records changes in a later one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HoleView {
    /// The first that is not there.
    pub from: BatchNo,
    /// The last that is not there.
    pub to: BatchNo,
}

impl Batch {
    /// The number behind which a follower goes on after it.
    pub fn last(&self) -> BatchNo {
        match self {
            Self::Facts(view) => view.batch,
            Self::Hole(hole) => hole.to,
        }
    }
}

/// Why a follower cannot go on. It stays where it is; calling again tries again.
#[derive(Debug, Error)]
pub enum ReadError {
    /// The disk failed.
    #[error("{file}, byte {at}: {source}")]
    Io {
        /// The segment's file.
        file: String,
        /// Where.
        at: u64,
        /// What the disk said.
        source: io::Error,
    },
    /// A batch is whole and does not decode: a newer version wrote it, or a bug.
    #[error("{file}, batch {batch} at byte {at}: {why}; run the version that wrote it")]
    Undecodable {
        /// The segment's file.
        file: String,
        /// Where the batch begins.
        at: u64,
        /// Its number.
        batch: BatchNo,
        /// What is wrong.
        why: &'static str,
    },
}

/// Reads on, on any thread.
pub struct Follower {
    shared: Arc<Shared>,
    after: BatchNo,
    /// The segment that it reads, by number, and which of its files `at` is a place in.
    number: u64,
    edition: u64,
    segment: Option<Segment>,
    at: u64,
    window: Window,
}

/// Where a follower goes on.
enum Place {
    /// In this segment something durable stands at or above the present place.
    In(Segment),
    /// Behind these.
    Behind(HoleView),
    /// Nothing more is durable.
    End,
}

impl Follower {
    pub(crate) fn new(shared: Arc<Shared>, after: BatchNo) -> Self {
        let (number, edition, at) = {
            let state = shared.lock();
            let later = state.segments.partition_point(|s| s.first_batch <= after.next());
            // A reader that has everything need not look through the last segment for its place.
            let last = state.segments.last().filter(|_| after >= state.durable);
            let first = state.segments.get(later.saturating_sub(1));
            match (last, first) {
                (Some(last), _) => (last.number, last.edition, last.end),
                (None, Some(first)) => (first.number, first.edition, SEGMENT_HEADER_BYTES),
                (None, None) => (0, 0, SEGMENT_HEADER_BYTES),
            }
        };
        let window = Window::default();
        Self { shared, after, number, edition, segment: None, at, window }
    }

    /// The last batch that it gave, or passed over in a hole.
    pub fn after(&self) -> BatchNo {
        self.after
    }

    /// The next batch; `None` = there is nothing more that is durable.
    ///
    /// # Errors
    /// [`ReadError`]: it stays where it is.
    pub fn next_batch(&mut self) -> Result<Option<Batch>, ReadError> {
        loop {
            let segment = match self.place() {
                Place::In(segment) => segment,
                Place::Behind(hole) => {
                    self.after = hole.to;
                    return Ok(Some(Batch::Hole(hole)));
                }
                Place::End => return Ok(None),
            };
            let read = self.read(&segment);
            let given = match read {
                Ok(read) => read?,
                Err(source) => {
                    self.window.forget();
                    return Err(ReadError::Io { file: segment.name, at: self.at, source });
                }
            };
            self.segment = Some(segment);
            if let Some(batch) = given {
                self.after = batch.last();
                return Ok(Some(batch));
            }
        }
    }

    /// A segment that was thinned meanwhile is read to its end in the file that is open, or else
    /// from its beginning in the new one, past what was given. One that is gone is followed by the next.
    fn place(&mut self) -> Place {
        if let Some(segment) = self.segment.take()
            && self.at < segment.end
        {
            return Place::In(segment);
        }
        let state = self.shared.lock();
        let here = state.segments.partition_point(|segment| segment.number < self.number);
        for segment in &state.segments[here..] {
            if (segment.number, segment.edition) != (self.number, self.edition) {
                (self.number, self.edition) = (segment.number, segment.edition);
                self.at = SEGMENT_HEADER_BYTES;
                self.window.forget();
            }
            if segment.first_batch > self.after.next() {
                let to = BatchNo(segment.first_batch.0 - 1);
                return Place::Behind(HoleView { from: self.after.next(), to });
            }
            if self.at < segment.end {
                return Place::In(segment.clone());
            }
        }
        Place::End
    }

    /// One step: a batch, or a step over one that is known or over what does not read.
    fn read(&mut self, segment: &Segment) -> io::Result<Result<Option<Batch>, ReadError>> {
        let Some(salt) = segment.salt else {
            self.at = segment.end;
            return Ok(Ok(None));
        };
        let span = Span { file: segment.file.as_ref(), salt, end: segment.end };
        let Some((header, payload)) = batch_at(&mut self.window, span, self.at)? else {
            let next = next_batch(&mut self.window, span, self.at + wide(ALIGN))?;
            self.at = next.unwrap_or(segment.end);
            return Ok(Ok(None));
        };
        if header.batch > self.after.next() {
            let to = BatchNo(header.batch.0 - 1);
            return Ok(Ok(Some(Batch::Hole(HoleView { from: self.after.next(), to }))));
        }
        if header.batch <= self.after {
            self.at += header.total_bytes();
            return Ok(Ok(None));
        }
        match decode(&header, payload) {
            Ok(view) => {
                self.at += header.total_bytes();
                Ok(Ok(Some(Batch::Facts(view))))
            }
            Err(why) => {
                let (file, at, batch) = (segment.name.clone(), self.at, header.batch);
                Ok(Err(ReadError::Undecodable { file, at, batch, why }))
            }
        }
    }
}

/// The batch of a header and its records.
pub(crate) fn decode(header: &BatchHeader, payload: &[u8]) -> Result<BatchView, &'static str> {
    let mut facts = Vec::with_capacity(header.records as usize);
    for record in Records::new(payload) {
        let record = record.map_err(|malformed| malformed.0)?;
        let fact = fact(&record, header.stamp).map_err(|malformed| malformed.0)?;
        facts.push((record.offset, fact));
    }
    Ok(BatchView { batch: header.batch, term: header.term, stamp: header.stamp, facts })
}

impl std::fmt::Debug for Follower {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Follower").field("after", &self.after).finish_non_exhaustive()
    }
}
