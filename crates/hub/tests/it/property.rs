//! All promises at once, under random interleavings.

use std::cell::RefCell;

use hub::{Gauges, Limits};
use proptest::test_runner::{Config, TestCaseError, TestRunner};

use crate::run::run;
use crate::steps::{steps, tight};

/// As many cases as proptest makes (`PROPTEST_CASES`), and what all hubs together went through.
fn all_hold(limits: &Limits) -> Vec<Gauges> {
    let config = Config { failure_persistence: None, ..Config::default() };
    let went_through = RefCell::new(Vec::new());
    let outcome = TestRunner::new(config).run(&steps(), |steps| {
        let gauges = run(limits.clone(), &steps).map_err(TestCaseError::fail)?;
        went_through.borrow_mut().extend(gauges);
        Ok(())
    });
    if let Err(failed) = outcome {
        panic!("{failed}");
    }
    went_through.into_inner()
}

#[test]
fn every_promise_holds_with_room_for_everything() {
    let all = all_hold(&Limits::default());
    let sum = |of: fn(&Gauges) -> u64| all.iter().map(of).sum::<u64>();
    assert!(sum(|g| g.durable) > 0 && sum(|g| g.lookups_found) > 0);
    assert_eq!(sum(|g| g.refused_memory + g.refused_loads + g.cursor_moves_dropped), 0);
}

#[test]
fn every_promise_holds_when_every_bound_is_met() {
    let all = all_hold(&tight());
    let sum = |of: fn(&Gauges) -> u64| all.iter().map(of).sum::<u64>();
    // A run that never met the hard paths has failed.
    for (name, count) in [
        ("durable", sum(|g| g.durable)),
        ("delivered", sum(|g| g.delivered)),
        ("evictions", sum(|g| g.evictions)),
        ("loads_author", sum(|g| g.loads_author)),
        ("loads_cursor", sum(|g| g.loads_cursor)),
        ("lookups", sum(|g| g.lookups)),
        ("lookups_found", sum(|g| g.lookups_found)),
        ("duplicates", sum(|g| g.duplicates)),
        ("conflicts", sum(|g| g.conflicts)),
        ("reads_from_tail", sum(|g| g.reads_from_tail)),
        ("reads_from_history", sum(|g| g.reads_from_history)),
        ("cursor_records", sum(|g| g.cursor_records)),
        ("cursor_moves_beyond_head", sum(|g| g.cursor_moves_beyond_head)),
        ("cursor_moves_other_epoch", sum(|g| g.cursor_moves_other_epoch)),
        ("rollbacks", sum(|g| g.rollbacks)),
        ("refused_disk_full", sum(|g| g.refused_disk_full)),
        ("refused_undurable", sum(|g| g.refused_undurable)),
        ("refused_view_behind", sum(|g| g.refused_view_behind)),
        ("refused_loads", sum(|g| g.refused_loads)),
        ("refused_memory", sum(|g| g.refused_memory)),
        ("refused_reads", sum(|g| g.refused_reads)),
        ("refused_lamport", sum(|g| g.refused_lamport)),
        ("refused_seen_ahead", sum(|g| g.refused_seen_ahead)),
        ("refused_rights", sum(|g| g.refused_rights)),
        ("loads_member", sum(|g| g.loads_member)),
        ("loads_text", sum(|g| g.loads_text)),
    ] {
        assert!(count > 0, "{name} was never met in {} runs", all.len());
    }
}
