//! For a terminal: what was seen beside what should have been, and the spectrum as bars.

use std::fmt::Write as _;

use super::outcome::{CutSeen, Outcome};
use super::spectrum::{COLUMN, COLUMN_MS, Column};
use crate::report::text::one_line;
use crate::report::units;

/// Bars beside each other, at most; a longer spectrum has several columns in a bar.
const BARS_MAX: usize = 90;
/// Characters of what the other side said, at most.
const LETTERS_MAX: usize = 160;
/// Rows of a bar.
const ROWS: u64 = 8;
/// Characters left of the bars.
const MARGIN: usize = 8;

/// What a terminal shows.
pub(super) fn text(outcome: &Outcome) -> String {
    let mut text = format!("{}\n{}: {}\n", outcome.headline(), outcome.target, outcome.manner());
    if let Some(why) = outcome.why_invalid() {
        text += &format!("INVALID: {why}\n");
    }
    if outcome.is_interrupted {
        text += "interrupted: this is what there was by then\n";
    }
    if let Some(worst) = outcome.worst() {
        if outcome.cuts.len() > 1 {
            let cuts = outcome.cuts.len();
            text +=
                &format!("the slowest of {cuts} times; the times before are on standard error\n");
        }
        text += &format!("\n{}\n{}", table(outcome, worst), bars(worst));
    }
    if let Some(of) = &outcome.delivery {
        text += &format!(
            "\n{} messages, {} deliveries expected: {} missing, {} doubled, {} gaps, {} messages refused\n",
            units::count(of.messages),
            units::count(of.expected),
            of.missing,
            of.doubled,
            of.gaps,
            of.refused
        );
    }
    text += &endings(outcome);
    text += &format!("\n{}\n", generator(outcome));
    text
}

/// Rows of what was seen, what the dice of the policy alone give, and the textbook.
pub(super) fn rows(outcome: &Outcome, cut: &CutSeen) -> Vec<(&'static str, [String; 3])> {
    let (seen, expected, none) = (&cut.seen, cut.expected.as_ref(), || "–".to_owned());
    let second = units::rate;
    let a_second = |tries: u64| second(tries as f64 / COLUMN.as_secs_f64());
    let told = |of: fn(&super::spectrum::Outline) -> f64| {
        [units::seconds(of(seen)), expected.map_or_else(none, |it| units::seconds(of(it)))]
    };
    let counted = |of: fn(&super::spectrum::Outline) -> u64| {
        [units::count(of(seen)), expected.map_or_else(none, |it| units::count(of(it)))]
    };
    let peaks = |of: fn(&super::spectrum::Outline) -> u64| {
        [a_second(of(seen)), expected.map_or_else(none, |it| a_second(of(it)))]
    };
    let row = |[seen, expected]: [String; 2], textbook| [seen, expected, textbook];
    let book = &outcome.textbook;
    vec![
        ("half are back after", row(told(|it| it.back_p50_s), none())),
        ("99 % are back after", row(told(|it| it.back_p99_s), none())),
        (
            "the last is back after",
            row(told(|it| it.back_last_s), units::seconds(book.back_last_s)),
        ),
        ("most tries at once", row(peaks(|it| it.peak_tries), second(book.tries_per_s))),
        ("most let in at once", row(peaks(|it| it.peak_welcomed), none())),
        ("tries", row(counted(|it| it.tries), none())),
        ("  nobody there", row(counted(|it| it.unreachable), none())),
        ("  turned away", row(counted(|it| it.turned_away), none())),
        ("  broken", row(counted(|it| it.broken), none())),
    ]
}

/// What the columns of the rows are.
pub(super) const HEAD: [&str; 3] = ["seen", "by the dice", "textbook"];

/// What is to be known of them.
pub(super) const NOTE: &str = "Times count from the cut. By the dice: the policy alone, with a server that lets in whoever comes. Textbook: ten million \
     clients after 30 s, five minutes and 33,000/s, scaled to as many clients.";

