//! Requests that took far longer than most, by their number and by time; and the period that was found in them.

use maud::{Markup, PreEscaped, html};
use stats::spikes::{Axis as Of, Period};

use super::figure;
use super::frame::{Axis, Frame, short};
use super::over_time::told_ms;
use crate::measure::run::{Run, Spike};
use crate::report::{story, units};

/// Points that are drawn, at most: every so many is left out when there are more.
const POINTS_MAX: usize = 1_500;
/// Lines of a period that are drawn, at most: more are a grey field.
const LINES_MAX: f64 = 80.0;

/// Only if a period was found: spikes alone are in the charts over time.
pub(crate) fn spikes(run: &Run) -> Markup {
    html! {
        @for period in run.periods.iter().take(2) {
            @if !run.spikes_sample.is_empty() { (chart(run, period)) }
        }
    }
}

fn chart(run: &Run, period: &Period) -> Markup {
    let place = |spike: &Spike| match period.axis {
        Of::Index => spike.0 as f64,
        Of::Time => spike.1 as f64 / 1e9,
    };
    let all = &run.spikes_sample;
    let (from, to) = (all.first().map_or(0.0, place), all.last().map_or(1.0, place));
    let took = |spike: &Spike| spike.2.max(1) as f64 / 1e6;
    let x = match period.axis {
        Of::Index => Axis::between(from, to, units::tick),
        Of::Time => Axis::between(from, to, |at| format!("{at:.0} s")),
    };
    let least = all.iter().map(took).fold(f64::MAX, f64::min);
    let frame =
        Frame { x, y: Axis::decades(least, all.iter().map(took).fold(0.01, f64::max), told_ms) };
    let every = all.len().div_ceil(POINTS_MAX).max(1);
    let dots: String = all
        .iter()
        .step_by(every)
        .map(|spike| format!("M{} {}h0", short(frame.x(place(spike))), short(frame.y(took(spike)))))
        .collect();
    let drawn = html! {
        @for line in lines(from, to, period.period) { (frame.column(line, line, "period", "")) }
        path class="dots" d=(PreEscaped(dots)) {}
    };
    let title = match period.axis {
        Of::Index => "Slow requests by their number",
        Of::Time => "Slow requests by time",
    };
    let said = html! { p class="said" { (story::capital(&story::period(period))) } };
    figure(title, &said, &frame.draw("latency of slow requests", &drawn))
}

/// From the first spike on; none if they would be a field.
fn lines(from: f64, to: f64, period: f64) -> Vec<f64> {
    if period <= 0.0 || (to - from) / period > LINES_MAX {
        return Vec::new();
    }
    (0..).map(|line| from + f64::from(line) * period).take_while(|line| *line <= to).collect()
}
