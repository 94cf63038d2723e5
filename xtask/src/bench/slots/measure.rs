//! One run of clients against the service, and what it shows of both.
//!
//! Throughput and where requests are come from the service's own counters over one window, latencies from the clients,
//! CPU and memory from the kernel. While clients are there, `Σ stages = requests answered × time of one` is Little's law,
//! and it is checked rather than believed.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use super::profile;
use super::running::Running;
use super::trace::{Probes, Trace};
use super::{Clients, Extent, LIMIT_MIB};
use crate::bench::process::{Output, Process};
use crate::bench::server::Metrics;
use crate::bench::workshop::Workshop;
use crate::bench::{machine, pace};

/// How often the memory is looked at.
const LOOK: Duration = Duration::from_millis(50);
/// How long clients wait, and how much longer than told their process may take.
const PATIENCE_S: u64 = 30;
/// Before the clients end, the window does.
const MARGIN: Duration = Duration::from_millis(500);
/// Seconds of `perf record`.
const RECORDED_S: u64 = 3;
/// The stages, as the metrics name them.
const STAGES: [&str; 3] = ["door", "pool", "call"];

/// What a run has shown.
#[derive(Debug, Clone, Default)]
pub(super) struct Measured {
    pub(super) per_second: f64,
    pub(super) failed: f64,
    pub(super) p50_ms: f64,
    pub(super) p99_ms: f64,
    /// Most of the window, or when it was killed.
    pub(super) memory_mib: f64,
    /// It held more than the limit.
    pub(super) is_killed: bool,
    pub(super) service_cores: f64,
    pub(super) outside_cores: f64,
    pub(super) clients_cores: f64,
    /// Requests in each stage on average: time spent there, over time.
    pub(super) inside: [f64; 3],
    /// A request's time in each stage on average, ms.
    pub(super) stage_ms: [f64; 3],
    pub(super) texts_per_call: f64,
    pub(super) trace: Option<Trace>,
    pub(super) threads: BTreeMap<String, usize>,
    pub(super) hot: Vec<(f64, String)>,
    /// Who was at the limit, as `hubbub load` judges.
    pub(super) verdict: String,
}

/// A moment of the window.
struct Moment {
    at: Instant,
    metrics: Metrics,
    cpu: [f64; 3],
}

/// Runs clients, and looks at the service meanwhile.
pub(super) fn measure(
    workshop: &Workshop,
    running: &mut Running,
    extent: Extent,
    clients: Clients,
) -> Result<Measured> {
    let mut load = start_clients(workshop, running, extent, clients)?;
    let began = Instant::now();
    let end = extent.warm_up + Duration::from_secs(extent.seconds) - MARGIN;
    let mut measured = Measured::default();
    let (mut first, mut last, mut probes) = (None, None, None);
    let mut recording = None;
    while load.wait(LOOK)?.is_none() {
        let memory_mib = look(running)?;
        if began.elapsed() >= extent.warm_up {
            measured.memory_mib = measured.memory_mib.max(memory_mib);
        }
        if memory_mib > LIMIT_MIB {
            running.service.kill()?;
            load.kill()?;
            return Ok(Measured { memory_mib, is_killed: true, ..Measured::default() });
        }
        if first.is_none() && began.elapsed() >= extent.warm_up {
            first = Some(moment(running, &load)?);
            probes = Some(Probes::send(running.address));
            let (pid, folder) = (running.service.id(), workshop.folder());
            recording = profile::record(&workshop.guardian, pid, RECORDED_S, folder);
            measured.threads = profile::threads(pid)?;
        } else if last.is_none() && began.elapsed() >= end {
            last = Some(moment(running, &load)?);
        }
        anyhow::ensure!(
            began.elapsed() < end + Duration::from_secs(3 * PATIENCE_S),
            "`hubbub load run` does not end"
        );
    }
    if let Some(mut recording) = recording {
        recording.wait(Duration::from_secs(PATIENCE_S))?;
        measured.hot = profile::hot(workshop.folder());
    }
    let (first, last) = first.zip(last).context("the clients ended before the window did")?;
    measured.trace = probes.and_then(Probes::middle);
    measured.between(&first, &last);
    measured.of_clients(workshop)?;
    Ok(measured)
}

