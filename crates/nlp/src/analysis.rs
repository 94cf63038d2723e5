//! What is said about a text.

use serde::{Deserialize, Serialize};

use crate::sentiment;

/// What is said about a text.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Analysis {
    /// Its language, as an ISO 639-3 code; empty = not known.
    pub language: String,
    /// How sure that is, 0 to 1 (whatlang's measure: the lead over the second guess).
    pub confidence: f64,
    /// How it feels, −1 (bad) to 1 (good), four decimals: VADER's compound score. The lexicon is
    /// English.
    pub sentiment: f64,
}

impl Analysis {
    /// What is said about every text when nothing looks at it.
    pub(crate) fn constant() -> Self {
        Self { language: "eng".to_owned(), confidence: 1.0, sentiment: 0.0 }
    }
}

/// Looks at a text.
pub fn analyze(text: &str) -> Analysis {
    let (language, confidence) = match whatlang::detect(text) {
        Some(found) => (found.lang().code().to_owned(), found.confidence()),
        None => (String::new(), 0.0),
    };
    Analysis { language, confidence, sentiment: sentiment::compound(text) }
}

#[cfg(test)]
mod tests;
