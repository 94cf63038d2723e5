//! How messages are understood: keys that begin with `nlp`.

use std::collections::BTreeSet;
use std::time::Duration;

use clap::Args;
use enrich::Protection;
use serde::{Deserialize, Serialize};

use super::shown::{joined, whole_ms};
use super::{ConfigError, within};

/// What one source says of it.
#[derive(Debug, Clone, Default, PartialEq, Args, Serialize, Deserialize)]
#[serde(default)]
pub struct EnrichLayer {
    /// The NLP service that every message is sent to, http://HOST:PORT; none = messages are not enriched
    #[arg(long, value_name = "URL")]
    pub nlp: Option<String>,
    /// Calls to the NLP service at once, 1 to 16000 [default: 4000]
    #[arg(long, value_name = "N")]
    pub nlp_in_flight: Option<usize>,
    /// Connections to an NLP service that speaks only HTTP/1.1, one call each, 1 to 16000 [default: as nlp_in_flight]
    #[arg(long, value_name = "N")]
    pub nlp_connections: Option<usize>,
    /// Messages that are called for, wait for that, or are answered and not durable, 16 to 1000000 [default: 65536]
    #[arg(long, value_name = "N")]
    pub nlp_in_hand_max: Option<usize>,
    /// How long one call may take, milliseconds, 10 to 60000 [default: 2000]
    #[arg(long, value_name = "MS")]
    pub nlp_timeout_ms: Option<u64>,
    /// From a message's arrival to its result, the service's or a guess, milliseconds, 50 to 60000 [default: 400]
    #[arg(long, value_name = "MS")]
    pub nlp_deadline_ms: Option<u64>,
    /// Calls a second for messages that have only a guess, 0 to 100000 [default: 2000]
    #[arg(long, value_name = "N")]
    pub nlp_again_per_second: Option<u32>,
    /// Messages that may wait to be asked again, before senders are told busy(backlog), 1000 to 100000000 [default: 5000000]
    #[arg(long, value_name = "N")]
    pub nlp_backlog_max: Option<usize>,
    /// Protections that are switched off, to see what they are good for: breaker, budget, limit, hedge, deadline, fairness [default: none]
    #[arg(long, value_name = "NAMES")]
    pub nlp_without: Option<String>,
}

/// The NLP service, and how it is asked.
#[derive(Debug, Clone, PartialEq)]
pub struct EnrichConfig {
    /// Where it is; none: messages are not enriched.
    pub service: Option<String>,
    /// Calls to it at once.
    pub in_flight: usize,
    /// Connections, where it speaks only HTTP/1.1.
    pub connections: usize,
    /// Messages in hand.
    pub in_hand_max: usize,
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

impl EnrichLayer {
    pub(super) fn over(self, below: Self) -> Self {
        Self {
            nlp: self.nlp.or(below.nlp),
            nlp_in_flight: self.nlp_in_flight.or(below.nlp_in_flight),
            nlp_connections: self.nlp_connections.or(below.nlp_connections),
            nlp_in_hand_max: self.nlp_in_hand_max.or(below.nlp_in_hand_max),
            nlp_timeout_ms: self.nlp_timeout_ms.or(below.nlp_timeout_ms),
            nlp_deadline_ms: self.nlp_deadline_ms.or(below.nlp_deadline_ms),
            nlp_again_per_second: self.nlp_again_per_second.or(below.nlp_again_per_second),
            nlp_backlog_max: self.nlp_backlog_max.or(below.nlp_backlog_max),
            nlp_without: self.nlp_without.or(below.nlp_without),
        }
    }

    pub(super) fn complete(self) -> Result<EnrichConfig, ConfigError> {
        let in_flight =
            within("nlp_in_flight", self.nlp_in_flight.unwrap_or(4_000), 1..=16_000, "1 to 16000")?;
        Ok(EnrichConfig {
            service: self.nlp,
            in_flight,
            connections: within(
                "nlp_connections",
                self.nlp_connections.unwrap_or(in_flight),
                1..=16_000,
                "1 to 16000",
            )?,
            in_hand_max: within(
                "nlp_in_hand_max",
                self.nlp_in_hand_max.unwrap_or(65_536),
                16..=1_000_000,
                "16 to 1000000",
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

impl EnrichConfig {
    /// The one source that says all of it.
    pub(super) fn into_layer(self) -> EnrichLayer {
        let without: Vec<_> = self.without.iter().map(|off| off.text()).collect();
        EnrichLayer {
            nlp: self.service,
            nlp_in_flight: Some(self.in_flight),
            nlp_connections: Some(self.connections),
            nlp_in_hand_max: Some(self.in_hand_max),
            nlp_timeout_ms: whole_ms(self.timeout),
            nlp_deadline_ms: whole_ms(self.deadline),
            nlp_again_per_second: Some(self.again_per_second),
            nlp_backlog_max: Some(self.backlog_max),
            nlp_without: joined(&without),
        }
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
