//! A run while it goes on: one screen in a terminal, lines of text elsewhere.
//!
//! Whoever measures makes a [`Snapshot`] each 100 to 500 ms and gives it to a [`Screen`], from a thread that sends no
//! requests: drawing takes about a millisecond.
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
    /// How long it will take.
    pub planned_s: f64,
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
    /// A step of a ladder.
    Step {
        /// The first is 1.
        number: usize,
        /// Steps that are planned.
        of: usize,
        /// Open at once.
        connections: u32,
    },
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
    fn told(self) -> String {
        match self {
            Self::WarmUp => "warm-up".to_owned(),
            Self::Measuring => "measuring".to_owned(),
            Self::Draining => "waiting for the last answers".to_owned(),
            Self::Step { number, of, connections } => {
                format!("step {number} of {of}: {connections} connections")
            }
        }
    }
}

#[cfg(test)]
mod tests;
