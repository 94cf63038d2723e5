//! How often the lexicon is right on messages that were labelled by reading: `labels/README.md`.
//!
//! The example `evaluate` prints this, and a test sees that `docs/nlp.md` says it.

use std::collections::BTreeSet;
use std::fmt::Write as _;

const LABELLED: &str = include_str!("../../labels/chat.tsv");

/// VADER's authors take a compound score from −0.05 to 0.05 for neutral, both ends excluded.
const NEUTRAL_BELOW_MICROS: u32 = 50_000;

/// From here on a text is taken for urgent, or for rude.
const ALARM_MICROS: u32 = 500_000;

/// Of the confidence in a language; whatlang calls what is above it reliable.
const SURE: f64 = 0.9;

/// A table with more columns is not read by anyone.
const COLUMNS_MAX: usize = 12;

/// What stands for an empty label.
const NONE: &str = "none";

/// One label of each message, and what was said.
struct Task {
    name: &'static str,
    pairs: Vec<(&'static str, String)>,
}

/// The figures, as Markdown.
pub(crate) fn report() -> String {
    let mut out = String::new();
    let tasks = tasks();
    out += "| task | messages | right | accuracy (95 %) | macro-F1 | always the commonest label: accuracy, macro-F1 |\n";
    out += "|---|---|---|---|---|---|\n";
    for task in &tasks {
        task.line(&mut out);
    }
    for task in &tasks {
        task.confusion(&mut out);
    }
    let (right, sure) = sure_languages();
    let _ =
        writeln!(out, "\nlanguage, with a confidence above {SURE}: {sure} messages, {right} right");
    out
}

/// How many guesses at a language are right, and how many there are, of those that are sure.
fn sure_languages() -> (usize, usize) {
    let guesses = rows().filter_map(|row| Some((row[5], lexicon::language(row[6])?)));
    let sure: Vec<bool> = guesses
        .filter(|(_, guess)| guess.confidence > SURE)
        .map(|(label, guess)| label == guess.code)
        .collect();
    (sure.iter().filter(|right| **right).count(), sure.len())
}

fn rows() -> impl Iterator<Item = Vec<&'static str>> {
    let rows = LABELLED.lines().filter(|line| !line.starts_with('#'));
    rows.map(|line| line.split('\t').collect())
}

fn tasks() -> Vec<Task> {
    let task = |name, column: usize, said: fn(&str) -> String| {
        let pairs = rows().map(|row| (row[column], said(row[6])));
        Task { name, pairs: pairs.collect() }
    };
    vec![
        task("sentiment", 2, sentiment),
        task("topic", 3, |text| or_none(lexicon::topic(text))),
        task("urgent", 4, |text| {
            let urgent = lexicon::guess(text).urgency_micros >= ALARM_MICROS;
            if urgent { "yes" } else { "no" }.to_owned()
        }),
        task("language", 5, |text| or_none(lexicon::language(text).map_or("", |guess| guess.code))),
    ]
}

fn sentiment(text: &str) -> String {
    let micros = lexicon::guess(text).sentiment_micros;
    match micros.signum() {
        _ if micros.unsigned_abs() < NEUTRAL_BELOW_MICROS => "neutral",
        1 => "positive",
        _ => "negative",
    }
    .to_owned()
}

fn or_none(label: &str) -> String {
    if label.is_empty() { NONE } else { label }.to_owned()
}

impl Task {
    fn line(&self, out: &mut String) {
        let (right, total) = (self.count(|label, said| label == said), self.pairs.len());
        let (least, most) = wilson(right, total);
        let commonest = self.commonest();
        let base = self.count(|label, _| label == commonest);
        let always = Self {
            name: self.name,
            pairs: self.pairs.iter().map(|(label, _)| (*label, commonest.to_owned())).collect(),
        };
        let _ = writeln!(
            out,
            "| {} | {total} | {right} | **{:.1} %** ({least:.1} to {most:.1}) | **{}** | {:.1} %, {} |",
            self.name,
            share(right, total),
            self.macro_f1(),
            share(base, total),
            always.macro_f1(),
        );
    }

    fn confusion(&self, out: &mut String) {
        let labels = self.labels();
        let said: BTreeSet<&str> = self.pairs.iter().map(|(_, said)| said.as_str()).collect();
        if said.len() > COLUMNS_MAX {
            return;
        }
        let _ = writeln!(out, "\n{}: a line a label, a column what the lexicon said\n", self.name);
        let _ = writeln!(out, "| | {} |", said.iter().copied().collect::<Vec<_>>().join(" | "));
        let _ = writeln!(out, "|---|{}", "---|".repeat(said.len()));
        for label in labels {
            let cells = said.iter().map(|said| self.count(|l, s| l == label && s == *said));
            let cells: Vec<String> = cells.map(|count| count.to_string()).collect();
            let _ = writeln!(out, "| **{label}** | {} |", cells.join(" | "));
        }
    }

    /// The mean of the F1 of each label that messages have; of one label alone it says nothing.
    fn macro_f1(&self) -> String {
        let labels = self.labels();
        if labels.len() == 1 {
            return "–".to_owned();
        }
        let f1 = |label: &&str| {
            let both = self.count(|l, said| l == *label && said == *label);
            let either = self.count(|l, _| l == *label) + self.count(|_, said| said == *label);
            2.0 * both as f64 / either as f64
        };
        format!("{:.2}", labels.iter().map(f1).sum::<f64>() / labels.len() as f64)
    }

    fn labels(&self) -> BTreeSet<&'static str> {
        self.pairs.iter().map(|(label, _)| *label).collect()
    }

    fn commonest(&self) -> &'static str {
        let labels = self.labels().into_iter();
        labels.max_by_key(|label| self.count(|l, _| l == *label)).expect("there are messages")
    }

    fn count(&self, is: impl Fn(&str, &str) -> bool) -> usize {
        self.pairs.iter().filter(|(label, said)| is(label, said)).count()
    }
}

fn share(part: usize, of: usize) -> f64 {
    100.0 * part as f64 / of as f64
}

/// Wilson's interval, in percent: where the accuracy lies, 19 times in 20.
fn wilson(right: usize, total: usize) -> (f64, f64) {
    const Z: f64 = 1.959_964;
    let (n, p) = (total as f64, right as f64 / total as f64);
    let middle = p + Z * Z / (2.0 * n);
    let half = Z * (p * (1.0 - p) / n + Z * Z / (4.0 * n * n)).sqrt();
    let scale = 100.0 / (1.0 + Z * Z / n);
    ((middle - half) * scale, (middle + half) * scale)
}
