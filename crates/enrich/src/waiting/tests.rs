use std::time::Duration;

use model::{PartitionId, RecordNo};

use super::*;

const MS: Duration = Duration::from_millis(1);

fn offset(record: u64) -> Offset {
    Offset { partition: PartitionId::new(1).unwrap(), record: RecordNo(record) }
}

fn sender(name: &str) -> UserId {
    UserId::new(name).unwrap()
}

fn served(waiting: &mut Waiting, now: Mono) -> Vec<u64> {
    let next = std::iter::from_fn(|| waiting.next(now, true));
    next.map(|next| match next {
        Next::Served(target) | Next::Sloughed(target) => target.record.0,
    })
    .collect()
}

fn flood_and_one(is_fair: bool) -> Waiting {
    let mut waiting = Waiting::new(100, is_fair);
    for record in 0..4 {
        assert!(waiting.push(offset(record), &sender("flood"), Mono(0)));
    }
    assert!(waiting.push(offset(9), &sender("ann"), Mono(0)));
    waiting
}

#[test]
fn who_sends_one_does_not_wait_for_who_sends_many() {
    assert_eq!(served(&mut flood_and_one(true), Mono(1)), [0, 9, 1, 2, 3]);
    assert_eq!(served(&mut flood_and_one(false), Mono(1)), [0, 1, 2, 3, 9]);
}

#[test]
fn without_room_nobody_is_served() {
    let mut waiting = flood_and_one(true);
    assert_eq!(waiting.next(Mono(1), false), None);
    assert_eq!(waiting.len(), 5);
}

#[test]
fn who_waits_too_long_is_sloughed_room_or_not_and_then_the_newest_is_first() {
    let mut waiting = Waiting::new(1_000, true);
    let mut now = Mono(0);
    let mut sloughed = 0;
    // Ten come while one is served.
    for record in 0..300 {
        now = now + MS;
        assert!(waiting.push(offset(record), &sender("ann"), now));
        match waiting.next(now, record % 10 == 0) {
            Some(Next::Sloughed(target)) => {
                assert_eq!(target.record.0, waiting_first(&waiting) - 1, "the oldest");
                sloughed += 1;
            }
            Some(Next::Served(target)) if waiting.codel.is_overloaded() => {
                assert_eq!(target.record.0, record, "the newest");
            }
            Some(Next::Served(_)) | None => {}
        }
    }
    assert!(sloughed > 50, "{sloughed}");
    assert!(waiting.len() < 250);
}

fn waiting_first(waiting: &Waiting) -> u64 {
    waiting.by_age.first_key_value().map_or(u64::MAX, |((_, offset), _)| offset.record.0)
}

#[test]
fn at_the_bound_one_more_is_not_taken() {
    let mut waiting = Waiting::new(4, true);
    assert!(waiting.push(offset(0), &sender("flood"), Mono(0)));
    assert!(waiting.push(offset(1), &sender("flood"), Mono(0)));
    // As much as is free, and no more, for one sender.
    assert!(!waiting.push(offset(2), &sender("flood"), Mono(0)));
    assert!(waiting.push(offset(3), &sender("ann"), Mono(0)));
    assert_eq!(waiting.len(), 3);
}
