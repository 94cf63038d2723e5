use std::cmp::Reverse;
use std::collections::BinaryHeap;

use model::{PartitionId, RecordNo};

use super::*;
use crate::dice::Dice;

mod batches;
mod chaos;
mod limits;
mod savings;

const MS: Duration = Duration::from_millis(1);

fn settings(endpoints: usize) -> DispatchSettings {
    DispatchSettings {
        endpoints,
        has_breakers: endpoints > 1,
        slow: 375 * MS,
        requests_per_minute: 0,
        tokens_per_minute: 0,
        tokens_per_call: 0,
        cache_bytes: 0,
        batch_max: 1,
        batch_wait: Duration::ZERO,
        seed: 7,
    }
}

fn call(record: u64, number: u8, sent: Mono) -> Call {
    let target = Offset { partition: PartitionId::new(7).unwrap(), record: RecordNo(record) };
    Call { target, number, sent }
}

fn text(said: &str) -> Body {
    Body::new(said).unwrap()
}

fn good() -> Understanding {
    Understanding { language: "eng".to_owned(), ..Understanding::default() }
}

fn reply(said: Result<Vec<Result<Understanding, Failed>>, Failed>) -> Reply {
    Reply { said, told: Told::default(), tokens: None }
}

fn got() -> Reply {
    reply(Ok(vec![Ok(good())]))
}

fn failed(how: Failed) -> Reply {
    reply(Err(how))
}

/// The next order, which sends.
fn sent(dispatch: &mut Dispatch) -> (usize, usize, Vec<Body>) {
    match dispatch.next_order() {
        Some(Order::Send { ticket, endpoint, texts }) => (ticket, endpoint, texts),
        other => panic!("nothing is sent, but {other:?}"),
    }
}

/// The next order, which answers.
fn answered(dispatch: &mut Dispatch) -> (Call, Answer) {
    match dispatch.next_order() {
        Some(Order::Answer { call, answer }) => (call, answer),
        other => panic!("nothing is answered, but {other:?}"),
    }
}

/// All answers that are there.
fn answers(dispatch: &mut Dispatch) -> Vec<(Call, Answer)> {
    let orders = std::iter::from_fn(|| dispatch.next_order());
    let answer = |order| match order {
        Order::Answer { call, answer } => (call, answer),
        Order::Send { .. } => panic!("it is sent, too: {order:?}"),
    };
    orders.map(answer).collect()
}

/// What became of calls that came every `apart`, `fate` says of each at which endpoint how long it takes and what
/// comes of it: answers, failures, calls withheld, and how the endpoints stand.
fn run(
    endpoints: usize,
    calls: u64,
    apart: Duration,
    fate: impl Fn(usize, u64) -> (Duration, Reply),
) -> ([u64; 3], Vec<EndpointGauges>) {
    let start = Mono(1_000_000_000_000);
    let mut dispatch = Dispatch::new(&settings(endpoints), start);
    let mut out: BinaryHeap<Reverse<(Mono, usize, usize)>> = BinaryHeap::new();
    let mut replies: Vec<Option<Reply>> = Vec::new();
    let mut ends = [0; 3];
    let mut next = 0;
    while next < calls || !out.is_empty() {
        let due = start + apart * u32::try_from(next).unwrap();
        let landed = out.peek().map(|Reverse((at, ..))| *at);
        let now = match landed {
            Some(at) if at <= due || next == calls => {
                let Some(Reverse((at, ticket, reply))) = out.pop() else { break };
                dispatch.handle_reply(ticket, replies[reply].take().unwrap(), at);
                at
            }
            _ => {
                dispatch.handle_call(call(next, 1, due), text("hello"), due);
                next += 1;
                due
            }
        };
        while let Some(order) = dispatch.next_order() {
            match order {
                Order::Send { ticket, endpoint, .. } => {
                    let (after, reply) = fate(endpoint, next);
                    out.push(Reverse((now + after, ticket, replies.len())));
                    replies.push(Some(reply));
                }
                Order::Answer { answer: Answer::Got(_) | Answer::Had(_), .. } => ends[0] += 1,
                Order::Answer { answer: Answer::Failed(_), .. } => ends[1] += 1,
                Order::Answer { answer: Answer::Withheld(_), .. } => ends[2] += 1,
            }
        }
    }
    (ends, dispatch.endpoints().collect())
}

#[test]
fn one_bad_endpoint_of_four_costs_nearly_nothing() {
    // 2,000 a second for a minute. It fails at once: to count calls in flight alone, it would get most of them.
    let bad = |endpoint, _| match endpoint {
        2 => (MS, failed(Failed::Error)),
        _ => (200 * MS, got()),
    };
    let (ends, gauges) = run(4, 120_000, MS / 2, bad);
    assert_eq!(ends.iter().sum::<u64>(), 120_000, "each call ends once");
    assert!(ends[1] <= 120, "{} of 120000 failed: {gauges:?}", ends[1]);
    assert_eq!(ends[2], 0, "there are three others: {gauges:?}");
    assert!(gauges[2].requests <= 120, "{gauges:?}");
    for good in [0, 1, 3] {
        assert!(gauges[good].requests > 30_000, "{gauges:?}");
    }
    // Alone it is asked for everything.
    let (ends, _) = run(1, 1_000, MS / 2, |_, _| (MS, failed(Failed::Error)));
    assert_eq!(ends, [0, 1_000, 0]);
}

