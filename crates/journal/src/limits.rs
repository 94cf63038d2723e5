//! How big things may be, and the options of a journal.

use model::bounds::{BODY_MAX_BYTES, CURSOR_MOVES_MAX, NAME_MAX_BYTES};
use thiserror::Error;

use crate::batch::BATCH_HEADER_BYTES;
use crate::record::RECORD_HEADER_BYTES;
use crate::segment::SEGMENT_HEADER_BYTES;

/// Bytes of the records of one batch. Part of the format: a reader believes no longer one.
pub const BATCH_MAX_BYTES: usize = 1024 * 1024;

/// Bytes of the records of one batch whose facts were replaced by larger ones: what a reader believes.
pub const THINNED_BATCH_MAX_BYTES: usize = 2 * BATCH_MAX_BYTES;

/// Records of one batch. Part of the format.
pub const RECORDS_PER_BATCH_MAX: usize = 16_384;

/// The least size of a segment.
pub const SEGMENT_MIN_BYTES: u64 = 64 * 1024;

/// Bytes of the largest fact that the bounds of `model` allow, as a record: a full list of cursor
/// moves with the longest names.
pub const FACT_MAX_BYTES: usize =
    RECORD_HEADER_BYTES + 2 + CURSOR_MOVES_MAX * (3 * (1 + NAME_MAX_BYTES) + 8);

const _: () = assert!(FACT_MAX_BYTES <= BATCH_MAX_BYTES, "every fact fits a batch");
const _: () = assert!(BODY_MAX_BYTES < u16::MAX as usize, "a body's length fits its u16");
const _: () = assert!(BODY_MAX_BYTES * 2 < FACT_MAX_BYTES, "cursors are the largest facts");

/// How a journal is kept.
#[derive(Debug, Clone)]
pub struct Options {
    /// Size of a new segment, bytes; a multiple of 4096, at least [`SEGMENT_MIN_BYTES`]. Old
    /// segments keep the size they have.
    pub segment_bytes: u64,
    /// Bytes of the records of one batch, at most [`BATCH_MAX_BYTES`]; a segment holds one such batch.
    /// Below [`FACT_MAX_BYTES`] some facts can never be written.
    pub batch_max_bytes: usize,
    /// Which promise to break.
    #[cfg(feature = "mutants")]
    pub mutant: Option<model::Mutant>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            segment_bytes: 64 * 1024 * 1024,
            batch_max_bytes: BATCH_MAX_BYTES,
            #[cfg(feature = "mutants")]
            mutant: None,
        }
    }
}

/// Why options do not go together.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum OptionsError {
    /// Too small, or not a multiple of 4096.
    #[error(
        "segment_bytes = {bytes}: give a multiple of 4096 that is at least {SEGMENT_MIN_BYTES}"
    )]
    Segment {
        /// What was given.
        bytes: u64,
    },
    /// More than the format allows, or more than a segment holds, or nothing.
    #[error("batch_max_bytes = {bytes}: give 1 to {most}")]
    Batch {
        /// What was given.
        bytes: usize,
        /// The most for this size of segment.
        most: usize,
    },
}

impl Options {
    pub(crate) fn check(&self) -> Result<(), OptionsError> {
        let bytes = self.segment_bytes;
        if bytes < SEGMENT_MIN_BYTES || !bytes.is_multiple_of(4096) {
            return Err(OptionsError::Segment { bytes });
        }
        let room = bytes - SEGMENT_HEADER_BYTES - BATCH_HEADER_BYTES as u64;
        let most = usize::try_from(room).map_or(BATCH_MAX_BYTES, |room| room.min(BATCH_MAX_BYTES));
        match self.batch_max_bytes {
            bytes if bytes == 0 || bytes > most => Err(OptionsError::Batch { bytes, most }),
            _ => Ok(()),
        }
    }

    #[cfg(feature = "mutants")]
    pub(crate) fn is(&self, mutant: model::Mutant) -> bool {
        self.mutant == Some(mutant)
    }
}

#[cfg(test)]
mod tests;
