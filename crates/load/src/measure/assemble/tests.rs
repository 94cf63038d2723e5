use stats::spikes::Axis;

use super::*;

#[test]
fn a_period_of_large_spikes_is_found_among_small_ones_that_have_none() {
    let spike = |index: u64, took_us: u64| Spike(index, index * 500_000, took_us * 1_000);
    let small = (0..150_u64).map(|k| spike(k * k * 37 % 10_000, 300 + k));
    let large = (1..10_u64).map(|k| spike(k * 1_000 + 899, 100_000));
    let mut spikes: Vec<Spike> = small.chain(large).collect();
    spikes.sort_by_key(|spike| spike.0);
    let found = periods(&spikes);
    let by_index = found.iter().find(|period| period.axis == Axis::Index);
    assert_eq!(by_index.map(|period| period.period.round()), Some(1_000.0), "{found:?}");
    assert!(periods(&[]).is_empty());
}
