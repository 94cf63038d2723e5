//! What minutes at 10,000 messages a second look like: does anything grow, stall, or fall behind?

mod sample;

use std::time::Duration;

use anyhow::{Context, Result};
use serde_json::{Value, json};

use super::BenchArgs;
use super::chart::{self, Line, Panel};
use super::figure::{Report, median};
use super::pace::{self, Load};
use super::server::Server;
use super::workshop::Workshop;
use crate::binary;
use sample::{Sample, Sampler};

/// Messages a second.
const RATE: u64 = 10_000;

/// Conversations they are said in.
const CONVERSATIONS: u64 = 1_000;

/// Seconds of a window.
const WINDOW: u64 = 10;

/// Windows at the start that slopes leave out: caches and memtables fill.
const WARM_UP: usize = 6;

pub(super) fn run(workshop: &Workshop, args: &BenchArgs, report: &mut Report) -> Result<()> {
    let seconds = args.seconds.unwrap_or(if args.quick { 30 } else { 600 });
    let load = Load::steady(RATE, seconds, CONVERSATIONS);
    report.detail(json!({ "load": load.to_json(), "nlp": workshop.has_nlp }));
    let server = Server::start(workshop)?;
    let mut sampler = Sampler::new(workshop, &server)?;
    let mut samples = Vec::new();
    let total = load.run(workshop, &server, Duration::from_secs(WINDOW), || {
        samples.push(sampler.take(&server)?);
        Ok(())
    })?;
    report.say(Sample::HEAD);
    for sample in &mut samples {
        sample.hear(&total)?;
        report.say(&sample.to_string());
    }
    let metrics = server.metrics()?;
    server.stop()?;
    if let Some(complaint) = pace::complaint(&total) {
        report.say(&complaint);
    }
    figures(&samples, &total, report)?;
    report.detail(json!({
        "run": pace::told(&total),
        "windows": samples.iter().map(Sample::to_json).collect::<Vec<_>>(),
        "metrics": metrics.0,
    }));
    if args.plot {
        plot(&samples, workshop.has_nlp, report)?;
    }
    Ok(())
}

fn figures(samples: &[Sample], total: &Value, report: &mut Report) -> Result<()> {
    let of = |get: fn(&Sample) -> f64| samples.iter().map(get).collect::<Vec<_>>();
    let most = |values: &[f64]| values.iter().copied().fold(0.0, f64::max);
    let count = samples.len();
    let windows = format!("of the worst seconds of {count} windows of {WINDOW} s");
    report.figure(
        "p99",
        (pace::ms(total, "/percentiles/response/p99_us")?, "ms"),
        None,
        "from due, whole",
    );
    let p99 = of(|sample| sample.p99_ms);
    report.figure("p99_window_median", (median(&p99), "ms"), None, windows);
    report.figure("p99_window_worst", (most(&p99), "ms"), None, "the worst second of all");
    let rate = pace::number(total, "/totals/achieved_rate")?;
    report.figure("acknowledged", (rate, "/s"), None, format!("{RATE}/s were due"));
    report.figure("server_cpu", (median(&of(|sample| sample.server_cores)), "core"), None, "");
    let warm = samples.get(WARM_UP..).unwrap_or_default();
    let points: Vec<_> = warm.iter().map(|sample| (sample.at, sample.memory_mb)).collect();
    let slope = slope(&points) * 60.0;
    let note = format!("RSS, without the first {} s", WARM_UP as u64 * WINDOW);
    report.figure("memory_slope", (slope, "MB/min"), None, note);
    report.figure("memory_most", (most(&of(|sample| sample.memory_mb)), "MB"), None, "RSS");
    let device = of(|sample| sample.device_mb_s.unwrap_or(0.0));
    report.figure("device", (median(&device), "MB/s"), None, "by all of the machine");
    let append = of(|sample| sample.append_ms);
    report.figure("append_mean", (median(&append), "ms"), None, "journal write+sync");
    report.figure("append_mean_worst", (most(&append), "ms"), None, "of a window");
    let behind = of(|sample| sample.history_behind);
    report.figure("history_behind_worst", (most(&behind), "batches"), None, "at a window's end");
    let behind = of(|sample| sample.tables_behind);
    report.figure("tables_behind_worst", (most(&behind), "batches"), None, "at a window's end");
    let stall = most(&of(|sample| sample.slowest_step_s)) * 1e3;
    report.figure("history_longest_step", (stall, "ms"), None, "what its store held it up at most");
    let nlp: Option<Vec<f64>> = samples.iter().map(|sample| sample.nlp_cores).collect();
    if let Some(nlp) = nlp {
        report.figure("nlp_cpu", (median(&nlp), "core"), None, "hubbub nlp");
        let outstanding = of(|sample| sample.enriching);
        let note = "messages called, waiting or not durable; at a window's end";
        report.figure("enriching_worst", (most(&outstanding), ""), None, note);
    }
    Ok(())
}

fn plot(samples: &[Sample], has_nlp: bool, report: &Report) -> Result<()> {
    let panel = |title, unit, get: fn(&Sample) -> f64| Panel {
        title,
        unit,
        lines: vec![Line {
            name: "",
            points: samples.iter().map(|sample| (sample.at, get(sample))).collect(),
        }],
    };
    let panels = [
        panel("acknowledgement p99, from due", "ms", |sample| sample.p99_ms),
        panel("journal write+sync, mean", "ms", |sample| sample.append_ms),
        panel("resident memory", "MB", |sample| sample.memory_mb),
        panel("written to the device, by all", "MB/s", |sample| sample.device_mb_s.unwrap_or(0.0)),
        panel("history behind", "batches", |sample| sample.history_behind),
        panel("tables behind", "batches", |sample| sample.tables_behind),
        panel("messages being enriched", "", |sample| sample.enriching),
        panel("server CPU", "core", |sample| sample.server_cores),
        panel("load average of the machine", "", |sample| sample.load),
    ];
    let nlp = if has_nlp { "with enrichment" } else { "without enrichment" };
    let title = format!("{RATE} messages/s, {} B, {nlp}", pace::BODY_BYTES);
    let folder = binary::root().join("docs").join("benchmarks");
    std::fs::create_dir_all(&folder).with_context(|| folder.display().to_string())?;
    let path = folder.join("steady.svg");
    std::fs::write(&path, chart::svg(&title, "seconds", &panels))
        .with_context(|| path.display().to_string())?;
    report.say("drawn into docs/benchmarks/steady.svg");
    Ok(())
}

/// Of the straight line that fits best (least squares), a second.
fn slope(points: &[(f64, f64)]) -> f64 {
    let count = f64::from(u32::try_from(points.len()).unwrap_or(u32::MAX));
    let mean = |get: fn(&(f64, f64)) -> f64| points.iter().map(get).sum::<f64>() / count;
    let (x_mean, y_mean) = (mean(|point| point.0), mean(|point| point.1));
    let above: f64 = points.iter().map(|(x, y)| (x - x_mean) * (y - y_mean)).sum();
    let below: f64 = points.iter().map(|(x, _)| (x - x_mean).powi(2)).sum();
    if below > 0.0 { above / below } else { 0.0 }
}

#[test]
fn a_line_has_its_slope_and_too_few_points_have_none() {
    let line: Vec<_> = (0..10).map(|x| (f64::from(x), 3.0 + 0.5 * f64::from(x))).collect();
    assert!((slope(&line) - 0.5).abs() < 1e-9);
    assert_eq!(slope(&[]), 0.0);
    assert_eq!(slope(&[(1.0, 2.0)]), 0.0);
}
