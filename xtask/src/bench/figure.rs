//! Figures: what was measured, beside what was promised.

use std::fmt;
use std::path::Path;

use anyhow::{Context, Result};
use serde_json::{Value, json};

use super::machine;

/// One figure.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Figure {
    pub(super) name: String,
    pub(super) measured: f64,
    pub(super) unit: &'static str,
    /// At most this; `None` is shown for what it tells, without a promise.
    pub(super) target: Option<f64>,
    /// What else one needs to know.
    pub(super) note: String,
    /// The machine's load average when it was taken.
    pub(super) load: f64,
}

/// What a bench has found.
#[derive(Debug)]
pub(super) struct Report {
    name: &'static str,
    is_quick: bool,
    conditions: Value,
    figures: Vec<Figure>,
    details: Vec<Value>,
}

impl Report {
    #[expect(clippy::print_stdout, reason = "a bench talks to the person who started it")]
    pub(super) fn new(name: &'static str, is_quick: bool) -> Result<Self> {
        let conditions = machine::conditions();
        println!("{name}: {conditions}");
        if is_quick {
            println!("  --quick: this shows that it works; it measures nothing");
        }
        Ok(Self { name, is_quick, conditions, figures: Vec::new(), details: Vec::new() })
    }

    /// Shows a figure and keeps it.
    #[expect(clippy::print_stdout, reason = "a bench talks to the person who started it")]
    pub(super) fn figure(
        &mut self,
        name: &str,
        (measured, unit): (f64, &'static str),
        target: Option<f64>,
        note: impl Into<String>,
    ) {
        let name = format!("{}.{name}", self.name);
        let load = machine::load();
        let figure = Figure { name, measured, unit, target, note: note.into(), load };
        println!("{figure}");
        self.figures.push(figure);
    }

    /// Date, machine and commit: the line above a table.
    pub(super) fn conditions_line(&self, load_before: f64, rounds: u64) -> String {
        let text = |name: &str| self.conditions[name].as_str().unwrap_or("?").to_owned();
        format!(
            "{}, {}, {} cores ({}), Linux {}. Load average before {load_before:.1}, after {:.1}; medians of {rounds}.",
            text("date"),
            text("commit"),
            self.conditions["cpus"],
            text("cpu"),
            text("kernel"),
            machine::load(),
        )
    }

    /// Says what is being done.
    #[expect(clippy::print_stdout, reason = "a bench talks to the person who started it")]
    pub(super) fn say(&self, what: &str) {
        println!("  {what}");
    }

    /// Keeps what a figure came from.
    pub(super) fn detail(&mut self, detail: Value) {
        self.details.push(detail);
    }

    /// Writes all into `NAME.json`.
    pub(super) fn write(&self, folder: &Path) -> Result<()> {
        let path = folder.join(format!("{}.json", self.name));
        let figures: Vec<Value> = self.figures.iter().map(Figure::to_json).collect();
        let all = json!({
            "bench": self.name,
            "quick": self.is_quick,
            "conditions": self.conditions,
            "figures": figures,
            "details": self.details,
        });
        std::fs::write(&path, format!("{all:#}\n")).with_context(|| path.display().to_string())?;
        self.say(&format!("written to {}", path.display()));
        Ok(())
    }
}

impl Figure {
    /// `None` without a target.
    fn is_met(&self) -> Option<bool> {
        self.target.map(|target| self.measured <= target)
    }

    fn to_json(&self) -> Value {
        json!({
            "name": self.name,
            "measured": self.measured,
            "unit": self.unit,
            "target_at_most": self.target,
            "met": self.is_met(),
            "note": self.note,
            "load": self.load,
        })
    }
}

impl fmt::Display for Figure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, measured, unit, target, note, load } = self;
        let target = target.map_or("–".to_owned(), |target| format!("≤ {}", round(target)));
        let met = match self.is_met() {
            Some(true) => "met",
            Some(false) => "MISSED",
            None => "–",
        };
        let measured = format!("{} {unit}", round(*measured));
        write!(f, "{name:<34} {measured:>14}  {target:>9}  {met:<6}  load {load:.1}")?;
        if note.is_empty() { Ok(()) } else { write!(f, "  {note}") }
    }
}

/// The one in the middle, or the lower one of the two there; 0 of nothing.
pub(super) fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len().saturating_sub(1) / 2).copied().unwrap_or(0.0)
}

/// Three digits that mean something.
fn round(value: f64) -> String {
    match value.abs() {
        small if small < 10.0 => format!("{value:.2}"),
        middle if middle < 100.0 => format!("{value:.1}"),
        _ => format!("{value:.0}"),
    }
}

#[cfg(test)]
mod tests;
