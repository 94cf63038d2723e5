//! The fold: facts in, the same answers out, however they come.

use history::{ApplyError, COMMIT_BYTES, Found, Head, HistoryError, Item, Known};
use model::bounds::BODY_MAX_BYTES;
use model::{BatchNo, Fact, InstanceId, Message, Ordinal, RecordNo, Seq, Wall};

use crate::world::*;

fn head(next_seq: u64, next_ordinal: u64, first: u64) -> Option<Head> {
    Some(Head { next_seq: Seq(next_seq), next_ordinal: Ordinal(next_ordinal), first: Seq(first) })
}

#[test]
fn what_was_said_is_read_found_and_counted() {
    let place = Place::new();
    let history = place.open();
    let messages = [message("r", 1, "ann", "hi"), message("r", 2, "bob", "hello")];
    feed(&history, 1, messages.clone().map(Fact::Message));

    let received_at = Wall(1_000);
    let expected = messages.clone().map(|message| Message { received_at, ..message });
    assert_eq!(history.read(&room("r"), Seq(1), 10, Seq(2)).unwrap(), expected);
    assert_eq!(history.head(&room("r")).unwrap(), head(3, 3, 1));
    let body = KEY.hash(&messages[1].content);
    assert_eq!(
        history.find(&room("r"), &user("bob"), id(1, 2)).unwrap(),
        Known::Found(Found { seq: Seq(2), body, received_at })
    );
    assert_eq!(history.find(&room("r"), &user("ann"), id(1, 2)).unwrap(), Known::Not);
    assert_eq!(history.author_highest(&room("r"), &user("bob"), InstanceId(1)).unwrap(), 2);
    assert_eq!(history.author_highest(&room("r"), &user("bob"), InstanceId(2)).unwrap(), 0);
    assert_eq!(history.conversations(None, 10).unwrap(), [room("r")]);
}

#[test]
fn a_view_that_saw_nothing_answers_nothing() {
    let place = Place::new();
    let history = place.open();
    assert_eq!(history.cursor().unwrap().batch, BatchNo(0));
    assert_eq!(history.head(&room("r")).unwrap(), None);
    assert_eq!(seqs(&history, "r", 0, u64::MAX), []);
    assert_eq!(history.cursor_of(&room("r"), &user("ann"), &device("d")).unwrap(), Seq(0));
    assert_eq!(history.conversations(None, 10).unwrap(), []);
}

#[test]
fn the_highest_counter_is_that_of_the_id_whatever_the_order() {
    let place = Place::new();
    let history = place.open();
    let with = |seq, counter| {
        Fact::Message(Message { id: id(7, counter), ..message("r", seq, "ann", "x") })
    };
    feed(&history, 1, [with(1, 5), with(2, 300), with(3, 6)]);
    assert_eq!(history.author_highest(&room("r"), &user("ann"), InstanceId(7)).unwrap(), 300);
    assert_eq!(history.author_highest(&room("r"), &user("ann"), InstanceId(6)).unwrap(), 0);
    assert_eq!(history.author_highest(&room("r"), &user("ann"), InstanceId(8)).unwrap(), 0);
}

#[test]
fn batches_at_or_below_the_cursor_are_ignored() {
    let place = Place::new();
    let history = place.open();
    let mut journal = Journal::new();
    let batches = [journal.place([said("r", 1)]), journal.place([said("r", 2)])];
    apply(&history, 1, &batches).unwrap();
    // The same numbers with something else in them: were they taken, it would show.
    let others = [journal.place([said("other", 1)]), journal.place([said("r", 9)])];
    apply(&history, 1, &others).unwrap();
    assert_eq!(history.head(&room("r")).unwrap(), head(3, 3, 1));
    assert_eq!(history.head(&room("other")).unwrap(), None);
    assert_eq!(history.cursor().unwrap().batch, BatchNo(2));
}

#[test]
fn facts_that_come_again_under_a_new_batch_change_nothing() {
    let place = Place::new();
    let history = place.open();
    let facts = || [said("r", 1), said("r", 2), moved("r", "ann", "d", 2)];
    feed(&history, 1, facts());
    let before = history.head(&room("r")).unwrap();
    feed(&history, 2, facts());
    assert_eq!(history.head(&room("r")).unwrap(), before);
    assert_eq!(seqs(&history, "r", 1, 9), [1, 2]);
}

#[test]
fn a_gap_is_refused_and_nothing_of_the_call_is_applied() {
    let place = Place::new();
    let history = place.open();
    let (one, three) = (Journal::new().place([said("r", 1)]), Journal::new().place([said("r", 2)]));
    let refused = history.apply(&[batch(1, &one), batch(3, &three)], &KEY);
    let Err(ApplyError::Gap { expected, found }) = refused else { panic!("{refused:?}") };
    assert_eq!((expected, found), (BatchNo(2), BatchNo(3)));
    assert_eq!(history.cursor().unwrap().batch, BatchNo(0));
    assert_eq!(history.head(&room("r")).unwrap(), None);
    assert!(matches!(apply(&history, 2, &[three]), Err(ApplyError::Gap { .. })));
}

