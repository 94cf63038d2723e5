use std::time::Duration;

use super::*;
use crate::measure::queue::Job;
use crate::measure::tally::Stamps;

const SECOND: f64 = 1.0;

fn merge(processes: usize) -> Merge {
    let told = || Told { reached: 0, total: Box::default(), worst: Health::default(), done: None };
    let parts = std::iter::repeat_with(told).take(processes).collect();
    Merge { tick_s: SECOND, warm_up_s: 1.0, open: BTreeMap::new(), parts }
}

/// So many answers, each after so many ms.
fn tally(count: u64, took_ms: u64) -> Tally {
    let mut tally = Tally::default();
    for index in 0..count {
        let job = Job { index, due_ns: 0, picked_ns: 0 };
        let done_ns = took_ms * 1_000_000;
        let stamps = Stamps { job, sent_ns: 0, first_byte_ns: done_ns, done_ns };
        tally.offer(0);
        tally.start(&job, 0, true);
        tally.answer(&stamps, 200, b"", u64::MAX);
    }
    tally
}

fn second(at_s: f64, cpu: f64, gap_ms: f64) -> Second {
    let client = Health { cpu_of_process: cpu, watchdog_gap_ms: gap_ms, ..Health::default() };
    Second { at_s, in_flight: 2, client, ..Second::default() }
}

fn done(total: Tally) -> Box<Done> {
    Box::new(Done {
        total,
        measured_s: 2.0,
        took: Duration::from_secs(3),
        open_most: 5,
        cpu_s: 0.5,
        was_interrupted: false,
    })
}

#[test]
fn a_percentile_is_of_all_that_was_counted_and_no_mean_of_percentiles() {
    let mut merge = merge(2);
    // 90 at 1 ms and 10 at 100 ms: p90 is 1 ms; the mean of both p90s would be 50 ms.
    merge.second(0, second(1.0, 0.3, 2.0), &tally(90, 1), Tally::default());
    assert!(merge.next().is_none(), "the other may have told more");
    merge.second(1, second(1.004, 0.4, 7.0), &tally(10, 100), Tally::default());
    let (one, counted) = merge.next().expect("both told it");
    assert_eq!((one.done, counted.counts.done, one.in_flight), (100, 100, 4));
    assert!((990..=1_010).contains(&one.response_us[1]), "{:?}", one.response_us);
    assert!(one.response_us[3] >= 100_000 && (one.at_s - 1.004).abs() < 1e-9);
    let client = one.client;
    assert!(
        (client.cpu_of_process - 0.7).abs() < 1e-9 && (client.watchdog_gap_ms - 7.0).abs() < 1e-9
    );
    assert!(merge.next().is_none());
}

#[test]
fn who_stood_still_holds_nobody_up_for_longer_than_that() {
    let mut merge = merge(2);
    for at_s in [1.0, 2.0, 3.0] {
        merge.second(0, second(at_s, 0.1, 0.0), &tally(1, 1), Tally::default());
    }
    assert!(merge.next().is_none());
    // It tells three seconds as one.
    merge.second(1, second(3.2, 0.1, 2_100.0), &tally(3, 1), Tally::default());
    let told: Vec<_> = std::iter::from_fn(|| merge.next()).map(|(second, _)| second.done).collect();
    assert_eq!(told, [1, 1, 4]);
    merge.second(0, second(4.0, 0.1, 0.0), &tally(1, 1), Tally::default());
    merge.done(1, done(Tally::default()));
    assert_eq!(merge.next().map(|(second, _)| second.done), Some(1), "who is done tells no more");
}

#[test]
fn totals_are_added_and_each_process_keeps_its_health_without_the_warm_up() {
    let mut merge = merge(2);
    merge.second(0, second(1.0, 0.1, 900.0), &tally(5, 1), Tally::default());
    merge.second(0, second(2.0, 0.1, 30.0), &tally(5, 1), tally(5, 1));
    merge.second(1, second(2.0, 0.1, 1.0), &tally(4, 1), tally(4, 1));
    assert_eq!(merge.total().counts.done, 9);
    merge.done(0, done(tally(6, 1)));
    assert!(!merge.is_done());
    merge.done(1, done(tally(4, 1)));
    assert!(merge.is_done());
    let all = merge.measured(Vec::new(), &[7, 8]);
    assert_eq!((all.total.counts.done, all.total.response.0.len(), all.open_most), (10, 10, 10));
    assert!((all.cpu_s - 1.0).abs() < 1e-9 && (all.measured_s - 2.0).abs() < 1e-9);
    let [one, other] = all.processes.as_slice() else { panic!("two") };
    assert_eq!((one.pid, one.done, other.pid, other.done), (7, 6, 8, 4));
    let gaps = (one.worst.watchdog_gap_ms, other.worst.watchdog_gap_ms);
    assert!((gaps.0 - 30.0).abs() < 1e-9 && (gaps.1 - 1.0).abs() < 1e-9, "{gaps:?}");
}

#[test]
fn what_a_process_says_is_heard_as_it_was_said() {
    use crate::measure::spread::words::{Said, read, write};
    let mut line = Vec::new();
    let told = (second(1.0, 0.2, 0.0), tally(3, 4), tally(2, 9));
    let told_max = told.2.response.0.max();
    write(&mut line, &Said::Second(Box::new(told))).expect("into memory");
    assert_eq!(line.iter().filter(|byte| **byte == b'\n').count(), 1);
    let heard: Option<Said> = read(&mut line.as_slice()).expect("it is one");
    let Some(Said::Second(heard)) = heard else { panic!("{heard:?}") };
    assert_eq!((heard.0.at_s, heard.1.counts.done, heard.2.response.0.max()), (1.0, 3, told_max));
    assert!(read::<Said>(&mut &b""[..]).expect("the end").is_none());
    assert!(read::<Said>(&mut &b"no\n"[..]).is_err());
}
