//! How messages are understood: keys that begin with `nlp`.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use enrich::{NoPrivacy, Privacy, Protection};
use serde::{Deserialize, Deserializer, Serialize};

use super::asking::{Form, FormName, KeyConfig, Secret};
use super::shown::{joined, whole_ms};
use super::{ConfigError, within};

/// What one source says of it.
#[derive(Debug, Clone, Default, PartialEq, Args, Serialize, Deserialize)]
#[serde(default)]
pub struct EnrichLayer {
    /// An endpoint of the NLP service that every message is sent to, http://HOST:PORT or https://HOST:PORT; once for each; none = messages are not enriched
    #[arg(long, value_name = "URL")]
    #[serde(default, deserialize_with = "one_or_many", skip_serializing_if = "Option::is_none")]
    pub nlp: Option<Vec<String>>,
    /// In which words it is asked: hubbub (those of `hubbub nlp`), openai (chat completions), mapped (any JSON, by nlp_map) [default: hubbub]
    #[arg(long, value_enum)]
    pub nlp_format: Option<FormName>,
    /// The model to use (format openai)
    #[arg(long, value_name = "NAME")]
    pub nlp_model: Option<String>,
    /// The key of the service: in the file or as HUBBUB_NLP_KEY, never a flag, which others could see.
    #[arg(skip)]
    #[serde(skip_serializing)]
    pub nlp_key: Option<Secret>,
    /// File with the key of the service; HUBBUB_NLP_KEY is the key itself
    #[arg(long, value_name = "FILE")]
    pub nlp_key_file: Option<PathBuf>,
    /// Header that the key is sent in; as authorization it is a bearer token [default: authorization]
    #[arg(long, value_name = "NAME")]
    pub nlp_key_header: Option<String>,
    /// Certificates that are trusted at https addresses, PEM [default: the system's]
    #[arg(long, value_name = "FILE")]
    pub nlp_ca_file: Option<PathBuf>,
    /// What is sent, JSON with "$text" where the text goes (format mapped) [default: {"text":"$text"}]
    #[arg(long, value_name = "JSON")]
    pub nlp_map_request: Option<String>,
    /// Where the answer has language, sentiment, topic, toxicity, urgency, as JSON pointers: "sentiment=/score, language=/lang" (format mapped)
    #[arg(long, value_name = "MAP")]
    pub nlp_map: Option<String>,
    /// Requests a minute that an endpoint allows, 0 or 60 to 1000000000; 0 = what it says itself [default: 0]
    #[arg(long, value_name = "N")]
    pub nlp_requests_per_minute: Option<u64>,
    /// Tokens a minute that an endpoint allows, 0 or 20000 to 1000000000; 0 = what it says itself [default: 0]
    #[arg(long, value_name = "N")]
    pub nlp_tokens_per_minute: Option<u64>,
    /// Price of an answered call, in any unit [default: 0]
    #[arg(long, value_name = "PRICE")]
    pub nlp_price_per_call: Option<f64>,
    /// Price of a million tokens, in the same unit [default: 0]
    #[arg(long, value_name = "PRICE")]
    pub nlp_price_per_million_tokens: Option<f64>,
    /// Bytes of answers that are remembered by their text, so that nobody pays for one twice; 0 = none, and equal texts are asked about one by one [default: 16777216]
    #[arg(long, value_name = "BYTES")]
    pub nlp_cache_bytes: Option<usize>,
    /// Texts of one request, 1 to 64 (format hubbub) [default: 1]
    #[arg(long, value_name = "N")]
    pub nlp_batch: Option<usize>,
    /// How long the first of several texts waits for others, milliseconds, 1 to 50 [default: 5]
    #[arg(long, value_name = "MS")]
    pub nlp_batch_wait_ms: Option<u64>,
    /// What may leave for the NLP service, by conversation, the first that fits: "hr-* never, support-* emails numbers names, * emails" [default: all texts as they are]
    #[arg(long, value_name = "RULES")]
    pub nlp_privacy: Option<String>,
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

/// What the service costs, in any unit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Prices {
    /// An answered call.
    pub per_call: f64,
    /// A million tokens.
    pub per_million_tokens: f64,
}

