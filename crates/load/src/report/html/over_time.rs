//! Charts over time: what was asked and answered, how long it took, and how the generator fared.

use maud::{Markup, html};

use super::frame::{Axis, Frame};
use super::heat;
use super::series::{POINTS_MAX, Span, spans, steps};
use super::{figure, legend};
use crate::measure::run::Run;
use crate::report::units;

/// Below this a latency is drawn at the floor, in ms.
const LEAST_MS: f64 = 0.01;

/// So much is above the highest rate.
const HEADROOM: f64 = 1.05;

/// What stands under a second that cannot be trusted.
const DOUBTFUL: &str = "the generator stood still or waited for a processor";

/// All of them; nothing for a run without a whole second.
pub(crate) fn over_time(run: &Run) -> Markup {
    let spans = spans(run, POINTS_MAX);
    if spans.is_empty() {
        return html! {};
    }
    html! {
        (rate(run, &spans))
        (response(run, &spans))
        (processors(run, &spans))
    }
}

fn rate(run: &Run, spans: &[Span]) -> Markup {
    let highest = spans.iter().map(|span| span.offered.max(span.done + span.failed));
    let y = Axis::linear(highest.fold(0.0, f64::max) * HEADROOM, units::tick);
    let frame = Frame { x: time(spans), y };
    let drawn = html! {
        (shades(run, &frame, spans))
        path class="fill a" d=(frame.area(&steps(spans, |span| span.done))) {}
        path class="line a" d=(frame.path(steps(spans, |span| span.done))) {}
        @if spans.iter().any(|span| span.failed > 0.0) {
            path class="fill bad" d=(frame.area(&steps(spans, |span| span.failed))) {}
            path class="line bad" d=(frame.path(steps(spans, |span| span.failed))) {}
        }
        @if run.totals.asked_rate.is_some() {
            path class="line dashed" d=(frame.path(steps(spans, |span| span.offered))) {}
        }
    };
    let mut keys = vec![("a", "answered well")];
    if run.totals.asked_rate.is_some() {
        keys.push(("asked", "due"));
    }
    if run.totals.failed > 0 {
        keys.push(("bad", "failed"));
    }
    figure("Requests a second", &legend(&keys), &frame.draw("requests a second over time", &drawn))
}

fn response(run: &Run, spans: &[Span]) -> Markup {
    let marks = || spans.iter().filter(|span| span.response_ms[3] > 0.0);
    let least = marks().map(|span| span.response_ms[0]).fold(f64::MAX, f64::min);
    let most = marks().map(|span| span.response_ms[3]).fold(LEAST_MS, f64::max);
    let y = Axis::decades((least / 2.0).clamp(LEAST_MS, most), most, told_ms);
    let frame = Frame { x: time(spans), y };
    let drawn = html! {
        (shades(run, &frame, spans))
        (heat::heat(run, &frame))
        path class="line thin" d=(frame.path(steps(spans, |span| span.response_ms[0]))) {}
        path class="line thin upper" d=(frame.path(steps(spans, |span| span.response_ms[2]))) {}
    };
    let keys = [
        ("h1", "most answers"),
        ("h4", "some"),
        ("thin", "median"),
        ("thin upper", "p99 of each second"),
    ];
    let title = "Response over time, from due to answered";
    figure(
        title,
        &legend(&keys),
        &frame.draw("how long answers took over time, as a heatmap", &drawn),
    )
}

fn processors(run: &Run, spans: &[Span]) -> Markup {
    let used =
        |span: &Span| span.cpu.max(span.server_cpu.unwrap_or_default()).max(span.run_queue_wait);
    let most = spans.iter().map(used).fold(f64::from(run.host.cpus.min(2)) / 2.0, f64::max);
    let frame = Frame { x: time(spans), y: Axis::linear(most, |at| format!("{at:.1}")) };
    let known: Vec<_> = spans.iter().filter(|span| span.server_cpu.is_some()).cloned().collect();
    let drawn = html! {
        (shades(run, &frame, spans))
        path class="line b" d=(frame.path(steps(&known, |span| span.server_cpu.unwrap_or_default()))) {}
        path class="line a" d=(frame.path(steps(spans, |span| span.cpu))) {}
        path class="line bad" d=(frame.path(steps(spans, |span| span.run_queue_wait))) {}
    };
    let mut keys = vec![("a", "generator"), ("bad", "its longest wait for a processor")];
    if !known.is_empty() {
        keys.insert(1, ("b", "server"));
    }
    let title = "Processors used (1 is one core)";
    figure(title, &legend(&keys), &frame.draw("processors used over time", &drawn))
}

fn time(spans: &[Span]) -> Axis {
    Axis::between(0.0, spans.last().map_or(1.0, |span| span.to_s), |at| format!("{at:.0} s"))
}

/// The warm-up, and where the generator was not itself.
fn shades(run: &Run, frame: &Frame, spans: &[Span]) -> Markup {
    let warm_up = run.totals.warm_up_excluded_s;
    html! {
        @if warm_up > 0.0 { (frame.column(0.0, warm_up, "warm-up", "warm-up: counts for nothing")) }
        @for span in spans.iter().filter(|span| span.is_doubtful) {
            (frame.column(span.from_s, span.to_s, "doubtful", DOUBTFUL))
        }
    }
}

/// A round number of ms.
pub(crate) fn told_ms(ms: f64) -> String {
    match ms {
        ms if ms < 0.999 => format!("{:.0} µs", ms * 1e3),
        ms if ms < 999.0 => format!("{ms:.0} ms"),
        ms => format!("{:.0} s", ms / 1e3),
    }
}
