//! How often the lexicon is right on messages that were labelled by reading: `labels/README.md`.
//!
//! The example `evaluate` prints this, and a test sees that `docs/nlp.md` says it.

use std::fmt::Write as _;

use crate::score::{Task, rows, tables};

/// VADER's authors take a compound score from −0.05 to 0.05 for neutral, both ends excluded.
const NEUTRAL_BELOW_MICROS: u32 = 50_000;

/// From here on a text is taken for urgent, or for rude.
const ALARM_MICROS: u32 = 500_000;

/// Of the confidence in a language; whatlang calls what is above it reliable.
const SURE: f64 = 0.9;

/// What stands for an empty label.
const NONE: &str = "none";

/// The figures, as Markdown.
pub(crate) fn report() -> String {
    let mut out = tables(&tasks());
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

fn tasks() -> Vec<Task> {
    let task = |name, column: usize, said: fn(&str) -> String| {
        let pairs = rows().map(|row| (row[column], said(row[6])));
        Task { name, pairs: pairs.collect(), by: "lexicon" }
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
