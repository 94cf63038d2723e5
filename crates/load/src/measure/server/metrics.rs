//! What a server says of itself: its `/metrics`, in Prometheus' text form.
//!
//! Of the names that client libraries share (`process_cpu_seconds_total` and so on), and of what hubbub adds. A figure
//! that is not there is not known.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::{Request, StatusCode, header};
use http_body_util::{BodyExt as _, Empty, Limited};
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use tokio::task::AbortHandle;

use crate::measure::run::{ServerHealth, ServerSource};
use crate::measure::socket::Dial;
use crate::measure::target::Target;

/// Between two looks: shorter than what is told apart in time.
const EVERY: Duration = Duration::from_millis(200);

/// A server that says nothing for so long says nothing.
const PATIENCE: Duration = Duration::from_secs(2);

/// Bytes of a page, at most.
const PAGE_MAX: usize = 4 << 20;

/// A gauge whose name ends so is of something that waits.
const QUEUES: &[&str] = &[
    "_waiting",
    "_in_flight",
    "_undurable",
    "_outstanding",
    "_pending",
    "_queued",
    "_queue_length",
    "_queue_depth",
    "_behind_batches",
];

/// Where a server says it, and how it is asked.
#[derive(Debug, Clone)]
pub(crate) struct Page {
    pub(crate) target: Target,
    pub(crate) dial: Dial,
    /// What it wants to see, if it does not show itself to everyone.
    pub(crate) authorization: Option<http::HeaderValue>,
}

/// What one page says.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Figures {
    cpu_s: Option<f64>,
    memory_bytes: Option<f64>,
    open_files: Option<f64>,
    open_files_max: Option<f64>,
    cores: Option<f64>,
    queued: Option<f64>,
    /// Whether it is hubbub's.
    is_hubbub: bool,
}

/// Asks again and again, until it is dropped.
pub(crate) struct Scraper {
    seen: Arc<Mutex<Seen>>,
    asking: AbortHandle,
    last: Option<(Instant, Figures)>,
}

/// The newest page.
type Seen = Option<(Instant, Figures)>;

impl Scraper {
    /// Of a page that answers; nothing if it does not, or `hubbub_only` and it is another's.
    pub(crate) async fn begin(page: Page, hubbub_only: bool) -> Result<Option<Self>, String> {
        let mut sender = None;
        let figures = page.ask(&mut sender).await?;
        if hubbub_only && !figures.is_hubbub {
            return Ok(None);
        }
        let seen = Arc::new(Mutex::new(Some((Instant::now(), figures))));
        let newest = Arc::clone(&seen);
        let asking = tokio::spawn(async move {
            loop {
                tokio::time::sleep(EVERY).await;
                // What it does not say is not known until it says it again.
                if let Ok(figures) = page.ask(&mut sender).await {
                    let mut newest = newest.lock().unwrap_or_else(PoisonError::into_inner);
                    *newest = Some((Instant::now(), figures));
                }
            }
        });
        Ok(Some(Self { seen, asking: asking.abort_handle(), last: None }))
    }

    /// How it fared between the newest page and the one before that was looked at; nothing if there is none newer.
    pub(crate) fn look(&mut self) -> Option<ServerHealth> {
        let newest = *self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let (at, now) = newest?;
        let last = self.last.replace((at, now));
        let (before_at, before) = last.filter(|(before_at, _)| *before_at < at)?;
        now.since(&before, at - before_at)
    }
}

impl Drop for Scraper {
    fn drop(&mut self) {
        self.asking.abort();
    }
}

impl Page {
    async fn ask(&self, sender: &mut Option<Sender>) -> Result<Figures, String> {
        let asked = tokio::time::timeout(PATIENCE, self.asked(sender)).await;
        let asked = asked.unwrap_or_else(|_| Err(format!("no answer in {PATIENCE:?}")));
        if asked.is_err() {
            *sender = None;
        }
        asked.map_err(|why| format!("{}: {why}", self.target.url))
    }

    async fn asked(&self, sender: &mut Option<Sender>) -> Result<Figures, String> {
        let open = match sender.take().filter(|open| !open.is_closed()) {
            Some(open) => open,
            None => self.connect().await?,
        };
        let open = sender.insert(open);
        open.ready().await.map_err(|why| why.to_string())?;
        let mut request = Request::get(&self.target.path)
            .header(header::HOST, &self.target.authority)
            .header(header::ACCEPT, "text/plain");
        if let Some(authorization) = &self.authorization {
            request = request.header(header::AUTHORIZATION, authorization);
        }
        let request = request.body(Empty::new()).map_err(|why| why.to_string())?;
        let response = open.send_request(request).await.map_err(|why| why.to_string())?;
        let status = response.status();
        let body = Limited::new(response.into_body(), PAGE_MAX).collect().await;
        let body = body.map_err(|why| why.to_string())?.to_bytes();
        if status != StatusCode::OK {
            return Err(format!("answers {status}"));
        }
        Ok(read(&String::from_utf8_lossy(&body)))
    }

    async fn connect(&self) -> Result<Sender, String> {
        let socket = self.dial.connect().await.map_err(|why| why.to_string())?;
        let greeted = http1::handshake(TokioIo::new(socket)).await;
        let (sender, connection) = greeted.map_err(|why| why.to_string())?;
        // It ends with the connection, and what ended it is told to the next request.
        tokio::spawn(connection);
        Ok(sender)
    }
}

type Sender = SendRequest<Empty<Bytes>>;

/// Lines are `name value` or `name{labels} value`, some with a time behind; those with `#` are for people.
fn read(text: &str) -> Figures {
    let mut figures = Figures::default();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let Some((name, value)) = sample(line) else { continue };
        figures.is_hubbub |= name.starts_with("hubbub_");
        let place = match name {
            "process_cpu_seconds_total" => &mut figures.cpu_s,
            "process_resident_memory_bytes" => &mut figures.memory_bytes,
            "process_open_fds" => &mut figures.open_files,
            "process_max_fds" => &mut figures.open_files_max,
            "hubbub_process_cores" | "go_sched_gomaxprocs_threads" => &mut figures.cores,
            name if QUEUES.iter().any(|end| name.ends_with(end)) => &mut figures.queued,
            _ => continue,
        };
        *place = Some(place.unwrap_or(0.0) + value);
    }
    figures
}

fn sample(line: &str) -> Option<(&str, f64)> {
    let end = line.find(['{', ' '])?;
    let (name, rest) = line.split_at(end);
    // A label may have anything in its quotes, blanks too.
    let rest = if rest.starts_with('{') { rest.rsplit_once('}')?.1 } else { rest };
    let value = rest.split_whitespace().next()?.parse::<f64>().ok()?;
    value.is_finite().then_some((name, value))
}

impl Figures {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "counts; a cast of a float saturates"
    )]
    fn since(&self, before: &Self, time: Duration) -> Option<ServerHealth> {
        // A counter that fell is of a process that began anew.
        let spent_s = self.cpu_s.zip(before.cpu_s).map(|(now, before)| now - before);
        let cpu = spent_s.filter(|spent_s| *spent_s >= 0.0)? / time.as_secs_f64().max(1e-9);
        Some(ServerHealth {
            source: ServerSource::Metrics,
            cpu,
            memory_bytes: self.memory_bytes.unwrap_or(0.0) as u64,
            allowed_cores: self.cores.map(|cores| cores as u32),
            open_files: self.open_files.map(|files| files as u64),
            open_files_max: self.open_files_max.map(|files| files as u64),
            queued: self.queued,
            ..ServerHealth::default()
        })
    }
}

#[cfg(test)]
mod tests;
