use super::*;

#[test]
fn a_sample_is_what_happened_since_the_one_before() {
    let at = Instant::now();
    let totals = |at, messages, syncs, sync_nanos| Totals {
        at,
        messages,
        syncs,
        sync_nanos,
        latencies: None,
        cpu_seconds: None,
        understood: None,
    };
    let before = totals(at, 100, 10, 5_000_000);
    let now = totals(at + EVERY, 500, 14, 17_000_000);
    let sample = over(&before, &now);
    assert_eq!(sample.messages_per_second, Some(200.0));
    assert_eq!(sample.sync_ms, Some(3.0));
    assert_eq!(sample.acknowledge_p99_ms, None, "an owner acknowledges nobody");
    assert_eq!(over(&now, &now).sync_ms, None, "nothing was synced: no mean");
}

#[test]
fn five_minutes_are_kept_and_no_more() {
    let mut samples = VecDeque::new();
    for n in 0..=SAMPLES_MAX {
        keep(&mut samples, Sample { connections: Some(num(n as u64)), ..Sample::default() });
    }
    assert_eq!(samples.len(), SAMPLES_MAX);
    assert_eq!(samples[0].connections, Some(1.0), "the oldest goes");
}

#[test]
fn the_system_says_how_much_memory_there_is() {
    assert!(memory_bytes().is_some_and(|bytes| bytes > 100_000));
}
