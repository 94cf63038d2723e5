//! Backup: a copy of a data directory that is a prefix of its journal, taken while it is served or not.
//!
//! The journal is the truth, so its segments and the key are the whole of it; views are rebuilt.
//!
//! # Invariants
//!
//! - Nothing is written into the data directory and none of its locks is taken. What goes into a backup
//!   is on the data directory's own disk first ([`journal::Onlooker`]).
//! - A backup is what its manifest says: files up to these lengths. Segments only ever grow, so what a
//!   killed backup leaves stands behind the lengths of the manifest before it, which stays true.
//! - It is continued only by the journal of which it is proved to be a prefix: the last segment that it
//!   has is compared byte for byte. Those before it have not changed since they were sealed.

mod error;
mod files;
mod manifest;
mod restore;
mod target;

use std::path::Path;

use journal::Onlooker;
use serde::Serialize;

use crate::clock::Clock;
use crate::data_dir::{self, JOURNAL, META};

pub use error::BackupError;
use error::failed;
use files::Copier;
use manifest::Entry;
pub use restore::{Checked, Restored, check, restore};
use target::Target;

/// How far a long work is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Bytes that are done.
    pub done_bytes: u64,
    /// Bytes there are to do, about.
    pub of_bytes: u64,
}

/// What a backup holds now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BackedUp {
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
    /// Those of them that were copied now; the others were there.
    pub copied_bytes: u64,
    /// What does not read in what was copied now. It is in the backup as it stands in the journal.
    pub damage: Vec<String>,
}

/// Copies what is durable of the data directory `data` into `to`, or adds to `to` what is new.
///
/// # Errors
/// [`BackupError`]. What `to` held before is usable all the same.
pub fn backup(
    data: &Path,
    to: &Path,
    told: &mut dyn FnMut(Progress),
) -> Result<BackedUp, BackupError> {
    let meta = read_meta(data)?;
    files::refuse_inside(to, data)?;
    let mut target = Target::open(to)?;
    target.take_meta(&meta)?;
    let mut copier = Copier::new(told);
    let mut damage = Vec::new();
    target.take_journal(&data.join(JOURNAL), &mut copier, &mut damage)?;
    target.manifest.taken_at_ms = Clock::wall().0;
    target.publish()?;
    let manifest = &target.manifest;
    Ok(BackedUp {
        taken_at_ms: manifest.taken_at_ms,
        batches: manifest.batches,
        records: manifest.records,
        files: manifest.files.len(),
        bytes: manifest.bytes(),
        copied_bytes: copier.written_bytes(),
        damage,
    })
}

/// The bytes of a sound `meta.toml`.
fn read_meta(data: &Path) -> Result<Vec<u8>, BackupError> {
    let path = data.join(META);
    let bytes = match std::fs::read(&path) {
        Err(why) if why.kind() == std::io::ErrorKind::NotFound => {
            let what = "is no data directory of hubbub: it has no meta.toml".to_owned();
            return Err(BackupError::Refused { path: data.to_owned(), what });
        }
        read => read.map_err(failed(&path))?,
    };
    data_dir::check_meta(&bytes)
        .map_err(|what| BackupError::Refused { path: data.to_owned(), what })?;
    Ok(bytes)
}

impl Target {
    /// The key is what tells data directories apart.
    fn take_meta(&mut self, meta: &[u8]) -> Result<(), BackupError> {
        let entry = Entry::of(META, meta);
        match self.manifest.files.first() {
            Some(known) if *known == entry => Ok(()),
            Some(_) => {
                Err(self.refused("holds the backup of another data directory: give an empty one"))
            }
            None => {
                data_dir::replace(&self.dir, META, meta).map_err(failed(&self.dir.join(META)))?;
                self.manifest.files.push(entry);
                Ok(())
            }
        }
    }

    fn take_journal(
        &mut self,
        journal: &Path,
        copier: &mut Copier<'_>,
        damage: &mut Vec<String>,
    ) -> Result<(), BackupError> {
        let onlooker = Onlooker::new(journal);
        let numbers = onlooker.segments()?;
        let last = self.manifest.last_segment();
        let begin = match &last {
            None => 0,
            Some((number, _)) => numbers.iter().position(|n| n == number).ok_or_else(|| {
                self.refused(
                    "ends with a segment that this journal does not have: give an empty one",
                )
            })?,
        };
        copier.expect(journal, &numbers[begin..]);
        for (index, &number) in numbers.iter().enumerate().skip(begin) {
            let known = last.iter().find(|(last, _)| *last == number).map(|(_, entry)| entry);
            let from = known.map_or(0, |known| known.bytes);
            let stretch = onlooker.stretch(number, numbers.get(index + 1).copied(), from)?;
            let entry = self.take_segment(journal, &stretch, known, copier)?;
            self.manifest.add(entry, &stretch);
            damage.extend(stretch.unreadable.iter().map(|(from, to)| {
                format!("{JOURNAL}/{}: bytes {from}..{to} do not read", stretch.file)
            }));
        }
        files::sync_directory(&self.dir.join(JOURNAL))
    }
}

#[cfg(test)]
mod tests;
