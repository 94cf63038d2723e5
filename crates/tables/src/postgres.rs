//! The tables as a script for PostgreSQL: what `psql` loads are the same rows under the same names.
//!
//! # Invariants
//!
//! - One transaction takes all rows that were there and puts all that are here, with the batch that they
//!   stand at: who reads meanwhile sees the one or the other, and never waits for a row.
//! - Tables of another version are refused, not written over.
//! - Tables and views are those of SQLite, in the other's words: there is one list of columns.

use std::io::{self, Write};

use rusqlite::types::ValueRef;
use rusqlite::{Connection, Row};
use thiserror::Error;

use crate::schema::{SCHEMA, VIEWS};
use crate::store::VERSION;
use crate::{Reader, TablesError};

/// Where they stand in the database.
pub const SCHEMA_NAME: &str = "hubbub";

/// What people ask, with its order. The rest is only for the fold.
const TABLES: [(&str, &str); 3] =
    [("conversations", "1"), ("speakers", "1, 2"), ("windows", "1, 2, 3, 4")];

/// Of `meta`, what people ask.
const META: &str = "SELECT key, CAST(value AS TEXT) FROM meta
    WHERE key IN ('version', 'watermark', 'late', 'trending') ORDER BY 1";

/// The columns of these differ in type, or stand for something else there.
const TRENDING: &str = "CREATE OR REPLACE VIEW trending AS SELECT said.value->>0 AS term,
  0.001 * (said.value->>1)::bigint AS weight
  FROM meta, json_array_elements(meta.value::json) WITH ORDINALITY AS said(value, at)
  WHERE meta.key = 'trending' ORDER BY said.at;
";

