use super::*;

#[test]
fn it_begins_with_what_was_good_within_its_bounds() {
    let settings = LimiterSettings::default();
    assert_eq!(Limiter::new(settings, None).limit(), START);
    assert_eq!(Limiter::new(settings, Some(2_000)).limit(), 2_000);
    assert_eq!(Limiter::new(settings, Some(0)).limit(), settings.min);
    assert_eq!(Limiter::new(settings, Some(u32::MAX)).limit(), settings.max);
}

#[test]
fn it_is_never_above_its_cap_nor_is_the_cap_beyond_the_bounds() {
    let settings = LimiterSettings::default();
    let mut limiter = Limiter::new(settings, Some(2_000));
    limiter.set_cap(1_999);
    assert_eq!(limiter.limit(), 1_999);
    limiter.set_cap(0);
    assert_eq!(limiter.limit(), settings.min);
    limiter.set_cap(u32::MAX);
    assert_eq!(limiter.limit(), 2_000);
}

#[test]
fn four_overloads_in_twenty_may_be_chance_and_five_are_not() {
    let calls = |overloads: u64| {
        let mut limiter = Limiter::new(LimiterSettings::default(), Some(1_000));
        for call in 0..20 {
            let latency = Duration::from_millis(1);
            let now = Mono(1_000_000_000 + call * 1_000_000);
            let outcome = if call < 20 - overloads {
                Outcome::Success(latency)
            } else {
                Outcome::Overload(latency)
            };
            limiter.sample(now, 500, outcome);
        }
        limiter.limit()
    };
    assert_eq!((calls(4), calls(5)), (1_000, 900));
}
