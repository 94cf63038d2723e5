//! What each kind of fact does to the rows.

use model::{BatchNo, Reason, RecordNo, Understood};
use tables::{ApplyError, CHUNK_RECORDS, Item, TablesError};

use crate::world::*;

#[test]
fn messages_speakers_and_sentiments_are_counted_by_conversation() {
    let place = Place::new();
    let mut tables = place.open();
    let mut journal = Journal::new();
    let batches = [
        journal.place([message("r", "ann"), message("s", "ann"), message("r", "bob")]),
        journal.place([message("r", "ann"), enriched("r", 1, 250_000)]),
        journal.place([enriched("r", 2, -1_000_000), enriched("s", 1, 1)]),
    ];
    apply(&mut tables, 1, &batches).unwrap();
    assert_eq!(all(&tables), [row("r", [3, 2, 2], -750_000, 2_000), row("s", [1, 1, 1], 1, 1_000)]);
}

#[test]
fn a_speaker_counts_once_within_a_commit_and_between() {
    let place = Place::new();
    let mut tables = place.open();
    let mut journal = Journal::new();
    for number in 1..=3 {
        let facts = journal.place([message("r", "ann"), message("r", "ann")]);
        apply(&mut tables, number, &[facts]).unwrap();
    }
    assert_eq!(all(&tables), [row("r", [6, 1, 0], 0, 3_000)]);
}

#[test]
fn a_view_that_saw_nothing_has_no_rows() {
    let place = Place::new();
    let tables = place.open();
    assert_eq!(tables.cursor().batch, BatchNo(0));
    assert_eq!(all(&tables), []);
}

#[test]
fn a_message_that_is_enriched_twice_counts_once_and_the_first_answer_stays() {
    let place = Place::new();
    let mut tables = place.open();
    let mut journal = Journal::new();
    let batches = [
        journal.place([message("r", "ann"), enriched("r", 1, 5), enriched("r", 1, 900)]),
        journal.place([enriched("r", 1, 70)]),
    ];
    apply(&mut tables, 1, &batches[..1]).unwrap();
    apply(&mut tables, 2, &batches[1..]).unwrap();
    drop(tables);
    let mut tables = place.open();
    apply(&mut tables, 3, &[journal.place([enriched("r", 1, 6_000)])]).unwrap();
    assert_eq!(all(&tables), [row("r", [1, 1, 1], 5, 1_000)]);
}

#[test]
fn neighbours_on_either_side_of_a_chunk_are_each_enriched_once() {
    let place = Place::new();
    let mut tables = place.open();
    let mut journal = Journal::new();
    let records =
        [1, CHUNK_RECORDS - 1, CHUNK_RECORDS, CHUNK_RECORDS + 1, 3 * CHUNK_RECORDS, u64::MAX];
    for number in 1..=2 {
        let facts = journal.place(records.map(|record| enriched("r", record, 1)));
        apply(&mut tables, number, &[facts]).unwrap();
    }
    assert_eq!(all(&tables), [row("r", [0, 0, 6], 6, 0)]);
}

#[test]
fn batches_at_or_below_the_cursor_are_ignored() {
    let place = Place::new();
    let mut tables = place.open();
    let mut journal = Journal::new();
    let batches = [journal.place([message("r", "ann")]), journal.place([message("r", "bob")])];
    apply(&mut tables, 1, &batches).unwrap();
    // The same numbers with something else in them: were they taken, it would show.
    let others = [journal.place([message("other", "ann")]), journal.place([message("r", "cid")])];
    apply(&mut tables, 1, &others).unwrap();
    assert_eq!(all(&tables), [row("r", [2, 2, 0], 0, 2_000)]);
    assert_eq!(tables.cursor().batch, BatchNo(2));
}

#[test]
fn records_that_come_again_under_a_new_batch_change_nothing_but_the_cursor() {
    let place = Place::new();
    let mut tables = place.open();
    let facts = || Journal::new().place([message("r", "ann"), enriched("r", 1, 9)]);
    apply(&mut tables, 1, &[facts()]).unwrap();
    let before = all(&tables);
    apply(&mut tables, 2, &[facts(), facts()]).unwrap();
    assert_eq!(all(&tables), before);
    assert_eq!(tables.cursor().batch, BatchNo(3));
}