/// The NLP service, and how it is asked.
#[derive(Debug, Clone, PartialEq)]
pub struct EnrichConfig {
    /// Its endpoints; none: messages are not enriched.
    pub services: Vec<String>,
    /// In which words it is asked.
    pub form: Form,
    /// Certificates that are trusted, if not the system's.
    pub ca_file: Option<PathBuf>,
    /// With which key.
    pub key: KeyConfig,
    /// Requests and tokens a minute that an endpoint allows; 0: what it says itself.
    pub per_minute: [u64; 2],
    /// What it costs.
    pub prices: Prices,
    /// Bytes of answers that are remembered; 0: none are.
    pub cache_bytes: usize,
    /// Texts of one request.
    pub batch_max: usize,
    /// How long the first of them waits.
    pub batch_wait: Duration,
    /// What may leave for it.
    pub privacy: Privacy,
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
            nlp_format: self.nlp_format.or(below.nlp_format),
            nlp_model: self.nlp_model.or(below.nlp_model),
            nlp_key: self.nlp_key.or(below.nlp_key),
            nlp_key_file: self.nlp_key_file.or(below.nlp_key_file),
            nlp_key_header: self.nlp_key_header.or(below.nlp_key_header),
            nlp_ca_file: self.nlp_ca_file.or(below.nlp_ca_file),
            nlp_map_request: self.nlp_map_request.or(below.nlp_map_request),
            nlp_map: self.nlp_map.or(below.nlp_map),
            nlp_requests_per_minute: self.nlp_requests_per_minute.or(below.nlp_requests_per_minute),
            nlp_tokens_per_minute: self.nlp_tokens_per_minute.or(below.nlp_tokens_per_minute),
            nlp_price_per_call: self.nlp_price_per_call.or(below.nlp_price_per_call),
            nlp_price_per_million_tokens: self
                .nlp_price_per_million_tokens
                .or(below.nlp_price_per_million_tokens),
            nlp_cache_bytes: self.nlp_cache_bytes.or(below.nlp_cache_bytes),
            nlp_batch: self.nlp_batch.or(below.nlp_batch),
            nlp_batch_wait_ms: self.nlp_batch_wait_ms.or(below.nlp_batch_wait_ms),
            nlp_privacy: self.nlp_privacy.or(below.nlp_privacy),
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

