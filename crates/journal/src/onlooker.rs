//! The journal of a directory, seen by a process that does not own it: what of it is durable now,
//! while its owner may be appending, sealing segments and beginning new ones.
//!
//! # Invariants
//!
//! - Nothing is written into the directory, and nobody is made to wait but for one sync.
//! - What is given ends with a whole batch, and is on the disk: a sealed segment was synced before its
//!   successor's header was written, and the last one is synced here, as recovery does it, before what
//!   stands in it is called durable. So a later look finds the same bytes again.
//! - A thinned segment is another file under the same name; its edition tells.
//! - Damage ends nothing: it is in what is given, as it stands in the file, and is counted out.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use model::BatchNo;
use thiserror::Error;

use crate::disk::{DiskFile, RealFile, to_read};
use crate::layout::{ALIGN, narrow, wide};
use crate::read::{BatchView, decode};
use crate::scan::{Span, Window, batch_at, header_at, last_written, next_batch, next_header};
use crate::segment::{HeaderRead, SEGMENT_HEADER_BYTES, SegmentHeader, file_name, number_of};

/// Looks at a journal from outside.
#[derive(Debug)]
pub struct Onlooker {
    dir: PathBuf,
}

/// Bytes `from .. to` of a segment's file: durable, and whole batches but for what is damaged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stretch {
    /// The name of the file.
    pub file: String,
    /// Where it begins.
    pub from: u64,
    /// Where it ends.
    pub to: u64,
    /// Whole batches in it.
    pub batches: u64,
    /// Records in them.
    pub records: u64,
    /// The last of them; 0 = there is none.
    pub last_batch: BatchNo,
    /// Byte ranges that do not read as batches.
    pub unreadable: Vec<(u64, u64)>,
}

/// Why a journal cannot be looked at.
#[derive(Debug, Error)]
#[error("{}: {why}", path.display())]
pub struct OnlookError {
    /// The directory or the file.
    pub path: PathBuf,
    /// What is wrong.
    pub why: io::Error,
}

impl Onlooker {
    /// Of the journal in this directory.
    pub fn new(dir: &Path) -> Self {
        Self { dir: dir.to_owned() }
    }

    /// The number of the segment in the file of this name; `None` for any other file.
    pub fn number_of(file: &str) -> Option<u64> {
        number_of(file)
    }

    /// The name of the file of a segment.
    pub fn file_of(number: u64) -> String {
        file_name(number)
    }

    /// The numbers of its segments that have begun: up to the last whose header is whole. What follows
    /// that one is a spare, or has no batch yet.
    ///
    /// # Errors
    /// [`OnlookError`].
    pub fn segments(&self) -> Result<Vec<u64>, OnlookError> {
        let failed = |why| OnlookError { path: self.dir.clone(), why };
        let mut numbers = Vec::new();
        for entry in std::fs::read_dir(&self.dir).map_err(failed)? {
            let name = entry.map_err(failed)?.file_name();
            numbers.extend(name.to_str().and_then(number_of));
        }
        numbers.sort_unstable();
        while let Some(&last) = numbers.last() {
            if self.open(last)?.is_whole() {
                break;
            }
            numbers.pop();
        }
        Ok(numbers)
    }

    /// The oldest segment that is kept on purpose, as the headers of these declare. What is before it
    /// holds nothing and may be gone.
    ///
    /// # Errors
    /// [`OnlookError`].
    pub fn oldest_kept(&self, numbers: &[u64]) -> Result<u64, OnlookError> {
        let mut oldest = 1;
        for &number in numbers {
            let seen = self.open(number)?;
            oldest = seen.header().map_or(oldest, |header| header.oldest_kept.max(oldest));
        }
        Ok(oldest)
    }

    /// The segment with this number.
    ///
    /// # Errors
    /// [`OnlookError`]; `NotFound` if it was deleted, as what is empty at the front is.
    pub fn open(&self, number: u64) -> Result<Seen, OnlookError> {
        Seen::open(&self.dir.join(file_name(number)), number)
    }
}

/// A segment, opened to be read. It stays what it is, also if it is thinned or deleted meanwhile.
pub struct Seen {
    number: u64,
    path: PathBuf,
    file: RealFile,
    bytes: u64,
    header: HeaderRead,
    header_crc: u32,
}

