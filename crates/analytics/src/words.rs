//! The words of a text that may trend.

/// Letters of the shortest word that counts.
const LETTERS_MIN: usize = 3;

/// Bytes of the longest one.
const WORD_MAX_BYTES: usize = 32;

/// Words of one message that count.
pub(crate) const WORDS_MAX: usize = 32;

/// Words that are in every second message and say nothing. Sorted.
const STOP: [&str; 104] = [
    "about", "after", "all", "also", "and", "any", "are", "back", "because", "been", "before",
    "but", "can", "come", "could", "der", "des", "did", "die", "does", "don", "dont", "down",
    "els", "even", "first", "for", "from", "get", "good", "got", "had", "has", "have", "her",
    "here", "him", "his", "how", "into", "its", "just", "know", "les", "like", "look", "los",
    "make", "more", "most", "much", "not", "now", "off", "okay", "one", "only", "other", "our",
    "out", "over", "really", "say", "see", "she", "should", "some", "take", "than", "that", "the",
    "their", "them", "then", "there", "these", "they", "thing", "think", "this", "time", "too",
    "two", "und", "until", "use", "very", "want", "was", "way", "well", "were", "what", "when",
    "where", "which", "who", "why", "will", "with", "would", "yes", "you", "your",
];

/// Hands each word on, in lower case.
pub(crate) fn each(text: &str, mut word: impl FnMut(&str)) {
    let mut lower = String::with_capacity(WORD_MAX_BYTES);
    let words = text.split(|c: char| !c.is_alphabetic());
    let long = words.filter(|word| (LETTERS_MIN..=WORD_MAX_BYTES).contains(&word.len()));
    for found in long.take(WORDS_MAX) {
        lower.clear();
        if found.is_ascii() {
            lower.push_str(found);
            lower.make_ascii_lowercase();
        } else {
            lower.extend(found.chars().flat_map(char::to_lowercase));
        }
        let is_word = lower.len() <= WORD_MAX_BYTES && lower.chars().count() >= LETTERS_MIN;
        if is_word && STOP.binary_search(&lower.as_str()).is_err() {
            word(&lower);
        }
    }
}

#[cfg(test)]
mod tests;
