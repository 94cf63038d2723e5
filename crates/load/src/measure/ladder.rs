//! `hubbub load ladder`: more and more connections and back, to find where more of them do no more.
//!
//! Each step is a closed loop. What its beginning shows is left out. After the way up and down a hinge is fitted, and a
//! few steps around it are made, so that the knee does not lie between steps that are far apart.

use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use stats::knee::{self, Point};
use stats::verdict::{self, Growth};

use super::abort::{Abort, Aborted};
use super::args::{CONNECTIONS_MAX, TargetArgs};
use super::assemble::{self, Beside};
use super::command::{Nobody, exit_code, interrupted, save};
use super::engine::{Load, Measured};
use super::evidence::{self, number};
use super::plan::{Aim, duration, told};
use super::refusal::Refusal;
use super::run::{Direction, Health, Run, Second, ServerHealth, Stage, Step};
use super::server::Watched;
use super::spread::{self, Crew};
use super::summary;
use super::tally::Tally;

/// What is told apart in time in a step.
const TICK: Duration = Duration::from_millis(250);

/// Ticks of a step that are measured, at least: with fewer an interval means nothing.
const TICKS_MIN: u32 = 4;

/// Steps that may be given.
const STEPS_MAX: usize = 64;

/// `hubbub load ladder`
#[derive(Debug, Clone, Args)]
#[command(
    after_help = "Exit codes are those of `hubbub load run`.\n\nExamples:\n  hubbub load ladder http://127.0.0.1:8080/\n  \
                  hubbub load ladder http://127.0.0.1:8080/ --steps 1,2,5,10,20,50,100 --step-time 3s -o ladder.json"
)]
pub struct LadderArgs {
    #[command(flatten)]
    pub(crate) target: TargetArgs,
    /// Connections of the steps
    #[arg(long, value_delimiter = ',', default_value = "1,10,100,1000,5000", value_name = "CONNECTIONS",
          value_parser = clap::value_parser!(u32).range(1..=i64::from(CONNECTIONS_MAX)))]
    pub(crate) steps: Vec<u32>,
    /// How long a step lasts; its first third is left out
    #[arg(long, default_value = "3s", value_name = "TIME", value_parser = duration)]
    pub(crate) step_time: Duration,
    /// Only up
    #[arg(long)]
    pub(crate) up_only: bool,
}

/// Climbs.
///
/// # Errors
/// As `load run`.
pub async fn ladder(args: &LadderArgs) -> Result<ExitCode, Refusal> {
    let steps = checked(args)?;
    let aim = Aim::take(&args.target).await?;
    let beside = Beside::begin(aim.target.is_local());
    if args.target.part.is_some() {
        return spread::follow(|connections| step_of(args, &aim, TICK, connections)).await;
    }
    let server = aim.server(&args.target).await?;
    let mut climb = Climb::new(args, &aim, server, TICK)?;
    climb.all(&steps).await?;
    let run = climb.run(beside);
    save(&run, args.target.output.as_deref())?;
    args.target.outputs.tell(std::slice::from_ref(&run))?;
    Ok(exit_code(&run, args.target.exit_slo))
}

fn checked(args: &LadderArgs) -> Result<Vec<u32>, Refusal> {
    let mut steps = args.steps.clone();
    steps.sort_unstable();
    steps.dedup();
    if steps.len() < knee::STEPS_MIN || steps.len() > STEPS_MAX {
        let (least, given) = (knee::STEPS_MIN, steps.len());
        let text =
            format!("--steps: {given} different ones; from {least} to {STEPS_MAX} make a ladder");
        return Err(Refusal::usage(text));
    }
    if args.step_time < TICK * TICKS_MIN * 3 / 2 {
        let least = TICK * TICKS_MIN * 3 / 2;
        return Err(Refusal::usage(format!(
            "--step-time: at least {least:?}, to be measured in parts"
        )));
    }
    Ok(steps)
}

struct Climb<'a> {
    args: &'a LadderArgs,
    aim: &'a Aim,
    server: Option<Watched>,
    crew: Crew,
    /// [`TICK`], but for tests that have less time.
    tick: Duration,
    steps: Vec<Step>,
    /// Of all steps.
    sum: Measured,
    aborted: Option<Aborted>,
    /// The step with the most connections.
    top: Load,
}

