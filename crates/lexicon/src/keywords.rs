//! Which words a text turns on: those that it says most often, the longer ones before the shorter.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use crate::terms::terms;

/// Keywords of a text.
pub const KEYWORDS_MAX: usize = 5;

/// Bytes of a keyword. What is longer is no word: an address, or a script without spaces.
pub const KEYWORD_MAX_BYTES: usize = 32;

/// Shorter words are none.
const KEYWORD_MIN_CHARS: usize = 3;

static STOP: LazyLock<BTreeSet<&str>> =
    LazyLock::new(|| include_str!("../lists/stop.txt").split_whitespace().collect());

/// Whether a word, in lower case, is of those that are said whatever is talked about.
pub fn is_stop_word(word: &str) -> bool {
    STOP.contains(word)
}

/// Up to [`KEYWORDS_MAX`] words of a text, lower case, the most important first: no stop words
/// (English), nothing without a letter.
pub fn keywords(text: &str) -> Vec<String> {
    let mut counts: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    for (place, term) in terms(text).into_iter().enumerate().filter(|(_, term)| is_keyword(term)) {
        counts.entry(term).or_insert((0, place)).0 += 1;
    }
    let mut terms: Vec<_> = counts.into_iter().collect();
    terms.sort_by_key(|(term, (count, place))| {
        (Reverse(*count), Reverse(term.chars().count()), *place)
    });
    terms.truncate(KEYWORDS_MAX);
    terms.into_iter().map(|(term, _)| term).collect()
}

fn is_keyword(term: &str) -> bool {
    (KEYWORD_MIN_CHARS..).contains(&term.chars().count())
        && term.len() <= KEYWORD_MAX_BYTES
        && term.chars().any(char::is_alphabetic)
        && !is_stop_word(term)
}

#[cfg(test)]
mod tests;
