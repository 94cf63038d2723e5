//! What is said about a text.

use serde::{Deserialize, Serialize};

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
    /// What it does or is about, one of [`lexicon::TOPICS`]; empty = nothing known.
    pub topic: String,
    /// Its keywords, the most important first.
    pub keywords: Vec<String>,
    /// How rude it is, 0 to 1.
    pub toxicity: f64,
    /// How urgent it is, 0 to 1.
    pub urgency: f64,
}

impl Analysis {
    /// What is said about every text when nothing looks at it.
    pub(crate) fn constant() -> Self {
        Self {
            language: "eng".to_owned(),
            confidence: 1.0,
            sentiment: 0.0,
            topic: String::new(),
            keywords: Vec::new(),
            toxicity: 0.0,
            urgency: 0.0,
        }
    }
}

/// Looks at a text.
pub fn analyze(text: &str) -> Analysis {
    let understood = lexicon::guess(text);
    let language = lexicon::language(text);
    Analysis {
        language: language.map(|guess| guess.code.to_owned()).unwrap_or_default(),
        confidence: language.map_or(0.0, |guess| guess.confidence),
        sentiment: f64::from(understood.sentiment_micros) / 1e6,
        topic: understood.topic,
        keywords: lexicon::keywords(text),
        toxicity: f64::from(understood.toxicity_micros) / 1e6,
        urgency: f64::from(understood.urgency_micros) / 1e6,
    }
}

#[cfg(test)]
mod tests;
