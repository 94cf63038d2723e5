//! The writing side. One thread owns it.
//!
//! Invariants: an append is one write and one sync; what it returns `Ok` for is durable; after a
//! failed write or sync nothing is written.

mod again;
mod open;

use std::io;
use std::sync::Arc;
use std::time::Instant;

use model::{BatchNo, Fact, Offset, Term, Wall};
use rand_core::Rng;
use rand_pcg::Pcg64Mcg;
use thiserror::Error;

use crate::batch::{BATCH_HEADER_BYTES, BatchHeader};
use crate::disk::{DiskFile, is_full};
use crate::fold::Fold;
use crate::layout::{aligned, wide};
use crate::limits::{Options, RECORDS_PER_BATCH_MAX};
use crate::record;
use crate::segment::{SEGMENT_HEADER_BYTES, SegmentHeader, file_name};
use crate::shared::{Reader, Segment, Shared, Stats};
use crate::spare::{Preparer, Spare};
use crate::thin::Thinner;

/// How long after a refusal the disk is believed to be full without trying: trying means to write
/// up to a whole segment of zeros.
const FULL_RETRY_MS: u64 = 1000;

/// The one who writes facts.
pub struct Journal {
    options: Options,
    term: Term,
    fold: Fold,
    /// `None` only while opening.
    current: Option<Current>,
    shared: Arc<Shared>,
    spare: Arc<Spare>,
    thinner: Thinner,
    dice: Pcg64Mcg,
    poison: Option<String>,
    full_since: Option<Wall>,
    buffer: Vec<u8>,
}

/// The segment that is written.
struct Current {
    file: Arc<dyn DiskFile>,
    salt: u64,
    at: u64,
    end: u64,
    synced_to: u64,
}

/// A batch is durable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Appended {
    /// Its number.
    pub batch: BatchNo,
    /// Its stamp: `received_at` of its messages.
    pub stamp: Wall,
    /// Where each fact stands, in the order they were given.
    pub offsets: Vec<Offset>,
    /// The highest Lamport counter journaled so far.
    pub lamport_high: u64,
}

/// Why a batch was not appended.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum AppendError {
    /// There is no room for the next segment. Nothing was written; try again later.
    #[error("the disk is full: nothing was written; make room, and appending goes on by itself")]
    DiskFull,
    /// A write or sync failed, now or before. What was in flight has an unknown outcome.
    #[error(
        "the journal is poisoned: {why}; what was being written may or may not be there: \
         look at the disk, then start again, and recovery will tell"
    )]
    Poisoned {
        /// What failed.
        why: String,
    },
    /// The facts are more than one batch holds. Nothing was written; give fewer.
    #[error(
        "{bytes} bytes in {records} facts are more than a batch holds ({most} bytes, {RECORDS_PER_BATCH_MAX} facts)"
    )]
    TooLarge {
        /// Bytes of the records.
        bytes: usize,
        /// How many there are.
        records: usize,
        /// `batch_max_bytes` of the options.
        most: usize,
    },
}

impl Journal {
    /// Bytes that a fact takes of a batch: a batch holds facts up to
    /// [`Options::batch_max_bytes`] and [`RECORDS_PER_BATCH_MAX`].
    pub fn encoded_len(fact: &Fact) -> usize {
        record::encoded_len(fact)
    }

