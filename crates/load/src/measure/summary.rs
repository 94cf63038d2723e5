//! A run in some lines of plain text.

use std::fmt::Write as _;

use stats::spikes::Axis;

use super::evidence::number;
use super::run::{Direction, Distribution, Run, Step};

/// A run in some lines.
pub(crate) fn of(run: &Run) -> String {
    let mut text = String::new();
    let totals = &run.totals;
    let _ = writeln!(text, "{}", run.judgement);
    for finding in &run.judgement.findings {
        let _ = writeln!(text, "  {}. Next: {}", finding.evidence, finding.next);
    }
    let asked = totals
        .asked_rate
        .map_or("as fast as answered".to_owned(), |rate| format!("asked {rate:.1}/s"));
    let _ = writeln!(
        text,
        "requests   {:.1}/s ({asked}), {} done, {} failed, {} connections of {} asked, {:.1} s measured after {} s of warm-up",
        totals.achieved_rate,
        totals.done,
        totals.failed,
        totals.achieved_connections,
        totals.asked_connections,
        totals.measured_s,
        totals.warm_up_excluded_s,
    );
    for (name, times) in [
        ("response", &run.histograms.response),
        ("service", &run.histograms.service),
        ("wait", &run.histograms.wait),
        ("slip", &run.histograms.slip),
    ] {
        if !times.0.is_empty() {
            let _ = writeln!(text, "{name:<10} {}", line(times));
        }
    }
    let cpu_s = totals.client_cpu_s;
    let _ = writeln!(
        text,
        "generator  {cpu_s:.2} s of CPU, {:.0} requests a CPU second",
        number(totals.started) / cpu_s.max(1e-3)
    );
    for (status, count) in &totals.by_status {
        let _ = writeln!(text, "status     {status}: {count}");
    }
    for (error, count) in &totals.by_error {
        let _ = writeln!(text, "error      {error}: {count}");
    }
    for failure in totals.first_failures.iter().take(3) {
        let why = failure.status.map_or_else(
            || failure.error.clone().unwrap_or_default(),
            |status| format!("{status} {}", failure.body_start),
        );
        let _ = writeln!(text, "first      request {}: {why}", failure.index);
    }
    for period in &run.periods {
        let (length, axis) = match period.axis {
            Axis::Index => (period.period, "requests"),
            Axis::Time => (period.period * 1e3, "ms"),
        };
        let _ = writeln!(
            text,
            "period     slow ones every {:.1} {axis} ({} of {}, p = {:.1e})",
            length, period.count, period.events, period.p
        );
    }
    for slo in &run.slos {
        let _ = writeln!(text, "{slo}");
    }
    text
}

/// A ladder in some lines; its steps were told as they were made.
pub(crate) fn of_ladder(run: &Run) -> String {
    let mut text = String::new();
    match &run.knee {
        Some(knee) if knee.is_reached => {
            let _ = writeln!(
                text,
                "knee       {:.0} connections ({:.0} to {:.0}), {:.1}/s from there on",
                knee.at, knee.low, knee.high, knee.plateau
            );
        }
        Some(knee) => {
            let _ = writeln!(text, "knee       not reached: above {:.0} connections", knee.at);
        }
        None => text.push_str("knee       too few steps were answered\n"),
    }
    text + &of(run)
}

/// One step in one line.
pub(crate) fn of_step(step: &Step) -> String {
    let batches = &step.throughput_batches;
    let mean = batches.iter().sum::<f64>() / number(batches.len().max(1) as u64);
    let [p50, _, p99, max] = step.response_us.map(millis);
    let direction = match step.direction {
        Direction::Up => "up",
        Direction::Down => "down",
        Direction::Around => "around",
    };
    let server = step.server.map(|server| format!("  server {:.2} cores", server.cpu));
    format!(
        "{direction:<6} {:>6} connections  {mean:>10.1}/s  failed {:>8.1}/s  p50 {p50:.2}  p99 {p99:.2}  \
         max {max:.2} ms  generator {:.2} cores{}\n",
        step.connections,
        step.failed_rate,
        step.client.cpu_of_process,
        server.unwrap_or_default()
    )
}

/// Quantiles in one line.
pub(crate) fn line(times: &Distribution) -> String {
    let at = |quantile| millis(times.at_us(quantile));
    format!(
        "p50 {:.3}  p90 {:.3}  p99 {:.3}  p99.9 {:.3}  max {:.3} ms",
        at(0.5),
        at(0.9),
        at(0.99),
        at(0.999),
        millis(times.0.max())
    )
}

fn millis(us: u64) -> f64 {
    std::time::Duration::from_micros(us).as_secs_f64() * 1e3
}

/// To standard output.
#[expect(clippy::print_stdout, reason = "a command's result")]
pub(crate) fn say(text: &str) {
    print!("{text}");
}
