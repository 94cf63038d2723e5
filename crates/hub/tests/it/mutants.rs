//! The property itself is under test: each promise the hub can break on purpose must be caught.

use hub::Limits;
use model::Mutant;
use proptest::test_runner::{Config, TestCaseError, TestError, TestRunner};

use crate::run::run;
use crate::steps::{steps, tight};

/// What the model says about a hub with this mutant.
fn verdict(mutant: Option<Mutant>) -> Option<String> {
    let config =
        Config { cases: 256, failure_persistence: None, max_shrink_iters: 0, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(
        config,
        proptest::test_runner::TestRng::deterministic_rng(Default::default()),
    );
    let limits = Limits { mutant, ..tight() };
    let outcome = runner.run(&steps(), |steps| {
        run(limits.clone(), &steps).map(|_| ()).map_err(TestCaseError::fail)
    });
    match outcome {
        Ok(()) => None,
        Err(TestError::Fail(why, _) | TestError::Abort(why)) => Some(why.message().to_owned()),
    }
}

#[test]
fn acknowledging_early_is_caught() {
    let why = verdict(Some(Mutant::AcknowledgeEarly)).expect("caught");
    assert!(why.contains("not durable"), "{why}");
}

#[test]
fn forgetting_dedupe_is_caught() {
    let why = verdict(Some(Mutant::DedupeForgotten)).expect("caught");
    assert!(why.contains("sequenced twice"), "{why}");
}

#[test]
fn a_cursor_ahead_is_caught() {
    let why = verdict(Some(Mutant::CursorAhead)).expect("caught");
    assert!(why.contains("cursor") || why.contains("journaled"), "{why}");
}

#[test]
fn a_mutant_of_another_crate_changes_nothing_here() {
    assert_eq!(verdict(Some(Mutant::NoSync)), None);
}
