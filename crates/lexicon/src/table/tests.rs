use super::*;
use crate::terms::terms;

const LIST: &str = "1: right, now\n2: right now, as soon as possible\n\n3: nowhere";

fn hits(text: &str) -> Vec<usize> {
    Table::read(LIST, |at, value| {
        assert!(at < 4);
        value.parse().unwrap()
    })
    .hits(&terms(text))
}

#[test]
fn the_longest_phrase_counts_and_each_word_once() {
    assert_eq!(hits("Right now!"), [2]);
    assert_eq!(hits("now, right"), [1, 1]);
    assert_eq!(hits("as soon as possible, right now now"), [2, 2, 1]);
    assert_eq!(hits("as soon as it goes nowhere"), [3]);
    assert!(hits("").is_empty());
}

#[test]
fn every_phrase_of_the_lists_is_written_as_a_text_has_it_and_stands_there_once() {
    for list in [
        include_str!("../../lists/topics.txt"),
        include_str!("../../lists/toxic.txt"),
        include_str!("../../lists/urgent.txt"),
    ] {
        let phrases = || list.lines().flat_map(|line| line.split_once(": ").unwrap().1.split(", "));
        for phrase in phrases() {
            let found = terms(phrase);
            assert_eq!(found.join(" "), phrase, "as a text has it");
        }
        let once: std::collections::BTreeSet<&str> = phrases().collect();
        assert_eq!(once.len(), phrases().count());
    }
}
