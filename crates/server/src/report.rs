//! Reports from the tables of a data directory, whether somebody serves it or not.

use std::path::Path;

pub use tables::{AskError, Report, SHEET_ROWS_MAX, Sheet, Value};
use tables::{Tables, TablesError};

use crate::data_dir;

/// The first rows of a report.
///
/// # Errors
/// [`TablesError`]: there are no tables, or the disk failed; the message says what to do.
pub fn report(data: &Path, report: Report, limit: u32) -> Result<Sheet, TablesError> {
    Tables::reader(&data_dir::tables(data))?.report(report, limit)
}

/// What one `SELECT` answers.
///
/// # Errors
/// [`AskError`]: it is none, there are no tables, or the disk failed.
pub fn ask(data: &Path, sql: &str, limit: u32) -> Result<Sheet, AskError> {
    Tables::reader(&data_dir::tables(data))?.ask(sql, limit)
}
