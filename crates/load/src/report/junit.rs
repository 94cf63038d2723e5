//! JUnit's XML: objectives as test cases, as pipelines show them beside tests.
//!
//! An invalid measurement is an *error* of its first case, and every objective is then skipped: what was measured says
//! nothing about the server.

use maud::{Markup, PreEscaped, html};
use stats::slo::Judged;

use super::story;
use super::units;
use crate::measure::run::Run;

/// The content of the file.
pub(crate) fn junit(runs: &[Run]) -> String {
    let suites = html! { testsuites name="hubbub load" { @for run in runs { (suite(run)) } } };
    let declared = PreEscaped(r#"<?xml version="1.0" encoding="UTF-8"?>"#);
    html! { (declared) "\n" (suites) "\n" }.into_string()
}

fn suite(run: &Run) -> Markup {
    let is_valid = run.judgement.is_valid();
    let missed = run.slos.iter().filter(|slo| !slo.passed).count();
    let (errors, failures, skipped) =
        if is_valid { (0, missed, 0) } else { (1, 0, run.slos.len()) };
    let target = xml(&run.plan.target);
    html! {
        testsuite name=(target) tests=(run.slos.len() + 1) errors=(errors) failures=(failures) skipped=(skipped)
            time=(run.took_ms as f64 / 1e3) timestamp=(units::moment(run.began_at_ms).trim_end_matches('Z')) {
            testcase name="the measurement is valid" classname=(target) time=(run.took_ms as f64 / 1e3) {
                @if !is_valid {
                    error message=(xml(&story::headline(run))) type="invalid" { (evidence(run)) }
                }
            }
            @for slo in &run.slos { (case(slo, &target, is_valid)) }
            system-out { (evidence(run)) }
        }
    }
}

fn case(slo: &Judged, target: &str, is_valid: bool) -> Markup {
    html! {
        testcase name=(xml(&slo.slo.text)) classname=(target) time="0" {
            @if !is_valid {
                skipped message="the measurement is invalid" {}
            } @else if !slo.passed {
                failure message=(xml(&story::judged(slo))) type="objective" {}
            }
        }
    }
}

fn evidence(run: &Run) -> String {
    let mut text = story::headline(run) + "\n";
    for finding in &run.judgement.findings {
        text += &format!("{}: {}. {}\n", finding.what.title(), finding.evidence, finding.next);
    }
    xml(&text)
}

/// Without what XML 1.0 cannot hold, escaped or not.
fn xml(text: &str) -> String {
    let may = |letter: &char| matches!(letter, '\t' | '\n' | '\r' | '\u{20}'..='\u{fffd}' | '\u{10000}'..='\u{10ffff}');
    text.chars().filter(may).collect()
}

#[cfg(test)]
mod tests;