impl Seen {
    /// The segment with this number in a file, or a copy of it in a file of any name.
    ///
    /// # Errors
    /// [`OnlookError`].
    pub fn open(path: &Path, number: u64) -> Result<Self, OnlookError> {
        let read = || -> io::Result<Self> {
            let file = to_read(path)?;
            let mut header = vec![0; narrow(SEGMENT_HEADER_BYTES)];
            let filled = file.read_at(0, &mut header)?;
            let bytes = file.len()?;
            let header_crc = crc32c::crc32c(&header[..filled]);
            let header = SegmentHeader::decode(&header[..filled], number);
            if let HeaderRead::OtherVersion(version) = header {
                let why = format!("format version {version}: run the version that wrote it");
                return Err(io::Error::new(io::ErrorKind::Unsupported, why));
            }
            Ok(Self { number, path: path.to_owned(), file, bytes, header, header_crc })
        };
        read().map_err(|why| OnlookError { path: path.to_owned(), why })
    }

    /// The file.
    pub fn file(&self) -> &File {
        &self.file.0
    }

    /// True if its header reads.
    pub fn is_whole(&self) -> bool {
        self.header().is_some()
    }

    /// What tells it from every other segment; `None` if its header does not read.
    pub fn salt(&self) -> Option<u64> {
        self.header().map(|header| header.salt)
    }

    /// No batch below this one stands in it; `None` if its header does not read.
    pub fn first_batch(&self) -> Option<BatchNo> {
        self.header().map(|header| header.first_batch)
    }

    /// As of which batch it was thinned.
    pub fn thinned_as_of(&self) -> Option<BatchNo> {
        self.header()?.thinned.map(|thinned| thinned.as_of)
    }

    /// What tells this thinning of it from every other one; `None` = it stands as it was appended.
    pub fn edition(&self) -> Option<u32> {
        self.thinned_as_of().map(|_| self.header_crc)
    }

    /// What is durable at and above byte `from`, where a batch begins or 0 = its header. `next` is the
    /// segment that follows it in [`segments`](Onlooker::segments); `None` = it was the last then.
    ///
    /// # Errors
    /// [`OnlookError`].
    pub fn stretch(&self, next: Option<&Self>, from: u64) -> Result<Stretch, OnlookError> {
        let walked = match (self.header(), next) {
            (Some(header), _) if header.thinned.is_some() => {
                self.walk_to(from, header.segment_bytes.min(self.bytes))
            }
            (_, None) => self.walk_open(from),
            (_, Some(next)) => {
                let follows = next.header().filter(|next| next.number == self.number + 1);
                self.walk_sealed(from, follows)
            }
        };
        walked.map_err(|why| OnlookError { path: self.path.clone(), why })
    }

    /// As [`stretch`](Self::stretch) from 0, of a copy that ends at `end`.
    ///
    /// # Errors
    /// [`OnlookError`].
    pub fn copied(&self, end: u64) -> Result<Stretch, OnlookError> {
        self.walk_to(0, end).map_err(|why| OnlookError { path: self.path.clone(), why })
    }

    /// Gives the batches of a stretch of it, in order.
    ///
    /// # Errors
    /// [`OnlookError`]; `InvalidData` for a batch that does not decode: run the version that wrote it.
    pub fn batches(
        &self,
        stretch: &Stretch,
        mut take: impl FnMut(BatchView),
    ) -> Result<(), OnlookError> {
        let failed = |why| OnlookError { path: self.path.clone(), why };
        let undecodable = |why: &str| failed(io::Error::new(io::ErrorKind::InvalidData, why));
        let salt = self.salt().ok_or_else(|| undecodable("its header does not read"))?;
        let span = Span { file: &self.file, salt, end: stretch.to };
        let (mut window, mut at) = (Window::default(), stretch.from.max(SEGMENT_HEADER_BYTES));
        while at < stretch.to {
            let Some((header, payload)) = batch_at(&mut window, span, at).map_err(failed)? else {
                let next = next_batch(&mut window, span, at + wide(ALIGN)).map_err(failed)?;
                at = next.unwrap_or(stretch.to);
                continue;
            };
            take(decode(&header, payload).map_err(undecodable)?);
            at += header.total_bytes();
        }
        Ok(())
    }

