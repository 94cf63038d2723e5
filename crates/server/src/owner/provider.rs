//! The outside NLP service, over HTTP/1.1: one question, one answer, one timeout.

use std::time::Duration;

use axum::body::Body as HttpBody;
use axum::http::{Method, Request, Uri, header};
use enrich::Answer;
use http_body_util::{BodyExt as _, Limited};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use model::{Body, Understanding};
use serde::{Deserialize, Serialize};

/// Bytes of an answer that are read before it is called none.
const ANSWER_MAX_BYTES: usize = 16 * 1024;

/// A client of the service.
#[derive(Debug)]
pub(crate) struct Provider {
    client: Client<HttpConnector, HttpBody>,
    analyze: Uri,
    timeout: Duration,
}

#[derive(Serialize)]
struct Question<'a> {
    text: &'a str,
}

#[derive(Deserialize)]
struct Reply {
    language: String,
    sentiment: f64,
    #[serde(default)]
    topic: String,
    #[serde(default)]
    toxicity: f64,
    #[serde(default)]
    urgency: f64,
}

impl Provider {
    /// A client of the service at `base`, an http URL without a path; `in_flight_max` connections
    /// are kept open at most, because no more calls are out than that.
    pub(crate) fn new(base: &str, in_flight_max: usize, timeout: Duration) -> Result<Self, String> {
        let analyze = format!("{}/v1/analyze", base.trim_end_matches('/'));
        let analyze: Uri = analyze.parse().map_err(|why| format!("{base:?} is no URL: {why}"))?;
        if analyze.scheme_str() != Some("http") || analyze.host().is_none() {
            return Err(format!("{base:?}: it is written http://HOST:PORT"));
        }
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        connector.set_connect_timeout(Some(timeout));
        let client = Client::builder(TokioExecutor::new())
            .pool_max_idle_per_host(in_flight_max)
            .build(connector);
        Ok(Self { client, analyze, timeout })
    }

    /// Asks once.
    pub(crate) async fn call(&self, text: &Body) -> Answer {
        match tokio::time::timeout(self.timeout, self.ask(text)).await {
            Ok(Ok(understanding)) => Answer::Got(understanding),
            Ok(Err(why)) => {
                tracing::debug!(why, "a call failed");
                Answer::Failed
            }
            Err(_) => Answer::Failed,
        }
    }

    async fn ask(&self, text: &Body) -> Result<Understanding, String> {
        let question = serde_json::to_vec(&Question { text: text.as_str() });
        let request = Request::builder()
            .method(Method::POST)
            .uri(self.analyze.clone())
            .header(header::CONTENT_TYPE, "application/json")
            .body(HttpBody::from(question.map_err(|why| why.to_string())?))
            .map_err(|why| why.to_string())?;
        let response = self.client.request(request).await.map_err(|why| why.to_string())?;
        if !response.status().is_success() {
            return Err(format!("status {}", response.status()));
        }
        let body = Limited::new(response.into_body(), ANSWER_MAX_BYTES);
        let bytes = body.collect().await.map_err(|why| why.to_string())?.to_bytes();
        understood(&bytes)
    }
}

/// An answer in words we know, or why it is none.
fn understood(bytes: &[u8]) -> Result<Understanding, String> {
    let reply: Reply = serde_json::from_slice(bytes).map_err(|why| why.to_string())?;
    let understanding = Understanding {
        language: reply.language,
        sentiment_micros: micros(reply.sentiment),
        topic: reply.topic,
        toxicity_micros: share_micros(reply.toxicity),
        urgency_micros: share_micros(reply.urgency),
    };
    understanding.checked().map_err(|why| why.to_string())
}

/// In millionths; what is out of range stays out of range.
#[expect(
    clippy::cast_possible_truncation,
    reason = "a float becomes the nearest integer that is there"
)]
fn micros(share: f64) -> i32 {
    (share * 1e6).round() as i32
}

/// The same of what is never below 0.
fn share_micros(share: f64) -> u32 {
    u32::try_from(micros(share)).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests;
