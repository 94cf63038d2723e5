//! What a run has shown, in lines for people and as JSON.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

use check::{Kind, Report};
use serde_json::{Value, json};

use super::FULL_RUN_SECONDS;
use super::hard_paths::HardPaths;
use super::kills::Kills;
use super::shape::Shape;

/// How many anomalies of one kind are printed; the verdict's file has more.
const SHOWN_PER_KIND: usize = 5;

/// The result of a run.
#[derive(Debug)]
pub(crate) struct Verdict {
    pub(crate) seed: u64,
    pub(crate) shape: Shape,
    pub(crate) seconds: u64,
    pub(crate) kills: Kills,
    pub(crate) hard_paths: HardPaths,
    /// What should not have happened and is no anomaly of a history.
    pub(crate) trouble: Vec<String>,
    pub(crate) report: Report,
    /// Where logs, data and histories are, if they were kept.
    pub(crate) folder: Option<PathBuf>,
}

/// What is no text, and must have been done.
const CHANGES: [&str; 8] =
    ["edit", "delete", "react", "create", "member", "describe", "expire", "erase"];

impl Verdict {
    /// Histories that are not there prove nothing.
    pub(crate) fn missing_clients(&mut self, sessions: u16, doors: usize) {
        let counts = &self.report.counts;
        let mut expect = |what: &str, found: u64, least: u64| {
            if found < least {
                self.trouble.push(format!("{what}: {found}, expected at least {least}"));
            }
        };
        expect("histories of clients", counts.clients, u64::from(sessions));
        expect("final reads", counts.finals, u64::try_from(doors).unwrap_or(u64::MAX));
        expect("messages acknowledged", counts.acknowledged, 1);
        if counts.without_end > 0 {
            self.trouble.push(format!("{} histories have no end", counts.without_end));
        }
    }

    /// Every promise held, and the run was hard enough to tell.
    pub(crate) fn is_green(&self) -> bool {
        self.report.is_green() && self.trouble.is_empty() && self.never_met().is_empty()
    }

    /// Hard paths that a run of this length must meet and did not.
    fn never_met(&self) -> Vec<&'static str> {
        if self.seconds < FULL_RUN_SECONDS {
            return Vec::new();
        }
        let mut never = self.hard_paths.never_met();
        let counts = &self.report.counts;
        never.extend(CHANGES.into_iter().filter(|kind| !counts.changes.contains_key(*kind)));
        if counts.removed == 0 {
            never.push("subscriptions ended by a removal");
        }
        if counts.results.is_none_or(|results| results.late_answers == 0) {
            never.push("answers in the place of guesses");
        }
        if counts.results.is_none_or(|results| results.exact == 0) {
            never.push("conversations counted exactly");
        }
        if counts.tickets == 0 {
            never.push("connections opened by a ticket");
        }
        never
    }

    pub(crate) fn to_json(&self) -> Value {
        let hard_paths: BTreeMap<&str, u64> = self.hard_paths.counts().collect();
        json!({
            "green": self.is_green(),
            "seed": self.seed,
            "gateways": self.shape.gateways,
            "hubs": self.shape.hubs,
            "memory_bytes": self.shape.memory_bytes,
            "mutant": self.shape.mutant,
            "seconds": self.seconds,
            "kills": self.kills.to_json(),
            "hard_paths": hard_paths,
            "never_met": self.never_met(),
            "trouble": self.trouble,
            "folder": self.folder,
            "report": self.report,
        })
    }
}

impl fmt::Display for Verdict {
    /// What was wrong, then what was met, then one line that says it all.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown: BTreeMap<Kind, usize> = BTreeMap::new();
        for anomaly in &self.report.anomalies {
            let shown = shown.entry(anomaly.kind).or_default();
            *shown += 1;
            if *shown <= SHOWN_PER_KIND {
                writeln!(f, "{anomaly}")?;
            }
        }
        for (kind, total) in &self.report.totals {
            writeln!(f, "{kind}: {total} in all")?;
        }
        for trouble in &self.trouble {
            writeln!(f, "trouble: {trouble}")?;
        }
        for what in self.never_met() {
            writeln!(f, "hard path never met: {what}")?;
        }
        writeln!(f, "killed: {}", self.kills)?;
        let met: Vec<String> =
            self.hard_paths.counts().map(|(what, count)| format!("{what} {count}")).collect();
        writeln!(f, "met: {}", met.join(", "))?;
        let changes: Vec<String> = self
            .report
            .counts
            .changes
            .iter()
            .map(|(kind, count)| format!("{kind} {count}"))
            .collect();
        let counts = &self.report.counts;
        writeln!(
            f,
            "changed: {}; subscriptions ended by a removal {}; connections opened by a ticket {}",
            changes.join(", "),
            counts.removed,
            counts.tickets
        )?;
        if let Some(results) = &counts.results {
            writeln!(
                f,
                "understood: {} texts, {} by the service, {} given up; {} results, {} in the place of \
                 guesses; {} conversations counted exactly, {} of which something is gone",
                results.texts,
                results.full,
                results.dead,
                results.facts,
                results.late_answers,
                results.exact,
                results.bounded,
            )?;
        }
        write!(
            f,
            "crash run: {}, seed {}, {} messages acknowledged, {} delivered, {} kills, {} stops, \
             {} connections, {} s, {} gateways, {} hubs",
            if self.is_green() { "green" } else { "RED" },
            self.seed,
            counts.acknowledged,
            counts.delivered,
            self.kills.total(),
            self.kills.stops,
            counts.connections,
            self.seconds,
            self.shape.gateways,
            self.shape.hubs,
        )?;
        if let Some(folder) = &self.folder {
            write!(f, ", kept in {}", folder.display())?;
        }
        writeln!(f)
    }
}

#[cfg(test)]
mod tests;
