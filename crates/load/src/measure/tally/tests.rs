use super::failures::FAILURES_MAX;
use super::*;

fn stamps(index: u64, due_ns: u64, took_ns: u64) -> Stamps {
    let job = Job { index, due_ns, picked_ns: due_ns };
    let done_ns = due_ns + took_ns;
    Stamps { job, sent_ns: due_ns, first_byte_ns: done_ns, done_ns }
}

#[test]
fn what_was_due_in_the_warm_up_counts_for_nothing() {
    let mut tally = Tally::default();
    tally.clear(100);
    for due_ns in [99, 100] {
        let stamps = stamps(0, due_ns, 50_000);
        tally.offer(due_ns);
        tally.start(&stamps.job, due_ns, true);
        tally.answer(&stamps, 200, b"", u64::MAX);
        tally.fail(&stamps, Fault::Reset, "reset");
        tally.never_started(due_ns, 200);
    }
    let counts = &tally.counts;
    assert_eq!((counts.offered, counts.started, counts.done, counts.failed), (1, 1, 1, 2));
    assert_eq!((tally.slip.0.len(), tally.wait.0.len(), tally.service.0.len()), (1, 1, 1));
}

#[test]
fn refusals_are_counted_with_the_start_of_what_they_say_and_are_in_no_latency() {
    let mut tally = Tally::default();
    tally.answer(&stamps(7, 0, 1_000), 503, &[b'a'; BODY_START_MAX + 1], u64::MAX);
    tally.fail(&stamps(8, 0, 1_000), Fault::Reset, "reset by peer");
    assert_eq!((tally.counts.failed, tally.response.0.len()), (2, 0));
    assert_eq!(tally.counts.failures[0].status, Some(503));
    assert_eq!(tally.counts.failures[0].body_start.len(), BODY_START_MAX);
    assert_eq!(tally.counts.failures[1].error.as_deref(), Some("reset by peer"));
    tally.fail(&stamps(9, 0, 1_000_000), Fault::Timeout, "timed out");
    assert_eq!(tally.response.0.max(), 1_000, "one that was given up took that long at least");
}

#[test]
fn of_the_slowest_the_first_failures_and_the_spikes_only_so_many_are_kept() {
    let mut tally = Tally::default();
    for index in 0..10_000 {
        // Every one is slower than the one before.
        tally.answer(&stamps(index, 0, index * 1_000), 200, b"", 0);
        tally.fail(&stamps(index, 0, 0), Fault::Reset, "");
    }
    assert_eq!(tally.counts.slowest.len(), SLOWEST_MAX);
    assert!(tally.counts.slowest.iter().all(|kept| kept.done_us >= 10_000 - SLOWEST_MAX as u64));
    assert_eq!(tally.counts.failures.len(), FAILURES_MAX);
    assert_eq!(tally.counts.failures[FAILURES_MAX - 1].index, FAILURES_MAX as u64 - 1);
    assert_eq!(tally.counts.spikes.len(), SPIKES_MAX);
    assert_eq!(tally.counts.spikes[0].0, 1, "what takes no longer than the threshold is none");
}

#[test]
fn tallies_add_up_and_are_empty_after_that() {
    let (mut sum, mut one) = (Tally::default(), Tally::default());
    one.offer(0);
    one.start(&stamps(0, 0, 0).job, 5_000, true);
    one.answer(&stamps(0, 0, 9_000), 200, b"", 0);
    sum.add(&one);
    sum.add(&one);
    assert_eq!((sum.counts.offered, sum.counts.done, sum.counts.by_status[&200]), (2, 2, 2));
    assert_eq!((sum.response.0.len(), sum.wait.0.max(), sum.counts.slowest.len()), (2, 5, 2));
    one.clear(3);
    assert_eq!((one.counts.done, one.response.0.len(), one.counts.from_ns), (0, 0, 3));
    assert!(one.counts.by_status.is_empty() && one.counts.slowest.is_empty());
}
