//! A line chart as SVG: panels below each other over one axis. Pure: numbers in, text out.

use std::fmt::Write;

/// Lines over one another.
#[derive(Debug, Clone)]
pub(super) struct Panel {
    pub(super) title: &'static str,
    pub(super) unit: &'static str,
    pub(super) lines: Vec<Line>,
}

/// One of them.
#[derive(Debug, Clone)]
pub(super) struct Line {
    /// Empty for a line that is what the panel's title says.
    pub(super) name: &'static str,
    /// Where on the axis, and the value there.
    pub(super) points: Vec<(f64, f64)>,
}

/// Of the lines of a panel, in turns: told apart by the colour-blind, too (Okabe and Ito).
const COLOURS: [&str; 4] = ["#1f5fa8", "#d55e00", "#009e73", "#888888"];

const WIDTH: f64 = 860.0;
const LEFT: f64 = 70.0;
const RIGHT: f64 = 20.0;
const TOP: f64 = 50.0;
const PANEL_HEIGHT: f64 = 80.0;
const PANEL_GAP: f64 = 38.0;
const BOTTOM: f64 = 30.0;
/// About as wide as a letter is.
const LETTER: f64 = 6.5;

/// Each panel from 0 to a round number above its highest value.
pub(super) fn svg(title: &str, axis: &str, panels: &[Panel]) -> String {
    let count = f64::from(u32::try_from(panels.len()).unwrap_or(u32::MAX));
    let height = TOP + count * (PANEL_HEIGHT + PANEL_GAP) + BOTTOM;
    let lines = panels.iter().flat_map(|panel| &panel.lines);
    let xs = lines.flat_map(|line| &line.points).map(|point| point.0);
    let longest = xs.fold(0.0, f64::max).max(1.0);
    let mut body = String::new();
    let mut top = TOP;
    for panel in panels {
        draw(panel, top, longest, &mut body);
        top += PANEL_HEIGHT + PANEL_GAP;
    }
    for tick in 0..=4 {
        let x = longest * f64::from(tick) / 4.0;
        let place = (x_of(x, longest), top - PANEL_GAP + 16.0);
        text(&mut body, place, "middle", &number(x));
    }
    text(&mut body, (WIDTH - RIGHT, top), "end", axis);
    text(&mut body, (LEFT, 24.0), "start", title);
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" font-family=\"sans-serif\" font-size=\"12\">\n\
         <rect width=\"{WIDTH}\" height=\"{height}\" fill=\"#ffffff\"/>\n{body}</svg>\n"
    )
}

fn draw(panel: &Panel, top: f64, longest: f64, body: &mut String) {
    let values = panel.lines.iter().flat_map(|line| &line.points).map(|point| point.1);
    let highest = ceiling(values.fold(0.0, f64::max));
    let bottom = top + PANEL_HEIGHT;
    let y_of = |value: f64| bottom - value.clamp(0.0, highest) / highest * PANEL_HEIGHT;
    for value in [0.0, highest / 2.0, highest] {
        let y = y_of(value);
        rule(body, (LEFT, y), (WIDTH - RIGHT, y));
        text(body, (LEFT - 6.0, y + 4.0), "end", &number(value));
    }
    let name = if panel.unit.is_empty() {
        panel.title.to_owned()
    } else {
        format!("{} ({})", panel.title, panel.unit)
    };
    text(body, (LEFT, top - 6.0), "start", &name);
    let mut right = WIDTH - RIGHT;
    for (line, colour) in panel.lines.iter().zip(COLOURS.iter().cycle()) {
        let points: Vec<String> = line
            .points
            .iter()
            .map(|&(x, y)| format!("{:.1},{:.1}", x_of(x, longest), y_of(y)))
            .collect();
        add(
            body,
            format_args!(
                "<polyline points=\"{}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"1.5\"/>",
                points.join(" ")
            ),
        );
        coloured(body, (right, top - 6.0), "end", line.name, colour);
        let letters = u32::try_from(line.name.len()).unwrap_or(u32::MAX);
        right -= LETTER * f64::from(letters) + LETTER;
    }
}

fn x_of(seconds: f64, longest: f64) -> f64 {
    LEFT + seconds / longest * (WIDTH - LEFT - RIGHT)
}

fn rule(body: &mut String, (x1, y1): (f64, f64), (x2, y2): (f64, f64)) {
    add(
        body,
        format_args!(
            "<line x1=\"{x1}\" y1=\"{y1:.1}\" x2=\"{x2}\" y2=\"{y2:.1}\" stroke=\"#dddddd\"/>"
        ),
    );
}

fn text(body: &mut String, place: (f64, f64), anchor: &str, text: &str) {
    coloured(body, place, anchor, text, "#333333");
}

fn coloured(body: &mut String, (x, y): (f64, f64), anchor: &str, text: &str, colour: &str) {
    let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    if !text.is_empty() {
        add(
            body,
            format_args!(
                "<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\" fill=\"{colour}\">{text}</text>"
            ),
        );
    }
}

fn add(body: &mut String, what: std::fmt::Arguments<'_>) {
    let written = writeln!(body, "{what}");
    assert!(written.is_ok(), "writing into memory cannot fail");
}

/// The next of 1, 2, 5, 10, 20, … that is not below; 1 for nothing.
fn ceiling(value: f64) -> f64 {
    if value <= 0.0 {
        return 1.0;
    }
    let power = 10_f64.powf(value.log10().floor());
    [1.0, 2.0, 5.0]
        .map(|step| step * power)
        .into_iter()
        .find(|&step| step >= value)
        .unwrap_or(10.0 * power)
}

fn number(value: f64) -> String {
    let text = format!("{value:.2}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests;
