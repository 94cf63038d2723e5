//! The paths on which promises break: a run that never met one of them has shown nothing about it.

use super::metrics::Tally;

/// The counter of a process, and what it counts.
const HARD_PATHS: &[(&str, &str)] = &[
    ("hubbub_shadow_died_in_sync", "kills inside a sync"),
    ("hubbub_journal_cut_tails_total", "cut tails"),
    ("hubbub_hub_evictions_total", "evictions"),
    ("hubbub_hub_loads_total", "loads"),
    ("hubbub_hub_lookups_total", "history lookups"),
    ("hubbub_hub_duplicates_total", "duplicates answered"),
    ("hubbub_gateway_handovers_total", "handovers under traffic"),
    ("hubbub_gateway_catch_ups_total", "catch-ups"),
    ("hubbub_enrich_failures_total", "calls that failed"),
    ("hubbub_enrich_again_total", "calls for what had a guess"),
    ("hubbub_enrich_breaker_opened_total", "open breakers"),
];

/// How often each was met.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct HardPaths(Vec<(&'static str, u64)>);

impl HardPaths {
    pub(crate) fn of(tally: &Tally) -> Self {
        Self(HARD_PATHS.iter().map(|&(metric, what)| (what, tally.total(metric))).collect())
    }

    /// What each is called, and how often it was met.
    pub(crate) fn counts(&self) -> impl Iterator<Item = (&'static str, u64)> {
        self.0.iter().copied()
    }

    /// Those that were never met.
    pub(crate) fn never_met(&self) -> Vec<&'static str> {
        self.counts().filter(|(_, count)| *count == 0).map(|(what, _)| what).collect()
    }
}

#[test]
fn what_was_never_met_is_named() {
    let mut tally = Tally::default();
    for (metric, _) in HARD_PATHS {
        tally.see("owner", 1, &format!("{metric} 1"));
    }
    assert_eq!(HardPaths::of(&tally).never_met(), Vec::<&str>::new());
    let mut some = Tally::default();
    for (metric, _) in &HARD_PATHS[1..] {
        some.see("owner", 1, &format!("{metric} 1"));
    }
    assert_eq!(HardPaths::of(&some).never_met(), ["kills inside a sync"]);
}
