//! What a small model says of a text: how it feels and what it is about. All else the lists say.
//!
//! MiniLM makes numbers of the text, and for each task one layer of weights makes a label of them. The
//! weights of MiniLM are in a folder (`make setup-models`), those of the layers in the program.

mod encoder;
mod features;
mod head;
mod pieces;

use std::path::Path;

use crate::analysis::{Analysis, analyze};

pub use encoder::Encoder;
pub use features::{FEATURES, features};
pub use head::Head;
pub use pieces::PIECES_MAX;

/// The file that a folder of models has.
const NETWORK: &str = "model.onnx";

/// What stands for no topic.
const NONE: &str = "none";

/// The model and what was learned.
pub(crate) struct Learned {
    encoder: Encoder,
    sentiment: Head,
    topic: Head,
}

impl Learned {
    /// # Errors
    /// What is wrong with the folder, and what to do.
    pub(crate) fn load(folder: &Path) -> Result<Self, String> {
        let file = folder.join(NETWORK);
        let encoder = Encoder::load(&file)
            .map_err(|why| format!("{NETWORK}: {why}; `make setup-models` brings it"))?;
        let head = |text| Head::read(text).expect("the heads are ours, and a test reads them");
        Ok(Self {
            encoder,
            sentiment: head(include_str!("../models/sentiment.txt")),
            topic: head(include_str!("../models/topic.txt")),
        })
    }

    pub(crate) fn analyze(&self, text: &str) -> Analysis {
        let mut analysis = analyze(text);
        // A network that ran when it was loaded runs; if it does not, what the lists say stands.
        if let Ok(features) = features(&self.encoder, text) {
            analysis.sentiment = self.feeling(&features);
            analysis.topic = topic_of(&self.topic, &features, &analysis.topic);
        }
        analysis
    }

    /// How likely it is good, less how likely it is bad: −1 to 1, four decimals.
    fn feeling(&self, features: &[f32]) -> f64 {
        let chances = self.sentiment.chances(features);
        let signed = self.sentiment.labels().iter().zip(chances).map(|(label, chance)| match label
            .as_str()
        {
            "positive" => f64::from(chance),
            "negative" => -f64::from(chance),
            _ => 0.0,
        });
        (signed.sum::<f64>() * 1e4).round() / 1e4
    }
}

/// The topic, empty = none. Of a label that too few messages had to learn it the lists have the last word.
pub fn topic_of(head: &Head, features: &[f32], lists: &str) -> String {
    let lists_or_none = if lists.is_empty() { NONE } else { lists };
    let is_learned = head.labels().iter().any(|label| label == lists_or_none);
    let topic = if is_learned { head.likeliest(features) } else { lists };
    if topic == NONE { String::new() } else { topic.to_owned() }
}

#[cfg(test)]
mod tests;
