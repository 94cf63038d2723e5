//! What a service allows in a minute.

use super::*;

const NOW: Mono = Mono(1_000_000_000_000);
const SECOND: Duration = Duration::from_secs(1);

/// How many of so many calls are sent, at so many a second; each is answered at once.
fn sent_of(dispatch: &mut Dispatch, from: Mono, calls: u64, per_s: u32, told: Told) -> u64 {
    sent_with(dispatch, from, calls, per_s, &Reply { told, ..got() })
}

/// The same, each with this answer.
fn sent_with(dispatch: &mut Dispatch, from: Mono, calls: u64, per_s: u32, reply: &Reply) -> u64 {
    let mut granted = 0;
    for at in 0..calls {
        let now = from + SECOND * u32::try_from(at).unwrap() / per_s;
        dispatch.handle_call(call(at, 1, now), text("12345678"), now);
        match dispatch.next_order() {
            Some(Order::Send { ticket, .. }) => {
                granted += 1;
                dispatch.handle_reply(ticket, reply.clone(), now);
                answered(dispatch);
            }
            Some(Order::Answer { answer: Answer::Withheld(Reason::RateLimit), .. }) => {}
            other => panic!("{other:?}"),
        }
    }
    granted
}

#[test]
fn in_no_minute_there_are_more_requests_than_are_allowed() {
    let mut dispatch =
        Dispatch::new(&DispatchSettings { requests_per_minute: 600, ..settings(1) }, NOW);
    let granted = sent_of(&mut dispatch, NOW, 6_000, 100, Told::default());
    assert!((590..=600).contains(&granted), "{granted} in the first minute");
    let next = sent_of(&mut dispatch, NOW + 60 * SECOND, 6_000, 100, Told::default());
    assert!((590..=600).contains(&next), "{next} in the second");
    let gauges = dispatch.gauges();
    assert_eq!(gauges.texts + gauges.withheld[0], 12_000);
    assert_eq!(gauges.withheld[1], 0);
    // At what is allowed nothing is withheld.
    let mut dispatch =
        Dispatch::new(&DispatchSettings { requests_per_minute: 600, ..settings(1) }, NOW);
    assert_eq!(sent_of(&mut dispatch, NOW, 540, 9, Told::default()), 540);
}

#[test]
fn in_no_minute_there_are_more_tokens_than_are_allowed() {
    // Eight bytes are 2 tokens by estimate, and 8 come with each call.
    let limited = DispatchSettings { tokens_per_minute: 6_000, tokens_per_call: 8, ..settings(1) };
    let mut dispatch = Dispatch::new(&limited, NOW);
    let granted = sent_of(&mut dispatch, NOW, 6_000, 100, Told::default());
    assert!((590..=600).contains(&granted), "{granted} in a minute");
    // What a call cost in truth counts, not the estimate.
    for (tokens, least) in [(20, 290), (5, 1_180)] {
        let mut dispatch = Dispatch::new(&limited, NOW);
        let cost = Reply { tokens: Some(tokens), ..got() };
        let granted = sent_with(&mut dispatch, NOW, 6_000, 100, &cost);
        assert!((least..=6_000 / tokens).contains(&granted), "{granted} of {tokens} tokens");
        assert_eq!(dispatch.gauges().tokens, granted * tokens);
    }
}

#[test]
fn what_the_service_says_of_its_limits_is_obeyed() {
    let mut dispatch = Dispatch::new(&settings(1), NOW);
    let told = |headers: &[(&'static str, &'static str)]| {
        Told::read(headers.iter().copied(), model::Wall(0))
    };
    let plenty = told(&[("x-ratelimit-remaining-requests", "50")]);
    assert_eq!(sent_of(&mut dispatch, NOW, 10, 1_000, plenty), 10);
    // None left for two seconds: the first of 300 is told so.
    let none =
        told(&[("x-ratelimit-remaining-requests", "0"), ("x-ratelimit-reset-requests", "2s")]);
    let from = NOW + SECOND;
    assert_eq!(sent_of(&mut dispatch, from, 190, 100, none), 1);
    assert_eq!(sent_of(&mut dispatch, from + 2 * SECOND, 10, 100, Told::default()), 10);
    // The same of tokens, and of Retry-After.
    let none =
        told(&[("x-ratelimit-remaining-tokens", "0"), ("x-ratelimit-reset-tokens", "500ms")]);
    let from = NOW + 10 * SECOND;
    assert_eq!(sent_of(&mut dispatch, from, 40, 100, none), 1);
    assert_eq!(sent_of(&mut dispatch, from + SECOND, 10, 100, Told::default()), 10);
    let from = NOW + 20 * SECOND;
    assert_eq!(sent_of(&mut dispatch, from, 290, 100, told(&[("retry-after", "3")])), 1);
}

#[test]
fn an_endpoint_at_its_limit_leaves_the_others() {
    let mut dispatch =
        Dispatch::new(&DispatchSettings { requests_per_minute: 600, ..settings(3) }, NOW);
    let granted = sent_of(&mut dispatch, NOW, 6_000, 100, Told::default());
    assert!((1_770..=1_800).contains(&granted), "three times as many: {granted}");
}

#[test]
fn who_follows_one_that_is_withheld_is_withheld() {
    let limited = DispatchSettings {
        requests_per_minute: 60,
        cache_bytes: 10_000,
        batch_max: 3,
        batch_wait: 5 * MS,
        ..settings(1)
    };
    let mut dispatch = Dispatch::new(&limited, NOW);
    dispatch.handle_call(call(1, 1, NOW), text("one"), NOW);
    dispatch.handle_timeout(NOW + 5 * MS);
    sent(&mut dispatch);
    dispatch.handle_call(call(2, 1, NOW), text("hello"), NOW);
    dispatch.handle_call(call(3, 1, NOW), text("hello"), NOW);
    dispatch.handle_timeout(NOW + 5 * MS);
    let ends = answers(&mut dispatch);
    assert_eq!(ends.len(), 2);
    assert!(
        ends.iter().all(|(_, answer)| *answer == Answer::Withheld(Reason::RateLimit)),
        "{ends:?}"
    );
}
