use super::*;

/// Dice in the middle: a jitter of half of what it may be.
const MIDDLE: u64 = u64::MAX / 2 + 1;

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

fn at(ms: u64) -> Mono {
    Mono(ms * 1_000_000)
}

fn breaker() -> Breaker {
    Breaker::new(BreakerSettings::default())
}

fn fail(breaker: &mut Breaker, now: Mono, times: u32) {
    for _ in 0..times {
        breaker.failure(now, Failure::Error, None);
    }
}

/// One that opened at 0 without jitter: until 1 s.
fn opened() -> Breaker {
    let mut breaker = breaker();
    assert_eq!(breaker.allows(at(0), 0), Verdict::Allowed);
    fail(&mut breaker, at(0), 5);
    breaker
}

#[test]
fn failures_in_a_row_trip_it_and_an_answer_between_begins_anew() {
    let mut breaker = breaker();
    for _ in 0..2 {
        fail(&mut breaker, at(0), 4);
        assert_eq!(breaker.state(), BreakerState::Closed);
        breaker.success(at(0), ms(200));
    }
    fail(&mut breaker, at(0), 4);
    assert_eq!(breaker.state(), BreakerState::Closed);
    fail(&mut breaker, at(0), 1);
    assert_eq!(breaker.state(), BreakerState::Open);
}

#[test]
fn a_share_of_successes_below_the_least_trips_it_once_there_are_samples_enough() {
    let after = |successes: u32, failures: u32| {
        let mut breaker = breaker();
        for _ in 0..failures {
            breaker.failure(at(500), Failure::Throttled, None);
        }
        for _ in 0..successes {
            breaker.success(at(9_500), ms(200));
        }
        breaker.state()
    };
    assert_eq!(after(14, 5), BreakerState::Closed, "19 samples");
    assert_eq!(after(15, 5), BreakerState::Open, "75 % of 20");
    assert_eq!(after(20, 4), BreakerState::Closed, "always 80 % at least");
}

#[test]
fn what_is_older_than_the_window_does_not_count() {
    let mut breaker = breaker();
    for _ in 0..10 {
        breaker.failure(at(999), Failure::Throttled, None);
    }
    for _ in 0..30 {
        breaker.success(at(10_000), ms(200));
    }
    assert_eq!(breaker.state(), BreakerState::Closed);
}

#[test]
fn slow_answers_trip_it_and_those_just_in_time_do_not() {
    let after = |latency: Duration| {
        let mut breaker = breaker();
        for call in 0..20 {
            breaker.success(at(0), if call % 2 == 0 { latency } else { ms(1) });
        }
        breaker.state()
    };
    assert_eq!(after(ms(350)), BreakerState::Closed);
    assert_eq!(after(ms(351)), BreakerState::Open);
}

#[test]
fn throttling_is_no_failure_in_a_row_and_fails_a_probe() {
    let mut breaker = breaker();
    for _ in 0..19 {
        breaker.failure(at(0), Failure::Throttled, None);
    }
    assert_eq!(breaker.state(), BreakerState::Closed);

    let mut breaker = opened();
    assert_eq!(breaker.allows(at(1_000), 0), Verdict::Probe);
    breaker.failure(at(1_200), Failure::Throttled, None);
    assert_eq!(breaker.state(), BreakerState::Open);
}

#[test]
fn it_stays_open_twice_as_long_each_time_up_to_the_most_and_is_jittered() {
    let mut breaker = opened();
    let mut now = 0;
    for open_ms in [1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000] {
        let jitter_ms = if now == 0 { 0 } else { open_ms / 4 };
        now += open_ms + jitter_ms;
        assert_eq!(breaker.allows(at(now - 1), MIDDLE), Verdict::Refused);
        assert_eq!(breaker.allows(at(now), MIDDLE), Verdict::Probe);
        fail(&mut breaker, at(now), 1);
    }
}