    fn header(&self) -> Option<&SegmentHeader> {
        match &self.header {
            HeaderRead::Whole(header) => Some(header),
            HeaderRead::OtherVersion(_) | HeaderRead::Blank | HeaderRead::Broken => None,
        }
    }

    /// Its successor says how far it goes; without that, up to its last byte that is not zero.
    fn walk_sealed(&self, from: u64, next: Option<&SegmentHeader>) -> io::Result<Stretch> {
        if let Some(next) = next {
            return self.walk_to(from, next.previous_used.min(self.bytes));
        }
        let file = &self.file;
        let end = last_written(&mut Window::default(), file, SEGMENT_HEADER_BYTES, self.bytes)?;
        let end = end.unwrap_or(SEGMENT_HEADER_BYTES).next_multiple_of(wide(ALIGN));
        self.walk_to(from, end.min(self.bytes))
    }

    /// All of `from .. end` was durable once.
    fn walk_to(&self, from: u64, end: u64) -> io::Result<Stretch> {
        let mut window = Window::default();
        let mut stretch = self.begin(from);
        let salt = match self.header() {
            Some(header) => Some(header.salt),
            None => {
                stretch.unreadable.push((0, SEGMENT_HEADER_BYTES.min(end)));
                let first = SEGMENT_HEADER_BYTES;
                header_at(&mut window, &self.file, first, end)?.map(|header| header.salt)
            }
        };
        while let Some(salt) = salt.filter(|_| stretch.to < end) {
            let span = Span { file: &self.file, salt, end };
            if !stretch.take(&mut window, span)? {
                let beyond = next_batch(&mut window, span, stretch.to + wide(ALIGN))?;
                stretch.skip(beyond.unwrap_or(end));
            }
        }
        stretch.to = end.max(from);
        Ok(stretch)
    }

    /// Its owner may be writing behind the last batch. A place that does not read is damage only if a
    /// later batch proves that it had been synced, and it does not read after that proof either.
    fn walk_open(&self, from: u64) -> io::Result<Stretch> {
        let mut window = Window::default();
        let mut stretch = self.begin(from);
        let Some(header) = self.header() else { return Ok(stretch) };
        let span = Span { file: &self.file, salt: header.salt, end: self.bytes };
        loop {
            if stretch.take(&mut window, span)? {
                continue;
            }
            window.forget();
            let Some(beyond) = proof_of(&mut window, span, stretch.to)? else { break };
            window.forget();
            if !stretch.take(&mut window, span)? {
                stretch.skip(beyond);
            }
        }
        self.file.sync()?;
        Ok(stretch)
    }

    fn begin(&self, from: u64) -> Stretch {
        Stretch {
            file: self.path.file_name().unwrap_or_default().to_string_lossy().into_owned(),
            from,
            to: from.max(SEGMENT_HEADER_BYTES),
            batches: 0,
            records: 0,
            last_batch: BatchNo(0),
            unreadable: Vec::new(),
        }
    }
}

impl std::fmt::Debug for Seen {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Seen").field("path", &self.path).finish_non_exhaustive()
    }
}

impl Stretch {
    /// Takes the whole batch that begins where it ends, if there is one.
    fn take(&mut self, window: &mut Window, span: Span<'_>) -> io::Result<bool> {
        let Some((header, _)) = batch_at(window, span, self.to)? else { return Ok(false) };
        self.to += header.total_bytes();
        self.batches += 1;
        self.records += u64::from(header.records);
        self.last_batch = header.batch;
        Ok(true)
    }

    fn skip(&mut self, to: u64) {
        self.unreadable.push((self.to, to));
        self.to = to;
    }
}

/// Where the next batch header behind `at` begins, if one behind it says that `at` had been synced.
fn proof_of(window: &mut Window, span: Span<'_>, at: u64) -> io::Result<Option<u64>> {
    let mut first = None;
    let mut from = at + wide(ALIGN);
    while let Some((next, header)) = next_header(window, span, from)? {
        let first = *first.get_or_insert(next);
        if header.synced_to > at {
            return Ok(Some(first));
        }
        from = next + wide(ALIGN);
    }
    Ok(None)
}