#[test]
fn a_gap_is_refused_and_nothing_of_the_call_is_applied() {
    let place = Place::new();
    let mut tables = place.open();
    let mut journal = Journal::new();
    let (one, three) = (journal.place([message("r", "a")]), journal.place([message("r", "a")]));
    let refused = tables.apply(&[batch(1, &one), batch(3, &three)]);
    let Err(ApplyError::Gap { expected, found }) = refused else { panic!("{refused:?}") };
    assert_eq!((expected, found), (BatchNo(2), BatchNo(3)));
    assert_eq!(tables.cursor().batch, BatchNo(0));
    assert_eq!(all(&tables), []);
    assert!(matches!(apply(&mut tables, 2, &[three]), Err(ApplyError::Gap { .. })));
}

#[test]
fn a_hole_that_is_handed_in_moves_the_cursor_over_what_was_lost() {
    let place = Place::new();
    let mut tables = place.open();
    let mut journal = Journal::new();
    let (one, five) = (journal.place([message("r", "a")]), journal.place([message("r", "a")]));
    let hole = |up_to| Item::Hole { up_to: BatchNo(up_to) };
    tables.apply(&[batch(1, &one), hole(4), hole(4), batch(5, &five)]).unwrap();
    assert_eq!(tables.cursor().batch, BatchNo(5));
    tables.apply(&[hole(3)]).unwrap();
    assert_eq!(tables.cursor().batch, BatchNo(5));
    tables.apply(&[hole(8)]).unwrap();
    tables.persist().unwrap();
    assert_eq!(tables.cursor().batch, BatchNo(8));
    assert_eq!(all(&tables), [row("r", [2, 1, 0], 0, 5_000)]);
}

#[test]
fn the_cursor_counts_the_records_of_every_kind_of_fact() {
    let place = Place::new();
    let mut tables = place.open();
    let mut journal = Journal::new();
    let kinds = [message("r", "ann"), enriched("r", 1, 1), moved("r"), epoch_started(200)];
    let batches = [journal.place(kinds), Facts::new(), journal.place([message("s", "ann")])];
    apply(&mut tables, 1, &batches).unwrap();
    assert_eq!(tables.cursor().batch, BatchNo(3));
    assert_eq!(tables.cursor().records, journal.records);
    assert!(tables.cursor().records.contains(&RecordNo(3)));
    let kept = tables.cursor().clone();
    drop(tables);
    assert_eq!(place.open().cursor(), &kept);
}

#[test]
fn errors_can_be_told_and_sent_between_threads() {
    fn sendable<T: Send + Sync + 'static>() {}
    fn movable<T: Send + 'static>() {}
    sendable::<TablesError>();
    sendable::<ApplyError>();
    movable::<tables::Tables>();
    movable::<tables::Reader>();
}

#[test]
fn every_message_is_enriched_degraded_dead_or_pending_and_moves_between_them() {
    let place = Place::new();
    let mut tables = place.open();
    let mut journal = Journal::new();
    let said = journal.place((0..4).map(|_| message("r", "ann")));
    apply(&mut tables, 1, &[said]).unwrap();
    let mut at = 1;
    let mut counts = |changes: &[(u64, Understood, Understood)]| {
        let changes = changes
            .iter()
            .map(|(record, before, after)| changed("r", *record, before.clone(), after.clone()));
        at += 1;
        apply(&mut tables, at, &[journal.place(changes)]).unwrap();
        let row = all(&tables).remove(0);
        assert_eq!(row.messages, 4);
        ([row.enriched, row.degraded, row.dead], row.sentiment_sum_micros)
    };
    let pending = Understood::Pending;
    let (guess, answer) = (degraded(-3), full(50));
    let dead = Understood::Dead(Reason::Exhausted);

    let first = [
        (1, pending.clone(), guess.clone()),
        (2, pending.clone(), guess.clone()),
        (3, pending.clone(), dead.clone()),
        (4, pending.clone(), full(7)),
    ];
    assert_eq!(counts(&first), ([1, 2, 1], 1));
    // A guess is replaced by an answer; another is given up; what was given up is replayed.
    assert_eq!(counts(&[(1, guess.clone(), answer.clone())]), ([2, 1, 1], 54));
    assert_eq!(counts(&[(2, guess, dead.clone())]), ([2, 0, 2], 57));
    assert_eq!(counts(&[(3, dead.clone(), pending.clone())]), ([2, 0, 1], 57));
    assert_eq!(counts(&[(3, pending.clone(), answer.clone())]), ([3, 0, 1], 107));
    // Repetitions of what was answered, and of what was given up.
    assert_eq!(counts(&[(3, pending.clone(), answer.clone())]), ([3, 0, 1], 107));
    assert_eq!(counts(&[(2, pending.clone(), dead)]), ([3, 0, 1], 107));
    // That it was replayed is lost: the answer counts all the same.
    assert_eq!(counts(&[(2, pending, answer)]), ([4, 0, 0], 157));
}
