use super::*;

fn at(ms: u64) -> Mono {
    Mono(ms * 1_000_000)
}

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

/// Taken one each ms from `from` on, each after so long.
fn take(codel: &mut Codel, from: u64, count: u64, waited: Duration) -> usize {
    (from..from + count).filter(|&now| codel.sloughs(at(now), waited)).count()
}

#[test]
fn one_short_wait_in_the_interval_and_the_queue_is_a_good_one() {
    let mut codel = Codel::new();
    assert_eq!(take(&mut codel, 0, 50, ms(500)), 0);
    assert!(!codel.sloughs(at(50), TARGET));
    assert_eq!(take(&mut codel, 51, 149, ms(500)), 0);
    assert!(!codel.is_overloaded());
}

#[test]
fn after_an_interval_of_long_waits_those_who_waited_too_long_are_sloughed() {
    let mut codel = Codel::new();
    assert_eq!(take(&mut codel, 0, 100, ms(21)), 0);
    assert_eq!(take(&mut codel, 100, 10, ms(40)), 0, "twice the target is just well");
    assert!(codel.is_overloaded());
    assert_eq!(take(&mut codel, 110, 10, ms(41)), 10);
}

#[test]
fn it_ends_with_the_first_interval_that_has_a_short_wait() {
    let mut codel = Codel::new();
    take(&mut codel, 0, 100, ms(500));
    assert_eq!(take(&mut codel, 100, 99, ms(500)), 99);
    assert!(!codel.sloughs(at(199), ms(0)));
    assert_eq!(take(&mut codel, 200, 100, ms(500)), 0);
    assert!(codel.sloughs(at(300), ms(500)));
}
