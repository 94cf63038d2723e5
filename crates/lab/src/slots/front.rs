//! The door: takes connections, reads a question, waits for a handler, asks, answers.
//!
//! Every answer has a `Server-Timing` header with the stages of its request: the trace of one request, which every
//! browser draws.

use std::convert::Infallible;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::header::{CONTENT_TYPE, HeaderName};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use serde::Deserialize;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::BODY_MAX_BYTES;
use super::calls::{Answered, CallError, Calls};
use super::gauges::Stage;

const SERVER_TIMING: HeaderName = HeaderName::from_static("server-timing");

/// What all connections share.
pub(super) struct Front {
    handlers: Semaphore,
    calls: Calls,
}

/// What is asked.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Question {
    text: String,
}

impl Front {
    pub(super) fn new(handlers: u32, calls: Calls) -> Self {
        Self { handlers: Semaphore::new(handlers as usize), calls }
    }

    pub(super) async fn close(&self) {
        self.calls.close().await;
    }

    async fn answer(&self, request: Request<Incoming>) -> Response<Full<Bytes>> {
        match (request.method(), request.uri().path()) {
            (&Method::POST, "/v1/analyze") => self.asked(request.into_body()).await,
            (&Method::GET, "/metrics") => {
                let page = self.calls.gauges().written();
                said(StatusCode::OK, "text/plain; version=0.0.4", page.into())
            }
            (&Method::GET, "/healthz") => plain(StatusCode::OK, "ok\n".to_owned()),
            _ => plain(StatusCode::NOT_FOUND, "there is POST /v1/analyze\n".to_owned()),
        }
    }

    async fn asked(&self, body: Incoming) -> Response<Full<Bytes>> {
        let Ok(body) = Limited::new(body, BODY_MAX_BYTES).collect().await else {
            let why = format!("a question has at most {BODY_MAX_BYTES} bytes\n");
            return plain(StatusCode::PAYLOAD_TOO_LARGE, why);
        };
        let question = match serde_json::from_slice::<Question>(&body.to_bytes()) {
            Ok(question) => question,
            Err(why) => return plain(StatusCode::BAD_REQUEST, format!("no question: {why}\n")),
        };
        let gauges = self.calls.gauges();
        let stay = gauges.enter(Stage::Door);
        let handler = self.handlers.acquire().await;
        let door = stay.end();
        let asked = self.calls.ask(question.text).await;
        drop(handler);
        gauges.answered(asked.is_ok());
        match asked {
            Ok(answered) => answer(door, answered),
            Err(why) => refused(&why),
        }
    }
}

pub(super) async fn accept(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> io::Result<(OwnedSemaphorePermit, TcpStream)> {
    let place = Arc::clone(places).acquire_owned().await.map_err(io::Error::other)?;
    let (stream, _) = listener.accept().await?;
    // Answers are small and awaited: they do not wait for more to go with them.
    stream.set_nodelay(true)?;
    Ok((place, stream))
}

/// Serves one connection to its end.
pub(super) async fn connection(front: Arc<Front>, stream: TcpStream) {
    let service = service_fn(|request| {
        let front = Arc::clone(&front);
        async move { Ok::<_, Infallible>(front.answer(request).await) }
    });
    // A client that goes away is none of this service's business.
    let _ended = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
}

fn answer(door: Duration, answered: Answered) -> Response<Full<Bytes>> {
    let Answered { body, pool, call } = answered;
    let stages = [(Stage::Door, door), (Stage::Pool, pool), (Stage::Call, call)];
    let timing =
        stages.map(|(stage, took)| format!("{};dur={:.2}", stage.text(), took.as_secs_f64() * 1e3));
    let mut response = said(StatusCode::OK, "application/json", body);
    if let Ok(timing) = timing.join(", ").parse() {
        response.headers_mut().insert(SERVER_TIMING, timing);
    }
    response
}

fn refused(why: &CallError) -> Response<Full<Bytes>> {
    let status = match why {
        CallError::NoPlace => StatusCode::SERVICE_UNAVAILABLE,
        CallError::Late => StatusCode::GATEWAY_TIMEOUT,
        CallError::Io(_) | CallError::Http(_) | CallError::Refused(_) | CallError::Wrong(_) => {
            StatusCode::BAD_GATEWAY
        }
    };
    plain(status, format!("{why}\n"))
}

fn plain(status: StatusCode, text: String) -> Response<Full<Bytes>> {
    said(status, "text/plain", text.into())
}

fn said(status: StatusCode, kind: &'static str, body: Bytes) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(body));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, hyper::header::HeaderValue::from_static(kind));
    response
}
