use proptest::prelude::*;

use super::*;

/// Sun, 06 Nov 1994 08:49:37 GMT, the example of RFC 9110.
const NOV_1994: Wall = Wall(784_111_777_000);

fn read(headers: &[(&str, &str)]) -> Told {
    Told::read(headers.iter().copied(), Wall(NOV_1994.0 - 10_000))
}

fn ms(ms: u64) -> Option<Duration> {
    Some(Duration::from_millis(ms))
}

#[test]
fn retry_after_is_seconds_or_a_date_in_any_of_its_three_forms() {
    for (value, told) in [
        ("120", ms(120_000)),
        (" 0 ", ms(0)),
        ("1.5", ms(1_500)),
        ("Sun, 06 Nov 1994 08:49:37 GMT", ms(10_000)),
        ("Sunday, 06-Nov-94 08:49:37 GMT", ms(10_000)),
        ("Sun Nov  6 08:49:37 1994", ms(10_000)),
        ("Sun, 06 Nov 1994 08:49:00 GMT", ms(0)),
        ("soon", None),
        ("-1", None),
        ("1e3", None),
        ("inf", None),
        ("", None),
    ] {
        assert_eq!(read(&[("Retry-After", value)]).retry_after, told, "{value:?}");
    }
}

#[test]
fn milliseconds_are_more_exact_than_seconds_in_either_order() {
    let headers = [("retry-after", "2"), ("Retry-After-Ms", "1234")];
    assert_eq!(read(&headers).retry_after, ms(1_234));
    assert_eq!(read(&[headers[1], headers[0]]).retry_after, ms(1_234));
    assert_eq!(read(&[headers[0], ("retry-after-ms", "?")]).retry_after, ms(2_000));
}

#[test]
fn remaining_and_reset_are_of_requests_and_of_tokens() {
    let told = read(&[
        ("x-ratelimit-limit-requests", "60"),
        ("X-RateLimit-Remaining-Requests", "59"),
        ("x-ratelimit-reset-requests", "1s"),
        ("x-ratelimit-remaining-tokens", "149984"),
        ("x-ratelimit-reset-tokens", "6m0.5s"),
    ]);
    assert_eq!(told.requests, Quota { remaining: Some(59), reset: ms(1_000) });
    assert_eq!(told.tokens, Quota { remaining: Some(149_984), reset: ms(360_500) });
}

#[test]
fn a_reset_is_a_span_with_or_without_units_or_a_moment() {
    for (value, told) in [
        ("30", ms(30_000)),
        ("120ms", ms(120)),
        ("1h2m3s", ms(3_723_000)),
        ("1d", ms(86_400_000)),
        ("784111777", ms(784_111_777_000)),
        ("1000000000", ms(1_000_000_000_000 - NOV_1994.0 + 10_000)),
        ("1y", None),
        ("s", None),
        ("5m6", None),
    ] {
        assert_eq!(read(&[("x-ratelimit-reset", value)]).requests.reset, told, "{value:?}");
    }
}

#[test]
fn the_drafts_of_the_ietf_are_read_and_the_item_with_the_least_left_counts() {
    let quota = |remaining, reset_s: u64| Quota { remaining, reset: ms(reset_s * 1_000) };
    for (value, told) in [
        ("\"default\";r=50;t=30", quota(Some(50), 30)),
        ("\"day\";r=900;t=80000, \"burst\";r=3;t=5", quota(Some(3), 5)),
        ("\"burst\";r=3;t=5, \"day\";r=900;t=80000", quota(Some(3), 5)),
        ("limit=100, remaining=50, reset=5", quota(Some(50), 5)),
        ("nonsense", Quota::default()),
    ] {
        assert_eq!(read(&[("RateLimit", value)]).requests, told, "{value:?}");
    }
    let told = read(&[("RateLimit-Remaining", "7"), ("RateLimit-Reset", "9")]);
    assert_eq!(told.requests, quota(Some(7), 9));
}

proptest! {
    #[test]
    fn nothing_a_stranger_says_is_a_panic(
        name in "(retry-after(-ms)?|ratelimit|x-ratelimit-(remaining|reset)(-tokens)?)",
        value in "([0-9]{1,400}[.a-z]{0,2}|[ -~]{0,40}|\\PC{0,20})",
        wall in any::<u64>(),
    ) {
        let _ = Told::read([(name.as_str(), value.as_str())], Wall(wall));
    }
}
