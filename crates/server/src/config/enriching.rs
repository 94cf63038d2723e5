//! How messages are understood: keys that begin with `nlp`.

use std::collections::BTreeSet;
use std::time::Duration;

use enrich::Protection;

use super::{ConfigError, Layer, within};

/// The NLP service, and how it is asked.
#[derive(Debug, Clone, PartialEq)]
pub struct EnrichConfig {
    /// Where it is; none: messages are not enriched.
    pub service: Option<String>,
    /// Calls to it at once.
    pub in_flight: usize,
    /// How long one call may take.
    pub timeout: Duration,
    /// From a message's arrival to its result.
    pub deadline: Duration,
    /// Calls a second for what is asked again.
    pub again_per_second: u32,
    /// Messages that may wait to be asked again.
    pub backlog_max: usize,
    /// What is switched off.
    pub without: BTreeSet<Protection>,
}

impl Layer {
    pub(super) fn enriching(&self) -> Result<EnrichConfig, ConfigError> {
        Ok(EnrichConfig {
            service: self.nlp.clone(),
            in_flight: within(
                "nlp_in_flight",
                self.nlp_in_flight.unwrap_or(4_000),
                1..=16_000,
                "1 to 16000",
            )?,
            timeout: Duration::from_millis(within(
                "nlp_timeout_ms",
                self.nlp_timeout_ms.unwrap_or(2_000),
                10..=60_000,
                "10 to 60000",
            )?),
            deadline: Duration::from_millis(within(
                "nlp_deadline_ms",
                self.nlp_deadline_ms.unwrap_or(400),
                50..=60_000,
                "50 to 60000",
            )?),
            again_per_second: within(
                "nlp_again_per_second",
                self.nlp_again_per_second.unwrap_or(2_000),
                0..=100_000,
                "0 to 100000",
            )?,
            backlog_max: within(
                "nlp_backlog_max",
                self.nlp_backlog_max.unwrap_or(5_000_000),
                1_000..=100_000_000,
                "1000 to 100000000",
            )?,
            without: protections(self.nlp_without.as_deref().unwrap_or_default())?,
        })
    }
}

fn protections(text: &str) -> Result<BTreeSet<Protection>, ConfigError> {
    let names = text.split(',').map(str::trim).filter(|name| !name.is_empty());
    names
        .map(|name| {
            let found = Protection::ALL.into_iter().find(|protection| protection.text() == name);
            found.ok_or_else(|| ConfigError::BadValue {
                key: "nlp_without",
                why: format!(
                    "{name:?} is no protection; there are {}",
                    Protection::ALL.map(Protection::text).join(", ")
                ),
            })
        })
        .collect()
}