    /// Makes facts durable: one batch, one write, one sync.
    ///
    /// # Errors
    /// [`AppendError`]; only after `Poisoned` is it unknown whether the facts are there.
    ///
    /// # Panics
    /// When there is no fact, or a list of cursor moves without a move: our own bug.
    pub fn append(&mut self, facts: &[Fact], now: Wall) -> Result<Appended, AppendError> {
        assert!(!facts.is_empty(), "a batch has at least one fact");
        if let Some(why) = &self.poison {
            return Err(AppendError::Poisoned { why: why.clone() });
        }
        let bytes = facts.iter().map(record::encoded_len).sum::<usize>();
        if bytes > self.options.batch_max_bytes || facts.len() > RECORDS_PER_BATCH_MAX {
            let most = self.options.batch_max_bytes;
            return Err(AppendError::TooLarge { bytes, records: facts.len(), most });
        }
        let total = wide(BATCH_HEADER_BYTES + aligned(bytes));
        if self.segment_room() < total {
            self.roll(now)?;
        }
        let (header, offsets) = self.encode(facts, now);
        self.write_batch(&header)?;
        Ok(Appended {
            batch: header.batch,
            stamp: header.stamp,
            offsets,
            lamport_high: header.lamport_high,
        })
    }

    /// Bytes that are left in the segment that is written.
    pub fn segment_room(&self) -> u64 {
        self.current.as_ref().map_or(0, |current| current.end - current.at)
    }

    /// Makes the next segment ahead, on another thread.
    pub fn preparer(&self) -> Preparer {
        Preparer::new(Arc::clone(&self.spare))
    }

    /// Ends the segment that is written: it can be thinned then, and the next one begins. Nothing
    /// happens if no batch is in it.
    ///
    /// # Errors
    /// `DiskFull`: nothing was changed. `Poisoned`.
    pub fn seal(&mut self, now: Wall) -> Result<(), AppendError> {
        if let Some(why) = &self.poison {
            return Err(AppendError::Poisoned { why: why.clone() });
        }
        let empty = self.current.as_ref().is_some_and(|open| open.at == SEGMENT_HEADER_BYTES);
        if empty { Ok(()) } else { self.roll(now) }
    }

    /// Thins what is sealed, on another thread.
    pub fn thinner(&self) -> Thinner {
        self.thinner.clone()
    }

    /// Reads what is durable.
    pub fn reader(&self) -> Reader {
        Reader::new(Arc::clone(&self.shared))
    }

    /// Numbers the facts and leaves the bytes of their batch in `buffer`.
    fn encode(&mut self, facts: &[Fact], now: Wall) -> (BatchHeader, Vec<Offset>) {
        let current = self.current.as_ref().expect("`roll` made one");
        self.fold.last_batch = self.fold.last_batch.next();
        self.fold.last_stamp = self.fold.last_stamp.max(now);
        self.buffer.clear();
        self.buffer.resize(BATCH_HEADER_BYTES, 0);
        let mut offsets = Vec::with_capacity(facts.len());
        for fact in facts {
            let offset = self.fold.give(fact);
            record::encode(fact, offset, &mut self.buffer);
            offsets.push(offset);
        }
        let header = BatchHeader {
            payload_crc: 0,
            payload_bytes: 0,
            salt: current.salt,
            batch: self.fold.last_batch,
            term: self.term,
            stamp: self.fold.last_stamp,
            synced_to: current.synced_to,
            lamport_high: self.fold.lamport_high,
            records: u32::try_from(facts.len()).expect("RECORDS_PER_BATCH_MAX fits a u32"),
            epoch_high: self.fold.epoch_high,
            thinned_as_of: BatchNo(0),
        };
        (header.seal(&mut self.buffer), offsets)
    }

    fn write_batch(&mut self, header: &BatchHeader) -> Result<(), AppendError> {
        let current = self.current.as_mut().expect("`roll` made one");
        if let Err(error) = current.file.write_at(current.at, &self.buffer) {
            return Err(self.poisoned("writing a batch", &error));
        }
        current.at += wide(self.buffer.len());
        let end = current.at;
        #[cfg(feature = "mutants")]
        if self.options.is(model::Mutant::NoSync) {
            self.publish(header, end, None);
            return Ok(());
        }
        let start = Instant::now();
        if let Err(error) = current.file.sync() {
            return Err(self.poisoned("syncing a batch", &error));
        }
        current.synced_to = end;
        let nanos = u64::try_from(start.elapsed().as_nanos()).unwrap_or(u64::MAX);
        self.publish(header, end, Some(nanos));
        Ok(())
    }

