//! A queue that is asked for more than it can serve, with controlled delay and without.

use std::collections::VecDeque;
use std::time::Duration;

use model::Mono;
use resilience::Codel;

/// Of no use later.
const DEADLINE: Duration = Duration::from_millis(200);

/// What became of all that was asked.
#[derive(Debug, Default, PartialEq)]
struct Served {
    in_time: u32,
    late: u32,
    sloughed: u32,
}

/// Serves ten a ms for 20 s, and is asked for so many; the newest first while it is overloaded.
fn serve(asked: impl Fn(u64) -> u32, mut codel: Option<Codel>) -> Served {
    let mut queue: VecDeque<Mono> = VecDeque::new();
    let mut served = Served::default();
    for ms in 0..20_000 {
        let now = Mono(ms * 1_000_000);
        queue.extend((0..asked(ms)).map(|_| now));
        for _ in 0..10 {
            while let Some(codel) = &mut codel
                && queue.front().is_some_and(|since| codel.sloughs(now, now.since(*since)))
            {
                queue.pop_front();
                served.sloughed += 1;
            }
            let newest_first = codel.as_ref().is_some_and(Codel::is_overloaded);
            let next = if newest_first { queue.pop_back() } else { queue.pop_front() };
            let Some(since) = next else { break };
            let in_time = now.since(since) <= DEADLINE;
            *(if in_time { &mut served.in_time } else { &mut served.late }) += 1;
        }
    }
    served
}

#[test]
fn when_too_much_is_asked_those_who_are_served_are_served_in_time() {
    let with = serve(|_| 12, Some(Codel::new()));
    assert!(with.in_time > 195_000, "{with:?}");
    assert_eq!(with.late, 0);
    let without = serve(|_| 12, None);
    assert!(without.in_time < 15_000, "{without:?}");
}

#[test]
fn a_burst_that_is_served_within_the_interval_is_left_alone() {
    let burst = |ms: u64| if ms.is_multiple_of(1_000) { 300 } else { 5 };
    let with = serve(burst, Some(Codel::new()));
    assert_eq!((with.late, with.sloughed), (0, 0));
}
