//! Which language a text is in: whatlang's answer (trigrams and scripts, 69 languages) where it is
//! sure or the script is not Latin. Chat is short, and of a few words trigrams tell little: then it is
//! the language with most of its short everyday words in the text, if one has more than the others.

use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::sync::LazyLock;

use whatlang::Script;

use crate::terms::terms;

/// A guess at a language.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Guess {
    /// ISO 639-3.
    pub code: &'static str,
    /// How sure that is, 0 to 1: the lead over the second guess.
    pub confidence: f64,
}

/// `code: words`
static SHORT: LazyLock<Vec<(&str, BTreeSet<&str>)>> = LazyLock::new(|| {
    let lines = include_str!("../lists/short.txt").lines();
    let lines = lines.filter_map(|line| line.split_once(": "));
    lines.map(|(code, words)| (code, words.split(' ').collect())).collect()
});

/// The language of a text; `None` = nothing tells it.
pub fn language(text: &str) -> Option<Guess> {
    let found = whatlang::detect(text)?;
    let guess = Guess { code: found.lang().code(), confidence: found.confidence() };
    if found.is_reliable() || found.script() != Script::Latin {
        Some(guess)
    } else {
        by_short_words(&terms(text))
    }
}

fn by_short_words(terms: &[String]) -> Option<Guess> {
    let count =
        |words: &BTreeSet<&str>| terms.iter().filter(|term| words.contains(term.as_str())).count();
    let mut counts: Vec<(usize, &str)> =
        SHORT.iter().map(|(code, words)| (count(words), *code)).collect();
    counts.sort_by_key(|(count, _)| Reverse(*count));
    let ((best, code), (second, _)) = (counts[0], counts[1]);
    let lead = (best as f64 - second as f64) / best.max(1) as f64;
    (best > second).then_some(Guess { code, confidence: lead })
}

#[cfg(test)]
mod tests;
