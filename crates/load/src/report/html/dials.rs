//! The four dials on top: objectives, throughput, tail, trust.

use maud::{Markup, html};

use super::frame::short;
use crate::measure::run::Run;
use crate::report::story::{self, Outcome};
use crate::report::units;

/// Of the ring.
const RADIUS: f64 = 42.0;
/// From this share on a dial is green, and red below the other.
const GOOD: f64 = 0.95;
const BAD: f64 = 0.6;
/// A p99 this many times the median fills none of the tail dial; one that equals it fills all.
const TAIL_WORST: f64 = 100.0;

/// A ring that is filled in part.
struct Dial {
    name: &'static str,
    /// From 0 to 1; none if there is nothing to say.
    filled: Option<f64>,
    colour: &'static str,
    inside: String,
    below: String,
}

/// All four.
pub(crate) fn dials(run: &Run) -> Markup {
    html! {
        section class="dials" aria-label="At a glance" {
            @for dial in [objectives(run), throughput(run), tail(run)] { (draw(&valid_or_grey(run, dial))) }
            (draw(&trust(run)))
        }
    }
}

/// What an invalid measurement says about the server has no colour.
fn valid_or_grey(run: &Run, dial: Dial) -> Dial {
    if run.judgement.is_valid() { dial } else { Dial { colour: "grey", ..dial } }
}

fn objectives(run: &Run) -> Dial {
    let all = run.slos.len();
    let kept = run.slos.iter().filter(|slo| slo.passed).count();
    let filled = (all > 0).then(|| kept as f64 / all as f64);
    let colour = if kept == all { "good" } else { "bad" };
    let below = match (all, all - kept) {
        (0, _) => "none was given".to_owned(),
        (_, 0) => "all kept".to_owned(),
        (_, missed) => format!("{missed} missed"),
    };
    let inside = if all == 0 { "–".to_owned() } else { format!("{kept}/{all}") };
    Dial { name: "Objectives", filled, colour, inside, below }
}

fn throughput(run: &Run) -> Dial {
    let achieved = run.totals.achieved_rate;
    let (filled, below) = match run.totals.asked_rate.filter(|asked| *asked > 0.0) {
        Some(asked) => {
            let share = achieved / asked;
            (share, format!("{} of {} asked", units::share(share), units::rate(asked)))
        }
        None => {
            let well = 1.0 - story::failed_share(run);
            (well, format!("{} answered well", units::share(well)))
        }
    };
    let inside = units::rate(achieved);
    Dial { name: "Throughput", filled: Some(filled), colour: graded(filled), inside, below }
}

fn tail(run: &Run) -> Dial {
    let response = &run.histograms.response;
    let (p50, p99) = (response.at_us(0.5).max(1) as f64, response.at_us(0.99));
    if response.0.is_empty() {
        let below = "nothing was answered".to_owned();
        return Dial { name: "Tail", filled: None, colour: "bad", inside: "–".to_owned(), below };
    }
    let times = (p99 as f64 / p50).max(1.0);
    let filled = 1.0 - times.ln() / TAIL_WORST.ln();
    let below = format!("p99 is {} × the median", units::number(times));
    let colour = if filled >= 0.5 {
        "good"
    } else if filled >= 0.25 {
        "mixed"
    } else {
        "bad"
    };
    Dial { name: "Tail", filled: Some(filled), colour, inside: units::time_us(p99), below }
}

fn trust(run: &Run) -> Dial {
    let audits = story::audits(run);
    let passed = audits.iter().filter(|audit| audit.outcome == Outcome::Passed).count();
    let filled = passed as f64 / audits.len().max(1) as f64;
    let is_valid = run.judgement.is_valid();
    let colour = match (is_valid, passed == audits.len()) {
        (false, _) => "bad",
        (true, false) => "mixed",
        (true, true) => "good",
    };
    let below = format!("{passed} of {} audits passed", audits.len());
    let inside = if is_valid { "valid" } else { "invalid" };
    Dial { name: "Trust", filled: Some(filled), colour, inside: inside.to_owned(), below }
}

fn graded(filled: f64) -> &'static str {
    if filled >= GOOD {
        "good"
    } else if filled >= BAD {
        "mixed"
    } else {
        "bad"
    }
}

fn draw(dial: &Dial) -> Markup {
    let round = std::f64::consts::TAU * RADIUS;
    let filled = dial.filled.map_or(0.0, |filled| filled.clamp(0.0, 1.0) * round);
    html! {
        div class={ "dial " (dial.colour) } {
            svg viewBox="0 0 100 100" role="img" aria-label={ (dial.name) ": " (dial.inside) ", " (dial.below) } {
                circle class="ring" cx="50" cy="50" r=(RADIUS) {}
                @if dial.filled.is_some() {
                    circle class="fill-ring" cx="50" cy="50" r=(RADIUS) transform="rotate(-90 50 50)"
                        stroke-dasharray={ (short(filled)) " " (short(round)) } {}
                }
                text class="inside" x="50" y="51" text-anchor="middle" dominant-baseline="middle" { (dial.inside) }
            }
            h3 { (dial.name) }
            p { (dial.below) }
        }
    }
}
