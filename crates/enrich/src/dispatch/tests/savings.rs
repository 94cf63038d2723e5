//! Equal texts: asked about together, and remembered.

use super::*;

const NOW: Mono = Mono(1_000_000_000_000);

fn saving() -> Dispatch {
    Dispatch::new(
        &DispatchSettings { cache_bytes: 100_000, tokens_per_call: 10, ..settings(1) },
        NOW,
    )
}

fn ask(dispatch: &mut Dispatch, record: u64, said: &str) {
    dispatch.handle_call(call(record, 1, NOW), text(said), NOW);
}

#[test]
fn equal_texts_are_asked_about_once_and_then_never_again() {
    let mut dispatch = saving();
    for record in 1..=3 {
        ask(&mut dispatch, record, "hello!!!");
    }
    let (ticket, ..) = sent(&mut dispatch);
    assert_eq!(dispatch.next_order(), None, "one request for three");
    dispatch.handle_reply(ticket, Reply { tokens: Some(70), ..got() }, NOW + MS);
    let ends = answers(&mut dispatch);
    let had = |record| (call(record, 1, NOW), Answer::Had(good()));
    assert_eq!(ends, [had(2), had(3), (call(1, 1, NOW), Answer::Got(good()))]);
    ask(&mut dispatch, 4, "hello!!!");
    assert_eq!(answers(&mut dispatch), [had(4)]);
    let gauges = dispatch.gauges();
    assert_eq!((gauges.texts, gauges.saved), (1, [1, 2]));
    assert_eq!((gauges.tokens, gauges.saved_tokens), (70, 210));
    assert_eq!(gauges.remembered[0], 1);
    // What is another text by one letter is another text.
    ask(&mut dispatch, 5, "hello!!");
    sent(&mut dispatch);
    // Where the service does not say what it cost, it is the estimate: 8 bytes are 2 tokens, and 10 more.
    let mut dispatch = saving();
    ask(&mut dispatch, 1, "hello!!!");
    let (ticket, ..) = sent(&mut dispatch);
    dispatch.handle_reply(ticket, got(), NOW + MS);
    assert_eq!(dispatch.gauges().tokens, 12);
}

#[test]
fn without_a_cache_each_is_asked_about() {
    let mut dispatch = Dispatch::new(&settings(1), NOW);
    for record in 1..=3 {
        ask(&mut dispatch, record, "hello");
        sent(&mut dispatch);
    }
    assert_eq!(dispatch.gauges().texts, 3);
}

#[test]
fn who_follows_one_that_fails_has_another_try() {
    let mut dispatch = saving();
    for record in 1..=3 {
        ask(&mut dispatch, record, "hello");
    }
    let (first, ..) = sent(&mut dispatch);
    dispatch.handle_reply(first, failed(Failed::Error), NOW + MS);
    assert_eq!(answered(&mut dispatch), (call(1, 1, NOW), Answer::Failed(Failed::Error)));
    let (second, ..) = sent(&mut dispatch);
    dispatch.handle_reply(second, got(), NOW + 2 * MS);
    let ends = answers(&mut dispatch);
    assert_eq!(ends[0], (call(3, 1, NOW), Answer::Had(good())));
    assert_eq!(ends[1], (call(2, 1, NOW), Answer::Got(good())));
    // After the second nobody waits any longer.
    for record in 4..=6 {
        ask(&mut dispatch, record, "again");
    }
    for _ in 0..2 {
        let (ticket, ..) = sent(&mut dispatch);
        dispatch.handle_reply(ticket, failed(Failed::Error), NOW + 3 * MS);
        assert_eq!(answered(&mut dispatch).1, Answer::Failed(Failed::Error));
    }
    assert_eq!(answers(&mut dispatch), [(call(6, 1, NOW), Answer::Withheld(Reason::Failed))]);
    assert_eq!(dispatch.gauges().texts, 4);
}

#[test]
fn what_is_refused_is_refused_to_all_who_said_it() {
    let mut dispatch = saving();
    ask(&mut dispatch, 1, "hello");
    ask(&mut dispatch, 2, "hello");
    let (ticket, ..) = sent(&mut dispatch);
    dispatch.handle_reply(ticket, failed(Failed::Refused), NOW + MS);
    let ends = answers(&mut dispatch);
    assert_eq!(ends[0].1, Answer::Failed(Failed::Refused));
    assert_eq!(ends[1], (call(2, 1, NOW), Answer::Withheld(Reason::Refused)));
}

#[test]
fn a_second_call_of_the_first_is_sent_and_serves_all() {
    let mut dispatch = saving();
    ask(&mut dispatch, 1, "hello");
    ask(&mut dispatch, 2, "hello");
    let (slow, ..) = sent(&mut dispatch);
    dispatch.handle_call(call(1, 2, NOW + MS), text("hello"), NOW + MS);
    let (fast, ..) = sent(&mut dispatch);
    // Another message's second call waits as its first does.
    dispatch.handle_call(call(2, 2, NOW + MS), text("hello"), NOW + MS);
    assert_eq!(dispatch.next_order(), None);
    dispatch.handle_reply(fast, got(), NOW + 2 * MS);
    let ends: Vec<_> = answers(&mut dispatch).into_iter().map(|(call, _)| call).collect();
    assert_eq!(ends, [call(2, 1, NOW), call(2, 2, NOW + MS), call(1, 2, NOW + MS)]);
    dispatch.handle_reply(slow, got(), NOW + 3 * MS);
    assert_eq!(answers(&mut dispatch), [(call(1, 1, NOW), Answer::Got(good()))]);
}
