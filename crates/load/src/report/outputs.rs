//! Where a run is told to: the terminal, and files of other forms.

use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};

use clap::Args;

use super::text::Look;
use super::{csv, hgrm, hlog, html, junit, say, text};
use crate::measure::Refusal;
use crate::measure::run::Run;

/// Flags of every command that tells a run.
#[derive(Debug, Clone, Default, Args)]
pub struct Outputs {
    /// Write one HTML file that needs nothing else
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// Write a table with a row a second
    #[arg(long, value_name = "FILE")]
    csv: Option<PathBuf>,
    /// Write the objectives as JUnit's XML, for pipelines
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
    /// Write the percentiles of response as text (HdrHistogram's plotter reads it)
    #[arg(long, value_name = "FILE")]
    hgrm: Option<PathBuf>,
    /// Write response, service, wait and slip as an interval log of HdrHistogram
    #[arg(long, value_name = "FILE")]
    hlog: Option<PathBuf>,
    /// Print the run itself as JSON instead of the summary
    #[arg(long)]
    json: bool,
    /// No colours, no live screen: for pipelines and files
    #[arg(long)]
    plain: bool,
}

impl Outputs {
    /// Whether only lines of text may be written.
    #[must_use]
    pub fn is_plain(&self) -> bool {
        self.plain || self.json || !std::io::stdout().is_terminal()
    }

    /// Whether standard output is for a program.
    #[must_use]
    pub fn is_json(&self) -> bool {
        self.json
    }

    /// Prints runs and writes the files that were asked for.
    ///
    /// # Errors
    /// Files of several runs, but JUnit's; a file that cannot be written.
    pub fn tell(&self, runs: &[Run]) -> Result<(), Refusal> {
        if let [run] = runs {
            self.write(run)?;
        } else if self.has_file_of_one() {
            return Err(Refusal::usage(
                "--html, --csv, --hgrm and --hlog are of one run: give one FILE (--junit takes several)",
            ));
        }
        if let Some(file) = &self.junit {
            write(file, junit::junit(runs).as_bytes())?;
        }
        for run in runs {
            self.print(run)?;
        }
        Ok(())
    }

    fn has_file_of_one(&self) -> bool {
        [&self.html, &self.csv, &self.hgrm, &self.hlog].into_iter().any(Option::is_some)
    }

    fn print(&self, run: &Run) -> Result<(), Refusal> {
        if self.json {
            say(&run.to_json().map_err(|why| Refusal::io(format!("the run as JSON: {why}")))?);
        } else {
            let look = if self.is_plain() { Look::Bare } else { Look::Coloured };
            say(&text::text(run, look));
        }
        Ok(())
    }

    fn write(&self, run: &Run) -> Result<(), Refusal> {
        let made = |why: anyhow::Error| Refusal::io(format!("{why:#}"));
        if let Some(file) = &self.html {
            write(file, html::html(run).as_bytes())?;
        }
        if let Some(file) = &self.csv {
            write(file, &csv::csv(run).map_err(made)?)?;
        }
        if let Some(file) = &self.hgrm {
            write(file, hgrm::hgrm(&run.histograms.response).as_bytes())?;
        }
        if let Some(file) = &self.hlog {
            write(file, &hlog::hlog(run).map_err(made)?)?;
        }
        Ok(())
    }
}

fn write(file: &Path, content: &[u8]) -> Result<(), Refusal> {
    std::fs::write(file, content).map_err(|why| Refusal::io(format!("{}: {why}", file.display())))
}
