//! How long until a message is acknowledged, at 10,000 a second; and what that costs the server.
//!
//! An acknowledgement waits for at most one commit window (2 ms), one sync that is under way, and
//! its own; the rest is the server's. So it is held against the sync alone, measured on the same
//! disk just before and just after each run.

use std::time::{Duration, Instant};

use anyhow::Result;
use serde_json::{Value, json};

use super::figure::{Report, median};
use super::machine;
use super::pace::{self, Load};
use super::raw_disk::{self, quantile};
use super::server::Server;
use super::workshop::Workshop;

/// Messages a second.
const RATE: u64 = 10_000;

/// Conversations they are said in: the more, the more there is to touch for as many messages.
const CONVERSATIONS: [u64; 2] = [100, 1_000];

/// What the server may add to one sync.
const ALLOWANCE_MS: f64 = 7.0;

/// Of one processor.
const SERVER_CORES_MAX: f64 = 0.3;

/// One run.
#[derive(Debug)]
struct Run {
    raw_p99: f64,
    raw_p50: f64,
    server_cores: f64,
    nlp_cores: f64,
    total: Value,
}

pub(super) fn run(workshop: &Workshop, is_quick: bool, report: &mut Report) -> Result<()> {
    let (count, seconds, raw) = if is_quick { (1, 3, 500) } else { (5, 20, 2_000) };
    for conversations in CONVERSATIONS {
        let load = Load::steady(RATE, seconds, conversations);
        report.say(&format!("{conversations} conversations:"));
        let runs = measure_all(workshop, load, (count, raw), report)?;
        figures(&runs, (conversations, workshop.has_nlp), report)?;
    }
    Ok(())
}

fn measure_all(
    workshop: &Workshop,
    load: Load,
    (count, raw): (usize, u64),
    report: &mut Report,
) -> Result<Vec<Run>> {
    report.detail(json!({ "load": load.to_json(), "nlp": workshop.has_nlp }));
    let mut runs = Vec::new();
    for number in 1..=count {
        let (one, metrics) = measure(workshop, load, Duration::from_millis(raw))?;
        report.say(&one.line(number)?);
        if let Some(complaint) = pace::complaint(&one.total) {
            report.say(&complaint);
        }
        report.detail(one.to_json(&metrics));
        runs.push(one);
    }
    Ok(runs)
}

fn measure(workshop: &Workshop, load: Load, raw: Duration) -> Result<(Run, Value)> {
    workshop.clear()?;
    let mut syncs = raw_disk::measure(workshop.folder(), raw)?;
    let server = Server::start(workshop)?;
    let cpu = |pid: Option<u32>| pid.map_or(Ok(0.0), machine::cpu_seconds);
    let before = (cpu(Some(server.id()))?, cpu(server.nlp_id())?, Instant::now());
    let total = load.measure(workshop, &server)?;
    let elapsed = before.2.elapsed().as_secs_f64();
    let server_cores = (cpu(Some(server.id()))? - before.0) / elapsed;
    let nlp_cores = (cpu(server.nlp_id())? - before.1) / elapsed;
    let metrics = json!(server.metrics()?.0);
    server.stop()?;
    syncs.extend(raw_disk::measure(workshop.folder(), raw)?);
    let (raw_p50, raw_p99) = (quantile(&syncs, 0.5), quantile(&syncs, 0.99));
    Ok((Run { raw_p99, raw_p50, server_cores, nlp_cores, total }, metrics))
}

fn figures(runs: &[Run], (conversations, has_nlp): (u64, bool), report: &mut Report) -> Result<()> {
    let mut figure = |name: &str, value, target, note: &str| {
        report.figure(&format!("{name}_in_{conversations}"), value, target, note);
    };
    let of = |pointer: &str| -> Result<f64> {
        let values: Result<Vec<f64>> =
            runs.iter().map(|run| pace::number(&run.total, pointer)).collect();
        Ok(median(&values?))
    };
    let by = |get: fn(&Run) -> f64| median(&runs.iter().map(get).collect::<Vec<_>>());
    let raw = by(|run| run.raw_p99);
    let ack = of("/percentiles/response/p99_us")? / 1e3;
    let count = runs.len();
    let note =
        format!("median of {count}; raw write+fdatasync p99 {raw:.2} ms + {ALLOWANCE_MS} ms");
    figure("p99_from_due", (ack, "ms"), Some(raw + ALLOWANCE_MS), &note);
    let sent = of("/percentiles/service/p99_us")? / 1e3;
    figure("p99_from_sent", (sent, "ms"), None, "without the sender's own lateness");
    figure("p99_ratio", (ack / raw, "x"), None, "p99 from due / raw p99");
    figure("p50_from_due", (of("/percentiles/response/p50_us")? / 1e3, "ms"), None, "");
    let slip = of("/percentiles/slip/p99_us")? / 1e3;
    figure("slip_p99", (slip, "ms"), None, "the sender: noticed − due");
    figure("raw_p99", (raw, "ms"), None, "");
    let rate = of("/totals/achieved_rate")?;
    figure("acknowledged", (rate, "/s"), None, &format!("{RATE}/s were due"));
    let note = if has_nlp { "enrichment on" } else { "enrichment off" }.to_owned();
    let cores = by(|run| run.server_cores);
    figure("server_cpu", (cores, "core"), Some(SERVER_CORES_MAX), &note);
    figure("server_cpu_per_message", (cores / rate * 1e6, "us"), None, &note);
    if has_nlp {
        figure("nlp_cpu", (by(|run| run.nlp_cores), "core"), None, "hubbub nlp");
    }
    Ok(())
}

impl Run {
    fn line(&self, number: usize) -> Result<String> {
        Ok(format!(
            "run {number}: {:.0}/s, p99 from due {:.2} ms, from sent {:.2}, slip {:.2}, raw {:.2}; \
             server {:.2} core; load {:.1}",
            pace::number(&self.total, "/totals/achieved_rate")?,
            pace::ms(&self.total, "/percentiles/response/p99_us")?,
            pace::ms(&self.total, "/percentiles/service/p99_us")?,
            pace::ms(&self.total, "/percentiles/slip/p99_us")?,
            self.raw_p99,
            self.server_cores,
            machine::load()
        ))
    }

    fn to_json(&self, metrics: &Value) -> Value {
        json!({
            "raw_ms": { "p50": self.raw_p50, "p99": self.raw_p99 },
            "server_cores": self.server_cores,
            "nlp_cores": self.nlp_cores,
            "run": pace::told(&self.total),
            "metrics": metrics,
            "load": machine::load(),
        })
    }
}
