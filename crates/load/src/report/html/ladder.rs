//! The ladder: throughput and latency against connections, with the hinge that was fitted.

use maud::{Markup, html};

use super::frame::{Axis, Frame, short};
use super::over_time::told_ms;
use super::{figure, legend};
use crate::measure::run::{Direction, Run, Step};
use crate::report::{story, units};

/// Nothing for a run that was none.
pub(crate) fn ladder(run: &Run) -> Markup {
    let Some(steps) = run.ladder.as_ref().filter(|steps| !steps.is_empty()) else {
        return html! {};
    };
    html! {
        (throughput(run, steps))
        (latency(steps))
    }
}

fn throughput(run: &Run, steps: &[Step]) -> Markup {
    let rates = || steps.iter().map(rate).filter(|rate| *rate > 0.0);
    let y =
        Axis::decades(rates().fold(f64::MAX, f64::min), rates().fold(1.0, f64::max), units::tick);
    let frame = Frame { x: connections(steps), y };
    let drawn = html! {
        @if let Some(knee) = &run.knee {
            @let first = steps.iter().map(|step| step.connections).min().unwrap_or(1).max(1);
            @let last = steps.iter().map(|step| step.connections).max().unwrap_or(1);
            (frame.column(knee.low, knee.high, "interval", "95 % interval of the knee"))
            path class="line hinge" d=(frame.path([
                (f64::from(first), knee.rate * f64::from(first)),
                (knee.at, knee.rate * knee.at),
                (f64::from(last).max(knee.at), knee.rate * knee.at),
            ])) {}
            @if knee.is_reached {
                text class="said" x=(short(frame.x(knee.high) + 6.0)) y="192" { "knee " (units::whole(knee.at)) }
            }
        }
        (marks(&frame, steps, rate, |step| units::rate(rate(step))))
    };
    let keys = [
        ("a", "up"),
        ("hollow", "down again"),
        ("c", "around the knee"),
        ("hinge", "hinge and its interval"),
    ];
    let picture = frame.draw("requests a second by connections, with the hinge", &drawn);
    let said = html! { p class="said" { (story::knee(run.knee.as_ref())) } };
    figure("Throughput by connections", &html! { (legend(&keys)) (said) }, &picture)
}

fn latency(steps: &[Step]) -> Markup {
    let p99 = |step: &Step| step.response_us[2].max(1) as f64 / 1e3;
    let all = || steps.iter().map(p99);
    let y = Axis::decades(all().fold(f64::MAX, f64::min), all().fold(0.01, f64::max), told_ms);
    let frame = Frame { x: connections(steps), y };
    let drawn = marks(&frame, steps, p99, |step| units::time_us(step.response_us[2]));
    let keys = [("a", "up"), ("hollow", "down again"), ("c", "around the knee")];
    let picture = frame.draw("99th percentile of latency by connections", &drawn);
    figure("Latency by connections (p99)", &legend(&keys), &picture)
}

fn rate(step: &Step) -> f64 {
    story::mean(&step.throughput_batches)
}

fn connections(steps: &[Step]) -> Axis {
    let all = || steps.iter().map(|step| f64::from(step.connections.max(1)));
    let (least, most) = (all().fold(f64::MAX, f64::min), all().fold(1.0, f64::max));
    Axis::decades(least, most, units::tick)
}

fn marks(
    frame: &Frame,
    steps: &[Step],
    of: impl Fn(&Step) -> f64,
    tell: impl Fn(&Step) -> String,
) -> Markup {
    html! {
        @for step in steps {
            @let class = match step.direction {
                Direction::Up => "mark a",
                Direction::Down => "mark hollow",
                Direction::Around => "mark c",
            };
            circle class=(class) r="4.5" cx=(short(frame.x(f64::from(step.connections.max(1)))))
                cy=(short(frame.y(of(step)))) {
                title { (units::count(u64::from(step.connections))) " connections: " (tell(step)) }
            }
        }
    }
}
