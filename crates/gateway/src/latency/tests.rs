use super::*;

fn of(micros: impl IntoIterator<Item = u64>) -> Latencies {
    let latency = Latency::default();
    micros.into_iter().for_each(|micros| latency.record(Duration::from_micros(micros)));
    latency.read()
}

#[test]
fn every_value_stands_in_the_bucket_whose_ends_hold_it() {
    for micros in (0..5_000).chain([65_535, 65_536, 1_000_000, (1 << 27) - 1]) {
        let bucket = bucket(micros);
        let lower = if bucket == 0 { 0 } else { upper(bucket - 1) };
        assert!((lower..upper(bucket)).contains(&micros), "{micros} in {lower}..{}", upper(bucket));
        assert!(micros < EXACT || upper(bucket) - lower <= micros / 8 + 1, "an eighth: {micros}");
    }
    assert_eq!(bucket(u64::MAX), BUCKETS - 1, "what takes for ever is counted, too");
}

#[test]
fn quantiles_are_those_of_the_sorted_values_to_an_eighth() {
    assert_eq!(of([]).quantile_micros(0.5), None);
    assert_eq!(of([7]).quantile_micros(0.99), Some(7));
    let many = of(1..=10_000);
    for (share, exact) in [(0.5, 5_000_u64), (0.99, 9_900), (1.0, 10_000)] {
        let found = many.quantile_micros(share).unwrap();
        assert!((exact..=exact + exact / 8).contains(&found), "{share}: {found}, not {exact}");
    }
    let later = of((1..=10_000).chain([1_000_000; 3]));
    let since = later.since(&many);
    assert_eq!((since.count(), since.sum_micros()), (3, 3_000_000));
    assert!(since.quantile_micros(0.5).unwrap() >= 1_000_000);
}

#[test]
fn powers_of_two_are_ends_of_buckets() {
    let many = of(1..=4_096);
    assert_eq!(many.below_power(4), 15);
    assert_eq!(many.below_power(12), 4_095);
    assert_eq!(many.below_power(13), 4_096);
}
