use std::convert::Infallible;

use model::{Body, InstanceId, MessageId, UserId, Wall};

use super::*;

fn room(name: &str) -> ConversationId {
    ConversationId::new(name).unwrap()
}

fn said(name: &str, seq: u64, ordinal: u64) -> Message {
    Message {
        conversation: room(name),
        seq: Seq(seq),
        ordinal: Ordinal(ordinal),
        sender: UserId::new("ann").unwrap(),
        id: MessageId { instance: InstanceId(1), counter: seq },
        content: Body::new("x").unwrap().into(),
        lamport: seq,
        seen_seq: Seq(0),
        sent_at: Wall(0),
        received_at: Wall(0),
    }
}

fn head(next_seq: u64, next_ordinal: u64, first: u64) -> Head {
    Head { next_seq: Seq(next_seq), next_ordinal: Ordinal(next_ordinal), first: Seq(first) }
}

const fn absent() -> Result<Option<Head>, Infallible> {
    Ok(None)
}

fn changed(heads: &mut Heads) -> Vec<(String, Head)> {
    let mut changed = Vec::new();
    heads.drain_changed(|name, head| changed.push((name.to_string(), *head)));
    changed
}

#[test]
fn a_message_moves_the_head_and_a_jump_moves_the_first() {
    let mut moved = Head::NEW;
    moved.take(Seq(1), Ordinal(1));
    assert_eq!(moved, head(2, 2, 1));
    moved.take(Seq(5), Ordinal(4));
    assert_eq!(moved, head(6, 5, 5));
    moved.take(Seq(6), Ordinal(5));
    assert_eq!(moved, head(7, 6, 5));
}

#[test]
fn a_message_below_the_head_changes_nothing() {
    let mut moved = head(7, 6, 5);
    moved.take(Seq(6), Ordinal(5));
    moved.take(Seq(1), Ordinal(1));
    assert_eq!(moved, head(7, 6, 5));
}

#[test]
fn places_that_a_device_has_acknowledged_are_not_given_again() {
    let mut moved = head(4, 3, 1);
    moved.acknowledged(Seq(3));
    assert_eq!(moved, head(4, 3, 1), "at the head is where a cursor belongs");
    moved.acknowledged(Seq(6));
    assert_eq!(moved, head(7, 6, 7), "4 to 6 were lost, and nothing of history is whole");
    moved.take(Seq(7), Ordinal(6));
    assert_eq!(moved, head(8, 7, 7));
}

#[test]
fn a_row_is_a_floor_and_the_last_message_says_the_rest() {
    let row = head(4, 3, 2);
    assert_eq!(row.after(None), row);
    assert_eq!(row.after(Some((Seq(3), Ordinal(2)))), row);
    assert_eq!(row.after(Some((Seq(9), Ordinal(8)))), head(10, 9, 2));
}

#[test]
fn a_row_is_written_when_there_is_none_or_something_was_lost_and_in_order() {
    let mut heads = Heads::default();
    for message in [said("b", 1, 1), said("a", 1, 1), said("b", 2, 2)] {
        heads.take(&message, absent).unwrap();
    }
    let expected = [("a".to_owned(), head(2, 2, 1)), ("b".to_owned(), head(3, 3, 1))];
    assert_eq!(changed(&mut heads), expected);
    heads.take(&said("a", 2, 2), absent).unwrap();
    heads.acknowledged(&room("a"), Seq(2), absent).unwrap();
    assert_eq!(changed(&mut heads), [], "the last message says it");
    heads.acknowledged(&room("a"), Seq(5), absent).unwrap();
    heads.take(&said("b", 4, 3), absent).unwrap();
    let expected = [("a".to_owned(), head(6, 6, 6)), ("b".to_owned(), head(5, 4, 4))];
    assert_eq!(changed(&mut heads), expected);
}

#[test]
fn a_head_is_loaded_once_while_it_is_at_hand_and_again_when_forgotten() {
    let mut heads = Heads::default();
    let mut loads = 0;
    for seq in [3, 5] {
        heads
            .take(&said("r", seq, seq), || {
                loads += 1;
                Ok::<_, Infallible>(Some(head(3, 3, 2)))
            })
            .unwrap();
    }
    assert_eq!((loads, changed(&mut heads)), (1, vec![("r".to_owned(), head(6, 6, 5))]));
    heads.forget();
    heads.take(&said("r", 9, 9), || Ok::<_, Infallible>(Some(head(8, 8, 5)))).unwrap();
    assert_eq!(changed(&mut heads), [("r".to_owned(), head(10, 10, 9))]);
}

#[test]
fn at_most_so_many_heads_stay_at_hand() {
    let mut heads = Heads::default();
    for name in 0..HEADS_MAX {
        heads.take(&said(&name.to_string(), 1, 1), absent).unwrap();
    }
    assert_eq!(changed(&mut heads).len(), HEADS_MAX);
    assert_eq!(heads.at_hand.len(), HEADS_MAX);
    heads.take(&said("one-more", 1, 1), absent).unwrap();
    assert_eq!(changed(&mut heads).len(), 1);
    assert_eq!(heads.at_hand.len(), 0);
}
