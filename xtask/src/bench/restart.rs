//! How long until a server with a million messages is ready again: after a stop, after a kill, and
//! with its views deleted.
//!
//! The messages go in through the door, as everyone's do. Before each stop and each kill there is
//! traffic, so that there is a tail to replay. The page cache is warm: this is the restart of a
//! process, not of a machine.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use serde_json::json;

use super::BenchArgs;
use super::figure::{Report, median};
use super::machine;
use super::pace::{self, Load};
use super::server::Server;
use super::workshop::Workshop;

/// From the checkpoint, with a million messages.
const READY_SECONDS_MAX: f64 = 1.0;

/// From the checkpoint, with ten millions.
const READY_SECONDS_MAX_OF_TEN: f64 = 2.0;

/// With views deleted.
const REBUILT_SECONDS_MAX: f64 = 60.0;

/// Messages a second while filling: more than a busy machine takes; then what may be in flight
/// bounds it.
const FILL_RATE: u64 = 25_000;

/// Of each connection: together half of what the server lets wait for its journal.
const FILL_IN_FLIGHT: u64 = 256;

/// How often filling may fall short (the server refuses when its view is behind) and go on.
const FILLS_MAX: u32 = 10;

/// Traffic before a stop or a kill.
const TRAFFIC: Duration = Duration::from_secs(3);

/// How a life ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Stop,
    Kill,
    StopAndDeleteViews,
}

pub(super) fn run(workshop: &Workshop, args: &BenchArgs, report: &mut Report) -> Result<()> {
    let millions = args.millions.unwrap_or(1);
    let (messages, conversations, runs) =
        if args.quick { (40_000, 1_000, 1) } else { (u64::from(millions) * 1_000_000, 10_000, 3) };
    let most = match millions {
        1 => Some(READY_SECONDS_MAX),
        10 => Some(READY_SECONDS_MAX_OF_TEN),
        _ => None,
    };
    let began = Instant::now();
    let mut server = Server::start(workshop)?;
    let count = fill(workshop, &server, messages, conversations, report)?;
    let seconds = began.elapsed().as_secs_f64();
    report.say(&format!("{count:.0} messages went in within {seconds:.0} s"));
    let traffic = Load::steady(10_000, 60, conversations);
    let rebuilt = (millions == 1).then_some(REBUILT_SECONDS_MAX);
    let ends = [
        (End::Stop, "after_stop", most, "after SIGTERM in traffic"),
        (End::Kill, "after_kill", most, "after kill -9 in traffic"),
        (End::StopAndDeleteViews, "views_deleted", rebuilt, "the journal read whole"),
    ];
    for (end, name, most, note) in ends {
        let (mut took, mut spent) = (Vec::new(), Vec::new());
        for number in 1..=runs {
            let (next, ended) = end_and_start(workshop, server, traffic, end)?;
            server = next;
            let metrics = server.metrics()?;
            let owner = metrics.get("hubbub_owner_ready_seconds");
            let whole = server.ready_after.as_secs_f64();
            let cpu = machine::cpu_seconds(server.id())?;
            report.say(&format!(
                "{name} {number}: owner ready after {owner:.3} s, /readyz after {whole:.3} s, \
                 {cpu:.2} s of CPU (ending took {ended:.3} s)"
            ));
            report.detail(json!({
                "end": name, "owner_ready_seconds": owner, "readyz_seconds": whole,
                "cpu_seconds": cpu, "ending_seconds": ended, "metrics": metrics.0,
            }));
            took.push(owner);
            spent.push(cpu);
        }
        let note = format!("median of {runs}; {count:.0} messages, {note}; page cache warm");
        report.figure(name, (median(&took), "s"), most, note);
        let note = "CPU of the server until ready: hardly moves with the machine's load";
        report.figure(&format!("{name}_cpu"), (median(&spent), "s"), None, note);
    }
    server.stop()?;
    Ok(())
}

/// Sends until the journal has so many.
fn fill(
    workshop: &Workshop,
    server: &Server,
    messages: u64,
    conversations: u64,
    report: &Report,
) -> Result<f64> {
    let goal = f64::from(u32::try_from(messages)?);
    for _ in 0..FILLS_MAX {
        let there = server.metrics()?.get("hubbub_journal_records_total");
        if there >= goal {
            server.wait_views()?;
            return Ok(there);
        }
        let rest = (goal - there) / f64::from(u32::try_from(FILL_RATE)?);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "seconds, a few, not negative"
        )]
        let seconds = rest.ceil() as u64;
        let load = Load {
            conversations,
            in_flight: FILL_IN_FLIGHT,
            grace_seconds: 600,
            ..Load::steady(FILL_RATE, seconds, conversations)
        };
        let total = load.measure(workshop, server)?;
        let rate = pace::number(&total, "/totals/achieved_rate")?;
        report.say(&format!("filling: {} acknowledged at {rate:.0}/s", total["totals"]["done"]));
        if let Some(complaint) = pace::complaint(&total) {
            report.say(&complaint);
        }
    }
    let there = server.metrics()?.get("hubbub_journal_records_total");
    ensure!(there >= goal, "only {there} of {messages} messages went in after {FILLS_MAX} tries");
    server.wait_views()?;
    Ok(there)
}

/// One life ends under traffic, the next begins. How long the ending took, in seconds.
fn end_and_start(
    workshop: &Workshop,
    server: Server,
    traffic: Load,
    end: End,
) -> Result<(Server, f64)> {
    let mut talking = traffic.start(workshop, &server)?;
    std::thread::sleep(TRAFFIC);
    ensure!(talking.ended()?.is_none(), "`hubbub load run` ended too early: see load.log");
    let began = Instant::now();
    match end {
        End::Kill => server.kill()?,
        End::Stop | End::StopAndDeleteViews => {
            server.stop()?;
        }
    }
    let ended = began.elapsed().as_secs_f64();
    talking.kill()?;
    if end == End::StopAndDeleteViews {
        let views = workshop.data().join("views");
        std::fs::remove_dir_all(&views).with_context(|| views.display().to_string())?;
    }
    Ok((Server::start(workshop)?, ended))
}
