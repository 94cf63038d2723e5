//! The lists of words (`lists/vader/make.py` made them), and a text as words.

use std::collections::BTreeMap;
use std::sync::LazyLock;

/// `word TAB valence`, −4 to 4: the mean of ten people's ratings.
const LEXICON: &str = include_str!("../../lists/vader/lexicon.txt");

/// `emoji TAB description`
const EMOJI: &str = include_str!("../../lists/vader/emoji.txt");

/// `kind TAB words [TAB number]`
const WORDS: &str = include_str!("../../lists/vader/words.txt");

/// Shorter than this without its punctuation, a word is taken for an emoticon and keeps it.
const WORD_MIN_CHARS: usize = 3;

type Numbers = BTreeMap<&'static str, f64>;

struct Lists {
    valences: Numbers,
    emoji: BTreeMap<char, &'static str>,
    boosters: Numbers,
    phrases: Numbers,
    negations: Vec<&'static str>,
}

static LISTS: LazyLock<Lists> = LazyLock::new(|| {
    let numbers = |kind: &str| {
        let rest = WORDS.lines().filter_map(|line| line.strip_prefix(kind)?.strip_prefix('\t'));
        rest.filter_map(number).collect()
    };
    let emoji = |line: &'static str| {
        let (emoji, description) = line.split_once('\t')?;
        Some((emoji.chars().next()?, description))
    };
    Lists {
        valences: LEXICON.lines().filter_map(number).collect(),
        emoji: EMOJI.lines().filter_map(emoji).collect(),
        boosters: numbers("booster"),
        phrases: numbers("phrase"),
        negations: WORDS.lines().filter_map(|line| line.strip_prefix("negation\t")).collect(),
    }
});

fn number(line: &'static str) -> Option<(&'static str, f64)> {
    let (words, number) = line.split_once('\t')?;
    Some((words, number.parse().ok()?))
}

/// A word of a text, and what the lists say of it.
pub(super) struct Token {
    /// In lower case.
    pub(super) lower: String,
    /// Whether it is written in CAPITALS.
    pub(super) capitals: bool,
    /// How it feels; `None` = it is not in the lexicon.
    pub(super) valence: Option<f64>,
    /// What it adds to a word that it stands before.
    pub(super) booster: Option<f64>,
    /// Whether it negates.
    pub(super) negates: bool,
}

/// What the lists say of some words together.
#[derive(Default)]
pub(super) struct Phrase {
    pub(super) valence: Option<f64>,
    pub(super) booster: Option<f64>,
}

/// The words of a text, without the punctuation around them.
pub(super) fn tokens(text: &str) -> Vec<Token> {
    text.split_whitespace().map(token).collect()
}

pub(super) fn phrase(tokens: &[Token]) -> Phrase {
    let words: Vec<&str> = tokens.iter().map(|token| token.lower.as_str()).collect();
    let words = words.join(" ");
    let of = |numbers: &Numbers| numbers.get(words.as_str()).copied();
    Phrase { valence: of(&LISTS.phrases), booster: of(&LISTS.boosters) }
}

/// The text with each emoji replaced by its description.
pub(super) fn with_emoji_described(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut apart = true;
    for char in text.chars() {
        if let Some(description) = LISTS.emoji.get(&char) {
            if !apart {
                out.push(' ');
            }
            out.push_str(description);
            apart = false;
        } else {
            out.push(char);
            apart = char == ' ';
        }
    }
    out
}

fn token(word: &str) -> Token {
    let bare = word.trim_matches(|char: char| char.is_ascii_punctuation());
    let word = if bare.chars().count() < WORD_MIN_CHARS { word } else { bare };
    let lower = word.to_lowercase();
    let capitals = word.chars().any(char::is_uppercase) && !word.chars().any(char::is_lowercase);
    let of = |numbers: &Numbers| numbers.get(lower.as_str()).copied();
    Token {
        capitals,
        valence: of(&LISTS.valences),
        booster: of(&LISTS.boosters),
        negates: lower.contains("n't") || LISTS.negations.contains(&lower.as_str()),
        lower,
    }
}