fn table(outcome: &Outcome, cut: &CutSeen) -> String {
    let mut table = format!("{:24}{:>12}{:>14}{:>12}\n", "", HEAD[0], HEAD[1], HEAD[2]);
    for (name, [seen, expected, textbook]) in rows(outcome, cut) {
        let _ = writeln!(table, "{name:24}{seen:>12}{expected:>14}{textbook:>12}");
    }
    table + NOTE + "\n"
}

/// What the other side said when it ended a connection or a try.
fn endings(outcome: &Outcome) -> String {
    let mut text = String::new();
    for (said, times) in &outcome.endings {
        let _ =
            writeln!(text, "{:>8} times: {}", units::count(*times), one_line(said, LETTERS_MAX));
    }
    if outcome.given_up > 0 {
        let gone = units::count(outcome.given_up);
        let _ = writeln!(text, "{gone} clients were told never to come back, and did not");
    }
    if text.is_empty() { text } else { format!("\n{text}") }
}

/// Who made this, and how it fared.
pub(super) fn generator(outcome: &Outcome) -> String {
    let late = outcome.cuts.iter().map(|cut| cut.late_p99_ms).fold(0.0, f64::max);
    let cores = outcome.cuts.iter().map(|cut| cut.generator_cores).fold(0.0, f64::max);
    format!(
        "the generator: {} a client, {cores:.2} cores, tries began {} after they were due (p99)",
        units::bytes(outcome.client_bytes),
        units::seconds(late / 1e3)
    )
}

/// Tries over time: what was let in below, what was not above it.
fn bars(cut: &CutSeen) -> String {
    let per_bar = cut.columns.len().div_ceil(BARS_MAX).max(1);
    let bars: Vec<(u64, u64)> = cut.columns.chunks(per_bar).map(sum).collect();
    let most = bars.iter().map(|(tries, _)| *tries).max().unwrap_or(0).max(1);
    let width_ms = per_bar as u64 * COLUMN_MS;
    let mut text = format!("tries to connect in each {width_ms} ms: █ let in, ░ not\n");
    for row in (0..ROWS).rev() {
        let label = if row == ROWS - 1 { units::count(most) } else { String::new() };
        let line: String = bars.iter().map(|bar| cell(*bar, most, row)).collect();
        let _ = writeln!(text, "{label:>MARGIN$} │{}", line.trim_end());
    }
    let _ = writeln!(text, "{:>MARGIN$} └{}", 0, "─".repeat(bars.len()));
    text + &marks(cut, bars.len(), per_bar)
}

fn sum(columns: &[Column]) -> (u64, u64) {
    let of = |part: fn(&Column) -> u64| columns.iter().map(part).sum();
    (of(|column| column.tries), of(|column| column.welcomed))
}

/// A bar that is not empty shows in the lowest row.
fn cell((tries, welcomed): (u64, u64), most: u64, row: u64) -> char {
    let height = |count: u64| (count * ROWS).div_ceil(most);
    if row < height(welcomed) {
        '█'
    } else if row < height(tries) {
        '░'
    } else {
        ' '
    }
}

/// Where it began, where what was away returned, and where it ended.
fn marks(cut: &CutSeen, bars: usize, per_bar: usize) -> String {
    let seconds = |bar: usize| (bar * per_bar) as f64 * COLUMN.as_secs_f64();
    let returned = (0..bars).find(|bar| seconds(bar + 1) > cut.away_s).unwrap_or(bars);
    let end = units::seconds(seconds(bars));
    let mut line = " ".repeat(MARGIN + 2) + "cut";
    let place = MARGIN + 2 + returned;
    let back = format!("▲ back at {}", units::seconds(cut.away_s));
    if place > line.chars().count() {
        line += &" ".repeat(place - line.chars().count());
    } else {
        line.push(' ');
    }
    line += &back;
    let end_at = (MARGIN + 2 + bars).saturating_sub(end.chars().count());
    if end_at > line.chars().count() + 1 {
        line += &" ".repeat(end_at - line.chars().count());
        line += &end;
    }
    line + "\n"
}

#[cfg(test)]
mod tests;
