use proptest::prelude::*;

use super::*;

#[test]
fn empty_it_says_nothing() {
    let mut histogram = Histogram::new();
    assert_eq!(histogram.at(0.5), None);
    histogram.record(Duration::from_millis(1));
    histogram.clear();
    assert_eq!((histogram.count(), histogram.at(0.5)), (0, None));
}

#[test]
fn what_is_longer_than_the_longest_is_told_as_that() {
    let mut histogram = Histogram::new();
    histogram.record(Duration::MAX);
    let told = histogram.at(1.0).unwrap();
    assert!(told > Duration::from_secs(66) && told < Duration::from_secs(68), "{told:?}");
}

proptest! {
    #[test]
    fn quantiles_are_within_one_percent_of_the_true_ones(
        mut micros in prop::collection::vec(0_u64..60_000_000, 1..300),
        q in 0.0..=1.0_f64,
        split in 0_usize..300,
    ) {
        let (mut left, mut right) = (Histogram::new(), Histogram::new());
        for (place, &us) in micros.iter().enumerate() {
            let part = if place < split { &mut left } else { &mut right };
            part.record(Duration::from_micros(us));
        }
        micros.sort_unstable();
        let rank = at_least(q * micros.len() as f64).max(1) - 1;
        let truth = micros[usize::try_from(rank).unwrap()] as f64;
        let told = quantile(&[&left, &right], q).unwrap().as_secs_f64() * 1e6;
        prop_assert!((told - truth).abs() <= 0.01 * truth, "{} for {}", told, truth);
    }
}
