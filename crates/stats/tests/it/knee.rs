//! A knee of 80, seen through noise of 4 %: found within the intervals of the first simulation.

use stats::knee::{Point, hinge};

use crate::truth::{Truth, quantile};

const KNEE: f64 = 80.0;
const NOISE: f64 = 0.04;
const BATCHES: usize = 10;
const RUNS: u64 = 200;

const FOUR: [f64; 4] = [10.0, 100.0, 1_000.0, 5_000.0];
const TWELVE: [f64; 12] =
    [1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1_000.0, 2_000.0, 5_000.0];

/// Each step is 4 % off, and its batches spread so that their mean is.
fn ladder(steps: &[f64], truth: &mut Truth, falls: f64) -> Vec<Point> {
    let spread = NOISE * (BATCHES as f64).sqrt();
    let mut point = |concurrency: f64| {
        let throughput = 10.0 * concurrency.min(KNEE) / (1.0 + falls * concurrency);
        let batches = (0..BATCHES).map(|_| throughput * truth.factor(spread)).collect();
        Point { concurrency, batches }
    };
    steps.iter().map(|step| point(*step)).collect()
}

/// 5th percentile, median and 95th percentile of the knees, and how often the interval has the truth.
fn knees(steps: &[f64], falls: f64) -> (f64, f64, f64, usize) {
    let found = (0..RUNS).map(|seed| {
        hinge(&ladder(steps, &mut Truth::new(seed), falls), seed).expect("enough steps")
    });
    let found: Vec<_> = found.collect();
    let mut at: Vec<f64> = found.iter().map(|knee| knee.at).collect();
    let hits = found.iter().filter(|knee| knee.low <= KNEE && KNEE <= knee.high).count();
    (quantile(&mut at, 0.05), quantile(&mut at, 0.5), quantile(&mut at, 0.95), hits)
}

#[test]
fn four_steps_find_the_knee_within_a_tenth() {
    let (low, middle, high, hits) = knees(&FOUR, 0.0);
    // The first simulation had 79 (73 to 86).
    assert!(
        low >= 72.0 && high <= 88.0 && (78.0..=82.0).contains(&middle),
        "{low} {middle} {high}"
    );
    assert!(hits >= 176, "{hits} of {RUNS}");
}

#[test]
fn twelve_steps_find_the_knee_within_a_twentieth() {
    let (low, middle, high, hits) = knees(&TWELVE, 0.0);
    // The first simulation had 80 (78 to 83).
    assert!(
        low >= 76.0 && high <= 84.0 && (79.0..=81.0).contains(&middle),
        "{low} {middle} {high}"
    );
    assert!(hits >= 176, "{hits} of {RUNS}");
}

#[test]
fn a_throughput_that_falls_after_its_peak_moves_the_knee_little() {
    let (low, middle, high, _) = knees(&TWELVE, 0.0002);
    assert!(
        low >= 72.0 && high <= 88.0 && (76.0..=84.0).contains(&middle),
        "{low} {middle} {high}"
    );
}

#[test]
fn a_ladder_below_the_knee_does_not_claim_one() {
    let reached = (0..RUNS).filter(|seed| {
        let steps = ladder(&TWELVE[..6], &mut Truth::new(*seed), 0.0);
        hinge(&steps, *seed).unwrap().is_reached
    });
    let reached = reached.count();
    assert!(reached <= 20, "{reached} of {RUNS}");
}
