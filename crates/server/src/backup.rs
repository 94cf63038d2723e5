//! Backup: a copy of a data directory that is a prefix of its journal, taken while it is served or not.
//!
//! The journal is the truth, so its segments and the key are the whole of it; views are rebuilt.
//!
//! # Invariants
//!
//! - Nothing is written into the data directory and none of its locks is taken. What goes into a backup
//!   is on the data directory's own disk first ([`journal::Onlooker`]).
//! - A backup is what its manifest says: files up to these lengths. Files only ever grow, and a segment that
//!   was thinned comes into a file of another name; so what a killed backup leaves stands behind the
//!   lengths, or under names, that the manifest before it does not know, and that one stays true.
//! - It is continued only by the journal of which it is proved to be a prefix: the last segment that it
//!   has is compared byte for byte, or by its salt if it was thinned since.
//! - What was thinned in the journal is thinned in the continued backup, and what was deleted is deleted.
//!   What decided of it is in the backup too.

mod error;
mod files;
mod follow;
mod manifest;
mod restore;
mod target;

use std::path::Path;

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
    target.remove_unnamed()?;
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
}

#[cfg(test)]
mod tests;