impl<'a> Climb<'a> {
    fn new(
        args: &'a LadderArgs,
        aim: &'a Aim,
        server: Option<Watched>,
        tick: Duration,
    ) -> Result<Self, Refusal> {
        let sum = Measured::nothing();
        // One crew for all steps: as many as the highest needs.
        let top = args.steps.iter().copied().max().unwrap_or(1);
        let top = step_of(args, aim, tick, top)?;
        let crew = Crew::begin(&args.target, &top)?;
        Ok(Self { args, aim, server, crew, tick, steps: Vec::new(), sum, aborted: None, top })
    }

    async fn all(&mut self, steps: &[u32]) -> Result<(), Refusal> {
        for &connections in steps {
            self.step(connections, Direction::Up).await?;
        }
        if !self.args.up_only {
            for &connections in steps.iter().rev().skip(1) {
                self.step(connections, Direction::Down).await?;
            }
        }
        let points = self.points();
        if let Ok(knee) = knee::hinge(&points, self.args.target.seed) {
            for extra in knee::extra_steps(&knee, &points) {
                let connections = u32::try_from(extra).unwrap_or(CONNECTIONS_MAX);
                self.step(connections.clamp(1, CONNECTIONS_MAX), Direction::Around).await?;
            }
        }
        Ok(())
    }

    async fn step(&mut self, connections: u32, direction: Direction) -> Result<(), Refusal> {
        if self.sum.was_interrupted || self.aborted.is_some() {
            return Ok(());
        }
        let load = step_of(self.args, self.aim, self.tick, connections)?;
        let mut nobody = Nobody;
        let mut abort = Abort::new(&self.aim.slos, &load, &mut nobody);
        let broken = abort.wish();
        let ended = async {
            tokio::select! {
                () = interrupted() => {}
                () = broken.notified() => {}
            }
        };
        let measured = self.crew.run(&load, self.server.as_mut(), &mut abort, ended).await?;
        self.aborted = abort.aborted();
        let step = seen(&load, &measured, direction);
        if !self.args.target.outputs.is_json() {
            summary::say(&summary::of_step(&step));
        }
        self.steps.push(step);
        self.sum.add(measured);
        Ok(())
    }

    /// Both ways together: a step is one number of connections.
    fn points(&self) -> Vec<Point> {
        points(&self.steps)
    }

    fn run(self, mut beside: Beside) -> Run {
        let points = self.points();
        beside.alone_p50_us = alone_us(&self.steps);
        beside.aborted = self.aborted;
        let stage = |step: &Step| Stage {
            rate: None,
            from_rate: None,
            connections: step.connections,
            seconds: self.args.step_time.as_secs_f64(),
        };
        let stages = self.steps.iter().map(stage).collect();
        let plan = told(self.aim, &self.top, stages);
        let mut run = assemble::run(&self.top, plan, &self.aim.slos, self.sum, &beside);
        run.knee = knee::hinge(&points, self.args.target.seed).ok();
        run.ladder = Some(self.steps);
        run.judgement = verdict::judge(&judged_at_the_top(&run, &points));
        run
    }
}

/// A step; of one of several processes, its part of it.
fn step_of(
    args: &LadderArgs,
    aim: &Aim,
    tick: Duration,
    connections: u32,
) -> Result<Load, Refusal> {
    let length = args.step_time;
    let mut load = aim.closed(&args.target, connections, u64::MAX, length)?;
    load.tick = tick;
    // In whole ticks.
    let ticks = length.as_millis() / tick.as_millis();
    load.warm_up = tick * u32::try_from(ticks / 3).unwrap_or(0);
    Ok(load)
}

/// The steps as points of a knee: those of one number of connections together.
pub(crate) fn points(steps: &[Step]) -> Vec<Point> {
    let mut points: Vec<Point> = Vec::new();
    for step in steps {
        let concurrency = f64::from(step.connections);
        match points.iter_mut().find(|point| point.concurrency.total_cmp(&concurrency).is_eq()) {
            Some(point) => point.batches.extend_from_slice(&step.throughput_batches),
            None => points.push(Point { concurrency, batches: step.throughput_batches.clone() }),
        }
    }
    points.sort_by(|one, other| one.concurrency.total_cmp(&other.concurrency));
    points
}