#[test]
fn it_stays_open_as_long_as_it_is_asked_to_within_reason() {
    for (asked_s, open_s) in [(0, 1), (7, 7), (300, 300), (301, 300)] {
        let asked = Some(Duration::from_secs(asked_s));
        let mut breaker = breaker();
        fail(&mut breaker, at(0), 4);
        breaker.failure(at(0), Failure::Error, asked);
        assert_eq!(breaker.allows(at(open_s * 1_000 - 1), 0), Verdict::Refused, "{asked:?}");
        assert_eq!(breaker.allows(at(open_s * 1_000), 0), Verdict::Probe, "{asked:?}");

        let mut breaker = opened();
        breaker.failure(at(0), Failure::Throttled, asked);
        assert_eq!(breaker.allows(at(open_s * 1_000 - 1), 0), Verdict::Refused, "{asked:?}");
    }
}

#[test]
fn one_call_probes_and_another_only_when_that_one_is_given_up() {
    let mut breaker = opened();
    assert_eq!(breaker.allows(at(1_000), 0), Verdict::Probe);
    assert_eq!(breaker.allows(at(1_999), 0), Verdict::Refused);
    assert_eq!(breaker.allows(at(2_000), 0), Verdict::Probe);
}

#[test]
fn after_a_good_probe_a_tenth_then_half_then_all_are_allowed() {
    let mut breaker = opened();
    assert_eq!(breaker.allows(at(1_000), 0), Verdict::Probe);
    breaker.success(at(1_000), ms(200));
    let allowed = |breaker: &mut Breaker, from_ms| {
        let dice = |call: u64| call * (u64::MAX / 1_000);
        let verdicts = (0..1_000).map(|call| breaker.allows(at(from_ms + call), dice(call)));
        verdicts.filter(|verdict| *verdict == Verdict::Allowed).count()
    };
    assert!((99..=101).contains(&allowed(&mut breaker, 1_000)));
    assert!((499..=501).contains(&allowed(&mut breaker, 2_000)));
    assert_eq!(breaker.state(), BreakerState::HalfOpen);
    assert_eq!(allowed(&mut breaker, 3_000), 1_000);
    assert_eq!(breaker.state(), BreakerState::Closed);
}

#[test]
fn failures_while_calls_are_let_in_open_it_for_longer() {
    let mut breaker = opened();
    assert_eq!(breaker.allows(at(1_000), 0), Verdict::Probe);
    breaker.success(at(1_200), ms(200));
    fail(&mut breaker, at(1_300), 5);
    assert_eq!(breaker.allows(at(3_299), 0), Verdict::Refused);
    assert_eq!(breaker.allows(at(3_300), 0), Verdict::Probe);
}

#[test]
fn closed_for_long_it_forgets_how_often_it_opened() {
    let open_for = |again_ms: u64| {
        let mut breaker = opened();
        assert_eq!(breaker.allows(at(1_000), 0), Verdict::Probe);
        breaker.success(at(1_000), ms(200));
        assert_eq!(breaker.allows(at(3_000), 0), Verdict::Allowed);
        fail(&mut breaker, at(again_ms), 5);
        (0..10_000).find(|open| breaker.allows(at(again_ms + open), 0) == Verdict::Probe)
    };
    assert_eq!(open_for(62_999), Some(2_000));
    assert_eq!(open_for(63_000), Some(1_000));
}

#[test]
fn a_hand_opens_and_closes_it_and_lets_it_go_without_a_past() {
    let mut breaker = breaker();
    breaker.switch(Manual::Open, at(0));
    assert_eq!(breaker.state(), BreakerState::Open);
    assert_eq!(breaker.allows(at(100_000), 0), Verdict::Refused);
    breaker.switch(Manual::Closed, at(0));
    fail(&mut breaker, at(0), 50);
    assert_eq!(breaker.state(), BreakerState::Closed);
    assert_eq!(breaker.allows(at(0), 0), Verdict::Allowed);
    breaker.switch(Manual::Automatic, at(0));
    fail(&mut breaker, at(0), 4);
    assert_eq!(breaker.state(), BreakerState::Closed);
}
