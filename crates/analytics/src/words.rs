//! The words of a text that may trend.

/// Letters of the shortest word that counts.
const LETTERS_MIN: usize = 3;

/// Bytes of the longest one.
const WORD_MAX_BYTES: usize = 32;

/// Words of one message that count.
pub(crate) const WORDS_MAX: usize = 32;

/// Hands each word on, in lower case, but for those that are said whatever is talked about.
pub(crate) fn each(text: &str, mut word: impl FnMut(&str)) {
    let mut lower = String::with_capacity(WORD_MAX_BYTES);
    let mut counted = 0;
    for whole in text.split(|c: char| !c.is_alphabetic() && !is_apostrophe(c)) {
        if is_contraction(whole, &mut lower) {
            continue;
        }
        for found in whole.split(is_apostrophe) {
            if !(LETTERS_MIN..=WORD_MAX_BYTES).contains(&found.len()) {
                continue;
            }
            if counted == WORDS_MAX {
                return;
            }
            counted += 1;
            lower_case(found, &mut lower);
            let is_word = lower.len() <= WORD_MAX_BYTES && lower.chars().count() >= LETTERS_MIN;
            if is_word && !lexicon::is_stop_word(&lower) {
                word(&lower);
            }
        }
    }
}

/// Of `haven't` neither part is a word.
fn is_contraction(whole: &str, lower: &mut String) -> bool {
    if whole.len() > WORD_MAX_BYTES || !whole.contains(is_apostrophe) {
        return false;
    }
    lower_case(whole, lower);
    lexicon::is_stop_word(lower)
}

fn is_apostrophe(c: char) -> bool {
    matches!(c, '\'' | '’')
}

fn lower_case(word: &str, lower: &mut String) {
    lower.clear();
    if word.is_ascii() {
        lower.push_str(word);
        lower.make_ascii_lowercase();
    } else {
        let letters = word.chars().flat_map(char::to_lowercase);
        lower.extend(letters.map(|c| if is_apostrophe(c) { '\'' } else { c }));
    }
}

#[cfg(test)]
mod tests;
