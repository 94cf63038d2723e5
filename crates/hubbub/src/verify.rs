//! `hubbub verify`: the checker of the crash run, for users' own histories and data directories.

mod directory;

use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, Result};
use check::{Checker, Options, Report};
use clap::Args;

/// What to check, and how to say it.
#[derive(Debug, Args)]
#[command(
    after_help = "A history is a file of JSON lines, one client session each (docs/formats.md). Exit code 0: every promise \
                  held; 1: one did not; 74: a file cannot be read.\n\nExamples:\n  hubbub verify target/crash/*/histories/*.jsonl\n  \
                  hubbub verify --data /var/lib/hubbub"
)]
pub(crate) struct VerifyArgs {
    /// Histories
    #[arg(required_unless_present = "data", value_name = "FILE")]
    files: Vec<PathBuf>,
    /// The data directory: each text has one result in the journal, and the tables count what it says
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Everything was waited for: a text without a final result is an anomaly
    #[arg(long, requires = "data")]
    settled: bool,
    /// One JSON object instead of lines for people
    #[arg(long)]
    json: bool,
    /// Not every client's history is here: messages of unknown clients are not called invented
    #[arg(long)]
    partial: bool,
    /// Stored history was damaged meanwhile: epochs may change
    #[arg(long)]
    damaged: bool,
}

/// Reads, judges, prints.
pub(crate) fn run(args: &VerifyArgs) -> ExitCode {
    match judge(args) {
        Ok(report) => {
            crate::print(&if args.json {
                serde_json::to_string(&report).unwrap_or_else(|why| why.to_string())
            } else {
                report.to_string()
            });
            if report.is_green() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }
        Err(why) => {
            crate::complain(&format!("{why:#}"));
            ExitCode::from(server::error::EXIT_IO)
        }
    }
}

fn judge(args: &VerifyArgs) -> Result<Report> {
    let VerifyArgs { damaged, partial, settled, .. } = *args;
    let mut checker = Checker::new(Options { damaged, partial, settled });
    for path in &args.files {
        let lines = read(path).with_context(|| format!("cannot read {}", path.display()))?;
        checker.file(&path.display().to_string(), lines);
    }
    if let Some(data) = &args.data {
        checker.audit(directory::read(data)?);
    }
    Ok(checker.finish())
}

fn read(path: &Path) -> Result<Vec<String>> {
    Ok(BufReader::new(File::open(path)?).lines().collect::<std::io::Result<_>>()?)
}
