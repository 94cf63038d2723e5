use super::*;

const LIMIT: RateLimit = RateLimit { per_second: 10, burst: 3 };
const MS: u64 = 1_000_000;

#[test]
fn a_burst_goes_through_and_then_one_a_tenth_of_a_second() {
    let rate = Rate::default();
    let start = 5_000 * MS;
    assert_eq!([0; 3].map(|_| rate.take(LIMIT, start)), [Ok(()); 3]);
    assert_eq!(rate.take(LIMIT, start), Err(Duration::from_millis(100)));
    assert_eq!(rate.take(LIMIT, start + 99 * MS), Err(Duration::from_millis(1)));
    assert_eq!(rate.take(LIMIT, start + 100 * MS), Ok(()));
    assert_eq!(rate.take(LIMIT, start + 100 * MS), Err(Duration::from_millis(100)));
}

#[test]
fn what_was_refused_costs_nothing_and_a_quiet_time_gives_the_burst_back() {
    let rate = Rate::default();
    for _ in 0..100 {
        let _one_of_many = rate.take(LIMIT, 0);
    }
    let later = 10_000 * MS;
    assert_eq!([0; 3].map(|_| rate.take(LIMIT, later)), [Ok(()); 3]);
    assert!(rate.take(LIMIT, later).is_err());
}

#[test]
fn a_second_brings_as_many_as_the_limit_says() {
    let rate = Rate::default();
    let taken = (0..1_000_u64).filter(|n| rate.take(LIMIT, n * MS).is_ok()).count();
    assert_eq!(taken, 2 + 10);
}

#[test]
fn no_limit_is_none() {
    let rate = Rate::default();
    let none = RateLimit { per_second: 0, burst: 0 };
    assert!((0..1_000).all(|_| rate.take(none, 0).is_ok()));
}