#[test]
fn a_hole_that_is_handed_in_moves_the_cursor_over_what_was_lost() {
    let place = Place::new();
    let history = place.open();
    let (one, five) = (Journal::new().place([said("r", 1)]), Journal::new().place([said("r", 4)]));
    let hole = Item::Hole { up_to: BatchNo(4) };
    history.apply(&[batch(1, &one), hole, hole, batch(5, &five)], &KEY).unwrap();
    assert_eq!(history.cursor().unwrap().batch, BatchNo(5));
    assert_eq!(history.head(&room("r")).unwrap(), head(5, 5, 4));
    history.apply(&[Item::Hole { up_to: BatchNo(3) }], &KEY).unwrap();
    assert_eq!(history.cursor().unwrap().batch, BatchNo(5));
    history.apply(&[Item::Hole { up_to: BatchNo(8) }], &KEY).unwrap();
    assert_eq!(history.cursor().unwrap().batch, BatchNo(8));
}

#[test]
fn a_read_stops_at_a_hole_and_goes_on_behind_it() {
    let place = Place::new();
    let history = place.open();
    feed(&history, 1, [said("r", 1), said("r", 2), said("r", 5), said("r", 6)]);
    assert_eq!(history.head(&room("r")).unwrap(), head(7, 7, 5));
    assert_eq!(seqs(&history, "r", 1, 6), [1, 2]);
    assert_eq!(seqs(&history, "r", 3, 6), []);
    assert_eq!(seqs(&history, "r", 5, 6), [5, 6]);
}

#[test]
fn the_ordinal_goes_on_as_the_message_says() {
    let place = Place::new();
    let history = place.open();
    let jump = Message { ordinal: Ordinal(4), ..message("r", 9, "ann", "x") };
    feed(&history, 1, [said("r", 1), Fact::Message(jump)]);
    assert_eq!(history.head(&room("r")).unwrap(), head(10, 5, 9));
}

#[test]
fn a_conversation_whose_beginning_was_lost_begins_with_what_is_there() {
    let place = Place::new();
    let history = place.open();
    feed(&history, 1, [said("r", 7)]);
    assert_eq!(history.head(&room("r")).unwrap(), head(8, 8, 7));
}

#[test]
fn a_delivery_cursor_never_goes_back_within_a_commit_nor_between() {
    let place = Place::new();
    let history = place.open();
    let at = || history.cursor_of(&room("r"), &user("ann"), &device("d")).unwrap();
    let messages = (1..=9).map(|seq| said("r", seq));
    feed(&history, 1, messages);
    feed(&history, 2, [moved("r", "ann", "d", 5), moved("r", "ann", "d", 3)]);
    assert_eq!(at(), Seq(5));
    feed(&history, 3, [moved("r", "ann", "d", 4)]);
    assert_eq!(at(), Seq(5));
    feed(&history, 4, [moved("r", "ann", "d", 9), moved("r", "bob", "d", 1)]);
    assert_eq!(at(), Seq(9));
}

#[test]
fn a_cursor_above_the_head_says_that_its_places_were_lost() {
    let place = Place::new();
    let history = place.open();
    feed(&history, 1, [said("r", 1), moved("r", "ann", "d", 3), moved("new", "ann", "d", 2)]);
    assert_eq!(history.head(&room("r")).unwrap(), head(4, 4, 4));
    assert_eq!(history.head(&room("new")).unwrap(), head(3, 3, 3));
}

#[test]
fn the_cursor_counts_the_records_of_every_kind_of_fact() {
    let place = Place::new();
    let history = place.open();
    let mut journal = Journal::new();
    let kinds =
        [said("r", 1), enriched("r", 1, 1), moved("r", "ann", "d", 1), epoch_started(200, 1, 7)];
    let batches = [journal.place(kinds), Facts::new(), journal.place([said("s", 1)])];
    apply(&history, 1, &batches).unwrap();
    let cursor = history.cursor().unwrap();
    assert_eq!(cursor.batch, BatchNo(3));
    assert_eq!(cursor.records, journal.records);
    assert!(cursor.records.contains(&RecordNo(3)));
}

#[test]
fn a_call_larger_than_a_commit_is_folded_whole() {
    let place = Place::new();
    let history = place.open();
    let body = "b".repeat(BODY_MAX_BYTES);
    let count = 2 * (COMMIT_BYTES / BODY_MAX_BYTES) as u64 + 3;
    let mut journal = Journal::new();
    let batches: Vec<Facts> = (1..=count)
        .map(|seq| journal.place([Fact::Message(message("r", seq, "ann", &body))]))
        .collect();
    apply(&history, 1, &batches).unwrap();
    assert_eq!(history.cursor().unwrap().batch, BatchNo(count));
    assert_eq!(history.head(&room("r")).unwrap(), head(count + 1, count + 1, 1));
    assert_eq!(seqs(&history, "r", count - 1, count), [count - 1, count]);
}

#[test]
fn errors_can_be_told_and_sent_between_threads() {
    fn sendable<T: Send + Sync + 'static>() {}
    sendable::<HistoryError>();
    sendable::<ApplyError>();
    sendable::<history::History>();
}