/// The median of one connection alone.
fn alone_us(steps: &[Step]) -> Option<u64> {
    let alone = steps.iter().filter(|step| step.connections == 1);
    alone.map(|step| step.response_us[0]).find(|&us| us > 0)
}

/// Who was at the limit is asked of the first step beyond the knee: below it nothing is, and far above it much may be.
fn judged_at_the_top(run: &Run, points: &[Point]) -> verdict::Evidence {
    let mut evidence = evidence::of(run);
    let knee = run.knee.map_or(f64::INFINITY, |knee| knee.at);
    let beyond = points.iter().position(|point| point.concurrency >= knee * knee::PLATEAU_FROM);
    let top = beyond.unwrap_or(points.len().saturating_sub(1));
    let mean =
        |point: &Point| point.batches.iter().sum::<f64>() / number(point.batches.len() as u64);
    if let (Some(point), Some(below)) =
        (points.get(top), top.checked_sub(1).and_then(|at| points.get(at)))
    {
        evidence.growth = Some(Growth {
            connections: point.concurrency / below.concurrency,
            throughput: mean(point) / mean(below),
        });
        let at_top = run
            .ladder
            .iter()
            .flatten()
            .filter(|step| f64::from(step.connections).total_cmp(&point.concurrency).is_eq());
        evidence::narrow(&mut evidence, &at_top.collect::<Vec<_>>(), f64::from(run.plan.streams));
    }
    evidence
}

fn seen(load: &Load, measured: &Measured, direction: Direction) -> Step {
    let warm_up_s = load.warm_up.as_secs_f64() + load.tick.as_secs_f64() / 2.0;
    let ticks: Vec<&Second> =
        measured.seconds.iter().filter(|second| second.at_s > warm_up_s).collect();
    let mut at_s = load.warm_up.as_secs_f64();
    let mut throughput_batches = Vec::new();
    for tick in &ticks {
        throughput_batches.push(assemble::per_second(tick.done, tick.at_s - at_s));
        at_s = tick.at_s;
    }
    let Tally { counts, response, .. } = &measured.total;
    Step {
        connections: load.connections,
        direction,
        throughput_batches,
        failed_rate: assemble::per_second(counts.failed, measured.measured_s),
        response_us: response.marks_us(),
        client: worst(&ticks),
        server: mean(&ticks),
    }
}

/// Each figure at its worst, but for those that are of the whole.
fn worst(ticks: &[&Second]) -> Health {
    let mut worst = Health::default();
    for tick in ticks {
        let Health {
            cpu_of_process,
            run_queue_wait,
            psi_some_avg10,
            steal,
            machine_busy,
            throttled,
            involuntary_switches,
            watchdog_gap_ms,
            loop_lag_ms,
            slip_p99_us,
            open_files,
        } = tick.client;
        let share = 1.0 / number(ticks.len() as u64);
        worst.cpu_of_process += cpu_of_process * share;
        worst.run_queue_wait += run_queue_wait * share;
        worst.steal += steal * share;
        worst.machine_busy += machine_busy * share;
        worst.throttled += throttled * share;
        worst.involuntary_switches += involuntary_switches;
        worst.psi_some_avg10 = worst.psi_some_avg10.max(psi_some_avg10);
        worst.watchdog_gap_ms = worst.watchdog_gap_ms.max(watchdog_gap_ms);
        worst.loop_lag_ms = worst.loop_lag_ms.max(loop_lag_ms);
        worst.slip_p99_us = worst.slip_p99_us.max(slip_p99_us);
        worst.open_files = worst.open_files.max(open_files);
    }
    worst
}

fn mean(ticks: &[&Second]) -> Option<ServerHealth> {
    let seen: Vec<ServerHealth> = ticks.iter().filter_map(|tick| tick.server).collect();
    let last = *seen.last()?;
    let share = 1.0 / number(seen.len() as u64);
    let waits = seen.iter().filter_map(|server| server.longest_wait);
    let longest_wait = last.longest_wait.map(|_| waits.map(|wait| wait * share).sum());
    let cpu = seen.iter().map(|server| server.cpu * share).sum();
    Some(ServerHealth { cpu, longest_wait, ..last })
}

#[cfg(test)]
mod tests;
