//! The lists of words (`lists/vader/make.py` made them), and a text as words.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::LazyLock;

use model::SeededMap;

use crate::SEED;

/// `word TAB valence`, −4 to 4: the mean of ten people's ratings.
const LEXICON: &str = include_str!("../../lists/vader/lexicon.txt");

/// `emoji TAB description`
const EMOJI: &str = include_str!("../../lists/vader/emoji.txt");

/// `kind TAB words [TAB number]`
const WORDS: &str = include_str!("../../lists/vader/words.txt");

/// Shorter than this without its punctuation, a word is taken for an emoticon and keeps it.
const WORD_MIN_CHARS: usize = 3;

/// What the lists say of a word or a phrase.
#[derive(Debug, Clone, Copy, Default)]
struct Entry {
    valence: Option<f64>,
    booster: Option<f64>,
    negates: bool,
    /// Whether a phrase has this word.
    in_phrase: bool,
}

struct Lists {
    words: SeededMap<&'static str, Entry>,
    phrases: SeededMap<&'static str, Entry>,
    emoji: BTreeMap<char, &'static str>,
}

static LISTS: LazyLock<Lists> = LazyLock::new(|| {
    let mut words: SeededMap<_, Entry> = SeededMap::with_hasher(SEED);
    let mut phrases: SeededMap<_, Entry> = SeededMap::with_hasher(SEED);
    for (word, valence) in LEXICON.lines().filter_map(number) {
        words.entry(word).or_default().valence = Some(valence);
    }
    for (phrase, valence) in of_kind("phrase").filter_map(number) {
        phrases.entry(phrase).or_default().valence = Some(valence);
    }
    for (booster, by) in of_kind("booster").filter_map(number) {
        let among = if booster.contains(' ') { &mut phrases } else { &mut words };
        among.entry(booster).or_default().booster = Some(by);
    }
    for negation in of_kind("negation") {
        words.entry(negation).or_default().negates = true;
    }
    for phrase in of_kind("phrase").chain(of_kind("booster")).filter(|line| line.contains(' ')) {
        let phrase = phrase.split('\t').next().unwrap_or_default();
        phrase.split(' ').for_each(|word| words.entry(word).or_default().in_phrase = true);
    }
    let emoji = |line: &'static str| {
        let (emoji, description) = line.split_once('\t')?;
        Some((emoji.chars().next()?, description))
    };
    Lists { words, phrases, emoji: EMOJI.lines().filter_map(emoji).collect() }
});

fn of_kind(kind: &str) -> impl Iterator<Item = &'static str> {
    WORDS.lines().filter_map(move |line| line.strip_prefix(kind)?.strip_prefix('\t'))
}

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
    /// Whether a phrase has this word.
    pub(super) in_phrase: bool,
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
    if tokens.is_empty() || !tokens.iter().all(|token| token.in_phrase) {
        return Phrase::default();
    }
    let words: Vec<&str> = tokens.iter().map(|token| token.lower.as_str()).collect();
    let found = LISTS.phrases.get(words.join(" ").as_str()).copied().unwrap_or_default();
    Phrase { valence: found.valence, booster: found.booster }
}

/// The text with each emoji replaced by its description.
pub(super) fn with_emoji_described(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        return Cow::Borrowed(text);
    }
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
    Cow::Owned(out)
}

fn token(word: &str) -> Token {
    let bare = word.trim_matches(|char: char| char.is_ascii_punctuation());
    let word = if bare.chars().count() < WORD_MIN_CHARS { word } else { bare };
    let lower = word.to_lowercase();
    let capitals = word.chars().any(char::is_uppercase) && !word.chars().any(char::is_lowercase);
    let known = LISTS.words.get(lower.as_str()).copied().unwrap_or_default();
    Token {
        capitals,
        valence: known.valence,
        booster: known.booster,
        negates: known.negates || lower.contains("n't"),
        in_phrase: known.in_phrase,
        lower,
    }
}
