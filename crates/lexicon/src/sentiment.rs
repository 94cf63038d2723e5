//! How a text feels: the compound score of VADER, −1 to 1.
//!
//! C. J. Hutto and E. Gilbert, "VADER: A Parsimonious Rule-based Model for Sentiment Analysis of
//! Social Media Text", ICWSM 2014. The rules are written here from the paper, with its constants;
//! the lists of words are those of the Python package 3.3.2 (`lists/vader/`), and so are some cases that
//! the paper does not speak of. The tests compare with that package.

mod words;

use words::{Token, phrase, tokens};

/// What a booster next to the word weighs, and one two and three words before it.
const DAMPED: [f64; 3] = [1.0, 0.95, 0.9];

/// How much CAPITALS add in a text that is not all capitals (paper, section 3.2).
const CAPITALS: f64 = 0.733;

/// What a negation makes of the valence: less than its opposite ("not great" is milder than "awful").
const NEGATED: f64 = -0.74;

/// "never so", "never this": the opposite of a negation.
const NEVER_SO: f64 = 1.25;

/// What stands before "but" counts half, what stands behind it once and a half.
const BEFORE_BUT: f64 = 0.5;
const BEHIND_BUT: f64 = 1.5;

/// How much each `!` adds, and how many count.
const EXCLAMATION: f64 = 0.292;
const EXCLAMATIONS_MAX: u8 = 4;

/// How much each of two or three `?` adds, and more than three together.
const QUESTION: f64 = 0.18;
const QUESTIONS: f64 = 0.96;

/// About the largest sum that texts have; makes the score tend to 1 there.
const ALPHA: f64 = 15.0;

/// The compound score of a text, −1 (bad) to 1 (good), rounded to four decimals; 0 when no word of
/// it has a valence.
pub fn compound(text: &str) -> f64 {
    let text = words::with_emoji_described(text);
    let tokens = tokens(&text);
    let capitals = tokens.iter().filter(|token| token.capitals).count();
    let shouts = 0 < capitals && capitals < tokens.len();
    let but = tokens.iter().position(|token| token.lower == "but");
    let sum: f64 =
        (0..tokens.len()).map(|at| valence(&tokens, at, shouts) * weight_beside_but(at, but)).sum();
    if sum == 0.0 {
        return 0.0;
    }
    let sum = sum + emphasis(&text).copysign(sum);
    let score = sum / (sum * sum + ALPHA).sqrt();
    // Plus zero, so that a rounded −0 is 0.
    (score * 1e4).round() / 1e4 + 0.0
}

fn weight_beside_but(at: usize, but: Option<usize>) -> f64 {
    match but {
        Some(but) if at < but => BEFORE_BUT,
        Some(but) if at > but => BEHIND_BUT,
        Some(_) | None => 1.0,
    }
}

fn emphasis(text: &str) -> f64 {
    let count = |mark| u8::try_from(text.matches(mark).count()).unwrap_or(u8::MAX);
    let questions = match count('?') {
        0 | 1 => 0.0,
        few @ (2 | 3) => f64::from(few) * QUESTION,
        _ => QUESTIONS,
    };
    f64::from(count('!').min(EXCLAMATIONS_MAX)) * EXCLAMATION + questions
}

/// What the word at this place adds, with all that stands around it.
fn valence(tokens: &[Token], at: usize, shouts: bool) -> f64 {
    let token = &tokens[at];
    let next = tokens.get(at + 1);
    let kind_of = token.lower == "kind" && next.is_some_and(|next| next.lower == "of");
    let Some(own) = token.valence.filter(|_| token.booster.is_none() && !kind_of) else {
        return 0.0;
    };
    let mut valence = own;
    if token.lower == "no" && next.is_some_and(|next| next.valence.is_some()) {
        // It negates that one, and does not speak for itself.
        valence = 0.0;
    }
    if follows_no(tokens, at) {
        valence = own * NEGATED;
    }
    if token.capitals && shouts {
        valence += if valence > 0.0 { CAPITALS } else { -CAPITALS };
    }
    for (before, damped) in (1..).zip(DAMPED) {
        // A word with a valence of its own speaks for itself.
        let Some(earlier) = at.checked_sub(before).map(|at| &tokens[at]) else { break };
        if earlier.valence.is_some() {
            continue;
        }
        valence += damped * boost(earlier, valence, shouts);
        valence *= negation(tokens, at, before);
        if before == DAMPED.len() {
            valence = phrases(tokens, at, valence);
        }
    }
    if least_negates(tokens, at) { valence * NEGATED } else { valence }
}

/// The word so many places before; none has an empty text.
fn word(tokens: &[Token], at: usize, before: usize) -> &str {
    at.checked_sub(before).map_or("", |at| &tokens[at].lower)
}

/// "no" is in the lexicon, so it is not among the negations.
fn follows_no(tokens: &[Token], at: usize) -> bool {
    let word = |before| word(tokens, at, before);
    word(1) == "no" || word(2) == "no" || (word(3) == "no" && matches!(word(1), "or" | "nor"))
}

fn boost(booster: &Token, valence: f64, shouts: bool) -> f64 {
    let Some(by) = booster.booster else { return 0.0 };
    let by = if valence < 0.0 { -by } else { by };
    match booster.capitals && shouts {
        true if valence > 0.0 => by + CAPITALS,
        true => by - CAPITALS,
        false => by,
    }
}

/// What the word so many places before makes of the valence: a factor.
fn negation(tokens: &[Token], at: usize, before: usize) -> f64 {
    let word = |before| word(tokens, at, before);
    let so = |word: &str| matches!(word, "so" | "this");
    let strengthened = match before {
        2 => word(2) == "never" && so(word(1)),
        // The package takes "so" and "this" right before the word without "never", too.
        3 => (word(3) == "never" && so(word(2))) || so(word(1)),
        _ => false,
    };
    let no_doubt = match before {
        2 => word(2) == "without" && word(1) == "doubt",
        3 => word(3) == "without" && (word(2) == "doubt" || word(1) == "doubt"),
        _ => false,
    };
    if strengthened {
        NEVER_SO
    } else if !no_doubt && tokens[at - before].negates {
        NEGATED
    } else {
        1.0
    }
}

/// Phrases have a valence of their own, and some dampeners have two words. At least three words
/// stand before `at`.
fn phrases(tokens: &[Token], at: usize, mut valence: f64) -> f64 {
    let words = |before: usize, count: usize| {
        let from = at - before;
        let phrase = tokens.get(from..from + count).map(phrase);
        phrase.unwrap_or_default()
    };
    let around = [(1, 2), (2, 3), (2, 2), (3, 3), (3, 2)];
    let known = around.iter().find_map(|&(before, count)| words(before, count).valence);
    valence = known.unwrap_or(valence);
    for count in [2, 3] {
        valence = words(0, count).valence.unwrap_or(valence);
    }
    let dampeners = [(3, 3), (3, 2), (2, 2)];
    let by: f64 =
        dampeners.iter().filter_map(|&(before, count)| words(before, count).booster).sum();
    valence + by
}

fn least_negates(tokens: &[Token], at: usize) -> bool {
    word(tokens, at, 1) == "least" && !matches!(word(tokens, at, 2), "at" | "very")
}

#[cfg(test)]
mod tests;
