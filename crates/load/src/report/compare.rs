//! `hubbub load compare`: is one set of runs different from another?
//!
//! The run is the unit, never the request: on raw latencies almost every pair of identical runs looks different.

mod alike;
mod told;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use stats::compare::{
    Better, Comparison, Metric, NOISE, NOISE_OF_SHARES, Scale, Verdict, noise_floor,
};

use super::story::EXIT_INVALID;
use super::{read_all, say, story};
use crate::measure::Refusal;
use crate::measure::run::Run;

/// Exit code: something got worse.
const EXIT_REGRESSION: u8 = 4;

/// `hubbub load compare`
#[derive(Debug, Clone, Args)]
#[command(
    after_help = "Make the runs in turns (A B A B …), 5 or more of each, so that what changes on the machine meets both. \
                  A difference is called when an exact test finds it after a correction for the number of metrics, and it \
                  is larger than the noise floor; what is not is `~`.\n\n\
                  Exit code: 0 nothing got worse, 4 something did, 3 the runs are invalid, unlike or too few to tell, \
                  2 no such run, 74 a file cannot be read.\n\n\
                  Examples:\n  hubbub load compare new-*.json --against old-*.json\n  \
                  hubbub load compare new-*.json --against old-*.json --noise-from again-*.json"
)]
pub struct CompareArgs {
    /// Saved runs that are judged
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Saved runs that they are compared with
    #[arg(long, required = true, num_args = 1.., value_name = "FILE")]
    against: Vec<PathBuf>,
    /// Runs of the same thing as those of --against, once more: how far these are apart is the noise floor; 3 % without
    #[arg(long, num_args = 1.., value_name = "FILE")]
    noise_from: Vec<PathBuf>,
    /// Compare invalid and unlike runs, too
    #[arg(long)]
    force: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// What is compared of a run.
struct Measure {
    name: &'static str,
    better: Better,
    scale: Scale,
    of: fn(&Run) -> f64,
}

const MEASURES: [Measure; 4] = [
    Measure {
        name: "rps",
        better: Better::Higher,
        scale: Scale::Ratio,
        of: |run| run.totals.achieved_rate,
    },
    Measure {
        name: "p50",
        better: Better::Lower,
        scale: Scale::Ratio,
        of: |run| run.histograms.response.at_us(0.5) as f64,
    },
    Measure {
        name: "p99",
        better: Better::Lower,
        scale: Scale::Ratio,
        of: |run| run.histograms.response.at_us(0.99) as f64,
    },
    Measure {
        name: "error_rate",
        better: Better::Lower,
        scale: Scale::Difference,
        of: story::failed_share,
    },
];

/// Compares and tells.
///
/// # Errors
/// A file that is no saved run, or cannot be read.
pub fn compare(args: &CompareArgs) -> Result<ExitCode, Refusal> {
    let after = read_all(&args.files)?;
    let before = read_all(&args.against)?;
    let again = read_all(&args.noise_from)?;
    let doubts = alike::doubts(&before, &after, &again);
    if !doubts.is_empty() && !args.force {
        say(&told::refused(&doubts));
        return Ok(ExitCode::from(EXIT_INVALID));
    }
    let comparisons = stats::compare::compare(&metrics(&before, &after, &again));
    say(&if args.json {
        told::json(&comparisons, &doubts)
    } else {
        told::text(&comparisons, &before, &after, &doubts)
    });
    Ok(ExitCode::from(exit_code(&comparisons)))
}

fn metrics(before: &[Run], after: &[Run], again: &[Run]) -> Vec<Metric> {
    let figures = |runs: &[Run], of: fn(&Run) -> f64| runs.iter().map(of).collect::<Vec<_>>();
    let metric = |measure: &Measure| {
        let before = figures(before, measure.of);
        let default = match measure.scale {
            Scale::Ratio => NOISE,
            Scale::Difference => NOISE_OF_SHARES,
        };
        let noise = noise_floor(measure.scale, &before, &figures(again, measure.of));
        Metric {
            name: measure.name.to_owned(),
            better: measure.better,
            scale: measure.scale,
            noise: noise.unwrap_or(default),
            before,
            after: figures(after, measure.of),
        }
    };
    MEASURES.iter().map(metric).collect()
}

/// What could not be compared at all is no pass.
fn exit_code(comparisons: &[Comparison]) -> u8 {
    let any = |verdict| comparisons.iter().any(|comparison| comparison.verdict == verdict);
    if any(Verdict::Worse) {
        EXIT_REGRESSION
    } else if any(Verdict::TooFew) {
        EXIT_INVALID
    } else {
        0
    }
}

#[cfg(test)]
mod tests;
