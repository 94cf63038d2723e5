//! A run as one HTML file that needs nothing else: no network, no script.
//!
//! # Invariants
//!
//! - Smaller than 300 KB, however long the run was.
//! - Everything is escaped by `maud`; the data at the end has no `<`.

mod dials;
mod frame;
mod heat;
mod ladder;
mod over_time;
mod series;
mod spectrum;
mod spikes;
mod tables;
mod timeline;

use maud::{DOCTYPE, Markup, PreEscaped, html};

pub(crate) use frame::{Axis, Frame};

use super::story::{self, Mood};
use super::{text, units};
use crate::measure::run::Run;

/// Of the file, in bytes.
#[cfg(test)]
const SIZE_MAX: usize = 300_000;
/// Of the data in it; what is longer is left out.
const DATA_MAX: usize = 100_000;
/// Characters of a target, a finding or a note, at most.
const LETTERS_MAX: usize = 600;
/// Findings and objectives that are told, at most.
const ROWS_MAX: usize = 40;

const STYLE: &str = include_str!("html/style.css");

/// The content of the file.
pub(crate) fn html(run: &Run) -> String {
    let target = cut(&run.plan.target);
    page(&format!("hubbub load: {target}"), &content(run, &target), &data(run))
}

/// A page of the same look, without data.
pub(crate) fn document(title: &str, content: &Markup) -> String {
    page(title, content, &html! {})
}

fn page(title: &str, content: &Markup, data: &Markup) -> String {
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) }
                style { (PreEscaped(STYLE)) }
            }
            body { main { (content) } (data) }
        }
    };
    page.into_string()
}

fn content(run: &Run, target: &str) -> Markup {
    html! {
        (verdict(run, target))
        (dials::dials(run))
        (findings(run))
        div class="two fill-row" {
        (objectives(run))
        section class="card" {
            h2 { "Asked and achieved" }
            table class="left" {
                thead { tr { th {} th { "asked" } th { "achieved" } } }
                tbody {
                    @for (what, asked, achieved) in story::asked_and_achieved(run) {
                        tr { th { (what) } td { (asked) } td { (achieved) } }
                    }
                }
            }
            ul class="notes" { @for note in story::notes(run) { li { (note) } } }
        }
        }
        div class="charts" {
            (ladder::ladder(run))
            (over_time::over_time(run))
            (spectrum::spectrum(run))
            (timeline::timeline(run))
            (spikes::spikes(run))
        }
        div class="two" {
            section class="card" { h2 { "Latency" } (tables::percentiles(run)) (tables::acts(run)) }
            section class="card" { h2 { "Answers" } (tables::answers(run)) (tables::failures(run)) }
        }
        (tables::processes(run))
        (tables::audits(run))
        (tables::details(run))
        footer { "Made by " b { "hubbub load" } ". This file is all there is: it loads nothing." }
    }
}

fn verdict(run: &Run, target: &str) -> Markup {
    let (mark, class) = match story::mood(run) {
        Mood::Good => ("✔", "good"),
        Mood::Mixed => ("●", "mixed"),
        Mood::Bad => ("✘", "bad"),
    };
    let first = run.judgement.findings.first();
    html! {
        header class=(class) {
            p class="where" {
                b { (target) } " · " (story::manner(&run.plan)) " · " (units::moment(run.began_at_ms))
            }
            h1 { span class="mark" aria-hidden="true" { (mark) } span { (story::headline(run)) } }
            @if let Some(first) = first { p class="evidence" { (story::capital(&cut(&first.evidence))) "." } }
            p class="soft" {
                "Certainty: " (run.judgement.confidence) ". "
                (units::count(run.totals.offered)) " requests in " (units::seconds(run.totals.measured_s)) "."
            }
        }
    }
}

fn findings(run: &Run) -> Markup {
    let findings = &run.judgement.findings;
    html! {
        @if !findings.is_empty() {
            section class="card" {
                h2 { "Findings" }
                @for finding in findings.iter().take(ROWS_MAX) {
                    article {
                        h3 { (story::capital(finding.what.title())) }
                        p { (cut(&finding.evidence)) }
                        @if !finding.next.is_empty() { p class="next" { "→ " (cut(&finding.next)) } }
                    }
                }
                @if let Some(command) = story::next_command(run) {
                    p class="command" { "Next: " code { (cut(&command)) } }
                }
            }
        }
    }
}

fn objectives(run: &Run) -> Markup {
    html! {
        @if !run.slos.is_empty() {
            section class="card" {
                h2 { "Objectives" }
                @if !run.judgement.is_valid() { p class="soft" { "Not judged: the measurement is invalid." } }
                ul class="audits" {
                    @for slo in run.slos.iter().take(ROWS_MAX) {
                        li {
                            @if !run.judgement.is_valid() { span class="soft" { "–" } }
                            @else if slo.passed { span class="good" { "✔" } }
                            @else { span class="bad" { "✘" } }
                            " " (cut(&story::judged(slo)))
                        }
                    }
                }
            }
        }
    }
}

/// The run without what is long in it, for programs.
fn data(run: &Run) -> Markup {
    let Ok(serde_json::Value::Object(mut all)) = serde_json::to_value(run) else { return html! {} };
    for long in ["seconds", "spikes_sample", "slowest"] {
        all.remove(long);
    }
    let json = serde_json::Value::Object(all).to_string().replace('<', "\\u003c");
    html! {
        @if json.len() <= DATA_MAX {
            script type="application/json" id="run" { (PreEscaped(json)) }
        }
    }
}

/// A chart with its title and what explains it.
pub(crate) fn figure(title: &str, said: &Markup, picture: &Markup) -> Markup {
    html! { figure class="card" { figcaption { h2 { (title) } (said) } (picture) } }
}

/// Which colour is what.
pub(crate) fn legend(keys: &[(&str, &str)]) -> Markup {
    html! {
        p class="legend" {
            @for (class, name) in keys { span { i class=(class) {} (name) } }
        }
    }
}

fn cut(told: &str) -> String {
    text::one_line(told, LETTERS_MAX)
}

#[cfg(test)]
mod tests;
