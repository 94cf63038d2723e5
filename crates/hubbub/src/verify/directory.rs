//! The data directory of a run, for the checker: the journal's facts, and what the tables count.

use std::path::Path;

use anyhow::{Context as _, Result, bail};
use check::{Audit, Sums};
use server::audit;
use server::report::{SHEET_ROWS_MAX, Sheet, Value, ask};

/// How often tables are read again that were written meanwhile.
const TRIES: usize = 5;

const COLUMNS: &str = "messages, enriched, degraded, dead, sentiment_sum_micros";

/// Windows of all, of conversations and of senders: every text is in one of each kind. Not every text
/// has a topic.
const WINDOWS: &str =
    "SELECT CASE level WHEN 1 THEN 'minutes' WHEN 2 THEN 'hours' ELSE 'days' END ||
    CASE scope WHEN 0 THEN ' of all' WHEN 2 THEN ' of conversations' ELSE ' of senders' END,
    sum(messages), sum(enriched), sum(degraded), sum(dead), sum(sentiment_sum_micros)
  FROM windows WHERE scope <> 1 GROUP BY level, scope";

/// Reads all of it.
pub(super) fn read(data: &Path) -> Result<Audit> {
    let mut audit = tables(data)?;
    audit::facts(data, |batch, offset, fact| audit.fact(batch, offset, fact))?;
    Ok(audit)
}

/// What the tables say, all of it as of one batch.
fn tables(data: &Path) -> Result<Audit> {
    for _ in 0..TRIES {
        let counted = audit::counted(data)?;
        let mut audit = Audit::new(counted);
        rows(data, &mut audit)?;
        for (kind, sums) in counts(&ask(data, WINDOWS, SHEET_ROWS_MAX)?)? {
            audit.windows(&kind, sums);
        }
        if audit::counted(data)? == counted {
            return Ok(audit);
        }
    }
    bail!("{}: the tables are written all the time: stop the server", data.display())
}

/// All conversations, page by page.
fn rows(data: &Path, audit: &mut Audit) -> Result<()> {
    let mut after = String::new();
    loop {
        let sql = format!(
            "SELECT conversation, {COLUMNS} FROM conversations
             WHERE conversation > '{}' ORDER BY conversation",
            after.replace('\'', "''")
        );
        let sheet = ask(data, &sql, SHEET_ROWS_MAX)?;
        for (name, sums) in counts(&sheet)? {
            audit.row(&name, sums);
            after = name;
        }
        if !sheet.is_cut {
            return Ok(());
        }
    }
}

/// A name and its counts, of each row.
fn counts(sheet: &Sheet) -> Result<Vec<(String, Sums)>> {
    let one = |row: &Vec<Value>| {
        let [Value::Text(name), numbers @ ..] = row.as_slice() else { return None };
        let numbers = numbers.iter().map(|value| match value {
            Value::Integer(number) => Some(*number),
            Value::Null | Value::Real(_) | Value::Text(_) | Value::Bytes(_) => None,
        });
        let numbers: Vec<i64> = numbers.collect::<Option<_>>()?;
        let [messages, full, degraded, dead, sentiment_sum_micros] = numbers[..] else {
            return None;
        };
        Some((name.clone(), Sums { messages, full, degraded, dead, sentiment_sum_micros }))
    };
    sheet.rows.iter().map(|row| one(row).context("a row of the tables is none")).collect()
}
