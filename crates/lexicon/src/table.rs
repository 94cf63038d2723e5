//! Words and phrases, and what a list says of each.

use std::collections::BTreeMap;

/// Words of a phrase.
pub(crate) const PHRASE_MAX_WORDS: usize = 4;

/// What a list says of its words and phrases.
pub(crate) struct Table<T>(BTreeMap<&'static str, T>);

impl<T: Copy> Table<T> {
    /// Of lines `value: words, and phrases, …`; `value` reads what stands before the colon, and is
    /// told which line it is.
    pub(crate) fn read(list: &'static str, value: impl Fn(usize, &'static str) -> T) -> Self {
        let lines = list.lines().enumerate();
        let entries = lines.filter_map(|(at, line)| {
            let (before, words) = line.split_once(": ")?;
            let value = value(at, before);
            Some(words.split(", ").map(move |phrase| (phrase, value)))
        });
        Self(entries.flatten().collect())
    }

    /// What the list says of these words, from the first on: the longest phrase counts, and each word
    /// once.
    pub(crate) fn hits(&self, terms: &[String]) -> Vec<T> {
        let mut found = Vec::new();
        let mut at = 0;
        while at < terms.len() {
            let (words, hit) = self.longest(&terms[at..]);
            found.extend(hit);
            at += words;
        }
        found
    }

    /// How many words to go on by, and what was found there.
    fn longest(&self, terms: &[String]) -> (usize, Option<T>) {
        let most = PHRASE_MAX_WORDS.min(terms.len());
        let hit = (1..=most).rev().find_map(|words| {
            let hit = match words {
                1 => self.0.get(terms[0].as_str()),
                _ => self.0.get(terms[..words].join(" ").as_str()),
            };
            hit.map(|value| (words, Some(*value)))
        });
        hit.unwrap_or((1, None))
    }
}

#[cfg(test)]
mod tests;
