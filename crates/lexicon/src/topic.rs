//! What a text does or is about, in one word: the label with most words of its list in the text.
//!
//! A table of keywords, not a model: it knows the words it knows. A question is told by its form, and
//! only when nothing more definite is known.

use std::sync::LazyLock;

use crate::table::Table;
use crate::terms::terms;

const LIST: &str = include_str!("../lists/topics.txt");

const QUESTION: &str = "question";
const SMALLTALK: &str = "smalltalk";

/// All that a topic may be, but empty: the more definite first, which wins a tie.
pub const TOPICS: [&str; 11] = [
    "payment",
    "technical",
    "complaint",
    "scheduling",
    "request",
    "thanks",
    "apology",
    "farewell",
    "greeting",
    QUESTION,
    SMALLTALK,
];

/// With these begins a question that has no question mark.
const ASKING: [&str; 19] = [
    "what", "what's", "whats", "which", "who", "who's", "whose", "where", "when", "why", "how",
    "do", "does", "did", "is", "are", "have", "any", "wanna",
];

/// Who says one of these speaks of themselves.
const SELF: [&str; 8] = ["i", "i'm", "im", "i've", "i'll", "i'd", "my", "me"];

static TABLE: LazyLock<Table<usize>> = LazyLock::new(|| Table::read(LIST, |_, label| place(label)));

/// What a text does or is about, one of [`TOPICS`]; empty = nothing known.
pub fn topic(text: &str) -> &'static str {
    of(&terms(text), text)
}

pub(crate) fn of(terms: &[String], text: &str) -> &'static str {
    let mut hits = [0_usize; TOPICS.len()];
    for label in TABLE.hits(terms) {
        hits[label] += 1;
    }
    let definite = ..place(QUESTION);
    let most = hits[definite].iter().copied().max().unwrap_or(0);
    let first = terms.first().map_or("", String::as_str);
    if let (1.., Some(label)) = (most, hits[definite].iter().position(|hits| *hits == most)) {
        TOPICS[label]
    } else if text.trim_end().ends_with('?') || ASKING.contains(&first) {
        QUESTION
    } else if hits[place(SMALLTALK)] > 0 || terms.iter().any(|term| SELF.contains(&term.as_str())) {
        SMALLTALK
    } else {
        ""
    }
}

fn place(label: &str) -> usize {
    TOPICS.iter().position(|topic| *topic == label).expect("the list is ours, and a test reads it")
}

#[cfg(test)]
mod tests;
