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

#[test]
fn many_at_once_are_taken_all_or_not_at_all() {
    let rate = Rate::default();
    assert_eq!(rate.take_all(LIMIT, 2, 0), Ok(()));
    assert_eq!(rate.take_all(LIMIT, 2, 0), Err(Duration::from_millis(100)));
    assert_eq!(rate.take(LIMIT, 0), Ok(()), "those that were refused cost nothing");
    assert_eq!(rate.take_all(LIMIT, 2, 199 * MS), Err(Duration::from_millis(1)));
    assert_eq!(rate.take_all(LIMIT, 2, 200 * MS), Ok(()));
}

#[test]
fn more_than_a_burst_go_through_after_a_quiet_time_and_cost_all_the_same() {
    let rate = Rate::default();
    assert_eq!(rate.take_all(LIMIT, 10, 0), Ok(()));
    assert_eq!(rate.take_all(LIMIT, 10, 999 * MS), Err(Duration::from_millis(1)));
    assert_eq!(rate.take_all(LIMIT, 10, 1_000 * MS), Ok(()));
}

#[test]
fn a_user_is_remembered_without_a_connection_and_forgotten_only_when_rested() {
    let rates = Rates::default();
    let user = |n: usize| UserId::new(&format!("u{n}")).unwrap();
    assert_eq!(rates.of(&user(0), 0).take_all(LIMIT, 3, 0), Ok(()));
    assert!(rates.of(&user(0), 0).take(LIMIT, 0).is_err(), "a new request is no new burst");
    let held = rates.of(&user(1), 0);
    (2..RATES_MAX).for_each(|n| drop(rates.of(&user(n), 0)));
    let most = || rates.state.lock().unwrap().by_user.len();
    assert_eq!(most(), RATES_MAX);
    // Nobody is looked for twice in a second, so one more shares with others.
    let late = rates.of(&user(RATES_MAX), 0);
    assert!(Arc::ptr_eq(&late, &rates.of(&user(RATES_MAX + 1), 0)));
    assert_eq!(most(), RATES_MAX);
    let soon = 1_000 * MS;
    assert_eq!(rates.of(&user(0), soon).take_all(LIMIT, 30, soon), Ok(()));
    let own = rates.of(&user(RATES_MAX), soon);
    assert!(!Arc::ptr_eq(&late, &own));
    assert_eq!(most(), 3, "those that were asked too much, that are held, and that came");
    assert!(Arc::ptr_eq(&held, &rates.of(&user(1), soon)));
}
