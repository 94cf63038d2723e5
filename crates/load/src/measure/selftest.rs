//! `hubbub load selftest`: stops the server, then the generator itself, then starves it, and sees whether the verdict
//! tells them apart, with the right figures.
//!
//! "If the results of ^Z don't make sense, don't use the tool" (Gil Tene). A stop of `s` in a run of `t` at an even rate
//! is known exactly: the share of requests that took longer than `x` is `(s - x) / t`.

mod burn;
mod truth;

use std::path::{Path, PathBuf};
use std::process::{Child as Process, Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use clap::{Args, ValueEnum};
use rustix::process::Signal;
use stats::verdict::{Cause, What};

use super::demo::{Ceiling, Child, send};
use super::refusal::Refusal;
use super::run::Run;
use super::summary;
use truth::Truth;

/// Requests a second, and for how long: a stop of a second is an eighth of all.
const RATE: &str = "1000";
/// So many that a quarter of a core is not enough for them.
const RATE_STARVED: &str = "50000";
const LENGTH_STARVED: Duration = Duration::from_secs(3);
const LENGTH: Duration = Duration::from_secs(8);
/// From the beginning of the generator to the stop.
const STOP_AFTER: Duration = Duration::from_secs(4);
const STOP: Duration = Duration::from_secs(1);

/// `hubbub load selftest`
#[derive(Debug, Clone, Args)]
#[command(after_help = "Exit code: 0 told apart, 1 not.\n\nExample:\n  hubbub load selftest")]
pub struct SelftestArgs {
    /// Only these; all if none is given
    #[arg(value_name = "CASE")]
    pub(crate) cases: Vec<Case>,
    /// Use a core for so long: what starves the generator in the last case
    #[arg(long, hide = true, value_name = "SECONDS")]
    pub(crate) burn: Option<u64>,
}

/// Who is stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Case {
    /// The server, for a second
    Server,
    /// The generator, for a second
    Client,
    /// Nobody, but others use the generator's core
    Host,
}

/// Whether a case was told as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Right,
    /// The machine was too busy to tell, which was said with evidence: a right answer, too.
    Starved,
    Wrong,
}

/// Runs the cases.
///
/// # Errors
/// Processes that do not begin, or do not write what they should.
pub async fn selftest(args: &SelftestArgs) -> Result<ExitCode, Refusal> {
    if let Some(seconds) = args.burn {
        burn::burn(Duration::from_secs(seconds));
        return Ok(ExitCode::SUCCESS);
    }
    let cases = if args.cases.is_empty() { Case::value_variants() } else { &args.cases };
    let mut is_any_wrong = false;
    for &case in cases {
        // A thread of its own, which may be kept to one core.
        let (told, tested) = tokio::sync::oneshot::channel();
        std::thread::spawn(move || told.send(test(case)));
        let tested = tested.await;
        let (outcome, text) = tested.map_err(|why| Refusal::io(why.to_string()))??;
        is_any_wrong |= outcome == Outcome::Wrong;
        summary::say(&text);
    }
    Ok(if is_any_wrong { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn test(case: Case) -> Result<(Outcome, String), Refusal> {
    let server = Child::begin(Ceiling::None)?;
    let file = Scratch::new()?;
    let burning = if case == Case::Host {
        burn::keep_to_one_core()?;
        Some(burn::begin()?)
    } else {
        None
    };
    let mut generator = generate(&server.url, &file.0, case)?;
    let stopped = match case {
        Case::Server => stop(server.pid())?,
        Case::Client => stop(generator.id())?,
        Case::Host => Duration::ZERO,
    };
    generator.wait().map_err(|why| Refusal::io(format!("the generator: {why}")))?;
    drop(burning);
    let text = std::fs::read_to_string(&file.0);
    let text = text.map_err(|why| Refusal::io(format!("the generator left no run: {why}")))?;
    let run = Run::from_json(&text).map_err(|why| Refusal::io(why.to_string()))?;
    Ok(judged(case, &run, stopped))
}

/// Stops a process for a while; how long that was.
fn stop(pid: u32) -> Result<Duration, Refusal> {
    std::thread::sleep(STOP_AFTER);
    let begun = Instant::now();
    send(pid, Signal::STOP)?;
    std::thread::sleep(STOP);
    send(pid, Signal::CONT)?;
    Ok(begun.elapsed())
}

fn generate(url: &str, file: &Path, case: Case) -> Result<Process, Refusal> {
    let wrong = |why: std::io::Error| Refusal::io(format!("the generator does not begin: {why}"));
    let program = std::env::current_exe().map_err(wrong)?;
    let (rate, length) = match case {
        Case::Server | Case::Client => (RATE, LENGTH),
        Case::Host => (RATE_STARVED, LENGTH_STARVED),
    };
    let length = format!("{}s", length.as_secs());
    Command::new(program)
        .args(["load", "run", url, "--rate", rate, "-d", &length, "-c", "50", "--warm-up", "0s"])
        .args(["--no-probe", "-T", "3s"])
        .arg("-o")
        .arg(file)
        .stdout(Stdio::null())
        .spawn()
        .map_err(wrong)
}

fn judged(case: Case, run: &Run, stopped: Duration) -> (Outcome, String) {
    let truth = (!stopped.is_zero()).then(|| Truth::of(stopped, LENGTH));
    let figures = truth.as_ref().map(|truth| truth.compare(&run.histograms.response));
    let cause = run.judgement.cause;
    let is_invalid = !run.judgement.is_valid();
    let is_told = match case {
        Case::Server => cause == Cause::ServerWaiting,
        Case::Client => is_invalid,
        Case::Host => cause == Cause::HostStarved,
    };
    let are_right = figures.as_ref().is_none_or(|(are_right, _)| *are_right);
    let mut findings = run.judgement.findings.iter();
    let is_starved = cause == Cause::HostStarved
        || case == Case::Server && findings.any(|found| found.what == What::ServerStarved);
    let outcome = match (is_told && are_right, is_starved) {
        (true, _) => Outcome::Right,
        (false, true) => Outcome::Starved,
        (false, false) => Outcome::Wrong,
    };
    let word = match outcome {
        Outcome::Right => "right",
        Outcome::Starved => "starved",
        Outcome::Wrong => "WRONG",
    };
    let who = match case {
        Case::Server => "the server was stopped",
        Case::Client => "the generator was stopped",
        Case::Host => "others used the generator's core",
    };
    let shown = figures.map_or_else(String::new, |(_, shown)| format!("\n        {shown}"));
    (outcome, format!("{word:<7} {who}: {}{shown}\n", run.judgement))
}

/// A file that goes with its name.
struct Scratch(PathBuf);

impl Scratch {
    fn new() -> Result<Self, Refusal> {
        let random = getrandom::u64().map_err(|why| Refusal::io(why.to_string()))?;
        Ok(Self(std::env::temp_dir().join(format!("hubbub-selftest-{random:016x}.json"))))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What is not there need not go.
        let _ = std::fs::remove_file(&self.0);
    }
}
