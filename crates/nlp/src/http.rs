//! What the service answers over HTTP: one `Door` a connection, one `Desk` for all.
//!
//! A question is read, its fate is drawn, its answer is made, and then it waits: no task and no timer
//! but those that HTTP/2, the small model and its latency need.

use std::error::Error;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use hyper::body::{Body, Bytes};
use hyper::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, RETRY_AFTER};
use hyper::{Method, Request, Response};
use tokio::sync::{Notify, Semaphore, watch};
use tokio::time::sleep_until;

use crate::answer::{Reader, Reading, written, wrong};
use crate::fate::{Fate, Fates, Fault, Quota};
use crate::faults::Faults;
use crate::metrics::{Ended, Metrics};
use crate::options::Options;
use crate::problem::Problem;
use crate::question::{Asked, BODY_MAX_BYTES, chat, question};
use crate::reply::Reply;

/// Requests in flight; more are answered *busy* at once.
pub const IN_FLIGHT_MAX: usize = 16_384;

const JSON: &str = "application/json";

const OPENAPI: &str = include_str!("../openapi.json");

/// What all requests share.
pub(crate) struct Desk {
    fates: Mutex<Fates>,
    goaway_every: AtomicU32,
    places: Semaphore,
    reading: Reading,
    metrics: Metrics,
    /// Says when the service ends.
    closing: watch::Receiver<bool>,
}

/// One connection.
pub(crate) struct Door {
    desk: Arc<Desk>,
    /// Whether who asks is on this machine.
    is_loopback: bool,
    asked: AtomicU32,
    /// Wakes who can tell the client to go.
    goodbye: Arc<Notify>,
}

/// What can be read from a client.
pub(crate) trait Readable:
    Body<Data: Send, Error: Into<Box<dyn Error + Send + Sync>>> + Send
{
}

impl<B> Readable for B where B: Body<Data: Send, Error: Into<Box<dyn Error + Send + Sync>>> + Send {}

/// In which words it is asked and answered.
#[derive(Clone, Copy)]
enum Form {
    Ours,
    OpenAi,
}

impl Desk {
    pub(crate) fn new(options: &Options, reading: Reading, closing: watch::Receiver<bool>) -> Self {
        Self {
            fates: Mutex::new(Fates::new(options.faults.clone(), Instant::now())),
            goaway_every: AtomicU32::new(options.faults.goaway_every),
            places: Semaphore::new(IN_FLIGHT_MAX),
            reading,
            metrics: Metrics::default(),
            closing,
        }
    }

    fn fates(&self) -> MutexGuard<'_, Fates> {
        self.fates.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Until the latency is over, and a stall.
    async fn wait(&self, until: Instant) {
        if until > Instant::now() {
            sleep_until(until.into()).await;
        }
        let mut is_first = true;
        loop {
            let stalled = self.fates().stalled_until(Instant::now());
            let Some(until) = stalled else { return };
            if std::mem::take(&mut is_first) {
                self.metrics.stalled();
            }
            sleep_until(until.into()).await;
        }
    }

    /// Until the service ends.
    async fn hang(&self) {
        // It fails when the service is gone, which is as good.
        drop(self.closing.clone().wait_for(|closing| *closing).await);
    }
}

impl Door {
    pub(crate) fn new(desk: Arc<Desk>, is_loopback: bool, goodbye: Arc<Notify>) -> Self {
        Self { desk, is_loopback, asked: AtomicU32::new(0), goodbye }
    }

    pub(crate) async fn answer(&self, request: Request<impl Readable>) -> Response<Reply> {
        let (is_get, is_post) = (request.method() == Method::GET, request.method() == Method::POST);
        match request.uri().path() {
            "/v1/analyze" if is_post => self.asked(request, Form::Ours).await,
            "/v1/chat/completions" if is_post => self.asked(request, Form::OpenAi).await,
            "/v1/faults" if is_get => json(written(&self.desk.fates().faults(Instant::now()))),
            "/v1/faults" if request.method() == Method::PUT => {
                let set = self.set_faults(request).await;
                set.map_or_else(|problem| refused(&problem, Form::Ours), json)
            }
            "/healthz" if is_get => response("text/plain", Bytes::from_static(b"ok\n")),
            "/metrics" if is_get => {
                let in_flight = IN_FLIGHT_MAX - self.desk.places.available_permits();
                let metrics = self.desk.metrics.written(in_flight);
                response("text/plain; version=0.0.4", Bytes::from(metrics))
            }
            "/openapi.json" if is_get => json(Bytes::from_static(OPENAPI.as_bytes())),
            "/v1/analyze"
            | "/v1/chat/completions"
            | "/v1/faults"
            | "/healthz"
            | "/metrics"
            | "/openapi.json" => refused(&Problem::WrongMethod, Form::Ours),
            _ => refused(&Problem::NoSuchPage, Form::Ours),
        }
    }

    async fn set_faults(&self, request: Request<impl Readable>) -> Result<Bytes, Problem> {
        if !self.is_loopback {
            return Err(Problem::NotLoopback);
        }
        let body = body(request).await?;
        let bad = |why: String| Problem::BadFaults { why };
        let faults: Faults = serde_json::from_slice(&body).map_err(|why| bad(why.to_string()))?;
        faults.check().map_err(|why| bad(why.to_string()))?;
        let now = Instant::now();
        self.desk.goaway_every.store(faults.goaway_every, Ordering::Relaxed);
        let mut fates = self.desk.fates();
        *fates = Fates::new(faults, now);
        Ok(written(&fates.faults(now)))
    }

