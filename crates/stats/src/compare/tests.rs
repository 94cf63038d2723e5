//! Known p-values, intervals and corrections; which differences are called.

use super::*;

fn close(a: f64, b: f64) -> bool {
    (a - b).abs() < 1e-9
}

fn metric(before: &[f64], after: &[f64]) -> Metric {
    Metric {
        name: "p99".to_owned(),
        better: Better::Lower,
        scale: Scale::Ratio,
        noise: NOISE,
        before: before.to_vec(),
        after: after.to_vec(),
    }
}

fn verdict(metric: Metric) -> Verdict {
    compare(&[metric])[0].verdict
}

const FIVE: [f64; 5] = [100.0, 101.0, 102.0, 103.0, 104.0];

fn times(factor: f64) -> Vec<f64> {
    FIVE.iter().map(|value| value * factor).collect()
}

#[test]
fn p_is_that_of_the_tables_and_its_floor_is_exact() {
    assert!(close(mann_whitney_exact(&[1., 2., 3., 4., 5.], &[6., 7., 8., 9., 10.]), 2.0 / 252.0));
    assert!(close(mann_whitney_exact(&[1., 2., 3.], &[4., 5., 6.]), 0.1));
    assert!(close(smallest_p(5, 5), 2.0 / 252.0) && close(smallest_p(3, 3), 0.1));
    assert!(close(smallest_p(4, 6), 2.0 / 210.0) && close(smallest_p(0, 3), 1.0));
    // U = 2 of 5 + 5: 4 of 252 ways on each side.
    assert!(close(mann_whitney_exact(&[1., 2., 3., 4., 7.], &[5., 6., 8., 9., 10.]), 8.0 / 252.0));
    // Hollander, Wolfe: example 4.1 (permeability of membranes), two-sided 0.2544.
    let at_term = [0.80, 0.83, 1.89, 1.04, 1.45, 1.38, 1.91, 1.64, 0.73, 1.46];
    let early = [1.15, 0.88, 0.90, 0.74, 1.21];
    let p = mann_whitney_exact(&at_term, &early);
    assert!((p - 0.2544).abs() < 5e-5, "{p}");
    assert!(close(p, mann_whitney_exact(&early, &at_term)), "either way round");
    assert!(close(mann_whitney_exact(&[], &early), 1.0));
}

#[test]
fn ties_are_counted_as_a_naive_count_of_all_choices_has_it() {
    let (a, b) = ([1.0, 2.0, 2.0, 3.0], [2.0, 3.0, 3.0, 4.0, 4.0]);
    let all: Vec<f64> = a.iter().chain(&b).copied().collect();
    let rank = |value: f64| {
        let below = all.iter().filter(|other| **other < value).count() as f64;
        below + (all.iter().filter(|other| **other == value).count() as f64 + 1.0) / 2.0
    };
    let sum = |choice: u32| -> f64 {
        (0..9).filter(|at| choice >> at & 1 == 1).map(|at| rank(all[at])).sum()
    };
    let far = |choice: u32| (sum(choice) - 4.0 * 10.0 / 2.0).abs();
    let choices: Vec<u32> = (0..1 << 9).filter(|choice: &u32| choice.count_ones() == 4).collect();
    let as_far = choices.iter().filter(|choice| far(**choice) >= far(0b1111) - 1e-9).count();
    let naive = as_far as f64 / choices.len() as f64;
    assert!(close(mann_whitney_exact(&a, &b), naive), "{naive}");
    assert!(close(mann_whitney_exact(&[1.0; 5], &[1.0; 5]), 1.0), "all the same");
}

#[test]
fn the_shift_and_its_interval_are_those_of_the_tables() {
    // Hollander, Wolfe: examples 4.3 and 4.4, the interval at 96 %.
    let at_term = [0.80, 0.83, 1.89, 1.04, 1.45, 1.38, 1.91, 1.64, 0.73, 1.46];
    let early = [1.15, 0.88, 0.90, 0.74, 1.21];
    let shift = shift(&early, &at_term).unwrap();
    assert!((shift.estimate - 0.305).abs() < 1e-9, "{shift:?}");
    assert!((shift.low + 0.15).abs() < 1e-9 && (shift.high - 0.76).abs() < 1e-9, "{shift:?}");
    assert_eq!(hodges_lehmann(&[], &early), None);
}

#[test]
fn an_interval_is_without_nothing_exactly_when_the_test_is_significant() {
    for at in 0..40_u32 {
        let other = times(0.99 + f64::from(at) * 0.002);
        let p = mann_whitney_exact(&FIVE, &other);
        let shift = shift(&FIVE, &other).unwrap();
        let outside = shift.low > 0.0 || shift.high < 0.0;
        assert_eq!(outside, p < SIGNIFICANT, "{at}: p {p}, {shift:?}");
    }
}

