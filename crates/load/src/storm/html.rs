//! The same as one page that needs nothing else: no network, no script.

use maud::{Markup, html};

use super::outcome::{CutSeen, Outcome};
use super::spectrum::{COLUMN, Column};
use super::text::{HEAD, NOTE, generator, rows};
use crate::report::html::{Axis, Frame, document, figure, legend};
use crate::report::units;

/// Columns of a chart, at most; a longer spectrum has several in one.
const BARS_MAX: usize = 240;
/// Charts, at most: the slowest, then the first ones.
const CUTS_MAX: usize = 20;

/// The content of the file.
pub(super) fn page(outcome: &Outcome) -> String {
    let class = match (outcome.why_invalid(), outcome.is_kept()) {
        (Some(_), _) => "mixed",
        (None, true) => "good",
        (None, false) => "bad",
    };
    let content = html! {
        header class=(class) {
            p class="where" { b { (outcome.target) } }
            h1 { (outcome.headline()) }
            p class="evidence" { (outcome.manner()) "." }
            @if let Some(why) = outcome.why_invalid() { p class="bad" { "Invalid: " (why) "." } }
        }
        @if let Some(worst) = outcome.worst() { (compared(outcome, worst)) }
        div class="charts" {
            @for (number, cut) in outcome.cuts.iter().enumerate().take(CUTS_MAX) {
                (spectrum(number, cut))
            }
        }
        footer {
            (generator(outcome)) ". Made by " b { "hubbub load storm" } ". This file is all there is: it loads nothing."
        }
    };
    document(&format!("hubbub load storm: {} clients", outcome.clients), &content)
}

fn compared(outcome: &Outcome, worst: &CutSeen) -> Markup {
    html! {
        section class="card" {
            h2 { "What was seen, and what should have been" }
            table class="left" {
                thead { tr { th {} @for name in HEAD { th { (name) } } } }
                tbody {
                    @for (name, cells) in rows(outcome, worst) {
                        tr { th { (name.trim()) } @for cell in cells { td { (cell) } } }
                    }
                }
            }
            ul class="notes" {
                li { (NOTE) }
                @if let Some(of) = &outcome.delivery {
                    li {
                        (units::count(of.expected)) " deliveries expected: " (of.missing) " missing, " (of.doubled)
                        " doubled, " (of.gaps) " gaps."
                    }
                }
            }
        }
    }
}

fn spectrum(number: usize, cut: &CutSeen) -> Markup {
    let per_bar = cut.columns.len().div_ceil(BARS_MAX).max(1);
    let width_s = per_bar as f64 * COLUMN.as_secs_f64();
    let bars: Vec<Column> = cut.columns.chunks(per_bar).map(sum).collect();
    let most = bars.iter().map(|bar| bar.tries).max().unwrap_or(0);
    let end = (bars.len() as f64 * width_s).max(cut.away_s);
    let frame = Frame {
        x: Axis::between(0.0, end, |at| format!("{at:.0} s")),
        y: Axis::linear(most as f64, units::tick),
    };
    let bar = |at: usize, from: u64, to: u64, class: &str, what: &str| {
        let (left, right) = (at as f64 * width_s, (at + 1) as f64 * width_s);
        let title = format!("{left:.1} to {right:.1} s: {} {what}", to - from);
        frame.bar((left, right), (from as f64, to as f64), class, &title)
    };
    let drawn = html! {
        (frame.column(0.0, cut.away_s, "warm-up", "nobody was there"))
        @for (at, column) in bars.iter().enumerate() {
            @if column.welcomed > 0 { (bar(at, 0, column.welcomed, "bar a", "let in")) }
            @if column.tries > column.welcomed {
                (bar(at, column.welcomed, column.tries, "bar c", "not let in"))
            }
        }
    };
    let title = format!("Tries to connect in each {:.0} ms, cut {}", width_s * 1e3, number + 1);
    let keys = legend(&[("a", "let in"), ("c", "not let in")]);
    let said = html! { (keys) p class="soft" { (cut.line()) } };
    figure(&title, &said, &frame.draw("tries to connect over time after the cut", &drawn))
}

fn sum(columns: &[Column]) -> Column {
    columns.iter().fold(Column::default(), |sum, column| Column {
        tries: sum.tries + column.tries,
        welcomed: sum.welcomed + column.welcomed,
        unreachable: sum.unreachable + column.unreachable,
        turned_away: sum.turned_away + column.turned_away,
        broken: sum.broken + column.broken,
        back: sum.back + column.back,
    })
}
