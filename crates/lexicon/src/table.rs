//! Words and phrases, and what a list says of each.

use std::cmp::Reverse;

use model::SeededMap;

use crate::SEED;

/// What a list says of its words and phrases: by the first word, the longest first.
pub(crate) struct Table<T>(SeededMap<&'static str, Vec<Entry<T>>>);

/// The words behind the first, and what the list says of all of them.
struct Entry<T> {
    rest: Vec<&'static str>,
    value: T,
}

impl<T: Copy> Table<T> {
    /// Of lines `value: words, and phrases, …`; `value` reads what stands before the colon, and is
    /// told which line it is.
    pub(crate) fn read(list: &'static str, value: impl Fn(usize, &'static str) -> T) -> Self {
        let mut entries = SeededMap::with_hasher(SEED);
        for (at, line) in list.lines().enumerate() {
            let Some((before, phrases)) = line.split_once(": ") else { continue };
            let value = value(at, before);
            for phrase in phrases.split(", ") {
                let mut words = phrase.split(' ');
                let first = words.next().unwrap_or_default();
                let same: &mut Vec<Entry<T>> = entries.entry(first).or_default();
                same.push(Entry { rest: words.collect(), value });
                same.sort_by_key(|entry| Reverse(entry.rest.len()));
            }
        }
        Self(entries)
    }

    /// What the list says of these words, from the first on: the longest phrase counts, and each word
    /// once.
    pub(crate) fn hits(&self, terms: &[String]) -> Vec<T> {
        let mut found = Vec::new();
        let mut at = 0;
        while at < terms.len() {
            let hit = self.longest(&terms[at], &terms[at + 1..]);
            found.extend(hit.map(|entry| entry.value));
            at += 1 + hit.map_or(0, |entry| entry.rest.len());
        }
        found
    }

    fn longest(&self, first: &str, behind: &[String]) -> Option<&Entry<T>> {
        let starts = |rest: &[&str]| {
            rest.len() <= behind.len() && rest.iter().zip(behind).all(|(word, term)| word == term)
        };
        self.0.get(first)?.iter().find(|entry| starts(&entry.rest))
    }
}

#[cfg(test)]
mod tests;
