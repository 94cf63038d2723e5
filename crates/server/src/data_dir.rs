//! The data directory: who may use it, what it is called inside, and the secret that is kept beside
//! the journal.
//!
//! Invariant: while a [`DataDir`] lives, no other process of ours uses the directory.

use std::fs::{File, TryLockError};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use model::BodyKey;
use model::bounds::PARTITIONS;
use serde::{Deserialize, Serialize};

use crate::error::ServeError;

/// Version of the directory's layout.
pub(crate) const FORMAT: u32 = 1;

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
        let lock = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(path.join("LOCK"))
            .map_err(|why| {
                failed(format!("cannot be written ({why}); check its owner and mode"))
            })?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(ServeError::Locked { path: path.to_owned() });
            }
            Err(TryLockError::Error(why)) => {
                return Err(failed(format!("cannot be locked ({why})")));
            }
        }
        let meta = match read_meta(&path.join("meta.toml")).map_err(failed)? {
            Some(meta) => meta,
            None => {
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
        self.path.join("journal")
    }

    /// Where the readable past is; it may be deleted.
    pub(crate) fn history(&self) -> PathBuf {
        self.path.join("views/history")
    }

    /// Where the tables are; they may be deleted.
    pub(crate) fn tables(&self) -> PathBuf {
        self.path.join("views/tables/tables.sqlite")
    }
}

fn read_meta(path: &Path) -> Result<Option<Meta>, String> {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(why) if why.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(why) => return Err(format!("meta.toml cannot be read ({why})")),
    };
    let meta: Meta = toml::from_str(&text).map_err(|why| format!("meta.toml: {why}"))?;
    if meta.format != FORMAT || meta.partitions != PARTITIONS {
        return Err(format!(
            "meta.toml says format {} with {} partitions: this hubbub reads format {FORMAT} with \
             {PARTITIONS}",
            meta.format, meta.partitions
        ));
    }
    Ok(Some(meta))
}

/// Whole or not at all: written beside, synced, renamed, directory synced.
fn write_meta(dir: &Path, meta: &Meta) -> std::io::Result<()> {
    let text = toml::to_string(meta).map_err(std::io::Error::other)?;
    let beside = dir.join("meta.toml.new");
    let mut file = File::create(&beside)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    std::fs::rename(&beside, dir.join("meta.toml"))?;
    File::open(dir)?.sync_all()
}

#[cfg(test)]
mod tests;
