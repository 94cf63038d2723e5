//! Restoring: every checksum first, then a data directory that begins a new life.
//!
//! # Invariants
//!
//! - Nothing is made before the whole backup is known to be sound.
//! - A restore that is cut leaves no data directory: `meta.toml` comes last, and a journal without it is
//!   refused by everyone.
//! - Every partition is in an epoch that no client has seen (`docs/adr/0009`).

use std::fs::{File, TryLockError};
use std::path::Path;
use std::sync::Arc;

use journal::{Journal, Onlooker, RealDisk, Recovery, Seen};
use model::bounds::PARTITIONS;
use model::{BatchNo, Epoch, RecordNo, Wall};
use serde::Serialize;

use super::Progress;
use super::error::{BackupError, failed};
use super::files::{self, Copier, Range};
use super::manifest::{Entry, MANIFEST, Manifest};
use crate::clock::Clock;
use crate::data_dir::{self, JOURNAL, META};
use crate::owner::TERM;

/// A backup that is what its manifest says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Checked {
    /// When it was taken, milliseconds since 1970.
    pub taken_at_ms: u64,
    /// Whole batches of the journal in it.
    pub batches: u64,
    /// Records in them.
    pub records: u64,
    /// Its files, the manifest not counted.
    pub files: usize,
    /// Their bytes.
    pub bytes: u64,
}

/// A data directory that was made of a backup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Restored {
    /// What it was made of.
    #[serde(flatten)]
    pub backup: Checked,
    /// The epoch in which all conversations go on.
    pub epoch: u32,
    /// What was damaged in the journal when it was backed up.
    pub damage: Vec<String>,
}

/// Reads a backup whole and compares it with its manifest.
///
/// # Errors
/// [`BackupError::Damaged`] names the first file and range that is not what was backed up.
pub fn check(from: &Path, told: &mut dyn FnMut(Progress)) -> Result<Checked, BackupError> {
    let manifest = sound_manifest(from)?;
    let mut copier = Copier::new(told);
    copier.expect_bytes(manifest.bytes());
    check_files(from, &manifest, &mut copier)
}

/// Makes the data directory `data`, which must be empty or not there, of the backup in `from`.
///
/// # Errors
/// [`BackupError`]; a directory that was begun is refused by `serve` and by another restore.
pub fn restore(
    from: &Path,
    data: &Path,
    told: &mut dyn FnMut(Progress),
) -> Result<Restored, BackupError> {
    let refused =
        |what: &str| BackupError::Refused { path: data.to_owned(), what: what.to_owned() };
    let manifest = sound_manifest(from)?;
    let epoch = epoch_of(Clock::wall(), &manifest, from)?;
    files::refuse_inside(data, from)?;
    let not_empty = "is not empty: give a directory that is, or is not there";
    if !files::names(data)?.is_empty() {
        return Err(refused(not_empty));
    }
    let mut copier = Copier::new(told);
    copier.expect_bytes(2 * manifest.bytes());
    let backup = check_files(from, &manifest, &mut copier)?;
    files::make_directory(data)?;
    let _lock = data_dir::lock(data).map_err(|why| match why {
        TryLockError::WouldBlock => refused("is in use by another hubbub"),
        TryLockError::Error(why) => failed(&data.join("LOCK"))(why),
    })?;
    for entry in &manifest.files {
        if let Some(number) = entry.number() {
            let to = data.join(JOURNAL).join(Onlooker::file_of(number));
            copy(&from.join(&entry.name), &to, entry, &mut copier)?;
        }
    }
    let (epoch, recovery) = begin_again(&data.join(JOURNAL), epoch)?;
    let meta = std::fs::read(from.join(META)).map_err(failed(&from.join(META)))?;
    data_dir::replace(data, META, &meta).map_err(failed(&data.join(META)))?;
    let damage = recovery.damage.iter().map(ToString::to_string).collect();
    Ok(Restored { backup, epoch: epoch.0, damage })
}

