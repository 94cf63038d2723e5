//! The file: how it is made, opened, looked over and written. All SQL that writes is here and in `windows`.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{
    Connection, OpenFlags, OptionalExtension, Transaction, TransactionBehavior, params,
};

use analytics::{Breadth, Fold, Turn};
use model::{BatchNo, ConversationId, UserId, Wall};

use crate::bits::{Chunk, ChunkKey};
use crate::changes::Changes;
use crate::schema::{SCHEMA, VIEWS};
use crate::windows::{self, Windows};
use crate::{Cursor, TablesError};

/// The version of the tables. Another one is not read and not converted.
pub const VERSION: i64 = 3;

/// How long a statement waits for a lock that another program has, before it is an error.
pub const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// Says in the header of the file that it is ours: `hubT`.
const APPLICATION_ID: i64 = 0x6875_6254;

/// Statements that a connection keeps prepared: all we have, and room.
const STATEMENTS_MAX: usize = 32;

/// Pages of the file in memory, of each connection.
const CACHE_KIB: i64 = 64 * 1024;

/// Pages of 4 KiB after which the write-ahead log is carried over into the file.
const CHECKPOINT_PAGES: i64 = 4096;

/// What the write-ahead log is cut back to after it has been carried over.
const LOG_BYTES: i64 = 64 * 1024 * 1024;

/// Up to this size the file is looked over when it is opened: a page each of 10 microseconds or so.
/// In a larger one damage shows when it is met.
const LOOKED_OVER_MAX_BYTES: u64 = 64 * 1024 * 1024;

/// Adding to a row that is there comes first: it nearly always is. (Twice as fast as an upsert that
/// returns what stands now; `examples/tables_rebuild.rs`.)
const ADD_TO_SPEAKER: &str =
    "UPDATE speakers SET messages = messages + ?3 WHERE conversation = ?1 AND sender = ?2";

const NEW_SPEAKER: &str = "INSERT INTO speakers VALUES (?1, ?2, ?3)";

const ADD_TO_CONVERSATION: &str = "UPDATE conversations SET
    messages = messages + ?2,
    speakers = speakers + ?3,
    enriched = enriched + ?4,
    degraded = degraded + ?5,
    dead = dead + ?6,
    sentiment_sum_micros = sentiment_sum_micros + ?7,
    last_at = max(last_at, ?8),
    turn_sender = coalesce(?9, turn_sender),
    turn_began = coalesce(?10, turn_began)
  WHERE conversation = ?1";

const NEW_CONVERSATION: &str =
    "INSERT INTO conversations VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)";

const PUT_CHUNK: &str = "INSERT OR REPLACE INTO understood VALUES (?1, ?2, ?3)";

const GET_CHUNK: &str = "SELECT states FROM understood WHERE partition = ?1 AND chunk = ?2";

const GET_TURN: &str = "SELECT turn_sender, turn_began FROM conversations WHERE conversation = ?1";

const GET_CURSOR: &str = "SELECT value FROM meta WHERE key = 'cursor'";

const PUT_CURSOR: &str = "UPDATE meta SET value = ?1 WHERE key = 'cursor'";

const GET_WIDE: &str = "SELECT value FROM meta WHERE key = 'wide'";

const PUT_WIDE: &str = "UPDATE meta SET value = ?1 WHERE key = 'wide'";

/// A connection to the file.
pub(crate) struct Store {
    pub(crate) file: PathBuf,
    pub(crate) connection: Connection,
}

impl Store {
    pub(crate) fn open(file: &Path) -> Result<Self, TablesError> {
        let parent = file.parent().filter(|parent| !parent.as_os_str().is_empty());
        if let Some(parent) = parent {
            fs::create_dir_all(parent).map_err(|error| TablesError::io(file, error.to_string()))?;
        }
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE;
        let store = Self::connect(file, flags)?;
        store.look_at_whose_it_is()?;
        store.write_ahead()?;
        if store.is_empty()? {
            store.create()?;
        }
        store.check()?;
        Ok(store)
    }

    pub(crate) fn open_to_read(file: &Path) -> Result<Self, TablesError> {
        let store = Self::connect(file, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        store.look_at_whose_it_is()?;
        store.check_version()?;
        Ok(store)
    }

    pub(crate) fn cursor(&self) -> Result<Cursor, TablesError> {
        read_cursor(&self.file, &self.connection)
    }

    /// The last batch that the wide rows count.
    pub(crate) fn wide(&self) -> Result<BatchNo, TablesError> {
        read_wide(&self.file, &self.connection)
    }

    /// Begins a transaction that writes, if the wide rows still stand where this says.
    pub(crate) fn begin(&mut self, wide: BatchNo) -> Result<Round<'_>, TablesError> {
        let file = self.file.as_path();
        let failed = |error| TablesError::of(file, &error);
        let behavior = TransactionBehavior::Immediate;
        let open = self.connection.transaction_with_behavior(behavior).map_err(failed)?;
        let round = Round { file, open };
        if read_wide(file, &round.open)? != wide {
            return Err(TablesError::InUse { file: file.to_owned() });
        }
        Ok(round)
    }

