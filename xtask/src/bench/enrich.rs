//! Every message through the NLP service: how many have its answer in time, how late the others are, and what it costs.
//!
//! The service is `hubbub nlp --no-models` on the same machine, its latency lognormal around 200 ms, and in each case but
//! the first it has a fault. Times are the server's own histograms, from a message's arrival.

use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use clap::ValueEnum;
use serde_json::json;

use super::BenchArgs;
use super::figure::Report;
use super::machine;
use super::pace::{self, Load};
use super::server::{Metrics, Server};
use super::workshop::Workshop;

/// Messages a second, unless another rate is asked for.
const RATE: u64 = 10_000;
const CONVERSATIONS: u64 = 1_000;

/// What is promised of an arrival until the row counts it.
const VISIBLE_MS: f64 = 400.0;

/// How long until everything that was degraded is full, at most.
const MENDED_WITHIN: Duration = Duration::from_secs(600);
const LOOK: Duration = Duration::from_millis(500);

/// A stall begins so long after the load, and is forgotten when the 95th percentile is back under this many times what
/// it was.
const STALL_AT: Duration = Duration::from_secs(15);
const STALL: Duration = Duration::from_secs(2);
const FORGOTTEN: f64 = 1.2;

/// What the service is told to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum CaseName {
    /// Nothing but its latency.
    Calm,
    /// One call in twenty fails, after its latency.
    Failing,
    /// Its latency is spread twice as much.
    Spread,
    /// It stands still for two seconds.
    Stall,
    /// It is gone for a minute.
    Outage,
    /// All calls fail.
    Dead,
}

impl CaseName {
    fn text(self) -> &'static str {
        match self {
            Self::Calm => "calm",
            Self::Failing => "failing",
            Self::Spread => "spread",
            Self::Stall => "stall",
            Self::Outage => "outage",
            Self::Dead => "dead",
        }
    }
}

/// What the service does.
struct Case {
    name: CaseName,
    faults: &'static str,
    /// Set when [`STALL_AT`] has passed.
    later: Option<&'static str>,
    /// Seconds of load.
    seconds: u64,
    /// What is promised of it besides.
    promises: &'static [Promise],
}

/// What a case promises: a figure, and at most how much.
#[derive(Clone, Copy)]
enum Promise {
    /// Results in time, in the row that counts them.
    Visible,
    /// Few guesses.
    Full,
    /// Second calls of live messages, in percent of the first.
    Extra,
    /// Calls of live messages, a message.
    Calls,
    /// Memory of the server.
    Memory,
    /// How long after a stall the latency is as before.
    Forgotten,
}