/// Of a backup that came to its end once.
fn sound_manifest(from: &Path) -> Result<Manifest, BackupError> {
    let manifest = Manifest::read(from)?;
    manifest.filter(|manifest| !manifest.files.is_empty()).ok_or_else(|| BackupError::Refused {
        path: from.to_owned(),
        what: format!("holds no backup that came to its end (in {MANIFEST}): give another one"),
    })
}

/// Seconds since 1970: what tells restores of one backup from each other, and from all epochs that
/// were counted up one by one.
fn epoch_of(now: Wall, manifest: &Manifest, from: &Path) -> Result<Epoch, BackupError> {
    let wrong = || BackupError::Refused {
        path: from.to_owned(),
        what: format!(
            "was taken {} ms after 1970, and the clock of this machine says {} ms: set it, for the new epoch follows from it",
            manifest.taken_at_ms, now.0
        ),
    };
    let seconds = u32::try_from(now.0 / 1000).map_err(|_| wrong())?;
    if now.0 < manifest.taken_at_ms { Err(wrong()) } else { Ok(Epoch(seconds)) }
}

fn check_files(
    from: &Path,
    manifest: &Manifest,
    copier: &mut Copier<'_>,
) -> Result<Checked, BackupError> {
    for entry in &manifest.files {
        let path = from.join(&entry.name);
        let file = File::open(&path).map_err(failed(&path))?;
        let whole = Range { from: 0, to: entry.bytes };
        match copier.read((&path, &file), whole, 0, None)? {
            Some(crc) if crc == entry.crc32c => {}
            Some(_) => return Err(damaged(from, entry)),
            None => {
                let bytes = file.metadata().map_err(failed(&path))?.len();
                let what = "the file ends before";
                return Err(BackupError::Damaged { path, from: bytes, to: entry.bytes, what });
            }
        }
    }
    Ok(Checked {
        taken_at_ms: manifest.taken_at_ms,
        batches: manifest.batches,
        records: manifest.records,
        files: manifest.files.len(),
        bytes: manifest.bytes(),
    })
}

/// A file does not match its checksum. Its batches have checksums of their own, which say where.
fn damaged(from: &Path, entry: &Entry) -> BackupError {
    let path = from.join(&entry.name);
    let seen = entry.number().and_then(|number| Seen::open(&path, number).ok());
    let walked = seen.and_then(|seen| seen.copied(entry.bytes).ok());
    let range = walked.and_then(|walked| walked.unreadable.first().copied());
    let (start, to) = range.unwrap_or((0, entry.bytes));
    let what = "its CRC differs from the manifest's";
    BackupError::Damaged { path, from: start, to, what }
}

fn copy(from: &Path, to: &Path, entry: &Entry, copier: &mut Copier<'_>) -> Result<(), BackupError> {
    let source = File::open(from).map_err(failed(from))?;
    let copy = File::options().create_new(true).write(true).open(to).map_err(failed(to))?;
    let whole = Range { from: 0, to: entry.bytes };
    let crc = copier.read((from, &source), whole, 0, Some((to, &copy)))?;
    if crc != Some(entry.crc32c) {
        let what = "it changed while it was restored";
        let (path, to) = (from.to_owned(), entry.bytes);
        return Err(BackupError::Damaged { path, from: 0, to, what });
    }
    copy.sync_all().map_err(failed(to))
}

/// Segments are as long as what they hold, so the new life begins in a segment of its own.
fn begin_again(journal: &Path, epoch: Epoch) -> Result<(Epoch, Recovery), BackupError> {
    let disk = Arc::new(RealDisk::open(journal).map_err(failed(journal))?);
    let now = Clock::wall();
    let start = journal::Start {
        now,
        term: TERM,
        known: &[RecordNo(0); PARTITIONS as usize],
        known_batch: BatchNo(0),
        salt: &mut crate::random::u64,
    };
    let (mut journal, recovery) = Journal::open(disk, journal::Options::default(), start)?;
    let epoch = journal.begin_again(epoch, now)?;
    Ok((epoch, recovery))
}
