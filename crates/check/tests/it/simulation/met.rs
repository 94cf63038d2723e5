//! The hard paths, and how often a run met them. A run that met none has shown nothing.

use std::collections::BTreeMap;
use std::fmt;

use hub::Gauges;

/// Every one must be met over the seeds of a test.
pub(crate) const HARD_PATHS: &[&str] = &[
    "acknowledged",
    "busy: loads",
    "busy: memory",
    "busy: reads",
    "busy: undurable",
    "busy: view_behind",
    "catch-ups",
    "conflicts answered",
    "connections cut",
    "cursors flushed",
    "deaths in a recovery",
    "deaths in an append",
    "deaths in a sync",
    "deaths with durable facts untold",
    "deaths with facts not durable",
    "duplicates answered",
    "evictions",
    "gateway deaths",
    "handovers under traffic",
    "links cut",
    "loads of authors",
    "loads of cursors",
    "loads of heads",
    "lookups",
    "lookups found",
    "lookups in vain",
    "outcomes unknown",
    "poisonings",
    "power cuts",
    "process deaths",
    "reads from history",
    "reads from tails",
    "repeats that waited",
    "repeats that waited, rolled back",
    "resumed from a moved cursor",
    "rollbacks",
    "segments rolled",
    "sessions vanished",
    "tails cut",
    "views an older copy",
    "views kept behind the journal",
    "views rebuilt",
];

/// What several hubs over one journal must meet as well.
pub(crate) const OF_SEVERAL_HUBS: &[&str] = &["batches with facts of several hubs"];

/// Counts by name.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Met(BTreeMap<&'static str, u64>);

impl Met {
    pub(crate) fn count(&mut self, what: &'static str) {
        self.add(what, 1);
    }

    pub(crate) fn add(&mut self, what: &'static str, times: u64) {
        *self.0.entry(what).or_default() += times;
    }

    pub(crate) fn merge(&mut self, other: &Self) {
        other.0.iter().for_each(|(what, times)| self.add(what, *times));
    }

    /// Those of these that were never met.
    pub(crate) fn missing(&self, paths: &[&'static str]) -> Vec<&'static str> {
        let unmet = |what: &&&'static str| self.0.get(**what).is_none_or(|times| *times == 0);
        paths.iter().filter(unmet).copied().collect()
    }

    /// What a hub's life came to.
    pub(crate) fn hub(&mut self, gauges: &Gauges) {
        let g = gauges;
        let counts = [
            ("busy: loads", g.refused_loads),
            ("busy: memory", g.refused_memory),
            ("busy: reads", g.refused_reads),
            ("busy: undurable", g.refused_undurable),
            ("busy: view_behind", g.refused_view_behind),
            ("conflicts answered", g.conflicts),
            ("cursors flushed", g.cursor_moves_journaled),
            ("duplicates answered", g.duplicates),
            ("evictions", g.evictions),
            ("loads of authors", g.loads_author),
            ("loads of cursors", g.loads_cursor),
            ("loads of heads", g.loads_head),
            ("lookups", g.lookups),
            ("lookups found", g.lookups_found),
            ("outcomes unknown", g.outcome_unknown),
            ("reads from history", g.reads_from_history),
            ("reads from tails", g.reads_from_tail),
            ("rollbacks", g.rollbacks),
        ];
        counts.into_iter().for_each(|(what, times)| self.add(what, times));
    }
}

impl fmt::Display for Met {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|(what, times)| writeln!(f, "{times:>9}  {what}"))
    }
}
