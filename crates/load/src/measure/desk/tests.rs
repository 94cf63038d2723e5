use std::task::Wake;

use super::*;

/// Counts how often it is woken.
#[derive(Default)]
struct Bell(AtomicU64);

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

fn open(count: u64, connections: usize) -> Desk {
    let queue = Queue::new(move || Box::new((0..count).map(|k| k * 10)), 0, 1);
    Desk::new(Source::Open(queue), connections)
}

fn job(polled: Poll<Option<Job>>) -> Job {
    match polled {
        Poll::Ready(Some(job)) => job,
        Poll::Ready(None) | Poll::Pending => panic!("there is no request"),
    }
}

fn stamps(job: Job, done_ns: u64) -> Stamps {
    Stamps { job, sent_ns: job.picked_ns, first_byte_ns: done_ns, done_ns }
}

#[test]
fn as_many_connections_are_woken_as_requests_are_due_in_the_order_they_came() {
    let (first, second) = (Arc::new(Bell::default()), Arc::new(Bell::default()));
    let mut desk = open(3, 2);
    job(desk.poll_job(0, 0, false, Waker::noop()));
    assert!(desk.poll_job(1, 0, false, &Arc::clone(&first).into()).is_pending());
    assert!(desk.poll_job(0, 0, false, &Arc::clone(&second).into()).is_pending());
    assert_eq!(desk.pace(10), Some(20));
    let rung = |bell: &Bell| bell.0.load(Ordering::Relaxed);
    assert_eq!((rung(&first), rung(&second)), (1, 0));
    let late = job(desk.poll_job(1, 13, true, Waker::noop()));
    assert_eq!(
        (late.index, late.due_ns, late.picked_ns),
        (1, 10, 13),
        "its lateness is the generator's"
    );
}

#[test]
fn what_no_connection_was_free_for_waits_and_that_is_no_slip() {
    let mut desk = open(2, 1);
    let first = job(desk.poll_job(0, 0, false, Waker::noop()));
    desk.pace(10);
    desk.answered(0, &stamps(first, 5_000), 200, b"");
    let second = job(desk.poll_job(0, 5_000_000, false, Waker::noop()));
    assert_eq!((second.due_ns, second.picked_ns), (10, 10));
    assert_eq!(desk.tally.slip.0.max(), 0);
    assert!(desk.tally.wait.0.max() >= 5_000 - 5, "{}", desk.tally.wait.0.max());
    assert!(!desk.is_done());
    desk.answered(0, &stamps(second, 6_000_000), 200, b"");
    assert!(desk.is_done());
    assert_eq!(desk.poll_job(0, 0, false, Waker::noop()), Poll::Ready(None));
}

#[test]
fn what_is_open_at_the_end_has_failed_and_comes_back_once() {
    let mut desk = open(3, 1);
    let first = job(desk.poll_job(0, 0, false, Waker::noop()));
    desk.pace(15);
    desk.close(1_000_000);
    assert!(desk.is_done());
    desk.answered(0, &stamps(first, 1_000_001), 200, b"");
    let counts = &desk.tally.counts;
    assert_eq!((counts.offered, counts.started, counts.done, counts.failed), (2, 1, 0, 2));
    assert_eq!(counts.by_fault[&Fault::NotAnswered], 1);
    assert_eq!(counts.by_fault[&Fault::NotStarted], 1);
    assert_eq!((desk.offered, desk.returned), (2, 2));
    assert_eq!(desk.tally.response.0.len(), 2, "they took that long at least");
}

#[test]
fn a_closed_loop_makes_so_many_of_all_workers_and_not_one_more() {
    let issued = Arc::new(AtomicU64::new(0));
    let closed = || Source::Closed(Closed::new(Arc::clone(&issued), 3, u64::MAX));
    let (mut one, mut other) = (Desk::new(closed(), 1), Desk::new(closed(), 1));
    let mut numbers = Vec::new();
    for is_other in [false, true, false] {
        let desk = if is_other { &mut other } else { &mut one };
        let job = job(desk.poll_job(0, 7, false, Waker::noop()));
        numbers.push(job.index);
        desk.answered(0, &stamps(job, 8), 200, b"");
    }
    assert_eq!(numbers, [0, 1, 2]);
    for desk in [&mut one, &mut other] {
        assert!(!desk.is_done());
        assert_eq!(desk.poll_job(0, 9, false, Waker::noop()), Poll::Ready(None));
        assert!(desk.is_done());
    }
    assert_eq!(one.tally.slip.0.len(), 0, "a closed loop is never late");
}

#[test]
fn a_closed_loop_ends_with_its_time() {
    let source = Source::Closed(Closed::new(Arc::new(AtomicU64::new(0)), u64::MAX, 100));
    let mut desk = Desk::new(source, 1);
    let job = job(desk.poll_job(0, 99, false, Waker::noop()));
    desk.answered(0, &stamps(job, 150), 200, b"");
    assert_eq!(desk.poll_job(0, 100, false, Waker::noop()), Poll::Ready(None));
}

#[test]
fn what_is_due_after_the_warm_up_is_in_no_tally_of_the_warm_up_whenever_that_is_taken() {
    // Due at 0, 10, 20 and 30; the warm-up is until 20, and nobody comes for the tally until all is done.
    let mut desk = open(4, 1).with_warm_up(20);
    for index in 0..4 {
        let next = job(desk.poll_job(0, 100, false, Waker::noop()));
        assert_eq!(next.index, index);
        desk.answered(0, &stamps(next, 100), 200, b"");
    }
    let told = |tally: &Tally| (tally.counts.offered, tally.counts.started, tally.counts.done);
    assert_eq!((told(&desk.tally), desk.tally.counts.from_ns), ((2, 2, 2), 20));
    let warm_up = desk.warm_up.over.take().expect("it is over");
    assert_eq!(told(&warm_up), (2, 0, 0), "what was still open of it counts for nothing");

    let mut cold = open(4, 1).with_warm_up(0);
    job(cold.poll_job(0, 100, false, Waker::noop()));
    assert_eq!((cold.tally.counts.offered, cold.warm_up.over.is_some()), (4, false));
}