    async fn asked(&self, request: Request<impl Readable>, form: Form) -> Response<Reply> {
        let arrived = Instant::now();
        self.count();
        let metrics = &self.desk.metrics;
        let body = match body(request).await {
            Ok(body) => body,
            Err(problem) => return self.ended(&problem, form),
        };
        let asked = match form {
            Form::Ours => question(&body),
            Form::OpenAi => chat(&body),
        };
        let asked = match asked {
            Ok(asked) => asked,
            Err(problem) => return self.ended(&problem, form),
        };
        let Ok(_place) = self.desk.places.try_acquire() else {
            return self.ended(&Problem::Busy, form);
        };
        let fate = self.desk.fates().next(arrived);
        if let Some(fault) = fate.fault {
            metrics.faulted(fault);
        }
        let mut response = match self.fated(asked, &fate, arrived).await {
            Ok(reply) => response(JSON, reply),
            Err(problem) => self.ended(&problem, form),
        };
        if let Some(quota) = fate.quota {
            limits(response.headers_mut(), quota);
        }
        response
    }

    /// The answer, or what there is instead, when its time has come.
    async fn fated(
        &self,
        asked: Asked<'_>,
        fate: &Fate,
        arrived: Instant,
    ) -> Result<Reply, Problem> {
        let desk = &*self.desk;
        let at_once = match fate.fault {
            Some(Fault::FailFast) => Some(Problem::Failed),
            Some(Fault::TooMany) => Some(Problem::Limited { after_ms: fate.retry_after_ms }),
            Some(Fault::Outage) => Some(Problem::Outage),
            Some(Fault::Hang) => {
                desk.hang().await;
                return Err(Problem::Failed);
            }
            _ => None,
        };
        if let Some(problem) = at_once {
            desk.wait(arrived).await;
            return Err(problem);
        }
        desk.metrics.drawn(fate.latency);
        let until = arrived + fate.latency;
        if fate.fault == Some(Fault::FailSlow) {
            desk.wait(until).await;
            return Err(Problem::Failed);
        }
        let reader = Reader { reading: &desk.reading, metrics: &desk.metrics };
        let answer = reader.answer(asked, fate).await;
        desk.wait(until).await;
        let (ended, reply) = match fate.fault {
            Some(Fault::Drip) => (Ended::Ok, Reply::drip(answer, fate.pace)),
            Some(Fault::Reset) => (Ended::Broken, Reply::cut(answer)),
            Some(Fault::WrongJson) => (Ended::Broken, Reply::Whole(wrong(answer, fate.seed))),
            _ => (Ended::Ok, Reply::Whole(answer)),
        };
        desk.metrics.ended(ended);
        Ok(reply)
    }

    fn ended(&self, problem: &Problem, form: Form) -> Response<Reply> {
        self.desk.metrics.ended(problem.ended());
        refused(problem, form)
    }

    /// The client was told to go.
    pub(crate) fn said_goodbye(&self) {
        self.desk.metrics.goaway();
    }

    /// After so many questions the client is told to go.
    fn count(&self) {
        let every = self.desk.goaway_every.load(Ordering::Relaxed);
        if every > 0 && self.asked.fetch_add(1, Ordering::Relaxed) + 1 >= every {
            self.goodbye.notify_one();
        }
    }
}

async fn body(request: Request<impl Readable>) -> Result<Bytes, Problem> {
    let body = Limited::new(request.into_body(), BODY_MAX_BYTES).collect().await;
    match body {
        Ok(body) => Ok(body.to_bytes()),
        Err(why) if why.is::<LengthLimitError>() => Err(Problem::BodyTooLarge),
        Err(_) => Err(Problem::BodyBroken),
    }
}

fn refused(problem: &Problem, form: Form) -> Response<Reply> {
    let (kind, body) = match form {
        Form::Ours => ("application/problem+json", problem.body()),
        Form::OpenAi => (JSON, problem.openai_body()),
    };
    let mut response = response(kind, Reply::Whole(body));
    *response.status_mut() = problem.status_and_code().0;
    if let Some(after_ms) = problem.retry_after_ms() {
        let headers = response.headers_mut();
        headers.insert(RETRY_AFTER, after_ms.div_ceil(1_000).into());
        headers.insert("retry-after-ms", after_ms.into());
    }
    response
}

/// As OpenAI's service says it.
fn limits(headers: &mut HeaderMap, quota: Quota) {
    const LIMIT: HeaderName = HeaderName::from_static("x-ratelimit-limit-requests");
    const REMAINING: HeaderName = HeaderName::from_static("x-ratelimit-remaining-requests");
    headers.insert(LIMIT, quota.limit.into());
    headers.insert(REMAINING, quota.remaining.into());
    let ms = quota.reset.max(Duration::from_millis(1)).as_millis();
    if let Ok(reset) = HeaderValue::from_str(&format!("{ms}ms")) {
        headers.insert("x-ratelimit-reset-requests", reset);
    }
}

fn json(body: Bytes) -> Response<Reply> {
    response(JSON, Reply::Whole(body))
}

fn response(kind: &'static str, body: impl Into<Reply>) -> Response<Reply> {
    let mut response = Response::new(body.into());
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    response
}

impl From<Bytes> for Reply {
    fn from(bytes: Bytes) -> Self {
        Self::Whole(bytes)
    }
}

#[cfg(test)]
mod tests;
