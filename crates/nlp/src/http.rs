//! What the service answers over HTTP.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, FailedToBufferBody};
use axum::extract::{DefaultBodyLimit, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use model::bounds;
use serde::{Deserialize, Serialize};
use tokio::sync::Semaphore;
use tokio::time::sleep_until;

use crate::analysis::{Analysis, analyze};
use crate::dice::{Dice, Fate};
use crate::metrics::{Ended, Metrics};
use crate::options::Options;
use crate::problem::Problem;

/// Bytes of one text: as many as a message has.
pub const TEXT_MAX_BYTES: usize = bounds::BODY_MAX_BYTES;

/// Texts of one request.
pub const TEXTS_MAX: usize = 64;

/// Bytes of a request's body: all the texts, each twice as long for what JSON escapes.
pub const BODY_MAX_BYTES: usize = TEXTS_MAX * 2 * TEXT_MAX_BYTES;

/// Requests in flight; more are answered *busy* at once.
pub const IN_FLIGHT_MAX: usize = 16_384;

/// What all requests share.
pub(crate) struct Desk {
    dice: Mutex<Dice>,
    places: Semaphore,
    models: bool,
    metrics: Metrics,
}

/// What is asked.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Question {
    text: Option<String>,
    texts: Option<Vec<String>>,
}

/// The answer to several texts, in their order.
#[derive(Debug, Serialize)]
struct Results {
    results: Vec<Analysis>,
}

impl Desk {
    pub(crate) fn new(options: &Options) -> Self {
        Self {
            dice: Mutex::new(Dice::new(options)),
            places: Semaphore::new(IN_FLIGHT_MAX),
            models: options.models,
            metrics: Metrics::default(),
        }
    }
}

pub(crate) fn router(desk: Arc<Desk>) -> Router {
    let refused = |problem: Problem| move || async move { problem };
    Router::new()
        .route("/v1/analyze", post(answer))
        .route("/healthz", get(async || "ok\n"))
        .route("/metrics", get(metrics))
        .fallback(refused(Problem::NoSuchPage))
        .method_not_allowed_fallback(refused(Problem::WrongMethod))
        .layer(DefaultBodyLimit::max(BODY_MAX_BYTES))
        .with_state(desk)
}

async fn metrics(State(desk): State<Arc<Desk>>) -> impl IntoResponse {
    let in_flight = IN_FLIGHT_MAX - desk.places.available_permits();
    let kind = [(header::CONTENT_TYPE, "text/plain; version=0.0.4")];
    (kind, desk.metrics.written(in_flight))
}

async fn answer(
    State(desk): State<Arc<Desk>>,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Problem> {
    let answered = answered(&desk, body).await;
    desk.metrics.ended(answered.as_ref().map_or_else(Problem::ended, |_| Ended::Ok));
    answered
}

async fn answered(desk: &Desk, body: Result<Bytes, BytesRejection>) -> Result<Response, Problem> {
    let arrived = tokio::time::Instant::now();
    let question = parsed(&body.map_err(|rejection| refused(&rejection))?)?;
    let _place = desk.places.try_acquire().map_err(|_| Problem::Busy)?;
    let Fate { latency, fails } = desk.dice.lock().unwrap_or_else(PoisonError::into_inner).next();
    desk.metrics.drawn(latency);
    let answer = match question {
        _ if fails => Err(Problem::Failed),
        Asked::One(text) => Ok(Json(analysis(desk, &text)).into_response()),
        Asked::Many(texts) => {
            let mut results = Vec::with_capacity(texts.len());
            for text in &texts {
                results.push(analysis(desk, text));
                // Others may be served between two texts.
                tokio::task::yield_now().await;
            }
            Ok(Json(Results { results }).into_response())
        }
    };
    if !latency.is_zero() {
        sleep_until(arrived + latency).await;
    }
    answer
}

enum Asked {
    One(String),
    Many(Vec<String>),
}

fn parsed(body: &[u8]) -> Result<Asked, Problem> {
    let question: Question = serde_json::from_slice(body)
        .map_err(|error| Problem::NotJson { why: error.to_string() })?;
    let asked = match question {
        Question { text: Some(text), texts: None } => Asked::One(text),
        Question { text: None, texts: Some(texts) } => Asked::Many(texts),
        Question { text: Some(_), texts: Some(_) } | Question { text: None, texts: None } => {
            return Err(Problem::Neither);
        }
    };
    let texts = match &asked {
        Asked::One(text) => std::slice::from_ref(text),
        Asked::Many(texts) => texts,
    };
    if texts.is_empty() {
        return Err(Problem::Empty);
    }
    if texts.len() > TEXTS_MAX {
        return Err(Problem::TooMany { texts: texts.len() });
    }
    match texts.iter().map(String::len).find(|bytes| *bytes > TEXT_MAX_BYTES) {
        Some(bytes) => Err(Problem::TooLong { bytes }),
        None => Ok(asked),
    }
}

fn refused(rejection: &BytesRejection) -> Problem {
    match rejection {
        BytesRejection::FailedToBufferBody(FailedToBufferBody::LengthLimitError(_)) => {
            Problem::BodyTooLarge
        }
        BytesRejection::FailedToBufferBody(FailedToBufferBody::UnknownBodyError(_) | _) | _ => {
            Problem::BodyBroken
        }
    }
}

fn analysis(desk: &Desk, text: &str) -> Analysis {
    let begun = Instant::now();
    let analysis = if desk.models { analyze(text) } else { Analysis::constant() };
    desk.metrics.analyzed(text, begun.elapsed());
    analysis
}
