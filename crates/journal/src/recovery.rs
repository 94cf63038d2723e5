//! Reading what a journal left: which batches are whole, which tail was torn, what is damaged.
//!
//! Invariants: a batch that was acknowledged is served, or the damage that took it is named; what
//! is cut was never acknowledged; nothing is written before everything was read.

mod report;
mod walk;

use std::io;
use std::sync::Arc;

use model::{BatchNo, RecordNo, Term, Wall};
use thiserror::Error;

use crate::disk::{Disk, DiskFile};
use crate::fold::Fold;
use crate::layout::{narrow, wide};
use crate::limits::{Options, OptionsError};
use crate::scan::{Window, last_written};
use crate::segment::{
    HeaderRead, SEGMENT_HEADER_BYTES, SegmentHeader, TABLE, file_name, is_thin_name, number_of,
};
use crate::shared::{Kept, Segment};

pub use report::{Cut, Damage, DamageKind, Missing, Recovery};

/// Zeros of one write while a tail is cut.
const CUT_BYTES: usize = 64 * 1024;

/// What opening needs from outside.
pub struct Start<'a> {
    /// The wall clock.
    pub now: Wall,
    /// The term of this owner: not below the highest that the journal has seen.
    pub term: Term,
    /// For each partition, the highest record number that any view has seen; 0 = none.
    pub known: &'a [RecordNo; TABLE],
    /// The highest batch number that any view has seen; 0 = none. New batches are numbered above it,
    /// so a view never takes a new one for one that it has.
    pub known_batch: BatchNo,
    /// Dice: secret in production, seeded in tests.
    pub salt: &'a mut dyn FnMut() -> u64,
}

/// Why a journal does not open.
#[derive(Debug, Error)]
pub enum OpenError {
    /// The options do not go together.
    #[error(transparent)]
    Options(#[from] OptionsError),
    /// Another version wrote this directory.
    #[error(
        "{file} has format version {version}, this hubbub reads version 1: \
         run the version that wrote it, or give another directory"
    )]
    UnknownVersion {
        /// The first such segment.
        file: String,
        /// Its version.
        version: u32,
    },
    /// Someone owned this journal with a higher term: this owner's time is over.
    #[error("term {given} is too old: the journal has seen term {found}; another owner took over")]
    StaleTerm {
        /// Of this owner.
        given: Term,
        /// The highest in the journal.
        found: Term,
    },
    /// The disk failed, or is full.
    #[error("the journal cannot be opened, {what}: {source}")]
    Io {
        /// While doing what.
        what: String,
        /// What the disk said.
        source: io::Error,
    },
}

/// A segment's file, as it was found.
struct Found {
    number: u64,
    name: String,
    file: Arc<dyn DiskFile>,
    bytes: u64,
    header: HeaderRead,
}

/// Where appending goes on.
pub(crate) struct Tail {
    pub(crate) file: Arc<dyn DiskFile>,
    pub(crate) salt: u64,
    pub(crate) at: u64,
    pub(crate) end: u64,
}

/// What reading everything gave.
pub(crate) struct Scan {
    pub(crate) fold: Fold,
    pub(crate) segments: Vec<Segment>,
    /// `None` if there is no segment, or the last one is not fit to be written.
    pub(crate) tail: Option<Tail>,
    pub(crate) cut: Option<Cut>,
    pub(crate) spare: Option<Arc<dyn DiskFile>>,
    pub(crate) next_number: u64,
    pub(crate) kept: Kept,
    damage: Vec<Damage>,
    /// Files in which a segment was being written anew when the power went.
    thin_rests: Vec<String>,
    spares: Vec<Found>,
    window: Window,
}

impl Scan {
    /// Reads all segments. Writes nothing.
    pub(crate) fn read(disk: &dyn Disk, options: &Options) -> Result<Self, OpenError> {
        let mut scan = Self {
            fold: Fold::new(),
            segments: Vec::new(),
            tail: None,
            cut: None,
            spare: None,
            next_number: 1,
            kept: Kept::read(std::iter::empty()),
            damage: Vec::new(),
            thin_rests: Vec::new(),
            spares: Vec::new(),
            window: Window::default(),
        };
        let mut found = scan.load(disk)?;
        scan.set_spares_aside(&mut found)?;
        scan.walk_all(&found, options)?;
        Ok(scan)
    }

