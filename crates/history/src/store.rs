//! The directory and its keyspaces.
//!
//! A new view is made beside its place and moved there when it is whole, so a crash while making
//! it leaves no half of one.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io;
use std::panic::{self, AssertUnwindSafe};
use std::path::{Path, PathBuf};

use fjall::{Database, Keyspace, KeyspaceCreateOptions, PersistMode, Readable as _, Snapshot};

use crate::{Cursor, HistoryError, Stats, value};

/// Version of keys and values. Another one is not read: the view is deleted and rebuilt.
pub const VERSION: u32 = 3;

/// Bytes of all memtables together, those being written out included.
pub const MEMTABLES_MAX_BYTES: u64 = KEYSPACES * MEMTABLES_PER_KEYSPACE * MEMTABLE_BYTES;

const KEYSPACES: u64 = 6;
/// One that takes writes; at four sealed ones the engine halts them.
const MEMTABLES_PER_KEYSPACE: u64 = 5;
/// Small: a skip list that fits the CPU's caches takes rows faster, what a stall waits for is
/// shorter, and an open reads less again. Larger ones only save compaction (`examples/history_rebuild.rs`).
const MEMTABLE_BYTES: u64 = 8 * 1024 * 1024;
/// Bytes of the engine's own write-ahead files before it flushes what holds them: they are read
/// again at every open, so this bounds how long that takes.
const WRITE_AHEAD_BYTES: u64 = 64 * 1024 * 1024;

/// Threads of the engine. One flushes; while all others compact it spins over what waits for them, so they are more
/// than compact at a time. (One alone may wait for itself for ever; `fjall` 3.1, `worker_pool`.)
const WORKERS: usize = 4;

/// The engine's mark of a directory of its own.
const ENGINE_MARK: &str = "version";
const VERSION_KEY: &[u8] = b"version";
const CURSOR_KEY: &[u8] = b"cursor";

pub(crate) struct Store {
    pub(crate) dir: PathBuf,
    pub(crate) messages: Keyspace,
    pub(crate) ids: Keyspace,
    pub(crate) heads: Keyspace,
    pub(crate) cursors: Keyspace,
    pub(crate) rooms: Keyspace,
    meta: Keyspace,
    /// Last, so that it is dropped last.
    database: Database,
}

impl Store {
    pub(crate) fn open(dir: &Path, cache_bytes: u64) -> Result<Self, HistoryError> {
        let io = |error| HistoryError::io(dir, error);
        if !dir.join(ENGINE_MARK).try_exists().map_err(io)? {
            refuse_what_is_not_empty(dir)?;
            create(dir)?;
        }
        let database = open_database(dir, cache_bytes)?;
        if !database.keyspace_exists("meta") {
            let why = "it is a store of something else".to_owned();
            return Err(HistoryError::Foreign { dir: dir.to_owned(), why });
        }
        let store = Self::with_keyspaces(dir, database)?;
        match store.version()? {
            VERSION => Ok(store),
            found => Err(HistoryError::Version { dir: dir.to_owned(), found }),
        }
    }

    /// On a snapshot, as all that is read: without one the store shows rows of a batch that is being committed, and
    /// the cursor would be ahead of what others see.
    pub(crate) fn cursor(&self) -> Result<Cursor, HistoryError> {
        match self.snapshot().get(&self.meta, CURSOR_KEY).map_err(|error| self.error(error))? {
            None => Ok(Cursor::start()),
            Some(bytes) => value::cursor(&bytes)
                .ok_or_else(|| HistoryError::damaged(&self.dir, "the cursor does not decode")),
        }
    }

    pub(crate) fn persist(&self) -> Result<(), HistoryError> {
        self.database.persist(PersistMode::SyncData).map_err(|error| self.error(error))
    }

    pub(crate) fn stats(&self) -> Result<Stats, HistoryError> {
        Ok(Stats {
            messages_approx: self.messages.approximate_len() as u64,
            disk_bytes: self.database.disk_space().map_err(|error| self.error(error))?,
        })
    }

    pub(crate) fn snapshot(&self) -> Snapshot {
        self.database.snapshot()
    }

    /// A row of the tree of rooms.
    pub(crate) fn snapshot_row(&self, key: &[u8]) -> Result<Option<fjall::Slice>, HistoryError> {
        self.snapshot().get(&self.rooms, key).map_err(|error| self.error(error))
    }

