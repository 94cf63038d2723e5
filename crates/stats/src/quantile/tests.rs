//! Known intervals, and ends that do not exist.

use super::*;

fn of(count: u64, quantile: f64) -> (Option<u64>, Option<u64>) {
    let ranks = ranks(count, quantile, 1.0);
    (ranks.low, ranks.high)
}

#[test]
fn ranks_are_those_of_the_tables() {
    // For the median: Conover, Practical Nonparametric Statistics, sign test at 5 %.
    assert_eq!(of(10, 0.5), (Some(2), Some(9)));
    assert_eq!(of(20, 0.5), (Some(6), Some(15)));
    // Large: as the normal distribution has it, 500,000 ± 1.96 · 500 and 990,000 ± 1.96 · 99.5.
    let near = |(low, high): (Option<u64>, Option<u64>), from: i64, to: i64| {
        let far = |end: Option<u64>, at: i64| (end.unwrap().cast_signed() - at).abs();
        far(low, from) <= 2 && far(high, to) <= 2
    };
    assert!(near(of(1_000_000, 0.5), 499_020, 500_981), "{:?}", of(1_000_000, 0.5));
    assert!(near(of(1_000_000, 0.99), 989_805, 990_196), "{:?}", of(1_000_000, 0.99));
}

#[test]
fn with_too_few_values_an_end_does_not_exist() {
    assert_eq!(of(0, 0.5), (None, None));
    assert_eq!(of(5, 0.5), (None, None), "2/32 is more than 5 %");
    assert_eq!(of(6, 0.5), (Some(1), Some(6)));
    // 0.99^n falls to 2.5 % at 368.
    assert_eq!(of(367, 0.99).1, None);
    assert_eq!(of(368, 0.99).1, Some(368));
}

#[test]
fn values_that_are_alike_are_worth_fewer() {
    let plain = ranks(4_000, 0.5, 1.0);
    let alike = ranks(4_000, 0.5, 6.0);
    let width = |ranks: Ranks| (ranks.high.unwrap() - ranks.low.unwrap()) as f64;
    let wider = width(alike) / width(plain);
    assert!((wider - 6_f64.sqrt()).abs() < 0.1, "{wider}");
    assert_eq!(ranks(4_000, 0.5, 0.1), plain, "never worth more than themselves");
    assert_eq!(ranks(360, 0.99, 6.0).high, None);
}

#[test]
fn the_ends_are_values_of_the_histogram() {
    let mut some = crate::histogram::latencies();
    assert_eq!(estimate(&some, 0.5, 1.0), None);
    for value in 1..=20 {
        some.record(value * 10).unwrap();
    }
    let median = estimate(&some, 0.5, 1.0).unwrap();
    assert_eq!((median.low_us, median.value_us, median.high_us), (Some(60), 100, Some(150)));
    assert_eq!(estimate(&some, 0.99, 1.0).unwrap().high_us, None);
}

#[test]
fn a_series_without_variance_or_values_has_no_design_effect() {
    assert!((design_effect(&[]) - 1.0).abs() < 1e-12);
    assert!((design_effect(&[3.0; 10]) - 1.0).abs() < 1e-12);
}
