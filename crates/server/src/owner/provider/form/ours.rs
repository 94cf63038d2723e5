//! Our own service: `POST /v1/analyze`, one text or several (`docs/nlp.md`).

use axum::body::Bytes;
use enrich::Failed;
use model::{Body, Understanding};
use serde::Deserialize;

use super::picked::{micros, share_micros};
use super::{Said, quote, what};

/// What it says of one text.
#[derive(Deserialize)]
struct Analysis {
    language: String,
    sentiment: f64,
    #[serde(default)]
    topic: String,
    #[serde(default)]
    toxicity: f64,
    #[serde(default)]
    urgency: f64,
}

#[derive(Deserialize)]
struct Results {
    results: Vec<Item>,
}

/// What it says of one of several.
#[derive(Deserialize)]
struct Item {
    status: u16,
    #[serde(flatten)]
    analysis: Option<Analysis>,
}

/// About several.
pub(super) fn question(texts: &[Body]) -> Bytes {
    let bytes: usize = texts.iter().map(|text| text.as_str().len() + 16).sum();
    let mut out = Vec::with_capacity(bytes + 16);
    out.extend_from_slice(br#"{"texts":["#);
    for (at, text) in texts.iter().enumerate() {
        if at > 0 {
            out.push(b',');
        }
        quote(&mut out, text);
    }
    out.extend_from_slice(b"]}");
    out.into()
}

/// An answer about one.
pub(super) fn understood(bytes: &[u8]) -> Result<Understanding, String> {
    let analysis: Analysis = serde_json::from_slice(bytes).map_err(|why| what(&why))?;
    analysis.checked()
}

/// An answer about several: some may have none.
pub(super) fn understood_all(bytes: &[u8], count: usize) -> Result<Said, String> {
    let Results { results } = serde_json::from_slice(bytes).map_err(|why| what(&why))?;
    if results.len() != count {
        return Err(format!("{} results to {count} texts", results.len()));
    }
    Ok(results.into_iter().map(Item::said).collect())
}

impl Item {
    fn said(self) -> Result<Understanding, Failed> {
        match self.status {
            200 => {
                let analysis = self.analysis.ok_or(Failed::Unreadable)?;
                analysis.checked().map_err(|_| Failed::Unreadable)
            }
            429 | 503 => Err(Failed::Throttled { retry_after: None }),
            400 | 413 | 422 => Err(Failed::Refused),
            _ => Err(Failed::Error),
        }
    }
}

impl Analysis {
    fn checked(self) -> Result<Understanding, String> {
        let understanding = Understanding {
            language: self.language,
            sentiment_micros: micros(self.sentiment),
            topic: self.topic,
            toxicity_micros: share_micros(self.toxicity),
            urgency_micros: share_micros(self.urgency),
        };
        understanding.checked().map_err(|why| why.to_string())
    }
}
