//! Aggregates for people and SQL, kept in one SQLite file: a row for each conversation, and rows for
//! minutes, hours and days of all, topics, conversations and senders.
//!
//! A view: a fold over the journal's batches and nothing else. Deleting its file is how it is
//! dropped; the follower then starts again from batch 1 and ends with the same rows, to the bit.
//!
//! # Invariants
//!
//! - Rows and the follower's [`Cursor`] move together: one transaction. What survives a crash is
//!   the fold of some prefix of the journal, and the cursor says of which. Wide rows (all messages, topics: few, written
//!   with each call) have a cursor of their own; the many deep ones (conversations, senders) gather for a second and are
//!   never ahead of it.
//! - Every record of the journal counts once: a batch at or below the cursor is ignored, and so is
//!   a record at or below the highest seen of its partition.
//! - Of a message, one understanding counts, whatever the journal says: its latest, be it the service's or our own.
//! - Of each conversation, messages = enriched + degraded + dead + pending, if the journal lost nothing of it.
//! - Never a row per message: what grows with messages is two bits each.
//! - Batches are dense. What the journal lost is handed in as [`Item::Hole`]; a gap that is not
//!   declared is refused and nothing of that call is applied.
//! - The engine's types do not cross this wall.

mod apply;
mod bits;
mod changes;
mod cursor;
mod error;
mod mutants;
mod postgres;
mod read;
mod report;
mod schema;
mod store;
mod windows;

use std::path::Path;

use model::{BatchNo, ConversationId};
pub use model::{Sheet, Value};

pub use apply::{BatchIn, COMMIT_BYTES, Item};
pub use bits::CHUNK_RECORDS;
pub use cursor::Cursor;
pub use error::{ApplyError, TablesError};
pub use postgres::{SCHEMA_NAME, ScriptError};
pub use read::{ROWS_MAX, Reader, Row};
pub use report::{AskError, Report, SHEET_ROWS_MAX};
pub use store::{BUSY_TIMEOUT, VERSION};
pub use windows::TRENDING_MAX;

use changes::Changes;
use mutants::Wrong;
use store::Store;

/// The tables of one data directory, and the one who writes them.
pub struct Tables {
    store: Store,
    /// What was folded.
    at: Cursor,
    /// What is in all rows of the file.
    kept: Cursor,
    /// What is in its wide rows.
    wide: BatchNo,
    /// What was folded and is not in all rows; none before the first, and after an error.
    changes: Option<Changes>,
    wrong: Wrong,
}

impl Tables {
    /// Opens the view in `file`, or makes an empty one there. SQLite keeps `file-wal` and
    /// `file-shm` beside it.
    ///
    /// # Errors
    /// [`TablesError`]: the file is something else, has another version, is damaged, or is being
    /// written by another process; the message says what to do.
    pub fn open(file: &Path) -> Result<Self, TablesError> {
        let store = Store::open(file)?;
        let (kept, wide) = (store.cursor()?, store.wide()?);
        Ok(Self { store, at: kept.clone(), kept, wide, changes: None, wrong: Wrong::default() })
    }

    /// A handle that only reads, for another thread. It sees whole commits, and never waits for
    /// [`Tables::apply`]. The view must have been made.
    ///
    /// # Errors
    /// [`TablesError`], as for [`Tables::open`].
    pub fn reader(file: &Path) -> Result<Reader, TablesError> {
        Reader::open(file)
    }

    /// How far it has come in the journal: what is handed in next is after it.
    pub fn cursor(&self) -> &Cursor {
        &self.at
    }

    /// How far all rows have come: what is after it is asked for again after a crash.
    pub fn kept(&self) -> &Cursor {
        &self.kept
    }

    /// Rows by name: only of `conversation` if given, only those after `after` if given, at most
    /// `limit` and never more than [`ROWS_MAX`].
    ///
    /// # Errors
    /// [`TablesError`]: the disk failed, or the file is damaged.
    pub fn rows(
        &self,
        conversation: Option<&ConversationId>,
        after: Option<&ConversationId>,
        limit: u32,
    ) -> Result<Vec<Row>, TablesError> {
        self.store.rows(conversation, after, limit)
    }
}
