//! Rows of windows: what the fold adds to them, how many names they have, how long they are kept.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use analytics::{
    Breadth, Cell, Distinct, Fold, NAMES_MAX, OTHER, Quantiles, Rows, Scope, Terms, Window,
};
use model::Wall;
use rusqlite::types::{FromSql, Value};
use rusqlite::{Connection, OptionalExtension, Row, params};

use crate::TablesError;
use crate::store::stored;

/// Words that the view `trending` shows.
pub const TRENDING_MAX: usize = 200;

const GET_ROW: &str = "SELECT messages, enriched, degraded, dead, sentiment_sum_micros,
    toxicity_sum_micros, urgency_sum_micros, different_sketch, latency_sketch, response_sketch
  FROM windows WHERE level = ?1 AND scope = ?2 AND start = ?3 AND name = ?4";

const PUT_ROW: &str = "INSERT OR REPLACE INTO windows VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9,
  ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19)";

const GET_NAMES: &str =
    "SELECT names FROM window_names WHERE level = ?1 AND scope = ?2 AND start = ?3";

const PUT_NAMES: &str = "INSERT OR REPLACE INTO window_names VALUES (?1, ?2, ?3, ?4)";

const FORGET_ROWS: &str = "DELETE FROM windows WHERE level = ?1 AND scope = ?2 AND start < ?3";

const FORGET_NAMES: &str =
    "DELETE FROM window_names WHERE level = ?1 AND scope = ?2 AND start < ?3";

const GET_META: &str = "SELECT value FROM meta WHERE key = ?1";

const PUT_META: &str = "INSERT OR REPLACE INTO meta VALUES (?1, ?2)";

/// Goes on from what is in the file.
pub(crate) fn read_fold(file: &Path, open: &Connection) -> Result<Fold, TablesError> {
    let number = |key| -> Result<u64, TablesError> {
        let found: i64 = read_meta(file, open, key)?.unwrap_or(0);
        u64::try_from(found).map_err(|_| TablesError::damaged(file, format!("{key} is {found}")))
    };
    let terms: Vec<u8> = read_meta(file, open, "terms")?.unwrap_or_default();
    let terms = if terms.is_empty() { Some(Terms::default()) } else { Terms::from_bytes(&terms) };
    let terms = terms.ok_or_else(|| TablesError::damaged(file, "the terms do not decode"))?;
    Ok(Fold::new(Wall(number("watermark")?), number("late")?, terms))
}

fn read_meta<T: FromSql>(
    file: &Path,
    open: &Connection,
    key: &str,
) -> Result<Option<T>, TablesError> {
    open.prepare_cached(GET_META)
        .and_then(|mut select| select.query_row([key], |row| row.get(0)).optional())
        .map_err(|error| TablesError::of(file, &error))
}

/// Writes within one commit.
pub(crate) struct Windows<'a> {
    file: &'a Path,
    open: &'a Connection,
}

impl<'a> Windows<'a> {
    pub(crate) fn new(file: &'a Path, open: &'a Connection) -> Self {
        Self { file, open }
    }

    /// Takes out of the fold what is to be added to so broad a part, and adds it.
    pub(crate) fn write(&self, fold: &mut Fold, breadth: Breadth) -> Result<(), TablesError> {
        for (window, rows) in fold.drain(breadth) {
            self.add(window, rows)?;
        }
        Ok(())
    }

    /// What goes on from here, and what goes with time.
    pub(crate) fn write_state(&self, fold: &Fold) -> Result<(), TablesError> {
        self.forget(fold.watermark()).map_err(|error| self.failed(&error))?;
        self.put_state(fold).map_err(|error| self.failed(&error))
    }

    /// Rows that are there are added to. New ones are made in the order in which their names came, so
    /// that who is counted as [`OTHER`] does not depend on where a commit ends.
    fn add(&self, window: Window, rows: Rows) -> Result<(), TablesError> {
        let mut new = BTreeMap::new();
        for (name, (place, cell)) in rows {
            match self.row(window, &name)? {
                Some(mut known) => {
                    known.merge(&cell);
                    self.put(window, &name, &known)?;
                }
                None => {
                    new.insert(place, (name, cell));
                }
            }
        }
        if new.is_empty() {
            return Ok(());
        }
        let had = self.names(window)?;
        let mut names = had;
        let mut others: Option<Cell> = None;
        for (name, cell) in new.into_values() {
            if names < NAMES_MAX {
                self.put(window, &name, &cell)?;
                names += 1;
            } else {
                others.get_or_insert_default().merge(&cell);
            }
        }
        if names > had {
            self.put_names(window, names)?;
        }
        let Some(others) = others else { return Ok(()) };
        let mut known = self.row(window, OTHER)?.unwrap_or_default();
        known.merge(&others);
        self.put(window, OTHER, &known)
    }

