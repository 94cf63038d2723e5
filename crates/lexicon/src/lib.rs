//! What can be told of a text without asking anyone: its language, how it feels, what it is about,
//! how rude it is and how urgent, and which words it turns on.
//!
//! Lists of words and a few rules, no more: `lists/README.md` says whose they are, `docs/nlp.md` how
//! often they are right.
//!
//! # Invariants
//!
//! - The same text has the same answer, always.
//! - Every number lies in its range, for any text; nothing grows faster than the text.

mod keywords;
mod language;
mod sentiment;
mod table;
mod terms;
mod tone;
mod topic;

use model::{SeededState, Understanding};

pub use keywords::{KEYWORD_MAX_BYTES, KEYWORDS_MAX, is_stop_word, keywords};
pub use language::{Guess, language};
pub use sentiment::compound;
pub use topic::{TOPICS, topic};

/// Of the maps of words; nobody walks them.
const SEED: SeededState = SeededState(0x6875_6262, 0x776f_7264);

/// What can be told of a text but its [`language`]: to tell that takes longer than all else.
pub fn guess(text: &str) -> Understanding {
    let terms = terms::terms(text);
    Understanding {
        language: String::new(),
        sentiment_micros: micros(compound(text)),
        topic: topic::of(&terms, text).to_owned(),
        toxicity_micros: tone::toxicity_micros(&terms),
        urgency_micros: tone::urgency_micros(&terms),
    }
}

/// Of a score from −1 to 1.
#[expect(clippy::cast_possible_truncation, reason = "at most a million either way")]
fn micros(score: f64) -> i32 {
    (score * 1e6).round() as i32
}

#[cfg(test)]
mod tests;
