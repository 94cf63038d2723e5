//! A run while it goes on: one screen in a terminal, lines of text elsewhere.
//!
//! Whoever measures makes a [`Snapshot`] each second, and shows it again as time goes on, on a [`Screen`], from a thread that sends no requests:
//! drawing takes about a millisecond.
//!
//! # Invariants
//!
//! - What is shown is what the saved run will say; nothing is smoothed.
//! - However it ends, the terminal is as it was.

mod drawing;
mod lights;
mod plain;
mod terminal;

use crate::measure::run::{Distribution, Plan, Second, Totals};

pub(crate) use plain::Lines;
pub(crate) use terminal::Terminal;

use super::Outputs;

/// How a run stands.
#[derive(Debug, Clone)]
pub struct Snapshot {
    /// Seconds from the beginning.
    pub at_s: f64,
    /// How long requests are due; nothing when it ends with their number.
    pub planned_s: Option<f64>,
    /// What is going on.
    pub phase: Phase,
    /// The last whole second.
    pub last: Second,
    /// So far, warm-up left out; `by_status` and `by_error` with it.
    pub totals: Totals,
    /// Response so far, warm-up left out.
    pub response: Distribution,
}

/// What is going on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// What counts for nothing.
    WarmUp,
    /// What counts.
    Measuring,
    /// No request is due any more; the last answers are awaited.
    Draining,
}

/// What the person at the screen wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wish {
    /// Nothing.
    GoOn,
    /// The end, with a report of what there is: exit code 130.
    Stop,
}

/// Where a run is shown. Dropped, it is gone and the terminal is as it was.
pub trait Screen: Send {
    /// Shows it. Whether it could is not told: a terminal that went away stops no measurement.
    fn show(&mut self, snapshot: &Snapshot) -> Wish;
}

/// The screen of a terminal if there is one and it is wanted; lines on standard error otherwise.
#[must_use]
pub fn screen(plan: &Plan, cpus: u32, outputs: &Outputs) -> Box<dyn Screen> {
    if outputs.is_plain() {
        return Box::new(Lines::new(cpus));
    }
    match Terminal::open(plan, cpus) {
        Ok(terminal) => Box::new(terminal),
        Err(_no_terminal) => Box::new(Lines::new(cpus)),
    }
}

impl Phase {
    /// In a few words.
    const fn told(self) -> &'static str {
        match self {
            Self::WarmUp => "warm-up",
            Self::Measuring => "measuring",
            Self::Draining => "waiting for the last answers",
        }
    }
}

#[cfg(test)]
mod tests;
