//! A heatmap of answers: darker where more of a moment's answers were.

use maud::{Markup, html};

use super::frame::{Frame, short};
use super::series::{Span, spans};
use crate::measure::run::{HEAT_FROM_US, HEAT_PER_DECADE, Run};

/// Columns, at most: with all classes of each, they stay below a quarter of the page's size.
const COLUMNS_MAX: usize = 120;
/// Shades. Each is one line of many strokes, as thick as a class is high.
const SHADES: usize = 8;

/// All cells that have answers.
pub(crate) fn heat(run: &Run, frame: &Frame) -> Markup {
    let mut shades = vec![String::new(); SHADES];
    for span in spans(run, COLUMNS_MAX) {
        column(frame, &span, &mut shades);
    }
    let thick = short(frame.decade() / HEAT_PER_DECADE as f64 + 0.2);
    html! {
        @for (shade, path) in shades.iter().enumerate() {
            @if !path.is_empty() {
                path class="heat" stroke-width=(thick) opacity=(opacity(shade)) d=(path) {}
            }
        }
    }
}

fn column(frame: &Frame, span: &Span, shades: &mut [String]) {
    let all: u64 = span.heat.iter().sum();
    let (from, to) = (frame.x(span.from_s), frame.x(span.to_s));
    for (class, &count) in span.heat.iter().enumerate().filter(|(_, count)| **count > 0) {
        let middle_ms = middle_us(class) / 1e3;
        if frame.has_y(middle_ms) {
            let stroke =
                format!("M{} {}h{}", short(from), short(frame.y(middle_ms)), short(to - from));
            shades[shade(count, all)].push_str(&stroke);
        }
    }
}

/// The middle of a class, on a logarithmic axis.
fn middle_us(class: usize) -> f64 {
    HEAT_FROM_US * 10f64.powf((class as f64 - 0.5) / HEAT_PER_DECADE as f64)
}

/// By the root, so that a single slow answer of a thousand is still seen.
fn shade(count: u64, all: u64) -> usize {
    let strength = (count as f64 / all as f64).sqrt() * SHADES as f64;
    let reached = (1..SHADES).take_while(|shade| strength >= *shade as f64);
    reached.count()
}

fn opacity(shade: usize) -> String {
    format!("{:.2}", 0.12 + 0.86 * shade as f64 / (SHADES - 1) as f64)
}

#[cfg(test)]
mod tests;