#[test]
fn a_slow_endpoint_gets_less_and_one_that_comes_back_gets_its_share_again() {
    let slow = |endpoint, _| (if endpoint == 0 { 340 * MS } else { 100 * MS }, got());
    let (_, gauges) = run(2, 20_000, MS, slow);
    assert!(gauges[0].requests * 2 < gauges[1].requests, "{gauges:?}");
    // In flight as their latencies are, so calls as the squares of those: 8 %.
    assert!(gauges[0].requests > 1_200, "{gauges:?}");
    // Bad for the first 20 s of 120.
    let back = |endpoint, next| match endpoint {
        0 if next < 20_000 => (MS, failed(Failed::Error)),
        _ => (100 * MS, got()),
    };
    let (ends, gauges) = run(2, 120_000, MS, back);
    assert!(ends[1] <= 100, "{ends:?}");
    assert!(gauges[0].requests > 30_000, "{gauges:?}");
    assert_eq!(gauges[0].breaker, 0, "{gauges:?}");
}

#[test]
fn where_every_breaker_is_open_nothing_is_sent() {
    let (ends, gauges) = run(3, 60_000, MS, |_, _| (MS, failed(Failed::Error)));
    assert_eq!(ends[0], 0);
    assert!(ends[1] < 600, "a few probes: {ends:?}");
    assert_eq!(ends[1] + ends[2], 60_000);
    assert_eq!(gauges.iter().map(|endpoint| endpoint.requests).sum::<u64>(), ends[1]);
}

#[test]
fn texts_that_are_refused_say_nothing_against_their_endpoint() {
    let (ends, gauges) = run(2, 2_000, MS, |_, _| (MS, failed(Failed::Refused)));
    assert_eq!(ends, [0, 2_000, 0]);
    assert!(gauges.iter().all(|at| (at.breaker, at.failures) == (0, 0)), "{gauges:?}");
}

#[test]
fn a_second_call_goes_to_another_endpoint() {
    let now = Mono(1_000_000_000_000);
    for seed in 0..50 {
        let mut dispatch = Dispatch::new(&DispatchSettings { seed, ..settings(2) }, now);
        dispatch.handle_call(call(1, 1, now), text("hello"), now);
        dispatch.handle_call(call(1, 2, now), text("hello"), now + MS);
        let (one, other) = (sent(&mut dispatch), sent(&mut dispatch));
        assert_ne!(one.1, other.1, "seed {seed}");
        dispatch.handle_reply(other.0, got(), now + 2 * MS);
        assert_eq!(answered(&mut dispatch), (call(1, 2, now), Answer::Got(good())));
        dispatch.handle_reply(one.0, failed(Failed::Refused), now + 3 * MS);
        assert_eq!(answered(&mut dispatch).1, Answer::Failed(Failed::Refused));
        assert_eq!(dispatch.next_order(), None);
    }
}

#[test]
fn a_second_call_goes_to_another_endpoint_though_that_is_the_slower_one() {
    let start = Mono(1_000_000_000_000);
    let mut dispatch = Dispatch::new(&settings(2), start);
    dispatch.handle_call(call(8, 1, start), text("hello"), start);
    dispatch.handle_call(call(9, 1, start), text("hello"), start);
    let (fast, slow) = (sent(&mut dispatch), sent(&mut dispatch));
    dispatch.handle_reply(fast.0, got(), start + MS);
    dispatch.handle_reply(slow.0, got(), start + 500 * MS);
    assert_eq!(answers(&mut dispatch).len(), 2);
    let now = start + 500 * MS;
    for (number, endpoint) in [(1, fast.1), (2, slow.1)] {
        dispatch.handle_call(call(1, number, now), text("hello"), now);
        assert_eq!(sent(&mut dispatch).1, endpoint, "call {number}");
    }
}

#[test]
fn each_endpoint_is_greeted_until_it_answers_and_the_first_who_calls_knows_of_a_bad_one() {
    let now = Mono(1_000_000_000_000);
    let mut dispatch = Dispatch::new(&settings(4), now);
    assert_eq!(dispatch.poll_timeout(), None, "who is not asked to greets nobody");
    dispatch.greet(now);
    for _ in 0..4 {
        let (ticket, endpoint, texts) = sent(&mut dispatch);
        assert_eq!(texts, [text("hello")]);
        let said = if endpoint == 2 { failed(Failed::Error) } else { got() };
        dispatch.handle_reply(ticket, said, now + 20 * MS);
    }
    assert_eq!(dispatch.next_order(), None, "nobody waits for it");
    for record in 0..100 {
        dispatch.handle_call(call(record, 1, now + 20 * MS), text("hello"), now + 20 * MS);
        assert_ne!(sent(&mut dispatch).1, 2, "{record}");
    }
    let again = now + 20 * MS + HELLO_EVERY;
    assert_eq!(dispatch.poll_timeout(), Some(again));
    dispatch.handle_timeout(again);
    let (ticket, endpoint, _) = sent(&mut dispatch);
    assert_eq!(endpoint, 2);
    dispatch.handle_reply(ticket, got(), again + MS);
    assert_eq!((dispatch.poll_timeout(), dispatch.next_order()), (None, None));
}

#[test]
fn an_answer_to_another_question_is_none() {
    let now = Mono(5);
    let mut dispatch = Dispatch::new(&settings(1), now);
    dispatch.handle_call(call(1, 1, now), text("hello"), now);
    let (ticket, ..) = sent(&mut dispatch);
    dispatch.handle_reply(ticket, reply(Ok(Vec::new())), now + MS);
    assert_eq!(answered(&mut dispatch).1, Answer::Failed(Failed::Unreadable));
    assert_eq!(dispatch.endpoints().next().unwrap().failures, 1);
}
