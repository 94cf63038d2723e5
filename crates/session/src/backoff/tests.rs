use std::time::Duration;

use rand_core::SeedableRng;
use rand_pcg::Pcg64;

use super::{Backoff, part};

/// The edges of each wait, in seconds.
const EDGES: [(u64, u64); 7] = [(1, 2), (2, 4), (4, 8), (8, 16), (60, 70), (60, 70), (60, 70)];

#[test]
fn every_wait_lies_within_its_edges_and_fills_them() {
    let backoff = Backoff::default();
    for (failed, (least, most)) in EDGES.into_iter().enumerate() {
        let waits = (0..2_000).map(|seed| backoff.wait(failed, &mut Pcg64::seed_from_u64(seed)));
        let mut seconds = waits.map(|wait| wait.as_secs_f64()).collect::<Vec<_>>();
        seconds.sort_by(f64::total_cmp);
        let (first, last) = (seconds[0], seconds[seconds.len() - 1]);
        let (from, to) =
            (Duration::from_secs(least).as_secs_f64(), Duration::from_secs(most).as_secs_f64());
        let hundredth = (to - from) / 100.0;
        assert!(first >= from && first < from + hundredth, "try {failed}: from {first}");
        assert!(last <= to && last > to - hundredth, "try {failed}: to {last}");
        let mean = seconds.iter().sum::<f64>() / 2_000.0;
        assert!((mean - (from + to) / 2.0).abs() < 3.0 * hundredth, "try {failed}: mean {mean}");
    }
}

#[test]
fn the_random_part_reaches_both_ends_and_no_further() {
    for span in [Duration::ZERO, Duration::from_nanos(1), Duration::from_secs(10), Duration::MAX] {
        let most = Duration::from_nanos(u64::try_from(span.as_nanos()).unwrap_or(u64::MAX));
        assert_eq!(part(span, 0), Duration::ZERO);
        assert_eq!(part(span, u64::MAX), most);
    }
}

#[test]
fn the_same_seed_waits_the_same() {
    let waits = |seed| {
        let mut dice = Pcg64::seed_from_u64(seed);
        (0..8).map(|failed| Backoff::default().wait(failed, &mut dice)).collect::<Vec<_>>()
    };
    assert_eq!(waits(7), waits(7));
    assert_ne!(waits(7), waits(8));
}
