//! Where the time of the slowest requests went, stage by stage.

use maud::{Markup, html};

use super::frame::{WIDTH, short};
use super::{figure, legend};
use crate::measure::run::{Run, Timeline};
use crate::report::units;

/// Requests that are drawn.
const DRAWN: usize = 6;
const ROW: f64 = 30.0;
const BAR: f64 = 14.0;
const LEFT: f64 = 96.0;
const RIGHT: f64 = 64.0;

/// Its class, its name, how long it took in µs.
type Stage = (&'static str, &'static str, u64);

/// Nothing when no request is known.
pub(crate) fn timeline(run: &Run) -> Markup {
    let drawn: Vec<_> = run.slowest.iter().take(DRAWN).collect();
    let Some(longest) = drawn.iter().map(|one| total(one)).max() else { return html! {} };
    let height = drawn.len() as f64 * ROW + 6.0;
    let picture = html! {
        svg viewBox=(format!("0 0 {WIDTH} {height}")) role="img" aria-label="stages of the slowest requests" {
            @for (row, one) in drawn.iter().enumerate() {
                (bar(one, longest.max(1), row as f64 * ROW + 6.0))
            }
        }
    };
    let slowest = drawn.first().map(|one| sentence(one));
    let keys = [
        ("d", "slip: not noticed yet"),
        ("c", "wait: no free connection"),
        ("b", "server: to the first byte"),
        ("a", "to the last byte"),
    ];
    let said = html! {
        (legend(&keys))
        @if let Some(slowest) = slowest { p class="said" { (slowest) } }
    };
    figure("The slowest requests, stage by stage", &said, &picture)
}

fn stages(one: &Timeline) -> [Stage; 4] {
    [
        ("d", "slip", one.picked_us.saturating_sub(one.due_us)),
        ("c", "wait", one.sent_us.saturating_sub(one.picked_us)),
        ("b", "server", one.first_byte_us.saturating_sub(one.sent_us)),
        ("a", "reading", one.done_us.saturating_sub(one.first_byte_us)),
    ]
}

fn total(one: &Timeline) -> u64 {
    one.done_us.saturating_sub(one.due_us)
}

fn bar(one: &Timeline, longest: u64, y: f64) -> Markup {
    let scale = (WIDTH - LEFT - RIGHT) / longest as f64;
    let mut x = LEFT;
    html! {
        text x="0" y=(short(y + BAR - 3.0)) { "#" (units::count(one.index)) }
        @for (class, name, us) in stages(one) {
            @let width = us as f64 * scale;
            @let to = x + width;
            @let from = std::mem::replace(&mut x, to);
            @if us > 0 {
                rect class={ "bar " (class) } x=(short(from)) y=(short(y)) width=(short(width.max(0.6))) height=(BAR) {
                    title { (name) " " (units::time_us(us)) }
                }
            }
        }
        text x=(short(x + 6.0)) y=(short(y + BAR - 3.0)) { (units::time_us(total(one))) }
    }
}

fn sentence(one: &Timeline) -> String {
    let parts =
        stages(one).map(|(_, name, us)| format!("{name} {}", units::time_us(us))).join(", ");
    let due = units::time_us(one.due_us);
    format!("The slowest, due {due} after the beginning: {parts}.")
}
