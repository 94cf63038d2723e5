//! The directory of a backup, while one is written into it.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};

use journal::{Seen, Stretch};

use super::error::{BackupError, failed};
use super::files::{self, Copier, Range};
use super::manifest::{self, Entry, MANIFEST, Manifest};
use crate::data_dir::{self, JOURNAL, META};

/// What stands in a directory whose first backup was killed before its manifest was there.
const BEFORE_THE_MANIFEST: [&str; 2] = ["LOCK", "manifest.json.new"];

/// An opened, locked backup.
pub(super) struct Target {
    pub(super) dir: PathBuf,
    pub(super) manifest: Manifest,
    _lock: File,
}

impl Target {
    /// The backup in this directory, or a new one in an empty directory. Nothing is written into any
    /// other.
    pub(super) fn open(dir: &Path) -> Result<Self, BackupError> {
        let refused =
            |what: &str| BackupError::Refused { path: dir.to_owned(), what: what.to_owned() };
        let names = files::names(dir)?;
        let ours = names.iter().any(|name| name == MANIFEST)
            || names.iter().all(|name| BEFORE_THE_MANIFEST.contains(&name.as_str()));
        if !ours {
            return Err(refused("holds something that is no backup: give an empty directory"));
        }
        files::make_directory(dir)?;
        let lock = data_dir::lock(dir).map_err(|why| match why {
            TryLockError::WouldBlock => refused("is being written by another hubbub backup"),
            TryLockError::Error(why) => failed(&dir.join("LOCK"))(why),
        })?;
        let manifest = Manifest::read(dir)?;
        let target = Self {
            dir: dir.to_owned(),
            manifest: manifest.clone().unwrap_or(Manifest::empty()),
            _lock: lock,
        };
        if manifest.is_none() {
            // From here on it is known as ours.
            target.publish()?;
        }
        target.refuse_short_files()?;
        Ok(target)
    }

    pub(super) fn publish(&self) -> Result<(), BackupError> {
        self.manifest.write(&self.dir)
    }

    pub(super) fn refused(&self, what: &str) -> BackupError {
        BackupError::Refused { path: self.dir.clone(), what: what.to_owned() }
    }

    /// Adds to what is there of this segment, once that is proved to be its beginning.
    pub(super) fn take_segment(
        &self,
        journal: &Path,
        (seen, stretch): (&Seen, &Stretch),
        kept: &Entry,
        copier: &mut Copier<'_>,
    ) -> Result<Entry, BackupError> {
        let path = journal.join(&stretch.file);
        let copy_path = self.dir.join(&kept.name);
        let mut options = File::options();
        let copy = options.create(true).truncate(false).write(true).open(&copy_path);
        let copy = copy.map_err(failed(&copy_path))?;
        let from = (path.as_path(), seen.file());
        let crc = copier.read(from, Range { from: 0, to: kept.bytes }, 0, None)?;
        if crc != Some(kept.crc32c) {
            return Err(self.no_prefix());
        }
        // What a killed backup left behind the manifest's length.
        copy.set_len(kept.bytes).map_err(failed(&copy_path))?;
        let new = Range { from: kept.bytes, to: stretch.to };
        let crc = copier.read(from, new, kept.crc32c, Some((&copy_path, &copy)))?;
        let ended = || BackupError::Damaged {
            path: path.clone(),
            from: new.from,
            to: new.to,
            what: "the file ends before",
        };
        let crc = crc.ok_or_else(ended)?;
        copy.sync_all().map_err(failed(&copy_path))?;
        Ok(Entry { bytes: stretch.to, crc32c: crc, ..kept.clone() })
    }

    pub(super) fn no_prefix(&self) -> BackupError {
        self.refused(
            "is no prefix of this journal, which was restored, damaged or exchanged since: give an empty one",
        )
    }

    /// Removes segments that the manifest does not name, for good: what was thinned or deleted in the
    /// journal, and what a killed backup began.
    pub(super) fn remove_unnamed(&self) -> Result<(), BackupError> {
        let journal = self.dir.join(JOURNAL);
        for file in files::names(&journal)? {
            let name = format!("{JOURNAL}/{file}");
            let named = self.manifest.files.iter().any(|entry| entry.name == name);
            if !named && manifest::number_of(&name).is_some() {
                std::fs::remove_file(self.dir.join(&name))
                    .map_err(failed(&self.dir.join(&name)))?;
            }
        }
        files::sync_directory(&journal)
    }

    /// What the manifest names must be there; whether it still reads, `restore --check` says.
    fn refuse_short_files(&self) -> Result<(), BackupError> {
        for file in &self.manifest.files {
            let path = self.dir.join(&file.name);
            let bytes = std::fs::metadata(&path).map_err(failed(&path))?.len();
            if bytes < file.bytes || (file.name == META && bytes > file.bytes) {
                return Err(self.refused(&format!(
                    "is damaged: {} has {bytes} bytes, its manifest says {}; give an empty directory",
                    file.name, file.bytes
                )));
            }
        }
        Ok(())
    }
}
