//! Thinning: a sealed segment is written anew with less in it.
//!
//! # Invariants
//!
//! - The segment stands beside itself (`NNNNNNNN.seg.thin`), whole and synced, before it takes its own
//!   name; the names are synced after that. So after a power cut it is what it was, or what it became.
//! - What is kept is kept to the byte, under its batch and its number. Epochs are always kept: they
//!   answer losses, and the loss may be elsewhere.
//! - Nothing that does not read is passed over: a damaged segment is not thinned, for then nobody could
//!   tell any more what was lost from what was thinned away.
//! - The one who appends waits for nothing of this but a lock in memory.

mod judged;
mod written;

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use model::{BatchNo, Fact, Offset, Wall};
use thiserror::Error;

use crate::disk::{Disk, is_full};
use crate::segment::SEGMENT_HEADER_BYTES;
use crate::shared::{Segment, Shared};
use judged::Judged;

/// A segment to which nothing is appended any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sealed {
    /// Its number.
    pub number: u64,
    /// The first batch that stood in it when it was sealed.
    pub first_batch: BatchNo,
    /// The last one; below the first if there was none.
    pub last_batch: BatchNo,
    /// The stamp of the last batch up to and including that one.
    pub last_stamp: Wall,
    /// Bytes that it uses, its header included.
    pub used_bytes: u64,
    /// As of which batch it was thinned last; `None` = it stands as it was appended.
    pub thinned_as_of: Option<BatchNo>,
}

/// What shall become of a fact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It stays, to the byte.
    Keep,
    /// It goes.
    Drop,
    /// This one stands in its place, under its number. It must belong to the same partition.
    Replace(Fact),
}

/// What thinning a segment did, or would do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Thinned {
    /// Records that stay as they were.
    pub kept: u64,
    /// Records in whose place others stand.
    pub replaced: u64,
    /// Records that are gone.
    pub dropped: u64,
    /// Bytes that the segment used, its header included.
    pub bytes_before: u64,
    /// Bytes that it uses then.
    pub bytes_after: u64,
    /// It was done, and is durable. `false`: it was not worth it, or nothing would change.
    pub written: bool,
}

/// Why a segment was not thinned, or a deletion not done.
#[derive(Debug, Error)]
pub enum ThinError {
    /// There is no such segment, or it is the one that is written.
    #[error("segment {number} is not there or not sealed: it cannot be thinned")]
    NotSealed {
        /// Which one.
        number: u64,
    },
    /// Something in it does not read. Nothing was changed.
    #[error(
        "{file}: byte {offset} does not read, so it is not thinned, for that would hide the loss; \
         stop, restore the file from a backup made before the damage, start"
    )]
    Damaged {
        /// The segment's file.
        file: String,
        /// Where the damage begins.
        offset: u64,
    },
    /// A whole record does not decode. Nothing was changed.
    #[error("{file}, batch {batch}: {why}; run the version that wrote it")]
    Undecodable {
        /// The segment's file.
        file: String,
        /// The batch.
        batch: BatchNo,
        /// What is wrong.
        why: &'static str,
    },
    /// What replaces a batch's records is more than the format allows. Nothing was changed.
    #[error("{file}, batch {batch}: its records would have {bytes} bytes; replace by less")]
    TooLarge {
        /// The segment's file.
        file: String,
        /// The batch.
        batch: BatchNo,
        /// Bytes of its records.
        bytes: usize,
    },
    /// There is no room to write it beside itself. Nothing was changed; try again later.
    #[error("{file} was not thinned: the disk is full; nothing was changed, make room first")]
    DiskFull {
        /// The segment's file.
        file: String,
    },
    /// The disk failed. Nothing was changed.
    #[error("{file}, {what}: {source}; it is as it was")]
    Io {
        /// The segment's file.
        file: String,
        /// While doing what.
        what: &'static str,
        /// What the disk said.
        source: io::Error,
    },
    /// The names could not be synced, now or before: what was thinned is served, and both the old and
    /// the new file are good, but a power cut may bring the old one back. Nothing is thinned any more.
    #[error(
        "{file} is thinned, but its name may not be durable ({why}): a power cut may bring the old file \
         back; look at the disk, then start again: nothing is thinned until then"
    )]
    Unsure {
        /// The file whose name it is.
        file: String,
        /// What the disk said.
        why: String,
    },
}

/// Thins sealed segments, from another thread than the one that appends. One at a time: a second
/// call waits for the first.
#[derive(Clone)]
pub struct Thinner {
    disk: Arc<dyn Disk>,
    shared: Arc<Shared>,
    unsure: Arc<Mutex<Option<Unsure>>>,
}

/// The names could not be synced.
struct Unsure {
    file: String,
    why: String,
}

impl Thinner {
    pub(crate) fn new(disk: Arc<dyn Disk>, shared: Arc<Shared>) -> Self {
        Self { disk, shared, unsure: Arc::default() }
    }

