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

#[test]
fn a_base_that_is_confirmed_needs_no_drain_and_one_that_is_not_does() {
    // Ten answers a millisecond; the limit is touched now and then, or most of the time.
    let lowest = |latency_ms: u64, often: bool| {
        let mut limiter = Limiter::new(LimiterSettings::default(), Some(2_300));
        let (base, latency) = (Duration::from_millis(200), Duration::from_millis(latency_ms));
        let at = |ms: u64| Mono(ms * 1_000_000);
        for ms in 0..30_000 {
            let full = ms % 600 == 0 || (often && ms > 1_000 && ms % 600 > 200);
            let in_flight = if full { limiter.limit() } else { limiter.limit() * 87 / 100 };
            let latency = if ms < 1_000 { base } else { latency };
            for _ in 0..10 {
                limiter.sample(at(ms), in_flight, Outcome::Success(latency));
            }
            if limiter.limit() < 2_000 {
                return limiter.limit();
            }
        }
        limiter.limit()
    };
    for (latency_ms, often, drains) in
        [(200, false, false), (215, true, false), (230, false, false), (230, true, true)]
    {
        let lowest = lowest(latency_ms, often);
        assert_eq!(lowest < 1_600, drains, "{latency_ms} ms, {often}: {lowest}");
        assert!(drains || lowest >= 2_250, "{latency_ms} ms, {often}: {lowest}");
    }
}
