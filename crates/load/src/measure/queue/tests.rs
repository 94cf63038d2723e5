use super::*;

fn queue(count: u64) -> Queue {
    Queue::new(move || Box::new((0..count).map(|k| k * 10)), 1, 2)
}

fn taken(queue: &mut Queue) -> Vec<(u64, u64, u64)> {
    std::iter::from_fn(|| queue.take()).map(|job| (job.index, job.due_ns, job.picked_ns)).collect()
}

#[test]
fn what_is_due_queues_with_its_times_and_none_is_dropped() {
    let mut queue = queue(5);
    assert_eq!(taken(&mut queue), [], "nothing is noticed yet");
    queue.notice(15, |_| {});
    queue.notice(15, |_| {});
    queue.notice(35, |_| {});
    assert_eq!(queue.waiting(), 4);
    assert_eq!(queue.next_due_ns(), Some(40));
    assert_eq!(taken(&mut queue), [(1, 0, 15), (3, 10, 15), (5, 20, 35), (7, 30, 35)]);
    queue.notice(1_000, |due_ns| assert_eq!(due_ns, 40));
    assert_eq!(taken(&mut queue), [(9, 40, 1_000)]);
    assert_eq!((queue.next_due_ns(), queue.waiting()), (None, 0));
}

#[test]
fn what_is_not_due_at_an_early_end_is_left_out() {
    let mut queue = queue(5);
    queue.notice(15, |_| {});
    queue.end();
    queue.notice(1_000, |_| {});
    assert_eq!(taken(&mut queue).len(), 2);
}

#[test]
fn at_the_bound_bunches_are_joined_and_no_request_is_lost() {
    let count = BUNCHES_MAX as u64 + 2;
    let mut queue = queue(count);
    for k in 0..count {
        queue.notice(k * 10, |_| {});
    }
    assert_eq!(queue.bunches.len(), BUNCHES_MAX);
    let taken = taken(&mut queue);
    assert_eq!(taken.len() as u64, count);
    assert!((0_u64..).zip(&taken).all(|(k, (_, due_ns, _))| *due_ns == k * 10));
    let edge = BUNCHES_MAX - 1;
    assert_eq!(taken[edge].2, taken[edge].1, "the last of its own");
    assert_eq!(taken[edge + 1].2, taken[edge].2, "joined to it");
}
