//! The table of all servers, for people.

use std::collections::BTreeMap;

use serde_json::Value;

use super::peer::Peer;
use super::run::Mode;
use crate::bench::figure::{Report, median};

const HEAD: &str = "\
| server | saturated: deliveries/s | server CPU | client CPU | 100 messages/s: p50, p99 | server CPU | client CPU | reach | a delivery | RSS |
|---|---|---|---|---|---|---|---|---|---|
";

/// What was found, by server and mode.
#[derive(Debug, Default)]
pub(super) struct Rows(BTreeMap<(&'static str, Mode), Vec<Value>>);

impl Rows {
    pub(super) fn add(&mut self, name: &'static str, mode: Mode, total: Value) {
        self.0.entry((name, mode)).or_default().push(total);
    }

    /// Of all rounds.
    pub(super) fn median(&self, name: &'static str, mode: Mode, pointer: &str) -> Option<f64> {
        let values = self.values(name, mode, pointer);
        (!values.is_empty()).then(|| median(&values))
    }

    /// The table, with its conditions above.
    pub(super) fn table(&self, peers: &[Peer], load_before: f64, report: &Report) -> String {
        let rounds = self.0.values().map(Vec::len).max().unwrap_or(0);
        let mut table = format!("{}\n\n{HEAD}", report.conditions_line(load_before, rounds as u64));
        for peer in peers {
            table.push_str(&self.row(peer.name()));
        }
        table
    }

    fn row(&self, name: &'static str) -> String {
        use Mode::{Moderate, Saturated};
        let cell = |mode, pointer: &str, digits: usize| {
            let found = self.median(name, mode, pointer);
            found.map_or("–".to_owned(), |value| format!("{value:.digits$}"))
        };
        let cpu = |mode, of: &str| cell(mode, &format!("/{of}/cpu_us_per_delivery"), 2);
        let reach = [Moderate, Saturated].map(|mode| self.values(name, mode, "/reach"));
        let reach = reach.concat().into_iter().fold(f64::INFINITY, f64::min);
        let memory = self.median(name, Moderate, "/server/memory_bytes");
        let memory =
            memory.map_or("–".to_owned(), |bytes| format!("{:.0} MiB", bytes / 1_048_576.0));
        format!(
            "| {name} | {} | {} µs | {} µs | {}, {} ms | {} µs | {} µs | {} | {} B | {memory} |\n",
            cell(Saturated, "/deliveries_per_second", 0),
            cpu(Saturated, "server"),
            cpu(Saturated, "client"),
            cell(Moderate, "/from_due_ms/p50", 2),
            cell(Moderate, "/from_due_ms/p99", 2),
            cpu(Moderate, "server"),
            cpu(Moderate, "client"),
            if reach.is_finite() { format!("{:.2} %", reach * 100.0) } else { "–".to_owned() },
            cell(Moderate, "/bytes_per_delivery", 0),
        )
    }

    fn values(&self, name: &'static str, mode: Mode, pointer: &str) -> Vec<f64> {
        let totals = self.0.get(&(name, mode)).map(Vec::as_slice).unwrap_or_default();
        totals.iter().filter_map(|total| total.pointer(pointer)?.as_f64()).collect()
    }
}

#[cfg(test)]
mod tests;