    fn row(&self, window: Window, name: &str) -> Result<Option<Cell>, TablesError> {
        let found = self
            .open
            .prepare_cached(GET_ROW)
            .and_then(|mut select| {
                let key =
                    params![window.level as i64, window.scope as i64, stored(window.start), name];
                select.query_row(key, decoded).optional()
            })
            .map_err(|error| self.failed(&error))?;
        let damaged = || TablesError::damaged(self.file, "a sketch does not decode");
        found.map(|cell| cell.ok_or_else(damaged)).transpose()
    }

    fn put(&self, window: Window, name: &str, cell: &Cell) -> Result<(), TablesError> {
        let ms = |sketch: &Quantiles, percent| sketch.percentile(percent).map(stored);
        let row = params![
            window.level as i64,
            window.scope as i64,
            stored(window.start),
            name,
            cell.messages,
            cell.full,
            cell.degraded,
            cell.dead,
            cell.sentiment_sum_micros,
            cell.toxicity_sum_micros,
            cell.urgency_sum_micros,
            stored(cell.distinct.count()),
            ms(&cell.latency, 50),
            ms(&cell.latency, 99),
            ms(&cell.response, 50),
            ms(&cell.response, 99),
            cell.distinct.to_bytes(),
            cell.latency.to_bytes(),
            cell.response.to_bytes(),
        ];
        let put = self.open.prepare_cached(PUT_ROW).and_then(|mut put| put.execute(row));
        put.map(drop).map_err(|error| self.failed(&error))
    }

    fn names(&self, window: Window) -> Result<u64, TablesError> {
        let key = params![window.level as i64, window.scope as i64, stored(window.start)];
        let found: Option<i64> = self
            .open
            .prepare_cached(GET_NAMES)
            .and_then(|mut select| select.query_row(key, |row| row.get(0)).optional())
            .map_err(|error| self.failed(&error))?;
        u64::try_from(found.unwrap_or(0))
            .map_err(|_| TablesError::damaged(self.file, "a window has fewer than no names"))
    }

    fn put_names(&self, window: Window, names: u64) -> Result<(), TablesError> {
        let row =
            params![window.level as i64, window.scope as i64, stored(window.start), stored(names)];
        let put = self.open.prepare_cached(PUT_NAMES).and_then(|mut put| put.execute(row));
        put.map(drop).map_err(|error| self.failed(&error))
    }

    /// Windows that have been kept for long enough go.
    fn forget(&self, watermark: Wall) -> rusqlite::Result<()> {
        for sql in [FORGET_ROWS, FORGET_NAMES] {
            let mut forget = self.open.prepare_cached(sql)?;
            for scope in Scope::ALL {
                for level in scope.levels() {
                    let before = stored(scope.horizon(*level, watermark));
                    forget.execute(params![*level as i64, scope as i64, before])?;
                }
            }
        }
        Ok(())
    }

    fn put_state(&self, fold: &Fold) -> rusqlite::Result<()> {
        let mut put = self.open.prepare_cached(PUT_META)?;
        let state = [
            ("watermark", Value::Integer(stored(fold.watermark().0))),
            ("late", Value::Integer(stored(fold.late()))),
            ("terms", Value::Blob(fold.terms().to_bytes())),
            ("trending", Value::Text(as_json(&fold.terms().top()))),
        ];
        state.into_iter().try_for_each(|(key, value)| put.execute(params![key, value]).map(drop))
    }

    fn failed(&self, error: &rusqlite::Error) -> TablesError {
        TablesError::of(self.file, error)
    }
}

/// `None` when a sketch is none.
fn decoded(row: &Row<'_>) -> rusqlite::Result<Option<Cell>> {
    let number = |column| row.get::<_, i64>(column);
    let bytes = |column| row.get_ref(column).and_then(|value| Ok(value.as_blob()?));
    let sketches = (
        Distinct::from_bytes(bytes(7)?),
        Quantiles::from_bytes(bytes(8)?),
        Quantiles::from_bytes(bytes(9)?),
    );
    let (Some(distinct), Some(latency), Some(response)) = sketches else { return Ok(None) };
    Ok(Some(Cell {
        messages: number(0)?,
        full: number(1)?,
        degraded: number(2)?,
        dead: number(3)?,
        sentiment_sum_micros: number(4)?,
        toxicity_sum_micros: number(5)?,
        urgency_sum_micros: number(6)?,
        distinct,
        latency,
        response,
    }))
}

/// Words are letters, so they need no escapes.
fn as_json(top: &[(&str, u64)]) -> String {
    let mut json = String::from("[");
    for (number, (word, weight)) in top.iter().take(TRENDING_MAX).enumerate() {
        let comma = if number == 0 { "" } else { "," };
        write!(json, "{comma}[\"{word}\",{weight}]").expect("a string takes all");
    }
    json.push(']');
    json
}
