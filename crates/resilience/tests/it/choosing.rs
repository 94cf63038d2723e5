//! Four endpoints of which one is bad, with the choice of two, without its penalty, and at random.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::Duration;

use model::Mono;
use resilience::{PeakEwma, choose};

use crate::dice::Dice;

/// How an endpoint is chosen.
#[derive(Clone, Copy, PartialEq)]
enum Way {
    Random,
    /// A failure counts as an answer.
    Unpunished,
    Ours,
}

/// 1,000 calls a second for 30 s to endpoints of 100 ms, of which the last answers after `bad_ms`, and fails or not.
/// Counts the calls that went to it.
fn to_the_bad(way: Way, bad_ms: u64, fails: bool) -> u32 {
    let mut endpoints = [PeakEwma::new(Mono(0)); 4];
    let mut out: BinaryHeap<Reverse<(u64, u64, usize)>> = BinaryHeap::new();
    let (mut dice, mut count) = (Dice(3), 0);
    for ms in 0..30_000_u64 {
        let now = Mono(ms * 1_000_000);
        while let Some(&Reverse((end, sent, endpoint))) = out.peek()
            && end <= ms
        {
            out.pop();
            let latency = Duration::from_millis(end - sent);
            if endpoint == 3 && fails && way == Way::Ours {
                endpoints[endpoint].failure(now, latency, None);
            } else {
                endpoints[endpoint].success(now, latency);
            }
        }
        let chosen = match way {
            Way::Random => (dice.roll() % 4) as usize,
            Way::Unpunished | Way::Ours => choose(&endpoints, now, dice.roll()).unwrap_or(0),
        };
        endpoints[chosen].begin();
        let takes_ms = if chosen == 3 { bad_ms } else { 100 };
        out.push(Reverse((ms + takes_ms, ms, chosen)));
        count += u32::from(chosen == 3);
    }
    count
}

#[test]
fn one_that_is_slow_is_hardly_asked() {
    assert!(to_the_bad(Way::Random, 1_000, false) > 7_000);
    let ours = to_the_bad(Way::Ours, 1_000, false);
    assert!((10..1_500).contains(&ours), "{ours} of 30,000");
}

#[test]
fn one_that_fails_fast_is_not_taken_for_a_fast_one() {
    let unpunished = to_the_bad(Way::Unpunished, 5, true);
    assert!(unpunished > 14_000, "{unpunished} of 30,000");
    let ours = to_the_bad(Way::Ours, 5, true);
    assert!((1..300).contains(&ours), "{ours} of 30,000, and it is asked now and then");
}