    pub(crate) fn failed(&self, error: &rusqlite::Error) -> TablesError {
        TablesError::of(&self.file, error)
    }

    fn connect(file: &Path, flags: OpenFlags) -> Result<Self, TablesError> {
        let failed = |error| TablesError::of(file, &error);
        // No URI: a path is a path. No mutex: a connection has one thread at a time.
        let flags = flags | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(file, flags).map_err(failed)?;
        connection.set_prepared_statement_cache_capacity(STATEMENTS_MAX);
        connection.busy_timeout(BUSY_TIMEOUT).map_err(failed)?;
        connection.pragma_update(None, "cache_size", -CACHE_KIB).map_err(failed)?;
        Ok(Self { file: file.to_owned(), connection })
    }

    /// Before anything is written. An empty file is as good as none.
    fn look_at_whose_it_is(&self) -> Result<(), TablesError> {
        let id = self.pragma("application_id")?;
        if id == APPLICATION_ID || (id == 0 && self.is_empty()?) {
            return Ok(());
        }
        let why = format!("it is an SQLite file with application id {id:#x}");
        Err(TablesError::Foreign { file: self.file.clone(), why })
    }

    fn is_empty(&self) -> Result<bool, TablesError> {
        let count = "SELECT count(*) FROM sqlite_schema";
        let tables: i64 = self
            .connection
            .query_row(count, [], |row| row.get(0))
            .map_err(|error| self.failed(&error))?;
        Ok(tables == 0)
    }

    fn write_ahead(&self) -> Result<(), TablesError> {
        let failed = |error| self.failed(&error);
        let mode: String = self
            .connection
            .pragma_update_and_check(None, "journal_mode", "WAL", |row| row.get(0))
            .map_err(failed)?;
        if mode != "wal" {
            let why = format!("this file system gives no write-ahead log, only {mode}");
            return Err(TablesError::io(&self.file, why));
        }
        for (name, value) in
            [("wal_autocheckpoint", CHECKPOINT_PAGES), ("journal_size_limit", LOG_BYTES)]
        {
            // It answers with what holds now.
            let set = self.connection.pragma_update_and_check(None, name, value, |_| Ok(()));
            set.map_err(failed)?;
        }
        // A power cut may take the last commits, never a part of one.
        self.connection.pragma_update(None, "synchronous", "NORMAL").map_err(failed)
    }

    fn create(&self) -> Result<(), TablesError> {
        let cursor = Cursor::start().to_bytes();
        let made = self.connection.unchecked_transaction().and_then(|made| {
            made.pragma_update(None, "application_id", APPLICATION_ID)?;
            made.execute_batch(SCHEMA)?;
            made.execute_batch(VIEWS)?;
            made.execute("INSERT INTO meta VALUES ('version', ?1)", [VERSION])?;
            made.execute("INSERT INTO meta VALUES ('cursor', ?1)", [cursor])?;
            made.execute("INSERT INTO meta VALUES ('wide', 0)", [])?;
            made.commit()
        });
        made.map_err(|error| self.failed(&error))
    }

    fn check(&self) -> Result<(), TablesError> {
        self.check_version()?;
        let pages = self.pragma("page_count")?;
        let bytes = pages.saturating_mul(self.pragma("page_size")?);
        if u64::try_from(bytes).unwrap_or(u64::MAX) > LOOKED_OVER_MAX_BYTES {
            return Ok(());
        }
        let says: String = self
            .connection
            .query_row("PRAGMA quick_check(1)", [], |row| row.get(0))
            .map_err(|error| self.failed(&error))?;
        if says == "ok" { Ok(()) } else { Err(TablesError::damaged(&self.file, says)) }
    }

    fn check_version(&self) -> Result<(), TablesError> {
        let found: i64 = self
            .connection
            .query_row("SELECT value FROM meta WHERE key = 'version'", [], |row| row.get(0))
            .map_err(|error| self.failed(&error))?;
        if found == VERSION {
            return Ok(());
        }
        Err(TablesError::Version { file: self.file.clone(), found })
    }

    fn pragma(&self, name: &str) -> Result<i64, TablesError> {
        self.connection
            .pragma_query_value(None, name, |row| row.get(0))
            .map_err(|error| self.failed(&error))
    }
}

/// What becomes one commit; given up when it is dropped.
pub(crate) struct Round<'s> {
    file: &'s Path,
    open: Transaction<'s>,
}