    pub(crate) fn begin(&self) -> fjall::OwnedWriteBatch {
        self.database.batch()
    }

    /// Rows and cursor, together or not at all.
    pub(crate) fn commit(
        &self,
        mut rows: fjall::OwnedWriteBatch,
        cursor: &Cursor,
    ) -> Result<(), HistoryError> {
        rows.insert(&self.meta, CURSOR_KEY, value::cursor_into(cursor, Vec::new()));
        rows.commit().map_err(|error| self.error(error))
    }

    pub(crate) fn error(&self, error: fjall::Error) -> HistoryError {
        HistoryError::of(&self.dir, error)
    }

    fn with_keyspaces(dir: &Path, database: Database) -> Result<Self, HistoryError> {
        let keyspace = |name: &str| {
            let options = || KeyspaceCreateOptions::default().max_memtable_size(MEMTABLE_BYTES);
            database.keyspace(name, options).map_err(|error| HistoryError::of(dir, error))
        };
        Ok(Self {
            dir: dir.to_owned(),
            messages: keyspace("messages")?,
            ids: keyspace("ids")?,
            heads: keyspace("heads")?,
            cursors: keyspace("cursors")?,
            rooms: keyspace("rooms")?,
            meta: keyspace("meta")?,
            database,
        })
    }

    fn version(&self) -> Result<u32, HistoryError> {
        let bytes = self.meta.get(VERSION_KEY).map_err(|error| self.error(error))?;
        bytes
            .and_then(|bytes| bytes.as_ref().try_into().ok().map(u32::from_be_bytes))
            .ok_or_else(|| HistoryError::damaged(&self.dir, "it does not say its version"))
    }
}

/// fjall 3.1 answers some damage with a panic: assertions in its recovery. (One that strikes while
/// it holds a lock for writing still ends the process: its destructors assert, too.)
fn open_database(dir: &Path, cache_bytes: u64) -> Result<Database, HistoryError> {
    let options = Database::builder(dir)
        .cache_size(cache_bytes)
        .max_journaling_size(WRITE_AHEAD_BYTES)
        .worker_threads(WORKERS);
    let opened = panic::catch_unwind(AssertUnwindSafe(|| options.open()))
        .map_err(|_| HistoryError::damaged(dir, "the store panicked while it was opened"))?;
    opened.map_err(|error| HistoryError::of(dir, error))
}

fn refuse_what_is_not_empty(dir: &Path) -> Result<(), HistoryError> {
    let first = match fs::read_dir(dir) {
        Ok(mut entries) => entries.next(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(HistoryError::io(dir, error)),
    };
    match first.transpose().map_err(|error| HistoryError::io(dir, error))? {
        None => Ok(()),
        Some(entry) => Err(HistoryError::Foreign {
            dir: dir.to_owned(),
            why: format!("it holds {}", entry.file_name().display()),
        }),
    }
}

fn create(dir: &Path) -> Result<(), HistoryError> {
    let io = |error| HistoryError::io(dir, error);
    let beside = beside(dir)?;
    if beside.try_exists().map_err(io)? {
        fs::remove_dir_all(&beside).map_err(io)?;
    }
    fs::create_dir_all(&beside).map_err(io)?;
    {
        let store = Store::with_keyspaces(&beside, open_database(&beside, 0)?)?;
        let failed = |error| HistoryError::of(dir, error);
        store.meta.insert(VERSION_KEY, VERSION.to_be_bytes()).map_err(failed)?;
        store.database.persist(PersistMode::SyncAll).map_err(failed)?;
    }
    // Over an empty directory, too.
    fs::rename(&beside, dir).map_err(io)?;
    let parent = dir.parent().filter(|parent| !parent.as_os_str().is_empty());
    File::open(parent.unwrap_or(Path::new("."))).and_then(|parent| parent.sync_all()).map_err(io)
}

fn beside(dir: &Path) -> Result<PathBuf, HistoryError> {
    let name = dir.file_name().ok_or_else(|| HistoryError::Foreign {
        dir: dir.to_owned(),
        why: "its path ends without a name".to_owned(),
    })?;
    let mut beside = OsString::from(name);
    beside.push(".new");
    Ok(dir.with_file_name(beside))
}

#[cfg(test)]
mod tests;