    fn publish(&self, header: &BatchHeader, end: u64, sync_nanos: Option<u64>) {
        self.shared.publish(header.batch, end, |stats: &mut Stats| {
            stats.batches += 1;
            stats.records += u64::from(header.records);
            stats.bytes += header.total_bytes();
            if let Some(nanos) = sync_nanos {
                stats.syncs += 1;
                stats.last_sync_nanos = nanos;
                stats.total_sync_nanos = stats.total_sync_nanos.saturating_add(nanos);
            }
        });
    }

    /// Goes on in the next segment.
    fn roll(&mut self, now: Wall) -> Result<(), AppendError> {
        let (number, file) = self.take_spare(now)?;
        let header = self.next_header(number, now);
        let written = file.write_at(0, &header.encode()).and_then(|()| file.sync());
        if let Err(error) = written {
            return Err(self.poisoned("writing the header of a segment", &error));
        }
        self.current = Some(Current {
            file: Arc::clone(&file),
            salt: header.salt,
            at: SEGMENT_HEADER_BYTES,
            end: header.segment_bytes,
            synced_to: SEGMENT_HEADER_BYTES,
        });
        let mut state = self.shared.lock();
        state.stats.syncs += 1;
        state.kept.say(header.oldest_kept);
        state.segments.push(Segment {
            number,
            name: file_name(number),
            file,
            salt: Some(header.salt),
            first_batch: header.first_batch,
            stamp_before: header.last_stamp,
            end: SEGMENT_HEADER_BYTES,
            bytes: header.segment_bytes,
            end_known: true,
            thinned_as_of: None,
            edition: 0,
        });
        Ok(())
    }

    fn next_header(&mut self, number: u64, now: Wall) -> SegmentHeader {
        let (previous, oldest_kept) = {
            let state = self.shared.lock();
            (state.segments.last().map(|last| (last.end, last.salt)), state.kept.wanted)
        };
        let (previous_used, previous_salt) = previous.unwrap_or((0, None));
        SegmentHeader {
            number,
            salt: self.dice.next_u64(),
            created: now,
            first_batch: self.fold.last_batch.next(),
            segment_bytes: self.options.segment_bytes,
            previous_used,
            previous_salt: previous_salt.unwrap_or(0),
            oldest_kept,
            lamport_high: self.fold.lamport_high,
            last_stamp: self.fold.last_stamp,
            term: self.fold.term.max(self.term),
            epoch_high: self.fold.epoch_high,
            next: self.fold.next,
            epochs: self.fold.epochs,
            thinned: None,
        }
    }

    fn take_spare(&mut self, now: Wall) -> Result<(u64, Arc<dyn DiskFile>), AppendError> {
        let waiting = self
            .full_since
            .is_some_and(|since| now >= since && now.0 < since.0.saturating_add(FULL_RETRY_MS));
        let taken = if waiting && !self.spare.is_ready() { None } else { Some(self.spare.take()) };
        match taken {
            Some(Ok(taken)) => {
                self.full_since = None;
                Ok(taken)
            }
            Some(Err(error)) if !is_full(&error) => Err(self.poisoned("making a segment", &error)),
            full => {
                if full.is_some() {
                    self.full_since = Some(now);
                }
                self.shared.lock().stats.refused_full += 1;
                Err(AppendError::DiskFull)
            }
        }
    }

    fn poisoned(&mut self, what: &str, error: &io::Error) -> AppendError {
        let why = format!("{what} failed: {error}");
        self.poison = Some(why.clone());
        self.shared.poison();
        AppendError::Poisoned { why }
    }
}

impl std::fmt::Debug for Journal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let last = self.fold.last_batch;
        f.debug_struct("Journal").field("last_batch", &last).finish_non_exhaustive()
    }
}
