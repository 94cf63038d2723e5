//! Runs that are the same and runs that are not, with all that runs have: drift from run to run, and latencies that
//! are alike inside a run.

use stats::compare::{
    Better, Comparison, Metric, NOISE, NOISE_OF_SHARES, Scale, Verdict, compare, noise_floor,
    within_run,
};

use crate::truth::{Truth, quantile};

/// Requests in a run.
const REQUESTS: usize = 400;

/// How much runs of one thing differ.
const DRIFT: f64 = 0.02;

/// Of neighbouring latencies; measured: 0.52 to 0.55.
const ALIKE: f64 = 0.53;

/// Throughput, median, 99th percentile and errors of a run that is so many times slower.
fn run(truth: &mut Truth, slower: f64) -> [f64; 4] {
    let drift = truth.factor(DRIFT);
    let series = truth.series(REQUESTS, ALIKE);
    let mut latencies: Vec<f64> =
        series.into_iter().map(|value| slower * drift * (0.3 * value).exp()).collect();
    let throughput = REQUESTS as f64 / latencies.iter().sum::<f64>();
    let errors = truth.below(4) as f64 / REQUESTS as f64;
    [throughput, quantile(&mut latencies, 0.5), quantile(&mut latencies, 0.99), errors]
}

/// Interleaved: A/B/A/B.
fn compared(seed: u64, runs: usize, slower: f64) -> Vec<Comparison> {
    let truth = &mut Truth::new(seed);
    let pairs: Vec<([f64; 4], [f64; 4])> =
        (0..runs).map(|_| (run(truth, 1.0), run(truth, slower))).collect();
    let metric = |at: usize, name: &str, better, scale, noise| Metric {
        name: name.to_owned(),
        better,
        scale,
        noise,
        before: pairs.iter().map(|pair| pair.0[at]).collect(),
        after: pairs.iter().map(|pair| pair.1[at]).collect(),
    };
    compare(&[
        metric(0, "rps", Better::Higher, Scale::Ratio, NOISE),
        metric(1, "p50", Better::Lower, Scale::Ratio, NOISE),
        metric(2, "p99", Better::Lower, Scale::Ratio, NOISE),
        metric(3, "error_rate", Better::Lower, Scale::Difference, NOISE_OF_SHARES),
    ])
}

#[test]
fn of_two_hundred_comparisons_of_the_same_at_most_one_in_twenty_alarms() {
    let is_alarm = |comparison: &Comparison| comparison.verdict != Verdict::Same;
    let alarms = (0..200).filter(|seed| compared(*seed, 5, 1.0).iter().any(is_alarm)).count();
    assert!(alarms <= 10, "{alarms} of 200");
}

#[test]
fn without_the_noise_floor_the_exact_test_alone_keeps_its_promise() {
    let is_certain = |comparison: &Comparison| comparison.p_corrected < 0.05;
    let certain = (0..1_000).filter(|seed| compared(*seed, 8, 1.0).iter().any(is_certain)).count();
    assert!(certain <= 50, "{certain} of 1,000");
}

#[test]
fn a_tenth_slower_is_found_and_in_the_right_direction() {
    let found = (0..100).filter(|seed| {
        let comparisons = compared(*seed, 8, 1.1);
        assert!(comparisons[..3].iter().all(|c| c.verdict != Verdict::Better), "seed {seed}");
        comparisons[0].verdict == Verdict::Worse && comparisons[1].verdict == Verdict::Worse
    });
    let found = found.count();
    assert!(found >= 90, "{found} of 100");
}

#[test]
fn a_measured_noise_floor_covers_what_runs_of_the_same_show() {
    let mut floors: Vec<f64> = (0..100)
        .map(|seed| {
            let truth = &mut Truth::new(seed);
            let set = |truth: &mut Truth| (0..5).map(|_| truth.factor(DRIFT)).collect::<Vec<_>>();
            noise_floor(Scale::Ratio, &set(truth), &set(truth)).unwrap()
        })
        .collect();
    let (low, high) = (quantile(&mut floors, 0.05), quantile(&mut floors, 0.95));
    assert!(low >= 0.01 && high <= 0.08);
}

#[test]
fn the_interval_of_a_single_pair_has_the_truth_and_does_not_see_drift() {
    let seconds = |truth: &mut Truth, level: f64| -> Vec<f64> {
        truth.series(60, 0.5).into_iter().map(|value| level * (0.05 * value).exp()).collect()
    };
    let covered = |drift: f64| {
        let hits = (0..100).filter(|seed| {
            let truth = &mut Truth::new(*seed);
            let (a, b) = (truth.factor(drift), truth.factor(drift));
            let pair =
                within_run(&seconds(truth, 100.0 * a), &seconds(truth, 110.0 * b), *seed).unwrap();
            pair.low <= 1.1 && 1.1 <= pair.high
        });
        hits.count()
    };
    let (still, drifting) = (covered(0.0), covered(0.03));
    assert!(still >= 85, "{still} of 100");
    assert!(drifting <= 75, "{drifting} of 100: this is why it is no verdict");
}
