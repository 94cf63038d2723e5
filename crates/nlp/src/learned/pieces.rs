//! A text as the numbers of its pieces, as BERT's uncased models read it: words and marks, and of a word
//! that is not in the vocabulary its longest beginnings.
//!
//! The rules are those of `BertTokenizer` (<https://github.com/google-research/bert>), to the number; what
//! looks like a special piece (`[SEP]`) is only text.

use std::collections::HashMap;

use unicode_normalization::UnicodeNormalization as _;
use unicode_properties::{GeneralCategory, GeneralCategoryGroup, UnicodeGeneralCategory as _};

/// Pieces of a text, its first and its last mark included; what comes after is not read. The model was
/// trained on texts of as many.
pub const PIECES_MAX: usize = 128;

/// Characters of a word; a longer one is unknown.
const WORD_MAX_CHARS: usize = 100;

/// One piece a line, and its number is that of the line: `models/README.md`.
const VOCABULARY: &str = include_str!("../../models/vocab.txt");

const UNKNOWN: i32 = 100;
const FIRST: i32 = 101;
const LAST: i32 = 102;

/// What begins a piece that does not begin a word.
const INSIDE: &str = "##";

/// The vocabulary.
pub(crate) struct Pieces {
    /// Of those that begin a word, and of those inside one, without what begins these.
    beginning: HashMap<&'static str, i32>,
    inside: HashMap<&'static str, i32>,
}

impl Pieces {
    pub(crate) fn new() -> Self {
        let (mut beginning, mut inside) = (HashMap::new(), HashMap::new());
        for (piece, number) in VOCABULARY.lines().zip(0..) {
            match piece.strip_prefix(INSIDE) {
                Some(rest) if !rest.is_empty() => inside.insert(rest, number),
                _ => beginning.insert(piece, number),
            };
        }
        Self { beginning, inside }
    }

    /// [`PIECES_MAX`] at most, 2 at least.
    pub(crate) fn of(&self, text: &str) -> Vec<i32> {
        let mut pieces = vec![FIRST];
        for word in words(&plain(text)) {
            self.split(word, &mut pieces);
            if pieces.len() >= PIECES_MAX {
                break;
            }
        }
        pieces.truncate(PIECES_MAX - 1);
        pieces.push(LAST);
        pieces
    }

    /// From its beginning the longest that is known, and so on; a word of which a part is not known is
    /// unknown whole.
    fn split(&self, word: &str, pieces: &mut Vec<i32>) {
        let before = pieces.len();
        let mut rest = word;
        let is_short = word.chars().count() <= WORD_MAX_CHARS;
        while is_short && !rest.is_empty() {
            let known = if rest.len() == word.len() { &self.beginning } else { &self.inside };
            let ends = rest.char_indices().map(|(at, char)| at + char.len_utf8());
            let longest = ends.rev().find_map(|end| Some((end, *known.get(&rest[..end])?)));
            let Some((end, number)) = longest else { break };
            pieces.push(number);
            rest = &rest[end..];
        }
        if !rest.is_empty() {
            pieces.truncate(before);
            pieces.push(UNKNOWN);
        }
    }
}

/// Small letters without accents and control characters; what stands for a word alone stands alone.
fn plain(text: &str) -> String {
    let mut apart = String::with_capacity(text.len());
    for char in text.chars() {
        match char {
            '\u{fffd}' => {}
            _ if is_space(char) => apart.push(' '),
            _ if char.general_category_group() == GeneralCategoryGroup::Other => {}
            _ if is_word_alone(char) => apart.extend([' ', char, ' ']),
            _ => apart.push(char),
        }
    }
    let bare =
        apart.nfd().filter(|char| char.general_category() != GeneralCategory::NonspacingMark);
    bare.flat_map(char::to_lowercase).collect()
}

fn is_space(char: char) -> bool {
    char.is_whitespace()
}

/// Chinese, which is written without spaces.
fn is_word_alone(char: char) -> bool {
    matches!(char,
        '\u{4e00}'..='\u{9fff}' | '\u{3400}'..='\u{4dbf}' | '\u{20000}'..='\u{2a6df}'
        | '\u{2a700}'..='\u{2b73f}' | '\u{2b740}'..='\u{2b81f}' | '\u{2b920}'..='\u{2ceaf}'
        | '\u{f900}'..='\u{faff}' | '\u{2f800}'..='\u{2fa1f}')
}

/// Each mark is a word.
fn words(plain: &str) -> impl Iterator<Item = &str> {
    plain.split_inclusive(is_mark).flat_map(|part| {
        let mark = part.char_indices().next_back().filter(|(_, char)| is_mark(*char));
        let (word, mark) = part.split_at(mark.map_or(part.len(), |(at, _)| at));
        word.split_whitespace().chain((!mark.is_empty()).then_some(mark))
    })
}

fn is_mark(char: char) -> bool {
    char.is_ascii_punctuation()
        || char.general_category_group() == GeneralCategoryGroup::Punctuation
}

#[cfg(test)]
mod tests;
