//! The outside NLP service, over HTTP/2 on several connections, or HTTP/1.1 where it speaks no other: one question
//! to one of its endpoints, one reply, one timeout. Which endpoint, the room says.

mod dial;
mod endpoint;
mod form;
mod lanes;
mod line;
mod trouble;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use enrich::{Failed, Reply};
use model::Body;
use resilience::Told;

use crate::clock::Clock;
use crate::config::{EnrichConfig, KeyConfig};
use dial::Dial;
use endpoint::Endpoint;
use form::{Form, Understood};
use trouble::Wrong;

/// Bytes of an answer that are read before it is called none.
const ANSWER_MAX_BYTES: usize = 64 * 1024;

/// How calls get to the service.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Ways {
    /// Of HTTP: 1 or 2; 0 while that is not known.
    pub(crate) version: u8,
    /// Connections that may be open.
    pub(crate) connections: usize,
    /// Calls that they take at once; 0 while that is not known.
    pub(crate) carried: usize,
}

/// A client of the service.
pub(crate) struct Provider {
    endpoints: Vec<Arc<Endpoint>>,
    form: Form,
    timeout: Duration,
    /// What is wrong with the settings of it.
    notes: Vec<String>,
}

impl Provider {
    /// A client of the service that these settings name.
    pub(crate) fn new(config: &EnrichConfig) -> Result<Self, String> {
        let form = Form::new(&config.form);
        let (headers, mut notes) = headers(&config.key);
        let (dial, untrusting) = Dial::new(config.ca_file.as_deref(), config.timeout);
        let is_needed = config.services.iter().any(|base| base.starts_with("https:"));
        notes.extend(untrusting.filter(|_| is_needed));
        let endpoint = |base: &String| {
            let at = form.address(base);
            Endpoint::new(base, &at, &headers, &dial, config).map(Arc::new)
        };
        let endpoints = config.services.iter().map(endpoint).collect::<Result<Vec<_>, _>>()?;
        let has_key = headers.len() > 1;
        let in_the_clear = endpoints.iter().filter(|endpoint| has_key && !endpoint.is_private());
        notes.extend(in_the_clear.map(|endpoint| {
            let name = endpoint.name();
            format!("{name}: the key is sent to it in the clear: write https")
        }));
        notes.iter().for_each(|note| tracing::warn!("the NLP service: {note}"));
        Ok(Self { endpoints, form, timeout: config.timeout, notes })
    }

    /// How calls get there, over all endpoints that have answered.
    pub(crate) fn ways(&self) -> Ways {
        let known = self.endpoints.iter().map(|endpoint| endpoint.ways());
        known.filter(|ways| ways.version > 0).fold(Ways::default(), |all, ways| Ways {
            version: all.version.max(ways.version),
            connections: all.connections.saturating_add(ways.connections),
            carried: all.carried.saturating_add(ways.carried),
        })
    }

    /// Tokens of a text's call beside those of the text, by estimate.
    pub(crate) fn tokens_per_call(&self) -> u64 {
        self.form.tokens()
    }

    /// The endpoints' addresses, in their order.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.endpoints.iter().map(|endpoint| endpoint.name())
    }

    /// What is wrong with the settings, and with each endpoint of which something is.
    pub(crate) fn troubles(&self) -> Vec<String> {
        let troubles = self.endpoints.iter().filter_map(|endpoint| endpoint.trouble.now());
        self.notes.iter().cloned().chain(troubles).collect()
    }

    /// Asks one endpoint once.
    pub(crate) async fn ask(&self, at: usize, texts: &[Body]) -> Reply {
        let endpoint = &self.endpoints[at];
        let post = endpoint.post(self.form.question(texts));
        let posted = tokio::time::timeout(self.timeout, post).await;
        let late = |_| Err(Wrong::for_now(format!("no answer within {:?}", self.timeout)));
        let (understood, told) = match posted.unwrap_or_else(late) {
            Ok((head, body)) => {
                let told = told(&head.headers);
                (self.understood(head.status, &body, texts.len(), &told), told)
            }
            Err(wrong) => (Err((Failed::Error, wrong)), Told::default()),
        };
        match understood {
            Ok(Understood { said, tokens }) => {
                endpoint.answered();
                Reply { said: Ok(said), told, tokens }
            }
            Err((failed, wrong)) => {
                if failed != Failed::Refused {
                    endpoint.trouble.tell(endpoint.name(), wrong);
                }
                Reply { said: Err(failed), told, tokens: None }
            }
        }
    }

    fn understood(
        &self,
        status: StatusCode,
        body: &[u8],
        count: usize,
        told: &Told,
    ) -> Result<Understood, (Failed, Wrong)> {
        if status != StatusCode::OK {
            return Err((refusal(status, told.retry_after), Wrong::status(status, body)));
        }
        let understood = self.form.understood(body, count);
        understood.map_err(|why| (Failed::Unreadable, Wrong::answer(&why)))
    }
}

/// What the headers say of the service's limits.
fn told(headers: &HeaderMap) -> Told {
    let texts =
        headers.iter().filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?)));
    Told::read(texts, Clock::wall())
}

/// What a status that is no success means for the message and for the service.
fn refusal(status: StatusCode, retry_after: Option<Duration>) -> Failed {
    match status {
        StatusCode::TOO_MANY_REQUESTS => Failed::Throttled { retry_after },
        StatusCode::SERVICE_UNAVAILABLE if retry_after.is_some() => {
            Failed::Throttled { retry_after }
        }
        // This text, whenever it is asked. A wrong key or a wrong path is no fault of a text.
        StatusCode::BAD_REQUEST
        | StatusCode::PAYLOAD_TOO_LARGE
        | StatusCode::UNPROCESSABLE_ENTITY => Failed::Refused,
        _ => Failed::Error,
    }
}

/// What each request has in front, and what is wrong with the key: that stops nothing.
fn headers(key: &KeyConfig) -> (HeaderMap, Vec<String>) {
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    let given = key.given.as_ref().map(|secret| Ok(secret.text().to_owned()));
    let Some(found) = given.or_else(|| key.file.as_deref().map(read)) else {
        return (headers, Vec::new());
    };
    let value = found.and_then(|text| value(&key.header, text.trim()));
    match (value, key.header.parse::<HeaderName>()) {
        (Ok(value), Ok(name)) => {
            headers.insert(name, value);
            (headers, Vec::new())
        }
        (Err(why), _) => (headers, vec![why]),
        (_, Err(_)) => (headers, vec![format!("{:?} is no name of a header", key.header)]),
    }
}

fn read(path: &Path) -> Result<String, String> {
    let read = std::fs::read_to_string(path);
    read.map_err(|why| format!("its key cannot be read from {}: {why}", path.display()))
}

/// Never shown: it is marked so that it stays out of logs and of header tables.
fn value(header: &str, key: &str) -> Result<HeaderValue, String> {
    let text = if header == "authorization" { format!("Bearer {key}") } else { key.to_owned() };
    let no_key = || "its key is empty, or has letters that no header takes".to_owned();
    let value = HeaderValue::from_str(&text).ok().filter(|_| !key.is_empty());
    let mut value = value.ok_or_else(no_key)?;
    value.set_sensitive(true);
    Ok(value)
}

#[cfg(test)]
mod tests;