impl Round<'_> {
    pub(crate) fn chunk(&self, key: ChunkKey) -> Result<Option<Chunk>, TablesError> {
        let bytes: Option<Vec<u8>> = self
            .open
            .prepare_cached(GET_CHUNK)
            .and_then(|mut select| {
                let key = params![key.partition.get(), stored(key.chunk)];
                select.query_row(key, |row| row.get(0)).optional()
            })
            .map_err(|error| TablesError::of(self.file, &error))?;
        let damaged = || TablesError::damaged(self.file, "a chunk of states has another length");
        bytes.map(|bytes| Chunk::from_bytes(&bytes).ok_or_else(damaged)).transpose()
    }

    /// Who has the word in a conversation, if anybody ever spoke.
    pub(crate) fn turn(&self, conversation: &ConversationId) -> Result<Option<Turn>, TablesError> {
        let found: Option<(Option<String>, Option<i64>)> = self
            .open
            .prepare_cached(GET_TURN)
            .and_then(|mut select| {
                let key = [conversation.as_str()];
                select.query_row(key, |row| Ok((row.get(0)?, row.get(1)?))).optional()
            })
            .map_err(|error| TablesError::of(self.file, &error))?;
        let Some((Some(sender), Some(began))) = found else { return Ok(None) };
        let damaged = || TablesError::damaged(self.file, format!("{sender:?} has the word"));
        let sender = UserId::new(&sender).map_err(|_| damaged())?;
        Ok(Some(Turn { sender, began: Wall(u64::try_from(began).map_err(|_| damaged())?) }))
    }

    /// How the fold goes on from what is in the file.
    pub(crate) fn fold(&self) -> Result<Fold, TablesError> {
        windows::read_fold(self.file, &self.open)
    }

    /// Rows and cursors, together or not at all: the wide ones, or all.
    pub(crate) fn commit(
        self,
        changes: &mut Changes,
        to: &Cursor,
        wide: BatchNo,
        breadth: Breadth,
    ) -> Result<(), TablesError> {
        let Self { file, open } = self;
        let failed = |error| TablesError::of(file, &error);
        let windows = Windows::new(file, &open);
        windows.write(&mut changes.fold, Breadth::Wide)?;
        if breadth == Breadth::Deep {
            windows.write(&mut changes.fold, Breadth::Deep)?;
            windows.write_state(&changes.fold)?;
            write(&open, changes, to).map_err(failed)?;
            changes.written();
        }
        let put = open.prepare_cached(PUT_WIDE).and_then(|mut put| put.execute([stored(wide.0)]));
        put.map_err(failed)?;
        open.commit().map_err(failed)
    }
}

fn read_wide(file: &Path, connection: &Connection) -> Result<BatchNo, TablesError> {
    let found: i64 = connection
        .prepare_cached(GET_WIDE)
        .and_then(|mut select| select.query_row([], |row| row.get(0)))
        .map_err(|error| TablesError::of(file, &error))?;
    let damaged = |_| TablesError::damaged(file, format!("the wide rows stand at {found}"));
    u64::try_from(found).map(BatchNo).map_err(damaged)
}

fn read_cursor(file: &Path, connection: &Connection) -> Result<Cursor, TablesError> {
    let bytes: Vec<u8> = connection
        .prepare_cached(GET_CURSOR)
        .and_then(|mut select| select.query_row([], |row| row.get(0)))
        .map_err(|error| TablesError::of(file, &error))?;
    Cursor::from_bytes(&bytes)
        .ok_or_else(|| TablesError::damaged(file, "the cursor does not decode"))
}

fn write(open: &Connection, changes: &Changes, to: &Cursor) -> rusqlite::Result<()> {
    let mut add_to_speaker = open.prepare_cached(ADD_TO_SPEAKER)?;
    let mut new_speaker = open.prepare_cached(NEW_SPEAKER)?;
    let mut add_to_conversation = open.prepare_cached(ADD_TO_CONVERSATION)?;
    let mut new_conversation = open.prepare_cached(NEW_CONVERSATION)?;
    for (conversation, delta) in &changes.conversations {
        let conversation = conversation.as_str();
        let mut new_speakers: i64 = 0;
        for (sender, messages) in &delta.speakers {
            let row = params![conversation, sender.as_str(), stored(*messages)];
            if add_to_speaker.execute(row)? == 0 {
                new_speaker.execute(row)?;
                new_speakers += 1;
            }
        }
        let row = params![
            conversation,
            stored(delta.messages),
            new_speakers,
            delta.enriched,
            delta.degraded,
            delta.dead,
            delta.sentiment_sum_micros,
            stored(delta.last_at.0),
            delta.turn.as_ref().map(|turn| turn.sender.as_str()),
            delta.turn.as_ref().map(|turn| stored(turn.began.0)),
        ];
        if add_to_conversation.execute(row)? == 0 {
            new_conversation.execute(row)?;
        }
    }
    let mut put_chunk = open.prepare_cached(PUT_CHUNK)?;
    for (key, chunk) in &changes.chunks {
        put_chunk.execute(params![key.partition.get(), stored(key.chunk), chunk.bytes()])?;
    }
    open.prepare_cached(PUT_CURSOR)?.execute([to.to_bytes()]).map(drop)
}

/// SQLite's integers end at 2^63 − 1, far above all that is counted.
pub(crate) fn stored(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
