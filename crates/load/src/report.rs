//! Everything that a person or a pipeline sees of a saved run.
//!
//! [`report`] tells it as text, HTML, CSV, JUnit, `.hgrm` and `.hlog`; [`compare`] and [`knee`] ask `stats`; [`live`]
//! shows a run while it goes on.
//!
//! # Invariants
//!
//! - Nothing here measures or judges: what is told is in the file, or follows from it by `stats`.
//! - What came from outside (URLs, bodies, errors) is escaped in each form, and never moves a terminal's cursor.

mod compare;
mod csv;
mod hgrm;
mod hlog;
pub(crate) mod html;
mod junit;
mod knee;
pub mod live;
mod outputs;
mod story;
pub(crate) mod text;
pub(crate) mod units;

#[cfg(test)]
mod sample;

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;

use crate::measure::Refusal;
use crate::measure::run::Run;

pub use compare::{CompareArgs, compare};
pub use knee::{KneeArgs, knee};
pub use outputs::Outputs;

/// Saved runs that are read at once, at most.
const FILES_MAX: usize = 200;
/// Bytes of a saved run, at most: far more than a day of seconds.
const FILE_MAX: u64 = 256 << 20;

/// `hubbub load report`
#[derive(Debug, Clone, Args)]
#[command(
    after_help = "Exit code: that of the run. 0 valid and every objective kept, 1 an objective was missed, 3 the \
                  measurement is invalid, 130 it was interrupted; of several runs the worst. 2 no such run, 74 a file cannot be \
                  read or written.\n\n\
                  Examples:\n  hubbub load report run.json\n  hubbub load report run.json --html run.html --junit run.xml"
)]
pub struct ReportArgs {
    /// Saved runs
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    #[command(flatten)]
    outputs: Outputs,
}

/// Tells saved runs, and writes them in other forms.
///
/// # Errors
/// A file that is no saved run, or cannot be read or written.
pub fn report(args: &ReportArgs) -> Result<ExitCode, Refusal> {
    let runs = read_all(&args.files)?;
    args.outputs.tell(&runs)?;
    Ok(story::exit_code_of(&runs))
}

/// All of them, or why one cannot be read.
fn read_all(files: &[PathBuf]) -> Result<Vec<Run>, Refusal> {
    if files.len() > FILES_MAX {
        return Err(Refusal::usage(format!(
            "{} files: at most {FILES_MAX} are read at once",
            files.len()
        )));
    }
    files.iter().map(|file| read(file)).collect()
}

fn read(file: &Path) -> Result<Run, Refusal> {
    let told = file.display();
    let io = |why| Refusal::io(format!("{told}: {why}"));
    let size = std::fs::metadata(file).map_err(io)?.len();
    if size > FILE_MAX {
        return Err(Refusal::usage(format!(
            "{told}: {size} bytes are no saved run; it has at most {FILE_MAX}"
        )));
    }
    let bytes = std::fs::read(file).map_err(io)?;
    let Ok(text) = String::from_utf8(bytes) else {
        return Err(Refusal::usage(format!(
            "{told}: not a saved run of `hubbub load`: it is no text"
        )));
    };
    Run::from_json(&text).map_err(|why| Refusal::usage(format!("{told}: {why}")))
}

/// To standard output. Whoever reads it may go away early (`| head`).
fn say(text: &str) {
    let mut out = std::io::stdout().lock();
    drop(out.write_all(text.as_bytes()).and_then(|()| out.flush()));
}

#[cfg(test)]
mod tests;