    pub(crate) fn complete(self) -> Result<EnrichConfig, ConfigError> {
        let in_flight =
            within("nlp_in_flight", self.nlp_in_flight.unwrap_or(4_000), 1..=16_000, "1 to 16000")?;
        Ok(EnrichConfig {
            form: self.form()?,
            key: self.key()?,
            per_minute: self.per_minute()?,
            privacy: self.nlp_privacy.as_deref().unwrap_or_default().parse().map_err(
                |why: NoPrivacy| ConfigError::BadValue { key: "nlp_privacy", why: why.to_string() },
            )?,
            prices: Prices {
                per_call: price("nlp_price_per_call", self.nlp_price_per_call)?,
                per_million_tokens: price(
                    "nlp_price_per_million_tokens",
                    self.nlp_price_per_million_tokens,
                )?,
            },
            cache_bytes: self.nlp_cache_bytes.unwrap_or(16 << 20),
            batch_max: self.batch_max()?,
            batch_wait: Duration::from_millis(within(
                "nlp_batch_wait_ms",
                self.nlp_batch_wait_ms.unwrap_or(5),
                1..=50,
                "1 to 50",
            )?),
            ca_file: self.nlp_ca_file,
            services: endpoints(self.nlp.unwrap_or_default())?,
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

impl EnrichLayer {
    fn per_minute(&self) -> Result<[u64; 2], ConfigError> {
        let requests = self.nlp_requests_per_minute.unwrap_or(0);
        if requests > 0 {
            let right = "0, or 60 to 1000000000";
            within("nlp_requests_per_minute", requests, 60..=PER_MINUTE_MAX, right)?;
        }
        let tokens = self.nlp_tokens_per_minute.unwrap_or(0);
        if tokens > 0 {
            let right = "0, or 20000 to 1000000000";
            within("nlp_tokens_per_minute", tokens, TOKENS_MIN..=PER_MINUTE_MAX, right)?;
        }
        Ok([requests, tokens])
    }

    fn batch_max(&self) -> Result<usize, ConfigError> {
        let most = within("nlp_batch", self.nlp_batch.unwrap_or(1), 1..=64, "1 to 64")?;
        let bad = |why: &str| Err(ConfigError::BadValue { key: "nlp_batch", why: why.to_owned() });
        if most > 1 && self.nlp_format.is_some_and(|form| form != FormName::Hubbub) {
            return bad("only a service of nlp_format = \"hubbub\" takes several texts at once");
        }
        if most > 1 && self.nlp_tokens_per_minute.is_some_and(|tokens| tokens > 0) {
            return bad("with nlp_tokens_per_minute texts are asked about one by one");
        }
        Ok(most)
    }
}

fn price(key: &'static str, given: Option<f64>) -> Result<f64, ConfigError> {
    within(key, given.unwrap_or(0.0), 0.0..=1e9, "0 to 1000000000")
}

impl EnrichConfig {
    /// The one source that says all of it.
    pub(super) fn into_layer(self) -> EnrichLayer {
        let without: Vec<_> = self.without.iter().map(|off| off.text()).collect();
        let (nlp_map_request, nlp_map) = self.form.mapped().unzip();
        EnrichLayer {
            nlp_format: Some(self.form.name()),
            nlp_model: self.form.model(),
            nlp_ca_file: self.ca_file,
            nlp_key: self.key.given,
            nlp_key_file: self.key.file,
            nlp_key_header: Some(self.key.header),
            nlp_map_request,
            nlp_map,
            nlp_privacy: Some(self.privacy.to_string()).filter(|rules| !rules.is_empty()),
            nlp_requests_per_minute: Some(self.per_minute[0]),
            nlp_tokens_per_minute: Some(self.per_minute[1]),
            nlp_price_per_call: Some(self.prices.per_call),
            nlp_price_per_million_tokens: Some(self.prices.per_million_tokens),
            nlp_cache_bytes: Some(self.cache_bytes),
            nlp_batch: Some(self.batch_max),
            nlp_batch_wait_ms: whole_ms(self.batch_wait),
            nlp: (!self.services.is_empty()).then_some(self.services),
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

/// A sixth of it may come at once, and the longest text must fit in.
const TOKENS_MIN: u64 = 20_000;

/// Beyond that there is no limit.
const PER_MINUTE_MAX: u64 = 1_000_000_000;

/// Endpoints that the service may have.
const ENDPOINTS_MAX: usize = 64;

/// A list, or a text with commas between its parts.
fn one_or_many<'de, D: Deserializer<'de>>(given: D) -> Result<Option<Vec<String>>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Given {
        One(String),
        Many(Vec<String>),
    }
    Ok(Some(match Given::deserialize(given)? {
        Given::One(text) => vec![text],
        Given::Many(texts) => texts,
    }))
}

fn endpoints(given: Vec<String>) -> Result<Vec<String>, ConfigError> {
    let all = given.iter().flat_map(|text| text.split(','));
    let all: Vec<_> = all.map(str::trim).filter(|one| !one.is_empty()).map(str::to_owned).collect();
    let count = within("nlp", all.len(), 0..=ENDPOINTS_MAX, "at most 64 endpoints")?;
    let mut known = BTreeSet::new();
    match all.iter().find(|one| !known.insert(one.trim_end_matches('/'))) {
        Some(twice) if count > 0 => {
            Err(ConfigError::BadValue { key: "nlp", why: format!("{twice:?} is there twice") })
        }
        Some(_) | None => Ok(all),
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

#[cfg(test)]
mod tests;
