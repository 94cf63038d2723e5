//! A run in lines on standard error, for pipelines: standard output is for the result.

use std::io::Write as _;

use super::lights::{Light, lights};
use super::{Screen, Snapshot, Wish};
use crate::report::units;

/// Seconds between two lines.
const EVERY_S: f64 = 5.0;

/// The last line was at this time.
pub(crate) struct Lines {
    cpus: u32,
    told_at_s: f64,
}

impl Lines {
    /// Of a generator with so many processors.
    pub(crate) const fn new(cpus: u32) -> Self {
        Self { cpus, told_at_s: 0.0 }
    }

    /// The line that is due, if one is.
    pub(super) fn line(&mut self, snapshot: &Snapshot) -> Option<String> {
        if snapshot.at_s < self.told_at_s + EVERY_S {
            return None;
        }
        self.told_at_s = snapshot.at_s;
        let last = &snapshot.last;
        let [p50, _, p99, _] = last.response_us.map(units::time_us);
        let [done, failed] = [last.done, last.failed].map(units::count);
        Some(format!(
            "{:>6.0} s  {}  {done}/s done  {failed}/s failed  p50 {p50}  p99 {p99}  {} in flight  {}",
            snapshot.at_s,
            snapshot.phase.told(),
            units::count(last.in_flight),
            self.generator(snapshot),
        ))
    }

    /// Only what is not fine.
    fn generator(&self, snapshot: &Snapshot) -> String {
        let lights = lights(&snapshot.last.client, self.cpus);
        let bad: Vec<_> = lights
            .iter()
            .filter(|lit| lit.light == Light::Red)
            .map(|lit| format!("{} {}", lit.name, lit.told))
            .collect();
        if bad.is_empty() {
            "generator ✔".to_owned()
        } else {
            format!("generator ✘ {}", bad.join(", "))
        }
    }
}

impl Screen for Lines {
    fn show(&mut self, snapshot: &Snapshot) -> Wish {
        if let Some(line) = self.line(snapshot) {
            // Whoever read it may have gone.
            drop(writeln!(std::io::stderr().lock(), "{line}"));
        }
        Wish::GoOn
    }
}
