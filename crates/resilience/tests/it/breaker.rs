//! An outage, with a breaker and without.

use std::collections::VecDeque;
use std::time::Duration;

use model::Mono;
use resilience::{Breaker, BreakerSettings, Failure, Verdict};

use crate::dice::Dice;

const LATENCY: Duration = Duration::from_millis(200);

/// 1,000 events a second for two minutes; the service is down from the 10th second to the 40th. Counts the calls of
/// the outage, and the calls of the last minute.
fn calls(mut breaker: Option<Breaker>) -> (u32, u32) {
    let down = |now: Mono| (10_000..40_000).contains(&(now.0 / 1_000_000));
    let mut dice = Dice(7);
    let mut out: VecDeque<Mono> = VecDeque::new();
    let (mut wasted, mut last) = (0, 0);
    for event_ms in 0..120_000 {
        let now = Mono(event_ms * 1_000_000);
        while let Some(&sent) = out.front()
            && sent + LATENCY <= now
        {
            out.pop_front();
            if let Some(breaker) = &mut breaker {
                if down(sent) {
                    breaker.failure(now, Failure::Error, None);
                } else {
                    breaker.success(now, LATENCY);
                }
            }
        }
        let refused = breaker
            .as_mut()
            .is_some_and(|breaker| breaker.allows(now, dice.roll()) == Verdict::Refused);
        if !refused {
            out.push_back(now);
            wasted += u32::from(down(now));
            last += u32::from(event_ms >= 60_000);
        }
    }
    (wasted, last)
}

#[test]
fn a_service_that_is_down_is_left_alone_and_asked_again_when_it_is_up() {
    let (wasted, last) = calls(Some(Breaker::new(BreakerSettings::default())));
    assert!(wasted < 250, "{wasted} calls to a service that was down");
    assert!(last > 50_000, "{last} of 60,000 after it was up again");
    assert_eq!(calls(None), (30_000, 60_000));
}
