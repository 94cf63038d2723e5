use super::*;

#[test]
fn what_the_kernel_tells_is_read() {
    assert_eq!(schedstat("123 456 7\n"), Some((123, 456)));
    assert_eq!(schedstat("123"), None);
    let pressure = "some avg10=12.50 avg60=1.00 avg300=0.10 total=9\nfull avg10=0.00 avg60=0 avg300=0 total=0\n";
    assert_eq!(psi(pressure), Some(12.5));
    assert_eq!(
        ticks("cpu  1 2 3 4 5 6 7 8 9 10\ncpu0 1\n"),
        Some(Ticks { idle: 9, stolen: 8, all: 36 })
    );
    assert_eq!(value("nr_throttled 3\nthrottled_usec 77\n", "throttled_usec"), Some(77));
    assert_eq!(value("", "throttled_usec"), None);
    assert_eq!(listed("0-3,8"), Some(5));
    assert_eq!(listed("x"), None);
    let table = "Tcp: RtoMin OutSegs RetransSegs\nTcp: 200 77 5\nUdp: OutSegs\nUdp: 1\n";
    assert_eq!(column(table, "Tcp:", "OutSegs"), Some(77));
    assert_eq!(column(table, "Tcp:", "InSegs"), None);
}

#[test]
fn threads_that_are_new_count_from_their_beginning_and_ended_ones_do_not() {
    let before = Threads(BTreeMap::from([(1, (1_000_000_000, 0)), (2, (5, 5))]));
    let now = Threads(BTreeMap::from([(1, (1_500_000_000, 250_000_000)), (3, (750_000_000, 0))]));
    let spent = now.since(&before);
    let right = Spent { cpu_s: 1.25, busiest_cpu_s: 0.75, wait_s: 0.25, longest_wait_s: 0.25 };
    assert_eq!(spent, right);
    let without = now.without(1).since(&before);
    assert_eq!(without, Spent { cpu_s: 0.75, busiest_cpu_s: 0.75, ..Spent::default() });
}

#[test]
fn this_process_is_seen() {
    let threads = threads_of(std::process::id()).expect("it is there");
    assert!(!threads.0.is_empty());
    assert!(threads_of(u32::MAX).is_none());
    assert!(open_files() >= 3, "at least the standard three");
    assert!(memory_bytes() > 0 && !release().is_empty());
}
