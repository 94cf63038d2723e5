//! Reports: the views for people, and questions in SQL, as sheets.

use model::{Sheet, Value};
use rusqlite::types::ValueRef;
use rusqlite::{Row, Statement};
use thiserror::Error;

use crate::read::OPEN;
use crate::{Reader, TablesError};

/// The most rows of one sheet.
pub const SHEET_ROWS_MAX: u32 = 100_000;

/// A view for people.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Report {
    /// All messages, by minute.
    SummaryMinutely,
    /// All messages, by hour.
    SummaryHourly,
    /// All messages, by day.
    SummaryDaily,
    /// Conversations, since the journal began.
    Conversations,
    /// Conversations, by hour.
    ConversationHourly,
    /// Conversations, by day.
    ConversationDaily,
    /// Senders, over the days that are kept.
    Bots,
    /// Senders, by hour.
    BotHourly,
    /// Senders, by day.
    BotDaily,
    /// Topics, over the days that are kept.
    Topics,
    /// Topics, by minute.
    TopicMinutely,
    /// The words said most of late.
    Trending,
}

impl Report {
    /// All of them.
    pub const ALL: [Self; 12] = [
        Self::SummaryMinutely,
        Self::SummaryHourly,
        Self::SummaryDaily,
        Self::Conversations,
        Self::ConversationHourly,
        Self::ConversationDaily,
        Self::Bots,
        Self::BotHourly,
        Self::BotDaily,
        Self::Topics,
        Self::TopicMinutely,
        Self::Trending,
    ];

    /// The report of this view, if it is one.
    pub fn of_view(view: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|report| report.view() == view)
    }

    /// Whether a row is of one conversation, in the column `conversation`.
    fn is_of_conversations(self) -> bool {
        match self {
            Self::Conversations | Self::ConversationHourly | Self::ConversationDaily => true,
            Self::SummaryMinutely
            | Self::SummaryHourly
            | Self::SummaryDaily
            | Self::Bots
            | Self::BotHourly
            | Self::BotDaily
            | Self::Topics
            | Self::TopicMinutely
            | Self::Trending => false,
        }
    }

    /// The name of the view.
    pub fn view(self) -> &'static str {
        match self {
            Self::SummaryMinutely => "summary_minutely",
            Self::SummaryHourly => "summary_hourly",
            Self::SummaryDaily => "summary_daily",
            Self::Conversations => "conversation_summary",
            Self::ConversationHourly => "conversation_hourly",
            Self::ConversationDaily => "conversation_daily",
            Self::Bots => "bot_summary",
            Self::BotHourly => "bot_hourly",
            Self::BotDaily => "bot_daily",
            Self::Topics => "topic_summary",
            Self::TopicMinutely => "topic_minutely",
            Self::Trending => "trending",
        }
    }
}

/// Why a question in SQL has no answer.
#[derive(Debug, Error)]
pub enum AskError {
    /// It is no question, or not one that these tables can answer.
    #[error("{0}: ask with one SELECT; the tables and views are in docs/formats.md")]
    Sql(String),
    /// The file failed.
    #[error(transparent)]
    Tables(#[from] TablesError),
}

impl Reader {
    /// The first rows of a view, at most `limit` and never more than [`SHEET_ROWS_MAX`].
    ///
    /// # Errors
    /// [`TablesError`]: the disk failed, or the file is damaged.
    pub fn report(&self, report: Report, limit: u32) -> Result<Sheet, TablesError> {
        self.first_rows(&format!("SELECT * FROM {}", report.view()), limit)
    }

    /// As [`report`](Self::report), without the rows of governed conversations: they are their members' business.
    ///
    /// # Errors
    /// [`TablesError`]: the disk failed, or the file is damaged.
    pub fn open_report(&self, report: Report, limit: u32) -> Result<Sheet, TablesError> {
        let only =
            if report.is_of_conversations() { format!(" WHERE {OPEN}") } else { String::new() };
        self.first_rows(&format!("SELECT * FROM {}{only}", report.view()), limit)
    }

    fn first_rows(&self, sql: &str, limit: u32) -> Result<Sheet, TablesError> {
        let failed = |error| self.store.failed(&error);
        let mut select = self.store.connection.prepare(sql).map_err(failed)?;
        sheet(&mut select, limit).map_err(failed)
    }

    /// What one `SELECT` answers, at most `limit` rows and never more than [`SHEET_ROWS_MAX`].
    ///
    /// # Errors
    /// [`AskError`]: it is none, or names what is not there; the disk failed, or the file is damaged.
    pub fn ask(&self, sql: &str, limit: u32) -> Result<Sheet, AskError> {
        let refused = |error: rusqlite::Error| match error.sqlite_error_code() {
            None | Some(rusqlite::ErrorCode::Unknown) => AskError::Sql(error.to_string()),
            Some(_) => AskError::Tables(self.store.failed(&error)),
        };
        let mut select = self.store.connection.prepare(sql).map_err(refused)?;
        if !select.readonly() || select.column_count() == 0 {
            return Err(AskError::Sql("this asks nothing".to_owned()));
        }
        sheet(&mut select, limit).map_err(refused)
    }
}

fn sheet(select: &mut Statement<'_>, limit: u32) -> rusqlite::Result<Sheet> {
    let columns: Vec<String> = select.column_names().map(str::to_owned).collect();
    let limit = limit.min(SHEET_ROWS_MAX) as usize;
    let width = columns.len();
    let found = select.query_map([], |row| values(row, width))?;
    let mut rows = found.take(limit + 1).collect::<rusqlite::Result<Vec<_>>>()?;
    let is_cut = rows.len() > limit;
    rows.truncate(limit);
    Ok(Sheet { columns, rows, is_cut })
}

fn values(row: &Row<'_>, width: usize) -> rusqlite::Result<Vec<Value>> {
    let value = |at| {
        Ok(match row.get_ref(at)? {
            ValueRef::Null => Value::Null,
            ValueRef::Integer(number) => Value::Integer(number),
            ValueRef::Real(number) => Value::Real(number),
            ValueRef::Text(text) => Value::Text(String::from_utf8_lossy(text).into_owned()),
            ValueRef::Blob(bytes) => Value::Bytes(bytes.to_vec()),
        })
    };
    (0..width).map(value).collect()
}
