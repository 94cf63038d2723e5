//! Reading and writing the files of a backup, in pieces, with their checksums.

use std::fs::{self, DirBuilder, File};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, FileExt as _};
use std::path::Path;

use super::Progress;
use super::error::{BackupError, failed};
use crate::data_dir::JOURNAL;

/// Bytes read at once.
const PIECE_BYTES: usize = 1024 * 1024;

/// Reads, writes, sums up, and says how far it is.
pub(super) struct Copier<'a> {
    told: &'a mut dyn FnMut(Progress),
    progress: Progress,
    written_bytes: u64,
    piece: Vec<u8>,
}

/// A part of a file.
#[derive(Debug, Clone, Copy)]
pub(super) struct Range {
    pub(super) from: u64,
    pub(super) to: u64,
}

impl<'a> Copier<'a> {
    pub(super) fn new(told: &'a mut dyn FnMut(Progress)) -> Self {
        let progress = Progress { done_bytes: 0, of_bytes: 0 };
        Self { told, progress, written_bytes: 0, piece: vec![0; PIECE_BYTES] }
    }

    /// There are so many bytes more to do.
    pub(super) fn expect_bytes(&mut self, bytes: u64) {
        self.progress.of_bytes += bytes;
    }

    /// These segments are to be done; one that cannot be measured will be told of when it is its turn.
    pub(super) fn expect(&mut self, journal: &Path, numbers: &[u64]) {
        let bytes = numbers.iter().map(|number| {
            let path = journal.join(format!("{number:08}.seg"));
            fs::metadata(path).map_or(0, |metadata| metadata.len())
        });
        self.progress.of_bytes += bytes.sum::<u64>();
    }

    pub(super) const fn written_bytes(&self) -> u64 {
        self.written_bytes
    }

    /// Goes on with a CRC over a range of a file, and writes what it reads to the same place of
    /// `copy`. `None` = the file ends before.
    pub(super) fn read(
        &mut self,
        source: (&Path, &File),
        range: Range,
        mut crc: u32,
        copy: Option<(&Path, &File)>,
    ) -> Result<Option<u32>, BackupError> {
        let mut at = range.from;
        while at < range.to {
            let wanted = usize::try_from(range.to - at).unwrap_or(PIECE_BYTES).min(PIECE_BYTES);
            let piece = &mut self.piece[..wanted];
            match source.1.read_exact_at(piece, at) {
                Err(why) if why.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
                read => read.map_err(failed(source.0))?,
            }
            crc = crc32c::crc32c_append(crc, piece);
            if let Some((path, file)) = copy {
                file.write_all_at(piece, at).map_err(failed(path))?;
                self.written_bytes += wanted as u64;
            }
            at += wanted as u64;
            self.progress.done_bytes += wanted as u64;
            (self.told)(self.progress);
        }
        Ok(Some(crc))
    }
}

/// Makes a directory and the folder for segments in it, for good. Nobody else may read it: a key is in
/// it.
pub(super) fn make_directory(dir: &Path) -> Result<(), BackupError> {
    let journal = dir.join(JOURNAL);
    let mut builder = DirBuilder::new();
    builder.recursive(true).mode(0o700).create(&journal).map_err(failed(&journal))?;
    let whole = std::path::absolute(dir).map_err(failed(dir))?;
    whole.ancestors().take(2).try_for_each(sync_directory)
}

pub(super) fn sync_directory(dir: &Path) -> Result<(), BackupError> {
    File::open(dir).and_then(|dir| dir.sync_all()).map_err(failed(dir))
}

/// The names in a directory; none if it is not there.
pub(super) fn names(dir: &Path) -> Result<Vec<String>, BackupError> {
    let entries = match fs::read_dir(dir) {
        Err(why) if why.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(failed(dir))?,
    };
    let name =
        |entry: io::Result<fs::DirEntry>| Ok(entry?.file_name().to_string_lossy().into_owned());
    entries.map(name).collect::<io::Result<_>>().map_err(failed(dir))
}

/// A directory that may not be there yet must not be in another one.
pub(super) fn refuse_inside(inner: &Path, outer: &Path) -> Result<(), BackupError> {
    let whole = std::path::absolute(inner).map_err(failed(inner))?;
    let there = whole.ancestors().find_map(|path| path.canonicalize().ok()).unwrap_or(whole);
    if there.starts_with(outer.canonicalize().map_err(failed(outer))?) {
        let (inner, outer) = (inner.to_owned(), outer.to_owned());
        return Err(BackupError::Inside { inner, outer });
    }
    Ok(())
}
