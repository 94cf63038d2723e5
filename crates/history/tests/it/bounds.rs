//! Every bound, at its edge.

use history::{CONVERSATIONS_MAX, Known};
use model::Seq;
use model::bounds::{NAME_MAX_BYTES, PAGE_MAX_MESSAGES};

use crate::world::*;

#[test]
fn a_read_has_at_most_a_page_of_messages() {
    let place = Place::new();
    let history = place.open();
    let most = u64::from(PAGE_MAX_MESSAGES);
    feed(&history, 1, (1..=most + 1).map(|seq| said("r", seq)));
    let read = |from, limit| {
        history.read(&room("r"), Seq(from), limit, Seq(u64::MAX)).unwrap().len() as u64
    };
    assert_eq!(read(1, PAGE_MAX_MESSAGES), most);
    assert_eq!(read(1, PAGE_MAX_MESSAGES + 1), most);
    assert_eq!(read(2, u32::MAX), most);
    assert_eq!(read(3, u32::MAX), most - 1);
    assert_eq!(read(1, 0), 0);
    assert_eq!(read(0, 1), 1);
}

#[test]
fn a_read_ends_where_it_is_told_to() {
    let place = Place::new();
    let history = place.open();
    feed(&history, 1, (1..=5).map(|seq| said("r", seq)));
    assert_eq!(seqs(&history, "r", 2, 4), [2, 3, 4]);
    assert_eq!(seqs(&history, "r", 2, 2), [2]);
    assert_eq!(seqs(&history, "r", 3, 2), []);
    assert_eq!(seqs(&history, "r", 6, 9), []);
    assert_eq!(seqs(&history, "r", u64::MAX, u64::MAX), []);
}

#[test]
fn conversations_come_by_name_and_in_pages() {
    let place = Place::new();
    let history = place.open();
    let count = CONVERSATIONS_MAX + 1;
    let names: Vec<String> = (0..count).map(|number| format!("r{number:05}")).collect();
    feed(&history, 1, names.iter().rev().map(|name| said(name, 1)));
    let page = history.conversations(None, u32::MAX).unwrap();
    assert_eq!(page.len(), CONVERSATIONS_MAX as usize);
    assert!(page.iter().map(|name| name.as_str()).eq(names.iter().take(page.len())));
    let rest = history.conversations(page.last(), u32::MAX).unwrap();
    assert_eq!(rest, [room(&names[count as usize - 1])]);
    assert_eq!(history.conversations(None, 2).unwrap(), page[..2]);
}

#[test]
fn a_name_and_a_longer_one_that_begins_with_it_do_not_mix() {
    let place = Place::new();
    let history = place.open();
    feed(&history, 1, [said("a", 1), said("ab", 1), said("ab", 2), said("a-", 1)]);
    feed(&history, 2, [moved("a", "u", "d", 1), moved("ab", "u", "d", 2)]);
    assert_eq!(seqs(&history, "a", 1, 9), [1]);
    assert_eq!(seqs(&history, "ab", 1, 9), [1, 2]);
    assert_eq!(history.cursor_of(&room("a"), &user("u"), &device("d")).unwrap(), Seq(1));
    assert_eq!(history.cursor_of(&room("a"), &user("u"), &device("d1")).unwrap(), Seq(0));
    assert_eq!(history.conversations(Some(&room("a")), 9).unwrap(), [room("a-"), room("ab")]);
    assert_eq!(history.conversations(Some(&room("aa")), 9).unwrap(), [room("ab")]);
}

#[test]
fn every_character_of_a_name_and_the_longest_name_keep_their_rows() {
    let place = Place::new();
    let history = place.open();
    let alphabet = ('a'..='z').chain('A'..='Z').chain('0'..='9').chain(".:_-".chars());
    let mut names: Vec<String> = alphabet.map(String::from).collect();
    names.push("z".repeat(NAME_MAX_BYTES));
    names.push("z".repeat(NAME_MAX_BYTES - 1));
    feed(&history, 1, names.iter().map(|name| said(name, 1)));
    for name in &names {
        assert_eq!(seqs(&history, name, 1, 9), [1], "{name}");
        let found = history.find(&room(name), &user("ann"), id(1, 1)).unwrap();
        assert!(matches!(found, Known::Found(found) if found.seq == Seq(1)), "{name}");
    }
    names.sort();
    let there = history.conversations(None, u32::MAX).unwrap();
    assert!(there.iter().map(|name| name.as_str()).eq(&names));
}