    /// The segments that may be thinned, oldest first.
    pub fn sealed(&self) -> Vec<Sealed> {
        let state = self.shared.lock();
        let pairs = state.segments.windows(2);
        let sealed = pairs.filter_map(|pair| match pair {
            [this, next] => Some(Sealed {
                number: this.number,
                first_batch: this.first_batch,
                last_batch: BatchNo(next.first_batch.0 - 1),
                last_stamp: next.stamp_before,
                used_bytes: this.end,
                thinned_as_of: this.thinned_as_of,
            }),
            _ => None,
        });
        sealed.collect()
    }

    /// Asks of every fact of a sealed segment what shall become of it, but of no epoch; then, if
    /// anything would change and `worth_it` says so, writes it anew. Of a dry run nothing is ever worth it.
    /// The judge goes by what stands in the journal up to and including the batch `as_of`, which is durable
    /// and not below the segment's last.
    ///
    /// A byte of memory for each record is needed, and those that replace others.
    ///
    /// # Errors
    /// [`ThinError`]: but for `Unsure` nothing was changed.
    ///
    /// # Panics
    /// When `as_of` is not between the segment's last batch and the last durable one, or a fact
    /// is replaced by one of another partition: our own bugs.
    pub fn thin(
        &self,
        number: u64,
        as_of: BatchNo,
        judge: impl FnMut(Offset, Wall, &Fact) -> Verdict,
        worth_it: impl FnOnce(&Thinned) -> bool,
    ) -> Result<Thinned, ThinError> {
        let mut unsure = self.sure()?;
        let segment = self.segment(number, as_of)?;
        let judged = Judged::read(&segment, judge)?;
        let mut thinned = judged.thinned;
        if thinned.dropped + thinned.replaced == 0 || !worth_it(&thinned) {
            return Ok(thinned);
        }
        let file = written::beside(self.disk.as_ref(), &segment, &judged, as_of)?;
        let named = self.disk.sync_names();
        self.shared.exchange(number, file, thinned.bytes_after, as_of);
        if let Err(error) = named {
            let (file, why) = (segment.name, error.to_string());
            *unsure = Some(Unsure { file: file.clone(), why: why.clone() });
            return Err(ThinError::Unsure { file, why });
        }
        thinned.written = true;
        Ok(thinned)
    }

    /// Deletes segments at the front that hold no batch any more, once the headers of two later ones say
    /// that they are not kept: with a front that nobody declares gone, opening would name a loss. Those
    /// that became empty since are declared by the headers to come, and deleted by a later call. How
    /// many were deleted.
    ///
    /// # Errors
    /// `Io`: those that are left are deleted later. `Unsure`.
    pub fn delete_front(&self) -> Result<u64, ThinError> {
        let unsure = self.sure()?;
        let mut deleted = 0;
        while let Some(first) = self.empty_front() {
            let removed = self.disk.remove(&first.name);
            removed.map_err(ThinError::io(&first, "deleting it, for it is empty"))?;
            self.shared.lock().segments.remove(0);
            deleted += 1;
        }
        drop(unsure);
        Ok(deleted)
    }

    /// The first segment, if it is empty and declared to be kept no more. Has those declared that are
    /// empty.
    fn empty_front(&self) -> Option<Segment> {
        let mut state = self.shared.lock();
        let empty = |segment: &Segment| segment.end_known && segment.end <= SEGMENT_HEADER_BYTES;
        let full = state.segments.iter().find(|segment| !empty(segment));
        let oldest = full.or(state.segments.last())?.number;
        state.kept.wanted = state.kept.wanted.max(oldest);
        let deletable = oldest.min(state.kept.said_twice);
        state.segments.first().filter(|first| first.number < deletable).cloned()
    }

    /// Nobody else thins meanwhile, and the names on the disk are known.
    fn sure(&self) -> Result<MutexGuard<'_, Option<Unsure>>, ThinError> {
        let unsure = self.unsure.lock().unwrap_or_else(PoisonError::into_inner);
        match &*unsure {
            Some(Unsure { file, why }) => {
                Err(ThinError::Unsure { file: file.clone(), why: why.clone() })
            }
            None => Ok(unsure),
        }
    }

    fn segment(&self, number: u64, as_of: BatchNo) -> Result<Segment, ThinError> {
        let state = self.shared.lock();
        let found = state.segments.windows(2).find(|pair| pair[0].number == number);
        let Some([this, next]) = found else { return Err(ThinError::NotSealed { number }) };
        let allowed = next.first_batch.0 - 1..=state.durable.0;
        assert!(allowed.contains(&as_of.0), "as of batch {as_of}, not in {allowed:?}");
        Ok(this.clone())
    }
}

impl ThinError {
    fn io(segment: &Segment, what: &'static str) -> impl FnOnce(io::Error) -> Self {
        let file = segment.name.clone();
        move |source| match is_full(&source) {
            true => Self::DiskFull { file },
            false => Self::Io { file, what, source },
        }
    }

    fn damaged(segment: &Segment, offset: u64) -> Self {
        Self::Damaged { file: segment.name.clone(), offset }
    }
}

impl std::fmt::Debug for Thinner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Thinner").field("sealed", &self.sealed().len()).finish_non_exhaustive()
    }
}