const CASES: [Case; 6] = [
    Case {
        name: CaseName::Calm,
        faults: "{}",
        later: None,
        seconds: 60,
        promises: &[Promise::Visible, Promise::Full],
    },
    Case {
        name: CaseName::Failing,
        faults: r#"{"fail_slow_share": 0.05}"#,
        later: None,
        seconds: 60,
        promises: &[Promise::Visible, Promise::Extra],
    },
    Case {
        name: CaseName::Spread,
        faults: r#"{"latency": {"distribution": "lognormal", "mean_ms": 200, "sigma": 0.5}}"#,
        later: None,
        seconds: 60,
        promises: &[Promise::Visible, Promise::Extra],
    },
    Case {
        name: CaseName::Stall,
        faults: "{}",
        later: Some(r#"{"stall": {"for_ms": 2000}}"#),
        seconds: 40,
        promises: &[Promise::Forgotten],
    },
    Case {
        name: CaseName::Outage,
        faults: r#"{"outages": [{"from_ms": 5000, "for_ms": 60000}]}"#,
        later: None,
        seconds: 90,
        promises: &[Promise::Memory],
    },
    Case {
        name: CaseName::Dead,
        faults: r#"{"fail_fast_share": 1.0}"#,
        later: None,
        seconds: 30,
        promises: &[Promise::Calls],
    },
];

/// Texts that may be asked about at once: half as many again as the service holds, or what is the default.
fn in_flight(rate: u64) -> u64 {
    (rate * 3 / 10).max(4_000)
}

pub(super) fn run(workshop: &Workshop, args: &BenchArgs, report: &mut Report) -> Result<()> {
    let mut calm_ack_ms = None;
    let rate = args.rate.unwrap_or(if args.quick { RATE / 10 } else { RATE });
    let batch = args.batch.map(|texts| format!("--nlp-batch {texts}")).unwrap_or_default();
    let flags = format!("--nlp-in-flight {} {batch}", in_flight(rate));
    for case in CASES.iter().filter(|case| args.cases.is_empty() || args.cases.contains(&case.name))
    {
        let name = case.name.text();
        report.say(&format!("{name}: {} {}", case.faults, case.later.unwrap_or("")));
        workshop.clear()?;
        let server = Server::start_with(workshop, &flags)?;
        let longer = args.seconds.filter(|_| !args.cases.is_empty());
        let usual = if args.quick { case.seconds.min(20) } else { case.seconds };
        let load = Load::steady(rate, longer.unwrap_or(usual), CONVERSATIONS);
        let ack_ms = measure(workshop, &server, case, load, report).context(name)?;
        let figure = (ack_ms, "ms");
        report.figure(&format!("{name}_ack_p99"), figure, None, "acknowledged");
        if case.name == CaseName::Calm {
            calm_ack_ms = Some(ack_ms);
        } else if let Some(calm) = calm_ack_ms {
            let target = (case.name == CaseName::Outage).then_some(2.0);
            report.figure(&format!("{name}_ack"), (ack_ms / calm, "x"), target, "of the calm one");
        }
        server.stop()?;
    }
    Ok(())
}

/// What was seen of the server before, after, and meanwhile.
struct Watched {
    before: Metrics,
    after: Metrics,
    /// The 95th percentile of each [`LOOK`], in ms, and when it ended.
    p95_ms: Vec<(Duration, f64)>,
    mended: Duration,
    peak_bytes: u64,
    cpu_s: f64,
    received: f64,
}

/// Gives the 99th percentile of acknowledgements in ms.
fn measure(
    workshop: &Workshop,
    server: &Server,
    case: &Case,
    load: Load,
    report: &mut Report,
) -> Result<f64> {
    // The limit of calls finds its way first: what a start costs is not what is promised.
    Load::steady(load.rate, 5, CONVERSATIONS).measure(workshop, server)?;
    mended(server)?;
    server.put_faults(case.faults)?;
    let before = server.metrics()?;
    let cpu_before = machine::cpu_seconds(server.id())?;
    let (mut seen, mut p95_ms, mut later) = (before.clone(), Vec::new(), case.later);
    let began = Instant::now();
    let run = load.run(workshop, server, LOOK, || {
        let now = server.metrics()?;
        p95_ms.push((began.elapsed(), percentile_ms(&seen, &now, DURABLE, 0.95)));
        seen = now;
        if began.elapsed() >= STALL_AT
            && let Some(faults) = later.take()
        {
            server.put_faults(faults)?;
        }
        Ok(())
    })?;
    let cpu_s = machine::cpu_seconds(server.id())? - cpu_before;
    if let Some(complaint) = pace::complaint(&run) {
        report.say(&complaint);
    }
    server.put_faults("{}")?;
    let mended = mended(server)?;
    let after = server.metrics()?;
    let received = "hubbub_enrich_received_total";
    let received = (after.get(received) - before.get(received)).max(1.0);
    let peak_bytes = machine::peak_memory_bytes(server.id())?;
    let watched = Watched { before, after, p95_ms, mended, peak_bytes, cpu_s, received };
    watched.tell(case, report);
    report.detail(
        json!({ "case": case.name.text(), "faults": case.faults, "run": pace::told(&run) }),
    );
    pace::ms(&run, "/percentiles/response/p99_us")
}

const DURABLE: &str = "hubbub_enrich_durable_seconds";
const SEEN: &str = "hubbub_enrich_visible_seconds";

impl Watched {
    fn since(&self, name: &str) -> f64 {
        self.after.get(&format!("hubbub_enrich_{name}"))
            - self.before.get(&format!("hubbub_enrich_{name}"))
    }

    fn tell(&self, case: &Case, report: &mut Report) {
        let mut figure =
            |name: &str, value: (f64, &'static str), most: Option<f64>, what: &'static str| {
                report.figure(&format!("{}_{name}", case.name.text()), value, most, what);
            };
        let promised = |promise: Promise, most: f64| {
            let is_so =
                |of: &Promise| std::mem::discriminant(of) == std::mem::discriminant(&promise);
            case.promises.iter().any(is_so).then_some(most)
        };
        let p99 = |series| percentile_ms(&self.before, &self.after, series, 0.99);
        figure("durable_p99", (p99(DURABLE), "ms"), None, "upper bound of its bucket");
        let visible = promised(Promise::Visible, VISIBLE_MS);
        figure("visible_p99", (p99(SEEN), "ms"), visible, "upper bound of its bucket");
        let guessed = self.since("guessed_total") / self.received * 100.0;
        figure("guessed", (guessed, "%"), promised(Promise::Full, 1.0), "had a guess first");
        let second = self.since("hedges_total") + self.since("retries_total");
        let first = self.since("calls_total");
        let extra = second / first.max(1.0) * 100.0;
        figure("extra_calls", (extra, "%"), promised(Promise::Extra, 11.0), "of live messages");
        let calls = (first + second) / self.received;
        figure(
            "live_calls",
            (calls, "/message"),
            promised(Promise::Calls, 1.1),
            "while they are live",
        );
        let again = self.since("again_total") / self.received;
        figure("again_calls", (again, "/message"), None, "later, at their own rate");
        figure(
            "mended",
            (self.mended.as_secs_f64(), "s"),
            None,
            "from the end of the load until all are full",
        );
        let error = self.after.get("hubbub_enrich_conservation_error").abs()
            + (self.received - self.since("full")).abs();
        figure("not_full", (error, ""), Some(0.0), "received, less full, in the end");
        figure(
            "server_cpu",
            (self.cpu_s / self.received * 1e6, "us"),
            None,
            "a message, all in all",
        );
        let memory = self.peak_bytes as f64 / 1e6;
        figure("memory", (memory, "MB"), promised(Promise::Memory, 250.0), "of the server at most");
        if case.later.is_some() {
            let forgotten = forgotten_after_s(&self.p95_ms);
            let most = promised(Promise::Forgotten, 3.0);
            figure("forgotten", (forgotten, "s"), most, "after its end p95 is as before");
        }
    }
}

/// How long after the end of the stall the last window was whose 95th percentile was too high.
fn forgotten_after_s(p95_ms: &[(Duration, f64)]) -> f64 {
    let mut calm: Vec<f64> =
        p95_ms.iter().filter(|(at, _)| *at < STALL_AT).map(|(_, p95)| *p95).collect();
    calm.sort_by(f64::total_cmp);
    let Some(usual) = calm.get(calm.len() / 2) else { return f64::NAN };
    let high = p95_ms.iter().filter(|(at, p95)| *at > STALL_AT && *p95 > usual * FORGOTTEN);
    let last = high.map(|(at, _)| *at).max().unwrap_or_default();
    last.saturating_sub(STALL_AT + STALL).as_secs_f64()
}

/// Waits until every message has the service's answer; how long that took.
pub(super) fn mended(server: &Server) -> Result<Duration> {
    let began = Instant::now();
    loop {
        let now = server.metrics()?;
        let open = ["degraded", "pending", "behind_batches"]
            .map(|name| now.get(&format!("hubbub_enrich_{name}")));
        if open.iter().sum::<f64>() == 0.0 {
            return Ok(began.elapsed());
        }
        anyhow::ensure!(
            began.elapsed() < MENDED_WITHIN,
            "still degraded, pending, behind: {open:?}"
        );
        std::thread::sleep(LOOK);
    }
}

/// The bound of the first bucket that has this share of all below it, in ms; infinite above the last.
pub(super) fn percentile_ms(before: &Metrics, after: &Metrics, name: &str, share: f64) -> f64 {
    let of = |series: &str| after.get(series) - before.get(series);
    let all = of(&format!("{name}_count"));
    let prefix = format!("{name}_bucket{{le=\"");
    let buckets = after.0.keys().filter_map(|series| {
        let bound = series.strip_prefix(&prefix)?.strip_suffix("\"}")?;
        Some((bound.parse::<f64>().ok()?, of(series)))
    });
    let enough = buckets.filter(|(_, count)| *count >= share * all);
    enough.map(|(bound, _)| bound * 1e3).fold(f64::INFINITY, f64::min)
}

#[test]
fn a_percentile_is_the_bound_of_its_bucket() {
    let metrics = |counts: [f64; 3]| {
        let series = |le: &str| format!("t_bucket{{le=\"{le}\"}}");
        Metrics(
            [("0.3", counts[0]), ("0.4", counts[1]), ("+Inf", counts[2])]
                .into_iter()
                .map(|(le, count)| (series(le), count))
                .chain([("t_count".to_owned(), counts[2])])
                .collect(),
        )
    };
    let before = metrics([100.0, 100.0, 100.0]);
    let p99 = |now| percentile_ms(&before, &metrics(now), "t", 0.99);
    assert_eq!(p99([199.0, 200.0, 200.0]), 300.0);
    assert_eq!(p99([190.0, 199.0, 200.0]), 400.0);
    assert_eq!(p99([100.0, 100.0, 200.0]), f64::INFINITY);
}

#[test]
fn a_stall_is_forgotten_after_the_last_window_that_was_slow() {
    let at = |s: u64, p95| (Duration::from_secs(s), p95);
    let windows = [at(5, 300.0), at(10, 310.0), at(16, 2_000.0), at(19, 373.0), at(20, 372.0)];
    assert_eq!(forgotten_after_s(&windows), 2.0);
    assert_eq!(forgotten_after_s(&windows[..2]), 0.0);
}
