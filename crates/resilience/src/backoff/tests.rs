use super::*;

const BACKOFF: Backoff = Backoff::new(Duration::from_millis(500), Duration::from_secs(300));

#[test]
fn the_wait_is_anywhere_from_nothing_to_a_ceiling_that_doubles_up_to_the_cap() {
    for (attempt, ceiling_ms) in
        [(0, 500), (1, 1_000), (9, 256_000), (10, 300_000), (u32::MAX, 300_000)]
    {
        assert_eq!(BACKOFF.delay(attempt, None, 0), Duration::ZERO);
        let half = BACKOFF.delay(attempt, None, u64::MAX / 2 + 1);
        assert_eq!(half, Duration::from_millis(ceiling_ms) / 2, "attempt {attempt}");
        let most = BACKOFF.delay(attempt, None, u64::MAX);
        assert_eq!(most, Duration::from_nanos(ceiling_ms * 1_000_000 - 1), "attempt {attempt}");
    }
}

#[test]
fn what_the_service_asks_for_wins_up_to_its_bound() {
    let asked = Duration::from_secs(7);
    assert_eq!(BACKOFF.delay(0, Some(asked), u64::MAX), asked);
    assert_eq!(BACKOFF.delay(0, Some(RETRY_AFTER_MAX), 0), RETRY_AFTER_MAX);
    let more = RETRY_AFTER_MAX + Duration::from_nanos(1);
    assert_eq!(BACKOFF.delay(0, Some(more), 0), RETRY_AFTER_MAX);
}

/// A thousand calls fail at the same moment; how many come back in the same 10 ms, at worst?
#[test]
fn with_jitter_those_who_failed_together_do_not_come_back_together() {
    let busiest = |wait: &dyn Fn(u64) -> Duration| {
        let mut slots = [0_u32; 100];
        for caller in 0..1_000_u64 {
            let slot = wait(caller).as_millis() / 10;
            slots[usize::try_from(slot).unwrap()] += 1;
        }
        slots.into_iter().max().unwrap()
    };
    let golden = 0x9e37_79b9_7f4a_7c15_u64;
    let jittered = busiest(&|caller| BACKOFF.delay(0, None, caller.wrapping_mul(golden)));
    let plain = busiest(&|_| BACKOFF.ceiling(0));
    assert_eq!(plain, 1_000);
    assert!(jittered <= 40, "{jittered} at once");
}
