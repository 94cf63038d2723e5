//! Which language a text is in: whatlang's guess (trigrams and scripts, 69 languages).

/// A guess at a language.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Guess {
    /// ISO 639-3.
    pub code: &'static str,
    /// How sure that is, 0 to 1: the lead over the second guess.
    pub confidence: f64,
}

/// The language of a text; `None` when it has no letters. Of a text of a few words it is a guess.
pub fn language(text: &str) -> Option<Guess> {
    whatlang::detect(text)
        .map(|found| Guess { code: found.lang().code(), confidence: found.confidence() })
}

#[cfg(test)]
mod tests;
