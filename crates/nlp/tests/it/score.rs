//! How often something is right on messages that were labelled by reading: `labels/README.md`.

use std::collections::BTreeSet;
use std::fmt::Write as _;

const LABELLED: &str = include_str!("../../labels/chat.tsv");

/// A table with more columns is not read by anyone.
const COLUMNS_MAX: usize = 12;

/// One label of each message, and what was said.
pub(crate) struct Task {
    pub(crate) name: &'static str,
    pub(crate) pairs: Vec<(&'static str, String)>,
    pub(crate) by: &'static str,
}

/// The figures of each task, and then which label was taken for which.
pub(crate) fn tables(tasks: &[Task]) -> String {
    let mut out = String::new();
    out += "| task | messages | right | accuracy (95 %) | macro-F1 | always the commonest label: accuracy, macro-F1 |\n";
    out += "|---|---|---|---|---|---|\n";
    for task in tasks {
        task.line(&mut out);
    }
    for task in tasks {
        task.confusion(&mut out);
    }
    out
}

pub(crate) fn rows() -> impl Iterator<Item = Vec<&'static str>> {
    let rows = LABELLED.lines().filter(|line| !line.starts_with('#'));
    rows.map(|line| line.split('\t').collect())
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
            by: self.by,
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
        let _ =
            writeln!(out, "\n{}: a line a label, a column what the {} said\n", self.name, self.by);
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
