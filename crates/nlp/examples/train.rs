//! Learns the heads of the small model from the labelled messages, and says how often what was learned is
//! right on messages that it was not learned from, as `docs/nlp.md` has it. Both go to `crates/nlp/models`.
//! No dice: the same vectors give the same heads, to the bit.
//!
//! ```sh
//! make setup-models
//! cargo run --release -p nlp --features models --example train -- data-models
//! ```

#[path = "../tests/it/score.rs"]
mod score;

use std::error::Error;
use std::io::Write as _;
use std::path::Path;
use std::time::Instant;

use nlp::{FEATURES, Head, topic_of};

use score::{Task, rows, tables};

/// The tasks that enough messages have labels of.
const TASKS: [&str; 2] = ["sentiment", "topic"];

/// A label of fewer messages is left to the lists.
const LABEL_MIN: usize = 10;

/// What a weight may cost: one is worth its square over twice this.
const FREEDOM: f64 = 3.0;

/// Messages of one conversation are never on both sides, so that it is not learned who speaks.
const FOLDS: usize = 5;

/// Far more than it takes until nothing moves in the fourth decimal.
const STEPS: usize = 1_500;

/// A labelled message.
struct Example {
    label: &'static str,
    features: Vec<f32>,
}

fn main() -> Result<(), Box<dyn Error + Send + Sync>> {
    let folder = std::env::args_os().nth(1).ok_or("say in which folder the model is")?;
    let encoder = nlp::Encoder::load(&Path::new(&folder).join("model.onnx"))?;
    let begun = Instant::now();
    let features: Result<Vec<_>, _> = rows().map(|row| nlp::features(&encoder, row[6])).collect();
    let features = features?;
    let each = begun.elapsed() / u32::try_from(features.len())?;
    writeln!(std::io::stderr(), "{} messages, {each:?} each on one processor", features.len())?;
    for task in TASKS {
        let file = format!("{}/models/{task}.txt", env!("CARGO_MANIFEST_DIR"));
        std::fs::write(file, head(task, &features).written())?;
    }
    let figures = report(&features);
    std::fs::write(concat!(env!("CARGO_MANIFEST_DIR"), "/models/figures.md"), &figures)?;
    std::io::stdout().write_all(figures.as_bytes())?;
    Ok(())
}

/// How often what was learned is right, as Markdown.
fn report(features: &[Vec<f32>]) -> String {
    tables(&TASKS.map(|name| {
        let pairs = out_of_fold(name, &examples(name, features));
        Task { name, pairs, by: "model" }
    }))
}

/// What is learned from all of them.
fn head(task: &str, features: &[Vec<f32>]) -> Head {
    let examples = examples(task, features);
    let all: Vec<&Example> = examples.iter().collect();
    solved(&all, &labels(&examples))
}

/// The weights where the loss is least: there is one such place, and Nesterov's steps lead to it.
fn solved(examples: &[&Example], labels: &[&'static str]) -> Head {
    let problem = Problem::new(examples, labels);
    let none = vec![vec![0.0; FEATURES + 1]; labels.len()];
    let (mut weights, mut before) = (none.clone(), none.clone());
    let curvature = curvature(&problem);
    let root = (curvature * FREEDOM).sqrt();
    let momentum = (root - 1.0) / (root + 1.0);
    for _ in 0..STEPS {
        let ahead = plus(&weights, &weights, &before, momentum);
        before = weights;
        weights = plus(&ahead, &none, &problem.slope(&ahead), 1.0 / curvature);
    }
    let weights = weights.into_iter().map(|row| row.into_iter().map(narrow).collect());
    Head::new(labels.iter().map(|label| (*label).to_owned()).collect(), weights.collect())
}

/// No slope changes faster than this.
fn curvature(problem: &Problem<'_>) -> f64 {
    let squares = |(example, _, weight): &(&Example, usize, f64)| {
        let square: f64 = example.features.iter().map(|x| f64::from(*x).powi(2)).sum();
        0.5 * weight * (1.0 + square)
    };
    problem.examples.iter().map(squares).sum::<f64>() + 1.0 / FREEDOM
}

/// Of each message its label and what is said of it by what was learned from the other folds.
fn out_of_fold(task: &str, examples: &[Example]) -> Vec<(&'static str, String)> {
    let (labels, folds) = (labels(examples), folds());
    let heads: Vec<Head> = (0..FOLDS)
        .map(|fold| {
            let others = examples.iter().zip(&folds).filter(|(_, other)| **other != fold);
            let others: Vec<&Example> = others.map(|(example, _)| example).collect();
            solved(&others, &labels)
        })
        .collect();
    let messages = rows().zip(examples).zip(folds);
    messages
        .map(|((row, example), fold)| (example.label, said(task, &heads[fold], row[6], example)))
        .collect()
}

fn said(task: &str, head: &Head, text: &str, example: &Example) -> String {
    if task != "topic" {
        return head.likeliest(&example.features).to_owned();
    }
    let topic = topic_of(head, &example.features, lexicon::topic(text));
    if topic.is_empty() { "none".to_owned() } else { topic }
}

/// Of each message: conversations have one after the other.
fn folds() -> Vec<usize> {
    let mut conversations: Vec<&str> = Vec::new();
    let mut fold = |row: Vec<&'static str>| {
        let known = conversations.iter().position(|known| *known == row[0]);
        known.unwrap_or_else(|| {
            conversations.push(row[0]);
            conversations.len() - 1
        }) % FOLDS
    };
    rows().map(&mut fold).collect()
}

