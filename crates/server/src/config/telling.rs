//! What the process tells about itself, and how: log and traces.

use clap::ValueEnum;
use serde::{Deserialize, Serialize};

use super::Layer;

/// The form of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// A line of text an event.
    Text,
    /// A JSON object an event, one a line.
    Json,
}

/// What is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TellingConfig {
    /// What is logged.
    pub log: String,
    /// In which form.
    pub log_format: LogFormat,
}

impl Layer {
    pub(super) fn telling(&self) -> TellingConfig {
        TellingConfig {
            log: self.log.clone().unwrap_or_else(|| "info".to_owned()),
            log_format: self.log_format.unwrap_or(LogFormat::Text),
        }
    }
}
