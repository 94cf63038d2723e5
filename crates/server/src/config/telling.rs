//! What the process tells about itself, and how: log and traces.

use clap::ValueEnum;
use serde::{Deserialize, Serialize};

use super::{ConfigError, Layer};

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
#[derive(Debug, Clone, PartialEq)]
pub struct TellingConfig {
    /// What is logged.
    pub log: String,
    /// In which form.
    pub log_format: LogFormat,
    /// The collector of traces.
    pub otlp_endpoint: Option<String>,
    /// Share of the messages that are traced, 0 to 1.
    pub otlp_sample_ratio: f64,
}

impl Layer {
    pub(super) fn telling(&self) -> Result<TellingConfig, ConfigError> {
        let otlp_sample_ratio = self.otlp_sample_ratio.unwrap_or(0.0);
        if !(0.0..=1.0).contains(&otlp_sample_ratio) {
            return Err(ConfigError::OutOfRange {
                key: "otlp_sample_ratio",
                value: otlp_sample_ratio.to_string(),
                right: "0 to 1",
            });
        }
        if otlp_sample_ratio > 0.0 && self.otlp_endpoint.is_none() {
            return Err(ConfigError::BadCombination(
                "otlp_sample_ratio is given and otlp_endpoint is not: say where traces go",
            ));
        }
        Ok(TellingConfig {
            log: self.log.clone().unwrap_or_else(|| "info".to_owned()),
            log_format: self.log_format.unwrap_or(LogFormat::Text),
            otlp_endpoint: self.otlp_endpoint.clone(),
            otlp_sample_ratio,
        })
    }
}
