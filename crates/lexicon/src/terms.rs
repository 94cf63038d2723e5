//! A text as the words that the lists know: lower case, no punctuation but an apostrophe inside.

/// The words of a text.
pub(crate) fn terms(text: &str) -> Vec<String> {
    text.split(|char: char| !(char.is_alphanumeric() || is_inner(char)))
        .map(|word| word.trim_matches(is_inner))
        .filter(|word| !word.is_empty())
        .map(|word| word.to_lowercase().replace('’', "'"))
        .collect()
}

/// Part of a word when it stands inside of it.
fn is_inner(char: char) -> bool {
    matches!(char, '\'' | '’' | '-')
}

#[cfg(test)]
mod tests;
