//! The last 50 messages of a conversation that anyone may ask for next: how long does a page take?

use std::time::Duration;

use anyhow::Result;
use serde_json::json;

use super::figure::Report;
use super::pace::{self, Load};
use super::server::{Metrics, Server};
use super::workshop::Workshop;

/// Messages, and conversations they are in.
const MESSAGES: u64 = 1_000_000;
const CONVERSATIONS: u64 = 10_000;

/// Messages a second while they are said.
const RATE: u64 = 20_000;

/// For 99 of 100 pages, in the server: from the hub's question to the page.
const PAGE_MAX_MS: f64 = 1.0;

pub(super) fn run(workshop: &Workshop, is_quick: bool, report: &mut Report) -> Result<()> {
    let (messages, seconds) = if is_quick { (20_000, 2) } else { (MESSAGES, 20) };
    let server = Server::start(workshop)?;
    let load = Load { grace_seconds: 120, ..Load::steady(RATE, messages / RATE, CONVERSATIONS) };
    let total = load.measure(workshop, &server)?;
    if let Some(complaint) = pace::complaint(&total) {
        report.say(&complaint);
    }
    server.wait_views()?;
    report.say(&format!("{messages} messages in {CONVERSATIONS} conversations"));
    for connections in [1, 4] {
        let before = server.metrics()?;
        let line = format!(
            "--act read --connections {connections} --conversations {CONVERSATIONS} -d {seconds}s --warm-up 0s"
        );
        let most = Duration::from_secs(seconds + 60);
        let run = pace::measure(workshop, &server, &line, most)?;
        let after = server.metrics()?;
        let rate = pace::number(&run, "/totals/achieved_rate")?;
        report.say(&format!("{connections} connections: {rate:.0} pages/s"));
        if let Some(complaint) = pace::complaint(&run) {
            report.say(&complaint);
        }
        report.detail(json!({ "connections": connections, "run": pace::told(&run) }));
        let name = |figure: &str| format!("{figure}_of_{connections}");
        let p99 = quantile(&before, &after, 0.99) * 1e3;
        let note = "in the server, interpolated within its bucket";
        report.figure(&name("page_p99"), (p99, "ms"), Some(PAGE_MAX_MS), note);
        let mean =
            (after.get(SUM) - before.get(SUM)) / (after.get(COUNT) - before.get(COUNT)).max(1.0);
        report.figure(&name("page_mean"), (mean * 1e3, "ms"), None, "in the server");
        let client = pace::ms(&run, "/percentiles/service/p99_us")?;
        report.figure(&name("client_p99"), (client, "ms"), None, "over a WebSocket");
    }
    server.stop()?;
    Ok(())
}

const BUCKET: &str = "hubbub_history_read_seconds_bucket{le=\"";
const COUNT: &str = "hubbub_history_read_seconds_count";
const SUM: &str = "hubbub_history_read_seconds_sum";

/// The value that so many of those counted between two pages of metrics do not pass: within its bucket
/// as if they were spread evenly there, as Prometheus' `histogram_quantile` has it.
fn quantile(before: &Metrics, after: &Metrics, quantile: f64) -> f64 {
    let wanted = (after.get(COUNT) - before.get(COUNT)) * quantile;
    let bounds = after.0.keys().filter_map(|series| {
        let bound: f64 = series.strip_prefix(BUCKET)?.strip_suffix("\"}")?.parse().ok()?;
        Some((bound, after.get(series) - before.get(series)))
    });
    let mut bounds: Vec<(f64, f64)> = bounds.collect();
    bounds.sort_by(|(one, _), (other, _)| one.total_cmp(other));
    let (mut from, mut passed) = (0.0, 0.0);
    for (bound, below) in bounds {
        if below >= wanted && bound.is_finite() {
            return from + (bound - from) * (wanted - passed) / (below - passed).max(1.0);
        }
        (from, passed) = (bound, below);
    }
    f64::INFINITY
}

#[test]
fn a_quantile_lies_in_its_bucket_and_is_only_of_what_came_meanwhile() {
    let page = |fast, slow| {
        let series = |le, count: u32| (format!("{BUCKET}{le}\"}}"), f64::from(count));
        let all = [series("0.001", fast), series("0.01", slow), series("+Inf", slow)];
        let count = (COUNT.to_owned(), f64::from(slow));
        Metrics(all.into_iter().chain([count]).collect())
    };
    let micros = |before, after| (quantile(&before, &after, 0.99) * 1e6).round();
    assert_eq!(micros(page(0, 0), page(99, 100)), 1_000.0);
    assert_eq!(micros(page(0, 0), page(98, 100)), 5_500.0);
    assert_eq!(micros(page(0, 0), page(0, 0)), 0.0);
    assert_eq!(micros(page(0, 900), page(100, 1_000)), 990.0);
}
