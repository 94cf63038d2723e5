//! The percentile spectrum: how long the slowest tenth, hundredth, thousandth took; each as wide as the one before.

use maud::{Markup, html};

use super::frame::{Axis, Frame};
use super::over_time::told_ms;
use super::{figure, legend};
use crate::measure::run::{Distribution, Run};
use crate::report::story;

/// Points of a decade.
const FINE: i32 = 16;

/// Labels: one in so many is slower.
const NINES: [(f64, &str); 7] = [
    (1.0, "0 %"),
    (10.0, "90 %"),
    (100.0, "99 %"),
    (1e3, "99.9 %"),
    (1e4, "99.99 %"),
    (1e5, "99.999 %"),
    (1e6, "6 nines"),
];

/// Nothing when nothing was answered.
pub(crate) fn spectrum(run: &Run) -> Markup {
    let all = run.histograms.response.0.len();
    if all == 0 {
        return html! {};
    }
    let parts = story::parts(run);
    let end = (all as f64).clamp(10.0, 1e6);
    let least = parts.iter().map(|part| part.times.at_us(0.0).max(1)).min().unwrap_or(1);
    let most = parts.iter().map(|part| part.times.0.max()).max().unwrap_or(1);
    let ticks =
        NINES.iter().filter(|(at, _)| *at <= end).map(|(at, told)| (*at, (*told).to_owned()));
    let frame = Frame {
        x: Axis::log(1.0, end, ticks.collect()),
        y: Axis::decades(least as f64 / 1e3, most as f64 / 1e3, told_ms),
    };
    let classes = ["a", "b", "c", "d", "e"];
    let drawn = html! {
        @for (part, class) in parts.iter().zip(classes).rev() {
            path class={ "line " (class) } d=(frame.path(points(part.times, end))) {
                title { (part.name) ": " (part.meaning) }
            }
        }
    };
    let keys: Vec<_> = classes.into_iter().zip(parts.iter().map(|part| part.name)).collect();
    let title = "Percentile spectrum";
    figure(title, &legend(&keys), &frame.draw("latency by percentile", &drawn))
}

/// One in `x` is slower than `y` ms.
fn points(times: &Distribution, end: f64) -> Vec<(f64, f64)> {
    let at = |place: i32| 10f64.powf(f64::from(place) / f64::from(FINE));
    let quantile = |one_in: f64| times.at_us(1.0 - 1.0 / one_in).max(1) as f64 / 1e3;
    let last = (end, times.0.max().max(1) as f64 / 1e3);
    let inner = (0..).map(at).take_while(|one_in| *one_in < end);
    inner.map(|one_in| (one_in, quantile(one_in))).chain([last]).collect()
}
