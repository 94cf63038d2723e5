//! What a head tells a label from: the vector of a text, and what the lists say of it.

use std::error::Error;

use super::encoder::{Encoder, VECTOR_LEN};

/// Numbers of a text: its vector, its compound score, and a one for the topic of the lists, or for none.
pub const FEATURES: usize = VECTOR_LEN + 1 + lexicon::TOPICS.len() + 1;

/// What a head tells a label from.
///
/// # Errors
/// The network is another one than it should be.
pub fn features(encoder: &Encoder, text: &str) -> Result<Vec<f32>, Box<dyn Error + Send + Sync>> {
    let mut features = encoder.vector(text)?;
    let said = lexicon::guess(text);
    features.push(micros_of(said.sentiment_micros));
    let topics = lexicon::TOPICS.iter().chain([&""]);
    features.extend(topics.map(|topic| f32::from(u8::from(said.topic == *topic))));
    Ok(features)
}

#[expect(clippy::cast_precision_loss, reason = "a score of four decimals")]
fn micros_of(score: i32) -> f32 {
    score as f32 / 1e6
}
