//! Reading: rows by name, in pages, for another thread than the one that writes.

use std::path::Path;

use model::bounds::PAGE_MAX_MESSAGES;
use model::{ConversationId, Wall};
use rusqlite::{Statement, ToSql};

use crate::store::Store;
use crate::{Cursor, TablesError};

/// The most rows that one read gives.
pub const ROWS_MAX: u32 = PAGE_MAX_MESSAGES;

/// One conversation, counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Which.
    pub conversation: ConversationId,
    /// Messages.
    pub messages: u64,
    /// Different senders.
    pub speakers: u64,
    /// Messages that the service answered.
    pub enriched: u64,
    /// Messages that have our own guess so far.
    pub degraded: u64,
    /// Messages that were given up. What is neither of the three is pending.
    pub dead: u64,
    /// Sum of the compound sentiments of `enriched` and `degraded`, in millionths.
    pub sentiment_sum_micros: i64,
    /// The journal's stamp of the last message; 0 when none is counted.
    pub last_at: Wall,
}

/// A handle that only reads. One thread at a time; open as many as there are threads.
pub struct Reader {
    pub(crate) store: Store,
}

impl Reader {
    pub(crate) fn open(file: &Path) -> Result<Self, TablesError> {
        Ok(Self { store: Store::open_to_read(file)? })
    }

    /// How far the rows have come. Asked before the rows, it says what they hold at least.
    ///
    /// # Errors
    /// [`TablesError`]: the disk failed, or the file is damaged.
    pub fn cursor(&self) -> Result<Cursor, TablesError> {
        self.store.cursor()
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

/// No name is empty, so all come after this one.
const BEFORE_ALL: &str = "";

/// Of lists: what is governed is its members' business.
pub(crate) const OPEN: &str = "substr(conversation, 1, 2) NOT IN ('d:', 'g:', 'c:')";

const COLUMNS: &str =
    "SELECT conversation, messages, speakers, enriched, degraded, dead, sentiment_sum_micros, last_at
     FROM conversations";

impl Store {
    pub(crate) fn rows(
        &self,
        conversation: Option<&ConversationId>,
        after: Option<&ConversationId>,
        limit: u32,
    ) -> Result<Vec<Row>, TablesError> {
        let after = after.map_or(BEFORE_ALL, ConversationId::as_str);
        let limit = limit.min(ROWS_MAX);
        let failed = |error| self.failed(&error);
        match conversation {
            Some(only) => {
                let only = only.as_str();
                let select =
                    format!("{COLUMNS} WHERE conversation = ?1 AND conversation > ?2 LIMIT ?3");
                let mut select = self.connection.prepare_cached(&select).map_err(failed)?;
                self.decoded(&mut select, &[&only, &after, &limit])
            }
            None => {
                let select = format!(
                    "{COLUMNS} WHERE conversation > ?1 AND {OPEN} ORDER BY conversation LIMIT ?2"
                );
                let mut select = self.connection.prepare_cached(&select).map_err(failed)?;
                self.decoded(&mut select, &[&after, &limit])
            }
        }
    }

    fn decoded(
        &self,
        select: &mut Statement<'_>,
        parameters: &[&dyn ToSql],
    ) -> Result<Vec<Row>, TablesError> {
        let rows = select.query_map(parameters, |row| {
            let number = |column| row.get::<_, i64>(column);
            let name: String = row.get(0)?;
            Ok((
                name,
                [
                    number(1)?,
                    number(2)?,
                    number(3)?,
                    number(4)?,
                    number(5)?,
                    number(6)?,
                    number(7)?,
                ],
            ))
        });
        rows.map_err(|error| self.failed(&error))?
            .map(|row| {
                let (
                    name,
                    [messages, speakers, enriched, degraded, dead, sentiment_sum_micros, last_at],
                ) = row.map_err(|error| self.failed(&error))?;
                let conversation = ConversationId::new(&name)
                    .map_err(|error| TablesError::damaged(&self.file, error.to_string()))?;
                Ok(Row {
                    conversation,
                    messages: self.count(messages)?,
                    speakers: self.count(speakers)?,
                    enriched: self.count(enriched)?,
                    degraded: self.count(degraded)?,
                    dead: self.count(dead)?,
                    sentiment_sum_micros,
                    last_at: Wall(self.count(last_at)?),
                })
            })
            .collect()
    }

    fn count(&self, number: i64) -> Result<u64, TablesError> {
        u64::try_from(number)
            .map_err(|_| TablesError::damaged(&self.file, format!("a count of {number}")))
    }
}
