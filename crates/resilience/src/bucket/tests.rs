use proptest::prelude::*;

use super::*;

/// One a second, three at once.
const SLOW: Rate = Rate { per_minute: 60, burst: 3 };
/// More than any test asks for.
const AMPLE: Rate = Rate { per_minute: 60_000_000, burst: 1_000_000 };

fn at(ms: u64) -> Mono {
    Mono(ms * 1_000_000)
}

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

fn requests(remaining: u64, reset: Option<Duration>) -> Told {
    Told { requests: Quota { remaining: Some(remaining), reset }, ..Told::default() }
}

#[test]
fn the_burst_is_granted_at_once_and_then_one_by_one() {
    let mut buckets = Buckets::new(SLOW, AMPLE);
    for _ in 0..3 {
        assert_eq!(buckets.reserve(at(0), 1), Permit::Granted);
    }
    assert_eq!(buckets.reserve(at(0), 1), Permit::After(ms(1_000)));
    assert_eq!(buckets.reserve(at(999), 1), Permit::After(ms(1)));
    assert_eq!(buckets.reserve(at(1_000), 1), Permit::Granted);
}

#[test]
fn when_tokens_are_short_no_request_is_paid_for() {
    let mut buckets = Buckets::new(Rate { per_minute: 1, burst: 2 }, SLOW);
    assert_eq!(buckets.reserve(at(0), 3), Permit::Granted);
    assert_eq!(buckets.reserve(at(0), 2), Permit::After(ms(2_000)));
    assert_eq!(buckets.reserve(at(2_000), 2), Permit::Granted, "the second request is there");
}

#[test]
fn what_is_more_than_the_burst_is_never_granted() {
    let mut buckets = Buckets::new(AMPLE, SLOW);
    assert_eq!(buckets.reserve(at(0), 4), Permit::Never);
    assert_eq!(buckets.reserve(at(0), 3), Permit::Granted);
}

#[test]
fn what_was_not_used_is_given_back_and_what_was_used_besides_is_taken() {
    let mut buckets = Buckets::new(AMPLE, SLOW);
    assert_eq!(buckets.reserve(at(0), 3), Permit::Granted);
    buckets.settle(at(0), 3, 1);
    assert_eq!(buckets.reserve(at(0), 2), Permit::Granted);
    buckets.settle(at(0), 2, 7);
    assert_eq!(buckets.reserve(at(0), 1), Permit::After(ms(6_000)));
}

#[test]
fn giving_back_never_makes_more_than_the_burst() {
    let mut buckets = Buckets::new(AMPLE, SLOW);
    assert_eq!(buckets.reserve(at(0), 3), Permit::Granted);
    buckets.settle(at(60_000), 3, 0);
    assert_eq!(buckets.reserve(at(60_000), 3), Permit::Granted);
    assert_eq!(buckets.reserve(at(60_000), 1), Permit::After(ms(1_000)));
}

#[test]
fn the_service_is_believed_when_it_says_less_and_not_when_it_says_more() {
    let mut buckets = Buckets::new(SLOW, AMPLE);
    buckets.reconcile(at(0), &requests(1, None));
    assert_eq!(buckets.reserve(at(0), 1), Permit::Granted);
    assert_eq!(buckets.reserve(at(0), 1), Permit::After(ms(1_000)));
    buckets.reconcile(at(0), &requests(1_000, None));
    assert_eq!(buckets.reserve(at(0), 1), Permit::After(ms(1_000)));
}

#[test]
fn nothing_is_sent_before_a_reset_or_before_retry_after_within_reason() {
    let tokens = |remaining, reset| Told {
        tokens: Quota { remaining: Some(remaining), reset },
        ..Told::default()
    };
    let after = |span| Told { retry_after: Some(span), ..Told::default() };
    for (told, wait) in [
        (requests(0, Some(ms(7_000))), ms(7_000)),
        (tokens(0, Some(ms(7_000))), ms(7_000)),
        (after(ms(9_000)), ms(9_000)),
        (after(Duration::from_secs(301)), Duration::from_secs(300)),
        (requests(0, Some(Duration::MAX)), Duration::from_secs(300)),
    ] {
        let mut buckets = Buckets::new(SLOW, AMPLE);
        buckets.reconcile(at(0), &told);
        buckets.reconcile(at(0), &after(ms(1)));
        assert_eq!(buckets.reserve(at(0), 1), Permit::After(wait), "{told:?}");
        assert_eq!(buckets.reserve(at(0) + wait, 1), Permit::Granted, "{told:?}");
    }
}

/// 20,000 requests a minute to a service that takes 10,000 and refuses the rest.
#[test]
fn with_a_bucket_the_service_refuses_nothing() {
    let refused = |mut buckets: Option<Buckets>| {
        let mut theirs = Gcra::new(Rate { per_minute: 10_000, burst: 100 });
        let mut refused = 0;
        for call in 0..20_000 {
            let now = at(call * 3);
            let sent =
                buckets.as_mut().is_none_or(|buckets| buckets.reserve(now, 1) == Permit::Granted);
            if sent && theirs.wait(now, 1).is_zero() {
                theirs.take(now, 1);
            } else if sent {
                refused += 1;
            }
        }
        refused
    };
    let ours = Buckets::new(Rate { per_minute: 10_000, burst: 100 }, AMPLE);
    assert_eq!(refused(Some(ours)), 0);
    assert!(refused(None) > 9_000);
}

proptest! {
    #[test]
    fn in_no_span_is_more_granted_than_the_rate_and_the_burst(
        per_minute in 1_u64..100_000,
        burst in 1_u64..50,
        asks in prop::collection::vec((0_u64..200, 1_u64..10), 1..200),
    ) {
        let mut buckets = Buckets::new(AMPLE, Rate { per_minute, burst });
        let mut granted: Vec<(u64, u64)> = Vec::new();
        let mut now_ms = 0;
        for (passed_ms, tokens) in asks {
            now_ms += passed_ms;
            if buckets.reserve(at(now_ms), tokens) == Permit::Granted {
                granted.push((now_ms, tokens));
            }
        }
        for from in 0..granted.len() {
            let mut sum = 0;
            for &(until_ms, tokens) in &granted[from..] {
                sum += tokens;
                let span_ms = until_ms - granted[from].0;
                prop_assert!(sum * 60_000 <= per_minute * span_ms + burst * 60_000);
            }
        }
    }
}