    fn load(&mut self, disk: &dyn Disk) -> Result<Vec<Found>, OpenError> {
        let names = disk.list().map_err(io_error("listing its directory"))?;
        let mut numbers: Vec<u64> = names.iter().filter_map(|name| number_of(name)).collect();
        numbers.sort_unstable();
        self.thin_rests = names.into_iter().filter(|name| is_thin_name(name)).collect();
        let mut found = Vec::new();
        for number in numbers {
            let name = file_name(number);
            let read = || -> io::Result<_> {
                let file = disk.open(&name)?;
                let bytes = file.len()?;
                let mut header = vec![0; narrow(SEGMENT_HEADER_BYTES)];
                let read = file.read_at(0, &mut header)?;
                Ok((file, bytes, SegmentHeader::decode(&header[..read], number)))
            };
            let (file, bytes, header) = read().map_err(io_error(&format!("reading {name}")))?;
            if let HeaderRead::OtherVersion(version) = header {
                return Err(OpenError::UnknownVersion { file: name, version });
            }
            found.push(Found { number, name, file, bytes, header });
        }
        Ok(found)
    }

    /// Files at the end that hold no batch: a spare, one that was begun, or one whose header was
    /// being written when the power went.
    fn set_spares_aside(&mut self, found: &mut Vec<Found>) -> Result<(), OpenError> {
        while let Some(last) = found.last() {
            let whole = matches!(last.header, HeaderRead::Whole(_));
            let from = SEGMENT_HEADER_BYTES;
            let window = &mut self.window;
            window.forget();
            if whole
                || last_written(window, last.file.as_ref(), from, last.bytes)
                    .map_err(io_error(&format!("reading {}", last.name)))?
                    .is_some()
            {
                break;
            }
            self.spares.extend(found.pop());
        }
        self.next_number = found.last().map_or(1, |last| last.number + 1);
        Ok(())
    }

    /// Makes the disk what the journal will say it is: the torn tail is cut, what a killed process
    /// left in the page cache is synced, its names too, files that were begun are removed.
    pub(crate) fn settle(&mut self, disk: &dyn Disk, segment_bytes: u64) -> Result<(), OpenError> {
        if let Some(last) = self.segments.last() {
            let zeroed = match &self.cut {
                Some(cut) => write_zeros(last.file.as_ref(), cut.offset, cut.bytes),
                None => Ok(()),
            };
            let synced = zeroed.and_then(|()| last.file.sync());
            synced.map_err(io_error(&format!("cutting and syncing the end of {}", last.name)))?;
        }
        disk.sync_names().map_err(io_error("syncing the names of its files"))?;
        for rest in std::mem::take(&mut self.thin_rests) {
            disk.remove(&rest).map_err(io_error(&format!("removing {rest}, which was begun")))?;
        }
        for spare in std::mem::take(&mut self.spares) {
            // Its header may be torn: the next one is written over all of it.
            if spare.number == self.next_number && spare.bytes == segment_bytes {
                self.spare = Some(spare.file);
            } else {
                let removed = disk.remove(&spare.name);
                removed.map_err(io_error(&format!("removing the empty {}", spare.name)))?;
            }
        }
        Ok(())
    }
}

fn write_zeros(file: &dyn DiskFile, mut at: u64, bytes: u64) -> io::Result<()> {
    let zeros = vec![0_u8; CUT_BYTES];
    let end = at + bytes;
    while at < end {
        let piece = narrow(end - at).min(CUT_BYTES);
        file.write_at(at, &zeros[..piece])?;
        at += wide(piece);
    }
    Ok(())
}

fn io_error(what: &str) -> impl FnOnce(io::Error) -> OpenError {
    let what = what.to_owned();
    move |source| OpenError::Io { what, source }
}
