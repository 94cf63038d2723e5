//! The edges: pages, names, the size of a commit, the largest numbers.

use model::bounds::NAME_MAX_BYTES;
use model::{BatchNo, Wall};
use tables::{BatchIn, COMMIT_BYTES, Item, ROWS_MAX};

use crate::world::*;

#[test]
fn rows_come_by_name_and_in_pages() {
    let place = Place::new();
    let mut tables = place.open();
    let names: Vec<String> = (0..=ROWS_MAX).map(|number| format!("r{number:05}")).collect();
    let facts = Journal::new().place(names.iter().rev().map(|name| message(name, "ann")));
    apply(&mut tables, 1, &[facts]).unwrap();

    let page = tables.rows(None, None, ROWS_MAX + 1).unwrap();
    assert_eq!(page.len(), ROWS_MAX as usize);
    assert!(page.iter().map(|row| row.conversation.as_str()).eq(names.iter().take(page.len())));
    let last = page.last().map(|row| &row.conversation);
    let rest = tables.rows(None, last, u32::MAX).unwrap();
    assert_eq!(rest, [row(&names[ROWS_MAX as usize], [1, 1, 0], 0, 1_000)]);
    assert_eq!(tables.rows(None, None, 2).unwrap(), page[..2]);
    assert_eq!(tables.rows(None, None, 0).unwrap(), []);
}

#[test]
fn one_conversation_is_asked_for_by_name() {
    let place = Place::new();
    let mut tables = place.open();
    let facts = Journal::new().place(["a", "ab", "a-"].map(|name| message(name, "ann")));
    apply(&mut tables, 1, &[facts]).unwrap();
    let only = |name: &str| tables.rows(Some(&room(name)), None, 9).unwrap();
    assert_eq!(only("a"), [row("a", [1, 1, 0], 0, 1_000)]);
    assert_eq!(only("A"), []);
    let after = |name: &str| tables.rows(Some(&room("ab")), Some(&room(name)), 9).unwrap().len();
    assert_eq!((after("a"), after("ab"), after("b")), (1, 0, 0));
    assert_eq!(tables.rows(Some(&room("a")), None, 0).unwrap(), []);
}

#[test]
fn every_character_of_a_name_and_the_longest_name_keep_their_rows() {
    let place = Place::new();
    let mut tables = place.open();
    let alphabet = ('a'..='z').chain('A'..='Z').chain('0'..='9').chain(".:_-".chars());
    let mut names: Vec<String> = alphabet.map(String::from).collect();
    names.push("z".repeat(NAME_MAX_BYTES));
    names.push("z".repeat(NAME_MAX_BYTES - 1));
    let facts = Journal::new().place(names.iter().map(|name| message(name, name)));
    apply(&mut tables, 1, &[facts]).unwrap();
    names.sort();
    let there = all(&tables);
    assert!(there.iter().map(|row| row.conversation.as_str()).eq(&names));
    assert!(there.iter().all(|row| (row.messages, row.speakers) == (1, 1)));
}

#[test]
fn a_call_larger_than_a_commit_is_folded_whole() {
    const ROOMS: usize = 500;
    // Each speaker takes more than its name.
    let speakers = COMMIT_BYTES / NAME_MAX_BYTES / ROOMS + 1;
    let place = Place::new();
    let mut tables = place.open();
    let mut journal = Journal::new();
    let batches: Vec<Facts> = (0..speakers)
        .map(|who| {
            let names = (0..ROOMS).map(|name| format!("r{name:03}"));
            journal.place(names.map(|name| message(&name, &format!("u{who}"))))
        })
        .collect();
    apply(&mut tables, 1, &batches).unwrap();
    let count = speakers as u64;
    assert_eq!(tables.cursor().batch, BatchNo(count));
    let rows = all(&tables);
    assert_eq!(rows.len(), ROWS_MAX as usize);
    assert!(rows.iter().all(|row| (row.messages, row.speakers) == (count, count)));
}

#[test]
fn the_largest_sentiments_and_the_latest_stamp_are_kept() {
    let place = Place::new();
    let mut tables = place.open();
    let facts = Journal::new().place([
        message("r", "ann"),
        enriched("r", 1, i32::MIN),
        enriched("r", 2, i32::MIN),
        message("s", "ann"),
        enriched("s", 1, i32::MAX),
        enriched("s", 3, i32::MAX),
    ]);
    let stamp = Wall(u64::MAX);
    tables.apply(&[Item::Batch(BatchIn { batch: BatchNo(1), stamp, facts: &facts })]).unwrap();
    tables.persist().unwrap();
    let (low, high) = (2 * i64::from(i32::MIN), 2 * i64::from(i32::MAX));
    // SQLite's integers end at 2^63 − 1.
    let last = i64::MAX.unsigned_abs();
    assert_eq!(all(&tables), [row("r", [1, 1, 2], low, last), row("s", [1, 1, 2], high, last)]);
}
