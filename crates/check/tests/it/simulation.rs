//! The seeded deterministic simulation: real hubs, journal and sessions in one thread and in virtual
//! time, in a world that goes wrong at every joint. The checker judges the histories of the sessions, as
//! it judges those of a crash run.
//!
//! A seed decides everything: `run(seed, |_| {})` is the same run wherever and whenever it is run.

mod client;
mod dice;
mod fate;
mod file;
mod gateway;
mod met;
mod network;
mod owner;
mod shape;
mod world;

use std::panic::{AssertUnwindSafe, catch_unwind};

use met::Met;
use shape::Shape;
use world::Outcome;

/// Seeds of the big test.
const SEEDS: u64 = 2_000;

/// Runs a seed; a panic in it is told with its seed.
fn run(seed: u64, change: impl FnOnce(&mut Shape)) -> Outcome {
    let ran = catch_unwind(AssertUnwindSafe(|| world::run(seed, change)));
    ran.unwrap_or_else(|_| panic!("seed {seed}: panicked, see above"))
}

#[test]
fn a_thousand_seeds_keep_every_promise() {
    let mut met = Met::default();
    for seed in 0..SEEDS {
        let outcome = run(seed, |_| {});
        assert!(outcome.is_green(), "{}", outcome.explain());
        met.merge(&outcome.met);
    }
    assert_eq!(met.missing(), [""; 0], "hard paths that no seed met; what was met:\n{met}");
}

#[test]
fn a_seed_run_twice_gives_the_same_trace() {
    let mut traces = std::collections::BTreeSet::new();
    for seed in 0..40 {
        let (once, again) = (run(seed, |_| {}), run(seed, |_| {}));
        assert_eq!((once.trace, once.met), (again.trace, again.met), "seed {seed}");
        traces.insert(once.trace);
    }
    assert_eq!(traces.len(), 40, "each seed is another run");
}

/// Seeds in which a mutant must be caught.
#[cfg(feature = "mutants")]
const MUTANT_SEEDS: u64 = 400;

#[cfg(feature = "mutants")]
#[test]
fn every_mutant_is_caught() {
    use model::Mutant;
    for mutant in Mutant::ALL.into_iter().filter(|mutant| *mutant != Mutant::ReleasedEarly) {
        let caught = (0..MUTANT_SEEDS).find(|seed| {
            let outcome = run(*seed, |shape| shape.mutant = Some(mutant));
            !outcome.report.is_green()
        });
        assert!(caught.is_some(), "{mutant} was not caught in {MUTANT_SEEDS} seeds");
    }
}
