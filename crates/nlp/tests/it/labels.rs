//! The labelled messages, and what the document says of them.

use std::collections::BTreeSet;

use crate::evaluation::report;

const LABELLED: &str = include_str!("../../labels/chat.tsv");

#[test]
fn there_are_five_hundred_messages_and_each_has_labels_that_there_are() {
    let rows: Vec<Vec<&str>> = LABELLED
        .lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| line.split('\t').collect())
        .collect();
    assert_eq!(rows.len(), 500);
    let places: BTreeSet<(&str, &str)> = rows.iter().map(|row| (row[0], row[1])).collect();
    assert_eq!(places.len(), 500, "none is there twice");
    for row in rows {
        assert_eq!(row.len(), 7, "{row:?}");
        assert!(["positive", "neutral", "negative"].contains(&row[2]), "{row:?}");
        assert!(row[3] == "none" || lexicon::TOPICS.contains(&row[3]), "{row:?}");
        assert!(["yes", "no"].contains(&row[4]), "{row:?}");
        assert!(row[5] == "none" || row[5].len() == 3, "{row:?}");
        assert!(!row[6].is_empty(), "{row:?}");
    }
}

#[test]
fn the_document_says_what_is_measured() {
    let report = report();
    let document = include_str!("../../../../docs/nlp.md");
    assert!(document.contains(&report), "docs/nlp.md has other figures than these:\n{report}");
}

#[test]
fn the_document_says_what_training_printed() {
    let figures = include_str!("../../models/figures.md");
    let document = include_str!("../../../../docs/nlp.md");
    assert!(document.contains(figures), "docs/nlp.md has other figures than these:\n{figures}");
}
