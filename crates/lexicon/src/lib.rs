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

use model::Understanding;

pub use keywords::{KEYWORD_MAX_BYTES, KEYWORDS_MAX, keywords};
pub use language::{Guess, language};
pub use sentiment::compound;
pub use topic::{TOPICS, topic};

/// What can be told of a text.
pub fn understand(text: &str) -> Understanding {
    let terms = terms::terms(text);
    let language = language::of(&terms, text).map(|guess| guess.code.to_owned());
    Understanding { language: language.unwrap_or_default(), ..without_language(&terms, text) }
}

/// The same without its language, in less than half of the time: to tell that takes longer than all else.
pub fn guess(text: &str) -> Understanding {
    without_language(&terms::terms(text), text)
}

fn without_language(terms: &[String], text: &str) -> Understanding {
    Understanding {
        language: String::new(),
        sentiment_micros: micros(compound(text)),
        topic: topic::of(terms, text).to_owned(),
        toxicity_micros: tone::toxicity_micros(terms),
        urgency_micros: tone::urgency_micros(terms),
    }
}

/// Of a score from −1 to 1.
#[expect(clippy::cast_possible_truncation, reason = "at most a million either way")]
fn micros(score: f64) -> i32 {
    (score * 1e6).round() as i32
}

#[cfg(test)]
mod tests;
