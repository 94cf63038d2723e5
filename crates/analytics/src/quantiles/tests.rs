use proptest::prelude::*;

use super::*;

fn of(values: &[u64]) -> Quantiles {
    let mut quantiles = Quantiles::default();
    for value in values {
        quantiles.add(*value);
    }
    quantiles
}

#[test]
fn buckets_follow_each_other_and_their_middles_are_near() {
    let mut last = 0;
    for ms in (0..5_000).chain([LONGEST_MS / 3, LONGEST_MS - 1, LONGEST_MS]) {
        let at = bucket(ms);
        assert!(at == last || at == last + 1 || ms > 5_000, "{ms} lies in {at}");
        last = at;
        assert!(middle(at).abs_diff(ms) * 1_000 <= ms * 16, "{ms} is told as {}", middle(at));
    }
    assert_eq!(of(&[LONGEST_MS + 1]), of(&[LONGEST_MS]));
    assert_ne!(of(&[LONGEST_MS / 2]), of(&[LONGEST_MS]));
}

#[test]
fn percentiles_are_those_of_the_sorted_values() {
    let values: Vec<u64> = (1..=60).collect();
    let quantiles = of(&values);
    let percentile = |percent| quantiles.percentile(percent).unwrap();
    assert_eq!([percentile(0), percentile(50), percentile(99), percentile(100)], [1, 30, 60, 60]);
    assert_eq!(Quantiles::default().percentile(50), None);
}

#[test]
fn bytes_that_are_no_counts_are_refused() {
    for bytes in [&[1_u8][..], &[1, 0], &[1, 1, 0, 1], &[0x80; 20], &[0xff, 0xff, 0xff, 1, 1]] {
        assert_eq!(Quantiles::from_bytes(bytes), None, "{bytes:?}");
    }
}

proptest! {
    #[test]
    fn merged_in_any_portions_it_is_equal_to_the_bit(
        values in prop::collection::vec(0..3_000_000_u64, 0..200),
        cut in 0..200_usize,
    ) {
        let (one, other) = values.split_at(cut.min(values.len()));
        let mut merged = of(other);
        merged.merge(&of(one));
        prop_assert_eq!(&merged, &of(&values));
        prop_assert_eq!(Quantiles::from_bytes(&merged.to_bytes()), Some(merged));
    }

    #[test]
    fn a_percentile_is_within_1_6_percent(
        mut values in prop::collection::vec(0..LONGEST_MS, 1..200),
        percent in 1..=100_u64,
    ) {
        let told = of(&values).percentile(percent).unwrap();
        values.sort_unstable();
        let rank = (values.len() * usize::try_from(percent).unwrap()).div_ceil(100);
        let is = values[rank - 1];
        prop_assert!(told.abs_diff(is) * 1_000 <= is * 16, "{} is told as {}", is, told);
    }
}
