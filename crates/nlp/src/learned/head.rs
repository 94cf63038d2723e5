//! What is told from numbers: of each label how likely it is, as a softmax of weighted sums. The weights
//! are in the repository, trained on labels by hand: `models/README.md`.

use std::fmt::Write as _;

/// One task, and what was learned of it.
pub struct Head {
    labels: Vec<String>,
    /// Of each label its bias, and then one for each number it is told from.
    weights: Vec<Vec<f32>>,
}

impl Head {
    /// Of each label a bias, and then a weight for each number.
    pub fn new(labels: Vec<String>, weights: Vec<Vec<f32>>) -> Self {
        Self { labels, weights }
    }

    /// One line a label: its name and its weights, by spaces. `None`: some line is none.
    pub fn read(text: &str) -> Option<Self> {
        let (mut labels, mut weights) = (Vec::new(), Vec::new());
        for line in text.lines() {
            let (label, numbers) = line.split_once(' ')?;
            labels.push(label.to_owned());
            weights.push(numbers.split(' ').map(str::parse).collect::<Result<Vec<_>, _>>().ok()?);
        }
        Some(Self { labels, weights })
    }

    /// As [`Head::read`] reads it: four decimals.
    pub fn written(&self) -> String {
        let mut out = String::new();
        for (label, weights) in self.labels.iter().zip(&self.weights) {
            out += label;
            for weight in weights {
                // What is rounded to nothing has no sign.
                let _ = write!(out, " {:.4}", (weight * 1e4).round() / 1e4 + 0.0);
            }
            out += "\n";
        }
        out
    }

    /// In the order of [`Head::chances`].
    pub fn labels(&self) -> &[String] {
        &self.labels
    }

    /// How likely each label is; together one.
    pub fn chances(&self, features: &[f32]) -> Vec<f32> {
        let sums: Vec<f32> = self.weights.iter().map(|weights| sum(weights, features)).collect();
        let most = sums.iter().copied().fold(f32::MIN, f32::max);
        let shares: Vec<f32> = sums.iter().map(|sum| (sum - most).exp()).collect();
        let all: f32 = shares.iter().sum();
        shares.into_iter().map(|share| share / all).collect()
    }

    /// The label that is most likely.
    pub fn likeliest(&self, features: &[f32]) -> &str {
        let chances = self.chances(features).into_iter().zip(&self.labels);
        chances.max_by(|(a, _), (b, _)| a.total_cmp(b)).map_or("", |(_, label)| label)
    }
}

fn sum(weights: &[f32], features: &[f32]) -> f32 {
    let Some((bias, weights)) = weights.split_first() else { return 0.0 };
    bias + weights.iter().zip(features).map(|(weight, feature)| weight * feature).sum::<f32>()
}

#[cfg(test)]
mod tests;
