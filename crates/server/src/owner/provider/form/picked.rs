//! What strangers' JSON says, by pointers (RFC 6901) into it.

use model::Understanding;
use model::bounds::{LANGUAGE_MAX_BYTES, TOPIC_LABEL_MAX_BYTES};
use serde_json::Value;

use crate::config::Field;

/// Whether a value must be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Need {
    Must,
    May,
}

/// What is found at these places, or which is not as it should be.
pub(super) fn picked<'m>(
    value: &Value,
    map: impl IntoIterator<Item = (Field, &'m str, Need)>,
) -> Result<Understanding, String> {
    let mut picked = Understanding::default();
    for (field, at, need) in map {
        let found = value.pointer(at).filter(|found| !found.is_null());
        let Some(found) = found else {
            match need {
                Need::Must => {
                    return Err(format!("there is no {at}, which is to be {}", field.text()));
                }
                Need::May => continue,
            }
        };
        let wrong = |right: &str| format!("{at}, which is to be {}, is not {right}", field.text());
        let share = || number(found).filter(|share| (0.0..=1.0).contains(share));
        match field {
            Field::Language => {
                picked.language = language(found.as_str().ok_or_else(|| wrong("a text"))?)
            }
            Field::Topic => picked.topic = label(found.as_str().ok_or_else(|| wrong("a text"))?),
            Field::Sentiment => {
                let right = "a number from -1 to 1, nor positive, negative, neutral or mixed";
                let score = sentiment(found).ok_or_else(|| wrong(right))?;
                picked.sentiment_micros = micros(score);
            }
            Field::Toxicity => {
                picked.toxicity_micros =
                    share_micros(share().ok_or_else(|| wrong("a number from 0 to 1"))?);
            }
            Field::Urgency => {
                picked.urgency_micros =
                    share_micros(share().ok_or_else(|| wrong("a number from 0 to 1"))?);
            }
        }
    }
    picked.checked().map_err(|why| why.to_string())
}

fn number(value: &Value) -> Option<f64> {
    value.as_f64().or_else(|| value.as_str()?.trim().parse().ok())
}

/// As a number, or in one of the words that services say it in.
fn sentiment(value: &Value) -> Option<f64> {
    const WORDS: [(&str, f64); 4] =
        [("positive", 1.0), ("negative", -1.0), ("neutral", 0.0), ("mixed", 0.0)];
    let word = value.as_str().and_then(|said| {
        WORDS.into_iter().find(|(word, _)| said.trim().eq_ignore_ascii_case(word))
    });
    let score = word.map(|(_, score)| score).or_else(|| number(value));
    score.filter(|score| (-1.0..=1.0).contains(score))
}

/// A code; a language in other words is not known.
fn language(said: &str) -> String {
    let code = said.trim().to_ascii_lowercase();
    let is_code = code.len() <= LANGUAGE_MAX_BYTES && code.bytes().all(|c| c.is_ascii_lowercase());
    if is_code { code } else { String::new() }
}

/// As a label of ours: `Small talk` is `small_talk`.
fn label(said: &str) -> String {
    let letter = |c: char| match c {
        'a'..='z' | '0'..='9' | '_' => Some(c),
        'A'..='Z' => Some(c.to_ascii_lowercase()),
        ' ' | '-' | '/' => Some('_'),
        _ => None,
    };
    let label: String = said.chars().filter_map(letter).collect();
    let label = label.trim_matches('_');
    label.get(..TOPIC_LABEL_MAX_BYTES).unwrap_or(label).to_owned()
}

/// In millionths; what is out of range stays out of range.
#[expect(
    clippy::cast_possible_truncation,
    reason = "a float becomes the nearest integer that is there"
)]
pub(super) fn micros(share: f64) -> i32 {
    (share * 1e6).round() as i32
}

/// The same of what is never below 0.
pub(super) fn share_micros(share: f64) -> u32 {
    u32::try_from(micros(share)).unwrap_or(u32::MAX)
}
