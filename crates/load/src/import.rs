//! Import: what was said elsewhere, line by line, through a running server and as its users.
//!
//! The file is read twice: first whole, to know that it reads and what its ids are; then to say it.
//!
//! # Invariants
//!
//! - The id of a message follows from the file alone: the instance from the hash of all its bytes and the
//!   user, the counter from the order of the user's lines. So the same file adds nothing a second
//!   time, also after an import that was cut.
//! - A conversation gets the order of the file: who speaks next in it waits until those before have
//!   their places.

mod lines;
mod say;

use std::fmt;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::Args;
use client::Gateway;

use lines::{Known, Lines};
use say::Speakers;

/// Bad lines that are named; the others are only counted.
const NAMED_MAX: u64 = 100;

/// How often it is said how far it is: after this many lines.
const SAY_EVERY_LINES: u64 = 10_000;

/// Exit code: a URL is none (sysexits `EX_USAGE`).
const EXIT_USAGE: u8 = 64;

/// Exit code: the server cannot be reached, or went away for good (sysexits `EX_UNAVAILABLE`).
const EXIT_UNAVAILABLE: u8 = 69;

/// Exit code: the file cannot be read (sysexits `EX_IOERR`).
const EXIT_IO: u8 = 74;

/// `hubbub import`
#[derive(Debug, Clone, Args)]
#[command(
    after_help = "A line is {\"conversation\":\"tea\",\"user\":\"ann\",\"body\":\"hello\",\"sent_at\":1767225600000}: sent_at in milliseconds \
                  since 1970. Only open conversations, in the order of the file. A second import of the same file adds nothing.\n\
                  Exit code: 0 all lines are there; 1 some were bad or refused (they are named; the others are there); \
                  64 a URL is none; 69 the server cannot be reached (run it again); 74 FILE cannot be read.\n\n\
                  Examples:\n  hubbub import --url ws://127.0.0.1:8080/v1/ws old.jsonl\n  hubbub import --strict --json --url ws://127.0.0.1:8080/v1/ws old.jsonl"
)]
pub struct ImportArgs {
    /// What to import: JSON lines, UTF-8
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// A gateway of the running server: ws://HOST:PORT/v1/ws; may be given several times
    #[arg(long = "url", required = true)]
    pub urls: Vec<String>,
    /// Import nothing if any line is bad, instead of leaving such lines out
    #[arg(long)]
    pub strict: bool,
    /// One JSON object instead of a line for people
    #[arg(long)]
    pub json: bool,
}

/// What became of the lines of a file.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Imported {
    /// Lines there are.
    pub lines: u64,
    /// Messages that are new.
    pub new: u64,
    /// Messages that an earlier import had brought.
    pub already: u64,
    /// Lines that are no message.
    pub bad: u64,
    /// Messages that the server does not take.
    pub refused: u64,
}

impl Imported {
    /// One JSON object.
    pub fn to_json(&self) -> serde_json::Value {
        let Self { lines, new, already, bad, refused } = self;
        serde_json::json!({
            "lines": lines, "new": new, "already": already, "bad": bad, "refused": refused,
        })
    }
}

impl fmt::Display for Imported {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { lines, new, already, bad, refused } = self;
        write!(
            f,
            "imported: {lines} lines, {new} new, {already} there already, {bad} bad, {refused} refused"
        )
    }
}

/// Imports, and says what became of it, in words and in the exit code.
#[expect(clippy::print_stdout, reason = "a command's one line of result")]
pub async fn import(args: ImportArgs) -> ExitCode {
    let gateways =
        args.urls.iter().map(|url| Gateway::new(url, url)).collect::<Result<Vec<_>, _>>();
    let gateways = match gateways {
        Ok(gateways) => gateways,
        Err(why) => {
            tell(&why.to_string());
            return ExitCode::from(EXIT_USAGE);
        }
    };
    let known = match look(&args.file) {
        Ok(known) => known,
        Err(why) => {
            tell(&format!("{why:#}"));
            return ExitCode::from(EXIT_IO);
        }
    };
    let mut imported = Imported { lines: known.lines, bad: known.bad, ..Imported::default() };
    let mut ended = Ok(());
    if known.bad == 0 || !args.strict {
        ended = say(&args.file, &known, gateways, &mut imported).await;
    }
    println!("{}", if args.json { imported.to_json().to_string() } else { imported.to_string() });
    match ended {
        Err(why) => {
            tell(&format!("{why:#}; import the file again: what is there is not added twice"));
            ExitCode::from(EXIT_UNAVAILABLE)
        }
        Ok(()) if imported.bad + imported.refused > 0 => ExitCode::FAILURE,
        Ok(()) => ExitCode::SUCCESS,
    }
}

/// Reads the file once and names what is bad in it.
fn look(file: &Path) -> Result<Known> {
    let path = || file.display().to_string();
    let mut lines = Lines::open(file).with_context(path)?;
    let mut named = 0;
    while let Some(line) = lines.next_line().with_context(path)? {
        if let Err(why) = line.said
            && named < NAMED_MAX
        {
            named += 1;
            tell(&format!("{}, line {}: {why}", file.display(), line.number));
        }
    }
    Ok(lines.known())
}

async fn say(
    file: &Path,
    known: &Known,
    gateways: Vec<Gateway>,
    imported: &mut Imported,
) -> Result<()> {
    let mut lines = Lines::open(file)?;
    let mut speakers = Speakers::new(gateways, known.hash);
    while let Some(line) = lines.next_line()? {
        if let Ok(said) = line.said {
            speakers.say(line.number, said, imported).await?;
        }
        if line.number.is_multiple_of(SAY_EVERY_LINES) {
            tell(&format!("import: {} of {} lines", line.number, known.lines));
        }
    }
    speakers.finish(imported).await
}

/// For people who watch.
#[expect(clippy::print_stderr, reason = "progress and what is wrong, for people")]
fn tell(text: &str) {
    eprintln!("hubbub: {text}");
}
