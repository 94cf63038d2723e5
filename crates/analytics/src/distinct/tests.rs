use proptest::prelude::*;

use super::*;

fn of(names: impl IntoIterator<Item = usize>) -> Distinct {
    let mut distinct = Distinct::default();
    for name in names {
        distinct.add(Distinct::hash(&format!("user-{name}")));
    }
    distinct
}

#[test]
fn a_few_are_counted_exactly_and_one_more_is_an_estimate() {
    let exact = of((0..EXACT_MAX).chain(0..EXACT_MAX));
    assert_eq!(exact.count(), EXACT_MAX as u64);
    assert_eq!(exact.to_bytes().len(), 4 * EXACT_MAX);
    let more = of(0..=EXACT_MAX);
    assert_eq!(more.to_bytes().len(), REGISTERS);
    assert!(more.count().abs_diff(EXACT_MAX as u64) < 20, "{}", more.count());
}

#[test]
fn many_are_counted_within_three_standard_deviations() {
    for many in [1_000_u64, 5_000, 12_000, 50_000, 300_000] {
        let count = of(0..usize::try_from(many).unwrap()).count();
        let error = count.abs_diff(many) * 1_000 / many;
        assert!(error <= 69, "{many} are counted as {count}");
    }
}

#[test]
fn bytes_that_are_no_count_are_refused() {
    for bytes in [&[0_u8; 3][..], &[1, 0, 0, 0, 1, 0, 0, 0], &[0; 4 * (EXACT_MAX + 1)], &[23; 2048]]
    {
        assert_eq!(Distinct::from_bytes(bytes), None, "{}", bytes.len());
    }
    assert!(Distinct::from_bytes(&[22; REGISTERS]).is_some());
}

proptest! {
    #[test]
    fn merged_in_any_portions_it_is_equal_to_the_bit(
        names in prop::collection::vec(0..900_usize, 0..600),
        cut in 0..600_usize,
    ) {
        let whole = of(names.iter().copied());
        let (one, other) = names.split_at(cut.min(names.len()));
        let mut merged = of(other.iter().rev().copied());
        merged.merge(&of(one.iter().copied()));
        prop_assert_eq!(&merged, &whole);
        prop_assert_eq!(Distinct::from_bytes(&whole.to_bytes()), Some(whole));
    }
}
