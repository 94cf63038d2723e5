//! What an event is, and the bounds. Simulated runs are in `tests/it`.

use super::*;

fn slow(indices: impl IntoIterator<Item = u64>) -> Vec<Sample> {
    let sample = |index| Sample { index, at_ns: index * 1_000_000, latency_ns: 50_000_000 };
    indices.into_iter().map(sample).collect()
}

#[test]
fn the_threshold_is_five_deviations_of_logarithms_above_the_median() {
    let mut some = latencies();
    assert_eq!(threshold_ns(&some), None);
    // Median 1,000; half of all within a factor of 1.25.
    for (value, count) in [(640, 10), (800, 20), (1_000, 40), (1_250, 20), (1_562, 10)] {
        some.record_n(value, count).unwrap();
    }
    let expected = 1_000.0 * 1.25_f64.powi(5) * 1_000.0;
    let threshold = threshold_ns(&some).unwrap() as f64;
    assert!((threshold / expected - 1.0).abs() < 0.01, "{threshold} {expected}");
}

#[test]
fn what_hardly_varies_has_events_from_half_as_long_again() {
    let mut some = latencies();
    some.record_n(1_000, 100).unwrap();
    some.record_n(1_010, 10).unwrap();
    let threshold = threshold_ns(&some).unwrap() as f64;
    assert!((threshold / 1_500_000.0 - 1.0).abs() < 0.01, "{threshold}");
}

#[test]
fn events_near_each_other_are_one_however_long_the_chain() {
    let chain = (0..100).map(|at| at * MERGED_WITHIN);
    assert_eq!(merged(&slow(chain)), slow([0]));
    let apart = [0, MERGED_WITHIN + 1, 2 * MERGED_WITHIN + 2];
    assert_eq!(merged(&slow(apart)), slow(apart));
    assert_eq!(merged(&slow([50, 0])), slow([0, 50]), "in whatever order they ended");
    let many = (0..=EVENTS_MAX as u64).map(|at| at * 100);
    assert_eq!(merged(&slow(many)).len(), EVENTS_MAX);
}

#[test]
fn five_events_may_have_a_period_and_four_have_none() {
    let every = |count: u64| find_among(&slow((1..=count).map(|at| at * 1_000)));
    assert_eq!(every(4), []);
    let both = every(5);
    assert_eq!(both.len(), 2, "at a steady rate the axes are the same: {both:?}");
    for found in both {
        let expected = match found.axis {
            Axis::Index => 1_000.0,
            Axis::Time => 1.0,
        };
        assert!((found.period / expected - 1.0).abs() < 1e-9 && found.count == 5, "{found:?}");
    }
}

#[test]
fn no_samples_and_events_at_one_moment_have_no_period() {
    assert_eq!(find(&[]), []);
    let still: Vec<Sample> = slow((1..=20).map(|at| at * 1_000 + at * at * 7))
        .into_iter()
        .map(|s| Sample { at_ns: 5, ..s })
        .collect();
    assert!(find_among(&still).iter().all(|period| period.axis == Axis::Index));
}

#[test]
fn known_periods_have_known_causes() {
    let cause = |axis, period| {
        let some =
            Period { axis, period, count: 9, events: 9, p: 0.0, is_multiple_possible: false };
        some.likely_causes()
    };
    assert!(cause(Axis::Index, 1_003.0).contains("keepalive_requests"));
    assert!(!cause(Axis::Index, 1_100.0).contains("keepalive_requests"));
    assert!(cause(Axis::Time, 60.1).contains("cron"));
}
