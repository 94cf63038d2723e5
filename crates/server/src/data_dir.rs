//! The data directory: who may use it, what it is called inside, and the secret that is kept beside
//! the journal.
//!
//! Invariant: while a [`DataDir`] lives, no other process of ours uses the directory.

use std::fs::{File, TryLockError};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use model::BodyKey;
use model::bounds::PARTITIONS;
use serde::{Deserialize, Serialize};

use crate::error::ServeError;

/// Version of the directory's layout.
pub(crate) const FORMAT: u32 = 1;

/// The file that makes a directory a data directory: format, partitions, key.
pub(crate) const META: &str = "meta.toml";

/// The folder of the journal's segments.
pub(crate) const JOURNAL: &str = "journal";

/// An opened, locked data directory.
#[derive(Debug)]
pub(crate) struct DataDir {
    path: PathBuf,
    /// Held for its lock.
    _lock: File,
    /// The secret of body fingerprints.
    pub(crate) body_key: BodyKey,
}

/// What stands in `hubbub.toml` of the directory: written numbers, never reused.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Meta {
    format: u32,
    partitions: u16,
    /// 32 hexadecimal digits.
    body_key: String,
}

impl DataDir {
    /// Opens the directory, making it when it is not there, and takes its lock.
    ///
    /// # Errors
    /// [`ServeError::Locked`], or [`ServeError::DataDir`] with what was tried and what to do.
    pub(crate) fn open(path: &Path, random: &mut dyn FnMut() -> u64) -> Result<Self, ServeError> {
        let failed = |what: String| ServeError::DataDir { path: path.to_owned(), what };
        std::fs::create_dir_all(path).map_err(|why| {
            failed(format!("cannot be made ({why}); make it, or give another --data"))
        })?;
        let lock = match lock(path) {
            Ok(lock) => lock,
            Err(TryLockError::WouldBlock) => {
                return Err(ServeError::Locked { path: path.to_owned() });
            }
            Err(TryLockError::Error(why)) => {
                let what =
                    format!("cannot be written and locked ({why}); check its owner and mode");
                return Err(failed(what));
            }
        };
        let meta = match read_meta(&path.join(META)).map_err(failed)? {
            Some(meta) => meta,
            None => {
                refuse_without_key(path).map_err(failed)?;
                let body_key = format!("{:016x}{:016x}", random(), random());
                let meta = Meta { format: FORMAT, partitions: PARTITIONS, body_key };
                write_meta(path, &meta)
                    .map_err(|why| failed(format!("meta.toml cannot be written ({why})")))?;
                meta
            }
        };
        let body_key = u128::from_str_radix(&meta.body_key, 16)
            .map(|key| BodyKey(key.to_be_bytes()))
            .map_err(|_| failed("meta.toml: body_key is not 32 hexadecimal digits".to_owned()))?;
        Ok(Self { path: path.to_owned(), _lock: lock, body_key })
    }

    /// Where the journal's segments are.
    pub(crate) fn journal(&self) -> PathBuf {
        self.path.join(JOURNAL)
    }

    /// Where the readable past is; it may be deleted.
    pub(crate) fn history(&self) -> PathBuf {
        self.path.join("views/history")
    }

    /// Where the limit of calls to the NLP service is kept; it may be deleted.
    pub(crate) fn nlp_limit(&self) -> PathBuf {
        self.path.join("views/nlp-limit")
    }

    /// Where the tables are; they may be deleted.
    pub(crate) fn tables(&self) -> PathBuf {
        tables(&self.path)
    }
}

/// Where the tables of a data directory are.
pub(crate) fn tables(data: &Path) -> PathBuf {
    data.join("views/tables/tables.sqlite")
}

/// Takes the lock of a directory; held until the file is dropped.
pub(crate) fn lock(dir: &Path) -> Result<File, TryLockError> {
    let mut options = File::options();
    let file = options.create(true).truncate(false).write(true).open(dir.join("LOCK"));
    let file = file.map_err(TryLockError::Error)?;
    file.try_lock()?;
    Ok(file)
}

/// A journal whose key is gone must not be given another one; a directory that is being restored gets
/// its key last.
fn refuse_without_key(dir: &Path) -> Result<(), String> {
    match std::fs::read_dir(dir.join(JOURNAL)).map(|mut entries| entries.next().is_some()) {
        Ok(true) => {
            Err("holds a journal without its meta.toml: put that file back; or, if a restore did \
                         not end here, delete the directory and restore again"
                .to_owned())
        }
        Ok(false) => Ok(()),
        Err(why) if why.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(why) => Err(format!("journal/ cannot be read ({why})")),
    }
}

fn read_meta(path: &Path) -> Result<Option<Meta>, String> {
    match std::fs::read_to_string(path) {
        Ok(text) => parse(&text).map(Some),
        Err(why) if why.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(why) => Err(format!("meta.toml cannot be read ({why})")),
    }
}

/// Says what is wrong with the bytes of a `meta.toml`, if anything.
pub(crate) fn check_meta(bytes: &[u8]) -> Result<(), String> {
    let text = str::from_utf8(bytes).map_err(|why| format!("meta.toml: {why}"))?;
    parse(text).map(|_| ())
}

fn parse(text: &str) -> Result<Meta, String> {
    let meta: Meta = toml::from_str(text).map_err(|why| format!("meta.toml: {why}"))?;
    if meta.format != FORMAT || meta.partitions != PARTITIONS {
        return Err(format!(
            "meta.toml says format {} with {} partitions: this hubbub reads format {FORMAT} with \
             {PARTITIONS}",
            meta.format, meta.partitions
        ));
    }
    Ok(meta)
}

fn write_meta(dir: &Path, meta: &Meta) -> io::Result<()> {
    let text = toml::to_string(meta).map_err(io::Error::other)?;
    replace(dir, META, text.as_bytes())
}

/// Whole or not at all: written beside, synced, renamed, directory synced.
pub(crate) fn replace(dir: &Path, name: &str, bytes: &[u8]) -> io::Result<()> {
    let beside = dir.join(format!("{name}.new"));
    let mut file = File::create(&beside)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    std::fs::rename(&beside, dir.join(name))?;
    File::open(dir)?.sync_all()
}

#[cfg(test)]
mod tests;
