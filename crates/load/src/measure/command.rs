//! `hubbub load run`: measures, judges, saves it and says it.

use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use super::abort::Abort;
use super::args::RunArgs;
use super::assemble::{self, Beside};
use super::engine::Watch;
use super::plan::{Aim, of_run};
use super::refusal::{EXIT_INVALID, Refusal};
use super::run::{Run, Second};
use super::shown::Shown;
use super::spread::{self, Crew};
use super::tally::Tally;

/// Requests to see how long one takes alone, and how long they may take together.
const PROBE_REQUESTS: u64 = 100;
const PROBE: Duration = Duration::from_millis(500);

/// Exit code: interrupted, and what there is was told (128 + SIGINT).
const EXIT_INTERRUPTED: u8 = 130;

/// Measures a URL.
///
/// # Errors
/// Arguments that cannot be meant, a target that does not answer, a file that cannot be written.
pub async fn run(args: &RunArgs) -> Result<ExitCode, Refusal> {
    let aim = Aim::take(&args.target).await?;
    let (load, plan) = of_run(&aim, args)?;
    if args.target.part.is_some() {
        return spread::follow(|_| Ok(load.clone())).await;
    }
    let mut crew = Crew::begin(&args.target, &load)?;
    let mut server = aim.server(&args.target).await?;
    let mut beside = Beside::begin(aim.target.is_local());
    if !args.no_probe {
        beside.alone_p50_us = alone(&aim, args).await?;
    }
    let mut shown = Shown::new(&load, &plan, &args.target.outputs);
    let wish = shown.wish();
    let mut abort = Abort::new(&aim.slos, &load, &mut shown);
    let broken = abort.wish();
    let ended = async {
        tokio::select! {
            () = interrupted() => {}
            () = wish.notified() => {}
            () = broken.notified() => {}
        }
    };
    let measured = crew.run(&load, server.as_mut(), &mut abort, ended).await;
    beside.aborted = abort.aborted();
    // The terminal is needed for what comes now.
    drop(shown);
    let run = assemble::run(&load, plan, &aim.slos, measured?, &beside);
    save(&run, args.target.output.as_deref())?;
    args.target.outputs.tell(std::slice::from_ref(&run))?;
    Ok(exit_code(&run, args.target.exit_slo))
}

/// How long a request takes alone: the median of some, one after the other. Against it is seen whether they queue.
async fn alone(aim: &Aim, args: &RunArgs) -> Result<Option<u64>, Refusal> {
    let load = aim.unheard().closed(&args.target, 1, PROBE_REQUESTS, PROBE)?;
    let measured = load.run(None, &mut Nobody, std::future::pending()).await?;
    let service = &measured.total.service;
    Ok((!service.0.is_empty()).then(|| service.at_us(0.5)))
}

/// Looks away.
pub(crate) struct Nobody;

impl Watch for Nobody {
    fn second(&mut self, _second: &Second, _counted: &Tally, _total: &Tally) {}
}

/// Until Ctrl-C.
pub(crate) async fn interrupted() {
    if tokio::signal::ctrl_c().await.is_err() {
        // Without a handler the signal ends the process as it always does.
        std::future::pending().await
    }
}

/// Writes the file of a run.
pub(crate) fn save(run: &Run, path: Option<&Path>) -> Result<(), Refusal> {
    let Some(path) = path else { return Ok(()) };
    let wrong = |why: &dyn std::fmt::Display| Refusal::io(format!("{}: {why}", path.display()));
    let text = run.to_json().map_err(|why| wrong(&why))?;
    std::fs::write(path, text).map_err(|why| wrong(&why))
}

/// Invalid beats interrupted, that beats an objective that was not kept, whether it ended the run or not.
pub(crate) fn exit_code(run: &Run, exit_slo: u8) -> ExitCode {
    if !run.judgement.is_valid() {
        ExitCode::from(EXIT_INVALID)
    } else if run.totals.was_interrupted {
        ExitCode::from(EXIT_INTERRUPTED)
    } else if run.slos.iter().any(|slo| !slo.passed) {
        ExitCode::from(exit_slo)
    } else {
        ExitCode::SUCCESS
    }
}
