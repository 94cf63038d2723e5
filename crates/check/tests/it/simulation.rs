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

use std::collections::BTreeSet;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};

use met::{HARD_PATHS, Met, OF_SEVERAL_HUBS};
use shape::Shape;
use world::Outcome;

/// Seeds of a big test.
const SEEDS: u64 = 1_000;

/// Seeds that are run twice.
const TWICE: u64 = 40;

/// Runs a seed; a panic in it is told with its seed.
fn run(seed: u64, change: impl FnOnce(&mut Shape)) -> Outcome {
    let ran = catch_unwind(AssertUnwindSafe(|| world::run(seed, change)));
    ran.unwrap_or_else(|_| panic!("seed {seed}: panicked, see above"))
}

/// Every promise is kept in every one of these seeds, and together they met every hard path.
fn all_keep_every_promise(seeds: Range<u64>, hubs: usize, paths: &[&'static str]) {
    let mut met = Met::default();
    for seed in seeds {
        let outcome = run(seed, |shape| shape.hubs = hubs);
        assert!(outcome.is_green(), "{}", outcome.explain());
        met.merge(&outcome.met);
    }
    let missing = met.missing(paths);
    assert!(missing.is_empty(), "no seed met {missing:?}; what they met:\n{met}");
}

#[test]
fn a_thousand_seeds_keep_every_promise() {
    all_keep_every_promise(0..SEEDS, 1, HARD_PATHS);
}

#[test]
fn another_thousand_seeds_with_four_hubs_keep_every_promise() {
    let paths = [HARD_PATHS, OF_SEVERAL_HUBS].concat();
    all_keep_every_promise(SEEDS..2 * SEEDS, 4, &paths);
}

#[test]
fn a_seed_run_twice_gives_the_same_trace() {
    let mut traces = BTreeSet::new();
    for seed in 0..TWICE {
        let (once, again) = (run(seed, |_| {}), run(seed, |_| {}));
        assert_eq!((once.trace, once.met), (again.trace, again.met), "seed {seed}");
        traces.insert(once.trace);
    }
    assert_eq!(traces.len() as u64, TWICE, "each seed is another run");
}

/// Seeds in which a mutant must be caught.
#[cfg(feature = "mutants")]
const MUTANT_SEEDS: u64 = 400;

/// The gateway here is another one, and nothing is enriched or counted: those have tests of their own.
#[cfg(feature = "mutants")]
const ELSEWHERE: [model::Mutant; 6] = [
    model::Mutant::ReleasedEarly,
    model::Mutant::TicketKept,
    model::Mutant::AskedTwice,
    model::Mutant::PendingForgotten,
    model::Mutant::GuessKept,
    model::Mutant::CountedAgain,
];

#[cfg(feature = "mutants")]
#[test]
fn every_mutant_of_hub_and_journal_is_caught() {
    use model::Mutant;
    for mutant in Mutant::ALL.into_iter().filter(|mutant| !ELSEWHERE.contains(mutant)) {
        let is_caught = |seed: &u64| {
            let outcome = run(*seed, |shape| shape.mutant = Some(mutant));
            !outcome.report.is_green()
        };
        let caught = (0..MUTANT_SEEDS).find(is_caught);
        assert!(caught.is_some(), "{mutant} was not caught in {MUTANT_SEEDS} seeds");
    }
}