/// `from + share × (more − less)`.
fn plus(from: &[Vec<f64>], more: &[Vec<f64>], less: &[Vec<f64>], share: f64) -> Vec<Vec<f64>> {
    let rows = from.iter().zip(more.iter().zip(less));
    let row = |(from, (more, less)): (&Vec<f64>, (&Vec<f64>, &Vec<f64>))| {
        let cells = from.iter().zip(more.iter().zip(less));
        cells.map(|(from, (more, less))| from + share * (more - less)).collect()
    };
    rows.map(row).collect()
}

#[expect(clippy::cast_possible_truncation, reason = "a weight near one")]
fn narrow(weight: f64) -> f32 {
    weight as f32
}

/// The labelled messages, as one task sees them.
fn examples(task: &str, features: &[Vec<f32>]) -> Vec<Example> {
    let column = if task == "topic" { 3 } else { 2 };
    let labelled = rows().zip(features);
    labelled
        .map(|(row, features)| Example { label: row[column], features: features.clone() })
        .collect()
}

/// What is learned of examples, but of labels that are too few.
struct Problem<'a> {
    /// With the place of its label and its weight: of rare labels each counts more.
    examples: Vec<(&'a Example, usize, f64)>,
}

impl<'a> Problem<'a> {
    /// `labels` are those that are learned: [`labels`] of all there are.
    fn new(examples: &[&'a Example], labels: &[&'static str]) -> Self {
        let place = |example: &Example| labels.iter().position(|label| *label == example.label);
        let placed: Vec<_> = examples.iter().filter_map(|e| Some((*e, place(e)?))).collect();
        let total = placed.len() as f64;
        let weights: Vec<f64> = (0..labels.len())
            .map(|at| placed.iter().filter(|(_, place)| *place == at).count() as f64)
            .map(|count| (total / (labels.len() as f64 * count.max(1.0))).sqrt())
            .collect();
        let examples = placed.into_iter().map(|(e, place)| (e, place, weights[place])).collect();
        Self { examples }
    }

    /// How the loss changes with each weight: nothing where it is least.
    fn slope(&self, weights: &[Vec<f64>]) -> Vec<Vec<f64>> {
        let mut slope: Vec<Vec<f64>> = weights
            .iter()
            .map(|row| {
                row.iter().enumerate().map(|(at, w)| if at == 0 { 0.0 } else { w / FREEDOM })
            })
            .map(Iterator::collect)
            .collect();
        for (example, place, weight) in &self.examples {
            let chances = chances(weights, &example.features);
            for (at, row) in slope.iter_mut().enumerate() {
                let off = weight * (chances[at] - if at == *place { 1.0 } else { 0.0 });
                row[0] += off;
                for (slope, feature) in row[1..].iter_mut().zip(&example.features) {
                    *slope += off * f64::from(*feature);
                }
            }
        }
        slope
    }
}

/// The labels that enough examples have.
fn labels(examples: &[Example]) -> Vec<&'static str> {
    let count = |label: &str| examples.iter().filter(|example| example.label == label).count();
    let mut labels: Vec<&'static str> = examples.iter().map(|example| example.label).collect();
    labels.sort_unstable();
    labels.dedup();
    labels.retain(|label| count(label) >= LABEL_MIN);
    labels
}

fn chances(weights: &[Vec<f64>], features: &[f32]) -> Vec<f64> {
    let sum = |row: &Vec<f64>| {
        row[0] + row[1..].iter().zip(features).map(|(w, x)| w * f64::from(*x)).sum::<f64>()
    };
    let sums: Vec<f64> = weights.iter().map(sum).collect();
    let most = sums.iter().copied().fold(f64::MIN, f64::max);
    let shares: Vec<f64> = sums.iter().map(|sum| (sum - most).exp()).collect();
    let all: f64 = shares.iter().sum();
    shares.into_iter().map(|share| share / all).collect()
}
