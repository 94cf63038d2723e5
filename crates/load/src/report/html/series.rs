//! The seconds of a run, drawn together until there are few enough for a picture.

use stats::verdict::{RUN_QUEUE_WAIT, STALL_MS};

use crate::measure::run::{HEAT_LEN, Run, Second};

/// Points of a line over time, at most.
pub(crate) const POINTS_MAX: usize = 240;

/// One or more seconds.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Span {
    /// Seconds from the beginning of the run.
    pub(crate) from_s: f64,
    /// Seconds from the beginning of the run.
    pub(crate) to_s: f64,
    /// Requests a second, the mean.
    pub(crate) offered: f64,
    /// Requests a second, the mean.
    pub(crate) done: f64,
    /// Requests a second, the mean.
    pub(crate) failed: f64,
    /// p50, p90, p99 and the maximum of the worst second, in ms.
    pub(crate) response_ms: [f64; 4],
    /// The generator's CPU, the mean: 1 is a core.
    pub(crate) cpu: f64,
    /// Share of the worst second.
    pub(crate) run_queue_wait: f64,
    /// The server's CPU, the mean of what is known.
    pub(crate) server_cpu: Option<f64>,
    /// Answers by how long they took.
    pub(crate) heat: Vec<u64>,
    /// Whether the generator stood still or starved in one of its seconds.
    pub(crate) is_doubtful: bool,
}

/// The whole run, warm-up included, in so many at most.
pub(crate) fn spans(run: &Run, most: usize) -> Vec<Span> {
    let size = run.seconds.len().div_ceil(most).max(1);
    let mut from_s = 0.0;
    let mut spans = Vec::new();
    for seconds in run.seconds.chunks(size) {
        let span = span(seconds, from_s);
        from_s = span.to_s;
        spans.push(span);
    }
    spans
}

fn span(seconds: &[Second], from_s: f64) -> Span {
    let to_s = seconds.last().map_or(from_s, |second| second.at_s);
    let long = (to_s - from_s).max(f64::MIN_POSITIVE);
    let rate = |of: fn(&Second) -> u64| seconds.iter().map(of).sum::<u64>() as f64 / long;
    let mean = |of: fn(&Second) -> f64| seconds.iter().map(of).sum::<f64>() / seconds.len() as f64;
    let worst = |of: fn(&Second) -> f64| seconds.iter().map(of).fold(0.0, f64::max);
    let mark_ms = |mark: usize| {
        seconds.iter().map(|second| second.response_us[mark]).max().unwrap_or_default() as f64 / 1e3
    };
    let known: Vec<_> = seconds.iter().filter_map(|second| Some(second.server?.cpu)).collect();
    let run_queue_wait = worst(|second| second.client.run_queue_wait);
    Span {
        from_s,
        to_s,
        offered: rate(|second| second.offered),
        done: rate(|second| second.done),
        failed: rate(|second| second.failed),
        response_ms: [0, 1, 2, 3].map(mark_ms),
        cpu: mean(|second| second.client.cpu_of_process),
        run_queue_wait,
        heat: (0..HEAT_LEN)
            .map(|class| seconds.iter().filter_map(|second| second.heat.get(class)).sum())
            .collect(),
        server_cpu: (!known.is_empty()).then(|| crate::report::story::mean(&known)),
        is_doubtful: run_queue_wait > RUN_QUEUE_WAIT
            || worst(|second| second.client.watchdog_gap_ms) >= STALL_MS,
    }
}

/// A line of steps: each span is as high from its beginning to its end.
pub(crate) fn steps(spans: &[Span], of: impl Fn(&Span) -> f64) -> Vec<(f64, f64)> {
    spans.iter().flat_map(|span| [(span.from_s, of(span)), (span.to_s, of(span))]).collect()
}
