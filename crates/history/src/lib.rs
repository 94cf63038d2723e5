//! The readable past: messages by place, ids, heads and delivery cursors, kept in an LSM store.
//!
//! A view: a fold over the journal's batches and nothing else. Deleting its directory is how it is
//! dropped; the follower then starts again from batch 1 and ends with the same answers.
//!
//! # Invariants
//!
//! - Rows and the follower's [`Cursor`] move together: one atomic write batch of the store. What
//!   survives a crash is the fold of some prefix of the journal, and the cursor says of which.
//! - The fold is idempotent twice over: a batch at or below the cursor is ignored, and applying a
//!   fact again to rows that have it already changes nothing.
//! - A reader sees whole journal batches: every read runs on a snapshot.
//! - Batches are dense. What the journal lost is handed in as [`Item::Hole`]; a gap that is not
//!   declared is refused and nothing of that call is applied.
//! - The engine's types do not cross this wall.

mod apply;
mod cursor;
mod error;
mod gone;
mod heads;
mod keeps;
mod key;
mod page;
mod pending;
mod read;
mod rooms;
mod store;
mod value;

use std::path::Path;
use std::sync::{Arc, Mutex};

pub use apply::{BatchIn, COMMIT_BYTES, Item};
pub use cursor::Cursor;
pub use error::{ApplyError, HistoryError};
pub use heads::{HEADS_MAX, Head};
pub use keeps::Kept;
pub use page::{Mine, Page};
pub use read::{CONVERSATIONS_MAX, Found, Known};
pub use rooms::{Membership, Room};
pub use store::{MEMTABLES_MAX_BYTES, VERSION};

use apply::Writer;
use store::Store;

/// How to run the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// Bytes of the block cache. Memtables come on top of it, up to [`MEMTABLES_MAX_BYTES`].
    pub cache_bytes: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self { cache_bytes: 64 * 1024 * 1024 }
    }
}

/// What the store knows of its size without counting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stats {
    /// Messages, roughly: a message that was applied twice may count twice until compaction.
    pub messages_approx: u64,
    /// Bytes on disk, the store's own journal (preallocated) included.
    pub disk_bytes: u64,
}

/// The readable past of one data directory. Cheap to clone; clones share everything.
#[derive(Clone)]
pub struct History {
    store: Arc<Store>,
    /// One follower writes; its lock is never held by a reader.
    writer: Arc<Mutex<Writer>>,
}

impl History {
    /// Opens the view in `dir`, or creates an empty one there.
    ///
    /// # Errors
    /// [`HistoryError`]: the directory is in use, is something else, has another version, or is
    /// damaged; the message says what to do.
    pub fn open(dir: &Path, options: Options) -> Result<Self, HistoryError> {
        let store = Store::open(dir, options.cache_bytes)?;
        let writer = Writer::new(store.cursor()?);
        Ok(Self { store: Arc::new(store), writer: Arc::new(Mutex::new(writer)) })
    }

    /// Makes durable what was applied. Without it a power cut may take the view back to an earlier
    /// cursor, never to a torn state.
    ///
    /// # Errors
    /// [`HistoryError`]: the disk failed; the view takes no more writes until it is opened again.
    pub fn persist(&self) -> Result<(), HistoryError> {
        self.store.persist()
    }

    /// How large it is. Waits for a commit that is under way: ask now and then, not in a hot path.
    ///
    /// # Errors
    /// [`HistoryError::Io`] when the disk cannot be asked.
    pub fn stats(&self) -> Result<Stats, HistoryError> {
        self.store.stats()
    }
}
