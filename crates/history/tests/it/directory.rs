//! What a directory may hold, and what is said when it is something else.

use std::fs;

use history::{History, HistoryError};
use model::{BatchNo, Seq};

use crate::world::*;

#[test]
fn what_was_applied_is_there_after_opening_again() {
    let place = Place::new();
    let history = place.open();
    let mut journal = Journal::new();
    let batches = [journal.place([said("r", 1), said("r", 2), moved("r", "ann", "d", 2)])];
    apply(&history, 1, &batches).unwrap();
    history.persist().unwrap();
    let (cursor, head) = (history.cursor().unwrap(), history.head(&room("r")).unwrap());
    drop(history);

    let history = place.open();
    assert_eq!(history.cursor().unwrap(), cursor);
    assert_eq!(history.head(&room("r")).unwrap(), head);
    assert_eq!(seqs(&history, "r", 1, 9), [1, 2]);
    assert_eq!(history.cursor_of(&room("r"), &user("ann"), &device("d")).unwrap(), Seq(2));
    feed(&history, 2, [said("r", 3)]);
    assert_eq!(history.head(&room("r")).unwrap().unwrap().next_seq, Seq(4));
}

#[test]
fn a_deleted_view_starts_again_from_the_first_batch() {
    let place = Place::new();
    let history = place.open();
    feed(&history, 1, [said("r", 1)]);
    drop(history);
    fs::remove_dir_all(&place.dir).unwrap();
    assert_eq!(place.open().cursor().unwrap().batch, BatchNo(0));
}

#[test]
fn an_empty_directory_and_one_to_be_made_are_as_good_as_none() {
    let place = Place::new();
    fs::create_dir(&place.dir).unwrap();
    drop(place.open());
    let deeper = place.dir.with_file_name("data").join("views").join("history");
    History::open(&deeper, OPTIONS).unwrap();
}

#[test]
fn a_directory_of_something_else_is_refused_untouched() {
    let place = Place::new();
    fs::create_dir(&place.dir).unwrap();
    let theirs = place.dir.join("thesis.txt");
    fs::write(&theirs, b"years of work").unwrap();
    let refused = History::open(&place.dir, OPTIONS).err().unwrap();
    assert!(matches!(refused, HistoryError::Foreign { .. }));
    assert!(refused.to_string().contains("it holds thesis.txt"), "{refused}");
    assert_eq!(fs::read_dir(&place.dir).unwrap().count(), 1);
    assert_eq!(fs::read(&theirs).unwrap(), b"years of work");
}

#[test]
fn a_view_in_use_is_locked() {
    let place = Place::new();
    let _history = place.open();
    assert!(matches!(History::open(&place.dir, OPTIONS), Err(HistoryError::Locked { .. })));
}

#[test]
fn a_file_where_the_directory_should_be_is_an_error_of_the_disk() {
    let place = Place::new();
    fs::write(&place.dir, b"").unwrap();
    assert!(matches!(History::open(&place.dir, OPTIONS), Err(HistoryError::Io { .. })));
}

#[test]
fn stats_say_how_much_there_is() {
    let place = Place::new();
    let history = place.open();
    feed(&history, 1, (1..=7).map(|seq| said("r", seq)));
    let stats = history.stats().unwrap();
    assert_eq!(stats.messages_approx, 7);
    assert!(stats.disk_bytes > 0);
}
