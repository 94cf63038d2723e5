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
    /// Batches that are lost. The epoch of each partition that lost records changes in a later one.
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

/// Batches `from ..= to` are lost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HoleView {
    /// The first that is lost.
    pub from: BatchNo,
    /// The last that is lost.
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
    index: usize,
    segment: Option<Segment>,
    at: u64,
    window: Window,
}

impl Follower {
    pub(crate) fn new(shared: Arc<Shared>, after: BatchNo) -> Self {
        let (index, at) = {
            let state = shared.lock();
            let later = state.segments.partition_point(|s| s.first_batch <= after.next());
            let index = later.saturating_sub(1);
            // A reader that has everything need not look through the last segment for its place.
            let end = state.segments.last().map(|last| last.end).filter(|_| after >= state.durable);
            match end {
                Some(end) => (state.segments.len() - 1, end),
                None => (index, SEGMENT_HEADER_BYTES),
            }
        };
        Self { shared, after, index, segment: None, at, window: Window::default() }
    }

    /// The last batch that it gave, or passed over as lost.
    pub fn after(&self) -> BatchNo {
        self.after
    }

    /// The next batch; `None` = there is nothing more that is durable.
    ///
    /// # Errors
    /// [`ReadError`]: it stays where it is.
    pub fn next_batch(&mut self) -> Result<Option<Batch>, ReadError> {
        while let Some(segment) = self.segment_with_more() {
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
        Ok(None)
    }

    /// The segment in which something durable stands at or above the present place.
    fn segment_with_more(&mut self) -> Option<Segment> {
        if let Some(segment) = self.segment.take()
            && self.at < segment.end
        {
            return Some(segment);
        }
        let state = self.shared.lock();
        while let Some(segment) = state.segments.get(self.index) {
            if self.at < segment.end {
                return Some(segment.clone());
            }
            if self.index + 1 == state.segments.len() {
                return None;
            }
            self.index += 1;
            self.at = SEGMENT_HEADER_BYTES;
            self.window.forget();
        }
        None
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

fn decode(header: &BatchHeader, payload: &[u8]) -> Result<BatchView, &'static str> {
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
