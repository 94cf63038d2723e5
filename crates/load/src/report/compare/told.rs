//! A comparison as text and as JSON.

use stats::compare::{
    BATCHES_MIN, CAUTION, Comparison, RUNS_MIN, Scale, Verdict, WithinRun, within_run,
};

use super::alike;
use crate::measure::run::{Run, Second};
use crate::report::text::{Table, one_line};
use crate::report::units;

/// Doubts that are told.
const DOUBTS_TOLD: usize = 10;
/// Of the bootstrap inside a run.
const SEED: u64 = 1;

/// Why nothing was compared.
pub(super) fn refused(doubts: &[String]) -> String {
    let mut text = "✘ These runs say nothing about each other:\n".to_owned();
    text += &told(doubts);
    text + "  Make them again alike, on a quiet machine; --force compares them anyway.\n"
}

/// For people.
pub(super) fn text(
    comparisons: &[Comparison],
    before: &[Run],
    after: &[Run],
    doubts: &[String],
) -> String {
    let mut text = format!("{}\n", headline(comparisons));
    text += &format!("  {} runs against {}\n", after.len(), before.len());
    let mut table =
        Table::new(&["metric", "before", "after", "change", "95 % interval", "p", "noise", ""]);
    for comparison in comparisons {
        table.row(row(comparison));
    }
    text += &table.to_string();
    if comparisons.iter().any(|comparison| comparison.verdict == Verdict::TooFew) {
        text += &format!(
            "  Too few runs to call anything: make {RUNS_MIN} or more of each, in turns.\n"
        );
    }
    if alike::is_one_after_the_other(before, after) {
        text +=
            "  Not made in turns: what changed on the machine meanwhile is in the difference.\n";
    }
    if let ([before], [after]) = (before, after) {
        text += &within(before, after);
    }
    if !doubts.is_empty() {
        text += "  Compared although (--force):\n";
        text += &told(doubts);
    }
    text
}

/// For programs.
pub(super) fn json(comparisons: &[Comparison], doubts: &[String]) -> String {
    serde_json::json!({ "comparisons": comparisons, "doubts": doubts }).to_string() + "\n"
}

fn headline(comparisons: &[Comparison]) -> String {
    let named = |verdict: Verdict| {
        let of = comparisons.iter().filter(|comparison| comparison.verdict == verdict);
        of.map(|comparison| comparison.name.as_str()).collect::<Vec<_>>().join(", ")
    };
    let (worse, better) = (named(Verdict::Worse), named(Verdict::Better));
    match (worse.is_empty(), better.is_empty()) {
        (false, true) => format!("✘ Worse: {worse}."),
        (false, false) => format!("✘ Worse: {worse}. Better: {better}."),
        (true, false) => format!("✔ Better: {better}. Nothing got worse."),
        (true, true) if named(Verdict::Same).is_empty() => "● Nothing can be told.".to_owned(),
        (true, true) => "✔ No difference that is both certain and larger than noise.".to_owned(),
    }
}

fn row(comparison: &Comparison) -> [String; 8] {
    let figure = |value: Option<f64>| {
        value.map_or_else(|| "–".to_owned(), |value| figure(comparison, value))
    };
    let change = |value: f64| match comparison.scale {
        Scale::Ratio => signed(value - 1.0, "%"),
        Scale::Difference => signed(value, "points"),
    };
    let is_told = matches!(comparison.verdict, Verdict::Better | Verdict::Worse);
    let shift = comparison.change;
    let estimate =
        shift.filter(|_| is_told).map_or_else(|| "~".to_owned(), |shift| change(shift.estimate));
    let interval = shift.map_or_else(
        || "–".to_owned(),
        |shift| format!("{} to {}", change(shift.low), change(shift.high)),
    );
    let noise = match comparison.scale {
        Scale::Ratio => format!("{:.1} %", comparison.noise * 100.0),
        Scale::Difference => format!("{:.2} points", comparison.noise * 100.0),
    };
    [
        comparison.name.clone(),
        figure(comparison.before),
        figure(comparison.after),
        estimate,
        interval,
        format!("{:.3}", comparison.p_corrected),
        noise,
        comparison.verdict.to_string(),
    ]
}

fn figure(comparison: &Comparison, value: f64) -> String {
    match (comparison.scale, comparison.name.as_str()) {
        (Scale::Difference, _) => units::share(value),
        (Scale::Ratio, "rps") => units::rate(value),
        (Scale::Ratio, _) => units::seconds(value / 1e6),
    }
}

fn signed(share: f64, unit: &str) -> String {
    format!("{:+.1} {unit}", share * 100.0)
}

/// A single pair: what varies inside the runs is all that can be seen.
fn within(before: &Run, after: &Run) -> String {
    let measured = |run: &Run, of: fn(&Second) -> f64| {
        let seconds =
            run.seconds.iter().filter(|second| second.at_s > run.totals.warm_up_excluded_s);
        seconds.map(of).collect::<Vec<_>>()
    };
    let ratio = |of| within_run(&measured(before, of), &measured(after, of), SEED);
    let rps = ratio(|second| second.done as f64);
    let p99 = ratio(|second| second.response_us[2] as f64);
    let line = |name: &str, ratio: Option<WithinRun>| match ratio {
        Some(ratio) => {
            let [estimate, low, high] =
                [ratio.ratio, ratio.low, ratio.high].map(|ratio| signed(ratio - 1.0, "%"));
            format!("    {name} {estimate} ({low} to {high})\n")
        }
        None => format!("    {name}: fewer than {BATCHES_MIN} seconds of figures\n"),
    };
    format!("  {CAUTION}:\n{}{}", line("rps", rps), line("p99 of a second", p99))
}

fn told(doubts: &[String]) -> String {
    let mut text: String = doubts
        .iter()
        .take(DOUBTS_TOLD)
        .map(|doubt| format!("  - {}\n", one_line(doubt, usize::MAX)))
        .collect();
    if doubts.len() > DOUBTS_TOLD {
        text += &format!("  - and {} more\n", doubts.len() - DOUBTS_TOLD);
    }
    text
}