#[test]
fn holm_corrects_each_p_by_those_that_are_left() {
    let corrected = holm(&[0.01, 0.04, 0.03, 0.005]);
    let known = [0.03, 0.06, 0.06, 0.02];
    assert!(corrected.iter().zip(known).all(|(a, b)| close(*a, b)), "{corrected:?}");
    assert!(holm(&[0.9, 0.8]).iter().all(|p| close(*p, 1.0)));
    assert!(holm(&[]).is_empty());
}

#[test]
fn a_difference_is_called_when_it_is_certain_and_above_the_noise() {
    assert_eq!(verdict(metric(&FIVE, &times(1.1))), Verdict::Worse);
    assert_eq!(verdict(metric(&FIVE, &times(0.9))), Verdict::Better);
    let higher =
        |factor| verdict(Metric { better: Better::Higher, ..metric(&FIVE, &times(factor)) });
    assert_eq!((higher(1.1), higher(0.9)), (Verdict::Better, Verdict::Worse));
    // Certain, at the edge of the noise.
    let tight = [100.0, 100.01, 100.02, 100.03, 100.04];
    let by = |noise| {
        let after: Vec<f64> = tight.iter().map(|value| value * 1.03).collect();
        verdict(Metric { noise, ..metric(&tight, &after) })
    };
    assert_eq!((by(0.031), by(0.029)), (Verdict::Same, Verdict::Worse));
    // Large, but not certain.
    assert_eq!(verdict(metric(&FIVE, &[90.0, 99.0, 130.0, 140.0, 150.0])), Verdict::Same);
}

#[test]
fn too_few_or_unusable_runs_are_told_and_nothing_is_called() {
    assert_eq!(verdict(metric(&FIVE[1..], &times(2.0))), Verdict::TooFew);
    assert_eq!(verdict(metric(&FIVE, &times(2.0)[1..])), Verdict::TooFew);
    assert_eq!(
        verdict(metric(&FIVE, &[0.0, 1.0, 2.0, 3.0, 4.0])),
        Verdict::TooFew,
        "no ratio to 0"
    );
    assert_eq!(verdict(metric(&[], &[])), Verdict::TooFew);
    assert_eq!(verdict(metric(&FIVE, &vec![200.0; RUNS_MAX])), Verdict::Worse);
    assert_eq!(verdict(metric(&FIVE, &vec![200.0; RUNS_MAX + 1])), Verdict::TooFew);
    // With 5 + 5 the smallest p is 1/126: six metrics can be significant, seven cannot.
    let many = |count| compare(&vec![metric(&FIVE, &times(2.0)); count])[0].verdict;
    assert_eq!((many(6), many(7)), (Verdict::Worse, Verdict::TooFew));
}

#[test]
fn shares_are_compared_by_their_difference_also_from_nothing() {
    let errors = |after: f64| {
        let after: Vec<f64> = (0..5).map(|run| after + f64::from(run) * 1e-5).collect();
        let metric = metric(&[0.0; 5], &after);
        verdict(Metric { scale: Scale::Difference, noise: NOISE_OF_SHARES, ..metric })
    };
    assert_eq!((errors(0.0009), errors(0.02)), (Verdict::Same, Verdict::Worse));
}

#[test]
fn the_noise_floor_is_as_far_as_two_sets_of_one_thing_may_be_apart() {
    let floor = noise_floor(Scale::Ratio, &FIVE, &times(1.005)).unwrap();
    assert!((0.02..0.05).contains(&floor), "{floor}");
    assert_eq!(noise_floor(Scale::Ratio, &FIVE[1..], &FIVE), None);
    let shares = noise_floor(Scale::Difference, &[0.0; 5], &[0.001; 5]).unwrap();
    assert!(close(shares, 0.001), "{shares}");
}

#[test]
fn a_single_pair_has_an_interval_with_ten_figures_and_none_with_nine() {
    let before: Vec<f64> = (0..10).map(|at| 100.0 + f64::from(at % 3)).collect();
    let after: Vec<f64> = before.iter().map(|value| value * 1.2).collect();
    let pair = within_run(&before, &after, 1).unwrap();
    assert!(close(pair.ratio, 1.2) && pair.low <= 1.2 && 1.2 <= pair.high, "{pair:?}");
    assert!(pair.high - pair.low < 0.05, "{pair:?}");
    assert_eq!(within_run(&before[1..], &after, 1), None);
    assert_eq!(within_run(&[0.0; 10], &after, 1), None);
    assert_eq!(within_run(&before, &after, 1), within_run(&before, &after, 1));
}

#[test]
fn a_comparison_is_saved_and_read_again() {
    let compared = compare(&[metric(&FIVE, &times(1.1))]);
    let saved = serde_json::to_string(&compared).unwrap();
    let read: Vec<Comparison> = serde_json::from_str(&saved).unwrap();
    assert_eq!((&read[0].name, read[0].verdict), (&compared[0].name, Verdict::Worse));
    assert_eq!((Verdict::Same.to_string(), median(&[])), ("~".to_owned(), None));
}
