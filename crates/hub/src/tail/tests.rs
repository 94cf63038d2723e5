use model::{Body, ConversationId, InstanceId, UserId};

use super::*;
use crate::GatewayId;

fn push(tail: &mut Tail) {
    let (seq, ordinal) = tail.next(true);
    let message = Message {
        conversation: ConversationId::new("c").unwrap(),
        seq,
        ordinal,
        sender: UserId::new("ada").unwrap(),
        id: MessageId { instance: InstanceId(1), counter: seq.0 },
        content: Body::new("x").unwrap().into(),
        lamport: 1,
        seen_seq: Seq(0),
        sent_at: Wall(0),
        received_at: Wall(0),
    };
    let author = Ticket { gateway: GatewayId(1), request: seq.0 };
    tail.push(Entry { message: Arc::new(message), author, waiters: Vec::new() });
}

/// 8 and 9 durable, 10 and 11 not, after a history up to 7 with ordinals two behind.
fn tail() -> Tail {
    let head = Head { next_seq: Seq(8), next_ordinal: Ordinal(6), first: Seq(3), summary: None };
    let mut tail = Tail::after(head);
    (0..4).for_each(|_| push(&mut tail));
    tail.make_durable(Wall(5));
    tail.make_durable(Wall(5));
    tail
}

#[test]
fn durable_and_undurable_messages_stand_densely_behind_history() {
    let mut tail = tail();
    assert_eq!((tail.first, tail.head, tail.ordinal), (Seq(3), Seq(9), Ordinal(7)));
    assert_eq!((tail.lowest(), tail.next(true)), (Seq(8), (Seq(12), Ordinal(10))));
    assert_eq!(tail.get_mut(Seq(11)).unwrap().message.seq, Seq(11));
    assert!(tail.get_mut(Seq(7)).is_none() && tail.get_mut(Seq(12)).is_none());
}

#[test]
fn a_rollback_goes_back_to_the_durable_head_and_no_further() {
    let mut tail = tail();
    let undone: Vec<_> = tail.roll_back().iter().map(|entry| entry.message.seq.0).collect();
    assert_eq!((undone, tail.next(true)), (vec![10, 11], (Seq(10), Ordinal(8))));
    assert!(tail.roll_back().is_empty());
    assert_eq!(tail.lowest(), Seq(8));
}

#[test]
fn a_page_ends_at_the_durable_head() {
    let tail = tail();
    let page = |from, limit| {
        tail.page(Seq(from), limit).iter().map(|message| message.seq.0).collect::<Vec<_>>()
    };
    assert_eq!((page(8, 9), page(8, 1), page(9, 2)), (vec![8, 9], vec![8], vec![9]));
    assert_eq!((page(10, 9), page(50, 9), page(9, usize::MAX)), (vec![], vec![], vec![9]));
}

#[test]
fn an_emptied_tail_gives_its_slots_back() {
    let mut tail = Tail::new();
    for _ in 0..1_000 {
        push(&mut tail);
        tail.make_durable(Wall(1));
    }
    (0..1_000).for_each(|_| drop(tail.release()));
    assert!(tail.is_empty() && tail.entries.capacity() <= SPARE_SLOTS);
    assert_eq!((tail.lowest(), tail.next(true).0), (Seq(1_001), Seq(1_001)));
}

#[test]
#[should_panic(expected = "history has only what is durable")]
fn what_is_not_durable_is_never_released() {
    let mut tail = Tail::new();
    push(&mut tail);
    tail.release();
}
