//! Every message through the NLP service: how many have its answer in time, how late the others are, and what it costs.
//!
//! The service is `hubbub nlp --no-models` on the same machine, its latency lognormal around 200 ms, and in each case but
//! the first it has a fault. Times are the server's own histograms, from a message's arrival.

use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use serde_json::json;

use super::figure::Report;
use super::machine;
use super::pace::{self, Load};
use super::server::{Metrics, Server};
use super::workshop::Workshop;

/// Messages a second.
const RATE: u64 = 10_000;
const CONVERSATIONS: u64 = 1_000;

/// What is promised of an arrival until the row counts it.
const VISIBLE_MS: f64 = 400.0;

/// How long until everything that was degraded is full, at most.
const MENDED_WITHIN: Duration = Duration::from_secs(300);
const LOOK: Duration = Duration::from_millis(500);

/// What the service does.
struct Case {
    name: &'static str,
    faults: &'static str,
}

const CASES: [Case; 4] = [
    Case { name: "calm", faults: "{}" },
    Case { name: "failing", faults: r#"{"fail_slow_share": 0.05}"# },
    Case {
        name: "spread",
        faults: r#"{"latency": {"distribution": "lognormal", "mean_ms": 200, "sigma": 0.5}}"#,
    },
    Case { name: "outage", faults: r#"{"outages": [{"from_ms": 5000, "for_ms": 10000}]}"# },
];

pub(super) fn run(workshop: &Workshop, is_quick: bool, report: &mut Report) -> Result<()> {
    let (rate, seconds) = if is_quick { (RATE / 10, 5) } else { (RATE, 60) };
    for case in &CASES {
        report.say(&format!("{}: {}", case.name, case.faults));
        workshop.clear()?;
        let server = Server::start(workshop)?;
        measure(workshop, &server, case, Load::steady(rate, seconds, CONVERSATIONS), report)
            .with_context(|| case.name)?;
        server.stop()?;
    }
    Ok(())
}

fn measure(
    workshop: &Workshop,
    server: &Server,
    case: &Case,
    load: Load,
    report: &mut Report,
) -> Result<()> {
    // The limit of calls finds its way first: what a start costs is not what is promised.
    Load::steady(load.rate / 2, 5, CONVERSATIONS).measure(workshop, server)?;
    mended(server)?;
    server.put_faults(case.faults)?;
    let before = server.metrics()?;
    let cpu_before = machine::cpu_seconds(server.id())?;
    let run = load.measure(workshop, server)?;
    let cpu = machine::cpu_seconds(server.id())? - cpu_before;
    if let Some(complaint) = pace::complaint(&run) {
        report.say(&complaint);
    }
    server.put_faults("{}")?;
    let took = mended(server)?;
    let after = server.metrics()?;
    let since = |name: &str| after.get(name) - before.get(name);
    let received = since("hubbub_enrich_received_total").max(1.0);
    let name = |figure: &str| format!("{}_{figure}", case.name);
    for (figure, series) in [
        ("durable_p99", "hubbub_enrich_durable_seconds"),
        ("visible_p99", "hubbub_enrich_visible_seconds"),
    ] {
        let ms = percentile_ms(&before, &after, series, 0.99);
        let target = (figure == "visible_p99").then_some(VISIBLE_MS);
        report.figure(&name(figure), (ms, "ms"), target, "upper bound of its bucket");
    }
    let guessed = since("hubbub_enrich_guessed_total") / received;
    report.figure(&name("guessed"), (guessed * 100.0, "%"), None, "had a guess first");
    let extra = since("hubbub_enrich_hedges_total") + since("hubbub_enrich_retries_total");
    let calls = since("hubbub_enrich_calls_total").max(1.0);
    report.figure(&name("extra_calls"), (extra / calls * 100.0, "%"), Some(11.0), "live");
    report.figure(&name("mended"), (took.as_secs_f64(), "s"), None, "until all were full");
    let error = after.get("hubbub_enrich_conservation_error").abs()
        + (received - since("hubbub_enrich_full")).abs();
    report.figure(&name("not_full"), (error, ""), Some(0.0), "received, less full, in the end");
    report.figure(&name("server_cpu"), (cpu / received * 1e6, "us"), None, "a message, all in all");
    report.detail(json!({ "case": case.name, "faults": case.faults, "run": pace::told(&run) }));
    Ok(())
}

/// Waits until every message has the service's answer; how long that took.
fn mended(server: &Server) -> Result<Duration> {
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
fn percentile_ms(before: &Metrics, after: &Metrics, name: &str, share: f64) -> f64 {
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
