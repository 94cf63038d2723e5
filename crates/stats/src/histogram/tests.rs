//! Ranks and quantiles of a histogram whose content is known.

use super::*;

#[test]
fn ranks_are_counted_and_quantiles_of_nothing_are_none() {
    let mut some = latencies();
    assert_eq!(quantile_us(&some, 0.5), None);
    assert_eq!(at_rank_us(&some, 1), None);
    for value in 1..=100 {
        some.record(value).unwrap();
    }
    let ranks = [0, 1, 50, 100, 101].map(|rank| at_rank_us(&some, rank));
    assert_eq!(ranks, [None, Some(1), Some(50), Some(100), None]);
    assert_eq!(quantile_us(&some, 0.99), Some(99));
}

#[test]
fn what_is_longer_than_the_longest_latency_is_recorded_as_that() {
    let mut some = latencies();
    assert!(some.record(MOST_US).is_ok());
    assert!(some.record(MOST_US * 2).is_err());
    some.saturating_record(MOST_US * 2);
    assert_eq!(some.len(), 2);
    let longest = some.max() as f64;
    assert!((longest / MOST_US as f64 - 1.0).abs() < 0.001, "{longest}");
}
