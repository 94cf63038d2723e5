//! `hubbub report`: what the tables count, for people and programs.

mod parquet;

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, ValueEnum};
use server::report::{AskError, Report, SHEET_ROWS_MAX, Sheet, Value, text};

use crate::failure::{Failure, exit_code};

/// Characters of a column for people; longer text is cut.
const COLUMN_MAX: usize = 40;

/// What is asked, and how it is told.
#[derive(Debug, Args)]
#[command(
    after_help = "The server may run or not; nothing is written. A bot is a sender; times are UTC. Columns, tables and views are in docs/formats.md.\n\
                  Exit code: 0 told; 64 wrong flags, or SQL that asks nothing; 74 there are no tables in DIR, or the disk fails.\n\n\
                  Examples:\n  hubbub report summary --by minute --limit 10\n  hubbub report conversations --data /var/lib/hubbub --format csv\n  \
                  hubbub report bots --by day --format json\n  hubbub report trending\n  \
                  hubbub report --sql 'SELECT sender, messages FROM bot_summary WHERE dead > 0' --format csv --output dead.csv\n  hubbub report bots --by hour --limit 100000 --format parquet --output bots.parquet"
)]
pub(crate) struct ReportArgs {
    /// What to report
    #[arg(value_enum, required_unless_present = "sql")]
    what: Option<What>,
    /// By minute (summary, topics), hour or day; without it over all that is kept, and the summary by hour
    #[arg(long, value_enum, conflicts_with = "sql")]
    by: Option<By>,
    /// One SELECT of your own instead
    #[arg(long, value_name = "SELECT", conflicts_with = "what")]
    sql: Option<String>,
    /// The data directory
    #[arg(long, value_name = "DIR", default_value = "data")]
    data: PathBuf,
    /// Rows at most, the latest or the largest first
    #[arg(long, value_name = "ROWS", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=i64::from(SHEET_ROWS_MAX)))]
    limit: u32,
    /// How it is told
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Into this file instead of standard output
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Columns for people
    Text,
    /// One JSON object a line
    Json,
    /// Comma-separated values, with a line of names
    Csv,
    /// A file for other tools of data: give --output
    Parquet,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum What {
    /// All messages
    Summary,
    /// Conversations, the largest first
    Conversations,
    /// Senders, the most active first
    Bots,
    /// Topics, the most frequent first
    Topics,
    /// The words said most of late
    Trending,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum By {
    Minute,
    Hour,
    Day,
}

/// Asks and tells.
pub(crate) fn run(args: &ReportArgs) -> ExitCode {
    exit_code(told(args))
}

fn told(args: &ReportArgs) -> Result<(), Failure> {
    let sheet = asked(args)?;
    if sheet.is_cut {
        crate::complain(&format!("there are more than {} rows: ask with --limit", args.limit));
    }
    match &args.output {
        None => write(&sheet, args, &mut std::io::stdout().lock())
            .map_err(|why| Failure::file(Path::new("standard output"), why)),
        Some(path) => File::create(path)
            .and_then(|file| {
                let mut out = BufWriter::new(file);
                write(&sheet, args, &mut out)?;
                out.flush()
            })
            .map_err(|why| Failure::file(path, why)),
    }
}

fn asked(args: &ReportArgs) -> Result<Sheet, Failure> {
    let failed = |why: &dyn std::fmt::Display| Failure::file(&args.data, why);
    if let Some(sql) = &args.sql {
        return server::report::ask(&args.data, sql, args.limit).map_err(|why| match why {
            AskError::Sql(_) => Failure::usage(why),
            AskError::Tables(why) => failed(&why),
        });
    }
    let report = args.what.and_then(|what| report_of(what, args.by));
    let report = report.ok_or_else(|| {
        Failure::usage("there is no such report: see --help for what --by goes with")
    })?;
    server::report::report(&args.data, report, args.limit).map_err(|why| failed(&why))
}

fn report_of(what: What, by: Option<By>) -> Option<Report> {
    Some(match (what, by) {
        (What::Summary, Some(By::Minute)) => Report::SummaryMinutely,
        (What::Summary, None | Some(By::Hour)) => Report::SummaryHourly,
        (What::Summary, Some(By::Day)) => Report::SummaryDaily,
        (What::Conversations, None) => Report::Conversations,
        (What::Conversations, Some(By::Hour)) => Report::ConversationHourly,
        (What::Conversations, Some(By::Day)) => Report::ConversationDaily,
        (What::Bots, None) => Report::Bots,
        (What::Bots, Some(By::Hour)) => Report::BotHourly,
        (What::Bots, Some(By::Day)) => Report::BotDaily,
        (What::Topics, None) => Report::Topics,
        (What::Topics, Some(By::Minute)) => Report::TopicMinutely,
        (What::Trending, None) => Report::Trending,
        (What::Conversations | What::Bots, Some(By::Minute))
        | (What::Topics, Some(By::Hour | By::Day))
        | (What::Trending, Some(_)) => return None,
    })
}

fn write(sheet: &Sheet, args: &ReportArgs, out: &mut dyn Write) -> std::io::Result<()> {
    match args.format {
        Format::Text => for_people(sheet, out),
        Format::Json => as_json(sheet, out),
        Format::Csv => out.write_all(&server::report::csv(sheet)),
        Format::Parquet => out.write_all(&parquet::parquet(sheet)?),
    }
}

fn as_json(sheet: &Sheet, out: &mut dyn Write) -> std::io::Result<()> {
    server::report::objects(sheet)
        .try_for_each(|row| writeln!(out, "{}", serde_json::Value::Object(row)))
}

/// Numbers to the right, text to the left.
fn for_people(sheet: &Sheet, out: &mut dyn Write) -> std::io::Result<()> {
    let cut = |text: String| text.chars().take(COLUMN_MAX).collect::<String>();
    let rows: Vec<Vec<String>> =
        sheet.rows.iter().map(|row| row.iter().map(|value| cut(text(value))).collect()).collect();
    let widths: Vec<usize> = (0..sheet.columns.len())
        .map(|at| {
            let values = rows.iter().map(|row| row[at].chars().count());
            values.chain([sheet.columns[at].chars().count()]).max().unwrap_or(0)
        })
        .collect();
    let is_text = |at: usize| sheet.rows.iter().any(|row| matches!(row[at], Value::Text(_)));
    let line = |row: &[String]| {
        let columns = row.iter().enumerate().map(|(at, value)| {
            let width = widths[at];
            if is_text(at) { format!("{value:<width$}") } else { format!("{value:>width$}") }
        });
        columns.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    writeln!(out, "{}", line(&sheet.columns))?;
    rows.iter().try_for_each(|row| writeln!(out, "{}", line(row)))
}

#[cfg(test)]
mod tests;
