//! The outside NLP service, over HTTP/2 on several connections, or HTTP/1.1 where it speaks no other: one question,
//! one answer, one timeout.

mod lanes;

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::body::{Body as HttpBody, Bytes};
use axum::http::{HeaderMap, Method, Request, Response, StatusCode, Uri, header};
use enrich::{Answer, Failed};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use model::{Body, Understanding};
use serde::{Deserialize, Serialize};
use tokio::sync::{OnceCell, Semaphore};

use lanes::Lanes;

/// Bytes of an answer that are read before it is called none.
const ANSWER_MAX_BYTES: usize = 16 * 1024;

/// How often the same trouble is logged.
const TOLD_EVERY: Duration = Duration::from_secs(10);

/// A client of the service.
pub(crate) struct Provider {
    lanes: Lanes,
    plain: Client<HttpConnector, Full<Bytes>>,
    /// Of HTTP/1.1: a connection takes one call.
    pool: Semaphore,
    pool_max: usize,
    /// Known once it has answered.
    speaks_http2: OnceCell<bool>,
    analyze: Uri,
    timeout: Duration,
    trouble: Mutex<Trouble>,
}

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

/// For so long after a call failed it is told why.
const FRESH: Duration = Duration::from_secs(60);

/// What was wrong last.
#[derive(Debug, Default)]
struct Trouble {
    last: Option<(Instant, String)>,
    told: Option<Instant>,
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
    /// A client of the service at `base`, an http URL without a path; at most `in_flight_max` calls are out, and over
    /// HTTP/1.1 at most `pool_max`.
    pub(crate) fn new(
        base: &str,
        in_flight_max: usize,
        pool_max: usize,
        timeout: Duration,
    ) -> Result<Self, String> {
        let analyze = format!("{}/v1/analyze", base.trim_end_matches('/'));
        let analyze: Uri = analyze.parse().map_err(|why| format!("{base:?} is no URL: {why}"))?;
        if analyze.scheme_str() != Some("http") || analyze.host().is_none() {
            return Err(format!("{base:?}: it is written http://HOST:PORT"));
        }
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        connector.set_connect_timeout(Some(timeout));
        let plain =
            Client::builder(TokioExecutor::new()).pool_max_idle_per_host(pool_max).build(connector);
        Ok(Self {
            lanes: Lanes::new(in_flight_max, timeout),
            plain,
            pool: Semaphore::new(pool_max),
            pool_max,
            speaks_http2: OnceCell::new(),
            analyze,
            timeout,
            trouble: Mutex::new(Trouble::default()),
        })
    }

    /// Asks once.
    pub(crate) async fn call(&self, text: &Body) -> Answer {
        let asked = tokio::time::timeout(self.timeout, self.ask(text)).await;
        let (failed, why) = match asked {
            Ok(Ok(understanding)) => return Answer::Got(understanding),
            Ok(Err(failed)) => failed,
            Err(_) => (Failed::Error, format!("no answer within {:?}", self.timeout)),
        };
        self.tell(why);
        Answer::Failed(failed)
    }

    /// How calls get there.
    pub(crate) fn ways(&self) -> Ways {
        match self.speaks_http2.get() {
            None => Ways::default(),
            Some(true) => {
                let (connections, carried) = self.lanes.carried();
                Ways { version: 2, connections, carried }
            }
            Some(false) => Ways { version: 1, connections: self.pool_max, carried: self.pool_max },
        }
    }

    /// What was wrong lately.
    pub(crate) fn trouble(&self) -> Option<String> {
        let trouble = self.trouble.lock().unwrap_or_else(PoisonError::into_inner);
        let (at, why) = trouble.last.as_ref()?;
        (at.elapsed() < FRESH).then(|| why.clone())
    }

    fn tell(&self, why: String) {
        let mut trouble = self.trouble.lock().unwrap_or_else(PoisonError::into_inner);
        if trouble.told.is_none_or(|told| told.elapsed() >= TOLD_EVERY) {
            tracing::warn!(service = %self.analyze, why, "a call to the NLP service failed; chat goes on");
            trouble.told = Some(Instant::now());
        }
        trouble.last = Some((Instant::now(), why));
    }

    async fn ask(&self, text: &Body) -> Result<Understanding, (Failed, String)> {
        let error = |why: String| (Failed::Error, why);
        let response = self.send(self.request(text).map_err(error)?).await.map_err(error)?;
        let (head, body) = response.into_parts();
        if !head.status.is_success() {
            let why = format!("{} answers {}", self.analyze, head.status);
            return Err((refusal(head.status, &head.headers), why));
        }
        let body = Limited::new(body, ANSWER_MAX_BYTES);
        let bytes = body.collect().await.map_err(|why| error(why.to_string()))?.to_bytes();
        understood(&bytes).map_err(|why| (Failed::Unreadable, why))
    }

    fn request(&self, text: &Body) -> Result<Request<Full<Bytes>>, String> {
        let question = serde_json::to_vec(&Question { text: text.as_str() });
        Request::builder()
            .method(Method::POST)
            .uri(self.analyze.clone())
            .header(header::CONTENT_TYPE, "application/json")
            .body(Full::from(question.map_err(|why| why.to_string())?))
            .map_err(|why| why.to_string())
    }

    async fn send(&self, request: Request<Full<Bytes>>) -> Result<Response<HttpBody>, String> {
        let probe = || lanes::speaks_http2(&self.analyze, self.timeout);
        if *self.speaks_http2.get_or_try_init(probe).await? {
            return Ok(self.lanes.send(&self.analyze, request).await?.map(lanes::body));
        }
        let _place = self.pool.acquire().await.map_err(|why| why.to_string())?;
        let answered = self.plain.request(request).await;
        Ok(answered.map_err(|why| why.to_string())?.map(lanes::body))
    }
}

/// What a status that is no success means for the message and for the service.
fn refusal(status: StatusCode, headers: &HeaderMap) -> Failed {
    let after = || headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim().parse().ok();
    let retry_after = after().map(Duration::from_secs);
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
