//! Reports from the tables of a data directory, whether somebody serves it or not; and how they are told
//! to programs.

use std::io::Write;
use std::path::Path;

use serde_json::{Map, Number};
pub use tables::{AskError, Report, SHEET_ROWS_MAX, ScriptError, Sheet, Value};
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

/// A JSON object a row.
pub fn objects(sheet: &Sheet) -> impl Iterator<Item = Map<String, serde_json::Value>> {
    sheet.rows.iter().map(|row| {
        let names = sheet.columns.iter().cloned();
        names.zip(row.iter().map(json)).collect()
    })
}

/// Comma-separated values, with a line of names.
///
/// # Panics
/// Never: writing into memory cannot fail.
pub fn csv(sheet: &Sheet) -> Vec<u8> {
    let mut csv = csv::Writer::from_writer(Vec::new());
    let mut written = csv.write_record(&sheet.columns);
    for row in &sheet.rows {
        written = written.and_then(|()| csv.write_record(row.iter().map(text)));
    }
    assert!(written.is_ok(), "rows are as long as the names, and memory takes them");
    csv.into_inner().expect("memory takes it")
}

/// A value as text; nothing is the empty one.
pub fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::Integer(number) => number.to_string(),
        Value::Real(number) => number.to_string(),
        Value::Text(text) => text.clone(),
        Value::Bytes(bytes) => bytes.iter().map(|byte| format!("{byte:02x}")).collect(),
    }
}

fn json(value: &Value) -> serde_json::Value {
    match value {
        Value::Null => serde_json::Value::Null,
        Value::Integer(number) => (*number).into(),
        Value::Real(number) => {
            Number::from_f64(*number).map_or(serde_json::Value::Null, Into::into)
        }
        Value::Text(_) | Value::Bytes(_) => text(value).into(),
    }
}

/// Writes all tables as a script that `psql` loads.
///
/// # Errors
/// [`ScriptError`]: there are no tables, the disk failed, or nobody takes the script.
pub fn to_postgres(data: &Path, out: &mut dyn Write) -> Result<(), ScriptError> {
    Tables::reader(&data_dir::tables(data))?.to_postgres(out)
}

#[cfg(test)]
mod tests;