/// Why there is no script, or not all of it.
#[derive(Debug, Error)]
pub enum ScriptError {
    /// The tables cannot be read.
    #[error(transparent)]
    Tables(#[from] TablesError),
    /// It cannot be written.
    #[error("the script cannot be written: {0}")]
    Write(#[from] io::Error),
}

impl Reader {
    /// Writes a script for `psql`: everything as of one commit. A script that was cut changes nothing.
    ///
    /// # Errors
    /// [`ScriptError`]: the disk failed, the file is damaged, or nobody takes the script.
    pub fn to_postgres(&self, out: &mut dyn Write) -> Result<(), ScriptError> {
        let failed = |error| self.store.failed(&error);
        // Reads of one transaction see one state.
        let open = self.store.connection.unchecked_transaction().map_err(failed)?;
        let batch = self.cursor()?.batch;
        write!(
            out,
            "-- The tables of hubbub, version {VERSION}, as of batch {batch} of the journal.\n\
             \\set ON_ERROR_STOP on\n\
             BEGIN;\n\
             SET LOCAL client_min_messages = warning;\n\
             SET LOCAL client_encoding = 'UTF8';\n\
             CREATE SCHEMA IF NOT EXISTS {SCHEMA_NAME};\n\
             SET LOCAL search_path = {SCHEMA_NAME};\n\
             {}{}",
            tables(),
            own_version()
        )?;
        for (table, order) in TABLES {
            copy(&open, table, &format!("SELECT * FROM {table} ORDER BY {order}"), out)?
                .map_err(failed)?;
        }
        copy(&open, "meta", META, out)?.map_err(failed)?;
        writeln!(out, "INSERT INTO meta VALUES ('batch', '{batch}');\n{}COMMIT;", views())?;
        Ok(())
    }
}

/// The tables for people, as PostgreSQL has them. Text is ordered by its bytes, as here.
fn tables() -> String {
    let wanted = |name: &str| name == "meta" || TABLES.iter().any(|(table, _)| *table == name);
    let of_people = SCHEMA.split_inclusive(";\n").filter(|table| {
        let name = table.trim_start().strip_prefix("CREATE TABLE ");
        name.and_then(|rest| rest.split_whitespace().next()).is_some_and(wanted)
    });
    of_people
        .collect::<String>()
        .replace("CREATE TABLE", "CREATE TABLE IF NOT EXISTS")
        .replace("INTEGER", "bigint")
        .replace("BLOB", "bytea")
        .replace("TEXT", "text COLLATE \"C\"")
        .replace("ANY", "text")
        .replace(" STRICT, WITHOUT ROWID", "")
}

/// Refuses tables of another version, and lets one script in at a time; those who read do not wait.
fn own_version() -> String {
    let empty: String = TABLES.iter().map(|(table, _)| format!("DELETE FROM {table};\n")).collect();
    format!(
        "LOCK TABLE meta IN EXCLUSIVE MODE;\n\
         DO $$ BEGIN IF EXISTS (SELECT FROM meta WHERE key = 'version' AND value <> '{VERSION}') THEN\n  \
         RAISE EXCEPTION 'the tables in schema {SCHEMA_NAME} have another version: DROP SCHEMA {SCHEMA_NAME} CASCADE, then load again';\n\
         END IF; END $$;\n\
         DELETE FROM meta;\n{empty}"
    )
}

/// The views, as PostgreSQL has them.
fn views() -> String {
    let (alike, _) = VIEWS.split_once("CREATE VIEW trending").unwrap_or((VIEWS, ""));
    let moment = |of: &str| {
        (
            format!("strftime('%Y-%m-%dT%H:%M:%SZ', {of} / 1000, 'unixepoch')"),
            format!(
                "to_char(to_timestamp({of} / 1000) AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"')"
            ),
        )
    };
    let mut views =
        alike.replace("CREATE VIEW", "CREATE OR REPLACE VIEW").replace("max(0,", "greatest(0,");
    for (here, there) in [moment("start"), moment("last_at")] {
        views = views.replace(&here, &there);
    }
    views + TRENDING
}

/// The rows of a query, as `COPY` takes them: text format, one line a row.
fn copy(
    open: &Connection,
    table: &str,
    query: &str,
    out: &mut dyn Write,
) -> io::Result<rusqlite::Result<()>> {
    writeln!(out, "COPY {table} FROM STDIN;")?;
    let mut select = match open.prepare(query) {
        Ok(select) => select,
        Err(error) => return Ok(Err(error)),
    };
    let width = select.column_count();
    let mut rows = match select.query([]) {
        Ok(rows) => rows,
        Err(error) => return Ok(Err(error)),
    };
    let mut line = Vec::new();
    loop {
        let row = match rows.next() {
            Ok(Some(row)) => row,
            Ok(None) => break,
            Err(error) => return Ok(Err(error)),
        };
        line.clear();
        if let Err(error) = write_row(row, width, &mut line) {
            return Ok(Err(error));
        }
        out.write_all(&line)?;
    }
    out.write_all(b"\\.\n").map(Ok)
}

fn write_row(row: &Row<'_>, width: usize, line: &mut Vec<u8>) -> rusqlite::Result<()> {
    for column in 0..width {
        match row.get_ref(column)? {
            ValueRef::Null => line.extend_from_slice(b"\\N"),
            ValueRef::Integer(number) => line.extend_from_slice(number.to_string().as_bytes()),
            ValueRef::Real(number) => line.extend_from_slice(number.to_string().as_bytes()),
            ValueRef::Text(text) => escape(text, line),
            ValueRef::Blob(bytes) => {
                line.extend_from_slice(b"\\\\x");
                line.extend(bytes.iter().flat_map(|byte| format!("{byte:02x}").into_bytes()));
            }
        }
        line.push(if column + 1 < width { b'\t' } else { b'\n' });
    }
    Ok(())
}

/// What would end a column or a row, or begin an escape.
fn escape(text: &[u8], line: &mut Vec<u8>) {
    for byte in text {
        match byte {
            b'\\' => line.extend_from_slice(b"\\\\"),
            b'\t' => line.extend_from_slice(b"\\t"),
            b'\n' => line.extend_from_slice(b"\\n"),
            b'\r' => line.extend_from_slice(b"\\r"),
            other => line.push(*other),
        }
    }
}

#[cfg(test)]
mod tests;
