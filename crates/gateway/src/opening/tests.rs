use model::{Epoch, Ordinal, Position};

use super::*;

/// History from 10 to 50, of which 41 to 50 are in the ring, in epoch 2.
const VIEW: View =
    View { attachment: 1, epoch: Epoch(2), first: Seq(10), start: Seq(41), head: Seq(50) };

fn begins(from: SubscribeFrom, known: Known) -> (bool, u64, u64) {
    let opening = open(from, &known, &VIEW);
    let Opening::Begin { epoch: Epoch(2), recovered, next, head } = opening else {
        panic!("{opening:?}")
    };
    (recovered, next.0, head.0)
}

fn after(epoch: u32, seq: u64) -> SubscribeFrom {
    SubscribeFrom::After(Position { epoch: Epoch(epoch), seq: Seq(seq) })
}

fn standing(epoch: u32, head: u64) -> Known {
    let standing =
        Standing { epoch: Epoch(epoch), first: Seq(10), head: Seq(head), ordinal: Ordinal(head) };
    Known { standing: Some(standing), ..Known::default() }
}

#[test]
fn start_is_the_first_there_is() {
    assert_eq!(begins(SubscribeFrom::Start, Known::default()), (true, 10, 50));
}

#[test]
fn the_last_n_are_no_more_than_there_are() {
    for (count, next) in [(0, 51), (1, 50), (41, 10), (42, 10), (u64::MAX, 10)] {
        assert_eq!(begins(SubscribeFrom::Last(count), Known::default()), (true, next, 50));
    }
}

#[test]
fn a_position_is_recovered_from_just_before_the_first_up_to_the_head() {
    for (seq, recovered, next) in [(8, false, 10), (9, true, 10), (30, true, 31), (50, true, 51)] {
        assert_eq!(begins(after(2, seq), Known::default()), (recovered, next, 50), "{seq}");
    }
}

#[test]
fn a_position_of_another_epoch_is_not_recovered() {
    for epoch in [1, 3] {
        assert_eq!(begins(after(epoch, 30), Known::default()), (false, 10, 50));
    }
}

#[test]
fn a_position_above_what_has_come_here_is_judged_by_the_owner() {
    assert_eq!(open(after(2, 51), &Known::default(), &VIEW), Opening::NeedStanding(Seq(51)));
    assert_eq!(begins(after(2, 51), standing(2, 51)), (true, 52, 51));
    assert_eq!(begins(after(2, 51), standing(2, 50)), (false, 10, 50));
    assert_eq!(begins(after(2, 51), standing(3, 90)), (false, 10, 50), "not this history's");
}

#[test]
fn a_cursor_is_asked_for_and_then_a_position_like_any_other() {
    assert_eq!(open(SubscribeFrom::Cursor, &Known::default(), &VIEW), Opening::NeedCursor);
    let at = |cursor| Known { cursor: Some(Seq(cursor)), ..Known::default() };
    assert_eq!(begins(SubscribeFrom::Cursor, at(20)), (true, 21, 50));
    assert_eq!(begins(SubscribeFrom::Cursor, at(9)), (true, 10, 50));
    assert_eq!(begins(SubscribeFrom::Cursor, at(0)), (false, 10, 50), "1 to 9 are gone");
    assert_eq!(open(SubscribeFrom::Cursor, &at(60), &VIEW), Opening::NeedStanding(Seq(60)));
}

#[test]
fn in_a_new_conversation_everything_begins_at_one() {
    let view = View { attachment: 1, epoch: Epoch(1), first: Seq(1), start: Seq(1), head: Seq(0) };
    let known = Known { cursor: Some(Seq(0)), ..Known::default() };
    for from in [SubscribeFrom::Start, SubscribeFrom::Cursor, SubscribeFrom::Last(5), after(1, 0)] {
        let begin = Opening::Begin { epoch: Epoch(1), recovered: true, next: Seq(1), head: Seq(0) };
        assert_eq!(open(from, &known, &view), begin);
    }
}
