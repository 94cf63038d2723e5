//! What the checker hands back.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{Anomaly, Kind, Results};

/// How many anomalies of one kind are told in full; the others are only counted.
pub const KEPT_PER_KIND: usize = 50;

/// What was read. A run that looks green because nothing happened shows here.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Histories of clients.
    pub clients: u64,
    /// Final reads.
    pub finals: u64,
    /// Histories that end without an `end` line: their clients were cut short.
    pub without_end: u64,
    /// Lines.
    pub lines: u64,
    /// Last lines that a crash tore.
    pub torn_lines: u64,
    /// Connections opened.
    pub connections: u64,
    /// `send`s, repeats included.
    pub sends: u64,
    /// Different ids among them.
    pub said: u64,
    /// Different ids that were acknowledged.
    pub acknowledged: u64,
    /// Acknowledgements with `duplicate: true`.
    pub duplicates: u64,
    /// Subscriptions that were answered.
    pub subscriptions: u64,
    /// Of these, those from a position or the device's cursor.
    pub resumed: u64,
    /// Cumulative acknowledgements by readers.
    pub acks: u64,
    /// Messages delivered to subscriptions.
    pub delivered: u64,
    /// Messages read in pages, final reads included.
    pub paged: u64,
    /// Conversations.
    pub conversations: u64,
    /// Different things that readers saw and that are no texts, by kind.
    pub changes: BTreeMap<String, u64>,
    /// Subscriptions that ended because their user was removed.
    pub removed: u64,
    /// Connections that a ticket opened.
    pub tickets: u64,
    /// Frames of a type that the checker does not know.
    pub unknown_frames: u64,
    /// Problems, by code.
    pub problems: BTreeMap<String, u64>,
    /// What a data directory says of results, if one was read.
    pub results: Option<Results>,
}

/// The verdict and its reasons.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// Broken promises, by kind, at most [`KEPT_PER_KIND`] of each.
    pub anomalies: Vec<Anomaly>,
    /// How many there are of each kind.
    pub totals: BTreeMap<Kind, u64>,
    /// What was read.
    pub counts: Counts,
}

impl Report {
    /// Nothing was wrong.
    pub fn is_green(&self) -> bool {
        self.totals.is_empty()
    }

    /// How many of this kind there are.
    pub fn total(&self, kind: Kind) -> u64 {
        self.totals.get(&kind).copied().unwrap_or(0)
    }
}

impl fmt::Display for Report {
    /// One line an anomaly, then one line of what was read.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for anomaly in &self.anomalies {
            writeln!(f, "{anomaly}")?;
        }
        for (kind, total) in &self.totals {
            let kept = u64::try_from(KEPT_PER_KIND).unwrap_or(u64::MAX);
            if *total > kept {
                writeln!(f, "{kind}: and {} more", total - kept)?;
            }
        }
        let c = &self.counts;
        write!(
            f,
            "read {} clients and {} final reads: {} connections, {} messages said, {} acknowledged, \
             {} duplicates answered, {} subscriptions ({} resumed), {} delivered, {} anomalies",
            c.clients,
            c.finals,
            c.connections,
            c.said,
            c.acknowledged,
            c.duplicates,
            c.subscriptions,
            c.resumed,
            c.delivered,
            self.totals.values().sum::<u64>(),
        )?;
        let Some(r) = &c.results else { return Ok(()) };
        write!(
            f,
            "\n{} texts in the journal: {} full, {} degraded, {} dead, {} pending, {} results in all, \
             {} answers after a guess; {} texts gone; {} conversations counted exactly, {} within bounds",
            r.texts,
            r.full,
            r.degraded,
            r.dead,
            r.pending,
            r.facts,
            r.late_answers,
            r.gone,
            r.exact,
            r.bounded,
        )
    }
}