fn start_clients(
    workshop: &Workshop,
    running: &Running,
    extent: Extent,
    clients: Clients,
) -> Result<Process> {
    let Extent { clients: count, rate, warm_up, seconds, .. } = extent;
    let (warm_up, file) = (warm_up.as_secs(), file(workshop));
    let mut line = format!(
        "load run http://{}/v1/analyze -c {count} -d {}s --warm-up {warm_up}s -T {PATIENCE_S}s --plain --no-probe \
         --server-pid {} -o {}",
        running.address,
        warm_up + seconds,
        running.service.id(),
        file.display(),
    );
    if clients == Clients::Open {
        line.push_str(&format!(" --rate {rate}"));
    }
    let mut arguments: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
    // Each text is another one.
    arguments.extend(["-b".to_owned(), r#"{"text":"message {{index}} of somebody"}"#.to_owned()]);
    let log = workshop.folder().join("load.log");
    Process::start(&workshop.guardian, &workshop.binary, &arguments, &log, &Output::Log)
}

fn file(workshop: &Workshop) -> PathBuf {
    workshop.folder().join("run.json")
}

/// Memory of the service in MiB.
fn look(running: &mut Running) -> Result<f64> {
    if let Some(status) = running.service.ended()? {
        bail!("the service ended with {status}");
    }
    let kib = machine::memory_bytes(running.service.id())? / 1024;
    Ok(f64::from(u32::try_from(kib).unwrap_or(u32::MAX)) / 1024.0)
}

fn moment(running: &Running, load: &Process) -> Result<Moment> {
    let cpu = |process: &Process| machine::cpu_seconds(process.id());
    Ok(Moment {
        at: Instant::now(),
        metrics: running.metrics()?,
        cpu: [cpu(&running.service)?, cpu(&running.outside)?, cpu(load)?],
    })
}

impl Measured {
    /// CPU of the service in µs a request.
    pub(super) fn cpu_us(&self) -> f64 {
        if self.per_second > 0.0 { self.service_cores / self.per_second * 1e6 } else { 0.0 }
    }

    /// Of the time that a handler has a request, the share in which it waits for HTTP, as it seems to who looks at it.
    pub(super) fn http_share(&self) -> f64 {
        let [_, pool, call] = self.inside;
        (pool + call) / self.inside.iter().sum::<f64>()
    }

    fn between(&mut self, first: &Moment, last: &Moment) {
        let seconds = last.at.duration_since(first.at).as_secs_f64();
        let since = |name: &str| last.metrics.get(name) - first.metrics.get(name);
        let answered = since("hubbub_lab_answered_total");
        self.per_second = answered / seconds;
        self.failed = since("hubbub_lab_failed_total");
        self.texts_per_call = answered / since("hubbub_lab_calls_total").max(1.0);
        for (at, stage) in STAGES.iter().enumerate() {
            let spent = since(&format!("hubbub_lab_stage_seconds_total{{stage=\"{stage}\"}}"));
            self.inside[at] = spent / seconds;
            self.stage_ms[at] = spent / answered.max(1.0) * 1e3;
        }
        let cores = |of: usize| (last.cpu[of] - first.cpu[of]) / seconds;
        self.service_cores = cores(0);
        self.outside_cores = cores(1);
        self.clients_cores = cores(2);
    }

    fn of_clients(&mut self, workshop: &Workshop) -> Result<()> {
        let Ok(text) = std::fs::read_to_string(file(workshop)) else {
            let log = std::fs::read_to_string(workshop.folder().join("load.log"))?;
            bail!("`hubbub load run` saved nothing; it said:\n{log}");
        };
        let run: Value = serde_json::from_str(&text)?;
        self.p50_ms = pace::ms(&run, "/percentiles/response/p50_us")?;
        self.p99_ms = pace::ms(&run, "/percentiles/response/p99_us")?;
        self.verdict = run["judgement"]["cause"].as_str().unwrap_or("?").replace('_', " ");
        Ok(())
    }

    pub(super) fn to_json(&self) -> Value {
        json!({
            "per_second": self.per_second,
            "failed": self.failed,
            "p50_ms": self.p50_ms,
            "p99_ms": self.p99_ms,
            "memory_mib": self.memory_mib,
            "is_killed": self.is_killed,
            "cores": { "service": self.service_cores, "outside": self.outside_cores, "clients": self.clients_cores },
            "inside": { "door": self.inside[0], "pool": self.inside[1], "call": self.inside[2] },
            "texts_per_call": self.texts_per_call,
            "threads": self.threads,
            "verdict": self.verdict,
        })
    }
}

impl fmt::Display for Measured {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_killed {
            return write!(f, "killed at {:.0} MiB", self.memory_mib);
        }
        let [door, pool, call] = self.inside;
        write!(
            f,
            "{:.0}/s, p50 {:.0} ms, p99 {:.0} ms, {:.0} MiB, {:.2} cores, {door:.0} at the door, {pool:.0} in the pool, \
             {call:.0} in calls ({})",
            self.per_second,
            self.p50_ms,
            self.p99_ms,
            self.memory_mib,
            self.service_cores,
            self.verdict
        )
    }
}

#[test]
fn what_is_inside_is_time_spent_over_time() {
    let moment = |at, answered: f64, calls: f64, spent: [f64; 3]| {
        let stages = STAGES.iter().zip(spent);
        let stages = stages.map(|(stage, spent)| {
            (format!("hubbub_lab_stage_seconds_total{{stage=\"{stage}\"}}"), spent)
        });
        let counters = [
            ("hubbub_lab_answered_total".to_owned(), answered),
            ("hubbub_lab_calls_total".to_owned(), calls),
        ];
        Moment { at, metrics: Metrics(stages.chain(counters).collect()), cpu: [answered / 1e4; 3] }
    };
    let begin = Instant::now();
    let mut measured = Measured::default();
    let first = moment(begin, 0.0, 0.0, [0.0; 3]);
    // 5,000 a second for two seconds: 0.6 s at the door, 2.2 s in the pool, 0.2 s in the call each.
    let last = moment(begin + Duration::from_secs(2), 1e4, 1e4, [6e3, 2.2e4, 2e3]);
    measured.between(&first, &last);
    assert_eq!(measured.inside.map(f64::round), [3_000.0, 11_000.0, 1_000.0]);
    assert_eq!(measured.stage_ms.map(f64::round), [600.0, 2_200.0, 200.0]);
    assert_eq!((measured.per_second, measured.texts_per_call), (5_000.0, 1.0));
    assert!((measured.http_share() - 0.8).abs() < 1e-9 && (measured.cpu_us() - 100.0).abs() < 1e-9);
}
